-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 250-2.1.0 one
-- server: S 250 2.1.0 two
-- server: C
-- server: S 550 5.7.1 no
-- server: C
-- server: S 250 ok
scenario("a reply", function()
  local c = smtp.connect()
  local r = c:expect(220)
  assert.equal(220, r.code)
  assert.is_nil(r.enhanced)
  assert.is_nil(r.ended)
  r = c:send("A"):expect("2xx", "2.1.0", "^2.1.0 one\n.*two$")
  assert.equal("2.1.0 one\n2.1.0 two", r.text)
  assert.same({ "2.1.0 one", "2.1.0 two" }, r.lines)
  assert.equal("250-2.1.0 one\r\n250 2.1.0 two\r\n", r.raw)
  assert.equal("2.1.0", r.enhanced)
  assert.is_true(r.elapsed >= 0 and r.elapsed < 30)
  assert.same({}, r.anomalies)
  assert.is_nil(r.recipients)
  assert.equal("250-2.1.0 one\n250 2.1.0 two", tostring(r))
  r = c:send("B"):expect({ 250, "55x", "close" }, "5.7.x")
  assert.equal(550, r.code)
  c:send("C"):expect { code = 250, text = "ok", within = "5s" }
end)
-----
-- outcome: failed
-- server: S 220 hi
scenario("code", function()
  smtp.connect():expect({ 250, "4xx", "close", "silence" }) -- want: "^expectation\nthe greeting is not the one wanted\n250, 4xx, a close or silence\n220 hi"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 550 5.7.1 no
scenario("enhanced", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("RCPT TO:<a@b>"):expect(550, "5.1.x") -- want: "^expectation\nthe reply to RCPT is not the one wanted\n550 with 5.1.x\n550 5.7.1 no"
end)
-----
-- outcome: failed
-- server: S 220 hi
scenario("text", function()
  smtp.connect():expect(220, nil, "ESMTP") -- want: "220 with text that matches \"ESMTP\"\n220 hi"
end)
-----
-- outcome: warned
-- server: S 503 no
scenario("weak", function()
  local r = smtp.connect():expect { code = 220, weak = "5xx" } -- want: "^expectation\nthe reply is not the one wanted, but is allowed with a warning\n220 .with a warning also 5xx.\n503 no"
  assert.equal(503, r.code)
end)
-----
-- outcome: failed
-- server: S 403 no
scenario("weaker still", function()
  smtp.connect():expect { code = 220, weak = "5xx" } -- want: "the greeting is not the one wanted\n220 .with a warning also 5xx.\n403 no"
end)
-----
-- outcome: failed
-- server: C
scenario("timeout", function()
  smtp.connect():expect { code = 220, within = "50ms" } -- want: "^timeout\nthe greeting did not come within 50ms\n220\nnothing within 50ms"
end)
-----
-- outcome: failed
-- server: C
-- limits: reply=50ms
scenario("the run's timeout", function()
  smtp.connect():expect(220) -- want: "^timeout\nthe greeting did not come within 50ms"
end)
-----
-- outcome: failed
-- server: C
-- limits: reply=5s
scenario("the connection's timeout", function()
  smtp.connect({ reply_timeout = 0.05 }):expect(220) -- want: "^timeout\nthe greeting did not come within 50ms"
end)
-----
-- outcome: failed
-- server: C
scenario("at once", function()
  smtp.connect():expect { code = 220, within = 0 } -- want: "^timeout\nthe greeting did not come within 0s"
end)
-----
-- outcome: passed
-- server: C
scenario("a reply at once", function()
  local c = smtp.connect()
  local r = c:reply(0)
  assert.equal("timeout", r.ended)
  assert.equal(0, r.code)
  assert.equal("", r.text)
  c:expect { code = "silence", within = 0 }
end)
-----
-- outcome: failed
-- server: SB 220-half
-- server: close
scenario("close in the middle", function()
  smtp.connect():expect("close") -- want: "^close\nthe server closed the connection where the greeting was awaited, in the middle of it\na close\n220-half\nthe connection was closed"
end)
-----
-- outcome: passed
-- server: close
scenario("close", function()
  local r = smtp.connect():expect { code = { 220, "close" }, enhanced = "2.0.0" }
  assert.equal("close", r.ended)
end)
-----
-- outcome: failed
-- server: C
-- server: reset
scenario("reset", function()
  smtp.connect():send("NOOP"):expect(220) -- want: "^reset\nthe server reset the connection where the greeting was awaited\n220\nthe connection was reset"
end)
-----
-- outcome: failed
-- server: S hello
scenario("garbage", function()
  smtp.connect():expect(220) -- want: "^garbage\nwhere the greeting was awaited came something that is no SMTP reply\n220\nhello"
end)
-----
-- outcome: passed
-- server: S hello
scenario("reply gives what there is", function()
  local r = smtp.connect():reply()
  assert.equal("garbage", r.ended)
  assert.equal("hello\r\n", r.raw)
end)
-----
-- outcome: passed
-- server: SB 220-one\n221 \200two\a\r\n
-- server: C
-- server: S 250
-- server: C
-- server: S 250-
-- server: S 250
-- server: C
-- server: S 250xok
scenario("anomalies", function()
  local c = smtp.connect()
  local r = c:reply()
  assert.equal(221, r.code)
  assert.contains(r.anomalies, "bare-lf")
  assert.contains(r.anomalies, "code-mismatch")
  assert.contains(r.anomalies, "8bit")
  assert.contains(r.anomalies, "control")
  assert.equal(221, c.greeting.code)
  assert.contains(c:send("A"):reply().anomalies, "no-text")
  c:send("B"):expect(250)
  assert.contains(c:send("C"):reply().anomalies, "no-space")
end)
-----
-- outcome: passed
-- server: C
-- server: S 250 late
scenario("silence, then the reply", function()
  local c = smtp.connect()
  c:expect { code = "silence", within = 0.02 }
  c:send("NOOP"):expect(250)
end)
-----
-- outcome: error
scenario("a code as text", function()
  smtp.connect():expect("220") -- want: "c:expect: write the code 220 as a number, without quotes"
end)
-----
-- outcome: error
scenario("a word", function()
  smtp.connect():expect("ok") -- want: "c:expect: \"ok\" is no reply code: write 250, \"2xx\", \"25x\", \"close\" or \"silence\""
end)
-----
-- outcome: error
scenario("a mask", function()
  smtp.connect():expect("2x0") -- want: "c:expect: \"2x0\" is no reply code"
end)
-----
-- outcome: error
scenario("a short number", function()
  smtp.connect():expect(22) -- want: "c:expect: 22 is no reply code: three digits make one"
end)
-----
-- outcome: error
scenario("nothing", function()
  smtp.connect():expect() -- want: "c:expect: argument code is missing: number or string or table"
end)
-----
-- outcome: error
scenario("a boolean", function()
  smtp.connect():expect(true) -- want: "c:expect: argument code: number or string or table expected, got boolean true"
end)
-----
-- outcome: error
scenario("an empty list", function()
  smtp.connect():expect({}) -- want: "c:expect: a list of codes expected, as in {550, 551, \"close\"}, or the options code, weak, enhanced, text, within"
end)
-----
-- outcome: error
scenario("a misspelt option", function()
  smtp.connect():expect { cod = 220 } -- want: "c:expect: unknown option \"cod\" .did you mean \"code\"\?"
end)
-----
-- outcome: error
scenario("a list with an option", function()
  smtp.connect():expect { 220, within = 1 } -- want: "c:expect: options are named, got number 220"
end)
-----
-- outcome: error
scenario("an option of a wrong type", function()
  smtp.connect():expect { code = 220, within = true } -- want: "c:expect: option within: duration expected .seconds, or text such as \"250ms\"., got boolean true"
end)
-----
-- outcome: error
scenario("a wrong code in a table", function()
  smtp.connect():expect { code = "two" } -- want: "c:expect: option code: \"two\" is no reply code"
end)
-----
-- outcome: error
scenario("a wrong weak", function()
  smtp.connect():expect { code = 220, weak = "weak" } -- want: "c:expect: option weak: \"weak\" is no reply code"
end)
-----
-- outcome: error
scenario("a wrong enhanced code", function()
  smtp.connect():expect(220, "ready") -- want: "c:expect: \"ready\" is no enhanced status code: write \"2.1.0\" or \"5.7.x\"; a pattern for the text comes after it"
end)
-----
-- outcome: error
scenario("too many", function()
  smtp.connect():expect({ code = 220 }, "2.0.0") -- want: "c:expect: nothing comes after the table of requirements"
end)
-----
-- outcome: error
scenario("a bad pattern", function()
  smtp.connect():expect(220, nil, "(") -- want: "c:expect: text: pattern \"\(\": unfinished capture"
end)
-----
-- outcome: skipped skipped passed failed
-- server: S 220 hi
-- server: C
-- server: S 451-4.7.1 later
-- server: S 451 4.7.1 please
scenario("a policy in the way", function() -- reason: "the server's policy is in the way: the reply to RCPT is 451-4.7.1 later / 451 4.7.1 please"
  local c = smtp.connect { policy = { 421, "45x" } }
  c:expect(220)
  c:send("RCPT TO:<a@b>"):expect { code = 250, weak = "4xx" }
end)
scenario("it holds in sugar and is final", function() -- reason: "4.7.1 please"
  local c = smtp.connect { policy = 451 }
  c:expect(220)
  pcall(function() c:rset() end)
end)
scenario("what is expected is right", function()
  local c = smtp.connect { policy = "4xx" }
  c:expect(220)
  c:send("RCPT TO:<a@b>"):expect("45x")
end)
scenario("and any other wrong", function()
  local c = smtp.connect { policy = 421 }
  c:expect(220)
  c:send("RCPT TO:<a@b>"):expect(250) -- want: "is not the one wanted"
end)
-----
-- outcome: error
scenario("a wrong policy", function()
  smtp.connect { policy = "greylist" } -- want: "smtp.connect: option policy: \"greylist\" is no reply code"
end)
