-- RFC 3207: STARTTLS. Attacks on it are beside, in security/starttls.lua.

local delivered = require "delivered"
local tls = require "tls"
local to = require "to"

suite { name = "RFC 3207: STARTTLS", tags = { "core" }, refs = { "RFC 3207 4" } }

scenario("STARTTLS begins TLS", {
  id = "rfc3207-4-starttls-220", level = "required", requires = { "STARTTLS" },
}, function()
  local c = tls.clear()
  if c:send("STARTTLS"):expect({ 220, 454 }).code == 454 then
    warn("STARTTLS is offered, and answered with 454")
    return
  end
  c:handshake { verify = false }
  c:send(to.hello(to.name)):expect(250)
end)

scenario("STARTTLS has no parameter", {
  id = "rfc3207-4-starttls-param-501", level = "required", requires = { "STARTTLS" },
}, function()
  local c = tls.clear()
  c:send("STARTTLS now"):expect { code = 501, weak = "5xx" }
  to.alive(c)
end)

scenario("the keyword STARTTLS has no parameter", {
  id = "rfc3207-3-no-param-keyword", level = "required", refs = { "RFC 3207 2" }, requires = { "STARTTLS" },
}, function()
  assert.equal("", tls.clear().caps.STARTTLS, "the parameter of STARTTLS in the reply to EHLO")
end)

scenario("STARTTLS is not offered in TLS", {
  id = "rfc3207-4.2-not-in-tls", level = "must", refs = { "RFC 3207 4.2" }, requires = { "STARTTLS" },
}, function()
  local c = tls.start(tls.clear())
  c:send(to.hello(to.name)):expect(250)
  assert.is_false(c:supports("STARTTLS"), "STARTTLS is offered in TLS")
end)

scenario("there is no TLS in TLS", {
  id = "rfc3207-4.2-second-starttls", level = "required", refs = { "RFC 3207 4.2" }, requires = { "STARTTLS" },
}, function()
  local c = tls.up()
  c:send("STARTTLS"):expect { "5xx", 454 }
  to.alive(c)
end)

-- forgotten requires that in TLS there is no transaction, neither before EHLO nor behind it.
local function forgotten(c, rcpt)
  c:handshake { verify = false }
  local before = c:send("RCPT TO:<" .. rcpt .. ">"):expect { "2xx", "4xx", "5xx" }
  assert.is_false(to.accepted(before), "the transaction goes on in TLS: RCPT is answered with " .. before.code)
  tls.hello(c)
  return c:send("RCPT TO:<" .. rcpt .. ">")
end

-- begun is in a transaction (S2), and has said STARTTLS.
local function begun(c)
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  return c:send("STARTTLS")
end

scenario("a transaction does not go on in TLS", {
  id = "rfc3207-4.2-state-reset", level = "must", refs = { "RFC 3207 4.2" }, requires = { "STARTTLS", "valid_rcpt" },
}, function()
  local c = tls.clear()
  if begun(c):expect({ 220, "4xx", "5xx" }).code ~= 220 then
    skip("the server refuses STARTTLS in a transaction")
  end
  forgotten(c, target.valid_rcpt):expect { code = 503, weak = "5xx" }
end)

scenario("STARTTLS in a transaction is refused, or ends it", {
  id = "rfc3207-4-in-transaction", level = "may", refs = { "RFC 3207 4.2" }, requires = { "STARTTLS" },
}, function()
  local c = tls.clear()
  if begun(c):expect({ 220, 503 }).code == 220 then
    forgotten(c, "postmaster"):expect { "5xx" }
  end
end)

-- mail_before_hello tells what a server says to MAIL before EHLO in clear.
local function mail_before_hello()
  return to.greeting():send("MAIL FROM:<" .. to.sender() .. ">"):reply().code
end

scenario("EHLO is forgotten in TLS", {
  id = "rfc3207-4.2-ehlo-forgotten", level = "must", refs = { "RFC 3207 4.2", "RFC 5321 4.1.4" }, requires = { "STARTTLS" },
}, function()
  local c = tls.start(tls.clear())
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):expect { code = { 503, 530, "2xx" }, weak = "5xx" }
  if to.accepted(reply) then
    local code = mail_before_hello()
    assert.is_true(code == 250 or code == 530, "MAIL is accepted in TLS before EHLO, and in clear it is not")
    warn("MAIL is accepted before EHLO, in TLS as in clear")
  end
end)

