-- Of a test.

scenario("messages", function()
  local c = smtp.connect()
  c:send("DATA")
  c:expect(354)
  c:send_data("")
  c:expect(250, "2.0.0") -- DATA
  c:send_data([[
.
..
no line end
]])
  c:expect(250, "2.0.0") -- the message
  c:write("bare\nline end\r\n..x\r\n.\r\n")
  c:expect(250, "2.0.0") -- the message
  c:send_data("trailing blank \n\n")
  c:expect(421, "4.4.2", "timeout exceeded") -- the message
  c:expect_close()
end)
