-- RFC 5321 4.4, 7.2: what a server writes on top of a message, Received and Return-Path, and what it must not tell there.

local delivered = require "delivered"
local to = require "to"

suite {
  name = "RFC 5321: trace", tags = { "delivery" }, refs = { "RFC 5321 4.4" }, requires = { "valid_rcpt", "mailbox" },
}

local from = "MAIL FROM:<" .. to.sender() .. ">"
local rcpt = "RCPT TO:<" .. target("valid_rcpt", "") .. ">"

-- fields gives the values of all fields of a name, in order.
local function fields(message, name)
  return message:header_values(name)
end

-- stamp is the Received of the server that took the message from us: others are above it, of programs that it went through.
local function stamp(message)
  local list = fields(message, "Received")
  if #list == 0 then
    inconclusive("the message has no Received")
  end
  return list[#list]
end

-- clause gives the word that follows another in a Received, where comments do not count.
local function clause(received, word)
  local text = " " .. received:gsub("%b()", " "):gsub(";.*", " ") .. " "
  return text:lower():match("%s" .. word .. "%s+(%S+)")
end

scenario("Received is added above the header", {
  id = "rfc5321-4.4-received-added", level = "must", refs = { "RFC 5321 4.1.1.4" },
}, function()
  local stamped = false
  local message = delivered.message(to.data())
  for _, field in ipairs(message.headers) do
    local name = field.name:lower()
    stamped = stamped or name == "received"
    assert.is_true(stamped or name ~= "from", "no Received stands above the fields of the message")
  end
  local seen = {}
  for _, received in ipairs(fields(message, "Received")) do
    assert.is_nil(seen[received], "the same Received is there twice: " .. received)
    seen[received] = true
  end
end)

scenario("Received has the client's name and address", {
  id = "rfc5321-4.4-received-from", level = "must",
}, function()
  local received = stamp(delivered.message(to.data { ehlo = to.name }))
  assert.match("^from%s", received:lower(), "Received has no FROM")
  local client = received:gsub("%sby%s.*", "")
  if not client:lower():find(to.name, 1, true) then
    warn("Received does not have the name of EHLO, " .. to.name .. ": " .. client)
  end
  if not (client:find("%d+%.%d+%.%d+%.%d+") or client:find("%x*:%x*:%x")) then
    warn("Received does not have the client's address: " .. client)
  end
end)

scenario("Received has the server's name", {
  id = "rfc5321-4.4-received-by", level = "required",
}, function()
  assert.is_not_nil(clause(stamp(delivered.message(to.data())), "by"), "Received has no BY")
end)

scenario("Received has a date of today's form", {
  id = "rfc5321-4.4-received-date", level = "must", refs = { "RFC 5322 3.3" },
}, function()
  local date = stamp(delivered.message(to.data())):match(".*;%s*(.-)%s*$")
  assert.is_not_nil(date, "Received has no date")
  date = date:gsub("%s*%b()", "")
  local zone = date:gsub("^%a%a%a,%s*", ""):match("^%d%d?%s+%a%a%a%s+%d%d%d%d%s+%d%d:%d%d:?%d*%s+(%S+)$")
  assert.is_not_nil(zone, "no date of RFC 5322: " .. date)
  if not zone:find("^[+-]%d%d%d%d$") then
    warn("the zone is no number: " .. date)
  end
  local off = mail.parse("Date: " .. date .. "\r\n\r\n").date - time.now()
  if math.abs(off) > 300 then
    warn(("the date is %d s from ours: %s"):format(off, date))
  end
end)

-- copies has sent a message to two recipients, in one order or the other, and gives it, and the address that its copy must not
-- tell.
local function copies(other_first)
  local other = "RCPT TO:<" .. target.valid_rcpt2 .. ">"
  local c = to.proven()
  delivered.asked(c, from, other_first and other or rcpt, other_first and rcpt or other)
  local message = delivered.message(c, function(marker)
    return (to.message(marker):gsub("To: [^\r]*", "To: undisclosed-recipients:;", 1))
  end)
  if target.protocol == "lmtp" then
    c:reply() -- that for the second
  end
  local all = " " .. table.concat(message.envelope and message.envelope.to or {}, " "):lower() .. " "
  local first, second = target.valid_rcpt:lower(), target.valid_rcpt2:lower()
  local is_second = all:find(" " .. second .. " ", 1, true) and not all:find(" " .. first .. " ", 1, true)
  return message, is_second and first or second
end

scenario("Received tells of one recipient at most", {
  id = "rfc5321-4.4-received-for-single", level = "must", refs = { "RFC 5321 7.2" }, requires = { "valid_rcpt2" },
}, function()
  for _, other_first in ipairs { false, true } do
    local message, other = copies(other_first)
    stamp(message)
    for _, received in ipairs(fields(message, "Received")) do
      local paths = received:gsub("%b()", " "):gsub(";.*", ""):match("%s[Ff][Oo][Rr]%s(.*)") or ""
      local _, count = paths:gsub("@", "")
      assert.is_true(count <= 1, "FOR has several addresses: " .. received)
      assert.is_nil(received:lower():find(other, 1, true), "Received tells of another recipient: " .. received)
    end
  end
end)

scenario("the header tells of no other recipient", {
  id = "rfc5321-7.2-no-bcc-leak", level = "should", refs = { "RFC 5321 7.2" }, requires = { "valid_rcpt2" },
}, function()
  local message, other = copies()
  for _, field in ipairs(message.headers) do
    if field.name:lower() ~= "received" then -- another check's
      assert.is_nil(field.raw:lower():find(other, 1, true), "another recipient is told of: " .. field.raw)
    end
  end
end)

-- Names of protocols in IANA's registry "Mail Transmission Types", without the letters for TLS and AUTH.
local protocols = { SMTP = true, ESMTP = true, LMTP = true, UTF8SMTP = true, UTF8LMTP = true }

-- with requires that a message is stamped with a protocol.
local function with(c, want)
  local got = clause(stamp(delivered.message(c)), "with")
  if not got then
    note("Received has no WITH")
    return
  end
  got = got:upper()
  assert.is_true(protocols[got] or protocols[got:gsub("S?A?$", "")] or false, got .. " is no registered protocol")
  assert.equal(want, got, "the protocol in Received")
end

-- session is the name for a connection, which may have logged in.
local function session(c)
  local name = target.protocol == "lmtp" and "LMTP" or "ESMTP"
  return name .. (c.tls and "S" or "") .. (c.transcript:find("> AUTH", 1, true) and "A" or "")
end

scenario("Received has the protocol of the session", {
  id = "rfc5321-4.4-received-with", level = "should", refs = { "RFC 5321 4.4", "RFC 3848" },
}, function()
  local c = to.data()
  check("as it is", function() with(c, session(c)) end)
  if session(c) == "ESMTP" then -- anybody may send, and in clear
    check("HELO", function()
      local old = to.greeting()
      to.need(old:send("HELO " .. to.name):reply(), 250, "HELO")
      with(delivered.asked(old, from, rcpt), "SMTP")
    end)
    local tls = to.secure()
    if tls.tls then
      check("TLS", function() with(delivered.asked(tls, from, rcpt), session(tls)) end)
    end
  end
  if target("user") and target("password") and to.secure():supports("AUTH") then
    check("AUTH", function()
      local known = to.auth()
      with(delivered.asked(known, from, rcpt), session(known))
    end)
  end
end)

scenario("older Received are kept as they were", {
  id = "rfc5321-4.4-received-preserved", level = "must",
}, function()
  local old = {}
  for i = 1, 3 do
    old[i] = ("Received: from a%d.example.org (a%d.example.org [192.0.2.%d])\r\n\tby b%d.example.org  with ESMTP id Old%d;\r\n\t%s")
      :format(i, i, i, i, i, time.date(time.now() - 60 * i))
  end
  local message = delivered.message(to.data(), function(marker)
    return table.concat(old, "\r\n") .. "\r\n" .. to.message(marker)
  end)
  local kept = {}
  for _, field in ipairs(message.headers) do
    if field.name:lower() == "received" then
      kept[#kept + 1] = delivered.plain(field.raw):gsub("\n$", "")
    end
  end
  for i = 1, 3 do
    assert.equal(delivered.plain(old[i]), kept[#kept - 3 + i], "the last Received but " .. 3 - i)
  end
end)

scenario("Return-Path is the sender, and stands first", {
  id = "rfc5321-4.4-return-path", level = "must",
}, function()
  local c = to.data()
  local message = delivered.message(c)
  local path, want = message:header("Return-Path"), "<" .. to.sender() .. ">"
  assert.is_not_nil(path, "there is no Return-Path")
  if c.transcript:find("> AUTH", 1, true) and path:lower() ~= want:lower() then
    note("the server has put the user in the sender's place: " .. path)
  else
    assert.equal(want:lower(), path:lower(), "Return-Path")
  end
  for _, field in ipairs(message.headers) do
    local name = field.name:lower()
    if name == "return-path" then break end
    assert.is_true(name ~= "received" and name ~= "from", name .. " stands above Return-Path")
  end
end)

scenario("Return-Path is empty for the null sender", {
  id = "rfc5321-4.4-return-path-null", level = "required",
}, function()
  local message = delivered.message(delivered.asked(to.proven(), "MAIL FROM:<>", rcpt))
  assert.equal("<>", message:header("Return-Path"), "Return-Path")
end)

scenario("there is one Return-Path, and it is not the client's", {
  id = "rfc5321-4.4-return-path-single", level = "should",
}, function()
  local message = delivered.message(to.data(), function(marker)
    return "Return-Path: <forged@example.net>\r\n" .. to.message(marker)
  end)
  assert.equal(1, #fields(message, "Return-Path"), "the number of Return-Path")
  assert.is_nil(message:header("Return-Path"):find("forged", 1, true), "Return-Path is the client's")
end)

scenario("what is accepted is delivered, and once", {
  id = "rfc5321-3.3-accepted-is-delivered", level = "must", refs = { "RFC 5321 2.1", "RFC 5321 4.2.5", "RFC 5321 6.1" },
}, function()
  local marker = unique("accepted")
  delivered.accepted(to.data(), to.message(marker))
  local query = { header = { Subject = marker }, within = delivered.patience }
  mailbox.open():wait(query)
  sleep(1)
  assert.equal(1, #mailbox.open():find(query), "how often it was delivered")

  if target("valid_rcpt2") then -- and not to the first of several alone
    local second = unique("accepted")
    local c = delivered.asked(to.proven(), from, "RCPT TO:<" .. target.valid_rcpt2 .. ">", rcpt)
    delivered.accepted(c, to.message(second))
    c:abort() -- LMTP has more to say
    mailbox.open():wait { header = { Subject = second }, to = target.valid_rcpt, within = delivered.patience }
  end
end)
