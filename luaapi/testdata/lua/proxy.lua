-- outcome: passed
-- server: C
-- server: S 220 hi
-- server: C
-- server: S 221 bye
-- server: close
scenario("the header is written before the greeting is read", function()
  local c = smtp.connect { proxy = { version = 1, command = "proxy", family = "tcp4", source = "192.0.2.1:25000", destination = "198.51.100.7:25" } }
  c:expect(220)
  c:quit()
  assert.match("\n> PROXY TCP4 192.0.2.1 198.51.100.7 25000 25\n< 220 hi\n> QUIT\n", c.transcript)
end)
-----
-- outcome: passed
-- server: C 3
-- server: S 220 hi
-- server: close
scenario("version 2 is in words, too", function()
  local c = smtp.connect { proxy = { version = 2, source = "192.0.2.1:25000", tlvs = { [0x02] = "mx.example" }, crc32c = true } }
  c:expect(220)
  assert.match("\n%* PROXY protocol version 2, PROXY, tcp4 from 192.0.2.1:25000 to 127.0.0.1:" .. target.port .. ", TLV 0x02 of 10 bytes, CRC32C\n", c.transcript)
end)
-----
-- outcome: error
-- server: C
scenario("our own address is of another family", function()
  smtp.connect { proxy = { version = 1, source = "[2001:db8::1]:25" } } -- want: "smtp.connect: option proxy: source .2001:db8::1.:25 and destination 127.0.0.1:\d+ are of two families"
end)
-----
-- outcome: error
scenario("an unknown option", function()
  smtp.connect { proxy = { versoin = 1 } } -- want: "option proxy: unknown option \"versoin\" .did you mean \"version\"\?"
end)
-----
-- outcome: error
scenario("no version", function()
  smtp.connect { proxy = { source = "192.0.2.1:25" } } -- want: "^lua\nsmtp.connect: option proxy: version is missing: 1 or 2"
end)
-----
-- outcome: error
scenario("another version", function()
  smtp.connect { proxy = { version = 3 } } -- want: "^lua\nsmtp.connect: option proxy: version: 1 or 2 expected, got 3"
end)
-----
-- outcome: error
scenario("a command", function()
  smtp.connect { proxy = { version = 2, command = "lokal" } } -- want: "^lua\nsmtp.connect: option proxy: command: \"lokal\" is not one of proxy, local .did you mean \"local\"\?"
end)
-----
-- outcome: error
scenario("a family", function()
  smtp.connect { proxy = { version = 2, family = "tcp5" } } -- want: "^lua\nsmtp.connect: option proxy: family: \"tcp5\" is not one of unknown, tcp4, .*did you mean"
end)
-----
-- outcome: error
scenario("an address without a port", function()
  smtp.connect { proxy = { version = 1, source = "192.0.2.1" } } -- want: "^lua\nsmtp.connect: option proxy: source: \"192.0.2.1\" is no address with a port, as in"
end)
-----
-- outcome: error
scenario("two families", function()
  smtp.connect { proxy = { version = 1, source = "192.0.2.1:25", destination = "[::1]:25" } } -- want: "^lua\nsmtp.connect: option proxy: source 192.0.2.1:25 and destination \[::1\]:25 are of two families"
end)
-----
-- outcome: error
scenario("addresses of the wrong family", function()
  smtp.connect { proxy = { version = 2, family = "tcp6", destination = "192.0.2.1:25" } } -- want: "^lua\nsmtp.connect: option proxy: source: 192.0.2.1:25 is no address of the family tcp6"
end)
-----
-- outcome: error
scenario("local with an address", function()
  smtp.connect { proxy = { version = 2, command = "local", source = "192.0.2.1:25" } } -- want: "^lua\nsmtp.connect: option proxy: the command local and the family unknown carry no addresses; raw writes any bytes"
end)
-----
-- outcome: error
scenario("extensions in version 1", function()
  smtp.connect { proxy = { version = 1, tlvs = { [2] = "a" } } } -- want: "^lua\nsmtp.connect: option proxy: tlvs and crc32c need version 2"
end)
-----
-- outcome: error
scenario("extensions by name", function()
  smtp.connect { proxy = { version = 2, tlvs = { authority = "a" } } } -- want: "^lua\nsmtp.connect: option proxy: tlvs: a type is a number from 0 to 255, as in .*, got string \"authority\""
end)
-----
-- outcome: error
scenario("an extension beyond", function()
  smtp.connect { proxy = { version = 2, tlvs = { [256] = "a" } } } -- want: "^lua\nsmtp.connect: option proxy: tlvs: a type is a number from 0 to 255, .*got number 256"
end)
-----
-- outcome: error
scenario("an extension of a number", function()
  smtp.connect { proxy = { version = 2, tlvs = { [2] = 5 } } } -- want: "^lua\nsmtp.connect: option proxy: tlvs: type 0x02: string expected, got number 5"
end)
-----
-- outcome: error
scenario("sockets in version 1", function()
  smtp.connect { proxy = { version = 1, source = "/a", destination = "/b" } } -- want: "^lua\nsmtp.connect: option proxy: version 1 has no family unix: version 2 has"
end)
-----
-- outcome: error
scenario("raw and more", function()
  smtp.connect { proxy = { version = 1, raw = "PROXY" } } -- want: "^lua\nsmtp.connect: option proxy: raw stands alone, and has one byte at least"
end)
-----
-- outcome: error
scenario("nothing raw", function()
  smtp.connect { proxy = { raw = "" } } -- want: "^lua\nsmtp.connect: option proxy: raw stands alone"
end)
