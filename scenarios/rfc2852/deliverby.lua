-- RFC 2852: DELIVERBY, with which a sender says how long a message may take.

local to = require "to"

suite { name = "RFC 2852: DELIVERBY", tags = { "core" }, refs = { "RFC 2852 4" } }

local function mail(c, value)
  return c:send("MAIL FROM:<" .. to.sender() .. "> BY=" .. value)
end

-- shortest is the time in seconds that the server offers, or nil.
local function shortest(c)
  return tonumber(c.caps.DELIVERBY:match("^%d+"))
end

scenario("the keyword has one number of up to nine digits, or none", {
  id = "rfc2852-2-keyword", level = "required", refs = { "RFC 2852 2" }, requires = { "DELIVERBY" },
}, function()
  local text = to.ehlo().caps.DELIVERBY
  assert.is_true(text == "" or text:find("^%d+$") ~= nil and #text <= 9, ("what stands behind DELIVERBY is %q"):format(text))
end)

scenario("a time is accepted, whatever is to be done when it is over", {
  id = "rfc2852-4-by-ok", level = "required", requires = { "DELIVERBY" },
}, function()
  local c = to.mail()
  local time = math.max(120, shortest(c) or 0)
  for _, value in ipairs { time .. ";R", time .. ";N", "-120;N", time .. ";RT", time .. ";nt" } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    mail(c, value):expect(250)
  end
end)

scenario("a message that is late already is not to be returned: 501", {
  id = "rfc2852-4-by-r-nonpositive", level = "should", requires = { "DELIVERBY" },
}, function()
  for _, value in ipairs { "0;R", "-5;R" } do
    check(value, function()
      local c = to.ready()
      local reply = mail(c, value):expect { code = 501, weak = "5xx" }
      if reply.enhanced and reply.enhanced ~= "5.5.4" then
        note("the enhanced code is not 5.5.4, but " .. reply.enhanced)
      end
    end)
  end
end)

scenario("a time shorter than the server's is refused", {
  id = "rfc2852-3-by-min", level = "required", refs = { "RFC 2852 3" }, requires = { "DELIVERBY" },
}, function()
  local c = to.ready()
  local min = shortest(c) or 0
  if min < 2 then
    skip("the server offers no shortest time")
  end
  mail(c, (min - 1) .. ";R"):expect { code = "55x", weak = "5xx" }
  to.alive(c)
end)

scenario("what is no time is refused", {
  id = "rfc2852-4-by-syntax", level = "required", requires = { "DELIVERBY" },
}, function()
  for _, value in ipairs { "", "120", "120;X", "1234567890;R", "1h;R", "120;RR" } do
    check("BY=" .. value, function()
      local c = to.ready()
      mail(c, value):expect { code = { 501, 555 }, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("what is not offered is refused with 555", {
  id = "rfc2852-4-not-offered", level = "required", refs = { "RFC 5321 4.1.1.11" }, requires = { "!DELIVERBY" },
}, function()
  local c = to.ready()
  to.doubtful(mail(c, "120;R"):expect { code = { 250, 501, 555 }, weak = "5xx" }, "BY, which it does not offer")
  to.alive(c)
end)
