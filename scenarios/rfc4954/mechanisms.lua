-- The mechanisms of AUTH: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM (RFC 5802) and OAUTHBEARER (RFC 7628).

local sasl = require "sasl"
local scram = require "scram"

-- Servers may delay the replies to logins that fail, the longer the more of them there were.
suite { name = "SASL mechanisms", tags = { "core", "submission" }, timeout = 180 }

-- refuses requires that PLAIN's message is refused, which is to say that nothing of it is taken.
local function refuses(text)
  sasl.refused(sasl.challenged({ "PLAIN" }):send(sasl.encode(text)), { 501, 535 })
end

scenario("PLAIN: names and passwords of 255 octets", {
  id = "rfc4616-2-plain-octets", level = "must", refs = { "RFC 4616 2" },
}, function()
  local text = sasl.plain(("u"):rep(255), ("p"):rep(255))
  local codes = { code = 535, weak = { "53x", "55x" } }
  sasl.challenged({ "PLAIN" }):send(text):expect(codes) -- with the command it would be too long a line (RFC 4954 4)
end)

scenario("PLAIN: a message has two NULs", {
  id = "rfc4616-2-plain-nul-count", level = "required", refs = { "RFC 4616 2" },
}, function()
  local user, password = sasl.credentials()
  check("none", function() refuses(user .. password) end)
  check("one", function() refuses(user .. "\0" .. password) end)
  check("three", function() refuses("\0" .. user .. "\0" .. password .. "\0") end)
end)

scenario("PLAIN: neither name nor password is empty", {
  id = "rfc4616-2-plain-empty-pw", level = "required", refs = { "RFC 4616 2" },
}, function()
  local user, password = sasl.credentials()
  check("no password", function() refuses("\0" .. user .. "\0") end)
  check("no name", function() refuses("\0\0" .. password) end)
end)

scenario("PLAIN: nobody acts as another", {
  id = "rfc4616-2-plain-authzid", level = "required", refs = { "RFC 4616 2" }, requires = { "user", "password" },
}, function()
  local c = sasl.offering { "PLAIN" }
  local text = sasl.plain(target.user, target.password, sasl.nobody()) -- whom there is not, nobody may act for
  sasl.refused(c:send("AUTH PLAIN " .. text), 535)
end)

scenario("LOGIN asks for the name, then for the password", {
  id = "sasl-login-flow", level = "required", refs = { "draft-murchison-sasl-login" }, requires = { "user", "password" },
}, function()
  check("AUTH LOGIN", function()
    local c = sasl.offering { "LOGIN" }
    sasl.challenge(c:send("AUTH LOGIN"))
    sasl.challenge(c:send(sasl.encode(target.user)))
    sasl.taken(c:send(sasl.encode(target.password)))
  end)
  check("AUTH LOGIN with the name", function()
    local c = sasl.offering { "LOGIN" }
    local reply = c:send("AUTH LOGIN " .. sasl.encode(target.user)):expect { code = { 334, 501 }, weak = "5xx" }
    if reply.code == 334 then
      sasl.taken(c:send(sasl.encode(target.password)))
    else
      note("the server takes no name with AUTH LOGIN")
    end
  end)
end)

local cram = { "CRAM-MD5" }

local function cram_challenge()
  local c = sasl.offering(cram)
  local challenge = sasl.challenge(c:send("AUTH CRAM-MD5"))
  return challenge, c
end

scenario("CRAM-MD5: no challenge is said twice", {
  id = "rfc2195-crammd5-challenge", level = "required", refs = { "RFC 2195 2" },
}, function()
  local one, c = cram_challenge()
  assert.match("^<[^<>@%s]+@[^<>@%s]+>$", one, ("the challenge %q is not like a Message-ID"):format(one))
  assert.is_true(cram_challenge() ~= one, "another session has the same challenge")
  sasl.cancel(c)
  if sasl.challenge(c:send("AUTH CRAM-MD5")) == one then
    warn("a second exchange in the session has the same challenge")
  end
end)

scenario("CRAM-MD5: the right digest is taken, and no other", {
  id = "rfc2195-crammd5-ok", level = "required", refs = { "RFC 2195 2" }, requires = { "user", "password" },
}, function()
  local function digest(password, challenge)
    return sasl.encode(target.user .. " " .. codec.hex.encode(hash.hmac("md5", password, challenge)))
  end
  local challenge, c = cram_challenge()
  c:send(digest(target.password .. "x", challenge)):expect { code = 535, weak = "5xx" }
  challenge, c = cram_challenge()
  sasl.taken(c:send(digest(target.password, challenge)))
end)

