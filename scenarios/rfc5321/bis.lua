-- draft-ietf-emailcore-rfc5321bis-44, which is to replace RFC 5321, and an erratum: where they say more, and what stays.

local eod = require "eod"
local grammar = require "grammar"
local tour = require "tour"
local to = require "to"

suite { name = "RFC 5321bis", tags = { "bis" }, refs = { "draft-ietf-emailcore-rfc5321bis-44" } }

scenario("CRLF alone ends a line, and who meets another may refuse it", {
  id = "bis-2.3.8-crlf", level = "must", refs = { "RFC 5321 2.3.8", "RFC 5321 4.1.1.4" }, requires = { "valid_rcpt" },
}, function()
  for name, octets in pairs { LF = "\n.\n", CR = "\r.\r" } do
    check("a dot between " .. name, function() eod.none(octets) end)
  end
end)

scenario("the codes are known ones, 521 and 556 included", {
  id = "bis-521-556", level = "required", refs = { "RFC 7504 3", "RFC 7504 4" },
}, function()
  local seen = 0
  tour.take(function(reply)
    seen = seen + 1
    if not grammar.is_code(reply.code) then
      note(("no RFC has the code %d"):format(reply.code))
    end
  end)
  assert.greater(seen, 0, "no reply was seen")
end)

scenario("a quoted local part is not empty", {
  id = "bis-quoted-nonempty", level = "required", refs = { "RFC 5321 4.1.2 (erratum 5414)" }, requires = { "local_domain" },
}, function()
  local c = to.open()
  local reply = c:send('RCPT TO:<""@' .. target.local_domain .. ">")
    :expect { code = { 250, 251, 501, 550, 553 }, weak = "5xx" }
  to.lenient(reply, "an empty quoted local part")
  to.alive(c)
end)

scenario("a source route is overlooked, or refused", {
  id = "bis-source-route", level = "should", refs = { "RFC 5321 4.1.1.3", "RFC 5321 F.2" }, requires = { "valid_rcpt" },
}, function()
  local c = to.rcpt()
  local reply = c:send("RCPT TO:<@hop.example.org:" .. target.valid_rcpt .. ">")
    :expect { code = { 250, 251, 501, 550, 551, 553, 554 }, weak = "5xx" }
  if not to.accepted(reply) then
    note("the server refuses source routes: " .. reply.code)
  end
  to.alive(c)
end)
