-- RFC 5321 2.4, 4.1.1, 4.3.2: how commands are written, and what is said to those that are not written so.

local to = require "to"

suite { name = "RFC 5321: command syntax", tags = { "core" }, refs = { "RFC 5321 2.4" } }

local function mail(path)
  return "MAIL FROM:<" .. (path or to.sender()) .. ">"
end

local function rcpt(path)
  return "RCPT TO:<" .. (path or target.valid_rcpt) .. ">"
end

scenario("verbs in lower case", {
  id = "rfc5321-2.4-verb-lower", level = "must", requires = { "valid_rcpt" },
}, function()
  to.greeting({ policy = to.wary }):send(to.hello(to.name):lower()):expect(250)

  local c = to.proven() -- in upper case it is taken
  c:send("rset"):expect(250)
  c:send("noop"):expect(250)
  c:send("mail from:<" .. to.sender() .. ">"):expect(250)
  c:send("rcpt to:<" .. target.valid_rcpt .. ">"):expect { 250, 251 }
  c:send("quit"):expect(221)
end)

scenario("verbs in mixed case", {
  id = "rfc5321-2.4-verb-mixed", level = "must", requires = { "valid_rcpt" },
}, function()
  local c = to.proven()
  c:send("RsEt"):expect(250)
  c:send("MaIl FrOm:<" .. to.sender() .. ">"):expect(250)
  c:send("rCpT tO:<" .. target.valid_rcpt .. ">"):expect { 250, 251 }
end)

scenario("domains in any case", {
  id = "rfc5321-2.4-domain-case", level = "required", requires = { "valid_rcpt" },
}, function()
  local address, domain = target.valid_rcpt:match("^(.*@)(.-)$")
  to.rcpt():send(rcpt(address .. domain:upper())):expect { 250, 251 }
end)

scenario("nothing happens before the line ends", {
  id = "rfc5321-2.4-no-action-before-crlf", level = "required",
}, function()
  local c = to.ehlo()
  c:write("NOOP")
  c:expect_silence(1)
  c:write("\r\n"):expect(250)
end)

scenario("a command may come in pieces", {
  id = "rfc5321-2.4-segmentation", level = "required",
}, function()
  local c = to.ehlo()
  c:write("NOOP\r\n", { pieces = { 1, 1, 2, 1 }, gap = "30ms" }):expect(250)
  to.alive(c)
end)

scenario("white space at the end of a line", {
  id = "rfc5321-4.1.1-trailing-ws", level = "should", refs = { "RFC 5321 4.1.1" }, requires = { "valid_rcpt" },
}, function()
  check("NOOP", function() to.ehlo():send("NOOP "):expect(250) end)
  check("RSET", function() to.ehlo():send("RSET "):expect(250) end)
  check("MAIL", function() to.ready():send(mail() .. " "):expect(250) end)
  check("RCPT", function() to.rcpt():send(rcpt() .. " "):expect { 250, 251 } end)
  check("DATA", function() to.rcpt():send("DATA "):expect(354) end)
end)

scenario("a tab at the end of a line is met with patience", {
  id = "rfc5321-4.1.1-trailing-tab", level = "may", refs = { "RFC 5321 4.1.1" },
}, function()
  local c = to.ehlo()
  to.patient(c, c:send("NOOP\t"):expect { 250, 500, 501, "close" }, "NOOP with a tab behind it")
end)

