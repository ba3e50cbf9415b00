-- Attacks on AUTH (RFC 4954): passwords in clear, guessing, exchanges that get out of step, and who is who afterwards.

local delivered = require "delivered"
local eod = require "eod"
local sasl = require "sasl"
local to = require "to"

-- Servers may delay the replies to logins that fail, the longer the more of them there were.
suite { name = "Authentication", tags = { "security" }, refs = { "RFC 4954 4" }, timeout = 180 }

scenario("mechanisms that show the password are not offered in clear", {
  id = "sec-auth-plaintext-offered", level = "should", refs = { "RFC 4954 14" },
}, function()
  local c = sasl.clear()
  for _, name in ipairs { "PLAIN", "LOGIN" } do
    assert.is_false(c:supports("AUTH", name), ("AUTH %s is offered in clear"):format(name))
  end
end)

scenario("nobody is asked for a password in clear", {
  id = "sec-auth-plaintext-accepted", level = "should", refs = { "RFC 4954 14" },
}, function()
  -- Without a password: that it is asked for is enough.
  local reply = sasl.clear():send("AUTH PLAIN"):expect { 334, "2xx", "4xx", "5xx" }
  assert.is_true(reply.code >= 400, "the server takes a password in clear")
end)

-- guess says a password that is wrong, and gives the reply.
local function guess(c, name, user)
  local response = sasl.plain(user, unique("guess"))
  if name == "LOGIN" then
    local reply = c:send("AUTH LOGIN " .. sasl.encode(user)):reply()
    if reply.code ~= 334 then
      return reply
    end
    response = sasl.encode(unique("guess"))
    return c:send(response):reply()
  end
  return c:send("AUTH PLAIN " .. response):reply()
end

local shown = { "PLAIN", "LOGIN" }

-- Of twenty guesses one has to be slow, or has to be the last of its session.
scenario("guesses are limited", {
  id = "sec-auth-bruteforce", level = "security", tags = { "intrusive", "slow" },
}, function()
  local user = sasl.nobody()
  for _ = 1, 2 do
    local c, name = sasl.offering(shown)
    for i = 1, 10 do
      local reply = guess(c, name, user)
      assert.is_true(reply.ended ~= nil or reply.code >= 400, "a guess is right")
      if reply.ended or reply.code ~= 535 and i > 1 or reply.elapsed > 0.9 then
        log(("limited at guess %d: %s after %.1f s"):format(i, reply.ended or reply.code, reply.elapsed))
        return
      end
    end
    c:send("QUIT"):reply()
  end
  warn("twenty wrong passwords in two sessions are all answered at once")
end)

scenario("who guesses delays nobody else", {
  id = "sec-auth-fail-delay", level = "security",
}, function()
  local other = to.secure()
  local usual = other.greeting.elapsed
  local c, name = sasl.offering(shown)
  c:send("AUTH " .. name):expect(334)
  if name == "LOGIN" then
    c:send(sasl.encode(sasl.nobody())):expect(334)
  end
  local begin = time.monotonic()
  c:send(name == "LOGIN" and sasl.encode(unique()) or sasl.wrong())
  sleep("50ms") -- until it is looked up
  local noop = other:send("NOOP"):expect(250).elapsed
  local greeting = to.greeting().greeting.elapsed - usual
  c:expect { "4xx", "5xx", "close" }
  local whole = time.monotonic() - begin
  for what, took in pairs { ["the reply to NOOP"] = noop, ["a greeting"] = greeting } do
    assert.is_true(took < 0.5 or took < 0.5 * whole, ("%s in another session takes %.1f s meanwhile"):format(what, took))
  end
end)

scenario("what follows an exchange is commands", {
  id = "sec-auth-multiline-confusion", level = "security",
}, function()
  check("after it was cancelled", function()
    local c = sasl.challenged()
    if not c:supports("PIPELINING") then
      skip("the server does not offer PIPELINING")
    end
    c:write("*\r\nNOOP\r\n"):expect "5xx"
    c:expect(250)
    to.quiet(c)
  end)
  check("after it has failed", function()
    local c = sasl.challenged { "PLAIN" }
    c:send(sasl.wrong()):expect "5xx"
    local user, password = sasl.credentials()
    c:send(sasl.plain(user, password), { secret = true }):expect "5xx"
    to.alive(c)
  end)
end)

scenario("a command within an exchange is a response", {
  id = "sec-auth-cmd-in-exchange", level = "security",
}, function()
  sasl.refused(sasl.challenged { "PLAIN" }:send("QUIT"), { 501, 535 })
end)

scenario("long responses without their padding do no harm", {
  id = "sec-auth-b64-overflow", level = "security",
}, function()
  for _, length in ipairs { 1025, 4098, 4099, 8195 } do
    check(("%d octets"):format(length), function()
      local c = sasl.challenged()
      c:send(("A"):rep(length)):expect { "5xx", 454 }
      eod.in_sync(c) -- who has no room for it may close
    end)
  end
end)

