-- outcome: passed
scenario("what was built is read again", function()
  local text = mail.message {
    from = "Jürgen Müller <me@example.org>", sender = { address = "boss@example.org" }, reply_to = { "r1@example.org", { name = "R, two", address = "r2@example.org" } },
    to = '"Doe, John" <john@example.org>, jane@example.org', cc = { name = "日本", address = "jp@example.org" }, bcc = "undisclosed-recipients:;",
    subject = "Grüße", date = 1795431600, message_id = "<1@example.org>",
    headers = { ["X-Test"] = { "one", "two" }, ["X-Other"] = "é", ["MIME-Version"] = false },
    text = "a text\nin lines", html = "<img src='cid:logo@example.org'>", charset = "utf-8", encoding = "quoted-printable",
    attachments = {
      { name = "logo.png", content = "\137PNG\r\n\0", cid = "logo@example.org", description = "the logo" },
      { name = "Übersicht.txt", content = "plain\r\n", type = "text/plain", encoding = "base64" },
      { name = "b.bin", content = "\n\r\0", inline = true },
    },
  }
  local m = mail.parse(text)
  assert.same({}, m.defects)
  assert.equal(text, m.raw)
  assert.equal(text, tostring(m))
  assert.same({ { name = "Jürgen Müller", address = "me@example.org" } }, m.from)
  assert.same({ { name = "Doe, John", address = "john@example.org" }, { address = "jane@example.org" } }, m.to)
  assert.same({ { name = "日本", address = "jp@example.org" } }, m.cc)
  assert.same({ { address = "r1@example.org" }, { name = "R, two", address = "r2@example.org" } }, m.reply_to)
  assert.equal("boss@example.org", m:header("sender"))
  assert.equal("undisclosed-recipients:;", m:header("Bcc"))
  assert.equal("Grüße", m.subject)
  assert.equal("<1@example.org>", m.message_id)
  assert.equal(1795431600, m.date)
  assert.same({ "one", "two" }, m:header_values("x-test"))
  assert.is_nil(m:header("MIME-Version"))
  assert.same({ name = "X-Other", value = "é", raw = "X-Other: =?utf-8?b?w6k=?=\r\n" }, m.headers[1])
  assert.equal("a text\nin lines\n", m.text)
  assert.equal("<img src='cid:logo@example.org'>\n", m.html)
  assert.equal("multipart/mixed", m.type)
  assert.match("^=_%w+$", m.params.boundary)
  assert.contains(m.body, "--" .. m.params.boundary .. "--")
  assert.equal("multipart/alternative", m.parts[1].type)
  assert.equal("multipart/related", m.parts[1].parts[2].type)
  local logo, b, overview = m.attachments[1], m.attachments[2], m.attachments[3]
  assert.equal("\137PNG\r\n\0", logo.content)
  assert.equal("<logo@example.org>", logo:header("Content-ID"))
  assert.equal("the logo", logo:header("Content-Description"))
  assert.equal("image/png", logo.type)
  assert.equal("Übersicht.txt", overview.name)
  assert.equal("attachment", overview.disposition)
  assert.equal("plain\n", (mail.parse(text).attachments[3].content:gsub("\r", "")))
  assert.equal("application/octet-stream", b.type)
  assert.equal("inline", b.disposition)
  assert.equal("\n\r\0", b.content)
end)
-----
-- outcome: passed
scenario("SMTPUTF8, 8bit and flowed text", function()
  local m = mail.parse(mail.message { from = "ü <ü@bücher.example>", smtputf8 = true, text = "é\n", encoding = "8bit", headers = { { "Received", "b" }, { "Received", "a" }, { "Subject", "mine" } }, subject = "not this" })
  assert.same({}, m.defects)
  assert.contains(m.raw, "From: ü <ü@bücher.example>\r\n")
  assert.contains(m.raw, "\r\n\r\né\r\n")
  assert.equal("Received: b\r\n", m.headers[1].raw)
  assert.same({ "mine" }, m:header_values("subject"))
  local long = ("word "):rep(100) .. "end\n> quoted\n"
  local f = mail.parse(mail.message { from = "a@example.org", text = long, flowed = true })
  assert.equal("flowed", f.params.format)
  assert.contains(f.body, " \r\n")
  assert.equal(long, f.text)
end)
-----
-- outcome: passed
scenario("the same seed, the same message", function()
  local a = mail.message { from = "a@example.org", date = 0, text = "x" }
  assert.match("\r\nMessage%-ID: <%w+@example.org>\r\n", a)
  assert.is_true(a ~= mail.message { from = "a@example.org", date = 0, text = "x" })
  assert.contains(a, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n")
  assert.is_nil(mail.message({ date = "never", message_id = "<x>" }):match("From"))
  assert.contains(mail.message { from = "<>", to = "postmaster" }, "From: <>\r\nTo: postmaster\r\n")
end)
-----
-- outcome: passed
local fixed = mail.message { from = "a@example.org", date = 0, message_id = "<1@example.org>", text = "x" }
scenario("at the top level", function() assert.contains(fixed, "x") end)
-----
-- outcome: load
local m = mail.message { from = "a@example.org", date = 0 } -- want: "mail.message, with a random Message-ID or boundary, at the top level of a file that declares scenarios: move it into one"
scenario("random", function() assert.contains(m, "x") end)
-----
-- outcome: passed
local m = mail.message { from = "a@example.org" }
assert.contains(m, "example.org")
-----
-- outcome: error
scenario("no address", function()
  mail.message { to = "Doe, John <j@example.org>" } -- want: "mail.message: option to: \"Doe\" has no @: a name with a comma is quoted, and \{ address = \"Doe\" \} takes anything"
end)
-----
-- outcome: error
scenario("a list in a list", function()
  mail.message { to = { { { "a@example.org" } } } } -- want: "option to: item 1: a list in a list"
end)
-----
-- outcome: error
scenario("an unknown part of an address", function()
  mail.message { to = { adress = "a@example.org" } } -- want: "option to: an address, or a list of them expected"
end)
-----
-- outcome: error
scenario("a name alone", function()
  mail.message { to = { name = "a" } } -- want: "option to: an address is missing for the name .*a"
end)
-----
-- outcome: error
scenario("not ASCII", function()
  mail.message { to = "ü@example.org" } -- want: "mail.message: To: the address ü@example.org is not ASCII, and addresses are never encoded: smtputf8 = true writes it as it is"
end)
-----
-- outcome: error
scenario("injection", function()
  mail.message { subject = "a\r\nBcc: b@example.org" } -- want: "mail.message: Subject: a line end is in the value, and what follows is no folded line"
end)
-----
-- outcome: error
scenario("a header that is no text", function()
  mail.message { headers = { ["X-Test"] = 1 } } -- want: "option headers: X-Test: text expected, got number 1"
end)
-----
-- outcome: error
scenario("a header in a list", function()
  mail.message { headers = { "X-Test: 1" } } -- want: "option headers: item 1: \{ name, value \} expected"
end)
-----
-- outcome: error
scenario("a header's name", function()
  mail.message { headers = { ["X Test"] = "1" } } -- want: "\"X Test\" is no name of a header field"
end)
-----
-- outcome: error
scenario("an encoding", function()
  mail.message { encoding = "quoted" } -- want: "mail.message: option encoding: \"quoted\" is not one of 7bit, 8bit, quoted-printable, base64"
end)
-----
-- outcome: error
scenario("an encoded message", function()
  mail.message { attachments = { { name = "m.eml", content = "", encoding = "base64" } } } -- want: "mail.message: attachment 1: a message/rfc822 is never encoded as base64 \(RFC 2046 5.2.1\)"
end)
-----
-- outcome: error
scenario("an unknown option of a file", function()
  mail.message { attachments = { { filename = "a" } } } -- want: "option attachments: item 1: unknown option \"filename\""
end)
-----
-- outcome: passed
scenario("broken mail is read", function()
  local m = mail.parse("From a Mon\nFrom: =?iso-8859-15?q?=A4?= <a@example.org>\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nYQ=\n--b\nno header\n")
  assert.equal("€", m.from[1].name)
  assert.equal("a", m.parts[1].content)
  assert.is_nil(m.date)
  assert.is_nil(m.html)
  assert.is_nil(m.disposition)
  assert.is_nil(m.name)
  assert.is_nil(m.subject)
  assert.same({ "a multipart without its last boundary", "part 1: base64 does not end with the padding that it needs", "part 2: line 1 is no header field, and there is no empty line before it: \"no header\"", "there is no Date" }, m.defects)
  assert.equal(0, #mail.parse("").parts)
end)
-----
-- outcome: passed
scenario("generated", function()
  for _, size in ipairs { 600, 1000, 10001, 100000 } do
    assert.equal(size, #mail.generate { size = size })
    assert.same({}, mail.parse(mail.generate { size = size, eight_bit = true }).defects)
  end
  local text = mail.generate { size = 5000, line_length = 40, attachments = 2, from = "f@example.org", to = "t@example.org", subject = "made up", date = 0 }
  assert.equal(5000, #text)
  local m = mail.parse(text)
  assert.same({}, m.defects)
  assert.equal(2, #m.attachments)
  assert.equal("made up", m.subject)
  assert.equal("t@example.org", m.to[1].address)
  assert.equal(40, #m.text:match("[^\n]+"))
  assert.greater(#mail.generate({ size = 3000, line_length = 2000 }):match("\r\n\r\n([^\r]+)"), 1999)
end)
-----
-- outcome: error
scenario("too small", function()
  mail.generate { size = 20 } -- want: "mail.generate: 20 octets are not enough: header and structure take \d+"
end)
-----
-- outcome: error
scenario("no size", function()
  mail.generate {} -- want: "mail.generate: option size: a number of octets expected"
end)
-----
-- outcome: error
scenario("lines of nothing", function()
  mail.generate { size = 1000, line_length = 0 } -- want: "mail.generate: option line_length: at least 1 expected, got 0"
end)
-----
-- outcome: passed
-- zone: missing.test. A 192.0.2.1
scenario("DKIM", function()
  local text = mail.message { from = "a@example.org", text = "Hello." }
  for _, kind in ipairs { "ed25519", "rsa" } do
    local pair = mail.dkim_key(kind)
    local signed = mail.dkim_sign(text, { domain = "example.org", selector = "s1", key = pair.key, identity = "me@example.org", canonicalization = "simple/relaxed", headers = { "From", "Subject" }, expires = 4000000000 })
    local keys = { ["s1._domainkey.Example.org"] = pair.record }
    local s = mail.dkim_verify(signed, { keys = keys })[1]
    assert.is_true(s.valid, s.error)
    assert.same({ "example.org", "s1", "me@example.org", kind .. "-sha256", "simple/relaxed", "pass", 4000000000 }, { s.domain, s.selector, s.identifier, s.algorithm, s.canonicalization, s.result, s.expires })
    assert.greater(s.time, 1000000000)
    assert.same({ "From", "Subject" }, s.headers)
    assert.is_nil(s.error)
    assert.is_nil(s.body_length)
    assert.equal("dkim=pass", tostring(s))
    local broken = mail.dkim_verify(signed .. "more\r\n", { keys = keys })[1]
    assert.is_false(broken.valid)
    assert.equal("fail", broken.result)
    assert.equal("the body is not the one that was signed", broken.error)
    assert.equal("permerror", mail.dkim_verify(signed, { keys = {} })[1].result)
    local part = mail.dkim_verify((signed:gsub("v=1;", "v=1; l=2;")), { keys = keys })[1]
    assert.same({ "fail", 2, "the signature covers only a part of the body (l=), which is not taken" }, { part.result, part.body_length, part.error })
    local asked = mail.dkim_verify(signed, { server = vars.resolver })[1]
    assert.equal("there is no key: s1._domainkey.example.org has no TXT record", asked.error)
  end
  assert.match("^v=DKIM1; k=ed25519; p=", mail.dkim_key().record)
  assert.same({}, mail.dkim_verify(text))
end)
-----
-- outcome: passed
-- zone: s1._domainkey.football.test. TXT "v=DKIM1; k=ed25519; " "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
-- log: "dns: TXT of s1._domainkey.football.test: NOERROR, 1 records"
scenario("a key of a file, and one of DNS", function()
  local signed = mail.dkim_sign("From: joe@football.test\r\n\r\nHi.\r\n", { domain = "football.test", selector = "s1", key = "key.pem" })
  local s = mail.dkim_verify(signed)[1]
  assert.is_true(s.valid, s.error)
end)
-- file: key.pem
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
-----
-- outcome: passed
-- zone: @fault SERVFAIL s1._domainkey.football.test.
scenario("no DNS", function()
  local signed = mail.dkim_sign("From: joe@football.test\r\n\r\nHi.\r\n", { domain = "football.test", selector = "s1", key = mail.dkim_key().key })
  assert.equal("temperror", mail.dkim_verify(signed)[1].result)
end)
-----
-- outcome: error
scenario("no key", function()
  mail.dkim_sign("", { domain = "x", selector = "y" }) -- want: "mail.dkim_sign: option key is missing"
end)
-----
-- outcome: error
scenario("a key that is no file", function()
  mail.dkim_sign("", { domain = "x", selector = "y", key = "nothing.pem" }) -- want: "mail.dkim_sign: option key: .*nothing.pem: no such file"
end)
-----
-- outcome: error
scenario("a key that is none", function()
  mail.dkim_sign("", { domain = "x", selector = "y", key = "-----BEGIN X-----" }) -- want: "mail.dkim_sign: option key: there is no private key in PEM form in it that is not encrypted"
end)
-----
-- outcome: error
scenario("a canonical form", function()
  mail.dkim_sign("", { domain = "x", selector = "y", key = "k", canonicalization = "relaxed" }) -- want: "option canonicalization: \"relaxed\" is not one of"
end)
-----
-- outcome: error
scenario("more fields than a line takes", function()
  local names = { "From" }
  for i = 1, 200 do names[i + 1] = "X-" .. i end
  mail.dkim_sign("From: a\r\n\r\n", { domain = "x", selector = "y", key = mail.dkim_key().key, headers = names }) -- want: "mail.dkim_sign: the names of the fields to sign have more than 994 octets: name fewer"
end)
-----
-- outcome: error
scenario("when a signature expires", function()
  mail.dkim_sign("", { domain = "x", selector = "y", key = "k", expires = -1 }) -- want: "mail.dkim_sign: option expires: a number of seconds since 1970 expected, up to the year 9999, got -1"
end)
-----
-- outcome: error
scenario("a type of key", function()
  mail.dkim_key("dsa") -- want: "mail.dkim_key: argument type: \"dsa\" is not one of ed25519, rsa"
end)
-----
-- outcome: passed
scenario("Authentication-Results", function()
  local text = "Authentication-Results: mx.example.org;\r\n dkim=pass (2048-bit key; \\) x) header.d=example.org\r\n header.b=\"ab;c\";\r\n spf=SoftFail reason=\"not; ours\" smtp.mailfrom=a@example.org\r\n"
    .. "Authentication-Results: other.example 1; none\r\nFrom: a@example.org\r\n\r\n"
  local list = mail.authentication_results(text)
  assert.equal(2, #list)
  assert.equal("mx.example.org", list[1].server)
  local dkim, spf = list[1].results[1], list[1].results[2]
  assert.same({ "dkim", "pass", "2048-bit key; ) x" }, { dkim.method, dkim.result, dkim.comment })
  assert.same({ ["header.d"] = "example.org", ["header.b"] = "ab;c" }, dkim.properties)
  assert.same({ "spf", "softfail", "not; ours" }, { spf.method, spf.result, spf.reason })
  assert.equal("a@example.org", spf.properties["smtp.mailfrom"])
  assert.equal("spf=softfail", tostring(spf))
  assert.same({ "other.example", 0 }, { list[2].server, #list[2].results })
  assert.is_nil(list[2].problem)
  local broken = mail.authentication_results("mx.example.org; dkim")[1]
  assert.equal("no result after the method \"dkim\"", broken.problem)
  assert.is_nil(dkim.reason)
end)
-----
-- outcome: passed
scenario("data as the script has it", function()
  local c = smtp.session()
  local function begin()
    c:mail("a@example.org")
    c:rcpt(target.valid_rcpt)
  end
  begin()
  c:data("Subject: own end\r\n\r\n.x\r\n.\r\n", { stuff = false, terminate = false })
  begin()
  c:send("DATA"):expect(354)
  c:send_data("a\nb\r\n.c", { line_ends = false }):expect(554)
  assert.contains(c.transcript, "..c")
  begin()
  c:send("DATA"):expect(354)
  c:send_data("Subject: x\n\n.hidden\n", { terminate = false }):expect_silence(0.05)
  c:write(".\r\n"):expect("2xx")
end)
