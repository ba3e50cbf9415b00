-- RFC 1870: SIZE, with which a server says how large a message may be, and a client how large one is.

local eod = require "eod"
local to = require "to"

suite { name = "RFC 1870: SIZE", tags = { "core" }, refs = { "RFC 1870 6" }, requires = { "SIZE" } }

local function mail(params)
  return "MAIL FROM:<" .. to.sender() .. "> " .. params
end

-- limit is the size that the server offers. Without one there is nothing to exceed.
local function limit(c)
  local n = tonumber(c.caps.SIZE)
  if not n or n == 0 then
    skip("the server offers no fixed maximum")
  end
  return n
end

-- declared is asked for the message (S4) after its size was declared. That is done first without one.
local function declared(size)
  local c = to.sent()
  to.need(c:send(mail("SIZE=" .. size)):reply(), 250, "SIZE=" .. size)
  to.need(c:send("RCPT TO:<" .. target.valid_rcpt .. ">"):reply(), 250, "RCPT")
  to.need(c:send("DATA"):reply(), 354, "DATA")
  return c
end

scenario("the keyword has one number, or none", {
  id = "rfc1870-3-keyword", level = "required", refs = { "RFC 1870 3" },
}, function()
  assert.match("^%d*$", to.ehlo().caps.SIZE, "what stands behind SIZE is no decimal number")
end)

scenario("a size within the limit is accepted", {
  id = "rfc1870-6-mail-size-ok", level = "required", requires = { "valid_rcpt" },
}, function()
  to.proven():send(mail("SIZE=1000")):expect(250)
end)

scenario("a size beyond the limit is refused with 552", {
  id = "rfc1870-6.1-too-big-552", level = "required", refs = { "RFC 1870 6.1" },
}, function()
  local c = to.ready()
  c:send(mail(("SIZE=%.0f"):format(limit(c) + 1))):expect { code = 552, weak = "5xx" }
  to.alive(c)
end)

scenario("a message beyond the limit is refused with 552 when it has ended", {
  id = "rfc1870-4-oversize-data-552", level = "required", refs = { "RFC 1870 6.3" }, requires = { "valid_rcpt" },
}, function()
  local c = to.sent()
  local n = limit(c)
  if n > 64 * 2 ^ 20 then
    skip("the limit is too high to be tried")
  end
  to.again(c):write(to.message(unique()))
  local block = (("x"):rep(62) .. "\r\n"):rep(1024)
  for _ = 1, math.ceil(1.1 * n / #block) + 1 do -- beyond it, whether or not the CR of line ends is counted
    c:write(block)
  end
  c:write(".\r\n"):expect { code = 552, weak = "5xx", within = 30 }
  to.alive(c)
end)

scenario("the size that was declared does not end the message", {
  id = "rfc1870-6-no-eod-by-size", level = "must", requires = { "valid_rcpt" },
}, function()
  local c = declared(10)
  c:write(to.message(unique(), ("A line of text.\r\n"):rep(120)))
  c:expect_silence(1)
  eod.finish(c)
end)

scenario("a message larger than declared is accepted, or refused with 552", {
  id = "rfc1870-6.3-lie-small", level = "may", refs = { "RFC 1870 6.3" }, requires = { "valid_rcpt" },
}, function()
  local c = declared(10)
  c:write(to.message(unique(), ("A line of text.\r\n"):rep(120)) .. ".\r\n"):expect { 250, 552 }
end)

scenario("a size that was agreed to is not refused with 552 in the end", {
  id = "rfc1870-6.3-agreed-not-552", level = "should", refs = { "RFC 1870 6.3" }, requires = { "valid_rcpt" },
}, function()
  local text = to.message(unique(), ("A line of text.\r\n"):rep(200))
  for _, more in ipairs { 1000, 0 } do
    local reply = declared(#text + more):write(text .. ".\r\n"):reply()
    assert.is_true(reply.code ~= 552, "a message that is not larger than declared was refused with 552")
    to.need(reply, 250, "the message")
  end
end)

scenario("the dots that are taken off do not count", {
  id = "rfc1870-5-count-definition", level = "required", refs = { "RFC 1870 5" }, requires = { "valid_rcpt" },
}, function()
  local c = to.sent()
  local n = limit(c)
  if n > 16 * 2 ^ 20 then
    skip("the limit is too high to be tried")
  end
  to.again(c):write(to.message(unique()))
  local block = ("..\r\n"):rep(2 ^ 14) -- 48 KiB, and 16 KiB of dots
  for _ = 1, math.floor(0.9 * n / (48 * 1024)) do
    c:write(block)
  end
  local reply = c:write(".\r\n"):expect { code = { "2xx", "4xx", "5xx" }, within = 30 }
  assert.is_true(reply.code ~= 552, "a message below the limit was refused with 552: the dots of 4.5.2 were counted")
end)

scenario("a size of twenty digits does not wrap", {
  id = "rfc1870-3-size-20digits", level = "required", refs = { "RFC 1870 3" },
}, function()
  limit(to.ready())
  for _, size in ipairs { "18446744073709551617", "99999999999999999999" } do -- the first is 2^64 + 1
    check("SIZE=" .. size, function()
      local c = to.ready()
      c:send(mail("SIZE=" .. size)):expect { code = { 552, 501 }, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("a size is a decimal number of at most twenty digits", {
  id = "rfc1870-3-size-syntax", level = "required", refs = { "RFC 1870 3" },
}, function()
  for _, param in ipairs { "SIZE=abc", "SIZE=-1", "SIZE=", "SIZE", "SIZE=000000000000000000001" } do
    check(param, function()
      local c = to.ready()
      to.doubtful(c:send(mail(param)):expect { code = { 250, 501, 555, 552 }, weak = "5xx" }, param)
      to.alive(c)
    end)
  end
end)

scenario("a size is declared once", {
  id = "rfc1870-6-size-once", level = "required",
}, function()
  local c = to.ready()
  to.lenient(c:send(mail("SIZE=100 SIZE=200")):expect { code = { 250, 501 }, weak = "5xx" }, "a size declared twice")
  to.alive(c)
end)
