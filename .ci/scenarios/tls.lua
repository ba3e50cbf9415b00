-- TLS against a server whose certificate our own CA has signed. On loopback a bad certificate breaks no handshake, so what the
-- verification found is looked at.

suite { name = "TLS" }

-- A connection on which the server awaits a handshake, or that is in TLS from the start.
local function connect()
  local c = smtp.connect()
  if not c.tls then
    c:expect(220)
    c:ehlo()
    c:send("STARTTLS"):expect(220)
  end
  return c
end

scenario("the certificate is the CA's", function()
  local c = connect()
  if not c.tls then
    c:handshake()
  end
  assert.is_true(c.tls.verified, c.tls.verify_error)
  assert.contains(c.tls.peer_certificates[1].names, target.hostname)
end)

for _, version in ipairs { "1.2", "1.3" } do
  scenario("TLS " .. version .. " alone", { requires = { "STARTTLS" } }, function()
    local c = connect()
    c:handshake { min = version, max = version, server_name = target.hostname }
    assert.equal(version, c.tls.version)
    assert.is_true(c.tls.verified, c.tls.verify_error)
    c:ehlo()
    c:quit()
  end)
end

for _, version in ipairs { "1.0", "1.1" } do
  scenario("TLS " .. version .. " is refused", { requires = { "STARTTLS" } }, function()
    local c = connect()
    c:handshake { max = version, expect = "refused" }
  end)
end

scenario("another name is no name of the certificate", { requires = { "STARTTLS" } }, function()
  local c = connect()
  c:handshake { server_name = "mail.example.org", verify = false }
  assert.is_false(c.tls.verified)
  c:ehlo()
  c:quit()
end)

scenario("garbage in place of a handshake", { requires = { "STARTTLS" } }, function()
  local c = connect()
  c:write("this is no ClientHello\r\n")
  c:expect { code = { "close", "5xx" } }
end)
