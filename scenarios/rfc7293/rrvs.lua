-- RFC 7293: RRVS, with which a sender says since when a mailbox has to be its owner's.

local to = require "to"

suite { name = "RFC 7293: RRVS", tags = { "core" }, refs = { "RFC 7293 5.1" }, requires = { "RRVS" } }

-- A time at which nobody had the mailbox.
local long_ago = "1990-01-01T00:00:00Z"

local function rcpt(c, since, address)
  return c:send(("RCPT TO:<%s> RRVS=%s"):format(address or target.valid_rcpt, since))
end

scenario("a mailbox that is older takes mail", {
  id = "rfc7293-3.1-rrvs-ok", level = "required", refs = { "RFC 7293 3.1" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt() -- without the parameter RCPT is taken
  local now = os.date("!%Y-%m-%dT%H:%M:%SZ")
  for _, since in ipairs { now, now .. ";C", now .. ";R" } do
    rcpt(c, since):expect { 250, 251 }
  end
end)

scenario("a mailbox that is younger is refused with 550 5.7.17", {
  id = "rfc7293-5.1-rrvs-550", level = "required", refs = { "RFC 7293 14.2" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  local reply = rcpt(c, long_ago):expect { code = 550, weak = { "4xx", "5xx" } }
  if reply.enhanced and reply.enhanced ~= "5.7.17" and reply.enhanced ~= "5.7.18" then
    warn("the enhanced code is not 5.7.17, but " .. reply.enhanced)
  end
end)

scenario("the mailbox of a role has no owner to ask for", {
  id = "rfc7293-5.1-rrvs-role", level = "required", requires = { "local_domain" },
}, function()
  local c, postmaster = to.mail(), "postmaster@" .. target.local_domain
  to.need(c:send("RCPT TO:<" .. postmaster .. ">"):reply(), 250, "postmaster")
  rcpt(c, long_ago, postmaster):expect { 250, 251 }
end)

scenario("a time has no fractions of seconds", {
  id = "rfc7293-3.1-rrvs-secfrac", level = "must", refs = { "RFC 7293 3.1" }, requires = { "valid_rcpt" },
}, function()
  local year = os.date("!%Y")
  local c = to.rcpt()
  to.need(rcpt(c, year .. "-01-01T00:00:00Z"):reply(), 250, "RRVS")
  local reply = rcpt(c, year .. "-01-01T00:00:00.5Z"):expect { code = { 250, 251, 501 }, weak = "5xx" }
  to.doubtful(reply, "fractions of seconds")
  to.alive(c)
end)
