-- RFC 8314: TLS where mail is submitted. TLS itself is in rfc9325.

local delivered = require "delivered"
local tls = require "tls"
local to = require "to"

suite { name = "RFC 8314: TLS for submission", tags = { "core", "submission" }, refs = { "RFC 8314 3.3" } }

scenario("TLS comes before the greeting", {
  id = "rfc8314-3.3-implicit-tls", level = "required",
}, function()
  local c = tls.implicit()
  c:expect_silence(1)
  c:handshake { verify = false }
  c:expect { 220, "4xx", "5xx" }
end)

-- opened is connected to a port, or notes that nobody is there.
local function opened(port)
  local c = smtp.connect { port = port, tls = "none", optional = true }
  if not c then
    note(("port %d is not open"):format(port))
  end
  return c
end

scenario("mail is submitted in TLS from the beginning, and with STARTTLS", {
  id = "rfc8314-3.3-both", level = "should", refs = { "RFC 9325 3.2" },
}, function()
  to.smtp()
  local implicit, explicit = tls.port("smtps_port", 465), tls.port("submission_port", 587)
  if target.tls == "implicit" then
    implicit = target.port
  elseif to.submits() then
    explicit = target.port
  elseif not target("smtps_port") and not target("submission_port") then
    skip("mail is not submitted to the target; the facts smtps_port and submission_port say where else it is")
  end
  if not implicit or not explicit then
    skip("one of both ports is not known; the facts smtps_port and submission_port name them")
  end
  local c = opened(implicit)
  if c and not c:handshake { verify = false, expect = "any" } then
    note(("port %d does not begin with TLS"):format(implicit))
  elseif c then
    c:abort()
  end
  c = opened(explicit)
  if c and to.need(c:reply(), 220, "the connection") and not tls.hello(c).STARTTLS then
    note(("STARTTLS is not offered on port %d"):format(explicit))
  end
  assert.is_true(true) -- what is missing is a choice that one can make
end)

scenario("STARTTLS is not offered where all is in TLS", {
  id = "rfc8314-3.3-no-starttls-465", level = "must", refs = { "RFC 3207 4.2" },
}, function()
  assert.is_false(tls.submissions():supports("STARTTLS"), "STARTTLS is offered in TLS")
end)

scenario("AUTH is offered where mail is submitted in TLS", {
  id = "rfc8314-3.3-auth-465", level = "must",
}, function()
  local c = tls.submissions()
  if not c:supports("AUTH") and target.tls ~= "implicit" and not tls.offers("AUTH") then
    skip("the server offers AUTH nowhere")
  end
  assert.is_true(c:supports("AUTH"), "AUTH is not offered")
end)

scenario("the server ends TLS before it closes the connection", {
  id = "rfc8314-3.4-close-notify", level = "should", refs = { "RFC 8314 3.4", "RFC 8446 6.1" },
}, function()
  local c = tls.up()
  c:send("QUIT"):expect(221)
  c:expect_close()
  if c.closed_by ~= "close_notify" then
    note("the server closes the connection without close_notify")
  end
end)

scenario("in clear a right password is refused like a wrong one", {
  id = "rfc8314-4.1-cleartext-auth-same", level = "must", refs = { "RFC 8314 4.1" },
  requires = { "user", "password", "STARTTLS" },
}, function()
  local replies = {}
  for i, password in ipairs { target.password, "wrong-" .. unique() } do
    local c = tls.clear()
    if c:supports("AUTH", "PLAIN") then
      skip("the server takes passwords in clear")
    end
    local login = codec.base64.encode("\0" .. target.user .. "\0" .. password)
    replies[i] = c:send("AUTH PLAIN " .. login):expect { "2xx", "4xx", "5xx" }
    c:abort()
    if i == 1 and replies[1].code == 235 then
      skip("the server takes passwords in clear, and does not say so")
    end
  end
  assert.equal(replies[2].code, replies[1].code, "the code for the right password")
  assert.equal(replies[2].enhanced, replies[1].enhanced, "the enhanced code for the right password")
end)

scenario("no certificate is asked for where none is of use", {
  id = "rfc8314-4.2-no-client-cert-request", level = "must", refs = { "RFC 8314 4.2" },
}, function()
  local c = tls.submissions()
  assert.is_not_nil(c.tls)
  if not c.tls.client_certificate_requested then
    return
  elseif c:supports("AUTH", "EXTERNAL") or target("cert") then
    note("the server asks for a certificate, with which one may log in")
  else -- some offer EXTERNAL to nobody but who has shown one
    warn("the server asks for a certificate, and offers no login with one")
  end
end)

scenario("the trace tells how TLS was done", {
  id = "rfc8314-4.3-received-tls", level = "should", tags = { "delivery" }, refs = { "RFC 8314 4.3" },
  requires = { "STARTTLS", "valid_rcpt", "mailbox" },
}, function()
  local c = tls.up()
  to.login(c)
  local received = delivered.message(to.again(c)):header("Received")
  if not received then
    inconclusive("the message has no trace")
  end
  assert.is_true(#received > 0)
  if not received:find("%f[%w]tls%s+[%w_-]") then
    note("the trace has no clause tls" .. (received:find("TLS", 1, true) and ", and tells of TLS in a comment" or ""))
  end
end)

scenario("the certificate is valid where mail is submitted", {
  id = "rfc8314-4.4-cert-valid", level = "must", refs = { "RFC 8314 4.4", "RFC 7817" },
}, function()
  if target("tls_verify") == false or not target("ca") and tls.loopback() then
    skip("nobody says who signs the certificate (fact ca)")
  end
  local c
  if to.submits() then
    c = tls.before()
  else
    c = tls.implicit()
  end
  c:handshake { verify = false, server_name = target("hostname", target.host) }
  c:abort()
  assert.is_true(c.tls.verified, "the certificate is not valid: " .. (c.tls.verify_error or ""))
end)
