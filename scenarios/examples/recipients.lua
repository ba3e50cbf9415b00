-- One scenario for each row of a table. A scenario that needs a fact which the target does not have is skipped, and the report says
-- which; give it with --set invalid_rcpt=nobody@example.org, or in smtpspec.lua.

suite { name = "Recipients", tags = { "rcpt" } }

local rows = {
  { fact = "valid_rcpt", code = { 250, 251 } },
  { fact = "valid_rcpt2", code = { 250, 251 } },
  { fact = "invalid_rcpt", code = { 550, 551, 553 } },
}

for _, row in ipairs(rows) do
  scenario("RCPT TO the " .. row.fact, { requires = { row.fact } }, function()
    local c = smtp.session()
    c:mail(target("from", "sender@example.org"))
    c:send("RCPT TO:<" .. target(row.fact) .. ">"):expect(row.code)
    c:quit()
  end)
end

-- RFC 5321 4.5.1: postmaster takes mail, with or without a domain, in any case.
for _, address in ipairs { "postmaster", "Postmaster@%s", "POSTMASTER@%s" } do
  scenario("RCPT TO " .. address:format("the domain"), { refs = { "RFC 5321 4.5.1" }, requires = { "local_domain" } }, function()
    local c = smtp.session()
    c:mail("") -- the empty sender, as of a bounce
    c:rcpt(address:format(target.local_domain))
    c:quit()
  end)
end

scenario("two recipients, one message", { requires = { "valid_rcpt", "valid_rcpt2" } }, function()
  local c = smtp.session()
  local r = c:deliver {
    from = target("from", "sender@example.org"),
    to = { target.valid_rcpt, target.valid_rcpt2 },
    message = "Subject: to both of you\n\nHello.\n",
  }
  assert.equal(2, #r.recipients)
  c:quit()
end)
