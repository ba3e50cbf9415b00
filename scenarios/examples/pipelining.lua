-- With PIPELINING a client need not wait for each reply. The replies come in the order of the commands all the same.

suite { name = "Pipelining", refs = { "RFC 2920" }, requires = { "PIPELINING", "valid_rcpt" } }

local from = target("from", "sender@example.org")

scenario("answers every command, in order", function()
  local c = smtp.session()
  local r = c:pipeline {
    "MAIL FROM:<" .. from .. ">",
    "RCPT TO:<" .. target.valid_rcpt .. ">",
    "DATA",
  }
  assert.equal(250, r[1].code, "MAIL")
  assert.equal(250, r[2].code, "RCPT")
  assert.equal(354, r[3].code, "DATA")

  c:send_data("Subject: pipelined\n\nHello.\n"):expect(250)
  c:quit()
end)

scenario("one refused recipient among good ones", { requires = { "invalid_rcpt" } }, function()
  local c = smtp.session()
  local r = c:pipeline {
    "MAIL FROM:<" .. from .. ">",
    "RCPT TO:<" .. target.invalid_rcpt .. ">",
    "RCPT TO:<" .. target.valid_rcpt .. ">",
    "RSET",
  }
  local codes = {}
  for i, reply in ipairs(r) do
    codes[i] = reply.code - reply.code % 100
  end
  assert.same({ 200, 500, 200, 200 }, codes)
  c:quit()
end)

scenario("QUIT in one packet with the end of the message", function()
  local c = smtp.session()
  c:mail(from)
  c:rcpt(target.valid_rcpt)
  c:send("DATA"):expect(354)
  c:write("Subject: in a hurry\r\n\r\nBye.\r\n.\r\nQUIT\r\n")
  c:expect(250)
  c:expect(221)
  c:expect_close()
end)
