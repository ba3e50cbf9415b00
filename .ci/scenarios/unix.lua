-- Over a UNIX socket (the fact socket), in the target's own protocol.

suite { name = "A UNIX socket", requires = { "socket" } }

local function session()
  return smtp.session { unix = target.socket, tls = "none" }
end

scenario("a message", function()
  local c = session()
  c:deliver { from = "", to = target.valid_rcpt, message = "Subject: by a socket\n\nHello.\n" }
  c:quit()
end)

scenario("TLS on it", { requires = { "STARTTLS" } }, function()
  local c = session()
  c:starttls { server_name = target.hostname }
  assert.is_true(c.tls.verified, c.tls.verify_error)
  c:ehlo()
  c:quit()
end)
