-- outcome: passed
scenario("the verbs", function()
  local c = smtp.connect()
  c:expect(220)
  local caps = c:ehlo("client.example")
  assert.is_not_nil(caps.PIPELINING)
  assert.is_nil(caps.NOSUCH)
  assert.equal(caps.SIZE, c.caps.SIZE)
  assert.is_true(c:supports("SIZE"))
  assert.is_true(c:supports("auth", "plain"))
  assert.is_false(c:supports("AUTH", "GSSAPI"))
  assert.is_false(c:supports("NOSUCH"))
  assert.equal(250, c:helo("client.example").code)
  c:ehlo()
  assert.equal(250, c:noop().code)
  assert.equal(250, c:mail("a@example.org", "SIZE=10 BODY=8BITMIME").code)
  c:rset()
  c:mail("<a@example.org>", { SIZE = 10, BODY = "8BITMIME", RET = "HDRS" })
  c:rcpt(target.valid_rcpt, { NOTIFY = "NEVER" })
  assert.equal(250, c:data("Subject: x\n\n.dot\r\n").code)
  c:mail("")
  c:rcpt(target.valid_rcpt)
  c:bdat("Subject: x\r\n\r\n")
  assert.equal(250, c:bdat("body\r\n", true).code)
  assert.greater(c:vrfy("x").code, 0)
  assert.equal(502, c:expn("list").code)
  assert.equal(214, c:help().code)
  assert.equal(214, c:help("MAIL").code)
  assert.match("> HELP\n< 214.*> HELP MAIL\n", c.transcript)
  local replies = c:pipeline { "MAIL FROM:<a@example.org>", "RCPT TO:<nobody@elsewhere.example>", "RSET" }
  assert.equal(3, #replies)
  assert.equal(550, replies[2].code)
  c:mail("a@example.org")
  c:rcpt(target.valid_rcpt)
  c:send("DATA"):expect(354)
  c:send_data("Subject: x\n\nbody"):expect(250)
  assert.equal(221, c:quit().code)
  c:expect_close()
end)
-----
-- outcome: passed
scenario("deliver", function()
  local c = smtp.session()
  local r = c:deliver { from = "a@example.org", to = target.valid_rcpt, message = "Subject: x\n\nbody\n" }
  assert.equal(250, r.code)
  assert.equal(1, #r.recipients)
  r = c:deliver { to = { target.valid_rcpt, target.invalid_rcpt }, message = "Subject: x\n\nbody\n", params = { SIZE = 20 }, chunking = true, partial = true }
  assert.equal(250, r.code)
  assert.equal(2, #r.recipients)
  assert.equal(550, r.recipients[2].code)
end)
-----
-- outcome: failed
scenario("deliver to nobody", function()
  local c = smtp.session()
  c:deliver { to = target.invalid_rcpt, message = "x", partial = true } -- want: "every recipient was refused\n2xx to at least one RCPT\n550 "
end)
-----
-- outcome: failed
scenario("deliver to one who is not there", function()
  local c = smtp.session()
  c:deliver { to = { target.valid_rcpt, target.invalid_rcpt }, message = "x" } -- want: "the reply to RCPT is not the one wanted\n2xx to RCPT TO:<nosuch@demo.test>\n550 "
end)
-----
-- outcome: error
scenario("deliver without a recipient", function()
  smtp.session():deliver { message = "x" } -- want: "c:deliver: option to is missing: an address, or a list of them"
end)
-----
-- outcome: error
scenario("deliver to an empty list", function()
  smtp.session():deliver { to = {}, message = "x" } -- want: "c:deliver: option to is missing"
end)
-----
-- outcome: error
scenario("deliver without a message", function()
  smtp.session():deliver { to = "a@b" } -- want: "c:deliver: option message is missing"
end)
-----
-- outcome: error
scenario("deliver with a misspelt option", function()
  smtp.session():deliver { too = "a@b", message = "x" } -- want: "c:deliver: argument options: unknown option \"too\" .did you mean \"to\"\?"
end)
-----
-- outcome: error
scenario("deliver with a list in the list", function()
  smtp.session():deliver { to = { {} }, message = "x" } -- want: "c:deliver: argument options: option to: string or list of string expected, got table|option to: item 1"
end)
-----
-- outcome: error
scenario("deliver with params of a wrong kind", function()
  smtp.session():deliver { to = "a@b", message = "x", params = { SIZE = {} } } -- want: "c:deliver: option params: SIZE: a whole number of octets expected, got table"
end)
-----
-- outcome: failed
scenario("a refusal", function()
  local c = smtp.session()
  c:mail("a@example.org")
  c:rcpt("nobody@elsewhere.example") -- want: "^expectation\nthe reply to RCPT is not the one wanted\n2xx\n550 5.7.1"
end)
-----
-- outcome: error
scenario("params of a wrong type", function()
  smtp.session():mail("a@example.org", 10) -- want: "c:mail: argument params: string or table expected, got number 10"
end)
-----
-- outcome: error
scenario("params with a table", function()
  smtp.session():rcpt("a@example.org", { XMAGIC = { "NEVER" } }) -- want: "c:rcpt: argument params: XMAGIC: text, a number or true expected, got table"
end)
-----
-- outcome: error
scenario("an address that is nil", function()
  smtp.session():rcpt(nil) -- want: "c:rcpt: argument to is missing: string"
end)
-----
-- outcome: error
scenario("a line end in an address", function()
  smtp.session():mail("a@b\r\nRCPT TO:<c@d>") -- want: "c:mail: a CR, LF or NUL is in .*; c:write sends bytes as they are"
end)
-----
-- outcome: error
scenario("a line end in a pipeline", function()
  smtp.session():pipeline { "NOOP", "NOOP\r\n" } -- want: "c:pipeline: item 2: a CR, LF or NUL is in it; c:write sends bytes as they are"
end)
-----
-- outcome: error
scenario("a pipeline of text", function()
  smtp.session():pipeline("NOOP") -- want: "c:pipeline: argument lines: list of string expected, got string \"NOOP\""
end)
-----
-- outcome: error
scenario("a pipeline of numbers", function()
  smtp.session():pipeline { "NOOP", 5 } -- want: "c:pipeline: argument lines: item 2: string expected, got number 5"
end)
-----
-- outcome: error
scenario("noop takes nothing", function()
  smtp.session():noop("x") -- want: "c:noop takes no argument, got 1"
end)
-----
-- outcome: error
scenario("bdat's last", function()
  smtp.session():bdat("x", "LAST") -- want: "c:bdat: argument last: boolean expected, got string \"LAST\""
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: close
scenario("the server goes", function()
  local c = smtp.connect()
  c:expect(220)
  c:noop() -- want: "^close\nthe server closed the connection where the reply to NOOP was awaited\n2xx\nthe connection was closed"
end)
-----
-- outcome: passed
scenario("LMTP", function()
  local c = smtp.session { port = tonumber(target.lmtp_port), lmtp = true }
  assert.match("> LHLO ", c.transcript)
  c:mail("a@example.org")
  c:rcpt(target.valid_rcpt)
  c:send("RCPT TO:<" .. target.valid_rcpt2 .. ">"):expect(250)
  local replies = c:data("Subject: x\n\nbody\n")
  assert.equal(2, #replies)
  assert.equal(250, replies[2].code)
  replies = c:deliver { to = { target.valid_rcpt, target.valid_rcpt2 }, message = "Subject: x\n\nbody\n" }
  assert.equal(2, #replies)
  assert.equal(2, #replies.recipients)
  c:mail("a@example.org")
  c:rcpt(target.valid_rcpt)
  assert.equal(250, c:bdat("Subject: x\r\n\r\n").code)
  assert.equal(1, #c:bdat("", true))
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 251 no messages
scenario("etrn", function()
  local c = smtp.connect()
  c:expect(220)
  assert.equal(251, c:etrn("example.net").code)
  assert.match("> ETRN example.net\n", c.transcript)
end)
-----
-- outcome: failed
scenario("etrn where it is not there", function()
  smtp.session():etrn("example.net") -- want: "^expectation\nthe reply to ETRN is not the one wanted\n2xx\n5"
end)
-----
-- outcome: passed
-- set: protocol=lmtp
scenario("a target that speaks LMTP", function()
  local c = smtp.connect { port = tonumber(target.lmtp_port) }
  c:expect(220)
  c:ehlo()
  assert.match("> LHLO ", c.transcript)
end)
