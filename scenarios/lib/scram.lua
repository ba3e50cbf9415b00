-- SCRAM (RFC 5802) by hand, so that every part of a message can be another than it should be.

local sasl = require "sasl"

local scram = {}

local algorithms = { ["SCRAM-SHA-256"] = "sha256", ["SCRAM-SHA-1"] = "sha1" }

scram.mechanisms = { "SCRAM-SHA-256", "SCRAM-SHA-1" }

-- first begins an exchange on a connection: it sends the client-first-message, with the gs2 header and the nonce that are given,
-- and reads the server's. It may be refused, and is nil then.
function scram.first(c, mechanism, options)
  local user = (options.user or target.user):gsub("=", "=3D"):gsub(",", "=2C")
  local s = { hash = algorithms[mechanism], header = options.header or "n,,", nonce = options.nonce or unique() }
  s.bare = "n=" .. user .. ",r=" .. s.nonce
  c:send("AUTH " .. mechanism .. " " .. sasl.encode(s.header .. s.bare))
  s.reply = c:expect { 334, "5xx" }
  if s.reply.code ~= 334 then
    return nil, s.reply
  end
  s.message = sasl.decoded(s.reply)
  assert.is_not_nil(s.message, "the server-first-message is not base64")
  s.all, s.salt, s.iterations = s.message:match("^r=([^,]+),s=([%w+/=]+),i=(%d+)")
  assert.is_not_nil(s.all, "the server-first-message is not r=, s=, i=")
  return s
end

-- final answers it: with another nonce or another header than those of the exchange, if they are given. The proof is that of
-- what is sent. It keeps the signature that the server has to give.
function scram.final(c, s, options)
  options = options or {}
  local function mac(key, text)
    return hash.hmac(s.hash, key, text)
  end
  local rest = "c=" .. sasl.encode(options.header or s.header) .. ",r=" .. (options.nonce or s.all)
  local salted = hash.pbkdf2(s.hash, target.password, codec.base64.decode(s.salt), tonumber(s.iterations))
  local key, signed = mac(salted, "Client Key"), table.concat({ s.bare, s.message, rest }, ",")
  s.signature = sasl.encode(mac(mac(salted, "Server Key"), signed))
  local proof = hash.xor(key, mac(hash[s.hash](key), signed))
  return c:send(sasl.encode(rest .. ",p=" .. sasl.encode(proof)))
end

-- fails requires that what was sent last ends the exchange. A server may say why in a challenge, e=, before the refusal
-- (RFC 5802 5.1 (e)).
function scram.fails(c)
  local reply = c:expect { code = { 535, 334 }, weak = "5xx" }
  if reply.code == 334 then
    assert.match("^e=", sasl.decoded(reply) or "", "the server takes it, and goes on")
    c:send(""):expect { code = 535, weak = "5xx" }
  end
end

return scram
