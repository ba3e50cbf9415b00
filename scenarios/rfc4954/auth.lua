-- RFC 4954: AUTH. The mechanisms are beside, in mechanisms.lua.

local eod = require "eod"
local sasl = require "sasl"
local to = require "to"

-- Servers may delay the replies to logins that fail, the longer the more of them there were.
suite {
  name = "RFC 4954: AUTH", tags = { "core", "submission" }, refs = { "RFC 4954 4" }, timeout = 180,
}

-- offers calls a function with each line of a reply to EHLO that offers AUTH: what follows the keyword.
local function offers(reply, judge)
  for _, line in ipairs(reply.lines) do
    if line:upper():find("^AUTH=") then
      note("the reply to EHLO has AUTH=, which old clients look for")
    elseif line:upper():find("^AUTH%f[^%w-]") or line:upper() == "AUTH" then
      judge(line:sub(5))
    end
  end
end

scenario("AUTH lists mechanisms", {
  id = "rfc4954-3-keyword", level = "required", refs = { "RFC 4954 3", "RFC 4422 3.1" },
}, function()
  local offered = 0
  local c = to.secure()
  for _, reply in ipairs(c.replies) do
    offers(reply, function(list)
      offered = offered + 1
      local count = 0
      assert.match("^ ", list, "AUTH has no mechanisms")
      for name in list:gmatch("[^ ]+") do
        count = count + 1
        assert.is_true(#name <= 20 and name:find("^[%w_-]+$") ~= nil, ("%q is no name of a mechanism"):format(name))
        if name:find("%l") then
          note(("the mechanism %s has lower-case letters"):format(name))
        end
      end
      assert.greater(count, 0, "AUTH has no mechanisms")
    end)
  end
  if offered == 0 then
    assert.is_nil(c.replies[#c.replies].text:upper():match("\n(AUTH=[^\n]*)"), "only old clients are told of AUTH")
    skip("the server does not offer AUTH")
  end
end)

scenario("who has the password is let in", {
  id = "rfc4954-4-auth-ok-235", level = "required", refs = { "RFC 4954 6" }, requires = { "user", "password" },
}, function()
  local c = sasl.offering(to.passwords)
  if c:supports("AUTH", "PLAIN") then
    sasl.taken(c:send("AUTH PLAIN " .. sasl.login()))
  else
    c:auth("auto")
  end
end)

scenario("no initial response is answered with an empty challenge", {
  id = "rfc4954-4-auth-no-ir", level = "must",
}, function()
  local c = sasl.offering { "PLAIN" }
  assert.equal("334 \r\n", c:send("AUTH PLAIN"):expect(334).raw, "the challenge is not 334, a space and nothing")
  sasl.cancel(c)
end)

-- What comes after the first challenge, as far as it needs no password.
local answers = { LOGIN = "nobody" }

scenario("challenges are base64 and nothing else", {
  id = "rfc4954-4-challenge-base64-only", level = "must",
}, function()
  local offered = sasl.list((sasl.offering()))
  for _, name in ipairs(offered) do
    check(name, function()
      local c = to.secure()
      local reply = c:send("AUTH " .. name):expect { 334, "5xx" }
      if reply.code == 334 then
        assert.is_not_nil(sasl.decoded(reply), "the challenge is not base64")
        if answers[name] then
          sasl.challenge(c:send(sasl.encode(answers[name])))
        end
        sasl.cancel(c)
      end
    end)
  end
end)

-- nearly holds passwords that are not quite the right one.
local function nearly(password)
  local swapped = password:gsub("%a", function(letter)
    return letter == letter:upper() and letter:lower() or letter:upper()
  end)
  return { password .. "x", password:sub(1, -2), swapped }
end

-- kept_out tries each mechanism with a wrong password, and PLAIN with some that are nearly right. A server that slows down, or
-- has enough of that, is right, and is not asked further.
local function kept_out()
  local user, password, known = sasl.credentials()
  local attempts = {}
  for _, name in ipairs(to.passwords) do
    attempts[#attempts + 1] = { name, "wrong-" .. unique() }
  end
  for _, near in ipairs(known and nearly(password) or {}) do
    attempts[#attempts + 1] = { "PLAIN", near }
  end
  for _, attempt in ipairs(attempts) do
    local name, tried = unpack(attempt)
    local c = to.secure { policy = { 450 } }
    if c:supports("AUTH", name) and tried ~= password and tried ~= "" then
      local reply = c:auth { mechanism = name, user = user, password = tried, code = { "2xx", "4xx", "5xx", "close" } }
      assert.is_true(reply.ended ~= nil or reply.code >= 400, "a wrong password is let in by " .. name)
      if reply.ended or reply.code == 421 or reply.elapsed > 2 then
        return
      end
    end
    c:abort()
  end
end

scenario("a wrong password is refused", {
  id = "rfc4954-4-bad-creds-535", level = "should", refs = { "RFC 4954 6" },
}, function()
  local c = sasl.offering(to.passwords, { policy = { 421 } })
  local user = sasl.credentials()
  local reply
  if c:supports("AUTH", "PLAIN") then
    reply = c:send("AUTH PLAIN " .. sasl.plain(user, "wrong-" .. unique())):reply()
  else
    reply = c:auth { mechanism = "auto", user = user, password = "wrong-" .. unique(), code = { "2xx", "4xx", "5xx" } }
  end
  check("it does not let in", { level = "must" }, function()
    local said = reply.ended or reply.code
    assert.is_true(reply.ended ~= nil or reply.code >= 400, "the server answers a wrong password with " .. said)
  end)
  if reply.code == 421 then
    inconclusive("the server closes the connection")
  end
  assert.equal(535, reply.code, "the code for a wrong password")
  if reply.enhanced then
    assert.match("^5%.7%.", reply.enhanced, "the enhanced code for a wrong password")
  end
  check("it does not let in by any mechanism", { level = "must" }, kept_out)
end)

scenario("an exchange can be cancelled", {
  id = "rfc4954-4-cancel-501", level = "must",
}, function()
  sasl.refused(sasl.challenged():send("*"), 501)
end)

scenario("what is not base64 is refused", {
  id = "rfc4954-4-bad-base64-501", level = "must",
}, function()
  check("as a response", function()
    sasl.refused(sasl.challenged():send("!!!!"), 501)
  end)
  check("with the command", function()
    sasl.refused(sasl.offering({ "PLAIN" }):send("AUTH PLAIN !!!!"), 501)
  end)
end)

-- Padding within makes two texts of one: who decodes both, one after the other, lets in.
local function padded_within()
  local user, password = sasl.credentials()
  local text = "\0" .. user .. "\0" .. password
  return sasl.encode(text:sub(1, 4)) .. sasl.encode(text:sub(5))
end

scenario("padding stands at the end of base64 alone", {
  id = "rfc4954-4-base64-strict-pad", level = "must",
}, function()
  local texts = { { "first", "=AAA" }, { "within", "AAA=BBB=" }, { "within a login", padded_within() } }
  for i, text in ipairs(texts) do
    check(text[1], function()
      sasl.refused(sasl.challenged():send(text[2], { secret = i == #texts }), 501)
    end)
  end
end)

-- with puts a character in the middle of text.
local function with(character, text)
  local half = math.floor(#text / 8) * 4
  return text:sub(1, half) .. character .. text:sub(half + 1)
end

scenario("characters that base64 does not have are not skipped", {
  id = "rfc4954-4-base64-strict-alphabet", level = "must",
}, function()
  local user, password = sasl.credentials()
  for _, character in ipairs { " ", "-", "!" } do
    check(("%q"):format(character), function()
      sasl.refused(sasl.challenged({ "PLAIN" }):send(with(character, sasl.plain(user, password))), 501)
    end)
  end
end)

scenario("a mechanism that does not exist is refused", {
  id = "rfc4954-4-unknown-mech-504", level = "required",
}, function()
  sasl.refused(sasl.offering():send("AUTH FOO"), 504)
end)

scenario("AUTH needs a mechanism", {
  id = "rfc4954-4-nomech-501", level = "required", refs = { "RFC 4954 8" },
}, function()
  sasl.refused(sasl.offering():send("AUTH"), { 501, 504 })
end)

scenario("upper and lower case are the same in AUTH and mechanisms", {
  id = "rfc4954-8-case", level = "must", refs = { "RFC 4954 8" },
}, function()
  local c, name = sasl.offering(sasl.usual)
  c:send("auth " .. name:lower()):expect(334)
  sasl.cancel(c)
  local mixed = name:lower():gsub("^%l", string.upper)
  c:send("Auth " .. mixed):expect(334)
  sasl.cancel(c)
end)

scenario("there is no second login", {
  id = "rfc4954-4-twice-503", level = "must", requires = { "user", "password" },
}, function()
  local c = to.auth()
  sasl.refused(c:send("AUTH PLAIN " .. sasl.login()), 503)
end)

scenario("a login may be tried again", {
  id = "rfc4954-4-retry-after-fail", level = "may", requires = { "user", "password" },
}, function()
  local c = sasl.offering { "PLAIN" }
  c:send("AUTH PLAIN " .. sasl.wrong()):expect { code = 535, weak = "5xx" }
  sasl.taken(c:send("AUTH PLAIN " .. sasl.login()))
end)

-- may_begin tells whether a transaction can be begun; who has to log in for that, has a login, and may do it, does.
local function may_begin(c, with_login)
  local mail = "MAIL FROM:<" .. to.sender() .. ">"
  local code = c:send(mail):reply().code
  if code >= 500 and with_login and to.login(c) then
    code = c:send(mail):reply().code
  end
  return code == 250
end

scenario("there is no login during a transaction", {
  id = "rfc4954-4-in-transaction-503", level = "must",
}, function()
  local c, name = sasl.offering(sasl.usual)
  if not may_begin(c) then
    skip("there is no transaction without a login")
  end
  local line = "AUTH " .. name
  if name == "PLAIN" and target("user") and target("password") then
    line = line .. " " .. sasl.login()
  end
  sasl.refused(c:send(line), 503)
end)

scenario("EHLO comes before AUTH", {
  id = "rfc4954-4-before-ehlo", level = "required", refs = { "RFC 5321 4.1.4" },
}, function()
  local known, name = sasl.offering(sasl.usual)
  local c = to.greeting()
  if known.tls and not c.tls then
    to.need(c:send(to.hello(to.name)):reply(), 250, to.hello(to.name))
    to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
    c:handshake()
  end
  local reply = c:send("AUTH " .. name):expect { code = { 503, 334 }, weak = "5xx" }
  if reply.code == 334 then
    warn("the server accepts AUTH before EHLO")
    sasl.cancel(c)
  end
end)

scenario("= is an initial response that is empty", {
  id = "rfc4954-4-ir-eq", level = "required",
}, function()
  local c = sasl.offering { "PLAIN" }
  sasl.refused(c:send("AUTH PLAIN ="), { 501, 535 })
end)

scenario("a mechanism in which the server begins has no initial response", {
  id = "rfc4954-4-ir-server-first-501", level = "must",
}, function()
  local c, name = sasl.offering { "CRAM-MD5", "DIGEST-MD5" }
  sasl.refused(c:send("AUTH " .. name .. " AAAA"), 501)
end)

-- Whose tokens may be as long as that.
local long = { "OAUTHBEARER", "XOAUTH2", "GSSAPI" }

scenario("responses may be as long as the mechanisms need", {
  id = "rfc4954-4-line-12288", level = "must",
}, function()
  local c = sasl.offering()
  local name, needed = "PLAIN", false
  for _, other in ipairs(long) do
    if c:supports("AUTH", other) then
      name, needed = other, true
    end
  end
  to.need(c:send("AUTH " .. name):reply(), 334, "AUTH " .. name)
  local fill = ("x"):rep(9213 - 32)
  local texts = {
    OAUTHBEARER = "n,a=nobody,\1auth=Bearer " .. fill .. "\1\1",
    XOAUTH2 = "user=nobody\1auth=Bearer " .. fill .. "\1\1",
  }
  local reply = c:send(sasl.encode(texts[name] or "\0nobody\0" .. fill)):reply()
  -- Who has no mechanism that needs as much may do with less.
  check("a response of 12288 octets", { level = needed and "must" or "should" }, function()
    assert.is_true(not reply.ended and reply.code ~= 500, "the server has no room for it: " .. (reply.ended or 500))
  end)
end)

scenario("a line that is too long is one line", {
  id = "rfc4954-4-line-too-long-500", level = "required", refs = { "RFC 4954 6" },
}, function()
  local c = sasl.challenged()
  local reply = c:write(("A"):rep(200000) .. "\r\n"):expect { code = { 500, "close" }, weak = { "5xx", 421 } }
  if reply.ended then
    warn("the server closes the connection")
  else
    eod.in_sync(c)
  end
end)

-- login_helps tells whether mail that is refused is accepted after a login.
local function login_helps(c)
  return c:send("RSET"):reply().code == 250 and may_begin(c, true) and c.transcript:find("> AUTH", 1, true) ~= nil
end

scenario("who has to log in is told so", {
  id = "rfc4954-6-530", level = "should", refs = { "RFC 4954 6", "RFC 6409 4.3" },
}, function()
  local c = sasl.offering(nil, { policy = { 421 } })
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):reply()
  if reply.code == 250 and target("valid_rcpt") then
    reply = c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply()
  end
  if reply.code ~= 530 and (to.accepted(reply) or not (to.submits() or login_helps(c))) then
    skip("a login is not required")
  end
  assert.equal(530, reply.code, "the code for mail without a login")
  for _, line in ipairs { "NOOP", "RSET", to.hello(to.name) } do
    c:send(line):expect(250)
  end
end)

scenario("what needs encryption is not offered in clear", {
  id = "rfc4954-6-538-not-advertised", level = "should", refs = { "RFC 4954 6" },
}, function()
  local c = sasl.clear()
  local offered = sasl.list(c)
  if #offered == 0 then
    assert.is_nil(c.caps.AUTH, "AUTH has no mechanisms")
  end
  for _, name in ipairs(offered) do
    local one = sasl.clear()
    local reply = one:send("AUTH " .. name):expect { "2xx", "3xx", "4xx", "5xx" }
    for _, code in ipairs { 538, 504, 530 } do
      assert.is_true(reply.code ~= code, ("AUTH %s is offered in clear, and answered with %d"):format(name, code))
    end
    one:abort()
  end
end)

scenario("PLAIN is offered in TLS", {
  id = "rfc4954-4-plain-over-tls", level = "must", refs = { "RFC 4954 14" },
}, function()
  local c = sasl.offering()
  if not c.tls then
    skip("there is no TLS")
  end
  assert.is_not_nil(c.caps.AUTH)
  if not c:supports("AUTH", "PLAIN") then
    note("the server does not offer PLAIN in TLS, which is up to its administrator")
  end
end)

-- ready sends MAIL with a parameter, where MAIL is accepted without.
local function ready(parameters)
  local c = sasl.offering(nil, { policy = { 421, 450, 451, 452 } }) -- where MAIL alone is taken, 530 is no policy
  if not may_begin(c, true) then
    inconclusive("MAIL is not accepted")
  end
  to.need(c:send("RSET"):reply(), 250, "RSET")
  return c:send("MAIL FROM:<" .. to.sender() .. "> " .. parameters)
end

scenario("MAIL takes who has sent the message", {
  id = "rfc4954-5-mail-auth-param", level = "must", refs = { "RFC 4954 5" },
}, function()
  for _, value in ipairs { "AUTH=<>", "AUTH=e+3Dmc2@example.com", "auth=<>" } do
    check(value, function() ready(value):expect(250) end)
  end
end)

scenario("the sender in AUTH= is xtext", {
  id = "rfc4954-5-mail-auth-badx", level = "required", refs = { "RFC 4954 5", "RFC 4954 8" },
}, function()
  local c = ready("AUTH=a+zz")
  to.lenient(c:expect { code = { 501, 250 }, weak = "5xx" }, "xtext that is none")
  to.alive(c)
end)

scenario("MAIL has room for AUTH=", {
  id = "rfc4954-3-mail-line-500", level = "required", refs = { "RFC 4954 3" },
}, function()
  -- 500 octets with the space before it: every "+" in the local part is three.
  local domain = ("+61"):rep(47) .. "aa" .. ("." .. ("a"):rep(49)):rep(3) .. ".example"
  ready("AUTH=" .. ("+2B"):rep(64) .. "@" .. domain):expect(250)
end)

scenario("what follows a whole login in the same piece is not lost", {
  id = "rfc4954-4-pipelining-ir", level = "required", refs = { "RFC 2920 3.1" },
}, function()
  local c = sasl.offering({ "PLAIN" })
  if not c:supports("PIPELINING") then
    skip("the server does not offer PIPELINING")
  end
  local user, password = sasl.credentials()
  c:write("AUTH PLAIN " .. sasl.plain(user, password) .. "\r\nNOOP\r\n"):expect { 235, 535 }
  c:expect(250)
  to.quiet(c)
end)

scenario("AUTH that is not offered is refused", {
  id = "rfc4954-4-auth-not-offered", level = "required", refs = { "RFC 5321 4.2.4" },
}, function()
  local tried
  for _, c in ipairs { to.clear(), to.secure() } do
    if not c:supports("AUTH") then
      tried = true
      sasl.refused(c:send("AUTH PLAIN"), { 500, 502, 503, 504, 530, 538 })
    end
  end
  if not tried then
    skip("AUTH is offered")
  end
end)
