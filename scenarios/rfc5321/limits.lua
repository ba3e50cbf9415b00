-- RFC 5321 4.5.3.1: the sizes that every server takes, and what becomes of what is larger.

local delivered = require "delivered"
local eod = require "eod"
local to = require "to"

suite { name = "RFC 5321: sizes", tags = { "core" }, refs = { "RFC 5321 4.5.3.1" } }

local function x(n)
  return ("x"):rep(n)
end

local function sender_domain()
  return to.sender():match("@(.*)$") or "example.org"
end

-- domain is one of n octets, in labels of 63 and less, that nobody has.
local function domain(n)
  local name = ""
  while n - #name > 64 do
    name = name .. x(63) .. "."
  end
  local rest = n - #name
  return rest == 64 and name .. x(31) .. "." .. x(32) or name .. x(rest)
end

scenario("a local part of 64 octets is accepted", {
  id = "rfc5321-4.5.3.1.1-local-64", level = "must", refs = { "RFC 5321 4.5.3.1.1" },
}, function()
  local c = to.ready { policy = to.wary }
  c:send("MAIL FROM:<" .. x(64) .. "@" .. sender_domain() .. ">"):expect(250)
end)

scenario("a local part of 65 octets is met with patience", {
  id = "rfc5321-4.5.3.1.1-local-65", level = "may", refs = { "RFC 5321 4.5.3.1.1", "RFC 5321 4.5.3.1.9" },
}, function()
  local c = to.ready()
  local line = "MAIL FROM:<" .. x(65) .. "@" .. sender_domain() .. ">"
  to.patient(c, c:send(line):expect { 250, "5xx", "close" }, "a local part of 65 octets")
end)

-- A domain that does not exist may be refused for that, but not for its length.
local unknown = { 250, "45x", 550, 554 }

scenario("a domain of 252 octets is accepted", {
  id = "rfc5321-4.5.3.1.2-domain-255", level = "must", refs = { "RFC 5321 4.5.3.1.2" },
}, function()
  to.ready():send("MAIL FROM:<a@" .. domain(252) .. ">"):expect(unknown)
end)