scenario("a space after the colon of MAIL FROM: is met with patience", {
  id = "rfc5321-3.3-no-space-colon", level = "required", refs = { "RFC 5321 3.3" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM: <" .. to.sender() .. ">"):expect { code = { 250, 500, 501, 553 }, weak = "5xx" }
  to.lenient(reply, "a space after the colon")
  to.alive(c)
end)

scenario("a space before the colon of MAIL FROM: is wrong", {
  id = "rfc5321-3.3-space-before-colon", level = "required", refs = { "RFC 5321 3.3" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM :<" .. to.sender() .. ">"):expect { code = { 250, 500, 501 }, weak = "5xx" }
  to.lenient(reply, "a space before the colon")
  to.alive(c)
end)

scenario("two spaces after the verb are met with patience", {
  id = "rfc5321-4.1.1-two-spaces", level = "required", refs = { "RFC 5321 4.1.1" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL  FROM:<" .. to.sender() .. ">"):expect { code = { 250, 500, 501 }, weak = "5xx" }
  to.lenient(reply, "two spaces after the verb")
  to.alive(c)
end)

scenario("a line begins with the verb", {
  id = "rfc5321-4.1.1-leading-space", level = "required",
}, function()
  local c = to.ehlo()
  to.lenient(c:send(" NOOP"):expect { code = { 250, 500, 501 }, weak = "5xx" }, "a space before the verb")
  to.alive(c)
end)

scenario("an empty line has one reply", {
  id = "rfc5321-4.1.1-empty-line", level = "must", refs = { "RFC 5321 4.2" },
}, function()
  local c = to.ehlo()
  c:write("\r\n"):expect { code = { 250, 500, 501 }, weak = "5xx", within = 5 }
  to.alive(c)
end)

scenario("an unknown command is answered with 500, and the session goes on", {
  id = "rfc5321-4.2.4-unknown-500", level = "should", refs = { "RFC 5321 3.8", "RFC 5321 4.2.4" },
}, function()
  local c = to.ehlo { policy = 421 }
  local reply = c:send("FROB"):expect { code = { 500, 502, "close" }, weak = "5xx" }
  if reply.code == 502 then
    note("502 is for commands that the server knows, but does not implement")
  end
  check("the session goes on", { level = "must" }, function()
    assert.is_nil(reply.ended, "the server closed the connection without a reply")
    assert.is_false(to.accepted(reply), "a command that does not exist was accepted")
    to.alive(c)
  end)
end)

scenario("an unknown command of private use is answered with 500", {
  id = "rfc5321-4.1.5-x-command-500", level = "required", refs = { "RFC 5321 4.1.5" },
}, function()
  local c = to.ehlo { policy = 421 }
  c:send("XFROB"):expect { code = { 500, 502 }, weak = "5xx" }
  to.alive(c)
end)

scenario("a command without its argument is answered with 501", {
  id = "rfc5321-4.2.2-missing-arg-501", level = "required", refs = { "RFC 5321 4.2.2", "RFC 5321 4.3.2" },
}, function()
  for line, way in pairs { ["MAIL"] = to.ready, ["MAIL FROM:"] = to.ready, ["RCPT"] = to.open, ["RCPT TO:"] = to.open } do
    check(line, function()
      local c = way()
      c:send(line):expect { code = { 500, 501, 503, 553 }, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("a command that has no argument refuses one", {
  id = "rfc5321-4.3.2-noarg-commands", level = "should", refs = { "RFC 5321 4.1.1", "RFC 5321 4.3.2" },
  requires = { "valid_rcpt" },
}, function()
  for line, way in pairs { ["RSET now"] = to.ehlo, ["DATA now"] = to.rcpt, ["QUIT now"] = to.ehlo } do
    check(line, function() way():send(line):expect { code = 501, weak = "5xx" } end)
  end
end)

scenario("control characters are refused", {
  id = "rfc5321-4.1.2-invalid-char-501", level = "must", refs = { "RFC 5321 4.1.2" },
}, function()
  check("in MAIL", function()
    local c = to.ready()
    c:write("MAIL FROM:<a\7b@example.org>\r\n"):expect { code = 501, weak = "5xx" }
    to.alive(c)
  end)
  check("in EHLO", function()
    local c = to.greeting()
    c:write(to.hello("a\7b") .. "\r\n"):expect { code = 501, weak = "5xx" }
    to.alive(c)
  end)
end)

scenario("octets beyond ASCII are refused without SMTPUTF8", {
  id = "rfc5321-2.4-8bit-command-500", level = "should",
}, function()
  local c = to.ready()
  c:write("MAIL FROM:<\252ser@example.org>\r\n"):expect { code = { 500, 501, 550, 553 }, weak = "5xx" }
  to.alive(c)
end)

scenario("values of parameters in any case", {
  id = "rfc5321-2.4-param-value-case", level = "required", requires = { "8BITMIME" },
}, function()
  to.ready():send(mail() .. " body=8bitmime"):expect(250)
end)
