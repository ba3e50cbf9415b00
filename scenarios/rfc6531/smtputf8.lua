-- RFC 6531: SMTPUTF8, with which addresses and header fields may have characters beyond ASCII.

local delivered = require "delivered"
local grammar = require "grammar"
local to = require "to"

suite { name = "RFC 6531: SMTPUTF8", tags = { "core" }, refs = { "RFC 6531 3.1" } }

local function mail(address, params)
  return "MAIL FROM:<" .. address .. ">" .. (params or "")
end

local function rcpt(address)
  return "RCPT TO:<" .. address .. ">"
end

-- domain is one that the server takes mail for, as far as that is known.
local function domain()
  return target("local_domain") or target("valid_rcpt", "user@example.org"):match("[^@]*$")
end

local utf8 = " SMTPUTF8"

-- begun is in a transaction (S2) with SMTPUTF8.
local function begun()
  local c = to.mail()
  to.need(c:send("RSET"):reply(), 250, "RSET")
  to.need(c:send(mail(to.sender(), utf8)):reply(), 250, "SMTPUTF8")
  return c
end

scenario("the keyword has no parameter", {
  id = "rfc6531-3.1-keyword-bare", level = "must", requires = { "SMTPUTF8" },
}, function()
  assert.equal("", to.ehlo().caps.SMTPUTF8, "SMTPUTF8 has a parameter")
end)

scenario("SMTPUTF8 comes with 8BITMIME", {
  id = "rfc6531-3.1-needs-8bitmime", level = "must", requires = { "SMTPUTF8" },
}, function()
  assert.is_not_nil(to.ehlo().caps["8BITMIME"], "SMTPUTF8 is offered, and 8BITMIME is not")
end)

scenario("MAIL takes the parameter SMTPUTF8", {
  id = "rfc6531-3.1-mail-param", level = "required", requires = { "SMTPUTF8" },
}, function()
  local c = to.mail() -- without it MAIL is taken
  to.need(c:send("RSET"):reply(), 250, "RSET")
  c:send(mail(to.sender(), utf8)):expect(250)
end)

scenario("the parameter SMTPUTF8 has no value", {
  id = "rfc6531-3.4-no-value", level = "must", refs = { "RFC 6531 3.4" }, requires = { "SMTPUTF8" },
}, function()
  local c = to.ready()
  to.doubtful(c:send(mail(to.sender(), " SMTPUTF8=1")):expect { code = { 250, 501, 555 }, weak = "5xx" }, "SMTPUTF8=1")
  to.alive(c)
end)

-- understood requires that a reply finds no fault with the syntax of an address. Nobody need have a mailbox of that name.
local function understood(reply)
  local malformed = { [500] = true, [501] = true, [502] = true, [504] = true, [555] = true }
  local syntax = { ["1.3"] = true, ["1.7"] = true, ["5.2"] = true, ["5.4"] = true, ["6.7"] = true }
  assert.is_nil(malformed[reply.code], "the address was not understood")
  assert.is_nil(syntax[(reply.enhanced or ""):match("^5%.(.*)")], "the address was not understood")
end

scenario("addresses beyond ASCII are understood", {
  id = "rfc6531-3.2-utf8-mailbox", level = "must", refs = { "RFC 6531 3.3" }, requires = { "SMTPUTF8" },
}, function()
  local any = { "2xx", "4xx", "5xx" }
  check("in MAIL", function()
    local c = begun()
    to.need(c:send("RSET"):reply(), 250, "RSET")
    understood(c:send(mail("üser@exämple.example", utf8)):expect(any))
  end)
  for _, address in ipairs { "пользователь@" .. domain(), "user@exämple.example" } do
    check("in RCPT: " .. address, function()
      understood(begun():send(rcpt(address)):expect(any))
    end)
  end
end)

scenario("addresses beyond ASCII are refused without the parameter", {
  id = "rfc6531-3.5-not-negotiated-553", level = "required", refs = { "RFC 6531 3.5", "RFC 5321 2.4" },
}, function()
  local refused = { 250, 251, 500, 501, 550, 553, 555 }
  check("in MAIL", function()
    local c = to.ready()
    to.doubtful(c:send(mail("ü@example.org")):expect { code = refused, weak = "5xx" }, "a sender beyond ASCII without SMTPUTF8")
    to.alive(c)
  end)
  check("in RCPT", function()
    local c = to.mail()
    to.doubtful(c:send(rcpt("ü@" .. domain())):expect { code = refused, weak = "5xx" }, "a recipient beyond ASCII without SMTPUTF8")
    to.alive(c)
  end)
end)

