-- Attacks on STARTTLS (RFC 3207): what stands in clear behind the command (CVE-2011-0411), and sessions that go on in clear.

local hello = require "hello"
local tls = require "tls"
local to = require "to"

suite {
  name = "STARTTLS", tags = { "security" }, refs = { "RFC 3207 4.2", "RFC 3207 6" }, requires = { "STARTTLS" },
}

scenario("a command behind STARTTLS is not executed in TLS", {
  id = "sec-starttls-inject-noop", level = "must",
}, function()
  tls.discarded("NOOP\r\nNOOP\r\n")
end)

-- Commands that are begun in clear, and ended in TLS.
local halves = {
  { "NO", "OP" },
  { "EHLO client.exa", "mple.org" },
  { "MAIL FROM:<evil@", "example.org>" },
}

scenario("neither is any other, nor half of one", {
  id = "sec-starttls-inject-rset", level = "must",
}, function()
  for _, line in ipairs { "RSET", to.hello(to.name), "MAIL FROM:<" .. to.sender() .. ">" } do
    check(line, function() tls.discarded(line .. "\r\n") end)
  end
  for _, half in ipairs(halves) do
    check(half[1] .. "…", function()
      local c = tls.injected(half[1])
      if c then
        c:send(half[2]):expect { "5xx", "close" }
      end
    end)
  end
end)

scenario("neither is one that comes a moment later", {
  id = "sec-starttls-inject-separate", level = "must",
}, function()
  tls.discarded("NOOP\r\n", "50ms")
end)

-- No client should do it; a server that reads it as a command would read others so.
scenario("a handshake that comes too early is none, or is one", {
  id = "sec-starttls-inject-before-220", level = "security",
}, function()
  local c = tls.clear()
  if c:write("STARTTLS\r\n" .. hello.client()):expect({ 220, "4xx", "5xx", "close" }).code ~= 220 then
    c:abort()
    return
  end
  local text = c:read(5, 1)
  c:abort()
  assert.is_true(text == "" or text:byte(1) == 21 or text:byte(1) == 22, ("behind 220 comes %q, which is no TLS"):format(text))
end)

scenario("nothing is said in clear behind 220", {
  id = "sec-starttls-no-extra-plaintext", level = "security",
}, function()
  local c = tls.clear()
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  c:expect_silence("300ms")
  c:handshake { verify = false }
end)

scenario("a megabyte behind STARTTLS does no harm", {
  id = "sec-starttls-buffer-bound", level = "security",
}, function()
  local c = tls.clear()
  local reply = c:write("STARTTLS\r\n" .. ("NOOP\r\n"):rep(1024 * 1024 / 6)):expect { 220, "4xx", "5xx", "close" }
  local text, ended = c:read(4096, 5)
  assert.is_true(reply.code ~= 220 or not text:match("^2%d%d[ -]"), "what stands behind STARTTLS is answered in clear")
  if ended == "timeout" then
    warn("the server neither goes on nor closes the connection")
  end
  c:abort()
  smtp.connect():expect { code = { 220, 421, 554 }, within = 5 }
end)

-- shows_passwords lists the mechanisms in a reply to EHLO that show the password.
local function shows_passwords(caps)
  local names = {}
  for name in (caps.AUTH or ""):upper():gmatch("%S+") do
    if name == "PLAIN" or name == "LOGIN" then
      names[#names + 1] = name
    end
  end
  return table.concat(names, " ")
end

scenario("what is offered in clear is offered in TLS, and passwords in TLS alone", {
  id = "sec-starttls-downgrade-visible", level = "security", refs = { "RFC 4954 4" },
}, function()
  local c = tls.clear()
  local clear = c.caps
  local secure = tls.hello(tls.start(c))
  if not clear.AUTH and not secure.AUTH then
    skip("the server does not offer AUTH")
  end
  assert.is_not_nil(secure.AUTH, "AUTH is offered in clear, and not in TLS")
  for keyword in pairs(clear) do
    if keyword ~= "STARTTLS" and not secure[keyword] then
      note(keyword .. " is offered in clear, and not in TLS")
    end
  end
  if shows_passwords(clear) ~= "" then
    warn("AUTH " .. shows_passwords(clear) .. " is offered in clear")
  end
end)

-- An alert, handshake_failure, that is fatal (RFC 5246 7.2).
local alert = "\21\3\1\0\2\2\40"

scenario("a session does not go on in clear behind an alert", {
  id = "sec-starttls-plaintext-fallback", level = "security", refs = { "RFC 3207 4.1" },
}, function()
  local c = tls.clear()
  to.need(c:send("STARTTLS"):reply(), 220, "STARTTLS")
  c:write(alert)
  tls.over(c)
end)

scenario("a session does not go on in clear behind TLS", {
  id = "sec-starttls-closenotify", level = "security", refs = { "RFC 8446 6.1" },
}, function()
  local c = tls.up()
  c:stop_tls()
  tls.over(c)
end)

scenario("a chunk does not go on in clear behind TLS", {
  id = "sec-starttls-bdat-closenotify", level = "security", tags = { "intrusive" }, refs = { "RFC 3030 2", "RFC 8446 6.1" },
  requires = { "CHUNKING", "valid_rcpt" },
}, function()
  local c = tls.up()
  if to.submits() then
    to.login(c)
  end
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  to.need(to.recipient(c), 250, "RCPT")
  c:write("BDAT 100\r\n" .. ("x"):rep(50))
  c:stop_tls()
  c:write(("x"):rep(50))
  tls.over(c)
end)
