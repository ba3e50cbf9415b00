-- Is it up? Every port, at every address of the host: open, refused, reset, timed out (a firewall that drops) and unreachable
-- told apart.

local finding = require "finding"
local server = require "server"

suite { name = "Is it up?", tags = { "server" }, refs = { "RFC 5321 3.1" }, timeout = 180 }

local meanings = {
  refused = "refused: nothing listens there, or a firewall rejects",
  reset = "reset at once: the server, or something before it, throws connections away",
  timeout = "timed out after " .. server.patience() .. ": the host is down, or a firewall drops what is sent there",
  unreachable = "unreachable: there is no way to it from here",
}

local todos = {
  refused = "start the server, or let it listen at this address",
  reset = "look at the server's access rules and at what stands before it",
  timeout = "let the port through the firewall; some networks block port 25 for their own clients, so try from elsewhere too",
  unreachable = "look at the routes, and for an IPv6 address whether this machine has IPv6",
}

-- greeted judges what an open port says first.
local function greeted(where, reply)
  local after = (" after %d ms"):format(reply.elapsed * 1000)
  if reply.code == 220 then
    finding.ok(where .. ": open, " .. server.words(reply) .. after)
  elseif reply.ended == "timeout" then
    finding.problem(where .. ": open, and says nothing" .. after, "RFC 5321 3.1",
      "see whether the server hangs, or waits for a name server; a port with TLS from the start is named as in --ports 465/tls")
  elseif reply.ended == "garbage" then
    finding.problem(where .. ": open, and speaks something that is no SMTP", "RFC 5321 4.2", "see what listens there")
  elseif reply.ended then
    finding.problem(where .. ": open, and ends the connection without a word", "RFC 5321 3.1",
      "look at the server's access rules: it should say 554 or 421")
  elseif reply.code >= 500 then
    finding.problem(where .. ": open, and takes no mail from here: " .. server.words(reply), "RFC 5321 3.1",
      "look at the server's access rules and block lists")
  else
    finding.problem(where .. ": open, and not ready: " .. server.words(reply), "RFC 5321 3.1",
      "try again later; look at the server's load and limits")
  end
end

local function closed(port, where, reason)
  local what = where .. ": " .. (meanings[reason] or reason)
  if not server.required(port) then
    finding.ok(what)
  elseif reason == "unreachable" and where:find(":.*:") then
    finding.warning(what, "RFC 5321 5.1", todos[reason])
  else
    finding.problem(what, "RFC 5321 5.1", todos[reason])
  end
end

local function look(port, address)
  local where = port.name .. " at " .. address
  local c, reason = smtp.connect {
    host = address, port = port.number, tls = "none", optional = true, connect_timeout = server.patience(),
  }
  if not c then
    closed(port, where, reason)
    return false
  end
  if port.implicit then
    local ok, why = c:handshake { verify = false, min = "1.0", expect = "any" }
    if not ok then
      finding.problem(where .. ": open, and the TLS handshake ends with " .. why, "RFC 8314 3.3",
        "see whether the server is set up for TLS from the start there")
      return true
    end
  end
  local reply = c:reply()
  greeted(where, reply)
  if reply.code == 220 then
    server.bye(c)
  end
  c:abort()
  return true
end

for _, port in ipairs(server.ports()) do
  scenario(port.name, function()
    for _, address in ipairs(server.addresses()) do
      look(port, address)
    end
  end)
end

if vars("required", "all") == "any" then
  scenario("at least one port", function()
    for _, port in ipairs(server.ports()) do
      local c = smtp.connect { port = port.number, tls = "none", optional = true, connect_timeout = server.patience() }
      if c then
        c:abort()
        assert(c)
        return
      end
    end
    finding.problem("no port is open",
      "RFC 5321 3.1", "start the server, or open its firewall; another port is named as in --ports 2525")
  end)
end
