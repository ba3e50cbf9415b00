-- LMTP: whether a message is taken, each recipient says for itself (RFC 2033 4.2). That of full_rcpt is over quota, which shows only when
-- the message is there.

suite { name = "LMTP", refs = { "RFC 2033 4.2" }, requires = { "valid_rcpt", "valid_rcpt2", "invalid_rcpt" } }

local message = "Subject: to each of you\n\nHello.\n"

scenario("a reply for each recipient", function()
  local c = smtp.session()
  local replies = c:deliver { from = "", to = { target.valid_rcpt, target.valid_rcpt2 }, message = message }
  assert.equal(2, #replies)
  c:quit()
end)

scenario("one is refused after the message", { requires = { "full_rcpt" } }, function()
  local c = smtp.session()
  local replies = c:deliver { from = "", to = { target.full_rcpt, target.valid_rcpt }, message = message, partial = true }
  assert.equal(250, replies.recipients[1].code)
  assert.equal(552, replies[1].code)
  assert.equal("5.2.2", replies[1].enhanced)
  assert.equal(250, replies[2].code)
  c:quit()
end)

scenario("the same in chunks", { requires = { "full_rcpt", "CHUNKING" } }, function()
  local c = smtp.session()
  c:mail("")
  c:rcpt(target.valid_rcpt)
  c:rcpt(target.full_rcpt)
  c:bdat("Subject: in chunks\r\n")
  c:write("BDAT 10 LAST\r\n\r\nHello.\r\n")
  c:expect(250)
  c:expect(552, "5.2.2")
  c:quit()
end)

scenario("one is refused before the message", function()
  local c = smtp.session()
  c:mail("")
  c:rcpt(target.valid_rcpt)
  c:send("RCPT TO:<" .. target.invalid_rcpt .. ">"):expect(550)
  local replies = c:data(message)
  assert.equal(1, #replies)
  c:quit()
end)

scenario("EHLO is not its greeting", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("EHLO client.example"):expect("5xx")
  c:quit()
end)
