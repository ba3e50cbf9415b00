-- RFC 5321 2.3.8, 3.3, 4.1.1.4, 4.5.2: DATA, where a message ends, and where a line does.

local delivered = require "delivered"
local eod = require "eod"
local to = require "to"

suite { name = "RFC 5321: DATA", tags = { "core" }, refs = { "RFC 5321 4.1.1.4" }, requires = { "valid_rcpt" } }

local recipient = "RCPT TO:<" .. target("valid_rcpt", "") .. ">"

scenario("DATA is answered with 354", {
  id = "rfc5321-4.1.1.4-data-354", level = "required", refs = { "RFC 5321 3.3" },
}, function()
  to.rcpt():send("DATA"):expect(354)
end)

scenario("a message has one reply", {
  id = "rfc5321-4.1.1.4-data-250", level = "must",
}, function()
  local c = to.data()
  local reply = c:write(to.message(unique()) .. ".\r\n"):expect { code = { 250, "4xx", "5xx" }, weak = "2xx" }
  c:expect_silence("500ms")
  if not to.accepted(reply) then
    inconclusive("the message was refused with " .. reply.code)
  end
  to.alive(c)
end)

scenario("DATA before MAIL is out of sequence", {
  id = "rfc5321-3.3-data-no-mail", level = "must", refs = { "RFC 5321 3.3", "RFC 5321 4.1.4" },
}, function()
  local c = to.ehlo()
  c:send("DATA"):expect { code = 503, weak = "5xx" }
  to.alive(c)
end)

scenario("DATA before RCPT is refused, or the message is", {
  id = "rfc5321-3.3-data-no-rcpt", level = "may", refs = { "RFC 5321 3.3" },
}, function()
  eod.for_nobody(to.mail())
end)

scenario("DATA is refused when all recipients were, or the message is", {
  id = "rfc5321-3.3-data-all-rejected", level = "may", refs = { "RFC 5321 3.3" }, requires = { "invalid_rcpt" },
}, function()
  local c = to.mail()
  if to.accepted(c:send("RCPT TO:<" .. target.invalid_rcpt .. ">"):reply()) then
    inconclusive(target.invalid_rcpt .. " was accepted")
  end
  eod.for_nobody(c)
end)

scenario("after a message, DATA needs a new transaction", {
  id = "rfc5321-4.1.1.4-buffers-consumed", level = "required",
}, function()
  local c = to.sent()
  c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
  eod.forgotten(c)
end)

scenario("after a message, RCPT needs a new MAIL", {
  id = "rfc5321-4.1.1.4-buffers-consumed-rcpt", level = "required", refs = { "RFC 5321 4.1.4" },
}, function()
  to.sent():send(recipient):expect { code = 503, weak = "5xx" }
end)

scenario("a line of two dots does not end the message", {
  id = "rfc5321-4.5.2-dotdot-not-eod", level = "required", refs = { "RFC 5321 4.5.2" },
}, function()
  local c = to.data()
  c:write(to.message(unique()) .. "..\r\n")
  c:expect_silence(1)
  eod.finish(c)
end)

scenario("a dot on the first line ends an empty message", {
  id = "rfc5321-4.5.2-first-line-dot", level = "required",
}, function()
  local c = to.data()
  c:write(".\r\n"):expect { code = { "2xx", "4xx", "5xx" }, within = 10 }
  eod.in_sync(c)
end)

scenario("two dots and text on the first line do not end the message", {
  id = "rfc5321-4.5.2-first-line-dotdot", level = "required", refs = { "RFC 5321 4.5.2" },
}, function()
  local c, marker = to.data(), unique("first")
  c:write(".." .. marker .. "\r\n")
  c:expect_silence(1)
  if to.accepted(eod.finish(c)) and target("mailbox") then
    for _, message in ipairs(mailbox.open():find { contains = marker, within = delivered.patience }) do
      assert.is_nil(message.raw:find(".." .. marker, 1, true), "the first of two dots is delivered")
    end
  end
end)

scenario("dots within a line or at its end do not end the message", {
  id = "rfc5321-4.5.2-dot-mid-line", level = "required", refs = { "RFC 5321 4.5.2" },
}, function()
  local c, marker = to.data(), unique("dots")
  c:write(to.message(marker, delivered.between("a.b\r\na..b\r\na.")))
  c:expect_silence(1)
  if to.accepted(eod.finish(c)) and target("mailbox") then
    assert.equal("a.b\na..b\na.", delivered.text(delivered.find(marker)[1]), "dots were changed")
  end
end)

