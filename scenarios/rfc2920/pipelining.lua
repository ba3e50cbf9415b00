-- RFC 2920: PIPELINING. Commands that come in one piece are answered as if they came one by one.

local to = require "to"

suite { name = "RFC 2920: PIPELINING", tags = { "core" }, refs = { "RFC 2920 3.1" } }

local mail = "MAIL FROM:<" .. to.sender() .. ">"
local rcpt = "RCPT TO:<" .. target("valid_rcpt", "") .. ">"
local patience = { reply_timeout = 10 }

-- group writes commands at once.
local function group(c, ...)
  return c:write(table.concat({ ... }, "\r\n") .. "\r\n")
end

-- all requires one reply to each command of a group, in order.
local function all(c, codes)
  for i, code in ipairs(codes) do
    step("reply " .. i, function() c:expect(code) end)
  end
end

local taken = { 250, 251 }

scenario("MAIL, RCPT and DATA in one piece are answered in order", {
  id = "rfc2920-3.1-group", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.proven(patience)
  group(c, mail, rcpt, rcpt, "DATA")
  all(c, { 250, taken, taken, 354 })
end)

scenario("RSET, MAIL and RCPT stand anywhere in a group", {
  id = "rfc2920-3.1-rset-mail-group", level = "required", requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.proven(patience)
  group(c, "RSET", mail, rcpt, "RSET", mail, rcpt, "DATA")
  all(c, { 250, 250, taken, 250, 250, taken, 354 })
end)

scenario("commands may follow the end of a message at once", {
  id = "rfc2920-3.1-data-first-in-group", level = "required", requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.again(to.sent(patience))
  group(c, to.message(unique()) .. ".", "RSET", mail, rcpt, "QUIT")
  c:expect(250)
  -- Some servers take what comes here for an attack, and say so.
  if c:expect({ code = 250, weak = 503 }).code == 250 then
    all(c, { 250, taken, 221 })
  end
end)

scenario("no command of a long group is lost", {
  id = "rfc2920-3.2-9-no-flush", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING" },
}, function()
  -- One fewer than Postfix takes for junk. Who puts up with less says it with one of these.
  local c = to.ehlo { reply_timeout = 10, policy = { 421, 450, 451, 452, 454, 530, 554 } }
  c:write(("NOOP\r\n"):rep(99))
  for _ = 1, 99 do
    c:expect(250)
  end
end)

scenario("no command is lost after an error", {
  id = "rfc2920-3.2-9-no-flush-error", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING" },
}, function()
  local c = to.ehlo(patience)
  group(c, "FROB", "NOOP", "RSET")
  c:expect { code = 500, weak = "5xx" }
  all(c, { 250, 250 })
end)

-- nobody begins a message that is for nobody, in one group, and gives the reply to DATA.
local function nobody(c)
  group(c, mail, "RCPT TO:<" .. target.invalid_rcpt .. ">", "DATA")
  to.need(c:reply(), 250, "MAIL")
  if to.accepted(c:reply()) then
    inconclusive(target.invalid_rcpt .. " was accepted")
  end
  return c:expect { code = { 503, 554, 354 }, weak = "5xx" }
end

scenario("DATA in a group is refused when all recipients were", {
  id = "rfc2920-3.2-3-data-iff-rcpt", level = "should", refs = { "RFC 2920 3.2" },
  requires = { "PIPELINING", "invalid_rcpt" },
}, function()
  assert.is_true(nobody(to.ready(patience)).code ~= 354, "the server asks for a message that is for nobody")
end)

scenario("an empty message that is for nobody is refused", {
  id = "rfc2920-3.2-4-empty-no-send", level = "must", refs = { "RFC 2920 3.2" },
  requires = { "PIPELINING", "invalid_rcpt" },
}, function()
  local c = to.ready(patience)
  if nobody(c).code ~= 354 then
    skip("DATA was refused")
  end
  c:write(".\r\n"):expect { code = { 554, 503 }, weak = "5xx" }
end)

scenario("the reply to NOOP does not wait for another command", {
  id = "rfc2920-3.2-5-no-buffer", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.proven()
  group(c, mail, "NOOP")
  c:expect(250)
  c:expect { code = 250, within = 5 }
end)

scenario("no reply waits when all commands have been read", {
  id = "rfc2920-3.2-7-flush-on-empty", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.ehlo()
  if c:send(mail):expect({ code = { "2xx", "4xx", "5xx", "silence" }, within = 10 }).ended then
    group(c, "NOOP", "NOOP", "NOOP")
    c:expect { code = "silence", within = "500ms" } -- MAIL's comes now, if it has waited for them
  end

  c = to.proven()
  group(c, mail, rcpt)
  c:expect(250)
  c:expect { code = taken, within = 5 }
end)

scenario("a group may end within a command", {
  id = "rfc2920-3.2-8-no-assumption", level = "must", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING", "valid_rcpt" },
}, function()
  local c = to.proven(patience)
  c:write(mail .. "\r\n" .. rcpt:sub(1, -4))
  c:expect(250)
  c:expect_silence("500ms")
  c:write(rcpt:sub(-3) .. "\r\n"):expect(taken)
end)

scenario("every command of a group of 64 KiB is answered", {
  id = "rfc2920-3.1-large-group", level = "required", requires = { "PIPELINING", "valid_rcpt" }, timeout = 180,
}, function()
  local c = to.proven(patience)
  local some = math.min(900, math.ceil(32768 / (#rcpt + 2)))
  local lines = {}
  while #table.concat(lines, "\r\n") < 65536 do
    lines[#lines + 1] = "RSET"
    lines[#lines + 1] = mail
    for _ = 1, some do
      lines[#lines + 1] = rcpt
    end
  end
  group(c, unpack(lines))
  for i = 1, #lines do
    local reply = c:expect { "2xx", "4xx", "5xx" } -- beyond 100 recipients a server may take no more
    if reply.code == 421 then
      inconclusive(("the server takes no more than %d commands: %s"):format(i - 1, reply.text))
    end
  end
  c:send("NOOP"):expect(250)
end)

scenario("the replies to a group come together", {
  id = "rfc2920-3.2-2-coalesce", level = "should", refs = { "RFC 2920 3.2" }, requires = { "PIPELINING" },
}, function()
  local c = to.ehlo(patience)
  group(c, "NOOP", "NOOP", "RSET", "NOOP")
  all(c, { 250, 250, 250, 250 })
  local replies = c.replies
  local apart = replies[#replies].elapsed - replies[#replies - 3].elapsed
  if apart > 0.1 then
    note(("the last of four replies came %d ms after the first"):format(apart * 1000))
  end
end)

scenario("the keyword has no parameter", {
  id = "rfc2920-3-no-param", level = "required", refs = { "RFC 2920 2" }, requires = { "PIPELINING" },
}, function()
  assert.equal("", to.ehlo().caps.PIPELINING, "PIPELINING has a parameter")
end)

scenario("commands in one piece are answered or refused, where PIPELINING is not offered", {
  id = "rfc2920-unadvertised-ok", level = "may", refs = { "RFC 2920 3" }, requires = { "!PIPELINING", "valid_rcpt" },
}, function()
  local c = to.proven(patience)
  group(c, mail, rcpt)
  local any = { "2xx", "4xx", "5xx", "close" }
  if not c:expect(any).ended then
    check("no command is lost without a word", { level = "should" }, function() c:expect(any) end)
  end
end)
