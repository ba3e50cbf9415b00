-- Of a test.

scenario("nothing", { timeout = 105 }, function()
  local c = smtp.connect()
  c:send("NOOP")
  sleep(45)
  skip("nothing is known of what the server answers")
end)
