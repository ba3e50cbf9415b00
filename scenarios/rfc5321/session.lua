-- RFC 5321 4.1.1.5, 4.1.1.8 to 4.1.1.10: RSET, HELP, NOOP and QUIT, and how a session ends.

local eod = require "eod"
local to = require "to"

suite { name = "RFC 5321: RSET, NOOP, QUIT, HELP", tags = { "core" }, refs = { "RFC 5321 4.1.1" } }

local recipient = "RCPT TO:<" .. target("valid_rcpt", "") .. ">"

scenario("RSET is answered with 250", {
  id = "rfc5321-4.1.1.5-rset-250", level = "must", refs = { "RFC 5321 4.1.1.5" },
}, function()
  to.ehlo():send("RSET"):expect { code = 250, weak = "2xx" }
end)

scenario("RSET forgets the sender and the recipients", {
  id = "rfc5321-4.1.1.5-rset-clears", level = "must", refs = { "RFC 5321 4.1.1.5" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  c:send("RSET"):expect(250)
  c:send(recipient):expect { code = 503, weak = "5xx" }
  c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
  eod.forgotten(c)
end)

scenario("RSET is known before EHLO", {
  id = "rfc5321-4.1.1.5-rset-before-ehlo", level = "should", refs = { "RFC 5321 4.1.1.5", "RFC 5321 4.1.4" },
}, function()
  to.greeting():send("RSET"):expect(250)
end)

scenario("RSET does not close the connection", {
  id = "rfc5321-4.1.1.5-rset-no-close", level = "must", refs = { "RFC 5321 4.1.1.5" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  c:send("RSET"):expect(250)
  c:send("NOOP"):expect(250)
end)

scenario("RSET does not undo EHLO, TLS and AUTH", {
  id = "rfc5321-4.1.1.5-rset-keeps-session", level = "required", refs = { "RFC 5321 4.1.1.5" },
  requires = { "user", "password", "tls:AUTH" },
}, function()
  local c = to.auth()
  local mail = "MAIL FROM:<" .. to.sender() .. ">"
  to.need(c:send(mail):reply(), 250, "MAIL")
  c:send("RSET"):expect(250)
  assert.is_true(c:send(mail):expect({ 250, 530 }).code == 250, "after RSET the server wants a new login")
end)

scenario("NOOP is answered with 250", {
  id = "rfc5321-4.1.1.9-noop-250", level = "required", refs = { "RFC 5321 4.1.1.9" },
}, function()
  to.ehlo():send("NOOP"):expect { code = 250, weak = "2xx" }
end)

scenario("NOOP takes no notice of an argument", {
  id = "rfc5321-4.1.1.9-noop-arg", level = "should", refs = { "RFC 5321 4.1.1.9" },
}, function()
  to.ehlo():send("NOOP hello"):expect(250)
end)

scenario("NOOP leaves the transaction alone", {
  id = "rfc5321-4.1.1.9-noop-no-effect", level = "required", refs = { "RFC 5321 4.1.1.9" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  c:send("NOOP"):expect(250)
  c:send("DATA"):expect(354)
end)

scenario("commands that need no EHLO are not out of sequence before it", {
  id = "rfc5321-4.1.4-noop-before-ehlo", level = "should", refs = { "RFC 5321 4.1.4" },
}, function()
  for _, line in ipairs { "NOOP", "HELP", "RSET", "VRFY postmaster", "EXPN staff" } do
    check(line, function()
      local reply = to.greeting():send(line):expect { "2xx", "4xx", "5xx" }
      assert.is_true(reply.code ~= 503, line .. " before EHLO is answered with 503")
    end)
  end
end)

scenario("QUIT is answered with 221, and the server closes", {
  id = "rfc5321-4.1.1.10-quit-221", level = "must", refs = { "RFC 5321 4.1.1.10" },
}, function()
  local c = to.ehlo()
  c:send("QUIT"):expect { code = 221, weak = "2xx" }
  c:expect_close(5)
end)

scenario("QUIT is right at any time", {
  id = "rfc5321-4.1.1.10-quit-anytime", level = "required", refs = { "RFC 5321 4.1.1.10" }, requires = { "valid_rcpt" },
}, function()
  check("before EHLO", function() to.greeting():send("QUIT"):expect(221) end)
  check("within a transaction", function() to.rcpt():send("QUIT"):expect(221) end)
end)

scenario("an error does not close the connection", {
  id = "rfc5321-4.1.1.10-no-close-on-error", level = "must", refs = { "RFC 5321 3.8", "RFC 5321 4.1.1.10" },
  requires = { "invalid_rcpt" },
}, function()
  check("unknown commands", function()
    local c = to.ehlo()
    c:send("FROB"):expect "5xx"
    c:send("FROB"):expect "5xx"
    to.alive(c)
  end)
  check("unknown recipients", function()
    local c = to.open()
    for _ = 1, 2 do
      if to.accepted(c:send("RCPT TO:<" .. target.invalid_rcpt .. ">"):expect { "2xx", "4xx", "5xx" }) then
        inconclusive(target.invalid_rcpt .. " was accepted")
      end
    end
    to.alive(c)
  end)
end)

scenario("who has had enough of errors says so before closing", {
  id = "rfc5321-7.8-error-limit", level = "may", refs = { "RFC 5321 3.8", "RFC 5321 7.8" },
}, function()
  local c, last = to.ehlo(), { code = 0 }
  local started = time.monotonic()
  for n = 1, 50 do
    local reply = c:send("FROB"):expect { "4xx", "5xx", "close" }
    if reply.ended then
      note(("the connection was closed after %d errors"):format(n - 1))
      if last.code ~= 421 then
        warn(("the connection was closed without 421: the last reply was %d"):format(last.code))
      end
      return
    elseif time.monotonic() - started > 20 then
      note(("%d errors took 20 s; no more were tried"):format(n))
      return
    elseif last.code == 421 then
      warn("the server goes on behind its 421")
      return
    end
    last = reply
  end
  note("50 errors did not close the connection")
end)

scenario("HELP is supported", {
  id = "rfc5321-4.1.1.8-help", level = "should", refs = { "RFC 5321 4.1.1.8" },
}, function()
  local reply = to.ehlo():send("HELP"):expect { "2xx", "5xx" }
  if reply.code ~= 211 and reply.code ~= 214 then
    note("HELP is answered with " .. reply.code)
  end
end)

scenario("HELP leaves the transaction alone", {
  id = "rfc5321-4.1.1.8-help-no-effect", level = "required", refs = { "RFC 5321 4.1.1.8" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  c:send("HELP"):expect { "2xx", "5xx" }
  c:send("DATA"):expect(354)
end)

scenario("SEND, SOML and SAML are listed where they are known", {
  id = "rfc5321-F.6-send-soml-saml", level = "may", refs = { "RFC 5321 F.6" },
}, function()
  for _, verb in ipairs { "SEND", "SOML", "SAML" } do
    check(verb, { level = "should" }, function()
      local c = to.ehlo()
      local reply = c:send(verb .. " FROM:<" .. to.sender() .. ">"):expect { "2xx", "5xx" }
      assert.is_true(not to.accepted(reply) or c:supports(verb), verb .. " is accepted, but EHLO does not list it")
    end)
  end
end)

scenario("TURN is refused to those who have not logged in", {
  id = "rfc5321-F.1-turn", level = "should", refs = { "RFC 5321 F.1" },
}, function()
  if to.submits() then
    skip("one logs in first where mail is submitted")
  end
  to.ehlo():send("TURN"):expect { code = { 500, 502, 503, 530, 550 }, weak = "5xx" }
end)
