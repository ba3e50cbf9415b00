-- EXTERNAL: the certificate that we show in the TLS handshake is our login. The fact cert has it, and its key; without it there is
-- nothing to log in with.

suite { name = "EXTERNAL", refs = { "RFC 4422 A" } }

if not target("cert") then
  scenario("is of no use without a certificate", function()
    local c = smtp.session()
    c:auth { mechanism = "EXTERNAL", authzid = target.user, code = "5xx" }
    c:quit()
  end)
  return
end

scenario("logs in as the certificate's user", { requires = { "tls:AUTH EXTERNAL" } }, function()
  local c = smtp.session()
  assert.is_true(c.tls.client_certificate_requested)
  c:auth { mechanism = "EXTERNAL", authzid = target.user }
  c:mail(target.user)
  c:rcpt("somebody@" .. target.relay_domain)
  c:quit()
end)

scenario("does so without an initial response", function()
  local c = smtp.session()
  c:auth { mechanism = "EXTERNAL", authzid = target.user, initial_response = false }
  c:quit()
end)

scenario("does not log in as somebody else", function()
  local c = smtp.session()
  c:auth { mechanism = "EXTERNAL", authzid = target.valid_rcpt2, code = 535 }
  c:quit()
end)
