-- How the questions of a probe reach the server: its ports, its addresses, and conversations with it.

local server = {}

-- Everything that an old server may still speak; what is wrong with it is said in the question about TLS.
server.any_tls = { verify = false, min = "1.0" }

-- ports are those to look at: of the variable ports, as in "25 465/tls 587", or the target's own. "/tls" is for TLS from the start.
function server.ports()
  local own = not vars("ports") and target.port .. (target.tls == "implicit" and "/tls" or "")
  local list = {}
  for number, tls in vars("ports", own):gmatch("(%d+)(%S*)") do
    table.insert(list, { number = tonumber(number), implicit = tls == "/tls", name = "port " .. number })
  end
  return list
end

-- required tells whether a port has to be open: all are where the variable required is "all", and otherwise those that it names.
function server.required(port)
  local required = vars("required", "all")
  return required == "all" or (" " .. required .. " "):find(" " .. port.number .. " ", 1, true) ~= nil
end

-- patience is how long a connect may take.
function server.patience()
  return vars("connect_timeout", "5s")
end

function server.is_address(host)
  return host:find(":", 1, true) ~= nil or host:find("^%d+%.%d+%.%d+%.%d+$") ~= nil
end

-- is_private tells whether an address is one that public DNS knows nothing of (RFC 6890).
function server.is_private(address)
  local private = {
    "^127%.", "^10%.", "^192%.168%.", "^169%.254%.", "^172%.1[6-9]%.", "^172%.2%d%.", "^172%.3[01]%.", "^::1$", "^f[cd]", "^fe80",
  }
  for _, pattern in ipairs(private) do
    if address:find(pattern) then
      return true
    end
  end
  return false
end

-- addresses are those of the target's host in DNS; a host that DNS does not know, such as localhost, stands for itself.
function server.addresses()
  if server.is_address(target.host) then
    return { target.host }
  end
  local list = {}
  for _, kind in ipairs { dns.a, dns.aaaa } do
    for _, address in ipairs(kind(target.host) or {}) do
      table.insert(list, address)
    end
  end
  if #list == 0 then
    return { target.host }
  end
  return list
end

-- try gives a connection that has read the greeting, and the greeting; or nil and why there is none.
function server.try(port)
  local c, reason = smtp.connect {
    port = port.number, tls = port.implicit and "implicit" or "none", optional = true, connect_timeout = server.patience(),
    tls_options = server.any_tls,
  }
  if not c then
    return nil, port.name .. " is not open: " .. reason
  end
  local greeting = c:reply()
  if greeting.code ~= 220 then
    c:abort()
    return nil, port.name .. " does not begin with 220"
  end
  return c, greeting
end

-- open is try, and skips where there is no connection: that is told where the question is whether the server is up.
function server.open(port)
  local c, greeting = server.try(port)
  if not c then
    skip(greeting)
  end
  return c, greeting
end

-- hello says EHLO and gives the reply, or skips.
function server.hello(c, port)
  local reply = c:send("EHLO " .. target.ehlo):reply()
  if reply.code ~= 250 then
    skip(port.name .. " does not take EHLO")
  end
  return reply
end

-- starttls begins TLS of any version and says EHLO again. It gives the second reply to EHLO, or nil and the reason.
function server.starttls(c)
  local reply = c:send("STARTTLS"):reply()
  if reply.code ~= 220 then
    return nil, "STARTTLS was answered by " .. server.words(reply)
  end
  local ok, reason = c:handshake { verify = false, min = "1.0", expect = "any" }
  if not ok then
    return nil, "the handshake ended with " .. reason
  end
  return c:send("EHLO " .. target.ehlo):reply()
end

-- ready gives a connection that is ready for MAIL, in TLS where that is offered.
function server.ready(port)
  local c = server.open(port)
  server.hello(c, port)
  if not port.implicit and c:supports("STARTTLS") then
    local reply, reason = server.starttls(c)
    if not reply then
      skip(port.name .. ": " .. reason)
    end
  end
  return c
end

-- words are a reply in one line, or why there is none.
function server.words(reply)
  if reply.ended == "timeout" then
    return "nothing in time"
  elseif reply.ended == "close" or reply.ended == "reset" then
    return "a " .. reply.ended
  elseif reply.ended == "garbage" then
    return "something that is no SMTP"
  end
  return reply.code .. " " .. reply.text:gsub("%s*\n%s*", " / ")
end

-- bye ends a conversation in good order; what the server makes of that is not the question.
function server.bye(c)
  c:send("QUIT"):reply("5s")
  c:close()
end

-- given_name is the first word of a greeting or of a reply to EHLO: the name that the server gives itself.
function server.given_name(reply)
  return (reply.lines[1] or ""):match("^%s*(%S+)") or ""
end

return server
