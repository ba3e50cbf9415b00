-- RFC 5321 3.1, 4.2: what a server says first.

local grammar = require "grammar"
local to = require "to"

suite { name = "RFC 5321: greeting", tags = { "core" }, refs = { "RFC 5321 3.1" } }

scenario("the server speaks first, in one reply", {
  id = "rfc5321-3.1-greeting-220", level = "required", refs = { "RFC 5321 4.3.1" },
}, function()
  local c = smtp.connect()
  local greeting = c:expect { 220, 554, 421, 521 }
  if greeting.code == 220 then
    c:expect_silence("300ms")
  end
end)

scenario("the greeting begins with a domain", {
  id = "rfc5321-4.2-greeting-domain", level = "required", refs = { "RFC 5321 4.2" },
}, function()
  local name = grammar.first(to.greeting().greeting)
  assert.is_true(grammar.is_domain(name), ("%q is neither a domain nor an address literal"):format(name))
  if not name:find("[.:]") then
    warn(("the greeting's first word, %q, is no name of a host: it has no dot"):format(name))
  end
end)

scenario("the greeting's domain is fully qualified", {
  id = "rfc5321-2.3.5-greeting-fqdn", level = "should", refs = { "RFC 5321 2.3.5" },
}, function()
  local name = grammar.first(to.greeting().greeting)
  assert.is_true(name:find("[%w]%.[%w]") ~= nil or name:find("^%[") ~= nil, ("%q is no fully qualified domain"):format(name))
end)

scenario("a greeting of several lines is well formed", {
  id = "rfc5321-4.2-greeting-multiline", level = "required", refs = { "RFC 5321 4.2" },
}, function()
  local greeting = smtp.connect():expect { "2xx", "4xx", "5xx" }
  for _, anomaly in ipairs(greeting.anomalies) do
    assert.is_true(anomaly ~= "code-mismatch", "the lines of the greeting have different codes")
    assert.is_true(anomaly ~= "bare-lf", "a line of the greeting ends in a bare LF")
  end
  assert.is_true(grammar.first(greeting) ~= "", "the first line of the greeting has no domain")
end)

scenario("the greeting is printable ASCII", {
  id = "rfc5321-4.2-greeting-ascii", level = "required", refs = { "RFC 5321 4.2" },
}, function()
  local greeting = smtp.connect():expect { "2xx", "4xx", "5xx" }
  assert.is_nil(greeting.text:find("[^\t\n\32-\126]"), "the greeting has characters other than HT, SP and printable ASCII")
end)

scenario("the greeting may tell the software, and what version it is", {
  id = "rfc5321-7.5-greeting-version", level = "may", refs = { "RFC 5321 7.5" },
}, function()
  local greeting = smtp.connect():expect { "2xx", "4xx", "5xx" }
  local text = greeting.text:gsub("^%S*", "") -- the name of the host
  local version = text:match("%d+%.%d[%w.-]*")
  if version and not version:find("^%d+%.%d+%.%d+%.%d+$") then -- which is an address
    note(("the greeting tells a version, %s"):format(version))
  end
end)

-- closed_to_mail has read a greeting with 554.
local function closed_to_mail()
  local c = smtp.connect()
  local greeting = c:reply()
  if greeting.code ~= 554 then
    skip("the server greets with " .. (greeting.ended or greeting.code))
  end
  return c
end

scenario("a server that greets with 554 waits for QUIT", {
  id = "rfc5321-3.1-554-waits-quit", level = "must", refs = { "RFC 5321 3.1" },
}, function()
  local c = closed_to_mail()
  c:expect_silence("500ms")
  c:send("QUIT"):expect { code = 221, weak = { "2xx", "5xx" } }
end)

scenario("a server that greets with 554 answers all but QUIT with 503", {
  id = "rfc5321-3.1-554-503", level = "should", refs = { "RFC 5321 3.1" },
}, function()
  local c = closed_to_mail()
  for _, line in ipairs { to.hello(), "MAIL FROM:<" .. to.sender() .. ">" } do
    c:send(line):expect { code = 503, weak = "5xx" }
  end
end)

scenario("two sessions at once", {
  id = "rfc5321-4.5.4.2-parallel", level = "required", refs = { "RFC 5321 4.5.4.2" }, requires = { "valid_rcpt" },
}, function()
  local a, b = to.rcpt(), smtp.connect()
  if b:expect({ code = { 220, 421, 554 }, within = 5 }).code == 220 then
    b:send("QUIT"):expect(221)
  end
  a:send("RSET"):expect(250)
end)
