-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 250 ok
scenario("MAIL and RCPT parameters", function()
  local function written(path, method, address, params)
    local c = smtp.connect()
    c:expect(220)
    c[method](c, address, params)
    local line = c.transcript:match("> (" .. path .. ":<[^\n]*)")
    c:close()
    return line:match(">(.*)")
  end
  local function mail(params) return written("MAIL FROM", "mail", "a@b", params) end
  local function rcpt(params) return written("RCPT TO", "rcpt", "a@b", params) end

  assert.equal("", mail(nil))
  assert.equal("", mail {})
  assert.equal("", mail { smtputf8 = false })
  assert.equal(" as it=is, +=", mail("as it=is, +="))
  assert.equal(" SIZE=10 raw=+=", mail { "raw=+=", SIZE = 10 })

  assert.equal(" BODY=8BITMIME REQUIRETLS SIZE=1000000000000000 SMTPUTF8", mail { smtpUTF8 = true, Body = "8BITMIME", size = 1e15, requiretls = true })
  assert.equal(" SIZE=99999999999999999999", mail { SIZE = "99999999999999999999" })
  assert.equal(" SIZE", mail { SIZE = true })
  assert.equal(" RET=HDRS", mail { ret = "HDRS" })
  assert.equal(" ENVID=a+2Bb+20c+3D", mail { envid = "a+b c=" })
  assert.equal(" AUTH=<>", mail { auth = "<>" })
  assert.equal(" AUTH=<>", mail { auth = "" })
  assert.equal(" AUTH=e+3Dmc2@example.com", mail { auth = "e=mc2@example.com" }) -- RFC 4954 5
  assert.equal(" MT-PRIORITY=-3", mail { mt_priority = -3 })
  assert.equal(" MT-PRIORITY=3", mail { ["MT-Priority"] = 3 })
  assert.equal(" HOLDFOR=90", mail { holdfor = "1m30s" })
  assert.equal(" HOLDFOR=90", mail { holdfor = "90" })
  assert.equal(" HOLDUNTIL=1970-01-02T00:00:00Z", mail { holduntil = 86400 })
  assert.equal(" HOLDUNTIL=2030-01-31T12:00:00Z", mail { holduntil = "2030-01-31T12:00:00Z" })
  assert.equal(" BY=120;R", mail { by = "120;R" })
  assert.equal(" BY=-5;NT", mail { by = { seconds = -5, mode = "n", trace = true } })
  assert.equal(" XMAGIC=7 XOTHER=x", mail { xmagic = 7, XOTHER = "x" })

  assert.equal(" NOTIFY=NEVER", rcpt { notify = "NEVER" })
  assert.equal(" NOTIFY=SUCCESS,FAILURE", rcpt { notify = { "SUCCESS", "FAILURE" } })
  assert.equal(" ORCPT=rfc822;a+2Bb@example.org", rcpt { orcpt = "a+b@example.org" })
  assert.equal(" ORCPT=x400;/S+3Dx/", rcpt { orcpt = "x400;/S=x/" })
  assert.equal(" ORCPT=utf-8;ü\\x{2B}b@example.org", rcpt { orcpt = "utf-8;ü+b@example.org" })
  assert.equal(" ORCPT=utf-8;\\x{FC}b@example.org", rcpt { orcpt = "utf-8;\\x{FC}b@example.org" })
  assert.equal(" RRVS=2014-04-03T23:01:00Z;C", rcpt { rrvs = "2014-04-03T23:01:00Z;C" }) -- RFC 7293 3.1
  assert.equal(" RRVS=2014-04-03T23:01:00Z", rcpt { rrvs = 1396566060 })
end)
-----
-- outcome: error
scenario("SIZE", function()
  smtp.connect():mail("a@b", { size = 1.5 }) -- want: "^lua\nc:mail: argument params: SIZE: a whole number of octets expected, got number 1.5\n"
end)
scenario("ENVID", function()
  smtp.connect():mail("a@b", { envid = {} }) -- want: "^lua\nc:mail: argument params: ENVID: text expected, got table\n"
end)
scenario("AUTH", function()
  smtp.connect():mail("a@b", { auth = 5 }) -- want: "AUTH: a mailbox or \"<>\" expected, got number 5\n"
end)
scenario("MT-PRIORITY", function()
  smtp.connect():mail("a@b", { mt_priority = 1.5 }) -- want: "MT-PRIORITY: a whole number expected, got number 1.5\n"
end)
scenario("HOLDFOR", function()
  smtp.connect():mail("a@b", { holdfor = 0.5 }) -- want: "HOLDFOR: whole seconds, or text such as \"10m\", expected, got number 0.5\n"
end)
scenario("HOLDFOR text", function()
  smtp.connect():mail("a@b", { holdfor = "soon" }) -- want: "HOLDFOR: whole seconds, or text such as \"10m\", expected, got string \"soon\"\n"
end)
scenario("HOLDUNTIL", function()
  smtp.connect():mail("a@b", { holduntil = -1 }) -- want: "HOLDUNTIL: seconds since 1970, or text such as .*, expected, got number -1\n"
end)
scenario("BY", function()
  smtp.connect():mail("a@b", { by = 120 }) -- want: "BY: text such as \"120;R\", or a table such as .*, expected, got number 120\n"
end)
scenario("BY table", function()
  smtp.connect():mail("a@b", { by = { seconds = 120 } }) -- want: "BY: text such as \"120;R\", or a table such as .*, expected, got table\n"
end)
scenario("BY key", function()
  smtp.connect():mail("a@b", { by = { seconds = 120, mode = "R", tracing = true } }) -- want: "BY: text such as"
end)
scenario("NOTIFY", function()
  smtp.connect():rcpt("a@b", { notify = 1 }) -- want: "NOTIFY: \"NEVER\", or a list of .*, expected, got number 1\n"
end)
scenario("NOTIFY item", function()
  smtp.connect():rcpt("a@b", { notify = { {} } }) -- want: "NOTIFY: \"NEVER\", or a list of .*, expected, got table\n"
end)
scenario("ORCPT", function()
  smtp.connect():rcpt("a@b", { orcpt = 5 }) -- want: "ORCPT: an address, or text such as .*, expected, got number 5\n"
end)
scenario("RRVS", function()
  smtp.connect():rcpt("a@b", { rrvs = {} }) -- want: "RRVS: seconds since 1970, or text such as .*, expected, got table\n"
end)
scenario("unknown", function()
  smtp.connect():mail("a@b", { xmagic = {} }) -- want: "XMAGIC: text, a number or true expected, got table\n"
end)
scenario("a space", function()
  smtp.connect():mail("a@b", { body = "8BITMIME SIZE=1" }) -- want: "BODY: a value is not empty and has no space, control character or \"=\" in it; parameters given as text are sent as they are\n"
end)
scenario("nothing", function()
  smtp.connect():mail("a@b", { ret = "" }) -- want: "RET: a value is not empty"
end)
scenario("a keyword", function()
  smtp.connect():mail("a@b", { ["A B"] = true }) -- want: "\"A B\" is no keyword: letters, digits and dashes make one\n"
end)
scenario("twice", function()
  smtp.connect():mail("a@b", { mt_priority = 1, ["MT-PRIORITY"] = 2 }) -- want: "MT-PRIORITY is there twice, in two spellings\n"
end)
scenario("an item", function()
  smtp.connect():mail("a@b", { 5 }) -- want: "item 1: a parameter as text expected, got number 5\n"
end)
