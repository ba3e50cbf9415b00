-- outcome: passed
scenario("options", function()
  local c = smtp.connect { host = "127.0.0.1", port = target.port, tls = "none", ehlo = "me.example", auth = false, lmtp = false,
    source = "127.0.0.1", connect_timeout = 5, reply_timeout = "5s", tls_options = {}, optional = false }
  c:expect(220)
  assert.equal("me.example", (c:ehlo() and c.transcript:match("EHLO (%S+)")))
  assert.match("^127.0.0.1:%d+$", c.local_address)
  assert.equal("127.0.0.1:" .. target.port, c.remote_address)
  assert.match("^smtp.Conn 127.0.0.1:%d+$", tostring(c))
end)
-----
-- outcome: passed
scenario("session", function()
  local c = smtp.session()
  assert.equal(220, c.greeting.code)
  assert.is_nil(c.tls)
  assert.is_true(c:supports("pipelining"))
  assert.equal(2, #c.replies)
  assert.equal(250, c.replies[2].code)
  c:quit()
end)
-----
-- outcome: passed
-- set: tls=starttls
scenario("session with STARTTLS", function()
  local c = smtp.session()
  assert.is_not_nil(c.tls)
  assert.is_false(c:supports("STARTTLS"))
  c:noop()
end)
-----
-- outcome: passed
scenario("session with TLS from the start", function()
  local c = smtp.session { port = tonumber(target.smtps_port), tls = "implicit" }
  assert.is_not_nil(c.tls)
  c:noop()
end)
-----
-- outcome: passed
scenario("session with auth", function()
  local c = smtp.session { tls = "starttls", auth = true }
  c:noop()
end)
-----
-- outcome: passed
scenario("connect with TLS from the start", function()
  local c = smtp.connect { port = tonumber(target.smtps_port), tls = "implicit" }
  c:expect(220)
end)
-----
-- outcome: failed
-- server: 554 no
-- server: S 554 no service
scenario("a refusal of session is a failed expectation", function()
  smtp.session() -- want: "^expectation\nthe greeting is not the one wanted\n220\n554 no service"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 502 no
scenario("a refusal of EHLO", function()
  smtp.session() -- want: "^expectation\nthe reply to EHLO is not the one wanted\n250\n502 no"
end)
-----
-- outcome: error
-- set: port=1
scenario("a refused connect is an error", function()
  smtp.connect() -- want: "^refused\n127.0.0.1:1 refused the connection: nothing listens there, or a firewall rejects"
end)
-----
-- outcome: error
-- set: port=1
scenario("a refused session is an error", function()
  smtp.session() -- want: "^refused\n127.0.0.1:1 refused the connection"
end)
-----
-- outcome: error
-- set: port=1
scenario("pcall does not undo it", function()
  pcall(smtp.connect) -- want: "^refused\n"
  assert(true)
end)
-----
-- outcome: passed
-- set: port=1
scenario("optional", function()
  local c, why = smtp.connect { optional = true }
  assert.is_nil(c)
  assert.equal("refused", why)
  c, why = smtp.session { optional = true }
  assert.is_nil(c)
  assert.equal("refused", why)
end)
-----
-- outcome: passed
-- server: S 220 hi
scenario("optional with TLS that is none", function()
  local c, why = smtp.connect { optional = true, tls = "implicit" }
  assert.is_nil(c)
  assert.equal("tls", why)
end)
-----
-- outcome: passed
-- set: host=nosuch.invalid
scenario("optional without an address", function()
  local c, why = smtp.connect { optional = true, connect_timeout = 5 }
  assert.is_nil(c)
  assert.equal("unreachable", why)
end)
-----
-- outcome: failed
-- server: closing
scenario("a later connect that fails is a failed expectation", function()
  smtp.connect():expect_close()
  smtp.connect() -- want: "^refused\n.* refused the connection: .*; an earlier connection came about"
end)
-----
-- outcome: error
scenario("an unknown option", function()
  smtp.connect { prot = 25 } -- want: "smtp.connect: argument options: unknown option \"prot\" .did you mean \"port\"\?"
end)
-----
-- outcome: error
scenario("an unknown option of session", function()
  smtp.session { aut = true } -- want: "smtp.session: argument options: unknown option \"aut\" .did you mean \"auth\"\?"
end)
-----
-- outcome: error
scenario("host", function()
  smtp.connect("127.0.0.1") -- want: "smtp.connect: argument options: table expected, got string \"127.0.0.1\""
end)
-----
-- outcome: error
scenario("host and port", function()
  smtp.connect({ host = "a" }, 25) -- want: "smtp.connect takes one argument, got 2"
end)
-----
-- outcome: error
scenario("port as text", function()
  smtp.connect { port = "25" } -- want: "option port: whole number expected, got string \"25\""
end)
-----
-- outcome: error
scenario("port out of range", function()
  smtp.connect { port = 70000 } -- want: "smtp.connect: option port: a number from 1 to 65535 expected, got 70000"
end)
-----
-- outcome: error
scenario("tls", function()
  smtp.connect { tls = "ssl" } -- want: "smtp.connect: option tls: \"ssl\" is not one of none, starttls, implicit"
end)
-----
-- outcome: error
scenario("tls as a boolean", function()
  smtp.connect { tls = true } -- want: "option tls: string expected, got boolean true"
end)
-----
-- outcome: error
scenario("tls_options", function()
  smtp.connect { tls_options = { verfy = false } } -- want: "option tls_options: unknown option \"verfy\" .did you mean \"verify\"\?"
end)
-----
-- outcome: error
scenario("timeouts", function()
  smtp.connect { connect_timeout = 0 } -- want: "smtp.connect: option connect_timeout: more than nothing is needed"
end)
-----
-- outcome: error
scenario("reply timeouts", function()
  smtp.connect { reply_timeout = 0 } -- want: "smtp.connect: option reply_timeout: more than nothing is needed"
end)
-----
-- outcome: error
scenario("source", function()
  smtp.connect { source = "not an address" } -- want: "smtp.connect: option source: \"not an address\" is no IP address"
end)
-----
-- outcome: error
-- Reading nothing is connect's way.
scenario("closed", function()
  local c = smtp.connect()
  c:expect(220)
  c:close()
  c:close()
  c:abort()
  assert.is_not_nil(c.greeting)
  c:send("NOOP") -- want: "c:send: the connection was closed by the script"
end)
-----
-- outcome: warned
scenario("bytes that nobody read, at the end", function()
  local c = smtp.connect() -- want: "^unread\nthe server said more than the scenario read\n\n220 mx.demo.test"
  while c.unread == "" do sleep(0.01) end
  assert.match("^220 ", c.unread)
end)
-----
-- outcome: warned
scenario("bytes that nobody read, at a close", function()
  local c = smtp.connect()
  while c.unread == "" do sleep(0.01) end
  assert.match("^220 ", c.unread)
  c:close() -- want: "^unread\n"
end)
-----
-- outcome: passed
scenario("abort does not warn", function()
  local c = smtp.connect()
  while c.unread == "" do sleep(0.01) end
  assert.match("^220 ", c.unread)
  c:abort()
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: SB 250-a\r\n250
-- server: wait 50ms
-- server: S  b
-- server: C
-- server: S 250 next
scenario("lines and bytes", function()
  local c = smtp.connect()
  assert.equal("220 hi\r\n", c:read_line())
  c:send("NOOP")
  assert.equal("250-", c:read(4))
  assert.equal("a\r\n", c:read_line(5))
  assert.equal("250 b\r\n", c:read(7, "5s"))
  local text, why = c:read_line(0.05)
  assert.equal("", text)
  assert.equal("timeout", why)
  c:write("NO"):write("OP\r\n", { secret = true })
  c:expect(250)
end)
-----
-- outcome: passed
-- server: SB 220 half
-- server: close
scenario("what came and the reason", function()
  local c = smtp.connect()
  local text, why = c:read_line()
  assert.equal("220 half", text)
  assert.equal("close", why)
  text, why = c:read(5)
  assert.equal("close", why)
  assert.equal("fin", c.closed_by)
end)
-----
-- outcome: error
scenario("read of nothing", function()
  smtp.connect():read(0) -- want: "c:read: argument n: a number from 1 to \d+ expected, got 0"
end)
-----
-- outcome: error
scenario("read of text", function()
  smtp.connect():read("all") -- want: "c:read: argument n: whole number expected, got string \"all\""
end)
-----
-- outcome: error
scenario("send with a line end", function()
  smtp.connect():send("NOOP\r\n") -- want: "c:send: the line has a CR in it; c:write sends bytes as they are"
end)
-----
-- outcome: error
scenario("send with LF", function()
  smtp.connect():send("A\nB") -- want: "c:send: the line has a LF in it"
end)
-----
-- outcome: error
scenario("send with NUL", function()
  smtp.connect():send("A\0B") -- want: "c:send: the line has a NUL in it"
end)
-----
-- outcome: error
scenario("send of a number", function()
  smtp.connect():send(25) -- want: "c:send: argument line: string expected, got number 25"
end)
-----
-- outcome: error
scenario("send with too much", function()
  smtp.connect():send("RCPT TO:", "<a@b>") -- want: "c:send: argument options: table expected, got string \"<a@b>\""
end)
-----
-- outcome: error
scenario("send's option", function()
  smtp.connect():send("AUTH x", { secrt = true }) -- want: "c:send: argument options: unknown option \"secrt\" .did you mean \"secret\"\?"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C 2
-- server: S 250 ok
scenario("secrets are masked in the transcript", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("XTOKEN hunter2hunter2", { secret = true })
  c:send("NOOP")
  c:expect(250)
  assert.is_nil(c.transcript:find("hunter2"))
  assert.match("> NOOP\n", c.transcript)
  assert.match("< 220 hi\n", c.transcript)
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 221 bye
-- server: close
scenario("closes", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("QUIT"):expect(221)
  c:expect_close(5)
  assert.equal("fin", c.closed_by)
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: reset
scenario("a reset is a close", function()
  local c = smtp.connect()
  c:expect(220)
  c:send("NOOP")
  c:expect_close()
  assert.equal("reset", c.closed_by)
end)
-----
-- outcome: failed
-- server: S 220 hi
scenario("expect_close, but it speaks", function()
  smtp.connect():expect_close() -- want: "^expectation\nthe server spoke where it should have closed the connection\na close, with nothing said\n220 hi"
end)
-----
-- outcome: failed
-- server: C
scenario("expect_close, but it stays", function()
  smtp.connect():expect_close("50ms") -- want: "^timeout\nthe server did not close the connection within 50ms\na close, with nothing said\nthe connection was open after 50ms"
end)
-----
-- outcome: passed
-- server: C
scenario("silence", function()
  smtp.connect():expect_silence(0.05)
end)
-----
-- outcome: failed
-- server: S 220 hi
scenario("silence, but it speaks", function()
  smtp.connect():expect_silence(5) -- want: "^silence\nthe server spoke where it should have been silent\nsilence for 5 s, the connection open\n220 hi"
end)
-----
-- outcome: failed
-- server: close
scenario("silence, but it closes", function()
  smtp.connect():expect_silence(5) -- want: "^close\nthe server ended the connection where it should have kept it open"
end)
-----
-- outcome: error
scenario("silence needs a time", function()
  smtp.connect():expect_silence() -- want: "c:expect_silence: argument seconds is missing: duration"
end)
-----
-- outcome: passed
scenario("half-close", function()
  local c = smtp.session()
  c:send("NOOP")
  c:close_write()
  c:expect(250)
  c:expect { code = { 421, "close" }, within = 5 }
end)
-----
-- outcome: error
scenario("stop_tls in clear", function()
  smtp.connect():stop_tls() -- want: "c:stop_tls: the connection is not in TLS"
end)
-----
-- outcome: error
scenario("reply within a word", function()
  smtp.connect():reply("soon") -- want: "c:reply: argument within: \"soon\" is not a duration"
end)