scenario("a path of 256 octets is accepted", {
  id = "rfc5321-4.5.3.1.3-path-256", level = "must", refs = { "RFC 5321 4.5.3.1.3" },
}, function()
  local path = "<" .. x(64) .. "@" .. domain(189) .. ">"
  assert.equal(256, #path)
  to.ready():send("MAIL FROM:" .. path):expect(unknown)
end)

scenario("a path of 1000 octets is met with patience", {
  id = "rfc5321-4.5.3.1.3-path-long", level = "may", refs = { "RFC 5321 4.5.3.1.9" },
}, function()
  local c = to.ready()
  local line = "MAIL FROM:<a@" .. domain(996) .. ">"
  to.patient(c, c:send(line):expect { 250, "4xx", "5xx", "close" }, "a path of 1000 octets")
end)

scenario("a command line of 512 octets is accepted", {
  id = "rfc5321-4.5.3.1.4-cmd-512", level = "must", refs = { "RFC 5321 4.3.2", "RFC 5321 4.5.3.1.4" },
}, function()
  local c = to.ehlo()
  to.need(c:send("NOOP x"):reply(), 250, "NOOP with a short argument")
  c:send("NOOP " .. x(512 - #"NOOP \r\n")):expect(250)
end)

-- What extensions add to MAIL: each with a short and with its longest value.
local parameters = {
  SIZE = { "SIZE=1000", "SIZE=" .. ("0"):rep(16) .. "1000" },
  ["8BITMIME"] = { "BODY=7BIT", "BODY=8BITMIME" },
  SMTPUTF8 = { "SMTPUTF8", "SMTPUTF8" },
  AUTH = { "AUTH=a@example.org", "AUTH=" .. ("+61"):rep(60) .. "@" .. ("+62"):rep(60) .. ".example.org" },
  DSN = { "RET=HDRS ENVID=a", "RET=FULL ENVID=" .. x(94) },
  ["MT-PRIORITY"] = { "MT-PRIORITY=0", "MT-PRIORITY=-9" },
}

scenario("MAIL is as long as its extensions make it", {
  id = "rfc5321-4.5.3.1.4-cmd-extended", level = "required", refs = { "RFC 5321 2.2.2", "RFC 5321 4.5.3.1.4" },
}, function()
  local c = to.ready { policy = to.wary }
  local short, long = "MAIL FROM:<" .. to.sender() .. ">", "MAIL FROM:<" .. x(64) .. "@" .. sender_domain() .. ">"
  for keyword, values in pairs(parameters) do
    if c:supports(keyword) then
      short, long = short .. " " .. values[1], long .. " " .. values[2]
    end
  end
  to.need(c:send(short):reply(), 250, "MAIL with short parameters")
  to.need(c:send("RSET"):reply(), 250, "RSET")
  c:send(long):expect(250)
end)

scenario("a command line that is too long has one reply", {
  id = "rfc5321-4.5.3.1.4-cmd-over", level = "may", refs = { "RFC 5321 4.3.2", "RFC 5321 4.5.3.1.9" },
}, function()
  local c = to.ehlo()
  local reply = c:send("NOOP " .. x(2000)):expect { 250, "4xx", "5xx", "close" }
  if reply.ended then
    warn("the server closed the connection without a reply")
  else
    check("what is too long is no other command", { level = "must" }, function() to.alive(c) end)
  end
end)

-- whole tells by a function of a line that is in a message's text, but not as it was sent.
local function whole(tell, marker, line)
  for _, message in ipairs(target("mailbox") and mailbox.open():find { contains = marker, within = delivered.patience } or {}) do
    if delivered.text(message) ~= line then
      tell(("a line of %d octets, without its CRLF, is cut, folded or changed"):format(#line))
    end
  end
end

-- takes requires that a line is accepted and delivered.
local function takes(sent, line)
  local c, marker = to.sent(), unique("line")
  to.again(c):write(to.message(marker, delivered.between(sent)) .. ".\r\n"):expect(250)
  whole(fail, marker, line)
end

scenario("a text line of 1000 octets is accepted", {
  id = "rfc5321-4.5.3.1.6-text-1000", level = "must", refs = { "RFC 5321 4.5.3.1.6" }, requires = { "valid_rcpt" },
}, function()
  takes(x(998), x(998))
end)

scenario("a dot that is stuffed does not count", {
  id = "rfc5321-4.5.3.1.6-text-1000-dot", level = "must", refs = { "RFC 5321 4.5.3.1.6" }, requires = { "valid_rcpt" },
}, function()
  takes(".." .. x(997), "." .. x(997))
end)

scenario("a longer text line is met with patience", {
  id = "rfc5321-4.5.3.1.6-text-over", level = "may", refs = { "RFC 5321 4.5.3.1.9" }, requires = { "valid_rcpt" },
}, function()
  for _, n in ipairs { 1001, 2050, 65536, 2 ^ 20 } do
    check(n .. " octets", { level = "required" }, function()
      local c, marker = to.data(), unique("line")
      c:write(to.message(marker, delivered.between(x(n - 2))))
      if c:expect({ code = "silence", weak = { "4xx", "5xx" }, within = "300ms" }).ended then
        local reply = c:write(".\r\n"):expect { "2xx", "4xx", "5xx" }
        eod.in_sync(c)
        if to.accepted(reply) then
          whole(warn, marker, x(n - 2))
        end
      end
    end)
  end
end)

scenario("a dot does not end the message wherever a long line is cut", {
  id = "rfc5321-4.5.3.1.6-text-over-split", level = "security", refs = { "RFC 5321 2.3.8", "RFC 5321 4.5.3.1.6" },
  requires = { "valid_rcpt" },
}, function()
  local lines = { "A line." }
  for _, n in ipairs { 512, 998, 1000, 1024, 2048, 4096, 8192 } do
    lines[#lines + 1] = x(n - 1) .. "." -- the dot is the last octet of a buffer
    lines[#lines + 1] = x(n) .. "." -- or the first of another
  end
  eod.none(table.concat(lines, "\r\n"):sub(#lines[1] + 1) .. "\r\nmore")
end)

-- more names a recipient again, one of two in turn where there are two, and gives the reply.
local function more(c, n)
  local path = n % 2 == 0 and target("valid_rcpt2") or target.valid_rcpt
  return c:send("RCPT TO:<" .. path .. ">")
end

scenario("a hundred recipients are accepted", {
  id = "rfc5321-4.5.3.1.8-rcpt-100", level = "must", refs = { "RFC 5321 4.5.3.1.8" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt { policy = { 421, 450, 451, 454, 530 } }
  for n = 2, 3 do
    to.need(more(c, n):reply(), 250, "the same recipient again")
  end
  for n = 4, 100 do
    more(c, n):expect { 250, 251 }
  end
end)

-- excess names recipients until one is refused, and gives the reply: nil where there seems to be no limit.
local function excess(c)
  local started = time.monotonic()
  for n = 2, 1100 do
    local reply = more(c, n):expect { 250, 251, "4xx", "5xx" }
    if not to.accepted(reply) then
      note(("recipient %d was refused with %d"):format(n, reply.code))
      return reply
    elseif time.monotonic() - started > 20 then
      note(("%d recipients took 20 s; no more were tried"):format(n))
      return nil
    end
  end
end

scenario("too many recipients are refused with 452", {
  id = "rfc5321-4.5.3.1.10-rcpt-452", level = "must", refs = { "RFC 5321 4.5.3.1.10" }, requires = { "valid_rcpt" },
}, function()
  local reply = excess(to.rcpt { policy = 530 })
  if reply and reply.code ~= 452 then
    warn(("too many recipients are refused with %d; it is right where that is policy"):format(reply.code))
  end
end)

scenario("those who came before too many recipients are kept", {
  id = "rfc5321-4.5.3.1.8-rcpt-orderly", level = "must", refs = { "RFC 5321 4.5.3.1.8" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt { policy = 530 }
  if not excess(c) then
    skip("1100 recipients are not too many")
  end
  c:send("DATA"):expect(354) -- and no message: they would all have it
end)

scenario("a header of 32 KiB is accepted", {
  id = "rfc5321-4.5.3.1-header-size", level = "required", refs = { "RFC 5321 4.5.3.1.7" }, requires = { "valid_rcpt" },
}, function()
  local c = to.sent()
  local fields = {}
  for n = 1, 32 do
    local name = ("X-Smtpspec-%d: "):format(n)
    fields[n] = name .. x(998 - #name) .. "\r\n"
  end
  to.again(c):write(table.concat(fields) .. to.message(unique()) .. ".\r\n"):expect(250)
end)
