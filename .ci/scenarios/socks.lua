-- Through a SOCKS proxy: one that is open, and one that wants a login.

suite { name = "SOCKS5", requires = { "socks_port", "socks_login_port", "socks_user", "socks_password" } }

local open = "socks5://127.0.0.1:" .. target.socks_port
local login = "socks5://%s:%s@127.0.0.1:" .. target.socks_login_port

-- A connection through a proxy, or the reason why there is none.
local function try(proxy, port)
  return smtp.connect { socks = proxy, port = port or target.port, optional = true }
end

scenario("a message through the open one", function()
  local c = smtp.session { socks = open }
  c:deliver { from = "", to = target.valid_rcpt, message = "Subject: through a proxy\n\nHello.\n" }
  c:quit()
end)

scenario("the proxy looks up the name", function()
  smtp.session({ socks = open, host = "localhost" }):quit()
end)

scenario("with TLS inside", { requires = { "STARTTLS" } }, function()
  local c = smtp.session { socks = open, tls = "starttls" }
  assert.is_true(c.tls.verified, c.tls.verify_error)
  c:quit()
end)

scenario("with a login", function()
  smtp.session({ socks = login:format(target.socks_user, target.socks_password) }):quit()
end)

for name, proxy in pairs {
  ["a wrong password"] = login:format(target.socks_user, "wrong"),
  ["a wrong user"] = login:format("nobody", target.socks_password),
  ["no login"] = "socks5://127.0.0.1:" .. target.socks_login_port,
} do
  scenario("refused: " .. name, function()
    local c, reason = try(proxy)
    assert.is_nil(c)
    assert.equal("proxy", reason)
  end)
end

scenario("a server that is not there", function()
  local c, reason = try(open, 1)
  assert.is_nil(c)
  assert.equal("refused", reason)
end)
