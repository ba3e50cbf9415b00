-- Backscatter: mail that is bounced later goes to whoever its sender was said to be (RFC 5321 6.2).

local to = require "to"

suite {
  name = "Backscatter", tags = { "security", "delivery" }, refs = { "RFC 5321 6.2" },
}

scenario("who is unknown is refused, not bounced later", {
  id = "sec-backscatter", level = "security", requires = { "invalid_rcpt", "valid_rcpt" },
}, function()
  local c = to.ready()
  to.need(c:send("MAIL FROM:<" .. target.valid_rcpt .. ">"):reply(), 250, "MAIL") -- who gets what bounces
  if not to.accepted(c:send("RCPT TO:<" .. target.invalid_rcpt .. ">"):expect { "2xx", "4xx", "5xx" }) then
    return
  end
  local marker = unique("backscatter")
  c:send("DATA"):expect(354)
  if not to.accepted(c:write(to.message(marker) .. ".\r\n"):expect { "2xx", "4xx", "5xx" }) then
    return
  end
  if target("mailbox") and #mailbox.open():find { to = target.valid_rcpt, contains = marker, within = 5 } > 0 then
    fail("a message to an unknown recipient was taken, and came back to its sender, whoever that may be")
  end
  warn("a message to an unknown recipient is taken: it is lost, or comes back to whoever seems to have sent it")
end)
