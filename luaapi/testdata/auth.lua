-- Every mechanism of a server, right, wrong and broken at each step. The server of auth_test.go, or the demo server, says what is in it:
-- vars.mechanisms is a list of NAME/n, n being how many things the client sends.

local function client_first(m) return m ~= "LOGIN" and not m:find("MD5") end
local secretless = { ANONYMOUS = true, EXTERNAL = true }

local function session()
  if vars.tls == "" then
    return smtp.session()
  end
  return smtp.session { tls = "starttls", tls_options = { max = vars.tls, cert = vars("cert"), key = vars("key") } }
end

local function auth(m, o)
  local c = session()
  o.mechanism = m
  c:auth(o)
  c:noop()
  c:quit()
  assert.is_nil(c.transcript:find(("A"):rep(30), 1, true))
  return c.transcript
end

for m, n in vars.mechanisms:gmatch("([%w-]+)/(%d)") do
  n = tonumber(n)

  scenario(m .. " right", function()
    auth(m, {})
    assert.match("\n> AUTH " .. m:gsub("%p", "%%%0") .. "\n< 334", auth(m, { initial_response = false }))
    local takes = client_first(m) or m == "LOGIN"
    auth(m, { initial_response = true, code = takes and 235 or 501 })
  end)

  scenario(m .. " wrong", function()
    if secretless[m] then return session():noop() end
    auth(m, { password = "wrong-password", token = vars("token") and "wrong-token", code = 535 })
    if m ~= "OAUTHBEARER" then -- whose token alone counts
      auth(m, { user = "nobody-known", code = 535 })
    end
  end)

  scenario(m .. " broken", function()
    for i = 1, n do
      for _, initial in ipairs { true, false } do
        auth(m, { steps = { [i] = "!!!" }, initial_response = (client_first(m) or m == "LOGIN") and initial, code = 501 })
      end
      auth(m, { steps = { [i] = "*" }, initial_response = false })
      if m ~= "EXTERNAL" then
        local transcript = auth(m, { steps = { [i] = function() return "\0gar\255bage\0" end }, code = { 501, 535 } })
        assert.is_nil(transcript:find("gar", 1, true))
        assert.is_nil(transcript:find(codec.base64.encode("\0gar\255bage\0"), 1, true))
      end
    end
    auth(m, { initial_response = true, steps = { ("A"):rep(12400) }, code = 500 })
    auth(m, { initial_response = false, steps = { ("A"):rep(20000) }, code = 500 })
  end)

  scenario(m .. " looked at", function()
    for _, initial in ipairs { true, false } do
      local seen, challenges = {}, {}
      local function look(response, challenge)
        seen[#seen + 1] = response
        challenges[#seen] = challenge
        return response
      end
      local steps = {}
      for i = 1, n do steps[i] = look end
      auth(m, { initial_response = initial and (client_first(m) or m == "LOGIN"), steps = steps })
      assert.equal(n, #seen)
      if initial and client_first(m) then
        assert.is_nil(challenges[1])
      end
    end
  end)

  scenario(m .. " out of place", function()
    local c = session()
    c:mail("a@example.org")
    c:auth { mechanism = m, code = 503 }
    c:rset()
    c:auth(m)
    c:auth { mechanism = m, code = 503 }
  end)

  scenario(m .. " not reached", function()
    local c = session()
    c:auth { mechanism = m, steps = { [n + 1] = "*" }, code = 235 }
  end)
end

scenario("not offered", function()
  session():auth { mechanism = vars.missing, token = "a-token-for-it", code = 504 }
end)
