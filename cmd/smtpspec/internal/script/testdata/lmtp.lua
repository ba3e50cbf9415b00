-- Of a test.

scenario("lmtp", function()
  local c = smtp.connect { lmtp = true }
  c:expect(220)
  c:send("LHLO client.example"):expect(250)
  c:send("MAIL FROM:<a@example.org>"):expect(250, "2.1.0")
  c:send("RCPT TO:<b@example.org>"):expect(250, "2.1.5")
  c:send("RCPT TO:<c@example.org>"):expect(250, "2.1.5")
  c:send("DATA"):expect(354)
  c:send_data([=[
Subject: x

]] and [[
]=]):expect(250, "2.0.0")
  c:expect(452, "4.2.2", "Over quota since") -- the message
  c:write("BDAT 5\r\nEHLO "):expect(503, "5.5.1")
  c:send("QUIT")
  c:close_write()
  c:expect(221, "2.0.0") -- QUIT
  c:expect_close()
end)