-- begun is a SCRAM exchange in which the server has answered: its messages, and the connection.
local function begun(options)
  local c, name = sasl.offering(scram.mechanisms)
  options = options or {}
  options.user = options.user or target("user", "nobody")
  local s, reply = scram.first(c, name, options)
  if not s then
    inconclusive(("%s was refused: %d %s"):format(name, reply.code, reply.text))
  end
  return s, c
end

scenario("SCRAM: the nonce is that of both sides, and no other is taken", {
  id = "rfc5802-scram-nonce", level = "must", refs = { "RFC 5802 5.1" },
}, function()
  local nonce = unique()
  local seen
  for _ = 1, 2 do
    local s, c = begun { nonce = nonce }
    assert.equal(nonce, s.all:sub(1, #nonce), "the server's nonce does not begin with the client's")
    assert.is_true(s.all ~= nonce, "the server has added nothing to the nonce")
    assert.is_true(s.all ~= seen, "the server has added the same to the nonce twice")
    seen = s.all
    c:abort()
  end
  if target("user") and target("password") then
    for _, other in ipairs { nonce, seen .. "x" } do
      local s, c = begun()
      scram.final(c, s, { nonce = other })
      scram.fails(c)
    end
  end
end)

scenario("SCRAM: there are 4096 iterations, or more", {
  id = "rfc5802-scram-iterations", level = "should", refs = { "RFC 5802 5.1", "RFC 7677 4" },
}, function()
  assert.greater(tonumber((begun().iterations)), 4095, "the number of iterations")
end)

scenario("SCRAM: the channel binding is verified", {
  id = "rfc5802-scram-cbind", level = "must", refs = { "RFC 5802 6" }, requires = { "user", "password" },
}, function()
  check("a header other than the first", function()
    local s, c = begun()
    scram.final(c, s, { header = "y,," })
    scram.fails(c)
  end)
  check("a client that has not seen that PLUS is offered", function()
    local c, name = sasl.offering(scram.mechanisms)
    if c:supports("AUTH", name .. "-PLUS") then
      local s = scram.first(c, name, { header = "y,," })
      if s then
        scram.final(c, s)
        scram.fails(c)
      end
    end
  end)
end)

scenario("SCRAM: who is nobody cannot be told from a user", {
  id = "rfc5802-scram-unknown-user", level = "security", refs = { "RFC 5802 5.1", "RFC 5802 9" },
}, function()
  local nobody = sasl.nobody()
  local function first(user)
    local c, name = sasl.offering(scram.mechanisms)
    local s, reply = scram.first(c, name, { user = user })
    c:abort()
    return s, reply
  end
  local function salts(user)
    local one, two = first(user), first(user)
    return one and two and one.salt == two.salt
  end
  local one, reply = first(nobody)
  if not one and target("user") and not first(target.user) then
    inconclusive(("users are refused, too: %d %s"):format(reply.code, reply.text))
  end
  if not one then -- which RFC 5802 7 leaves to the server
    warn(("the server refuses a user that does not exist at once: %d"):format(reply.code))
    return
  end
  if not salts(nobody) and (not target("user") or salts(target.user)) then
    fail("a user that does not exist has another salt each time")
  end
end)

scenario("SCRAM: the server proves that it has the password", {
  id = "rfc5802-scram-serversig", level = "required", refs = { "RFC 5802 3", "RFC 4954 4" },
  requires = { "user", "password" },
}, function()
  local s, c = begun()
  scram.final(c, s)
  assert.equal("v=" .. s.signature, sasl.challenge(c), "the server's signature")
  c:send(""):expect(235)
end)

scenario("OAUTHBEARER: why a token is refused is said in JSON", {
  id = "rfc7628-oauthbearer-error", level = "required", refs = { "RFC 7628 3.2.2", "RFC 7628 3.2.3" },
}, function()
  local c = sasl.offering { "OAUTHBEARER" }
  local message = ("n,a=%s,\1host=%s\1port=%d\1auth=Bearer %s\1\1"):format(sasl.nobody(), target.host, target.port, unique())
  local reply = c:send("AUTH OAUTHBEARER " .. sasl.encode(message)):expect { code = { 334, 535 }, weak = "5xx" }
  if reply.code == 334 then
    assert.match('^%s*{.*"status"%s*:', sasl.decoded(reply) or "", "the challenge is not JSON with a status")
    sasl.refused(c:send(sasl.encode("\1")), 535)
  else
    note("the server does not say why it refuses a token")
  end
end)
