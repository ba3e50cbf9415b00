-- outcome: passed
-- server: S 220 hi
-- server: C 5
-- server: SB 250 2.1.0 ok\r\n251 2.1.5 will forward\r\n452 4.2.2 full\r\n550 5.1.1 nobody\r\n354 go\r\n
-- server: C 3
-- server: S 250
scenario("a write for all, with replies that differ", function()
  local c = smtp.connect()
  c:expect(220)
  local r = c:deliver { from = "a@b", to = { "1@x", "2@x", "3@x" }, message = "x\n.y", pipelining = true, partial = true }
  assert.equal(250, r.code)
  assert.equal("", r.text)
  assert.contains(r.anomalies, "no-text")
  local codes = {}
  for i, one in ipairs(r.recipients) do codes[i] = one.code .. " " .. one.enhanced end
  assert.same({ "251 2.1.5", "452 4.2.2", "550 5.1.1" }, codes)
  assert.match("\n> MAIL FROM:<a@b>\n> RCPT TO:<1@x>\n> RCPT TO:<2@x>\n> RCPT TO:<3@x>\n> DATA\n< 250 .*\n< 354 go\n> x\n> %.%.y\n> %.\n< 250\n", c.transcript)
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n
scenario("one of two is refused after one write", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { to = { "1@x", "2@x" }, message = "x", pipelining = true } -- want: "^expectation\nthe reply to RCPT is not the one wanted\n2xx to RCPT TO:<2@x>\n550 5.1.1 nobody\n"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n550 no\r\n550 5.1.1 nobody\r\n354 go\r\n
-- server: C
-- server: S 554 no recipients
scenario("DATA is taken for nobody", function()
  local c = smtp.connect()
  c:expect(220)
  cleanup(function() assert.match("< 354 go\n> %.\n< 554 no", c.transcript) end)
  c:deliver { to = { "1@x", "2@x" }, message = "x", pipelining = true } -- want: "^expectation\nevery recipient was refused, and DATA was accepted: a lone dot ended it\n2xx to at least one RCPT\n550 no\n550 5.1.1 nobody\nto the lone dot: 554 no recipients\n"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 3
-- server: SB 250 ok\r\n550 5.1.1 nobody\r\n503 no recipients\r\n
scenario("nobody, and DATA knows", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { to = "1@x", message = "x", pipelining = true, partial = true } -- want: "^expectation\nevery recipient was refused\n2xx to at least one RCPT\n550 5.1.1 nobody\n"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 3
-- server: SB 250 ok\r\n250 ok\r\n
-- server: close
scenario("the server goes before DATA is answered", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { to = "1@x", message = "x", pipelining = true } -- want: "^close\nthe server closed the connection where the reply to DATA was awaited\n354\n"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n550 no\r\n
-- server: C
-- server: S 250 taken
scenario("a chunk for one of two: its reply is read, too", function()
  local c = smtp.connect()
  c:expect(220)
  cleanup(function() assert.match("< 250 taken\n", c.transcript) end)
  c:deliver { to = { "1@x", "2@x" }, message = "x\n", pipelining = true, chunking = true } -- want: "^expectation\nthe reply to RCPT is not the one wanted\n2xx to RCPT TO:<2@x>\n550 no\n"
end)
-----
-- outcome: passed
local function sent(chunking, pipelining)
  local c = smtp.session()
  local r = c:deliver { from = "a@example.org", to = target.valid_rcpt, message = "Subject: x\n\nbody\n", chunking = chunking, pipelining = pipelining }
  assert.equal(250, r.code)
  local sizes = {}
  for size in c.transcript:gmatch("> BDAT ([^\n]*)") do sizes[#sizes + 1] = size end
  c:quit()
  return table.concat(sizes, ", "), c.transcript
end
scenario("chunks", function()
  assert.equal("", (sent(false)))
  assert.equal("20 LAST", (sent(true)))
  assert.equal("20 LAST", (sent(20)))
  assert.equal("20 LAST", (sent(100)))
  assert.equal("19, 1 LAST", (sent(19)))
  assert.equal("7, 7, 6 LAST", (sent(7)))
  assert.equal("20 LAST", (sent {}))
  assert.equal("1, 2, 17 LAST", (sent { 1, 2 }))
  assert.equal("20, 0 LAST", (sent { 20 }))
  assert.equal("0, 20 LAST", (sent { 0 }))
end)
scenario("chunks in a pipeline", function()
  local sizes, transcript = sent(12, true)
  assert.equal("12, 8 LAST", sizes)
  assert.match("> MAIL FROM:[^\n]*\n> RCPT TO:[^\n]*\n> BDAT 12\n> Subject: x\n< 250[^\n]*\n< 250[^\n]*\n< 250[^\n]*\n> BDAT 8 LAST\n", transcript)
end)
scenario("a message of nothing", function()
  local c = smtp.session()
  c:deliver { to = target.valid_rcpt, message = "", chunking = 5 }
  assert.match("> BDAT 0 LAST\n", c.transcript)
end)
-----
-- outcome: error
scenario("no octets", function()
  smtp.session():deliver { to = "a@b", message = "x", chunking = 0 } -- want: "c:deliver: option chunking: 1 octet a chunk at least, got 0\n"
end)
scenario("too many octets", function()
  smtp.session():deliver { to = "a@b", message = "x\n", chunking = { 2, 2 } } -- want: "c:deliver: option chunking: item 2: the chunks have more than the 3 octets that the message has with its line ends\n"
end)
scenario("fewer than none", function()
  smtp.session():deliver { to = "a@b", message = "x\n", chunking = { -1 } } -- want: "c:deliver: option chunking: item 1: a number of octets expected, got -1\n"
end)
scenario("no number", function()
  smtp.session():deliver { to = "a@b", message = "x\n", chunking = "5" } -- want: "c:deliver: argument options: option chunking: boolean or integer or list of integer expected, got string \"5\"\n"
end)
scenario("a line end", function()
  smtp.session():deliver { to = { "a@b", "c@d\r\nDATA" }, message = "x" } -- want: "c:deliver: a CR, LF or NUL is in \"RCPT TO:<c@d"
end)
scenario("parameters for all", function()
  smtp.session():deliver { to = "a@b", message = "x", rcpt_params = { notify = 5 } } -- want: "c:deliver: option rcpt_params: NOTIFY: "
end)
scenario("parameters for one", function()
  smtp.session():deliver { to = { "a@b", { "c@d", notify = 5 } }, message = "x" } -- want: "c:deliver: option to: item 2: NOTIFY: "
end)
scenario("two addresses for one", function()
  smtp.session():deliver { to = { { "c@d", "e@f" } }, message = "x" } -- want: "c:deliver: option to: item 1: an address, or a table of one and its parameters expected, got table\n"
end)
scenario("parameters where the list is", function()
  smtp.session():deliver { to = { "c@d", notify = "NEVER" }, message = "x" } -- want: "c:deliver: option to: a list of recipients expected; one with parameters is a table in it: "
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 5
-- server: SB 250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n
-- server: C 2
-- server: S 250 ok
scenario("parameters of recipients", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { from = "", message = "x", pipelining = true, rcpt_params = { notify = "NEVER" }, params = { ret = "HDRS" },
    to = { "1@x", { "2@x", orcpt = "z@x" }, { "3@x", NOTIFY = { "DELAY" } } } }
  assert.match("> MAIL FROM:<> RET=HDRS\n> RCPT TO:<1@x> NOTIFY=NEVER\n> RCPT TO:<2@x> NOTIFY=NEVER ORCPT=rfc822;z@x\n> RCPT TO:<3@x> NOTIFY=DELAY\n", c.transcript)
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 2
-- server: SB 250 ok\r\n250 ok\r\n
-- server: C
-- server: S 354 go
-- server: C 2
-- server: S 250 ok
scenario("parameters of recipients as text", function()
  local c = smtp.connect()
  c:expect(220)
  c:write("MAIL FROM:<>\r\nRCPT TO:<1@x>\r\n")
  c:expect(250)
  c:expect(250)
  c:data("x")
end)
-----
-- outcome: passed
scenario("LMTP", function()
  for _, chunking in ipairs { false, true, 5, { 0 } } do
    local c = smtp.session { port = tonumber(target.lmtp_port), lmtp = true }
    local r = c:deliver { to = { target.valid_rcpt, target.invalid_rcpt, target.valid_rcpt2 }, message = "Subject: x\n\nbody\n", chunking = chunking,
      pipelining = true, partial = true }
    assert.equal(2, #r)
    assert.equal(250, r[1].code)
    assert.equal(3, #r.recipients)
    assert.equal(550, r.recipients[2].code)
    c:quit()
  end
end)
-----
-- outcome: failed
scenario("LMTP to nobody", function()
  local c = smtp.session { port = tonumber(target.lmtp_port), lmtp = true }
  c:deliver { to = { target.invalid_rcpt }, message = "x", chunking = true, pipelining = true, partial = true } -- want: "^expectation\nevery recipient was refused\n"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 250 ok
-- server: C
-- server: S 250 ok
-- server: C
-- server: S 251 ok
-- server: C
-- server: S 354 go
-- server: C 2
-- server: SB 353 one by one\r\n250 1 ok\r\n250 2 ok\r\n250 all ok\r\n
-- server: C
-- server: S 221 bye
scenario("PRDR", function()
  local c = smtp.connect()
  c:expect(220)
  c:mail("a@b", { prdr = true })
  assert.match("> MAIL FROM:<a@b> PRDR\n", c.transcript)
  c:rcpt("1@x")
  c:rcpt("2@x")
  local r = c:data("x")
  assert.equal("all ok", r.text)
  assert.equal(2, #r.prdr)
  assert.equal("2 ok", r.prdr[2].text)
  assert.is_nil(r.prdr[1].prdr)
  assert.is_nil(r.recipients)
  c:quit()
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n
-- server: C
-- server: S 250 chunk
-- server: C
-- server: SB 353 one by one\r\n550 1 does not want it\r\n250 2 ok\r\n250 some ok\r\n
-- server: C
-- server: S 221 bye
scenario("PRDR in part", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("MAIL FROM:<a@b> PRDR")
  c:send("RCPT TO:<1@x>")
  c:send("RCPT TO:<2@x>")
  c:send("RCPT TO:<3@x>")
  for _ = 1, 4 do c:reply() end
  c:bdat("x\r\n")
  c:write("BDAT 0 LAST\r\n"):expect(353)
  c:expect(550)
  c:expect(250)
  local r = c:reply()
  assert.equal("some ok", r.text)
  c:quit()
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n250 ok\r\n354 ok\r\n
-- server: C 2
-- server: SB 353 one by one\r\n550 1 does not want it\r\n250 2 ok\r\n250 some ok\r\n
-- server: C
-- server: S 221 bye
scenario("PRDR in part, delivered", function()
  local c = smtp.connect()
  c:expect(220)
  local r = c:deliver { params = "PRDR", to = { "1@x", "2@x" }, message = "x", partial = true, pipelining = true }
  assert.equal(550, r.prdr[1].code)
  assert.equal("some ok", r.text)
  assert.equal(2, #r.recipients)
  c:quit()
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n250 ok\r\n354 ok\r\n
-- server: C 2
-- server: SB 353 one by one\r\n550 1 does not want it\r\n
scenario("PRDR that has to be whole", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { params = "PRDR", to = { "1@x", "2@x" }, message = "x", pipelining = true } -- want: "^expectation\nthe reply to the message is not the one wanted\n2xx\n550 1 does not want it\n"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 4
-- server: SB 250 ok\r\n250 ok\r\n250 ok\r\n354 ok\r\n
-- server: C 2
-- server: S 250 for all
scenario("PRDR that the server has no use for", function()
  local c = smtp.connect()
  c:expect(220)
  local r = c:deliver { params = "PRDR", to = { "1@x", "2@x" }, message = "x", pipelining = true }
  assert.is_nil(r.prdr)
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C 3
-- server: SB 250 ok\r\n250 ok\r\n354 ok\r\n
-- server: C 2
-- server: S 353 one by one
scenario("353 that nobody asked for", function()
  local c = smtp.connect()
  c:expect(220)
  c:deliver { to = "1@x", message = "x", pipelining = true } -- want: "^expectation\nthe reply to the message is not the one wanted\n2xx\n353 one by one\n"
end)
