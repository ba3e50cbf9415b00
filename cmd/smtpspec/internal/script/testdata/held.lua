-- Of a test.

scenario("held", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("EHLO client.example"):expect(250)
  for _, keyword in ipairs {
    "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "8BITMIME", "XACK", "XMRG",
    "SIZE", "VERP", "DSN",
  } do
    assert.is_true(c:supports(keyword), keyword)
  end
  c:send("MAIL FROM:<a@example.org>")
  c:send("RCPT TO:<b@example.org>")
  c:send("DATA")
  c:expect(250, "2.1.0") -- MAIL FROM
  c:expect(250, "2.1.5") -- RCPT TO
  c:expect(354) -- DATA
  c:send_data([[
From: a


]]):expect(250, "2.6.0")
  c:send("QUIT"):expect(221, "2.0.0")
end)
