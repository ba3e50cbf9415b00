-- RFC 5321 4.1.1.1: how a session begins, and what the server says that it can do.

local eod = require "eod"
local grammar = require "grammar"
local to = require "to"

suite { name = "RFC 5321: EHLO and HELO", tags = { "core" }, refs = { "RFC 5321 4.1.1.1" } }

before_each(to.smtp)

-- A name that a server may not like, though its syntax is right.
local function say(line)
  local c = to.greeting { policy = to.wary }
  return c:send(line), c
end

-- listing is the reply to EHLO.
local function listing()
  local answer, c = say(to.hello(to.name))
  return answer:expect(250), c
end

for _, verb in ipairs { "EHLO", "HELO" } do
  scenario(verb .. " is supported", {
    id = "rfc5321-4.1.1.1-" .. verb:lower() .. "-250", level = "must", refs = { "RFC 5321 2.2.1", "RFC 5321 4.5.1" },
  }, function()
    local c = to.greeting { policy = { 550, 554, unpack(to.policy) } }
    if c:send(verb .. " " .. to.name):expect({ 250, 504 }).code == 504 then -- the name may be the reason
      c:send(verb .. " " .. target.ehlo):expect(250)
    end
  end)
end

scenario("HELO is not answered with extensions", {
  id = "rfc5321-3.2-helo-not-extended", level = "must", refs = { "RFC 5321 3.2" },
}, function()
  local reply = say("HELO client.example.org"):expect(250)
  for i = 2, #reply.lines do
    local keyword = grammar.keyword(reply.lines[i])
    assert.is_false(grammar.is_extension(keyword), "the reply to HELO lists " .. keyword)
  end
end)

scenario("the reply to EHLO follows the grammar", {
  id = "rfc5321-4.1.1.1-ehlo-grammar", level = "required",
}, function()
  local lines = listing().lines
  assert.match("^%S+$", lines[1]:match("^[^ ]*"), "the first line has no domain")
  for i = 2, #lines do
    local keyword, params = lines[i]:match("^(%w[%w-]*)(.*)$")
    if lines[i]:find("^AUTH=") then
      warn(("%q is not a keyword and parameters: a form from before RFC 4954"):format(lines[i]))
    else
      assert.is_not_nil(keyword, ("%q does not begin with a keyword"):format(lines[i]))
      assert.equal("", (params:gsub(" [\33-\126]+", "")), ("%q is not a keyword and parameters"):format(lines[i]))
    end
  end
end)

scenario("the reply to EHLO begins with the server's domain", {
  id = "rfc5321-4.1.1.1-ehlo-first-domain", level = "required", refs = { "RFC 5321 4.3.1" },
}, function()
  local reply, c = listing()
  local name = grammar.first(reply)
  assert.is_true(grammar.is_domain(name), ("%q is neither a domain nor an address literal"):format(name))
  if name:lower() ~= grammar.first(c.greeting):lower() and not name:find("[.:]") then
    warn(("the first word of the reply, %q, is no name of a host, and not that of the greeting"):format(name))
  end
end)

scenario("the last line of the reply to EHLO alone has a space after the code", {
  id = "rfc5321-4.1.1.1-ehlo-last-space", level = "required", refs = { "RFC 5321 4.2.1" },
}, function()
  local reply, c = listing()
  for line in reply.raw:gmatch("[^\n]+") do
    assert.match("^250[ -]", line, "a line of the reply does not begin with 250 and a space or hyphen")
  end
  c:expect_silence("200ms")
end)

scenario("each keyword is listed once", {
  id = "rfc5321-4.1.1.1-ehlo-dup-keyword", level = "required", refs = { "RFC 5321 2.2.2" },
}, function()
  local lines, seen = listing().lines, {}
  for i = 2, #lines do
    local keyword = grammar.keyword(lines[i])
    if not lines[i]:find("^AUTH=") then -- beside AUTH, for old clients
      assert.is_nil(seen[keyword], keyword .. " is listed twice")
      seen[keyword] = true
    end
  end
end)

