-- SCRAM with channel binding: the login holds for this one TLS connection (RFC 5802 6). What is bound to is tls-unique (RFC 5929) up to
-- TLS 1.2, and tls-exporter (RFC 9266) from 1.3 on.

suite { name = "Channel binding", requires = { "AUTH SCRAM-SHA-1-PLUS", "AUTH SCRAM-SHA-256-PLUS" } }

local function connect(version)
  local c = smtp.connect { tls = "none", port = tonumber(target.submission_port) }
  c:expect(220)
  c:ehlo()
  c:starttls { min = version, max = version }
  c:ehlo()
  return c
end

for version, binding in pairs { ["1.2"] = "tls-unique", ["1.3"] = "tls-exporter" } do
  for _, mechanism in ipairs { "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS" } do
    scenario(mechanism .. " with " .. binding, function()
      local c = connect(version)
      c:auth { mechanism = mechanism, channel_binding = binding }
      c:quit()
    end)

    scenario(mechanism .. " with " .. binding .. " and a wrong password", function()
      local c = connect(version)
      c:auth { mechanism = mechanism, channel_binding = binding, password = "wrong", code = 535 }
      c:quit()
    end)
  end
end

-- The second message has to carry, in c=, what the connection is bound to. Here it carries zeros.
scenario("a binding to another connection is refused", function()
  local c = connect("1.3")
  local first = "n=" .. target.user .. ",r=" .. random.string(20)
  local r = c:send("AUTH SCRAM-SHA-256-PLUS " .. codec.base64.encode("p=tls-exporter,," .. first)):expect(334)
  local server_first = codec.base64.decode(r.text)
  local nonce, salt, count = server_first:match("r=([^,]+),s=([^,]+),i=(%d+)")

  local final = "c=" .. codec.base64.encode("p=tls-exporter,," .. ("\0"):rep(32)) .. ",r=" .. nonce
  local salted = hash.pbkdf2("sha256", target.password, codec.base64.decode(salt), tonumber(count))
  local key = hash.hmac("sha256", salted, "Client Key")
  local signature = hash.hmac("sha256", hash.sha256(key), first .. "," .. server_first .. "," .. final)
  c:send(codec.base64.encode(final .. ",p=" .. codec.base64.encode(hash.xor(key, signature)))):expect(535)
  c:quit()
end)
