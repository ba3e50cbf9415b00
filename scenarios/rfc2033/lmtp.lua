-- RFC 2033: LMTP, by which mail comes to its mailboxes. Each recipient has a reply of its own to the message.

local chunk = require "chunk"
local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 2033: LMTP", tags = { "lmtp" }, refs = { "RFC 2033 4" } }

before_each(to.lmtp)

scenario("LHLO begins a session", {
  id = "rfc2033-4.1-lhlo", level = "required", refs = { "RFC 2033 4.1" },
}, function()
  local c = to.greeting { policy = to.wary }
  c:send("LHLO " .. to.name):expect(250)
  c:send("lhlo " .. to.name):expect { code = 250, weak = 503 } -- some greet once
end)

scenario("HELO and EHLO are not accepted", {
  id = "rfc2033-4.1-no-helo-ehlo", level = "must", refs = { "RFC 2033 4.1" },
}, function()
  for _, verb in ipairs { "EHLO", "HELO" } do
    check(verb, function()
      local c = to.greeting()
      local reply = c:send(verb .. " " .. to.name):expect { "4xx", "5xx" }
      if reply.code ~= 500 then
        note(("%s is answered with %d; 500 is recommended"):format(verb, reply.code))
      end
      to.alive(c)
    end)
  end
end)