scenario("keywords are registered, or begin with X", {
  id = "rfc5321-2.2.2-ehlo-registered", level = "must", refs = { "RFC 5321 2.2.2" },
}, function()
  local _, c = listing()
  for keyword in pairs(c.caps) do
    if not grammar.is_registered(keyword) then
      warn(keyword .. " is not in IANA's registry of SMTP extensions, as of 2026")
    end
  end
end)

scenario("what is not listed is not supported", {
  id = "rfc5321-4.1.1.1-ehlo-lists-optional", level = "must", refs = { "RFC 5321 2.2.1", "RFC 5321 3.5.2" },
}, function()
  local commands = {
    EXPN = "EXPN staff", ETRN = "ETRN example.org", CHUNKING = "BDAT 0 LAST",
    BURL = "BURL imap://example.org LAST",
  }
  for keyword, line in pairs(commands) do
    check(line, function()
      local c = to.ehlo()
      if not c:supports(keyword) then
        c:send(line):expect { "4xx", "5xx" }
      end
    end)
  end
  local c = to.ehlo()
  if not c:supports("HELP") then
    to.doubtful(c:send("HELP"):expect { "2xx", "4xx", "5xx" }, "HELP, which it does not list")
  end
end)

scenario("what is listed is supported", {
  id = "rfc5321-4.2.4-ehlo-no-false-caps", level = "must", refs = { "RFC 5321 4.2.4" },
}, function()
  local _, first = listing()
  local commands = {
    VRFY = "VRFY postmaster", EXPN = "EXPN staff", HELP = "HELP", STARTTLS = "STARTTLS", CHUNKING = "BDAT 0 LAST",
    ETRN = "ETRN " .. target("local_domain", "example.org"),
    AUTH = "AUTH " .. (first.caps.AUTH or ""):match("%S*"),
  }
  for keyword, line in pairs(commands) do
    check(line, function()
      local c = to.ehlo()
      if c:supports(keyword) then
        local reply = c:send(line):expect { "2xx", "3xx", "4xx", "5xx" }
        assert.is_true(reply.code ~= 500 and reply.code ~= 502, keyword .. " is listed, but is answered with " .. reply.code)
      end
    end)
  end
end)

-- A server that does not take a second greeting has not broken the rule of what one does.
local function second(c, verb)
  local reply = c:send((verb or "EHLO ") .. to.name):expect { code = 250, weak = "5xx" }
  return reply.code == 250
end

