-- RFC 9422: LIMITS, with which a server says how much it takes in a session.

local to = require "to"

suite { name = "RFC 9422: LIMITS", tags = { "core" }, refs = { "RFC 9422 3" }, requires = { "LIMITS" } }

-- The names that have a number for a value (RFC 9422 4).
local numbers = { "MAILMAX", "RCPTMAX", "RCPTDOMAINMAX" }

-- What a server says to one more than it takes.
local enough = { 421, 451, 452 }

-- What is policy here: 452 says that there is a limit.
local policy = { 421, 450, 451, 454, 530 }

-- limit is the number that a name has. Without one, or with one that is too high to be tried, there is nothing to exceed.
local function limit(c, name)
  local n = tonumber((" " .. c.caps.LIMITS:upper()):match(" " .. name .. "=(%d+)"))
  if not n then
    skip("the server offers no " .. name)
  elseif n > 2000 then
    skip(("%s is %d, which is too high to be tried"):format(name, n))
  end
  return n
end

-- same sends lines so many times, and requires the code each time.
local function same(c, lines, count, code)
  for _ = 1, count do
    for _, line in ipairs(lines) do
      c:send(line):expect(code)
    end
  end
end

scenario("each limit is a name, an equals sign and a value", {
  id = "rfc9422-limits-syntax", level = "required",
}, function()
  local text = to.ehlo().caps.LIMITS
  assert.match("%S", text, "LIMITS has no limits")
  for word in text:gmatch("%S+") do
    local name, value = word:match("^([%w_-]+)=([!-:<-~]+)$")
    assert.is_not_nil(name, ("%q is not name=value"):format(word))
    for _, known in ipairs(numbers) do
      if name:upper() == known then
        assert.is_true(value:find("^[1-9]%d*$") ~= nil and #value <= 6, word .. " is no number from 1 to 999999")
      end
    end
  end
end)

scenario("as many recipients are taken as RCPTMAX says, and no more", {
  id = "rfc9422-rcptmax", level = "required", refs = { "RFC 9422 4.2" }, requires = { "valid_rcpt" }, timeout = 180,
}, function()
  local c = to.rcpt { policy = policy }
  local n = limit(c, "RCPTMAX")
  if n < 100 then
    warn(("RCPTMAX is %d; a server must take 100 (RFC 5321 4.5.3.1.8)"):format(n))
  end
  local rcpt = "RCPT TO:<" .. target.valid_rcpt .. ">"
  same(c, { rcpt }, n - 1, { 250, 251 })
  local reply = c:send(rcpt):expect { code = { 250, 251, unpack(enough) }, weak = "5xx" }
  to.lenient(reply, "more recipients than RCPTMAX")
end)

scenario("as many transactions are taken as MAILMAX says, and no more", {
  id = "rfc9422-mailmax", level = "required", refs = { "RFC 9422 4.1" }, timeout = 180,
}, function()
  local c = to.ready { policy = policy } -- which may have begun one
  local begun = select(2, c.transcript:gsub("> MAIL", ""))
  local mail = "MAIL FROM:<" .. to.sender() .. ">"
  same(c, { mail, "RSET" }, limit(c, "MAILMAX") - begun, 250)
  to.lenient(c:send(mail):expect { code = { 250, unpack(enough) }, weak = "5xx" }, "more transactions than MAILMAX")
end)

scenario("one domain too many is refused for now", {
  id = "rfc9422-rcptdomainmax", level = "required", refs = { "RFC 9422 4.3" }, requires = { "valid_rcpt", "valid_rcpt2" },
}, function()
  local function domain(address)
    return address:lower():match("@(.*)$")
  end
  if domain(target.valid_rcpt) == domain(target.valid_rcpt2) then
    skip("valid_rcpt and valid_rcpt2 have the same domain")
  end
  local second = "RCPT TO:<" .. target.valid_rcpt2 .. ">"
  local alone = to.mail()
  to.need(alone:send(second):reply(), 250, "the second RCPT alone")
  local c = to.rcpt()
  if limit(c, "RCPTDOMAINMAX") > 1 then
    c:send(second):expect { 250, 251 }
  else
    to.lenient(c:send(second):expect { 250, 251, unpack(enough) }, "more domains than RCPTDOMAINMAX")
  end
end)

scenario("limits may be others in TLS", {
  id = "rfc9422-limits-after-tls", level = "may", requires = { "STARTTLS" },
}, function()
  local c = to.clear()
  local before = c.caps.LIMITS or ""
  if not c.tls then
    to.tls(c)
  end
  local after = c.caps.LIMITS or ""
  if after ~= before then
    note(("LIMITS is %q in clear, and %q in TLS"):format(before, after))
  end
  c:send("NOOP"):expect(250)
end)
