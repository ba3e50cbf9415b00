-- RFC 9325: what no client offers any more, and what every TLS 1.2 server has to answer. The Client Hellos are made by hand.

local hello = require "hello"
local tls = require "tls"
local to = require "to"

suite { name = "RFC 9325: TLS by hand", tags = { "core" }, refs = { "RFC 9325 4.1" } }

-- greeted sends a Client Hello, and gives the Server Hello, or nil where the server refuses, and the connection.
local function greeted(options)
  local c = tls.before()
  c:write(hello.client(options))
  return hello.server(c), c
end

-- refused requires that none of some suites is taken.
local function refused(suites, what)
  local answer, c = greeted { suites = suites }
  c:abort()
  assert.is_nil(answer, answer and ("the server takes %s: suite 0x%04x"):format(what, answer.suite))
end

scenario("SSL 3.0 and SSL 2.0 are refused", {
  id = "tls-9325-no-sslv3", level = "must", refs = { "RFC 9325 3.1.1", "RFC 7568 3", "RFC 6176 3" },
}, function()
  local answer, c = greeted { version = 0x0300, suites = { 0x0035, 0x002f, 0x000a, 0x0005, 0x0004, 0x0039, 0x0033 } }
  c:abort()
  assert.is_true(answer == nil or answer.version > 0x0300, "the server takes SSL 3.0")
  c = tls.before()
  -- A Client Hello of SSL 2.0: one suite of three octets, no session, a challenge of sixteen.
  c:write("\128\28\1\0\2\0\3\0\0\0\16\1\0\128" .. random.bytes(16))
  local text = c:read(3, 1)
  c:abort()
  assert.is_true(text:byte(1) ~= 128 or text:byte(3) ~= 4, "the server takes SSL 2.0")
end)

scenario("suites without encryption are refused", {
  id = "tls-9325-no-null", level = "must",
}, function()
  refused({ 0x0001, 0x0002, 0x003b, 0xc006, 0xc010, 0xc001, 0xc00b }, "a suite without encryption")
end)

scenario("suites without a certificate are refused where mail is submitted", {
  id = "tls-9325-no-anon", level = "must", refs = { "RFC 7672 8.2" },
}, function()
  local answer, c = greeted { suites = { 0x00a6, 0x00a7, 0x006c, 0x006d, 0x0034, 0x003a, 0xc018, 0xc019, 0xc017, 0x001b } }
  c:abort()
  local what = answer and ("the server takes the suite 0x%04x, which needs no certificate"):format(answer.suite)
  local anybody = not to.submits() and target.tls ~= "implicit" -- brings mail there, and few look at certificates
  assert.is_true(answer == nil or anybody, what)
  if answer then
    note(what)
  end
end)

scenario("RC4, DES and keys for export are refused", {
  id = "tls-9325-no-export-rc4", level = "must",
}, function()
  for what, suites in pairs {
    RC4 = { 0x0004, 0x0005, 0xc007, 0xc011, 0xc002, 0xc00c },
    DES = { 0x0009, 0x0015, 0x0012, 0x000c, 0x000f },
    ["a key for export"] = { 0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0062, 0x0064 },
  } do
    check(what, function() refused(suites, what) end)
  end
end)

scenario("triple DES is refused", {
  id = "tls-9325-no-3des", level = "should",
}, function()
  refused({ 0x000a, 0x0016, 0x0013, 0xc012, 0xc008, 0xc003, 0xc00d }, "triple DES")
end)

-- answered is the answer to what every TLS 1.2 server takes.
local function answered(options)
  local answer, c = greeted(options)
  c:abort()
  if not answer then
    skip("there is no TLS 1.2 to be had")
  end
  return answer
end

scenario("there is no compression in TLS", {
  id = "tls-9325-no-compression", level = "should", refs = { "RFC 9325 3.3" },
}, function()
  assert.equal(0, answered({ compression = "\1\0" }).compression, "the compression method")
end)

scenario("renegotiation is secure", {
  id = "tls-5746-secure-reneg", level = "must", refs = { "RFC 9325 3.5", "RFC 5746 3.6" },
}, function()
  assert.is_not_nil(answered().extensions[0xff01], "the Server Hello has no renegotiation_info")
end)

scenario("the master secret is an extended one", {
  id = "tls-7627-ems", level = "must", refs = { "RFC 9325 3.5", "RFC 7627 5.2" },
}, function()
  local extensions = answered().extensions
  assert.is_not_nil(extensions)
  if not extensions[23] then
    warn("the Server Hello has no extended_master_secret")
  end
end)

scenario("primes of Diffie-Hellman are long enough", {
  id = "tls-9325-dh-2048", level = "should", refs = { "RFC 9325 4.1", "RFC 9325 4.5" },
}, function()
  local answer, c = greeted { suites = { 0x009e, 0x009f, 0x0033, 0x0039, 0x0067, 0x006b, 0x0016 } }
  local bits = answer and hello.prime(c, answer)
  c:abort()
  assert.is_true(bits == nil or bits >= 2048, ("the prime has %d bits"):format(bits or 0))
end)