local malformed = {
  ["a character that is cut off"] = "a\195@example.org",
  ["an ASCII character in two octets"] = "a\192\175@example.org",
  ["a surrogate"] = "a\237\160\128@example.org",
  ["a character beyond the last"] = "a\245\128\128\128@example.org",
}

scenario("what is no UTF-8 is refused", {
  id = "rfc6531-3.3-invalid-utf8", level = "required", refs = { "RFC 6531 3.3", "RFC 3629 3" }, requires = { "SMTPUTF8" },
}, function()
  for what, address in pairs(malformed) do
    check(what, function()
      local c = to.ready()
      to.doubtful(c:send(mail(address, utf8)):expect { "2xx", "5xx" }, what)
      to.alive(c)
    end)
  end
end)

scenario("the server's name in the reply to EHLO is ASCII", {
  id = "rfc6531-3.7.1-ehlo-ascii", level = "must", refs = { "RFC 6531 3.7.1" },
}, function()
  local c = to.greeting()
  local reply = to.need(c:send(to.hello()):reply(), 250, to.hello())
  assert.is_nil(grammar.first(reply):find("[\128-\255]"), "the name is not ASCII")
end)

scenario("replies are ASCII where SMTPUTF8 was not said", {
  id = "rfc6531-3.7.4-replies-ascii", level = "must", refs = { "RFC 6531 3.7.4.2" },
}, function()
  local probes = {
    MAIL = { to.ready, mail("ü@example.org") },
    RCPT = { to.mail, rcpt("ü@" .. domain()) },
    VRFY = { to.ehlo, "VRFY ü" },
  }
  for what, probe in pairs(probes) do
    check(what, function()
      local reply = probe[1]():send(probe[2]):expect { "2xx", "4xx", "5xx", "close" }
      assert.is_nil(reply.raw:find("[\128-\255]"), "the reply is not ASCII")
    end)
  end
end)

scenario("VRFY takes the parameter SMTPUTF8", {
  id = "rfc6531-3.7.4.2-vrfy-param", level = "required", refs = { "RFC 6531 3.7.4.2" }, requires = { "SMTPUTF8" },
}, function()
  local c = to.ehlo()
  local code = c:send("VRFY " .. target("valid_rcpt", "postmaster")):reply().code
  if code == 500 or code == 502 then
    skip("the server has no VRFY")
  end
  c:send("VRFY ü@" .. domain() .. utf8):expect { code = { "2xx", "4xx", 502, 550, 551, 553, 554 }, weak = "5xx" }
end)

-- arrived gives a message of SMTPUTF8 as it was delivered, and its Subject.
local function arrived()
  local c, subject = to.proven(), unique("utf8")
  delivered.asked(c, mail(to.sender(), utf8), rcpt(target.valid_rcpt))
  delivered.accepted(c, to.message(subject .. " Grüße, 你好"))
  return delivered.find(subject)[1], subject
end

scenario("header fields beyond ASCII are delivered as they are", {
  id = "rfc6531-3.6-utf8-header", level = "required", refs = { "RFC 6531 3.6", "RFC 6532 3.2" }, tags = { "delivery" },
  requires = { "SMTPUTF8", "valid_rcpt", "mailbox" },
}, function()
  local message, subject = arrived()
  assert.contains(message.raw, "Subject: " .. subject .. " Grüße, 你好", "the Subject was changed")
end)

scenario("the trace says that SMTPUTF8 was used", {
  id = "rfc6531-4.3-with", level = "required", refs = { "RFC 6531 4.3", "RFC 6531 3.7.3" }, tags = { "delivery" },
  requires = { "SMTPUTF8", "valid_rcpt", "mailbox" },
}, function()
  local fields = (arrived()):header_values("Received")
  if #fields == 0 then
    inconclusive("the message has no field Received")
  end
  local trace = table.concat(fields, "\n")
  assert.match("%f[%a][Ww][Ii][Tt][Hh]%f[%A]", trace, "no Received has the protocol")
  if not trace:upper():find("WITH%s+UTF8[SL]MTP") then
    warn("no Received is with UTF8SMTP: " .. trace)
  end
end)
