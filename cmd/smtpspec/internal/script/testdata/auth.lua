-- Of a test.

scenario("auth", { requires = { "user", "password", "user2", "user2_password", "token" } }, function()
  local c = smtp.connect()
  c:expect(220)
  c:send("AUTH FOO"):expect(504, "5.5.4", "Unrecognized authentication type")
  c:send("AUTH PLAIN !"):expect(501, "5.5.2", "cannot decode")
  c:send("AUTH LOGIN"):expect(334)
  c:send("*"):expect(501, "5.0.0", "cancelled")
  c:auth { mechanism = "LOGIN", password = "wrong", initial_response = true, code = 535 }
  c:send("NOOP"):expect(250, "2.0.0")
  c:auth("CRAM-MD5")
  c:send("AUTH NTLM ="):expect(504, "5.5.4")
  -- lost: an exchange of AUTH GSSAPI, with credentials that no file may hold
  c:auth { mechanism = "PLAIN", user = target.user2, password = target.user2_password }
  c:send("MAIL FROM:<carol@example.org>"):expect(250, "2.1.0")
  local c2 = smtp.connect()
  c2:expect(220)
  c2:auth { mechanism = "XOAUTH2", code = "close" }
  c2:expect_close()
end)
