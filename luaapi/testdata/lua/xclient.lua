-- outcome: passed
-- server: S 220 one
-- server: C
-- server: S 220 two
-- server: C
-- server: S 250 forwarded
-- server: C
-- server: S 250 no
scenario("attributes", function()
  local c = smtp.connect()
  c:expect(220)
  assert.equal("two", c:xclient({ HELO = "a=b c+d", NAME = false, ADDR = "2001:db8::1", PORT = 25, LOGIN = "grün" }).text)
  c:xforward { SOURCE = "REMOTE", ADDR = "192.0.2.1", NAME = "[TEMPUNAVAIL]", X_OWN = "1", A_OWN = "IPV6:x" }
  c:send("NOOP"):expect(250)
  assert.contains(c.transcript, "\n> XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=25 HELO=a+3Db+20c+2Bd LOGIN=gr+C3+BCn\n")
  assert.contains(c.transcript, "\n> XFORWARD NAME=[TEMPUNAVAIL] ADDR=192.0.2.1 SOURCE=REMOTE A_OWN=IPV6:x X_OWN=1\n")
end)
-----
-- outcome: passed
-- server: S 220 one
-- server: C
-- server: S 220 two
-- server: C
-- server: S 220 three
scenario("in several commands", function()
  local c = smtp.connect()
  c:expect(220)
  local r = c:xclient { NAME = ("n"):rep(255), HELO = ("h"):rep(255) }
  assert.equal("three", r.text)
  assert.equal(3, #c.replies)
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 550 5.7.0 no
scenario("refused", function()
  local c = smtp.connect()
  c:expect(220)
  c:xclient { ADDR = "192.0.2.1" } -- want: "^expectation\nthe reply to XCLIENT is not the one wanted\n220\n550 5.7.0 no"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 220 hi
scenario("xforward wants 250", function()
  local c = smtp.connect()
  c:expect(220)
  c:xforward { ADDR = "192.0.2.1" } -- want: "^expectation\nthe reply to XFORWARD is not the one wanted\n250\n220 hi"
end)
-----
-- outcome: error
scenario("nothing", function()
  smtp.session():xclient {} -- want: "c:xclient: argument attributes: one attribute at least, as in"
end)
-----
-- outcome: error
scenario("a list", function()
  smtp.session():xclient { "NAME=x" } -- want: "c:xclient: argument attributes: names to values expected, .* got number 1"
end)
-----
-- outcome: error
scenario("no name", function()
  smtp.session():xforward { ["A B"] = "x" } -- want: "c:xforward: argument attributes: names to values expected, .* got string \"A B\""
end)
-----
-- outcome: error
scenario("true", function()
  smtp.session():xforward { NAME = true } -- want: "c:xforward: argument attributes: NAME: text, a number, or false for .UNAVAILABLE. expected, got boolean true"
end)
