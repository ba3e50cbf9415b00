-- RFC 9325, RFC 8996, RFC 8997: versions, suites and certificates of TLS.

local tls = require "tls"
local to = require "to"

suite { name = "RFC 9325: TLS", tags = { "core" }, refs = { "RFC 9325 3.1.1" } }

scenario("TLS 1.2 is supported", {
  id = "tls-8997-tls12", level = "must", refs = { "RFC 8997 3", "RFC 8314 4" },
}, function()
  local c, why = tls.shake { min = "1.2", max = "1.2", ciphers = tls.every }
  if not c then
    local newer = tls.shake { min = "1.3" }
    assert.is_not_nil(newer, "neither TLS 1.2 nor 1.3 is supported: " .. why)
    warn("TLS 1.3 alone is supported")
    return
  end
  assert.equal("1.2", c.tls.version)
end)

scenario("TLS 1.3 is supported, and preferred", {
  id = "tls-9325-tls13", level = "should",
}, function()
  local c = tls.shake { min = "1.0" }
  assert.is_not_nil(c, "there is no handshake")
  assert.equal("1.3", c.tls.version, "the version of TLS")
end)

for _, old in ipairs {
  { version = "1.0", id = "tls-8996-no-tls10", ref = "RFC 8996 4" },
  { version = "1.1", id = "tls-8996-no-tls11", ref = "RFC 8996 5" },
} do
  scenario("TLS " .. old.version .. " is refused", {
    id = old.id, level = "must", refs = { old.ref },
  }, function()
    local c = tls.shake { min = old.version, max = old.version, ciphers = tls.every }
    if c and target.port == 25 then
      warn("TLS " .. old.version .. " is taken, where everybody brings mail to") -- clear is worse
      return
    end
    assert.is_nil(c, "TLS " .. old.version .. " is taken")
  end)
end

scenario("keys are exchanged with forward secrecy", {
  id = "tls-9325-no-static-rsa", level = "should", refs = { "RFC 9325 4.1" },
}, function()
  check("it is preferred", { level = "must" }, function()
    local c = tls.shake { min = "1.2", max = "1.2", ciphers = tls.every }
    assert.is_true(c == nil or c.tls.cipher:find("DHE", 1, true) ~= nil, "the server prefers " .. (c and c.tls.cipher or ""))
  end)
  check("it is required", function()
    local c = tls.shake { min = "1.2", max = "1.2", ciphers = tls.static_rsa }
    assert.is_nil(c, "the server takes " .. (c and c.tls.cipher or ""))
  end)
end)

scenario("keys are long enough", {
  id = "tls-9325-key-2048", level = "must", refs = { "RFC 9325 4.5" },
}, function()
  local c = assert(tls.shake {})
  for _, x in ipairs(c.tls.peer_certificates) do
    local bits = tonumber(x.key:match("^RSA (%d+)"))
    assert.is_true(bits == nil or bits >= 2048, ("the key of %s is %s"):format(x.subject, x.key))
  end
end)

scenario("the server answers whatever name it is asked for", {
  id = "tls-sni-not-required", level = "must", refs = { "RFC 7672 8.1", "RFC 8461 7.1" },
}, function()
  local c, why = tls.shake { server_name = "127.0.0.1" } -- an address is no name: none is sent
  assert.is_not_nil(c, "there is no handshake without a name: " .. (why or ""))
  c, why = tls.shake { server_name = "unknown.invalid" }
  if not c and (to.submits() or target.tls == "implicit") then
    note("there is no handshake with an unknown name")
    return
  end
  assert.is_not_nil(c, "there is no handshake with an unknown name: " .. (why or ""))
end)

scenario("TLS that is meant for another protocol is refused", {
  id = "tls-alpn-mismatch", level = "security", refs = { "RFC 9325 3.8", "RFC 7301 3.2" },
}, function()
  local c = tls.shake { alpn = { "http/1.1" } }
  if c then
    assert.is_true(c.tls.alpn == nil, "the server says that it speaks http/1.1")
    note("the server does not look at ALPN")
  else
    assert.is_not_nil(tls.shake {}, "there is no handshake without ALPN, either")
  end
end)

scenario("the certificate's time has begun, and does not end soon", {
  id = "tls-cert-expiry", level = "ops", refs = { "RFC 5280 4.1.2.5" },
}, function()
  local c = assert(tls.shake {})
  local x, now = c.tls.peer_certificates[1], time.now()
  assert.is_true(x.not_before <= now, "the certificate's time has not begun")
  assert.is_true(now <= x.not_after, "the certificate's time is over")
  local days = math.floor((x.not_after - now) / 86400)
  assert.is_true(days >= 21, ("the certificate's time ends in %d days"):format(days))
end)

-- covers tells whether a certificate's name is that of a host (RFC 9525 6.3).
local function covers(name, host)
  name, host = name:lower(), host:lower()
  return name == host or name:sub(1, 2) == "*." and name:sub(2) == host:match("^[^.]+(%..*)$")
end

scenario("the certificate is for the server's name", {
  id = "tls-cert-name-mx", level = "ops", refs = { "RFC 8461 4.2", "RFC 7672 3.2" },
}, function()
  local host = target("hostname", target.host)
  if not host:find("%a") or host:find(":", 1, true) or host == "localhost" then
    skip("the server's name is not known (fact hostname)")
  end
  local c = assert(tls.shake { server_name = host })
  local names = c.tls.peer_certificates[1].names
  for _, name in ipairs(names) do
    if covers(name, host) then
      return assert.is_true(true)
    end
  end
  fail(("the certificate is for %s, and not for %s"):format(table.concat(names, ", "), host))
end)

scenario("the chain of certificates is whole, and in order", {
  id = "tls-cert-chain", level = "ops", refs = { "RFC 5280 6.1", "RFC 8446 4.4.2" },
}, function()
  local c = assert(tls.shake { server_name = target("hostname", target.host) })
  local chain = c.tls.peer_certificates
  for i, x in ipairs(chain) do
    assert.is_true(time.now() <= x.not_after, "the time of " .. x.subject .. " is over")
    if chain[i + 1] then
      assert.equal(chain[i + 1].subject, x.issuer, "who signed " .. x.subject .. " does not come next")
    end
  end
  local wrong = c.tls.verify_error
  if wrong and not wrong:find("it is not for", 1, true) and (target("ca") or not tls.loopback()) then
    fail("the chain does not end at an authority that is known: " .. wrong)
  end
end)

scenario("who resumes TLS has not logged in", {
  id = "tls-resumption-keeps-auth-off", level = "security", refs = { "RFC 3207 4.2" }, requires = { "user", "password" },
}, function()
  local c, why = tls.shake { max = "1.2" } -- its tickets come with the handshake
  if not c then
    skip("TLS 1.2 is not spoken: " .. why)
  end
  tls.hello(c)
  if not to.login(c) then
    skip("the server offers no login with a password")
  end
  c:send("QUIT"):expect(221)
  local again = tls.up { max = "1.2" }
  if not again.tls.resumed then
    skip("the server does not resume TLS")
  end
  tls.nobody(again, tls.up { server_name = "127.0.0.2" }) -- sessions are kept by name, and this one has none
end)
