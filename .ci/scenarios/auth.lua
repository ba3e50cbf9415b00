-- Every mechanism that the server is set up for (the fact mechanisms), with the right secret and with wrong ones, with and without an
-- initial response, and cancelled. A login that works may relay: that the server's first word was 235 would not show it.
--
-- EXTERNAL, which needs a certificate, is in external.lua.

-- An option of c:auth that makes the secret wrong.
local function wrong(mechanism)
  if mechanism == "OAUTHBEARER" or mechanism == "XOAUTH2" then
    return { mechanism = mechanism, token = "wrong", code = 535 }
  end
  return { mechanism = mechanism, password = "wrong", code = 535 }
end

local function may_relay(c)
  c:mail(target.user)
  c:rcpt("somebody@" .. target.relay_domain)
  c:rset()
  c:quit()
end

local function may_not_relay(c)
  c:send("MAIL FROM:<>"):expect { 250, 530, 550 } -- a refusal where a login is demanded first
  c:send("RCPT TO:<somebody@" .. target.relay_domain .. ">"):expect("5xx")
  c:quit()
end

for mechanism in target.mechanisms:gmatch("%S+") do
  local needs = { requires = { "AUTH " .. mechanism } }

  scenario(mechanism .. " with the right secret", needs, function()
    local c = smtp.session()
    c:auth(mechanism)
    c:send("AUTH " .. mechanism):expect(503)
    may_relay(c)
  end)

  scenario(mechanism .. " with a wrong secret", needs, function()
    local c = smtp.session()
    c:auth(wrong(mechanism))
    may_not_relay(c)
  end)

  if mechanism ~= "OAUTHBEARER" and mechanism ~= "XOAUTH2" then -- there the token tells who it is
    scenario(mechanism .. " for a user who does not exist", needs, function()
      local c = smtp.session()
      c:auth { mechanism = mechanism, user = "nobody@" .. target.local_domain, code = 535 }
      may_not_relay(c)
    end)
  end

  scenario(mechanism .. " without an initial response", needs, function()
    local c = smtp.session()
    c:auth { mechanism = mechanism, initial_response = false }
    may_relay(c)
  end)

  local server_first = mechanism == "CRAM-MD5" or mechanism == "DIGEST-MD5"
  scenario(mechanism .. " with an initial response" .. (server_first and ", which it has not" or ""), needs, function()
    local c = smtp.session()
    if server_first then
      local r = c:send("AUTH " .. mechanism .. " " .. codec.base64.encode(target.user)):expect { "5xx", 334 }
      if r.code == 334 then -- Dovecot takes no notice of it
        c:send("*"):expect("5xx")
      end
      may_not_relay(c)
      return
    end
    c:auth { mechanism = mechanism, initial_response = true }
    may_relay(c)
  end)

  scenario(mechanism .. " cancelled, and done after all", needs, function()
    local c = smtp.session()
    c:send("AUTH " .. mechanism):expect(334)
    c:send("*"):expect(501)
    c:auth(mechanism)
    may_relay(c)
  end)

  scenario(mechanism .. " answered with what is no base64", needs, function()
    local c = smtp.session()
    c:send("AUTH " .. mechanism):expect(334)
    c:send("!"):expect("5xx")
    may_not_relay(c)
  end)
end

scenario("auto takes the strongest", function()
  local c = smtp.session { auth = true }
  if c:supports("AUTH", "SCRAM-SHA-256") and not target("token") then
    assert.contains(c.transcript, "AUTH SCRAM-SHA-256")
  end
  may_relay(c)
end)

scenario("a mechanism that there is not", function()
  local c = smtp.session()
  c:send("AUTH NONESUCH"):expect("5xx") -- 504 by RFC 4954 4, 535 of Postfix
  may_not_relay(c)
end)

scenario("no password is in what is logged", function()
  local c = smtp.session { auth = true }
  local transcript = c.transcript
  for _, secret in ipairs { target.password, codec.base64.encode(target.password), codec.hex.encode(target.password) } do
    assert.is_nil(transcript:find(secret, 1, true))
    log("masked", secret)
  end
  c:quit()
end)
