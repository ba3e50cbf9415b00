-- outcome: passed
scenario("in pieces", function()
  local c = smtp.session()
  c:write("NOOP\r\nNOOP\r\n", { pieces = { 1, 1, 5 }, gap = "5ms" })
  c:expect(250)
  c:expect(250)
  c:write("NOOP\r\n", { pieces = { 6 }, secret = true }):expect(250)
  assert.contains(c.transcript, "* what follows goes out in pieces: 1, 1, 5, the rest; 5ms apart\n> NOOP\n> NOOP\n")
end)
-----
-- outcome: passed
-- set: tls=starttls
scenario("in records", function()
  local c = smtp.session()
  c:write("NOOP\r\n", { pieces = { 1, 1, 1 }, gap = 0.001 }):expect(250)
end)
-----
-- outcome: error
scenario("too much", function()
  smtp.session():write("NOOP\r\n", { pieces = { 5, 2 } }) -- want: "c:write: option pieces: item 2: the pieces have more than the 6 bytes that there are"
end)
-----
-- outcome: error
scenario("too little", function()
  smtp.session():write("NOOP\r\n", { pieces = { 1, 0 } }) -- want: "c:write: option pieces: item 2: 1 byte at least, got 0"
end)
-----
-- outcome: error
scenario("halves", function()
  smtp.session():write("NOOP\r\n", { pieces = { 1.5 } }) -- want: "option pieces: item 1: whole number expected, got number 1.5"
end)
-----
-- outcome: error
scenario("a gap alone", function()
  smtp.session():write("NOOP\r\n", { gap = 1 }) -- want: "c:write: option gap: it lies between pieces, which are missing"
end)
-----
-- outcome: error
-- limits: scenario=200ms
scenario("a gap that is longer than the scenario", function()
  smtp.session():write("NOOP\r\n", { pieces = { 1 }, gap = 60 }) -- want: "^scenario-timeout\n.*waiting for the server to take what was written"
end)
