-- outcome: passed
scenario("starttls", function()
  local c = smtp.session()
  local r = c:starttls()
  assert.equal(220, r.code)
  assert.same({}, c.caps)
  assert.match("^1%.[23]$", c.tls.version)
  assert.match("^TLS_", c.tls.cipher)
  assert.is_nil(c.tls.alpn)
  assert.is_nil(c.tls.server_name)
  assert.equal("boolean", type(c.tls.verified))
  assert.equal("boolean", type(c.tls.resumed))
  assert.is_true(c.tls.client_certificate_requested)
  local cert = c.tls.peer_certificates[1]
  assert.is_not_nil(cert.subject)
  assert.is_not_nil(cert.issuer)
  assert.contains(cert.names, "mx.demo.test")
  assert.is_true(cert.not_before < time.now() and cert.not_after > time.now())
  assert.match("^%x+$", cert.fingerprint)
  assert.equal(64, #cert.fingerprint)
  assert.match("^%u", cert.key)
  assert.match("smtp.TLS", tostring(c.tls))
  c:ehlo()
  assert.is_false(c:supports("STARTTLS"))
end)
-----
-- outcome: passed
scenario("options", function()
  local c = smtp.session()
  c:starttls { verify = true, ca = target.ca, server_name = "mx.demo.test", min = "1.2", max = "1.2", ciphers = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" }, alpn = {}, expect = "ok" }
  assert.equal("1.2", c.tls.version)
  assert.is_true(c.tls.verified)
  assert.is_nil(c.tls.verify_error)
  assert.equal("mx.demo.test", c.tls.server_name)
  c:ehlo()
end)
-----
-- outcome: passed
scenario("a CA from a file beside the scenario", function()
  local c = smtp.session()
  local r, why = c:starttls { verify = true, ca = "lib/ca.pem", server_name = "mx.demo.test", expect = "any" }
  assert.is_nil(r)
  assert.match("^certificate: ", why)
end)
-- file: lib/ca.pem
-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn+dNuaTAKBggqhkjOPQQDAjASMRAw
DgYDVQQKEwdBY21lIENvMB4XDTE3MTAyMDE5NDMwNloXDTE4MTAyMDE5NDMwNlow
EjEQMA4GA1UEChMHQWNtZSBDbzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD0d
7VNhbWvZLWPuj/RtHFjvtJBEwOkhbN/BnnE8rnZR8+sbwnc/KhCk3FhnpHZnQz7B
5aETbbIgmuvewdjvSBSjYzBhMA4GA1UdDwEB/wQEAwICpDATBgNVHSUEDDAKBggr
BgEFBQcDATAPBgNVHRMBAf8EBTADAQH/MCkGA1UdEQQiMCCCDmxvY2FsaG9zdDo1
NDUzgg4xMjcuMC4wLjE6NTQ1MzAKBggqhkjOPQQDAgNIADBFAiEA2zpJEPQyz6/l
Wf86aX6PepsntZv2GYlA5UpabfT2EZICICpJ5h/iI+i341gBmLiAFQOyTDT+/wQc
6MF9+Yw1Yy0t
-----END CERTIFICATE-----
-----
-- outcome: failed
scenario("a certificate that is not good", function()
  local c = smtp.session()
  c:starttls { verify = true, server_name = "other.example" } -- want: "^tls\n" "a TLS handshake\n" "the TLS option server_name is the name that the certificate has to be for"
end)
-----
-- outcome: passed
scenario("any", function()
  local c = smtp.session()
  local ok, why = c:starttls { verify = true, server_name = "other.example", expect = "any" }
  assert.is_nil(ok)
  assert.match("^certificate: ", why)
  c = smtp.session()
  assert.is_true((c:starttls { expect = "any" }))
end)
-----
-- outcome: passed
scenario("refused", function()
  local c = smtp.session()
  local ok, why = c:starttls { max = "1.1", expect = "refused" }
  assert.is_true(ok)
  assert.match("^alert: ", why)
end)
-----
-- outcome: failed
scenario("refused, but it is not", function()
  local c = smtp.session()
  c:starttls { expect = "refused" } -- want: "^tls\nthe handshake succeeded\nthe handshake refused by alert, close or reset\nthe handshake succeeded"
end)
-----
-- outcome: passed
scenario("handshake alone, and back", function()
  local c = smtp.connect()
  c:expect(220)
  c:ehlo()
  c:send("STARTTLS"):expect(220)
  assert.is_true(c:handshake())
  c:ehlo()
  c:stop_tls()
  assert.is_nil(c.tls)
  c:close()
end)
-----
-- outcome: error
scenario("twice", function()
  local c = smtp.session()
  c:starttls()
  c:starttls() -- want: "c:starttls: the connection is in TLS already"
end)
-----
-- outcome: error
scenario("handshake twice", function()
  local c = smtp.session { tls = "starttls" }
  c:handshake() -- want: "c:handshake: the connection is in TLS already"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 250-hi
-- server: S 250 STARTTLS
-- server: C
-- server: S 220 go
-- server: S 250 not TLS
-- limits: reply=2s
scenario("no TLS", function()
  local c = smtp.session()
  c:starttls() -- want: "^tls\n"
end)
-----
-- outcome: error
scenario("version", function()
  smtp.session():starttls { min = "TLS1.2" } -- want: "c:starttls: option min: \"TLS1.2\" is no TLS version: write \"1.0\", \"1.1\", \"1.2\" or \"1.3\""
end)
-----
-- outcome: error
scenario("version as a number", function()
  smtp.session():starttls { max = 1.2 } -- want: "c:starttls: argument options: option max: string expected, got number 1.2"
end)
-----
-- outcome: error
scenario("min above max", function()
  smtp.session():starttls { min = "1.3", max = "1.2" } -- want: "c:starttls: option min is above option max"
end)
-----
-- outcome: error
scenario("ciphers", function()
  smtp.session():starttls { ciphers = { "TLS_RSA_WITH_RC4_128_SHB" } } -- want: "c:starttls: option ciphers: unknown cipher suite \"TLS_RSA_WITH_RC4_128_SHB\" .did you mean \"TLS_RSA_WITH_RC4_128_SHA\"\?"
end)
-----
-- outcome: error
scenario("ciphers of 1.3", function()
  smtp.session():starttls { ciphers = { "TLS_AES_128_GCM_SHA256" } } -- want: "c:starttls: option ciphers: TLS_AES_128_GCM_SHA256 is a suite of TLS 1.3, which cannot be chosen here"
end)
-----
-- outcome: error
scenario("expect", function()
  smtp.session():starttls { expect = "okay" } -- want: "c:starttls: option expect: \"okay\" is not one of ok, refused, any"
end)
-----
-- outcome: error
scenario("ca that is not there", function()
  smtp.session():starttls { ca = "nothing.pem" } -- want: "c:starttls: option ca: .*nothing.pem: no such file"
end)
-----
-- outcome: error
scenario("ca that is none", function()
  smtp.session():starttls { ca = "bad.pem" } -- want: "c:starttls: ca: there is no certificate in PEM form in it"
end)
-- file: bad.pem
nothing
-----
-- outcome: error
scenario("cert without its key", function()
  smtp.session():starttls { cert = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", key = "-----BEGIN X-----" } -- want: "c:starttls: cert and key: they are no pair in PEM form"
end)
-----
-- outcome: error
scenario("an unknown field", function()
  local c = smtp.session { tls = "starttls" }
  print(c.tls.verison) -- want: "smtp.TLS has no field or method \"verison\" .did you mean \"version\"\?"
end)
-----
-- outcome: error
scenario("an unknown field of a certificate", function()
  local c = smtp.session { tls = "starttls" }
  print(c.tls.peer_certificates[1].subjct) -- want: "smtp.Certificate has no field or method \"subjct\" .did you mean \"subject\"\?"
end)
-----
-- outcome: error
scenario("session's options", function()
  smtp.session { tls = "implicit", tls_options = { min = "2.0" }, port = tonumber(target.smtps_port) } -- want: "smtp.session: option min: \"2.0\" is no TLS version"
end)
-----
-- outcome: error
-- set: cert=/nowhere/cert.pem
scenario("the fact cert", function()
  assert.equal("/nowhere/cert.pem", target.cert)
  smtp.session():starttls() -- want: "c:starttls: fact cert: /nowhere/cert.pem: no such file"
end)
-----
-- outcome: error
-- set: key=/nowhere/key.pem
-- set: cert=-----BEGIN CERTIFICATE-----
scenario("the fact key", function()
  assert.equal("/nowhere/key.pem", target.key)
  smtp.session():starttls() -- want: "c:starttls: fact key: .*: no such file"
end)
