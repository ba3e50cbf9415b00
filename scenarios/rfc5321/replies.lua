-- RFC 5321 4.2, 4.3.2, 4.5.3.1.5: what replies look like.

local grammar = require "grammar"
local to = require "to"
local tour = require "tour"

suite { name = "RFC 5321: replies", tags = { "core" }, refs = { "RFC 5321 4.2" } }

-- each requires of every line of all replies that it matches a pattern. What comes in place of a reply is judged by after.
local function each(pattern, what, after)
  tour.lines(function(line)
    assert.match(pattern, line, what)
  end, after)
end

scenario("every command has one reply", {
  id = "rfc5321-4.2-one-reply", level = "must",
}, function()
  local seen = 0
  tour.take(function() seen = seen + 1 end, function(c, reply)
    if not reply.ended then
      c:expect { code = { "silence", "close" }, within = "50ms" }
    elseif reply.ended == "timeout" or #reply.raw > 0 then
      fail("a command has no whole reply")
    end
  end)
  assert.greater(seen, 0, "whole replies")
end)

scenario("codes have three digits, the first from 2 to 5", {
  id = "rfc5321-4.3.2-code-range", level = "must", refs = { "RFC 5321 4.3.2" },
}, function()
  each("^[2-5]%d%d%D", "a line does not begin with a code", function(_, reply)
    assert.is_true(reply.ended ~= "garbage", "a reply does not begin with a code: " .. reply.raw)
  end)
end)

scenario("the second digit of a code is from 0 to 5", {
  id = "rfc5321-4.2-code-grammar", level = "required",
}, function()
  tour.lines(function(line)
    assert.match("^%d%d%d", line, "a line does not begin with a code")
    if not line:find("^%d[0-5]") then
      warn(("a code whose second digit is beyond 5: %q"):format(line))
    end
  end)
end)

scenario("codes are those of a standard", {
  id = "rfc5321-4.2-known-codes", level = "should",
}, function()
  tour.take(function(reply)
    assert.greater(reply.code, 0, "a reply has no code")
    if not grammar.is_code(reply.code) then
      note(("%d is in no standard"):format(reply.code))
    end
  end)
end)

scenario("reply lines end in CRLF", {
  id = "rfc5321-4.2-crlf", level = "must", refs = { "RFC 5321 2.3.8" },
}, function()
  local greeting = to.connect():reply(10)
  assert.is_true(greeting.raw == "" or greeting.raw:find("\r\n$") ~= nil, "the greeting does not end in CRLF")
  each("^[^\r]*\r\n$", "a line does not end in CRLF, or has a CR of its own")
end)

scenario("all lines of a reply have the same code", {
  id = "rfc5321-4.2.1-multiline-same-code", level = "must", refs = { "RFC 5321 4.2.1" },
}, function()
  tour.lines(function(line, reply)
    assert.equal(reply.code, tonumber(line:sub(1, 3)), "the code of a line")
  end)
end)

scenario("a code is followed by a hyphen, or by a space on the last line", {
  id = "rfc5321-4.2.1-multiline-sep", level = "required", refs = { "RFC 5321 4.2.1" },
}, function()
  each("^%d%d%d[-\32\r\n]", "neither a hyphen nor a space follows the code", function(_, reply)
    assert.is_true(reply.ended ~= "timeout" or reply.raw == "", "a reply has no last line: " .. reply.raw)
  end)
end)

scenario("a code without text is followed by a space", {
  id = "rfc5321-4.2.1-last-sp", level = "should", refs = { "RFC 5321 4.2.1" },
}, function()
  each("^%d%d%d[^\r\n]", "no space follows the code")
end)

scenario("replies have text", {
  id = "rfc5321-4.2-no-bare-code", level = "should",
}, function()
  tour.take(function(reply)
    assert.greater(reply.code, 0, "a reply has no code")
    if reply.text == "" then
      note(("a %d has no text"):format(reply.code))
    end
  end)
end)

scenario("replies are printable ASCII", {
  id = "rfc5321-4.2-textstring", level = "required",
}, function()
  tour.take(function(reply)
    assert.is_nil(reply.text:find("[^\t\n\32-\126]"), "a reply has characters other than HT, SP and printable ASCII")
  end)
end)

scenario("a reply line has 512 octets at most", {
  id = "rfc5321-4.5.3.1.5-reply-512", level = "required", refs = { "RFC 5321 4.5.3.1.5" },
}, function()
  local domain = target("local_domain", "example.org")
  local reply = to.open():send("RCPT TO:<" .. ("x"):rep(400) .. "@" .. domain .. ">"):expect { "2xx", "4xx", "5xx" }
  for line in reply.raw:gmatch("[^\n]*\n") do
    assert.less(#line, 513, "octets in a line of the reply")
  end
  tour.lines(function(line)
    assert.less(#line, 513, "octets in a line of a reply")
  end)
end)

scenario("the reply to QUIT begins with the server's name", {
  id = "rfc5321-4.2-221-421-domain", level = "required", refs = { "RFC 5321 4.2.2" },
}, function()
  local reply = to.ehlo():send("QUIT"):expect { "2xx" }
  local name = reply.text:gsub("^2%.%d+%.%d+ ", ""):match("^%S*")
  if not grammar.is_domain(name) or not name:find("[.:]") then
    note(("the reply to QUIT begins with %q, which is no domain"):format(name))
  end
end)

scenario("replies come in the order of the commands", {
  id = "rfc5321-4.2-reply-order", level = "must", refs = { "RFC 2920 3.2" },
  requires = { "valid_rcpt", "invalid_rcpt", "PIPELINING" },
}, function()
  local c = to.rcpt()
  local unknown = "RCPT TO:<" .. target.invalid_rcpt .. ">"
  if to.accepted(c:send(unknown):reply()) then
    inconclusive(target.invalid_rcpt .. " was accepted")
  end
  to.need(c:send("RSET"):reply(), 250, "RSET")

  local lines = { "MAIL FROM:<" .. to.sender() .. ">", unknown, "RCPT TO:<" .. target.valid_rcpt .. ">", "RSET" }
  c:write(table.concat(lines, "\r\n") .. "\r\n")
  c:expect(250)
  c:expect { "4xx", "5xx" }
  c:expect { 250, 251 }
  c:expect(250)
end)

scenario("what a client says makes no line of a reply", {
  id = "rfc5321-4.2-no-echo-injection", level = "security",
}, function()
  local probes = {
    EHLO = { to.greeting, to.hello("a\r299 b") },
    RCPT = { to.open, "RCPT TO:<x\n299 ok@example.org>" },
    VRFY = { to.ehlo, "VRFY x\r299 ok" },
  }
  for what, probe in pairs(probes) do
    check(what, function()
      local c = probe[1]()
      local reply = c:write(probe[2] .. "\r\n"):expect { "2xx", "4xx", "5xx", "close" }
      while #reply.raw > 0 do
        local raw = "\n" .. reply.raw
        assert.is_nil(raw:find("[\r\n]299"), "our own text is a line of the reply")
        assert.is_nil(raw:find("\r[^\n]"), "a CR of ours is in the reply")
        reply = c:reply("200ms")
      end
    end)
  end
end)
