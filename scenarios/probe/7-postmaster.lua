-- Does postmaster get mail? Every server that takes mail takes it for postmaster. It goes no further than RCPT, and RSET follows.

local finding = require "finding"
local server = require "server"

suite { name = "Does postmaster get mail?", tags = { "server" }, refs = { "RFC 5321 4.5.1" }, timeout = 120 }

local function judge(port, to, reply)
  local what = ("%s: RCPT TO:<%s> is answered by %s"):format(port.name, to, server.words(reply))
  if reply.code >= 200 and reply.code < 300 then
    finding.ok(what, "RFC 5321 4.5.1")
  elseif reply.code >= 400 and reply.code < 500 then
    finding.warning(what, "RFC 5321 4.5.1", "probe again later: greylisting lets it pass then")
  else
    finding.problem(what, "RFC 5321 4.5.1", "let postmaster be an address that a person reads")
  end
end

-- Where mail is submitted by users that log in, nobody else has to reach postmaster.
local function submission(port)
  return port.implicit or port.number == 587
end

for _, port in ipairs(server.ports()) do
  if not submission(port) then
    scenario(port.name, function()
      local c = server.ready(port)
      local reply = c:send("MAIL FROM:<>"):reply()
      if reply.code == 530 then
        finding.ok(port.name .. ": mail is taken after a login alone, so nobody else has to reach postmaster there")
        return
      end
      if reply.code < 200 or reply.code >= 300 then
        finding.problem(port.name .. ": MAIL FROM:<> is answered by " .. server.words(reply), "RFC 5321 4.5.5",
          "take mail with an empty sender: reports about delivery have one")
        reply = c:send("MAIL FROM:<postmaster@" .. target("relay_domain", "example.net") .. ">"):reply()
      end
      if reply.code < 200 or reply.code >= 300 then
        return
      end
      judge(port, "Postmaster", c:send("RCPT TO:<Postmaster>"):reply())
      local domain = target("local_domain")
      if domain then
        judge(port, "postmaster@" .. domain, c:send("RCPT TO:<postmaster@" .. domain .. ">"):reply())
      end
      c:send("RSET"):reply()
      server.bye(c)
    end)
  end
end
