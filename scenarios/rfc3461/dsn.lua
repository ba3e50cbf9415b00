-- RFC 3461: DSN, with which a sender says what reports it wants, and what stands in them.

local delivered = require "delivered"
local to = require "to"

suite { name = "RFC 3461: DSN", tags = { "core" }, refs = { "RFC 3461 5.1" }, requires = { "DSN" } }

local function mail(params)
  return "MAIL FROM:<" .. to.sender() .. "> " .. params
end

local function rcpt(params)
  return "RCPT TO:<" .. target.valid_rcpt .. "> " .. params
end

local taken = { 250, 251 }

-- original is an ORCPT of so many characters.
local function original(size)
  return "ORCPT=rfc822;" .. ("x"):rep(size - #"rfc822;@example.org") .. "@example.org"
end

scenario("RET and ENVID are accepted", {
  id = "rfc3461-5.1a-mail-params", level = "must", refs = { "RFC 3461 4.3", "RFC 3461 4.4" },
}, function()
  local c = to.mail() -- without parameters MAIL is taken
  for _, params in ipairs { "RET=FULL ENVID=QQ314159", "RET=hdrs", "ENVID=a+2Bb" } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    c:send(mail(params)):expect(250)
  end
end)

scenario("a wrong RET or ENVID, or a second one, is refused with 501", {
  id = "rfc3461-5.1a-bad-501", level = "must", refs = { "RFC 3461 4.5" },
}, function()
  for _, params in ipairs { "RET=FOO", "RET=FULL RET=HDRS", "RET", "ENVID=a+zz", "ENVID=", "ENVID=a ENVID=b" } do
    check(params, function()
      local c = to.ready()
      c:send(mail(params)):expect { code = 501, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("NOTIFY and ORCPT are accepted", {
  id = "rfc3461-5.1b-rcpt-params", level = "must", refs = { "RFC 3461 4.1", "RFC 3461 4.2" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt() -- without parameters RCPT is taken
  local asked = "ORCPT=rfc822;" .. codec.xtext.encode(target.valid_rcpt)
  for _, params in ipairs { "NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE,DELAY", "NOTIFY=success", asked } do
    to.need(c:send("RSET"):reply(), 250, "RSET")
    to.need(c:send(mail("RET=HDRS")):reply(), 250, "MAIL")
    c:send(rcpt(params)):expect(taken)
  end
end)

scenario("a wrong NOTIFY or ORCPT, or a second one, is refused with 501", {
  id = "rfc3461-5.1b-bad-501", level = "should", refs = { "RFC 3461 4.5" }, requires = { "valid_rcpt" },
}, function()
  for _, params in ipairs {
    "NOTIFY=NEVER,SUCCESS", "NOTIFY=FOO", "NOTIFY=", "NOTIFY=NEVER NOTIFY=NEVER", "ORCPT=foo", "ORCPT=rfc822;a+zz",
    "ORCPT=rfc822;a@example.org ORCPT=rfc822;b@example.org",
  } do
    check(params, function()
      local c = to.rcpt()
      c:send(rcpt(params)):expect { code = { 501, 553 }, weak = "5xx" }
      to.alive(c)
    end)
  end
end)

scenario("parameters may be as long as the standard says", {
  id = "rfc3461-5.4-sizes", level = "must", refs = { "RFC 3461 5.4" }, requires = { "valid_rcpt" },
}, function()
  local c = to.proven()
  c:send(mail("ENVID=" .. ("x"):rep(100))):expect(250)
  c:send(rcpt(original(500))):expect(taken)
  c:send(rcpt("NOTIFY=SUCCESS,FAILURE,DELAY " .. original(500))):expect(taken)
end)

scenario("command lines may have 1036 octets", {
  id = "rfc3461-5.4-line-1036", level = "must", refs = { "RFC 3461 5.4" }, requires = { "valid_rcpt" },
}, function()
  local line = rcpt("NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;user@example.org")
  local c = to.rcpt()
  if not to.accepted(c:send(line .. " "):reply()) then -- spaces at the end of a line should be ignored (RFC 5321 4.1.1)
    skip("the server takes no spaces at the end of a line, with which one could be made so long")
  end
  c:send(line .. (" "):rep(1036 - #line - 2)):expect(taken)
end)

-- sent delivers a message to one who has sent it, with a text in all that a report may repeat, by which that is found.
local function sent(options)
  local c, marker = to.proven(), unique("dsn")
  local from = options.from or target.valid_rcpt
  local mail_line = ("MAIL FROM:<%s> RET=HDRS ENVID=%s"):format(from, marker)
  delivered.asked(c, mail_line, rcpt((options.notify or "") .. "ORCPT=rfc822;" .. marker .. "@example.org"))
  local text = to.message(marker):gsub("^From: <[^\r]*", "From: <" .. target.valid_rcpt .. ">")
  delivered.accepted(c, text)
  delivered.find(marker)
  return marker
end

-- report is what a report on a message is like. Some are none of the type that they should be.
local function report(marker)
  return { contains = marker, header = { ["Content-Type"] = "multipart/" }, within = delivered.patience }
end

-- reported gives the report on a message that was delivered.
local function reported()
  local marker = sent { notify = "NOTIFY=SUCCESS " }
  local list = mailbox.open():find(report(marker))
  if #list == 0 then
    inconclusive("there is no report")
  end
  return list[1].raw, marker, list[1].type
end

-- field is the value of a field of the report's machine-readable part.
local function field(raw, name)
  for line in raw:gmatch("[^\r\n]+") do
    if line:sub(1, #name + 1):lower() == name:lower() .. ":" then
      return (line:sub(#name + 2):gsub("^%s+", ""))
    end
  end
end

scenario("NOTIFY=SUCCESS has the sender told of the delivery", {
  id = "rfc3461-5.2.3-success", level = "must", refs = { "RFC 3461 5.2.3", "RFC 3464 2" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local message = mailbox.open():wait(report(sent { notify = "NOTIFY=SUCCESS " }))
  assert.equal("multipart/report", message.type, "the type of the report")
  assert.match("delivery%-status", message.params["report-type"] or "", "what the report is of")
  local action = (field(message.raw, "Action") or "none"):lower():match("^%a*")
  assert.contains({ "delivered", "relayed", "expanded" }, action, "what was done, by the report")
end)

scenario("a report has the parts and fields of one", {
  id = "rfc3464-2-report-format", level = "must", refs = { "RFC 3464 2", "RFC 6522 3" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local raw, _, kind = reported()
  assert.equal("multipart/report", kind, "the type of the report")
  assert.match("\n[Cc]ontent%-[Tt]ype:%s*message/[%w-]*delivery%-status", raw, "the report has no part for programs")
  assert.match("^%s*[%w-]+%s*;%s*%S", field(raw, "Reporting-MTA") or "none", "Reporting-MTA")
  assert.match("^%s*[%w-]+%s*;%s*%S", field(raw, "Final-Recipient") or "none", "Final-Recipient")
  assert.match("^2%.%d+%.%d+", field(raw, "Status") or "none", "Status")
  assert.match("^%a", field(raw, "Action") or "", "Action")
  local sender = field(raw, "Return-Path")
  assert.is_true(sender == nil or sender:match("^<%s*>") ~= nil, "the report has a sender, and should have none")
end)

scenario("without NOTIFY=SUCCESS nobody is told of a delivery", {
  id = "rfc3461-5.2.3-no-success", level = "must", refs = { "RFC 3461 5.2.3" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local markers = { sent { notify = "NOTIFY=FAILURE " }, sent { notify = "NOTIFY=NEVER " }, sent {} }
  sleep("1.5s")
  for _, marker in ipairs(markers) do
    local none = report(marker)
    none.within = 0.2
    mailbox.open():expect_none(none)
  end
end)

scenario("nobody is told of what the null sender has sent", {
  id = "rfc3461-5.2-null-no-dsn", level = "must", refs = { "RFC 3461 5.2" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local none = report(sent { from = "", notify = "NOTIFY=SUCCESS " })
  none.within = 2
  mailbox.open():expect_none(none)
end)

scenario("a report has the ENVID of the message", {
  id = "rfc3461-6.3-envid-echo", level = "must", refs = { "RFC 3461 6.3", "RFC 3464 2.2.1" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local raw, marker = reported()
  assert.equal(marker, field(raw, "Original-Envelope-Id"), "Original-Envelope-Id")
end)

scenario("a report has the ORCPT of the recipient", {
  id = "rfc3461-6.3-orcpt-echo", level = "must", refs = { "RFC 3461 6.3", "RFC 3464 2.3.1" }, tags = { "delivery" },
  requires = { "valid_rcpt", "mailbox" },
}, function()
  local raw, marker = reported()
  local echoed = (field(raw, "Original-Recipient") or "none"):gsub("%s", ""):lower()
  assert.equal(("rfc822;" .. marker .. "@example.org"):lower(), echoed, "Original-Recipient")
end)