scenario("the end of the message may come in pieces", {
  id = "rfc5321-4.5.2-dot-segmented", level = "required",
}, function()
  local c = to.sent() -- in one piece it is taken
  for _, pieces in ipairs { { 1 }, { 2 }, { 3 }, { 4 }, { 1, 1, 1, 1 } } do
    to.again(c):write(to.message(unique(), "A test."))
    c:write("\r\n.\r\n", { pieces = pieces, gap = "150ms" }):expect { code = 250, within = 10 }
  end
end)

scenario("LF.LF does not end the message", {
  id = "rfc5321-4.1.1.4-eod-crlf-only", level = "must", refs = { "RFC 5321 2.3.8" },
}, function()
  eod.none("\n.\n")
end)

scenario("a bare LF does not end a command", {
  id = "rfc5321-2.3.8-lf-command", level = "must", refs = { "RFC 5321 2.3.8" },
}, function()
  local c = to.ehlo()
  -- Nearly every server is lenient here.
  local reply = c:write("NOOP\n"):expect { code = { "silence", "5xx", "close" }, weak = 250, within = 1 }
  if reply.ended == "timeout" then
    c:write("\r\n"):expect { 250, "5xx", "close" }
  end
end)

scenario("a bare CR does not end a command", {
  id = "rfc5321-2.3.8-cr-command", level = "must", refs = { "RFC 5321 2.3.8" },
}, function()
  local c = to.ehlo()
  if not c:write("NOOP\rNOOP\r\n"):expect({ 250, "5xx", "close" }).ended then
    eod.in_sync(c)
  end
end)

scenario("octets beyond ASCII in a message are met with patience", {
  id = "rfc5321-2.4-8bit-data", level = "may", refs = { "RFC 5321 2.4" },
}, function()
  local c = to.data()
  local reply = c:write(to.message(unique(), "Gr\252\223e\r\n") .. ".\r\n"):expect { "2xx", "4xx", "5xx", "close" }
  to.patient(c, reply, "a message of 8-bit text")
end)

scenario("a message is not refused for its header", {
  id = "rfc5321-3.3-no-header-reject", level = "should", refs = { "RFC 5321 3.3" },
}, function()
  if to.submits() then
    skip("a submission server may refuse what is no message (RFC 6409 8)")
  end
  local c = to.sent()
  local texts = {
    ["neither From nor Date"] = "Subject: nothing else\r\n\r\nA test.\r\n",
    ["no header at all"] = "A test.\r\n",
  }
  for what, text in pairs(texts) do
    local reply = to.again(c):write(text .. ".\r\n"):expect { "2xx", "5xx" }
    if not to.accepted(reply) then
      note(("the server refuses a message that has %s: %d"):format(what, reply.code))
    end
  end
end)

scenario("a message is not refused for its Resent- fields", {
  id = "rfc5321-3.3-resent-must-accept", level = "must", refs = { "RFC 5321 3.3" },
}, function()
  local c = to.sent()
  to.again(c):write("Resent-To: <" .. target.valid_rcpt .. ">\r\n" .. to.message(unique()) .. ".\r\n"):expect(250)
end)

scenario("a message is answered fast", {
  id = "rfc5321-6.1-eod-latency", level = "must", refs = { "RFC 5321 6.1" },
}, function()
  local c, slowest = to.ehlo(), 0
  for _ = 1, 5 do
    local text = to.message(unique(), ("A line of a kilobyte.\r\n"):rep(40))
    local reply = to.again(c):write(text .. ".\r\n"):expect { "2xx", "4xx", "5xx" }
    slowest = math.max(slowest, reply.elapsed)
    if slowest > 10 then break end
  end
  if slowest > 10 then
    warn(("the reply to a message of 1 kB took %.1f s"):format(slowest))
  end
end)

scenario("a message of 64 KiB is accepted", {
  id = "rfc5321-4.5.3.1.7-64k", level = "must", refs = { "RFC 5321 4.5.3.1.7" },
}, function()
  local c = to.sent()
  local text = to.message(unique(), "")
  text = text .. ("x"):rep(62 - #text % 64) .. "\r\n" -- up to a multiple of 64
  text = text .. (("x"):rep(62) .. "\r\n"):rep((65536 - #text) / 64)
  assert.equal(65536, #text)
  to.again(c):write(text .. ".\r\n"):expect(250)
end)
