-- Every mechanism of the server, with the right password and with wrong ones. A login that works may relay: that the server's
-- first word was 235 would not show it.

for _, mechanism in ipairs { "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256" } do
  local needs = { requires = { "AUTH " .. mechanism } }

  scenario(mechanism .. " with the right password", needs, function()
    local c = smtp.session()
    c:auth(mechanism)
    c:send("AUTH " .. mechanism):expect(503, "5.5.1")
    c:mail(target.user)
    c:rcpt("somebody@" .. target.relay_domain)
    c:rset()
    c:quit()
  end)

  scenario(mechanism .. " with a wrong password", needs, function()
    local c = smtp.session()
    c:auth { mechanism = mechanism, password = "wrong", code = 535 }
    c:send("MAIL FROM:<>"):expect { 250, 530 } -- 530 where a login is demanded first
    c:send("RCPT TO:<somebody@" .. target.relay_domain .. ">"):expect("5xx")
    c:quit()
  end)

  scenario(mechanism .. " for a user who does not exist", needs, function()
    local c = smtp.session()
    c:auth { mechanism = mechanism, user = "nobody@" .. target.local_domain, code = 535 }
    c:quit()
  end)
end

scenario("auto takes the strongest", function()
  local c = smtp.session { auth = true }
  assert.contains(c.transcript, "AUTH SCRAM-SHA-256")
  c:quit()
end)

scenario("no password is in what is logged", function()
  local c = smtp.session { auth = true }
  local transcript = c.transcript
  for _, secret in ipairs { target.password, codec.base64.encode(target.password), codec.hex.encode(target.password) } do
    assert.is_nil(transcript:find(secret, 1, true))
    log("masked", secret)
  end
  c:quit()
end)
