-- RFC 5321 6.3: mail loops, which are found by the number of Received.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 5321: loops", tags = { "core" }, refs = { "RFC 5321 6.3" }, requires = { "valid_rcpt" } }

-- travelled is a message that has come through so many servers.
local function travelled(hops, server, marker)
  local old = {}
  for i = 1, hops do
    old[i] = ("Received: from hop%d.example.org by %s with ESMTP id Hop%d; %s\r\n"):format(i, server, i, time.date())
  end
  return table.concat(old) .. to.message(marker)
end

scenario("a message that has come through 99 servers is taken", {
  id = "rfc5321-6.3-received-100", level = "should",
}, function()
  local marker = unique("hops")
  local c = to.again(to.sent())
  c:write(travelled(99, "hop.example.org", marker) .. ".\r\n"):expect(250)
  if target("mailbox") then
    mailbox.open():wait { header = { Subject = marker }, within = delivered.patience }
  end
end)

scenario("a message that has come through 300 servers is stopped", {
  id = "rfc5321-6.3-loop-stopped", level = "must",
}, function()
  to.smtp() -- behind LMTP there is a mailbox, and no way on
  local marker = unique("loop")
  local c = to.again(to.sent())
  local text = travelled(300, target("hostname", "mx.example.org"), marker)
  local reply = c:write(text .. ".\r\n"):expect { "2xx", "4xx", "5xx" }
  if not to.accepted(reply) then
    return
  end
  if not target("mailbox") then
    inconclusive("the message was accepted, and may be returned later: the fact mailbox would tell")
  end
  if #mailbox.open():find { header = { Subject = marker }, within = 3 } > 0 then
    warn("a message that has come through 300 servers is delivered")
  end
end)
