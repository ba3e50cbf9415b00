-- Of a test.

scenario("session", { requires = { "user", "password" } }, function()
  local c = smtp.connect()
  c:expect(220)
  c:send("EHLO client.example"):expect(250)
  for _, keyword in ipairs {
    "PIPELINING", "SIZE", "VRFY", "ETRN", "STARTTLS", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN",
    "SMTPUTF8", "CHUNKING",
  } do
    assert.is_true(c:supports(keyword), keyword)
  end
  c:starttls()
  c:send("EHLO client.example"):expect(250)
  for _, keyword in ipairs { "PIPELINING", "AUTH" } do
    assert.is_true(c:supports(keyword), keyword)
  end
  c:auth("PLAIN")
  c:send("MAIL FROM:<a@example.org>"):expect(250, "2.1.0")
  c:send("RCPT TO:<b@example.org>"):expect(554, "5.7.1", "Relay access denied")
  c:send("RCPT TO:<c@example.net>"):expect(250, "2.1.5")
  c:send("DATA"):expect(354)
  c:send_data([[
Subject: hello

Hello.
.
]]):expect(250, "2.0.0")
  -- the password was ‹password›
  -- lost: a password that was sent here
  c:send("NOOP ‹password›"):expect(250, "2.0.0")
  c:send("QUIT"):expect(221, "2.0.0")
  c:expect_close()
end)
