-- The ways to a TLS handshake, and what is done around one. No certificate stands in the way of what is not about it.

local to = require "to"

local tls = {}

-- What old servers need. Suites that are thought unsafe are offered to find out what a server takes.
tls.static_rsa = {
  "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
}
tls.forward_secret = {
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
}
tls.every = { unpack(tls.forward_secret) }
for _, name in ipairs(tls.static_rsa) do
  tls.every[#tls.every + 1] = name
end

-- clear has said hello in clear (S1) to a server that offers STARTTLS.
function tls.clear(options)
  if target.tls == "implicit" then
    skip("the target is in TLS from the beginning")
  end
  local c = to.clear(options)
  if not c:supports("STARTTLS") then
    skip("the server does not offer STARTTLS")
  end
  return c
end

-- start says STARTTLS and does the handshake: EHLO is still to be said.
function tls.start(c)
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  c:handshake { verify = false }
  return c
end

-- hello says EHLO, and gives what it offers.
function tls.hello(c, name)
  to.need(c:send(to.hello(name)):reply(), 250, to.hello(name))
  return c.caps
end

-- before is where the target's handshake begins: behind a 220 to STARTTLS, or a connect.
function tls.before()
  if target.tls == "implicit" then
    return smtp.connect { tls = "none" }
  end
  local c = tls.clear()
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  return c
end

-- shake does the target's handshake with options, and reads what greeting is in it. It gives the connection, or nil and why
-- there is none.
function tls.shake(options)
  options.verify, options.expect = false, "any"
  local c = tls.before()
  local ok, why = c:handshake(options)
  if not ok then
    c:abort()
    return nil, why
  end
  if target.tls == "implicit" then
    c:reply()
  end
  return c
end

-- up is in TLS (T1), whatever the target, and has said EHLO.
function tls.up(options)
  local c = assert(tls.shake(options or {}))
  if c.greeting then
    to.need(c.greeting, 220, "the connection")
  end
  tls.hello(c)
  return c
end

-- port is a port of the target by the fact that names it, or by its usual number where the target has one of these.
function tls.port(fact, usual)
  local named = tonumber(target(fact, ""))
  if named then
    return named
  elseif target.port == 25 or target.port == 465 or target.port == 587 then
    return usual
  end
end

-- implicit is connected to a port that begins with TLS: the target's, or the one that the fact smtps_port names.
function tls.implicit()
  to.smtp()
  local port = target.tls == "implicit" and target.port or tls.port("smtps_port", 465)
  if not port then
    skip("no port is known that begins with TLS; the fact smtps_port names it")
  end
  local c, why = smtp.connect { port = port, tls = "none", optional = true }
  if not c then
    skip(("port %d cannot be reached: %s"):format(port, why))
  end
  return c
end

-- submissions is ready (T1) on that port.
function tls.submissions()
  local c = tls.implicit()
  c:handshake { verify = false }
  to.need(c:reply(), 220, "the connection")
  tls.hello(c)
  return c
end

-- offers tells whether the target offers a keyword in clear or in TLS.
function tls.offers(keyword)
  local c = to.clear()
  if not c.tls and c:supports("STARTTLS") then
    tls.hello(tls.start(c))
  end
  return c:supports(keyword)
end

-- loopback tells whether the target is on this machine.
function tls.loopback()
  return target.host == "localhost" or target.host == "::1" or target.host:find("^127%.") ~= nil
end

-- shown is how a server shows that it takes us for a user who has logged in; nil where it does not.
local function shown(c)
  if target("relay_domain") then
    c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
    local reply = c:send("RCPT TO:<someone@" .. target.relay_domain .. ">"):reply()
    c:send("RSET"):reply()
    if to.accepted(reply) then
      return "it relays"
    end
  end
  if c:supports("AUTH", "PLAIN") then
    local again = codec.base64.encode("\0" .. target.user .. "\0" .. target.password)
    if c:send("AUTH PLAIN " .. again, { secret = true }):reply().code == 503 then
      return "AUTH is answered with 503"
    end
  elseif not c.caps.AUTH then
    return "AUTH is not offered"
  end
end

-- nobody requires that a server takes us for nobody, where it shows the same to nobody at all.
function tls.nobody(c, stranger)
  local user, nobody = shown(c), shown(stranger)
  assert.is_true(user == nil or user == nobody, ("the login is still valid: %s"):format(user or ""))
end

-- injected says STARTTLS with octets behind it, in one write or in two, and does the handshake. It gives the connection, or
-- nil where the server has none of it, as it may.
function tls.injected(octets, gap)
  local c = tls.clear()
  if gap then
    c:write("STARTTLS\r\n" .. octets, { pieces = { 10 }, gap = gap })
  else
    c:write("STARTTLS\r\n" .. octets)
  end
  if c:expect({ 220, "4xx", "5xx", "close" }).code ~= 220 then
    c:abort() -- there is no TLS, and what stands behind is right to be answered
    return nil
  end
  local text, ended = c:read(4, "200ms")
  assert.is_nil(text:match("^%d%d%d"), "what stood behind STARTTLS is answered in clear")
  if text ~= "" or ended ~= "timeout" then -- an alert, say
    c:abort()
    return nil
  end
  local ok = c:handshake { verify = false, expect = "any" }
  if not ok then
    c:abort()
    return nil
  end
  return c
end

-- discarded requires that nothing of the octets behind STARTTLS is executed in TLS.
function tls.discarded(octets, gap)
  local c = tls.injected(octets, gap)
  if not c then
    return
  end
  if c:expect({ code = { "silence", "close" }, within = "500ms" }).ended == "close" then
    return
  end
  if not c:send(to.hello()):expect({ 250, "close" }).ended then
    c:expect_silence("100ms")
  end
end

-- answered is what a server says in clear to NOOP, said so often that some of it may be lost; nil where it says nothing.
function tls.answered(c)
  for _ = 1, 3 do
    local text, ended = c:write("NOOP\r\n"):read(4096, "300ms")
    local reply = text:match("[2-5]%d%d[ -][^\r\n]*")
    if reply or ended ~= "timeout" then
      return reply
    end
  end
end

-- over requires that a session in which TLS has failed, or has ended, does not go on in clear, and that the server does.
function tls.over(c)
  local reply = tls.answered(c)
  assert.is_nil(reply and reply:match("^2.*"), "the session goes on in clear")
  if reply then
    note("the server says in clear: " .. reply)
  end
  c:abort()
  smtp.connect():expect { 220, 421, 554 }
end

return tls
