-- Of a test.

scenario("odd", function()
  local c = smtp.connect { tls = "implicit" }
  assert.same({ "bare-lf" }, c:expect(220).anomalies)
  assert.same({ "no-text" }, c:send("HELO x"):expect(250).anomalies)
  c:write("NOOP\r\nNOOP\r\n")
  assert.same({ "code-mismatch" }, c:expect(251).anomalies)
  assert.match("^what is that%? %S+ %S+ %S+ %S+ %S+ %S+\r\n$", c:read_line())
  sleep("250ms")
  c:expect_silence(2)
  local c2 = smtp.connect { tls = "none" }
  c2:expect(220)
  c2:send("DATA"):expect { code = 503, text = "Bad sequence of commands" }
  c:write("NUL\0here\r\n")
  assert.equal("500-no\r\n", c:read_line())
  assert.equal("50", c:read(2))
  c:close()
  c2:expect("2xx")
  c2:send("NOOP"):expect("25x")
  c2:write("junk")
  c2:expect_close()
  -- lost: what no file can say: see the source
end)
