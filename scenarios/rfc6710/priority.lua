-- RFC 6710: MT-PRIORITY, with which a sender says how urgent a message is.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 6710: MT-PRIORITY", tags = { "core" }, refs = { "RFC 6710 4.1" }, requires = { "MT-PRIORITY" } }

local function mail(c, params)
  return c:send("MAIL FROM:<" .. to.sender() .. "> " .. params)
end

scenario("priorities from -9 to 9 are accepted", {
  id = "rfc6710-4.1-priority-ok", level = "required", refs = { "RFC 6710 3" },
}, function()
  local c = to.mail()
  for _, value in ipairs { "-4", "3", "0", "-9", "9" } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    local reply = mail(c, "MT-PRIORITY=" .. value):expect { 250, 550 }
    if reply.code == 550 then -- who is busy has time for urgent messages alone
      assert.equal("5.7.15", reply.enhanced, "the enhanced code is not that for a priority that is too low")
    end
  end
end)

scenario("what is no priority, or a second one, is refused with 501", {
  id = "rfc6710-4.1-priority-bad", level = "must",
}, function()
  for _, params in ipairs {
    "MT-PRIORITY=10", "MT-PRIORITY=-10", "MT-PRIORITY=abc", "MT-PRIORITY=", "MT-PRIORITY", "MT-PRIORITY=1 MT-PRIORITY=2",
  } do
    check(params, function()
      local c = to.ready()
      mail(c, params):expect { code = 501, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("no message is urgent because a stranger says so", {
  id = "rfc6710-4.1-no-upgrade", level = "must", tags = { "delivery" }, requires = { "valid_rcpt", "mailbox" },
}, function()
  if to.submits() then
    skip("one logs in first where mail is submitted")
  end
  local c = to.secure()
  local reply = mail(c, "MT-PRIORITY=9"):expect { "2xx", "4xx", "5xx" }
  if not to.accepted(reply) then
    return
  end
  to.need(to.recipient(c), 250, "RCPT")
  to.need(c:send("DATA"):reply(), 354, "DATA")
  local message = delivered.message(c)
  local trace = (message:header("Received") or ""):gsub("%s+", " "):upper()
  local kept = tonumber(trace:match(" PRIORITY (%-?%d)")) or tonumber(message:header("MT-Priority") or "") or 0
  assert.is_true(kept <= 0, ("the message of a stranger has the priority %d"):format(kept))
end)
