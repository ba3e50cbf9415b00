-- RFC 5321 2.4, 3.8, 4.1.1.5, 4.5.4.2: slow clients, clients that go without a word, and many of them.

local to = require "to"

suite { name = "RFC 5321: robustness", tags = { "core" }, refs = { "RFC 5321 3.8" } }

local function octets(n)
  local pieces = {}
  for i = 1, n do
    pieces[i] = 1
  end
  return pieces
end

scenario("an octet at a time", {
  id = "rfc5321-4.5.3.2-drip", level = "required", refs = { "RFC 5321 2.4", "RFC 5321 4.5.3.2" }, requires = { "valid_rcpt" },
}, function()
  local c = to.sent()
  c:write("NOOP\r\n", { pieces = octets(5), gap = "100ms" }):expect(250)

  local text = to.message(unique()) .. ".\r\n"
  to.again(c):write(text, { pieces = octets(#text - 1), gap = "5ms" }):expect(250)
end)

scenario("clients that go without QUIT do no harm", {
  id = "rfc5321-4.1.1.5-tcp-close-is-quit", level = "should", refs = { "RFC 5321 4.1.1.5" }, requires = { "valid_rcpt" },
}, function()
  local lines = {
    to.hello(), "MAIL FROM:<" .. to.sender() .. ">", "RCPT TO:<" .. target.valid_rcpt .. ">", "DATA",
  }
  to.greeting():abort()
  for n = 1, 20 do
    local c = smtp.connect { policy = 421 }
    c:expect { code = 220, within = 10 }
    for i = 1, n % (#lines + 1) do
      c:send(lines[i]):reply()
    end
    c:abort()
  end
  local c = smtp.connect { policy = 421 }
  c:expect { code = 220, within = 10 }
  c:send(to.hello()):expect { 250, "5xx" }
  c:send("QUIT"):expect(221)
end)

scenario("a command is answered though nothing more will come", {
  id = "rfc5321-3.8-halfclose", level = "required",
}, function()
  local c = to.ehlo()
  c:send("NOOP")
  c:close_write()
  local reply = c:expect { 250, "4xx", "5xx", "close" }
  if reply.ended then
    note("the server does not answer a client that has closed its side")
  else
    c:reply("300ms") -- 421 for the lost connection, maybe
  end
end)

scenario("twenty connections, one after another", {
  id = "rfc5321-4.5.4.2-accept-rate", level = "required", refs = { "RFC 5321 4.5.4.2" },
}, function()
  for n = 1, 20 do
    local c = smtp.connect { optional = n > 1 }
    local greeting = c and c:expect { 220, "4xx", "5xx", "close" }
    if not c or greeting.code ~= 220 then
      note(("connection %d was refused: %s"):format(n, c and (greeting.ended or greeting.code) or "no connect"))
      return
    end
    c:send("QUIT"):expect { 221, "close" }
  end
end)
