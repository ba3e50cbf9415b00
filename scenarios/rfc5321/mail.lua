-- RFC 5321 3.3, 4.1.1.2: MAIL, which begins a transaction.

local to = require "to"

suite { name = "RFC 5321: MAIL", tags = { "core" }, refs = { "RFC 5321 4.1.1.2" } }

local function mail(path)
  return "MAIL FROM:<" .. (path or to.sender()) .. ">"
end

local function rcpt()
  return "RCPT TO:<" .. target.valid_rcpt .. ">"
end

-- another is a sender besides to.sender().
local another = "another@" .. to.sender():match("[^@]*$")

scenario("MAIL is accepted", {
  id = "rfc5321-4.1.1.2-mail-250", level = "required", refs = { "RFC 5321 3.3" },
}, function()
  local c = to.ready()
  if c:send(mail()):expect(target("from") and 250 or { 250, 550, 554 }).code ~= 250 then
    c:send("MAIL FROM:<>"):expect(250) -- which is not for the server to dislike
    inconclusive("the server does not like " .. to.sender() .. ": the fact from may name another sender")
  end
end)

scenario("the null reverse-path is accepted", {
  id = "rfc5321-3.6.3-mail-null", level = "must", refs = { "RFC 5321 3.6.3", "RFC 1123 5.2.9" },
  requires = { "valid_rcpt" },
}, function()
  local c = to.proven() -- from another sender it is taken
  c:send("MAIL FROM:<>"):expect(250)
  c:send(rcpt()):expect { 250, 251 }
end)

scenario("MAIL within a transaction is out of sequence", {
  id = "rfc5321-4.1.4-nested-mail-503", level = "must", refs = { "RFC 5321 3.3", "RFC 5321 4.1.4" },
  requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  if c:send(mail(another)):expect({ code = { 250, 503 }, weak = "5xx" }).code == 250 then
    note("MAIL begins a new transaction, as one may read RFC 5321 3.3")
    c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
  else
    c:send(rcpt()):expect { 250, 251 }
  end
end)

scenario("MAIL within a transaction, where it is accepted, forgets the recipients", {
  id = "rfc5321-3.3-nested-mail-clears", level = "required", refs = { "RFC 5321 3.3" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  if not to.accepted(c:send(mail(another)):reply()) then
    skip("it is not accepted")
  end
  c:send("DATA"):expect { code = { 503, 554 }, weak = "5xx" }
end)

scenario("MAIL that is refused begins nothing", {
  id = "rfc5321-4.1.4-bad-mail-501-state", level = "must", refs = { "RFC 5321 4.1.4" }, requires = { "valid_rcpt" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM:<a@@>"):expect { code = { 250, 501, 553 }, weak = "5xx" }
  to.doubtful(reply, "the sender a@@")
  if not to.accepted(reply) then
    c:send(rcpt()):expect { code = 503, weak = "5xx" }
  end
end)

scenario("MAIL before EHLO is out of sequence", {
  id = "rfc5321-4.1.4-mail-before-ehlo", level = "required", refs = { "RFC 5321 4.1.1.1", "RFC 5321 4.1.4" },
}, function()
  local c = to.greeting()
  to.doubtful(c:send(mail()):expect { code = { 250, 503 }, weak = "5xx" }, "MAIL before EHLO")
end)

scenario("a path without angle brackets is met with patience", {
  id = "rfc5321-3.3-mail-no-brackets", level = "required", refs = { "RFC 5321 3.3", "RFC 5321 4.1.2" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM:" .. to.sender()):expect { code = { 250, 500, 501, 553, 555 }, weak = "5xx" }
  to.lenient(reply, "a path without angle brackets")
  to.alive(c)
end)

-- What the grammar has no place for is refused, or else accepted without harm.
local function wrong(line, codes)
  check(line, function()
    local c = to.ready()
    to.doubtful(c:send(line):expect { code = { 250, unpack(codes) }, weak = "5xx" }, line)
    to.alive(c)
  end)
end

scenario("a path with one angle bracket is wrong", {
  id = "rfc5321-4.1.2-mail-unclosed", level = "required", refs = { "RFC 5321 4.1.2" },
}, function()
  wrong("MAIL FROM:<" .. to.sender(), { 500, 501, 553, 555 })
  wrong("MAIL FROM:" .. to.sender() .. ">", { 500, 501, 553, 555 })
end)

scenario("text right after the path is wrong", {
  id = "rfc5321-4.1.2-mail-junk-after", level = "required", refs = { "RFC 5321 4.1.2" },
}, function()
  wrong(mail() .. "xyz", { 500, 501, 503, 553, 555 })
end)

scenario("a parameter right after the path is wrong", {
  id = "rfc5321-4.1.2-mail-param-nospace", level = "required", refs = { "RFC 5321 4.1.2" },
}, function()
  wrong(mail() .. "SIZE=100", { 500, 501, 553, 555 })
end)

scenario("an unknown parameter is answered with 555", {
  id = "rfc5321-4.1.1.11-mail-unknown-param-555", level = "required", refs = { "RFC 5321 4.1.1.11" },
}, function()
  wrong(mail() .. " FOO=bar", { 555 })
end)

scenario("an unknown parameter without a value is answered with 555", {
  id = "rfc5321-4.1.1.11-mail-unknown-flag-555", level = "required", refs = { "RFC 5321 4.1.1.11" },
}, function()
  wrong(mail() .. " FOO", { 555 })
end)

scenario("what is no parameter is wrong", {
  id = "rfc5321-4.1.2-esmtp-param-syntax", level = "required", refs = { "RFC 5321 4.1.2" },
}, function()
  for _, text in ipairs { "=x", "FOO=", "F@O=1", "SIZE=1=2" } do
    wrong(mail() .. " " .. text, { 501, 555 })
  end
end)

scenario("a sender is accepted, refused for now or refused for good", {
  id = "rfc5321-3.3-mail-fail-class", level = "must", refs = { "RFC 5321 3.3" },
}, function()
  local c = to.ready { policy = { 421, 530 } }
  c:send("MAIL FROM:<x@nonexistent.invalid>"):expect { "2xx", "4xx", "5xx" }
  to.alive(c)
end)

scenario("one session has several transactions", {
  id = "rfc5321-4.5.1-mail-multi-per-session", level = "required", refs = { "RFC 5321 4.1.4" }, requires = { "valid_rcpt" },
}, function()
  local c = to.data()
  to.need(c:send_data(to.message("the first of two")):reply(), 250, "the message")
  c:send(mail()):expect(250)
  c:send(rcpt()):expect { 250, 251 }
  c:send("DATA"):expect(354)
  c:send_data(to.message("the second of two")):expect(250)
end)
