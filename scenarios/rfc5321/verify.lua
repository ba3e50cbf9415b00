-- RFC 5321 3.5, 4.1.1.6, 4.1.1.7, 7.3: VRFY and EXPN.

local to = require "to"

suite { name = "RFC 5321: VRFY and EXPN", tags = { "core" }, refs = { "RFC 5321 4.1.1.6" } }

-- known is ready for VRFY; to those whom it does not know, a server need not answer it.
local function known()
  return to.ready { policy = { 554, unpack(to.policy) } }
end

scenario("VRFY is supported", {
  id = "rfc5321-4.1.1.6-vrfy-supported", level = "must", refs = { "RFC 5321 3.5.1", "RFC 5321 4.5.1" },
  requires = { "valid_rcpt" },
}, function()
  known():send("VRFY " .. target.valid_rcpt):expect { code = { 250, 251, 252, 550, 551, 553 }, weak = "5xx" }
end)

scenario("VRFY tells the truth about recipients, or nothing", {
  id = "rfc5321-7.3-vrfy-disabled-252", level = "must", refs = { "RFC 5321 7.3" },
  requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  local c = known()
  local reply = c:send("VRFY " .. target.valid_rcpt):expect { code = { 250, 251, 252 }, weak = { 500, 501, 502, 504 } }
  if to.accepted(reply) then
    c:send("VRFY " .. target.invalid_rcpt):expect { code = { 252, 550, 551, 553 }, weak = "5xx" }
  end
end)

scenario("VRFY says 250 only of those who exist", {
  id = "rfc5321-3.5.3-vrfy-no-false-250", level = "must", refs = { "RFC 5321 3.5.3", "RFC 5321 7.3" },
  requires = { "invalid_rcpt" },
}, function()
  local domain = target.invalid_rcpt:match("@(.*)$")
  to.ehlo():send("VRFY " .. unique("nosuch") .. "@" .. domain):expect { 252, "5xx" }
end)

-- verified is the reply to VRFY from a server that tells who is there.
local function verified(c)
  local reply = c:send("VRFY " .. target.valid_rcpt):reply()
  if reply.code ~= 250 and reply.code ~= 251 then
    skip("VRFY is not answered with 250 or 251, but with " .. (reply.ended or reply.code))
  end
  return reply
end

scenario("VRFY gives a whole mailbox", {
  id = "rfc5321-3.5.2-vrfy-mailbox-form", level = "must", refs = { "RFC 5321 3.5.1", "RFC 5321 3.5.2" },
  requires = { "valid_rcpt" },
}, function()
  assert.match("[^%s<>]+@[^%s<>]+", verified(known()).text, "the reply to VRFY has no mailbox with a domain")
end)

local route = "@[^%s<>]+:[^%s<>]+@"

scenario("VRFY gives no source route", {
  id = "rfc5321-3.5.2-vrfy-no-route", level = "must", refs = { "RFC 5321 3.5.2" }, requires = { "valid_rcpt" },
}, function()
  assert.is_nil(verified(known()).text:find(route), "the reply to VRFY has a source route")
end)

scenario("VRFY needs an argument", {
  id = "rfc5321-4.1.1.6-vrfy-noarg", level = "required",
}, function()
  local c = to.ehlo()
  c:send("VRFY"):expect { code = { 501, 252, 500, 502 }, weak = "5xx" }
  to.alive(c)
end)

scenario("VRFY leaves the transaction alone", {
  id = "rfc5321-4.1.1.6-vrfy-no-effect", level = "required", requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  c:send("VRFY " .. target.valid_rcpt):expect { "2xx", "4xx", "5xx" }
  c:send("DATA"):expect(354)
end)

scenario("EXPN is listed where it works", {
  id = "rfc5321-3.5.2-expn-listed", level = "must", refs = { "RFC 5321 3.5.2" },
}, function()
  local c = to.ehlo()
  local reply = c:send("EXPN " .. target("list", "staff")):expect { "2xx", "4xx", "5xx" }
  if not to.accepted(reply) then
    skip("EXPN is answered with " .. reply.code)
  end
  assert.is_true(c:supports("EXPN"), "EXPN is answered with " .. reply.code .. ", but EHLO does not list it")
end)

scenario("EXPN gives a mailbox a line", {
  id = "rfc5321-4.1.1.7-expn-format", level = "must", refs = { "RFC 5321 3.5.1", "RFC 5321 4.1.1.7" }, requires = { "list" },
}, function()
  local reply = to.ehlo():send("EXPN " .. target.list):expect { "2xx", "4xx", "5xx" }
  if reply.code ~= 250 then
    skip("EXPN is answered with " .. reply.code)
  end
  for _, line in ipairs(reply.lines) do
    local _, mailboxes = line:gsub("[^%s<>,]+@[^%s<>,]+", "")
    assert.is_nil(line:find(route), ("a source route in the line %q"):format(line))
    assert.equal(1, mailboxes, ("mailboxes in the line %q"):format(line))
  end
end)
