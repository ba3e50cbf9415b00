-- RFC 4865: FUTURERELEASE, with which an author has a message sent later. It is for submission, and so behind a login.

local to = require "to"

suite { name = "RFC 4865: FUTURERELEASE", refs = { "RFC 4865 4.2" } }

local account = { "user", "password" }

-- offering has logged in to a server that offers it, some to users alone.
local function offering()
  local c = to.auth()
  if not c:supports("FUTURERELEASE") then
    c:send(to.hello()):reply() -- some greet once
  end
  if not c:supports("FUTURERELEASE") then
    skip("the server does not offer FUTURERELEASE")
  end
  return c
end

-- longest is how long a message may be held, in seconds.
local function longest(c)
  return tonumber(c.caps.FUTURERELEASE:match("^%d+")) or inconclusive("the server offers no longest time")
end

-- at is the date and time in so many seconds (RFC 3339 5.6).
local function at(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + seconds)
end

local function mail(c, params)
  return c:send("MAIL FROM:<" .. to.sender() .. "> " .. params)
end

-- refused requires that parameters are, where a message may be held a little.
local function refused(params)
  check(params, function()
    local c = offering()
    to.need(mail(c, "HOLDFOR=" .. math.min(60, longest(c))):reply(), 250, "HOLDFOR")
    to.need(c:send("RSET"):reply(), 250, "RSET")
    mail(c, params):expect { code = 501, weak = "5xx" }
    to.alive(c)
  end)
end

scenario("the keyword has the longest interval and the latest time", {
  id = "rfc4865-3-keyword", level = "must", refs = { "RFC 4865 3" }, tags = { "submission" }, requires = account,
}, function()
  local text = offering().caps.FUTURERELEASE
  local interval, date = text:match("^(%d+) (%S+)$")
  assert.is_not_nil(interval, ("FUTURERELEASE has not two words, but %q"):format(text))
  assert.match("^[1-9]%d?%d?%d?%d?%d?%d?%d?%d?$", interval, "the longest interval")
  assert.match("^%d%d%d%d%-%d%d%-%d%d[Tt]%d%d:%d%d:%d%d%.?%d*[Zz+-]", date, "the latest time")
end)

scenario("it is offered for submission alone", {
  id = "rfc4865-4.2-submission-only", level = "must", tags = { "core" },
}, function()
  if to.submits() then
    skip("mail is submitted here")
  end
  local c = to.secure()
  if c:supports("FUTURERELEASE") and c:send("MAIL FROM:<" .. to.sender() .. ">"):reply().code == 530 then
    skip("mail is submitted here: one logs in first")
  end
  assert.is_false(c:supports("FUTURERELEASE"), "FUTURERELEASE is listed where mail is relayed")
end)

scenario("a message may be held for a while, and until a time", {
  id = "rfc4865-4.2-hold-ok", level = "must", tags = { "submission" }, requires = account,
}, function()
  local c = offering()
  local seconds = math.min(60, longest(c))
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  for _, params in ipairs { "HOLDFOR=" .. seconds, "HOLDUNTIL=" .. at(seconds), "holdfor=" .. seconds } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    mail(c, params):expect(250)
  end
end)

scenario("what is too far in the future, or no time, is refused with 501", {
  id = "rfc4865-4.2-hold-too-far", level = "must", tags = { "submission" }, requires = account,
}, function()
  local max = longest(offering())
  refused(("HOLDFOR=%d"):format(max + 1))
  refused("HOLDUNTIL=" .. at(max + 86400))
  for _, value in ipairs { "0", "-1", "1h", "" } do
    refused("HOLDFOR=" .. value)
  end
  refused("HOLDUNTIL=tomorrow")
  refused("HOLDUNTIL=" .. os.time() + 60)
end)

scenario("one time is enough", {
  id = "rfc4865-4.2-hold-twice", level = "must", tags = { "submission" }, requires = account,
}, function()
  local seconds = math.min(60, longest(offering()))
  refused(("HOLDFOR=%d HOLDUNTIL=%s"):format(seconds, at(seconds)))
  refused(("HOLDFOR=%d HOLDFOR=%d"):format(seconds, seconds))
end)

scenario("what has to be delivered before it is released is refused with 501", {
  id = "rfc4865-5.2.2-by-conflict", level = "must", refs = { "RFC 4865 5.2.2", "RFC 2852" }, tags = { "submission" },
  requires = account,
}, function()
  local c = offering()
  if not c:supports("DELIVERBY") then
    skip("the server does not offer DELIVERBY")
  end
  local by = math.max(60, tonumber(c.caps.DELIVERBY:match("^%d+")) or 0)
  if longest(c) < by * 2 then
    skip("a message may not be held longer than BY may be")
  end
  to.need(mail(c, "BY=" .. by .. ";R"):reply(), 250, "BY")
  to.need(c:send("RSET"):reply(), 250, "RSET")
  mail(c, ("BY=%d;R HOLDFOR=%d"):format(by, by * 2)):expect { code = 501, weak = "5xx" }
  to.alive(c)
end)