scenario("a login is forgotten in TLS", {
  id = "rfc3207-4.2-auth-forgotten", level = "must", refs = { "RFC 3207 4.2", "RFC 3207 6" },
  requires = { "STARTTLS", "user", "password" },
}, function()
  local c = tls.clear()
  if not to.login(c) then
    skip("the server offers no login in clear")
  end
  if c:send("STARTTLS"):expect({ 220, "4xx", "5xx" }).code ~= 220 then
    skip("the server refuses STARTTLS behind a login")
  end
  c:handshake { verify = false }
  tls.hello(c)
  tls.nobody(c, tls.up())
end)

scenario("the trace names who has said EHLO in TLS", {
  id = "rfc3207-4.2-trace-new-ehlo", level = "must", tags = { "delivery" }, refs = { "RFC 3207 4.2", "RFC 5321 4.4" },
  requires = { "STARTTLS", "valid_rcpt", "mailbox" },
}, function()
  local before, behind = unique("before") .. ".example.org", unique("behind") .. ".example.org"
  local c = to.greeting()
  tls.hello(c, before)
  tls.start(c)
  tls.hello(c, behind)
  if to.submits() then
    to.login(c)
  end
  local header = delivered.message(to.again(c)).raw:match("^(.-)\r?\n\r?\n")
  assert.is_nil(header:find(before, 1, true), "the trace names who said EHLO in clear")
  if not header:find(behind, 1, true) then
    note("the trace does not name who has said EHLO")
  end
end)

scenario("what stands behind STARTTLS is not executed in TLS", {
  id = "rfc3207-4.2-no-injection", level = "must", refs = { "RFC 3207 4.2", "RFC 3207 6" }, requires = { "STARTTLS" },
}, function()
  tls.discarded("NOOP\r\n")
end)

-- in_tls tells what a server says to MAIL in TLS.
local function mail_in_tls()
  return tls.up():send("MAIL FROM:<" .. to.sender() .. ">"):reply().code
end

scenario("mail comes in without TLS", {
  id = "rfc3207-4-not-required-mx", level = "must", requires = { "STARTTLS", "valid_rcpt" },
}, function()
  if to.submits() or target.tls ~= "none" then
    skip("mail is not brought to the target without TLS")
  end
  local c = tls.clear()
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):expect { 250, 530, "4xx", "5xx" }
  if reply.code == 530 and mail_in_tls() == 250 then
    warn("the server wants TLS, as no server may that everybody brings mail to")
  elseif reply.code ~= 250 then
    inconclusive("MAIL was answered with " .. reply.code)
  end
end)

scenario("who wants TLS says so to every command", {
  id = "rfc3207-4-required-530", level = "should", requires = { "STARTTLS" },
}, function()
  local c = tls.clear()
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):expect { "2xx", "4xx", "5xx" }
  if to.accepted(reply) or mail_in_tls() ~= 250 then
    skip("the server does not want TLS for MAIL")
  end
  assert.equal(530, reply.code, "the reply to MAIL")
  assert.equal(250, c:send("NOOP"):reply().code, "the reply to NOOP")
  for _, line in ipairs { "VRFY postmaster", "RSET" } do
    local code = c:send(line):expect({ "2xx", "4xx", "5xx" }).code
    if code ~= 530 then
      note(("the server wants TLS, and answers %s with %d"):format(line, code))
    end
  end
end)

scenario("commands before STARTTLS are answered first", {
  id = "rfc3207-4-last-in-group", level = "required", refs = { "RFC 3207 4", "RFC 2920 3.1" },
  requires = { "STARTTLS", "clear:PIPELINING" },
}, function()
  local c = tls.clear()
  c:write("NOOP\r\nSTARTTLS\r\n")
  c:expect(250)
  c:expect(220)
  c:handshake { verify = false }
  c:send(to.hello(to.name)):expect(250)
end)

scenario("where the handshake fails, nothing goes on in clear", {
  id = "rfc3207-4-failed-handshake", level = "required", requires = { "STARTTLS" },
}, function()
  local c = tls.clear()
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  tls.over(c)
end)

scenario("STARTTLS before EHLO is obeyed, or is out of sequence", {
  id = "rfc3207-4-before-ehlo", level = "may", refs = { "RFC 5321 4.1.4" }, requires = { "STARTTLS" },
}, function()
  to.greeting():send("STARTTLS"):expect { 503, 220 }
end)

scenario("STARTTLS is refused where it is not offered", {
  id = "rfc3207-4-not-offered", level = "required", requires = { "!STARTTLS" },
}, function()
  local c = to.clear()
  c:send("STARTTLS"):expect { code = { 500, 502, 503, 454, 554 }, weak = "5xx" }
  to.alive(c)
end)
