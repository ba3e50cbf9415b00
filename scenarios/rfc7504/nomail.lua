-- RFC 7504, RFC 7505: hosts and domains that take no mail.

local to = require "to"

suite { name = "RFC 7504 and 7505: no mail here" }

scenario("a host that never takes mail greets with 521", {
  id = "rfc7504-3-521-greeting", level = "should", refs = { "RFC 7504 3" }, tags = { "core" }, requires = { "no_mail" },
}, function()
  smtp.connect():expect(521)
end)

scenario("a host that has greeted with 521 says it again, or goodbye", {
  id = "rfc7504-3-521-then", level = "may", refs = { "RFC 7504 3" }, tags = { "core" },
}, function()
  local c = smtp.connect()
  local greeting = c:reply()
  if greeting.code ~= 521 then
    skip("the server greets with " .. greeting.code)
  end
  if not c:send(to.hello()):expect({ 521, 503, "close" }).ended then
    c:send("QUIT"):expect { 221, 521, "close" }
  end
end)

local function nobody()
  return "nobody@" .. target.null_mx_domain
end

scenario("a recipient whose domain takes no mail is refused with 556", {
  id = "rfc7505-4.1-nullmx-rcpt-556", level = "should", refs = { "RFC 7505 4.1", "RFC 7504 4" }, tags = { "submission" },
  requires = { "user", "password", "null_mx_domain" },
}, function()
  local c = to.auth()
  to.need(c:send("MAIL FROM:<" .. to.sender() .. ">"):reply(), 250, "MAIL")
  c:send("RCPT TO:<" .. nobody() .. ">"):expect(556, c:supports("ENHANCEDSTATUSCODES") and "5.1.10" or nil)
end)

scenario("a sender whose domain takes no mail is accepted, or refused with 550", {
  id = "rfc7505-4.1-nullmx-from-550", level = "should", refs = { "RFC 7505 4.1" }, tags = { "core" },
  requires = { "null_mx_domain" },
}, function()
  local c = to.ready()
  local reply = c:send("MAIL FROM:<" .. nobody() .. ">"):expect { 250, 550 }
  if reply.code == 550 and c:supports("ENHANCEDSTATUSCODES") then
    assert.equal("5.7.27", reply.enhanced, "the enhanced code is not that for a null MX")
  end
end)
