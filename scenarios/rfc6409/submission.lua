-- RFC 6409: submission, where mail enters from those who have written it. RFC 5068 3.1 says where it is.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 6409: submission", tags = { "submission" }, refs = { "RFC 6409" } }

before_each(to.submission)

local account = { "user", "password" }

-- A mail's sender in a domain of which a part is missing, which nobody can answer to.
local function incomplete(domain)
  return unique("u"):lower() .. "@" .. domain
end

local function mail(c, sender)
  return c:send("MAIL FROM:<" .. sender .. ">")
end

-- begun has logged in, and seen that a transaction can be begun, which it has not.
local function begun()
  local c = to.auth()
  to.need(mail(c, to.sender()):reply(), 250, "MAIL")
  to.need(c:send("RSET"):reply(), 250, "RSET")
  return c
end

-- kept is the sender in the message that was delivered, after MAIL was accepted. It is nil where nobody can look, and false
-- where RCPT is refused, as is done by servers that judge senders then.
local function kept(c)
  if not (target("valid_rcpt") and target("mailbox")) then
    return nil
  end
  local reply = to.recipient(c)
  if reply.code >= 500 then
    return false
  end
  to.need(reply, 250, "RCPT")
  to.need(c:send("DATA"):reply(), 354, "DATA")
  local sender = delivered.sender(delivered.message(c))
  return sender and sender:lower()
end

scenario("AUTH is offered", {
  id = "rfc6409-7-auth-offered", level = "must", refs = { "RFC 6409 7" },
}, function()
  assert.is_true(to.secure():supports("AUTH"), "AUTH is not listed")
end)

scenario("who has not logged in is refused at MAIL", {
  id = "rfc6409-4.3-require-auth", level = "must", refs = { "RFC 6409 4.3", "RFC 5068 3.1" }, requires = { "!trusted_client" },
}, function()
  local c = to.secure { policy = { 421 } }
  local reply = mail(c, to.sender()):expect { "2xx", "4xx", "5xx" }
  if not to.accepted(reply) then
    if reply.code ~= 530 then
      warn(("the refusal has the code %d, and not 530"):format(reply.code))
    end
    return
  end
  local function taken(address)
    return address and to.accepted(c:send("RCPT TO:<" .. address .. ">"):expect { "2xx", "4xx", "5xx" })
  end
  local domain = target("relay_domain")
  if taken(domain and unique("nobody-") .. "@" .. domain) then
    fail("mail for everywhere is taken without a login")
  end
  warn("MAIL is accepted without a login" .. (taken(target("valid_rcpt")) and ", and so is a recipient" or ""))
end)

scenario("ETRN and ATRN are not offered", {
  id = "rfc6409-7-no-etrn-atrn", level = "must", refs = { "RFC 6409 7" },
}, function()
  local offered = {}
  local function look(c)
    for _, keyword in ipairs { "ETRN", "ATRN" } do
      offered[keyword] = offered[keyword] or c:supports(keyword)
    end
  end
  look(to.clear())
  look(to.secure())
  assert.is_false(offered.ATRN or false, "ATRN is listed")
  if offered.ETRN then -- some that relay and take mail from authors are one server with one list
    warn("ETRN is listed, which is for relays")
  end
end)

scenario("PIPELINING, ENHANCEDSTATUSCODES, DSN and 8BITMIME are offered", {
  id = "rfc6409-7-should-ext", level = "should", refs = { "RFC 6409 7" },
}, function()
  local c = to.ehlo()
  for _, keyword in ipairs { "PIPELINING", "ENHANCEDSTATUSCODES", "DSN", "8BITMIME" } do
    if not c:supports(keyword) then
      note(keyword .. " is not listed")
    end
  end
  c:send("NOOP"):expect(250)
end)

scenario("nobody is told that no mail is taken here", {
  id = "rfc6409-7-no-521", level = "must", refs = { "RFC 6409 7", "RFC 7504 3" },
}, function()
  local c = to.connect()
  c:expect { "2xx", 421, "4xx", "5xx" }
  c:send(to.hello(to.name)):reply()
  mail(c, to.sender()):reply()
  for _, reply in ipairs(c.replies) do
    assert.is_true(reply.code ~= 521, "a reply has the code 521")
  end
end)

scenario("the null sender is no reason to refuse", {
  id = "rfc6409-3.2-null-sender", level = "must", refs = { "RFC 6409 3.2" }, requires = account,
}, function()
  local c = begun()
  mail(c, ""):expect(250)
  if target("valid_rcpt") then
    to.rcpt() -- with another sender it is taken
    c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect { 250, 251 }
  end
end)

