-- PRDR (draft-hall-prdr-00, Exim): what LMTP does, over SMTP. After 353 there is a reply for each recipient, then one for the message.

suite { name = "PRDR", requires = { "PRDR", "valid_rcpt", "valid_rcpt2", "prdr_refused_rcpt" } }

local message = "Subject: " .. vars.marker .. "-prdr\n\nHello.\n"

local function deliver(to, params)
  local c = smtp.session()
  c:mail("", params)
  for _, address in ipairs(to) do
    c:rcpt(address)
  end
  c:send("DATA"):expect(354)
  return c:send_data(message)
end

scenario("everybody takes it", function()
  local c = smtp.session()
  c:mail("", { prdr = true })
  c:rcpt(target.valid_rcpt)
  c:rcpt(target.valid_rcpt2)
  local reply = c:data("Subject: for all\n\nHello.\n")
  assert.equal(2, #reply.prdr)
  c:quit()
end)

scenario("one refuses it", function()
  local c = deliver({ target.prdr_refused_rcpt, target.valid_rcpt }, { prdr = true })
  for _, code in ipairs { 353, 550, 250, 250 } do
    c:expect(code)
  end
  c:quit()
end)

scenario("without PRDR that one refuses for all", function()
  local c = deliver { target.prdr_refused_rcpt, target.valid_rcpt2 }
  c:expect(550)
  c:quit()
end)

scenario("one recipient alone needs none", function()
  local c = deliver({ target.valid_rcpt2 }, { prdr = true })
  c:expect(250)
  c:quit()
end)
