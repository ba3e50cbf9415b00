-- RFC 5321 2.2: the extension model.

local to = require "to"

suite { name = "RFC 5321: extension model", tags = { "core" }, refs = { "RFC 5321 2.2" } }

scenario("parameters after HELO are met with patience", {
  id = "rfc5321-2.2.1-params-need-ehlo", level = "required", refs = { "RFC 5321 2.2.1", "RFC 5321 4.1.1.2" },
}, function()
  to.smtp()
  local c = to.greeting()
  to.need(c:send("HELO " .. target.ehlo):reply(), 250, "HELO")
  local reply = c:send("MAIL FROM:<" .. to.sender() .. "> SIZE=100"):expect { code = { 250, 501, 503, 555 }, weak = "5xx" }
  to.lenient(reply, "parameters after HELO")
  to.alive(c)
end)

scenario("8BITMIME is supported", {
  id = "rfc5321-2.4-8bitmime-offered", level = "should", refs = { "RFC 5321 2.4" },
}, function()
  local c = to.greeting { policy = to.wary }
  c:send(to.hello(to.name)):expect(250)
  if not c:supports("8BITMIME") then
    note("8BITMIME is not offered")
  end
end)

scenario("a limit of the message size is told by SIZE", {
  id = "rfc5321-4.5.3.1.7-size-offered", level = "should", refs = { "RFC 5321 4.5.3.1.7" },
}, function()
  local c = to.greeting { policy = to.wary }
  c:send(to.hello(to.name)):expect(250)
  if not c:supports("SIZE") then
    note("SIZE is not offered; whether the server has a limit was not tried")
  end
end)

scenario("an unknown parameter of private use is refused", {
  id = "rfc5321-2.2.2-xparam", level = "required", refs = { "RFC 5321 2.2.2", "RFC 5321 4.1.1.11" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM:<" .. to.sender() .. "> XFOO=1"):expect { code = { 250, 501, 555 }, weak = "5xx" }
  to.lenient(reply, "the unknown parameter XFOO=1")
  to.alive(c)
end)
