-- STARTTLS: what the server says before and after, and what it can be held to once the line is encrypted.
--
-- "STARTTLS" in requires is asked of the server once a run: where it is not offered, these scenarios are skipped and say so.

suite { name = "STARTTLS", tags = { "tls" }, refs = { "RFC 3207" }, requires = { "STARTTLS" } }

-- A connection that has been greeted and has said EHLO, still in clear.
local function hello()
  local c = smtp.connect()
  c:expect(220)
  c:ehlo()
  return c
end

scenario("is offered in clear and not in TLS", { refs = { "RFC 3207 4.2" } }, function()
  local c = hello()
  assert.is_true(c:supports("STARTTLS"), "offered in clear")
  assert.is_nil(c.tls)

  c:send("STARTTLS"):expect(220)
  c:handshake { min = "1.2" }

  c:ehlo() -- the server has forgotten the first one
  assert.is_false(c:supports("STARTTLS"), "offered in TLS")
  c:quit()
end)

scenario("negotiates a modern version, with a certificate of today", function()
  local c = hello()
  c:starttls { verify = false }

  log("TLS " .. c.tls.version .. " with " .. c.tls.cipher)
  assert.contains({ "1.2", "1.3" }, c.tls.version)

  local certificate = c.tls.peer_certificates[1]
  assert.less(certificate.not_before, time.now(), "valid already")
  assert.greater(certificate.not_after, time.now(), "valid still")
end)

scenario("shows a certificate that the CA has signed", { requires = { "ca" } }, function()
  local c = hello()
  c:starttls() -- on a loopback host a bad certificate does not break the handshake by itself
  assert.is_true(c.tls.verified, c.tls.verify_error)
end)

-- CVE-2011-0411: what came in clear behind STARTTLS must not be obeyed as if it had come through TLS. A server may refuse the
-- command, end the connection, or forget what came too early.
scenario("obeys nothing that was sent in clear behind it", { level = "security" }, function()
  local c = hello()
  local r = c:write("STARTTLS\r\nNOOP\r\n"):expect { 220, "5xx" }
  if r.code == 220 and c:handshake { expect = "any" } then
    c:expect_silence("300ms") -- no reply to the NOOP
  end
end)

-- A client must not ask again; what a server says to one that does is not laid down, but it cannot be 220.
scenario("is refused in TLS", { level = "should" }, function()
  local c = hello()
  c:starttls()
  c:ehlo()
  c:send("STARTTLS"):expect("5xx")
  c:quit()
end)
