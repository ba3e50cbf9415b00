-- The PROXY protocol: at proxy_port the server wants to be told whom it talks to. Who has the address relay_client may relay there, and
-- nobody else: so it shows whose address the server believes.

suite { name = "PROXY", requires = { "proxy_port", "relay_client", "relay_domain" } }

local port = tonumber(target.proxy_port)
local friend = target.relay_client .. ":25000"

-- The reply to a RCPT that relays.
local function relay(c)
  c:mail("")
  local r = c:send("RCPT TO:<somebody@" .. target.relay_domain .. ">"):expect { "2xx", "5xx" }
  c:quit()
  return r.code < 300
end

for version = 1, 2 do
  scenario("version " .. version .. " brings the client's address", function()
    local header = { version = version, source = friend, destination = "198.51.100.7:25" }
    assert.is_true(relay(smtp.session { port = port, proxy = header }))
  end)

  scenario("version " .. version .. " with another address", function()
    local header = { version = version, source = "192.0.2.66:25000", destination = "198.51.100.7:25" }
    assert.is_false(relay(smtp.session { port = port, proxy = header }))
  end)

  scenario("version " .. version .. " with the addresses of the connection", function()
    assert.is_false(relay(smtp.session { port = port, proxy = { version = version } }))
  end)
end

scenario("version 2 with no address, as for a health check", function()
  assert.is_false(relay(smtp.session { port = port, proxy = { version = 2, command = "local" } }))
end)

scenario("version 1 with no address", function()
  local c = smtp.connect { port = port, proxy = { version = 1, family = "unknown" } }
  c:expect { 220, 421 } -- Postfix 3.7 refuses UNKNOWN
end)

scenario("version 2 with extensions", function()
  local header = { version = 2, source = friend, destination = "198.51.100.7:25", tlvs = { [0x02] = "mx.example" }, crc32c = true }
  assert.is_true(relay(smtp.session { port = port, proxy = header }))
end)

scenario("TLS begins after the header", { requires = { "STARTTLS" } }, function()
  local header = { version = 2, source = friend, destination = "198.51.100.7:25" }
  local c = smtp.session { port = port, proxy = header, tls = "starttls" }
  assert.is_true(c.tls.verified, c.tls.verify_error)
  assert.is_true(relay(c))
end)

for name, bytes in pairs {
  ["version 1 with words that are none"] = "PROXY TCP4 here there 25 25\r\n",
  ["version 2 with a version 3"] = "\r\n\r\n\0\r\nQUIT\n\49\17\0\12\192\0\2\7\198\51\100\7\97\168\0\25",
  ["no header"] = "EHLO client.example\r\n",
} do
  scenario("refused: " .. name, function()
    local c = smtp.connect { port = port, proxy = { raw = bytes } }
    local r = c:expect { code = { 220, "4xx", "5xx", "close" }, within = 10 }
    if r.code == 220 then -- Exim is polite
      c:send("EHLO client.example"):expect { "5xx", "close" }
    end
  end)
end
