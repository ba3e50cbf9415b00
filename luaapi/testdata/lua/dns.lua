-- outcome: passed
-- zone: example.test. MX 20 mx2.example.test.
-- zone: example.test. MX 10 mx1.example.test.
-- zone: mx1.example.test. A 192.0.2.1
-- zone: mx1.example.test. A 192.0.2.2
-- zone: mx1.example.test. AAAA 2001:db8::1
-- zone: 1.2.0.192.in-addr.arpa. PTR mx1.example.test.
-- zone: text.test. TXT "one" " and two"
-- zone: alias.test. CNAME mx1.example.test.
-- zone: _submission._tcp.example.test. SRV 5 6 587 smtp.example.test.
-- zone: example.test. CAA 128 issue "ca.example"
-- zone: _25._tcp.mx1.example.test. TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
-- zone: @signed example.test.
-- log: "dns: MX of example.test: NOERROR, 2 records"
scenario("answers", function()
  local list = dns.mx("example.test")
  assert.equal(2, #list)
  assert.equal("mx2.example.test", list[1].host)
  assert.equal(10, list[2].preference)
  assert.equal("MX", list[2].type)
  assert.equal("example.test", list[2].name)
  assert.equal(300, list[2].ttl)
  assert.equal("10 mx1.example.test.", list[2].data)
  assert.equal("example.test MX 10 mx1.example.test.", tostring(list[2]))
  assert.is_nil(list[2].address)
  assert.equal("NOERROR", list.rcode)
  assert.is_true(list.ad)
  assert.is_false(list.tcp)
  assert.equal(vars.resolver, list.server)
  assert.same({ "192.0.2.1", "192.0.2.2" }, dns.a("mx1.example.test"))
  assert.same({ "2001:db8::1" }, dns.aaaa("mx1.example.test"))
  assert.same({ "mx1.example.test" }, dns.ptr("192.0.2.1"))
  assert.same({ "mx1.example.test" }, dns.ptr("1.2.0.192.in-addr.arpa"))
  assert.same({ "one and two" }, dns.txt("text.test"))
  assert.same({ "mx1.example.test" }, dns.cname("alias.test"))
  local a = dns.a("alias.test", { server = vars.resolver, timeout = 10, tcp = true })
  assert.same({ "mx1.example.test" }, a.aliases)
  assert.is_true(a.tcp)
  local s = dns.srv("_submission._tcp.example.test")[1]
  assert.same({ 5, 6, 587, "smtp.example.test" }, { s.priority, s.weight, s.port, s.host })
  local c = dns.caa("example.test")[1]
  assert.same({ 128, "issue", "ca.example" }, { c.flags, c.tag, c.value })
  local t = dns.tlsa("_25._tcp.mx1.example.test")[1]
  assert.same({ 3, 1, 1, ("0"):rep(64) }, { t.usage, t.selector, t.matching, t.hex })
  assert.equal("192.0.2.2", dns.query("mx1.example.test", "A")[2].address)
  assert.equal("one and two", dns.query("text.test", "txt")[1].text)
end)
-----
-- outcome: passed
-- zone: mx1.example.test. A 192.0.2.1
scenario("nothing", function()
  local none = dns.mx("mx1.example.test")
  assert.same({}, none)
  assert.equal("NOERROR", none.rcode)
  assert.equal("NXDOMAIN", dns.mx("nobody.test").rcode)
  assert.is_nil(none[1])
  for _ in pairs(none) do fail("a list without records has entries") end
end)
-----
-- outcome: passed
-- zone: @fault SERVFAIL broken.test.
-- zone: @fault silent silent.test.
-- zone: round.test. CNAME round.test.
-- log: "dns: the A of broken.test: the resolver 127.0.0.1:\d+ failed .SERVFAIL."
scenario("no answer", function()
  local list, reason, why = dns.a("broken.test")
  assert.is_nil(list)
  assert.equal("SERVFAIL", reason)
  assert.match("^the A of broken.test: the resolver", why)
  list, reason = dns.a("silent.test", { timeout = "100ms" })
  assert.is_nil(list)
  assert.equal("timeout", reason)
  assert.equal("loop", select(2, dns.a("round.test")))
  assert.is_nil((dns.dmarc("broken.test", { timeout = 5 }) and dns.spf("broken.test")))
end)
-----
-- outcome: error
-- limits: scenario=200ms
-- zone: @fault silent *
scenario("the scenario's time ends a question", function()
  assert(true)
  pcall(dns.a, "silent.test") -- want: "scenario-timeout"
end)
-----
-- outcome: error
-- zone: example.test. A 192.0.2.1
scenario("a name that is none", function()
  dns.a("a..test") -- want: "dns.a: \"a..test\": a label is empty"
end)

scenario("a type that is none", function()
  dns.query("example.test", "MXX") -- want: "dns.query: there is no type \"MXX\" .did you mean \"MX\"\?"
end)

scenario("a field that is none", function()
  log(dns.a("example.test").rcod) -- want: "an answer of dns has no \"rcod\" .did you mean \"rcode\"\?"
end)

scenario("a server that is none", function()
  dns.a("example.test", { server = "nonsense" }) -- want: "dns.a: option server: \"nonsense\": the IP address of a DNS server expected"
end)

scenario("a colon", function()
  dns:a("example.test") -- want: "call dns.a with a dot, not a colon"
end)

scenario("no TLSA", function()
  local c = smtp.session()
  c:starttls { verify = false }
  dns.query("example.test", "A")[1]:matches(c.tls.peer_certificates[1]) -- want: "a TLSA record expected, this one is of the type A"
end)

scenario("a selector that is none", function()
  dns.dkim("", "example.test") -- want: "dns.dkim: selector \"\": the name is empty"
end)

scenario("a domain that is none", function()
  dns.spf("a..b") -- want: "dns.spf: \"a..b\": a label is empty"
end)

scenario("an address that is none", function()
  dns.spf("example.test", { ip = "here" }) -- want: "dns.spf: option ip: \"here\" is no IP address"
end)

scenario("a place that is none", function()
  dns.mta_sts("example.test", { fetch = true, connect_to = "here" }) -- want: "dns.mta_sts: option connect_to: \"here\": host:port expected"
end)
-----
-- outcome: error
-- zone: example.test. A 192.0.2.1
scenario("another resolver", function()
  dns.a("example.test", { server = "192.0.2.53" }) -- want: "dns.a: a script may not connect to 192.0.2.53:53, which is not the target's host: --allow 192.0.2.53:53 allows it"
end)

scenario("another web server", function()
  pcall(dns.mta_sts, "example.test", { fetch = true }) -- want: "a script may not connect to mta-sts.example.test:443, .* --allow mta-sts.example.test:443 allows it"
end)
-----
-- outcome: load
scenario("x", function() end)
dns.mx("example.test") -- want: "dns.mx at the top level of a file that declares scenarios"
-----
-- outcome: passed
-- zone: example.test. TXT "v=spf1 mx ip4:192.0.2.0/24 -all"
-- zone: example.test. MX 10 mx.example.test.
-- zone: mx.example.test. A 198.51.100.1
-- zone: open.test. TXT "v=spf1 +all"
scenario("SPF", function()
  local p = dns.spf("example.test", { ip = "192.0.2.7", sender = "a@example.test", helo = "client.test" })
  assert.is_true(p.found)
  assert.is_true(p.valid)
  assert.same({ "mx", "ip4:192.0.2.0/24", "-all" }, p.terms)
  assert.equal("fail", p.all)
  assert.equal(1, p.lookups)
  assert.equal(0, p.void_lookups)
  assert.equal("pass", p.result)
  assert.equal("v=spf1 mx ip4:192.0.2.0/24 -all", p.record)
  assert.equal(p.record, tostring(p))
  assert.equal("fail", dns.spf("example.test", { ip = "203.0.113.1" }).result)
  local open = dns.spf("open.test")
  assert.is_false(open.valid)
  assert.match("every host of the Internet", open.problems[1])
  assert.same({}, open.warnings)
  assert.is_false(dns.spf("nobody.test").found)
  assert.is_nil(dns.spf("nobody.test").record)
end)
-----
-- outcome: passed
-- zone: _dmarc.example.test. TXT "v=DMARC1; p=reject; sp=quarantine; np=none; t=y; psd=n; adkim=s; aspf=s; rua=mailto:a@example.test; ruf=mailto:f@example.test"
-- zone: s1._domainkey.example.test. TXT "v=DKIM1; t=y; p="
-- zone: _smtp._tls.example.test. TXT "v=TLSRPTv1; rua=mailto:t@example.test"
-- zone: _mta-sts.example.test. TXT "v=STSv1; id=7"
-- zone: www.example.test. A 192.0.2.1
scenario("policies", function()
  local d = dns.dmarc("www.example.test")
  assert.same({ "example.test", "example.test", "quarantine", "reject", "quarantine", "none", "n", "s", "s" },
    { d.domain, d.organizational_domain, d.policy, d.p, d.sp, d.np, d.psd, d.adkim, d.aspf })
  assert.is_true(d.testing)
  assert.same({ "mailto:a@example.test" }, d.rua)
  assert.same({ "mailto:f@example.test" }, d.ruf)
  local k = dns.dkim("s1", "example.test")
  assert.same({ "rsa", 0, true, true }, { k.key_type, k.bits, k.revoked, k.testing })
  local r = dns.tls_rpt("example.test")
  assert.same({ "mailto:t@example.test" }, r.rua)
  local s = dns.mta_sts("example.test")
  assert.equal("7", s.id)
  assert.is_nil(s.policy)
  assert.is_nil(s.mode)
  assert.same({}, s.mx)
  assert.equal(0, s.max_age)
  assert.is_false(s:covers("mx.example.test"))
  local down = dns.mta_sts("example.test", { fetch = true, connect_to = "127.0.0.1:1", ca = target.ca })
  assert.match("nobody answers", down.problems[1])
end)
-----
-- outcome: passed
-- zone: example.test. A 127.0.0.1
-- zone: gone.test. MX 10 nowhere.test.
-- zone: many.test. MX 30 mx3.test.
-- zone: many.test. MX 10 mx1.test.
-- zone: many.test. MX 20 192.0.2.1.
-- zone: mx3.test. A 127.0.0.1
-- zone: null.test. MX 0 .
scenario("by MX", function()
  local c = smtp.session { mx = "example.test", port = target.port }
  assert.equal("example.test", c.host)
  assert.equal(target.host .. ":" .. target.port, c.remote_address)
  local d = smtp.connect { mx = "many.test", port = target.port }
  assert.equal("mx3.test", d.host)
  d:expect(220)
  d:ehlo()
  d:starttls() -- on loopback, whatever its name: the certificate is not for it
  local none, reason = smtp.connect { mx = "null.test", optional = true }
  assert.is_nil(none)
  assert.equal("null-mx", reason)
  assert.equal("unreachable", select(2, smtp.connect { mx = "gone.test", optional = true }))
  assert.equal("refused", select(2, smtp.connect { mx = "example.test", port = 1, optional = true }))
end)
-----
-- outcome: failed
-- zone: null.test. MX 0 .
smtp.connect { mx = "null.test" } -- want: "null.test takes no mail: it has a null MX .RFC 7505."
-----
-- outcome: error
-- zone: many.test. MX 10 mx1.test.
-- zone: many.test. MX 20 mx2.test.
-- zone: many.test. MX 30 mx3.test.
-- zone: many.test. MX 40 192.0.2.1.
-- zone: mx1.test. A 127.0.0.1
-- zone: mx3.test. A 127.0.0.2
-- zone: @fault SERVFAIL mx2.test.
smtp.connect { mx = "many.test", port = 1 } -- want: "no mail server of many.test was reached: mx1.test: 127.0.0.1:1 refused the connection" "; mx2.test: the AAAA? of mx2.test: the resolver .* failed .SERVFAIL" "; mx3.test: 127.0.0.2:1 refused" "; 192.0.2.1: an address, where an MX has to name a host"
-----
-- outcome: error
-- zone: @fault SERVFAIL broken.test.
-- zone: mx.test. TXT "no address"
scenario("a resolver that fails", function()
  smtp.connect { mx = "broken.test" } -- want: "the MX of broken.test: the resolver .* failed"
end)

scenario("no such domain", function()
  smtp.connect { mx = "nobody.test" } -- want: "nobody.test: it has neither an MX nor an address"
end)

scenario("both", function()
  smtp.connect { mx = "nobody.test", host = "localhost" } -- want: "options mx and host: one of them"
end)

scenario("an address", function()
  smtp.connect { mx = "127.0.0.1" } -- want: "option mx: a domain expected, got the address \"127.0.0.1\""
end)

scenario("no domain", function()
  smtp.connect { mx = "a..b" } -- want: "option mx: \"a..b\": a label is empty"
end)

scenario("no port", function()
  smtp.connect { mx = "nobody.test", port = 0 } -- want: "option port: a number from 1 to 65535"
end)
-----
-- outcome: failed
-- zone: example.test. A 127.0.0.1
local c = smtp.session { mx = "example.test", port = target.port }
c:quit()
dns.a("example.test")
smtp.connect { mx = "example.test", port = target.port, source = "127.0.0.1", connect_timeout = "1ns" } -- want: "no mail server of example.test was reached.*an earlier connection came about"
-----
-- outcome: error
-- zone: strangers.test. MX 10 mx1.strangers.test.
-- zone: strangers.test. MX 20 mx2.strangers.test.
-- zone: strangers.test. MX 30 here.test.
-- zone: mx1.strangers.test. A 192.0.2.1
-- zone: mx2.strangers.test. A 192.0.2.2
-- zone: here.test. A 127.0.0.1
smtp.connect { mx = "strangers.test" } -- want: "may not connect to mx1.strangers.test and mx2.strangers.test, which the MX of strangers.test names: --allow mx1.strangers.test --allow mx2.strangers.test allows it"
-----
-- outcome: error
-- zone: broken.test. A 192.0.2.1
-- limits: scenario=300ms
-- zone: @fault silent *
smtp.connect { mx = "silent.test" } -- want: "scenario-timeout"
-----
-- outcome: passed
-- zone: example.test. TLSA 3 1 1 0000
scenario("TLSA", function()
  local c = smtp.session()
  c:starttls { verify = false }
  local x = c.tls.peer_certificates[1]
  assert.is_false(dns.tlsa("example.test")[1]:matches(x))
end)