scenario("EHLO ends a transaction", {
  id = "rfc5321-4.1.4-ehlo-resets", level = "must", refs = { "RFC 5321 4.1.4" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt { policy = to.wary }
  if second(c) then
    c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
    eod.forgotten(c)
  end
end)

scenario("HELO ends a transaction", {
  id = "rfc5321-4.1.4-helo-resets", level = "required", requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt { policy = to.wary }
  if second(c, "HELO ") then
    c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
    eod.forgotten(c)
  end
end)

scenario("an EHLO that is refused changes nothing", {
  id = "rfc5321-4.1.4-ehlo-reject-keeps-state", level = "must", refs = { "RFC 5321 4.1.4" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  if to.accepted(c:send("EHLO"):expect { "2xx", "5xx" }) then
    skip("the server takes EHLO without a name")
  end
  c:send("DATA"):expect(354)
end)

for _, verb in ipairs { "EHLO", "HELO" } do
  scenario(verb .. " needs a name", {
    id = "rfc5321-4.1.1.1-" .. verb:lower() .. "-noarg", level = "required", refs = { "RFC 5321 4.1.4" },
  }, function()
    local c = to.greeting()
    local reply = c:send(verb):expect { code = { 250, 500, 501, 504, 550 }, weak = "5xx" }
    to.doubtful(reply, verb .. " without a name")
    to.alive(c)
  end)
end

for _, l in ipairs { { version = 4, text = "[192.0.2.1]" }, { version = 6, text = "[IPv6:2001:db8::1]" } } do
  scenario(("EHLO takes an IPv%d address literal"):format(l.version), {
    id = "rfc5321-4.1.1.1-ehlo-literal" .. l.version, level = "required", refs = { "RFC 5321 4.1.3" },
  }, function()
    say("EHLO " .. l.text):expect(250)
  end)
end

scenario("an address literal that is none is met with patience", {
  id = "rfc5321-4.1.1.1-ehlo-badliteral", level = "required", refs = { "RFC 5321 4.1.3" },
}, function()
  local answer, c = say("EHLO [300.1.1.1]")
  to.lenient(answer:expect { code = { 250, 501 }, weak = "5xx" }, "EHLO [300.1.1.1]")
  to.alive(c)
end)

scenario("a name with an underscore is met with patience", {
  id = "rfc5321-4.1.2-ehlo-underscore", level = "may", refs = { "RFC 5321 4.1.2" },
}, function()
  local answer, c = say("EHLO foo_bar.example.org")
  to.patient(c, answer:expect { 250, 501, 504, 550, 553, 554, "close" }, "EHLO with an underscore")
end)

scenario("text after the name is met with patience", {
  id = "rfc5321-4.1.1.1-ehlo-trailing-text", level = "may",
}, function()
  local answer, c = say("EHLO [192.0.2.1] client.example.org")
  to.patient(c, answer:expect { 250, 500, 501, 504, 550, 554, "close" }, "EHLO with a text after the name")
end)

scenario("mail is not refused because the name is that of another host", {
  id = "rfc5321-4.1.4-helo-verify-not-refuse", level = "must", refs = { "RFC 5321 4.1.4", "RFC 1123 5.2.5" },
  requires = { "valid_rcpt" },
}, function()
  to.proven() -- with our own name it is taken

  local c = to.greeting()
  local envelope = { "MAIL FROM:<" .. to.sender() .. ">", "RCPT TO:<" .. target.valid_rcpt .. ">" }
  for _, line in ipairs { "EHLO www.example.com", unpack(envelope) } do
    if not to.accepted(c:send(line):expect { code = "2xx", weak = "5xx" }) then
      return -- site policy, which is common
    end
  end
  c:send("DATA"):expect(354)
  c:send_data(to.message("the name of another host")):expect { code = 250, weak = "5xx" }
end)

scenario("keywords are in any case", {
  id = "rfc5321-2.4-ehlo-keyword-case", level = "must", refs = { "RFC 5321 2.4" }, requires = { "SIZE" },
}, function()
  local c = to.ready()
  c:send("mail from:<" .. to.sender() .. "> size=1000"):expect(250)
end)

-- same_keywords requires that an EHLO has listed what the one before has.
local function same_keywords(before, after)
  for keyword in pairs(before) do
    assert.is_not_nil(after[keyword], keyword .. " was listed before, and now is not")
  end
  for keyword in pairs(after) do
    assert.is_not_nil(before[keyword], keyword .. " was not listed before, and now is")
  end
end

scenario("EHLO in TLS leaves TLS as it is", {
  id = "rfc5321-4.1.1.1-ehlo-noreset-tls", level = "required", refs = { "RFC 3207 4.2" }, requires = { "STARTTLS" },
}, function()
  local c = to.ehlo { policy = to.wary }
  if not c.tls then
    to.tls(c)
  end
  local before = c.caps
  if second(c) then
    assert.is_nil(c.caps.STARTTLS, "STARTTLS is listed in TLS")
    same_keywords(before, c.caps)
  end
end)

scenario("EHLO may be repeated", {
  id = "rfc5321-4.1.1.1-ehlo-repeatable", level = "may", refs = { "RFC 5321 4.1.4" },
}, function()
  local c = to.ehlo { policy = to.wary }
  local before = c.caps
  for _ = 1, 4 do
    local reply = c:send(to.hello(to.name)):expect { code = { 250, "close" }, weak = "5xx" }
    if reply.ended then
      warn("the server closed the connection, and did not answer EHLO again")
    end
    if reply.code ~= 250 then
      return
    end
    check("the same keywords again", { level = "should" }, function() same_keywords(before, c.caps) end)
  end
end)
