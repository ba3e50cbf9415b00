-- RFC 5321 2.3.8, 2.4, 4.1.1.10, 4.5.2: what is delivered is what was sent, and what was not finished is not delivered.

local delivered = require "delivered"
local to = require "to"

suite {
  name = "RFC 5321: delivery", tags = { "delivery" }, refs = { "RFC 5321 4.5.2" }, requires = { "valid_rcpt", "mailbox" },
}

local from = "MAIL FROM:<" .. to.sender() .. ">"
local rcpt = "RCPT TO:<" .. target("valid_rcpt", "") .. ">"

scenario("upper and lower case of the sender are kept", {
  id = "rfc5321-2.4-localpart-case-preserved", level = "must", refs = { "RFC 5321 2.4" },
}, function()
  local sender = "MixedCase@" .. to.sender():match("@(.*)")
  local message = delivered.message(delivered.asked(to.proven(), "MAIL FROM:<" .. sender .. ">", rcpt))
  local got = delivered.sender(message)
  if not got then
    inconclusive("the mailbox does not tell the sender")
  end
  assert.equal("MixedCase", got:match("^(.*)@"), "the sender's local part")
end)

-- routed gives the command for a recipient beyond two hosts.
local routed = "RCPT TO:<@hop1.example.org,@hop2.example.org:" .. target("valid_rcpt", "") .. ">"

-- by_route is asked for a message that goes there.
local function by_route()
  local c = to.proven()
  to.need(c:send(from):reply(), 250, "MAIL")
  local reply = c:send(routed):reply()
  if not to.accepted(reply) then
    skip(("a source route is refused with %s"):format(reply.ended or reply.code))
  end
  to.need(c:send("DATA"):reply(), 354, "DATA")
  return c
end

scenario("a source route is ignored", {
  id = "rfc5321-C-srcroute-not-used", level = "should", refs = { "RFC 5321 3.6.1", "RFC 5321 4.1.1.3" },
}, function()
  local marker = unique("route")
  delivered.accepted(by_route(), to.message(marker))
  mailbox.open():wait { header = { Subject = marker }, within = delivered.patience }
end)

scenario("a source route does not get into the sender", {
  id = "rfc5321-4.1.1.3-srcroute-not-in-reverse", level = "must", refs = { "RFC 5321 4.1.1.3" },
}, function()
  local path = delivered.sender(delivered.message(by_route())) or ""
  assert.is_nil(path:find("hop%d%.example%.org"), "Return-Path has the route: " .. path)
end)

scenario("one dot is taken off lines that begin with several", {
  id = "rfc5321-4.5.2-dot-unstuff", level = "must",
}, function()
  delivered.kept("..one\r\n...two\r\n..\r\n....", ".one\r\n..two\r\n.\r\n...")
end)

scenario("one dot is taken off lines that begin with one", {
  id = "rfc5321-4.5.2-dot-unstuff-single", level = "required",
}, function()
  delivered.kept(".x\r\nbehind", "x\r\nbehind")
end)

-- dotted is a message in which lines of two dots and text begin at offsets.
local function dotted(marker, offsets)
  local text = to.message(marker, "first line\r\n")
  for _, offset in ipairs(offsets) do
    while #text < offset do
      local left = offset - #text
      text = text .. ("x"):rep((left > 72 and 70 or left) - 2) .. "\r\n"
    end
    text = text .. ("..at %d\r\n"):format(offset)
  end
  return text .. "last line\r\n"
end

scenario("dots are taken off wherever a buffer or a segment ends", {
  id = "rfc5321-4.5.2-stuffed-segmented", level = "required",
}, function()
  for shift = -1, 1 do
    local offsets = {}
    for i, edge in ipairs { 512, 1024, 2048, 4096, 8192, 16384, 32768, 65500 } do
      offsets[i] = edge + shift
    end
    local text
    local message = delivered.message(to.data(), function(marker)
      text = dotted(marker, offsets)
      return text
    end)
    local want = delivered.text { raw = text }:gsub("%.%.at", ".at")
    assert.equal(want, delivered.text(message), "the message was changed")
  end
  for before = 0, 3 do -- CR, LF, dot, dot: where the first segment ends
    local c, marker = to.data(), unique("segments")
    local start = to.message(marker, "first line\r\nx\r\n")
    c:write(start:sub(1, -3))
    c:write("\r\n..at the edge\r\n", { pieces = { before + 1 }, gap = "100ms" })
    delivered.accepted(c, "last line\r\n")
    assert.equal("x\n.at the edge", delivered.text(delivered.find(marker)[1]), "the message was changed")
  end
end)

-- What a server may do with octets that make no line, or none that is right: refuse the message, or deliver it with all that
-- stands around them. The form it then has is a remark.
local function odd(sent, words)
  local c, marker = to.again(to.sent()), unique("odd")
  local text = to.message(marker, delivered.between(sent .. "\r\nbehind"))
  local reply = c:write(text .. ".\r\n"):expect { "2xx", "4xx", "5xx", "close" }
  if not to.accepted(reply) then
    note(("refused: %s"):format(reply.ended or reply.code))
    return
  end
  local got = delivered.text(delivered.find(marker)[1])
  assert.is_not_nil(got, "the text is lost")
  local at = 1
  for _, word in ipairs(words) do
    local _, last = got:find(word, at, true)
    assert.is_not_nil(last, ("%q is lost: %q"):format(word, got))
    at = last + 1
  end
  if got ~= delivered.plain(sent) .. "\nbehind" then
    note(("it was delivered as %q"):format(got))
  end
