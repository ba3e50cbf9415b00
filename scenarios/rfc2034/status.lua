-- RFC 2034, RFC 3463, RFC 5248: status codes such as 5.1.1, with which replies say more than by their three digits.

local to = require "to"
local tour = require "tour"

suite { name = "RFC 2034: status codes", tags = { "core" }, refs = { "RFC 2034 4" } }

-- refused says what a server has to refuse, and begins TLS, where that is offered.
local function refused(judge)
  local c = to.ehlo()
  judge(c:send("RCPT TO:<" .. to.sender() .. ">"):reply(), c)
  judge(c:send("MAIL FROM:"):reply(), c)
  c:close()
  c = to.ehlo()
  judge(c:send("FROB"):reply(), c)
  if c:supports("AUTH") then
    judge(c:send("AUTH X-NONE"):reply(), c)
  end
  c:close()
  c = to.ehlo()
  if c:supports("STARTTLS") then
    judge(c:send("STARTTLS"):reply(), c)
  end
  c:abort()
end

-- each calls a function with every whole reply that has a status code, and with its connection.
local function each(judge)
  local seen = 0
  local function whole(reply, c)
    if not reply.ended and (reply.code < 300 or reply.code >= 400) then
      seen = seen + 1
      judge(reply, c)
    end
  end
  tour.take(function() end, function(c, reply, line)
    if not line:find("^HELO") then -- whose reply has none
      whole(reply, c)
    end
  end)
  refused(whole)
  assert.greater(seen, 0, "whole replies")
end

-- quoted is the beginning of a line, for a message.
local function quoted(reply, line)
  return ("%d %q"):format(reply.code, line:sub(1, 60))
end

scenario("every line of a reply has a status code", {
  id = "rfc2034-4-prefix", level = "required", refs = { "RFC 2034 3" }, requires = { "ENHANCEDSTATUSCODES" },
}, function()
  each(function(reply, c)
    for _, line in ipairs(reply.lines) do
      if not line:find("^%d+%.%d") then
        local tell = c:supports("ENHANCEDSTATUSCODES") and fail or warn -- nothing was offered before EHLO
        tell("a line has no status code: " .. quoted(reply, line))
      end
    end
  end)
end)

scenario("the class of a status code is the first digit of the reply's code", {
  id = "rfc2034-4-class-match", level = "required", requires = { "ENHANCEDSTATUSCODES" },
}, function()
  each(function(reply)
    for _, line in ipairs(reply.lines) do
      local class = line:match("^(%d+)%.%d+%.%d")
      if class then
        assert.equal(math.floor(reply.code / 100), tonumber(class), "the class of " .. quoted(reply, line))
      end
    end
  end)
end)

scenario("all lines of a reply have the same status code", {
  id = "rfc2034-4-multiline-same", level = "required", requires = { "ENHANCEDSTATUSCODES" },
}, function()
  each(function(reply)
    local first = reply.lines[1]:match("^%d[%d.]*")
    for _, line in ipairs(reply.lines) do
      assert.equal(first, line:match("^%d[%d.]*"), "the status code of " .. quoted(reply, line))
    end
  end)
end)

scenario("a status code has three numbers of at most three digits", {
  id = "rfc2034-4-syntax", level = "required", refs = { "RFC 3463 2" }, requires = { "ENHANCEDSTATUSCODES" },
}, function()
  each(function(reply)
    for _, line in ipairs(reply.lines) do
      local status = line:match("^%d+%.%S*")
      if status then
        assert.match("^[245]%.%d%d?%d?%.%d%d?%d?$", status, "the status code of " .. quoted(reply, line))
        assert.is_nil(status:find("%.0%d"), "a zero leads in " .. quoted(reply, line))
      end
    end
  end)
end)

-- bare requires that a reply has no status code.
local function bare(reply)
  for _, line in ipairs(reply.lines) do
    assert.is_nil(line:find("^%d%.%d+%.%d+ ") or line:find("^%d%.%d+%.%d+$"), "a status code: " .. quoted(reply, line))
  end
end

scenario("replies of the class 3 have no status code", {
  id = "rfc2034-4-not-3xx", level = "required", requires = { "ENHANCEDSTATUSCODES", "valid_rcpt" },
}, function()
  local c = to.rcpt()
  bare(to.need(c:send("DATA"):reply(), 354, "DATA"))
  c:abort()
  c = to.ehlo()
  for _, mechanism in ipairs { "PLAIN", "LOGIN", "CRAM-MD5" } do
    if c:supports("AUTH", mechanism) then
      local reply = c:send("AUTH " .. mechanism):reply()
      if reply.code == 334 then
        bare(reply)
        c:send("*"):reply()
      end
      break
    end
  end
end)

scenario("greetings and replies to EHLO and HELO have no status code", {
  id = "rfc2034-4-not-ehlo", level = "required",
}, function()
  local c = to.greeting()
  bare(c.greeting)
  for _, hello in ipairs { to.hello(), to.hello(to.name), "HELO " .. to.name } do
    local reply = c:send(hello):reply()
    if reply.code == 250 then -- a refusal is no list of keywords, and says why
      bare(reply)
    end
  end
end)

scenario("status codes are there after HELO, too", {
  id = "rfc2034-4-without-ehlo", level = "required", requires = { "ENHANCEDSTATUSCODES" },
}, function()
  to.smtp()
  local c = to.greeting()
  to.need(c:send("HELO " .. to.name):reply(), 250, "HELO")
  for _, command in ipairs { "NOOP", "MAIL FROM:<" .. to.sender() .. ">", "RSET" } do
    local reply = c:send(command):expect { "2xx", "4xx", "5xx" }
    assert.is_not_nil(reply.enhanced, "no status code after HELO: " .. quoted(reply, reply.lines[1]))
  end
end)

-- How many details there are of each subject in IANA's registry "SMTP Enhanced Status Codes" (RFC 5248 and later).
local details = { [0] = 0, 10, 4, 6, 7, 6, 10, 30 }

scenario("status codes are registered", {
  id = "rfc3463-registered", level = "should", refs = { "RFC 5248 2" }, requires = { "ENHANCEDSTATUSCODES" },
}, function()
  each(function(reply)
    local subject, detail = (reply.enhanced or ""):match("%.(%d+)%.(%d+)")
    if subject and tonumber(detail) > (details[tonumber(subject)] or -1) then
      warn("a status code that is not registered: " .. quoted(reply, reply.lines[1]))
    end
  end)
end)