scenario("a sender's domain of one label is refused, or completed", {
  id = "rfc6409-4.2-fqdn", level = "must", refs = { "RFC 6409 4.2" }, requires = account,
}, function()
  local refused = { 554, 501, 550, 553 }
  check("MAIL", function()
    local c, sender = begun(), incomplete("sales")
    if to.accepted(mail(c, sender):expect { code = { 250, unpack(refused) }, weak = "5xx" }) then
      local now = kept(c)
      if now then
        assert.is_true(now ~= sender, "the sender of the message that was delivered is still " .. sender)
      elseif now == nil then
        warn("the server accepts MAIL FROM:<u@sales>, and nothing tells whether it completes that")
      end
    end
  end)
  check("RCPT", function()
    local c = begun()
    to.need(mail(c, to.sender()):reply(), 250, "MAIL")
    local reply = c:send("RCPT TO:<u@sales>"):expect { code = { 250, 251, unpack(refused) }, weak = { "4xx", "5xx" } }
    if to.accepted(reply) then
      warn("the server accepts RCPT TO:<u@sales>, and nothing tells whether it completes that")
    end
  end)
end)

scenario("a sender's domain of several labels is not completed", {
  id = "rfc6409-4.2-multi-level", level = "should", refs = { "RFC 6409 4.2" }, tags = { "delivery" },
  requires = { "user", "password", "valid_rcpt", "mailbox" },
}, function()
  local c, sender = begun(), incomplete("squeaky.sales")
  if to.accepted(mail(c, sender):expect { "2xx", "5xx" }) then
    local now = kept(c)
    if not now then
      inconclusive("the message that was delivered does not tell its sender")
    end
    if now:match("^[^@]*") == sender:match("^[^@]*") then -- else it is the user's own, which is another matter
      assert.equal(sender, now, "the sender's domain was changed")
    end
  end
end)

scenario("an address that cannot be is refused with 501", {
  id = "rfc6409-5.1-syntax-501", level = "should", refs = { "RFC 6409 5.1" }, requires = account,
}, function()
  for _, address in ipairs { "a..b@example.org", "a@example..org", "a b@example.org" } do
    check(address, function()
      mail(begun(), address):expect { code = 501, weak = "5xx" }
    end)
  end
end)

scenario("who writes in another's name may be refused with 550 5.7.1", {
  id = "rfc6409-6.1-sender-rights", level = "may", refs = { "RFC 6409 6.1" },
  requires = { "user", "password", "valid_rcpt2" },
}, function()
  if target.valid_rcpt2:lower():match("^[^@]*") == target.user:lower():match("^[^@]*") then
    skip("valid_rcpt2 is the user's own address")
  end
  local c = begun()
  local reply = mail(c, target.valid_rcpt2):expect { 250, 550, 553 }
  if reply.code == 250 and target("valid_rcpt") then -- a sender may be refused late
    reply = c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):expect { 250, 251, 550, 553 }
  end
  if to.accepted(reply) then
    note("a user may write in the name of another, " .. target.valid_rcpt2)
  elseif reply.code ~= 550 or c:supports("ENHANCEDSTATUSCODES") and reply.enhanced ~= "5.7.1" then
    note(("the sender is refused with %d %s"):format(reply.code, reply.enhanced or ""))
  end
end)

scenario("a Message-ID that is missing is added", {
  id = "rfc6409-8.3-message-id", level = "should", refs = { "RFC 6409 8.2", "RFC 6409 8.3" }, tags = { "delivery" },
  requires = { "user", "password", "valid_rcpt", "mailbox" },
}, function()
  local c = begun()
  to.again(c)
  local message = delivered.message(c, function(marker)
    return (to.message(marker):gsub("Message%-ID: [^\r]*\r\n", ""):gsub("Date: [^\r]*\r\n", ""))
  end)
  assert.is_not_nil(message:header("Message-ID"), "the message was delivered without a Message-ID")
  if not message:header("Date") then
    note("the message was delivered without a Date")
  end
end)

scenario("every command is answered within two minutes", {
  id = "rfc6409-5.3-2min", level = "should", refs = { "RFC 6409 5.3" }, requires = account, timeout = 300,
}, function()
  local c = to.auth()
  local function ask(line)
    return c:write(line .. "\r\n"):expect { code = { "2xx", "3xx", "4xx", "5xx" }, within = 120 }
  end
  ask("NOOP")
  ask("VRFY postmaster")
  ask("MAIL FROM:<" .. to.sender() .. ">")
  if target("valid_rcpt") and to.accepted(ask("RCPT TO:<" .. target.valid_rcpt .. ">")) and to.accepted(ask("DATA")) then
    ask(to.message(unique()) .. ".")
  end
  ask("RSET")
  ask("QUIT")
end)

scenario("submission is on port 587", {
  id = "rfc5068-3.1-587-listening", level = "must", refs = { "RFC 5068 3.1", "RFC 8314 3.3" },
}, function()
  local standard = target.port == 25 or target.port == 465 or target.port == 587
  local port = tonumber(target("submission_port", standard and 587 or target.port))
  local c, why = smtp.connect { port = port, tls = "none", optional = true }
  if c then
    c:expect { "2xx", "4xx", "5xx" }
  elseif target.port == 465 then
    note(("nothing listens on port %d (%s), but on 465 (RFC 8314)"):format(port, why))
  else
    fail(("nothing listens on port %d: %s"):format(port, why))
  end
end)
