-- RFC 8689: REQUIRETLS.

local tls = require "tls"
local to = require "to"

suite { name = "RFC 8689: REQUIRETLS", tags = { "core" }, refs = { "RFC 8689 2" } }

-- offering is in TLS, and may begin a transaction, where the server offers REQUIRETLS.
local function offering()
  local c = tls.up()
  if not c:supports("REQUIRETLS") then
    skip("the server does not offer REQUIRETLS in TLS")
  end
  return to.admit(c)
end

scenario("REQUIRETLS is offered in TLS alone", {
  id = "rfc8689-2-only-in-tls", level = "must", requires = { "STARTTLS" },
}, function()
  local clear, secure = tls.clear().caps.REQUIRETLS, tls.up().caps.REQUIRETLS
  if not clear and not secure then
    skip("the server does not offer REQUIRETLS")
  end
  assert.is_not_nil(secure, "REQUIRETLS is offered in clear, and not in TLS")
  assert.equal("", secure, "the parameter of REQUIRETLS in the reply to EHLO")
  if clear then
    warn("REQUIRETLS is offered in clear, too")
  end
end)

scenario("MAIL takes REQUIRETLS, without a value", {
  id = "rfc8689-2-mail-param", level = "required",
}, function()
  local c = offering()
  local mail = "MAIL FROM:<" .. to.sender() .. "> REQUIRETLS"
  check("without a value", function()
    c:send(mail):expect(250)
    c:rset()
  end)
  check("with a value", function()
    c:send(mail .. "=yes"):expect { code = 501, weak = "5xx" }
    to.alive(c)
  end)
end)

scenario("MAIL does not take REQUIRETLS in clear", {
  id = "rfc8689-2-clear-refused", level = "must",
}, function()
  if target.tls == "implicit" then
    skip("the target is in TLS from the beginning")
  end
  local c = to.clear()
  local reply = c:send("MAIL FROM:<" .. to.sender() .. "> REQUIRETLS"):expect { 250, 530, "5xx" }
  to.doubtful(reply, "REQUIRETLS in clear")
  to.alive(c)
end)