end

scenario("a bare LF loses no text", {
  id = "rfc5321-2.3.8-barelf-data", level = "security", refs = { "RFC 5321 2.3.8" },
}, function()
  odd("one\ntwo\n.three", { "one", "two", "three", "behind" })
end)

scenario("a bare CR loses no text", {
  id = "rfc5321-2.3.8-barecr-data", level = "security", refs = { "RFC 5321 2.3.8" },
}, function()
  odd("one\rtwo\r.three", { "one", "two", "three", "behind" })
end)

scenario("a NUL loses no text", {
  id = "rfc5321-4.5.2-nul-data", level = "required", refs = { "RFC 5321 4.1.1.4" },
}, function()
  odd("one\0two\r\n\0", { "one", "two", "behind" })
end)

scenario("control characters are delivered", {
  id = "rfc5321-4.5.2-ctl-data", level = "required",
}, function()
  local c, marker = to.again(to.sent()), unique("control")
  local sent = "\1\t\11\12\127\r\na\tb\8\27\r\n\t"
  c:write(to.message(marker, delivered.between(sent)) .. ".\r\n"):expect { code = 250, weak = { "4xx", "5xx" } }
  if to.accepted(c.replies[#c.replies]) then
    assert.equal(delivered.plain(sent), delivered.text(delivered.find(marker)[1]), "the message was changed")
  end
end)

scenario("spaces at the end of lines are kept", {
  id = "rfc5321-4.5.2-trailing-ws-data", level = "required",
}, function()
  delivered.kept("one  \r\n \r\n\r\n\r\ntwo\t")
end)

scenario("no empty line is added", {
  id = "rfc5321-4.1.1.4-no-extra-crlf", level = "must", refs = { "RFC 5321 4.1.1.4" },
}, function()
  local body = delivered.plain(delivered.message(to.data(), "the only line\r\n").body)
  assert.is_nil(body:find("^\n"), "an empty line stands before the text")
  assert.is_nil(body:find("the only line\n\n+$"), "an empty line stands behind the text")
  assert.contains(body, "the only line")
  if body:find("the only line\n.*%S") then
    warn("text was added to the message")
  end
end)

scenario("a message that is refused in the end is not delivered", {
  id = "rfc5321-4.2.5-4yz-not-delivered", level = "must", refs = { "RFC 5321 4.2.5" },
}, function()
  local refused = {}
  for _, body in ipairs { "a\nb\r\n", "a\rb\r\n", ("x"):rep(5000) .. "\r\n", ("many lines\r\n"):rep(2 ^ 17) } do
    local marker = unique("refused")
    if to.data():write(to.message(marker, body) .. ".\r\n"):reply().code >= 400 then
      refused[#refused + 1] = marker
    end
  end
  if #refused == 0 then
    skip("the server takes bare LF and CR, long lines, and 1.5 MiB")
  end
  delivered.control()
  for n, marker in ipairs(refused) do
    mailbox.open():expect_none { contains = marker, within = n == 1 and 2 or "100ms" }
  end
end)

-- gone requires that a message is not delivered that was not finished.
local function gone(marker)
  delivered.control()
  mailbox.open():expect_none { contains = marker }
end

scenario("a message that the connection is lost in is not delivered", {
  id = "rfc5321-4.1.1.10-abort-mid-data", level = "must", refs = { "RFC 5321 4.1.1.10", "RFC 5321 4.1.1.5" },
}, function()
  local markers = { close = unique("partial"), abort = unique("partial") }
  for how, marker in pairs(markers) do
    local c = to.data()
    c:write(to.message(marker, "A line.\r\nThe next is"))
    sleep("100ms") -- it gets there before a reset does
    c[how](c)
  end
  gone(markers.close)
  mailbox.open():expect_none { contains = markers.abort, within = 0 }
end)

scenario("a dot without its CRLF does not end a message", {
  id = "rfc5321-4.1.1.10-abort-after-dot-prefix", level = "must", refs = { "RFC 5321 4.1.1.10" },
}, function()
  local markers = {}
  for _, dot in ipairs { ".", ".\r" } do
    local c = to.data()
    markers[#markers + 1] = unique("dot")
    c:write(to.message(markers[#markers]) .. dot)
    c:close_write()
    c:expect { code = { "silence", "close", "4xx", "5xx" }, within = 1 }
    c:abort()
  end
  gone(markers[1])
  mailbox.open():expect_none { contains = markers[2], within = 0 }
end)

scenario("a message that was accepted is delivered, whatever becomes of the connection", {
  id = "rfc5321-4.1.1.10-completed-kept", level = "must", refs = { "RFC 5321 4.1.1.10" },
}, function()
  local c, marker = to.data(), unique("completed")
  delivered.accepted(c, to.message(marker))
  c:abort()
  local query = { header = { Subject = marker }, within = delivered.patience }
  mailbox.open():wait(query)
  delivered.control()
  assert.equal(1, #mailbox.open():find(query), "how often it was delivered")
end)

scenario("QUIT ends a transaction, and nothing is delivered", {
  id = "rfc5321-4.1.1.10-quit-aborts", level = "required", refs = { "RFC 5321 4.1.1.10" },
}, function()
  local c, marker = to.proven(), unique("quit")
  to.need(c:send(("MAIL FROM:<%s@%s>"):format(marker, to.sender():match("@(.*)"))):reply(), 250, "MAIL")
  to.need(c:send(rcpt):reply(), 250, "RCPT")
  c:send("QUIT"):expect { 221, "4xx", "5xx", "close" }
  gone(marker)
end)
