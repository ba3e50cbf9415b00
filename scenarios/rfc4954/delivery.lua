-- RFC 4954 7: what the trace of a message says of a login.

local to = require "to"

suite { name = "RFC 4954: delivered messages", tags = { "delivery" }, refs = { "RFC 4954 7" } }

scenario("Received says that the sender has logged in", {
  id = "rfc4954-7-received-esmtpa", level = "should", refs = { "RFC 3848" },
  requires = { "user", "password", "valid_rcpt", "mailbox" },
}, function()
  local c, marker = to.auth(), unique()
  local with_tls = c.tls ~= nil
  to.again(c)
  to.need(c:write(to.message(marker) .. ".\r\n"):reply(), 250, "a small message")
  local message = mailbox.open():wait { contains = marker }
  local traces = table.concat(message:header_values("Received"), "\n"):upper()
  local protocol = (target.protocol == "lmtp" and "LMTP" or "ESMTP") .. (with_tls and "SA" or "A")
  assert.match("WITH%s+%w*" .. protocol:gsub("^E", ""), traces, "no Received has with " .. protocol)
end)
