-- outcome: error
-- set: port=1
scenario("waiting for nobody", function()
  smtp.connect { wait = "150ms" } -- want: "^refused\n127.0.0.1:1 refused the connection: .*; tried for 150ms"
end)
-----
-- outcome: passed
-- set: port=1
scenario("waiting, and it does not matter", function()
  local c, why = smtp.connect { wait = 0.1, optional = true }
  assert.is_nil(c)
  assert.equal("refused", why)
end)
-----
-- outcome: error
-- set: port=1
-- limits: scenario=100ms
scenario("the scenario's time is shorter", function()
  smtp.connect { wait = 60 } -- want: "^scenario-timeout\n"
end)
-----
-- outcome: passed
scenario("a family", function()
  local c = smtp.connect { family = 4 }
  c:expect(220)
  assert.match("^127", c.local_address)
end)
-----
-- outcome: error
scenario("an address of the other family", function()
  smtp.connect { family = 6 } -- want: "^lua\nsmtp.connect: option family: 127.0.0.1 is no IPv6 address"
end)
-----
-- outcome: error
scenario("no such family", function()
  smtp.connect { family = 5 } -- want: "^lua\nsmtp.connect: option family: 4 or 6 expected, got 5"
end)
-----
-- outcome: error
scenario("a wait of nothing", function()
  smtp.connect { wait = 0 } -- want: "^lua\nsmtp.connect: option wait: more than nothing is needed"
end)
-----
-- outcome: passed
scenario("a source with a port", function()
  local c = smtp.connect { source = "127.0.0.1:0" }
  c:expect(220)
end)
-----
-- outcome: error
scenario("the port of the server", function()
  smtp.connect { source = "127.0.0.1:" .. target.port } -- want: "^local\nconnecting to 127.0.0.1:\d+ from 127.0.0.1:\d+ failed on this machine: the address has to be its own, and the port free"
end)
-----
-- outcome: error
scenario("no source", function()
  smtp.connect { source = "eth0" } -- want: "^lua\nsmtp.connect: option source: \"eth0\" is no IP address, with or without a port"
end)
-----
-- outcome: error
scenario("nobody is the proxy", function()
  smtp.connect { socks = "socks5://127.0.0.1:1" } -- want: "^refused\nno way to 127.0.0.1:\d+: the SOCKS proxy 127.0.0.1:1 cannot be reached"
end)
-----
-- outcome: passed
scenario("nobody is the proxy, and it does not matter", function()
  local c, why = smtp.connect { socks = "socks5://127.0.0.1:1", optional = true }
  assert.is_nil(c)
  assert.equal("proxy", why)
end)
-----
-- outcome: error
scenario("something else is the proxy", function()
  smtp.connect { socks = "socks5://127.0.0.1:" .. target.port } -- want: "^garbage\nno way to 127.0.0.1:\d+: the SOCKS proxy 127.0.0.1:\d+ is no SOCKS5 proxy"
end)
-----
-- outcome: error
scenario("a proxy elsewhere", function()
  smtp.connect { socks = "socks5://proxy.example:9050" } -- want: "^lua\nsmtp.connect: option socks: a script may not connect to proxy.example:9050, .*: --allow proxy.example:9050 allows it"
end)
-----
-- outcome: error
-- allow: proxy.invalid:1080
scenario("a proxy that is allowed", function()
  smtp.connect { socks = "socks5://proxy.invalid" } -- want: "^dns\nno way to 127.0.0.1:\d+: the SOCKS proxy proxy.invalid:1080 cannot be reached"
end)
-----
-- outcome: error
scenario("the destination has to be allowed all the same", function()
  smtp.connect { host = "192.0.2.1", socks = "socks5://127.0.0.1:1080" } -- want: "^lua\nsmtp.connect: a script may not connect to 192.0.2.1:"
end)
-----
-- outcome: error
scenario("no URL", function()
  smtp.connect { socks = "me:secret-word@127.0.0.1" } -- want: "^lua\nsmtp.connect: option socks: \"socks5://host:port\" or \"socks5://user:password@host:port\" expected\n"
end)
-----
-- outcome: error
scenario("another proxy", function()
  smtp.connect { socks = "http://127.0.0.1:8080" } -- want: "^lua\nsmtp.connect: option socks: \"socks5://host:port\" or"
end)
-----
-- outcome: error
scenario("no user", function()
  smtp.connect { socks = "socks5://:pw@127.0.0.1:8080" } -- want: "option socks: a password, and no user name: "
end)
-----
-- outcome: error
scenario("a long user", function()
  smtp.connect { socks = "socks5://" .. ("u"):rep(256) .. "@127.0.0.1:8080" } -- want: "option socks: user name and password have 255 bytes at most"
end)
-----
-- outcome: error
scenario("socks and family", function()
  smtp.connect { socks = "socks5://127.0.0.1", family = 4 } -- want: "options socks and family: the proxy looks up the address"
end)
-----
-- outcome: error
scenario("unix and family", function()
  smtp.connect { unix = "a.sock", family = 4 } -- want: "options unix and family or socks: a UNIX socket has neither"
end)
-----
-- outcome: error
-- zone: four.test. A 127.0.0.1
-- allow: four.test
scenario("a name without an address of the family", function()
  smtp.connect { host = "four.test", family = 6 } -- want: "^dns\nthe host name of four.test:\d+ has no IPv6 address"
end)
-----
-- outcome: passed error
-- zone: example.test. MX 10 both.test.
-- zone: example.test. MX 5 six.test.
-- zone: both.test. A 127.0.0.1
-- zone: both.test. AAAA ::1
-- zone: six.test. AAAA ::1
scenario("an exchanger of the family", function()
  local c = smtp.connect { mx = "example.test", port = target.port, family = 4 }
  c:expect(220)
  assert.equal("both.test", c.host)
end)
scenario("no exchanger of the family", function()
  smtp.connect { mx = "example.test", port = 1, family = 4 } -- want: "six.test: it has no IPv4 address; both.test: 127.0.0.1:1 refused the connection"
end)
-----
-- outcome: error
scenario("a source of another family", function()
  smtp.connect { source = "[::1]:0", family = 4 } -- want: "^lua\nsmtp.connect: options source and family: .::1.:0 is no IPv4 address"
end)
