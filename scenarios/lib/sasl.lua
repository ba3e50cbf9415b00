-- AUTH (RFC 4954): where it is offered, in TLS if the server has it, and exchanges by hand.

local to = require "to"

local sasl = {}

sasl.encode = codec.base64.encode

-- list holds the mechanisms that the last reply to EHLO offers, in upper case.
function sasl.list(c)
  local names = {}
  for name in (c.caps.AUTH or ""):gmatch("%S+") do
    names[#names + 1] = name:upper()
  end
  return names
end

-- What is policy here. 454 is none: it is a weaker way to refuse a login.
sasl.policy = { 421, 450, 451, 452, 530 }

-- clear is ready in clear (S1).
function sasl.clear()
  if target.tls == "implicit" then
    skip("the target is in TLS from the beginning")
  end
  return to.clear { policy = { 421 } }
end

-- offering is in TLS where there is TLS, and has not logged in. A server that offers none of some mechanisms there is none that
-- the check is for; the first that it offers is the second result. Without mechanisms any will do.
function sasl.offering(mechanisms, options)
  local c = to.secure(options or { policy = sasl.policy })
  for _, name in ipairs(mechanisms or sasl.list(c)) do
    if c:supports("AUTH", name) then
      return c, name
    end
  end
  c:close()
  skip("the server does not offer AUTH " .. (mechanisms and table.concat(mechanisms, " or ") or "") .. (c.tls and " in TLS" or ""))
end

-- Mechanisms that begin with a 334 when no initial response is there, those that need least of a client first.
sasl.usual = { "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2" }

-- challenged has begun an exchange: the server waits for a response.
function sasl.challenged(mechanisms)
  local c, name = sasl.offering(mechanisms or sasl.usual)
  to.need(c:send("AUTH " .. name):reply(), 334, "AUTH " .. name)
  return c, name
end

-- cancel ends an exchange.
function sasl.cancel(c)
  c:send("*"):reply()
end

-- plain is PLAIN's message (RFC 4616 2) in base64.
function sasl.plain(user, password, authzid)
  return sasl.encode((authzid or "") .. "\0" .. user .. "\0" .. password)
end

-- nobody is a name that no user has.
function sasl.nobody()
  return unique("nobody")
end

-- credentials are those of the facts, or nobody's.
function sasl.credentials()
  local known = target("user") and target("password")
  return known and target.user or sasl.nobody(), known and target.password or "no-password", known ~= nil
end

-- login is PLAIN's message that the server takes.
function sasl.login()
  return sasl.plain(target.user, target.password)
end

-- wrong is one that it does not.
function sasl.wrong()
  return sasl.plain(sasl.nobody(), "wrong-" .. unique())
end

-- decoded is the challenge in a 334.
function sasl.decoded(reply)
  local ok, bytes = pcall(codec.base64.decode, reply.raw:match("^334 ([^\r\n]*)\r?\n$") or "not base64")
  return ok and bytes or nil
end

-- challenge reads a 334 and gives what it says.
function sasl.challenge(c)
  local bytes = sasl.decoded(c:expect(334))
  assert.is_not_nil(bytes, "the challenge is not base64")
  return bytes
end

-- taken requires that a login succeeds, unless the server cannot tell now.
function sasl.taken(c)
  if c:expect({ 235, 454 }).code == 454 then
    inconclusive("the server cannot verify a password now")
  end
end

-- refused requires that an exchange has failed, and that the session goes on. What else a server may say is weaker.
function sasl.refused(c, code)
  local reply = c:expect { code = code, weak = { "5xx", 454 } }
  to.alive(c)
  return reply
end

return sasl