scenario("DATA is refused with 503 where nobody is to have the message", {
  id = "rfc2033-4.2-data-no-rcpt-503", level = "must", refs = { "RFC 2033 4.2" },
}, function()
  check("no RCPT", function()
    local c = to.mail()
    c:send("DATA"):expect { code = 503, weak = "5xx" }
    to.alive(c)
  end)
  if target("invalid_rcpt") then
    check("a RCPT that was refused", function()
      local c = to.mail()
      c:send("RCPT TO:<" .. target.invalid_rcpt .. ">"):expect("5xx")
      c:send("DATA"):expect { code = 503, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

-- named gives the recipients that were accepted of some, in a new transaction.
local function named(c, addresses)
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  local accepted = {}
  for _, address in ipairs(addresses) do
    if to.accepted(c:send("RCPT TO:<" .. address .. ">"):reply()) then
      accepted[#accepted + 1] = address
    end
  end
  return accepted
end

-- owner is the first of some addresses that a reply tells of.
local function owner(reply, addresses)
  for _, address in ipairs(addresses) do
    if reply.text:lower():find("<" .. address:lower() .. ">", 1, true) then
      return address
    end
  end
end

-- answered requires a reply for each recipient, in their order, and nothing more.
local function answered(c, accepted)
  local replies = {}
  for i, address in ipairs(accepted) do
    replies[i] = c:expect { "2xx", "4xx", "5xx" }
    local who = owner(replies[i], accepted)
    assert.is_true(who == nil or who == address, ("reply %d is for %s, and recipient %d is %s"):format(i, who or "", i, address))
  end
  c:expect_silence("500ms")
  c:send("NOOP"):expect(250)
  return replies
end

-- sent sends a message to some recipients, and gives the replies to it.
local function sent(addresses)
  local c = to.ehlo()
  local accepted = named(c, addresses)
  if #accepted == 0 then
    inconclusive("no recipient was accepted")
  end
  to.need(c:send("DATA"):reply(), 354, "DATA")
  c:write(to.message(unique()) .. ".\r\n")
  return answered(c, accepted), accepted
end

scenario("the message has one reply for each recipient that was accepted", {
  id = "rfc2033-4.2-reply-per-rcpt", level = "required", refs = { "RFC 2033 4.2" },
  requires = { "valid_rcpt", "invalid_rcpt" },
}, function()
  sent { target.valid_rcpt, target.invalid_rcpt, target("valid_rcpt2") }
end)

scenario("a recipient that was named twice has two replies", {
  id = "rfc2033-4.2-reply-dup-rcpt", level = "required", refs = { "RFC 2033 4.2" }, requires = { "valid_rcpt" },
}, function()
  local _, accepted = sent { target.valid_rcpt, target.valid_rcpt }
  if #accepted < 2 then
    skip("the server takes no recipient twice")
  end
end)

scenario("one recipient's failure is not another's", {
  id = "rfc2033-4.2-mixed-result", level = "required", refs = { "RFC 2033 4.2" }, requires = { "valid_rcpt", "full_rcpt" },
}, function()
  local replies, accepted = sent { target.valid_rcpt, target.full_rcpt, target.valid_rcpt }
  if #accepted < 3 then
    skip("the recipient whose mailbox is full was refused already")
  end
  to.need(replies[1], 250, "the message")
  assert.is_false(to.accepted(replies[2]), "the message is accepted for a mailbox that is full")
  assert.equal(250, replies[3].code, "the reply for the recipient behind the one whose mailbox is full")
end)

scenario("the last chunk has one reply for each recipient, and others have one", {
  id = "rfc2033-4.3-bdat-last-replies", level = "required", refs = { "RFC 2033 4.3" }, requires = { "CHUNKING", "valid_rcpt" },
}, function()
  check("two recipients", function()
    local c = to.ehlo()
    local accepted = named(c, { target.valid_rcpt, target("valid_rcpt2", target.valid_rcpt) })
    chunk.write(c, to.message(unique())):expect(250)
    c:expect_silence("300ms")
    answered(chunk.write(c, "The end.\r\n", true), accepted)
  end)
  check("nobody", function()
    local c = chunk.write(to.mail(), "QUIT\r\n", true)
    local reply = c:expect { code = { "silence", "4xx", "5xx" }, within = 1 }
    if reply.ended ~= "timeout" then
      note("the last chunk for nobody has a reply, and should have none: " .. reply.code)
    end
    to.alive(c)
  end)
end)

scenario("PIPELINING and ENHANCEDSTATUSCODES are offered", {
  id = "rfc2033-5-pipelining", level = "must", refs = { "RFC 2033 5" },
}, function()
  local c = to.ehlo()
  for _, keyword in ipairs { "PIPELINING", "ENHANCEDSTATUSCODES" } do
    check(keyword, function()
      assert.is_true(c:supports(keyword), keyword .. " is not listed")
    end)
  end
end)

scenario("8BITMIME is offered", {
  id = "rfc2033-5-8bitmime", level = "should", refs = { "RFC 2033 5" },
}, function()
  assert.is_true(to.ehlo():supports("8BITMIME"), "8BITMIME is not listed")
end)

scenario("LMTP is not spoken on port 25", {
  id = "rfc2033-5-not-port-25", level = "must", refs = { "RFC 2033 5" },
}, function()
  assert.is_true(target("port") ~= 25, "the target's port is 25, which is for SMTP")
end)

scenario("MAIL before LHLO is refused with 503", {
  id = "rfc2033-lmtp-mail-before-lhlo", level = "required", refs = { "RFC 2033 4.1", "RFC 5321 4.1.4" },
}, function()
  local c = to.greeting()
  local reply = c:send("MAIL FROM:<" .. to.sender() .. ">"):expect { code = { 250, 503 }, weak = { "4xx", "5xx" } }
  to.doubtful(reply, "MAIL before LHLO")
end)

scenario("Received says LMTP", {
  id = "rfc3848-lmtp-with", level = "should", refs = { "RFC 3848" }, tags = { "delivery" }, requires = { "valid_rcpt", "mailbox" },
}, function()
  local received = delivered.message(to.data()):header("Received")
  if not received then
    inconclusive("the message has no Received")
  end
  local with = received:gsub("%b()", " "):gsub("%s+", " "):match(" [Ww][Ii][Tt][Hh] (%S+)")
  if with then
    assert.match("LMTPS?A?$", with:upper(), "the protocol in Received")
  else
    note("Received has no WITH")
  end
end)