scenario("one mechanism after another is like each alone", {
  id = "sec-auth-mech-switch", level = "security",
}, function()
  local offered = {}
  local c = sasl.offering(sasl.usual)
  for _, name in ipairs(sasl.usual) do
    if c:supports("AUTH", name) and #offered < 3 then
      offered[#offered + 1] = name
    end
  end
  if #offered < 2 then
    skip("the server offers one mechanism alone")
  end
  for i, one in ipairs(offered) do
    local two = offered[i + 1] or offered[1]
    check(one .. ", then " .. two, function()
      local session = sasl.challenged { one }
      session:send("*"):expect "5xx"
      session:send("AUTH " .. two):expect(334)
      local reply = session:send(sasl.encode("junk")):expect { "5xx", 334, 454 }
      if reply.code == 334 then
        session:send(sasl.encode("junk")):expect { "5xx", 454 }
      end
      to.alive(session)
    end)
  end
end)

scenario("EXTERNAL takes names of any length and form, and lives", {
  id = "sec-auth-external-oob", level = "security",
}, function()
  for _, name in ipairs { ("a\0"):rep(40), ("a"):rep(300), ("\0"):rep(3000) } do
    local c = sasl.offering { "EXTERNAL" }
    c:send("AUTH EXTERNAL " .. sasl.encode(name)):expect "5xx"
    to.alive(c)
  end
end)

scenario("names and passwords do not end at a NUL", {
  id = "sec-auth-nul-truncation", level = "security", refs = { "RFC 4616 2" }, requires = { "user", "password" },
}, function()
  local user, password = target.user, target.password
  local tricks = {
    ["behind the password"] = "\0" .. user .. "\0" .. password .. "\0junk",
    ["behind the name"] = "\0" .. user .. "\0junk\0" .. password,
  }
  for where, text in pairs(tricks) do
    check(where, function()
      sasl.refused(sasl.challenged({ "PLAIN" }):send(sasl.encode(text)), { 501, 535 })
    end)
  end
end)

-- Other ways to write another user's address.
local function disguises(address)
  local name, domain = address:match("^(.*)@(.*)$")
  return { name:upper() .. "@" .. domain:upper(), ('"%s"@%s'):format(name, domain), ('"\\%s"@%s'):format(name, domain) }
end

-- header_as notes where a user whose envelope has to be their own may write another's name into the header.
local function header_as(address)
  local c = to.auth()
  delivered.asked(c, "MAIL FROM:<" .. to.sender() .. ">", "RCPT TO:<" .. target.valid_rcpt .. ">")
  local text = to.message(unique()):gsub("^From: <[^\r]*", "From: <" .. address .. ">")
  to.lenient(c:write(text .. ".\r\n"):expect { "2xx", "4xx", "5xx" }, "the field From of another user, whose envelope it refuses")
end

scenario("a user does not send as another", {
  id = "sec-spoof-auth", level = "security", refs = { "RFC 6409 6.1" }, requires = { "user", "password", "valid_rcpt2" },
}, function()
  local function send(address)
    local c = to.auth()
    local reply = c:send("MAIL FROM:<" .. address .. ">"):expect { 250, "4xx", "5xx" }
    if to.accepted(reply) and target("valid_rcpt") then -- some judge the sender only now
      reply = c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect { "2xx", "4xx", "5xx" }
    end
    return to.accepted(reply)
  end
  if send(target.valid_rcpt2) then
    warn(("a user who is not %s sends as that"):format(target.valid_rcpt2))
    return
  end
  for _, address in ipairs(disguises(target.valid_rcpt2)) do
    check(address, function()
      assert.is_false(send(address), ("the server refuses the sender %s, and takes %s"):format(target.valid_rcpt2, address))
    end)
  end
  if target("valid_rcpt") then
    header_as(target.valid_rcpt2)
  end
end)

-- relays tells whether mail for elsewhere is taken.
local function relays(c)
  c:send("MAIL FROM:<" .. to.sender() .. ">"):expect { 250, "4xx", "5xx" }
  local reply = c:send(("RCPT TO:<%s@%s>"):format(sasl.nobody(), target.relay_domain)):expect { "2xx", "4xx", "5xx" }
  c:send("RSET"):expect(250)
  return to.accepted(reply)
end

scenario("a login outlives RSET and EHLO wholly, or not at all", {
  id = "sec-auth-state-after-rset", level = "security", refs = { "RFC 5321 4.1.1.5" },
  requires = { "user", "password", "relay_domain" },
}, function()
  local options = { policy = { 421 } }
  if relays(sasl.offering(to.passwords, options)) then
    inconclusive("the server relays for us without a login")
  end
  local c = to.auth(options)
  if not relays(c) then
    inconclusive("the server does not relay for users")
  end
  for _, line in ipairs { "RSET", to.hello(to.name) } do
    step(line, function()
      to.need(c:send(line):reply(), 250, line)
      local reply = c:send("AUTH PLAIN"):expect { 334, "5xx" }
      if reply.code == 334 then
        sasl.cancel(c)
      end
      assert.equal(reply.code ~= 334, relays(c), "whether the server relays, after " .. line .. ", is as if there was a login")
    end)
  end
end)
