-- outcome: passed
for _, mechanism in ipairs { "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "auto" } do
  scenario(mechanism, function()
    local c = smtp.session { tls = "starttls" }
    assert.equal(235, c:auth(mechanism).code)
  end)
end
-----
-- outcome: passed
scenario("channel binding", function()
  local c = smtp.session { tls = "starttls" }
  c:auth("SCRAM-SHA-256-PLUS")
end)
scenario("user and password", function()
  local c = smtp.session { tls = "starttls" }
  c:auth("plain", target.user, target.password)
end)
scenario("every option", function()
  local c = smtp.session { tls = "starttls" }
  c:auth { mechanism = "PLAIN", user = target.user, password = target.password, token = "", authzid = "", realm = "", initial_response = false, code = 235 }
  assert.match("> AUTH PLAIN\n", c.transcript)
  assert.is_nil(c.transcript:find(codec.base64.encode("\0" .. target.user .. "\0" .. target.password), 1, true))
end)
scenario("anonymous", function()
  local c = smtp.session { tls = "starttls" }
  c:auth { mechanism = "ANONYMOUS", code = { "2xx", "5xx" } }
end)
-----
-- outcome: passed
scenario("a refusal that is wanted", function()
  local c = smtp.session { tls = "starttls" }
  local r = c:auth { mechanism = "PLAIN", password = "wrong-password", code = 535 }
  assert.equal(535, r.code)
  assert.equal("5.7.8", r.enhanced)
end)
-----
-- outcome: failed
scenario("a refusal", function()
  local c = smtp.session { tls = "starttls" }
  c:auth("LOGIN", target.user, "wrong-password") -- want: "^expectation\nthe reply to AUTH is not the one wanted\n235\n535 "
end)
-----
-- outcome: failed
scenario("accepted where a refusal is wanted", function()
  local c = smtp.session { tls = "starttls" }
  c:auth { mechanism = "PLAIN", code = "5xx" } -- want: "the reply to AUTH is not the one wanted\n5xx\n235 "
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 250 hi
scenario("auto without an offer", function()
  local c = smtp.session()
  c:auth("auto") -- want: "^auth\nthe server offers no way to authenticate that the credentials serve\nAUTH with a mechanism that is known\nno AUTH in the reply to EHLO"
end)
-----
-- outcome: error
-- set: user
scenario("no user", function()
  local c = smtp.session()
  c:auth("PLAIN") -- want: "c:auth: .*user"
end)
-----
-- outcome: error
-- set: password
scenario("no password", function()
  local c = smtp.session()
  c:auth("PLAIN") -- want: "c:auth: .*password"
end)
-----
-- outcome: error
-- set: user
scenario("auto without a user", function()
  local c = smtp.session()
  c:auth("auto") -- want: "fact user is not set: give it with --set user=VALUE"
end)
-----
-- outcome: error
scenario("no mechanism", function()
  smtp.session():auth {} -- want: "c:auth: option mechanism is missing"
end)
-----
-- outcome: error
scenario("nothing", function()
  smtp.session():auth() -- want: "c:auth: argument mechanism is missing: string or table"
end)
-----
-- outcome: error
scenario("too much", function()
  smtp.session():auth({ mechanism = "PLAIN" }, "user") -- want: "c:auth: nothing comes after the table of options"
end)
-----
-- outcome: error
scenario("a misspelt option", function()
  smtp.session():auth { mechanism = "PLAIN", passwrd = "x" } -- want: "c:auth: argument mechanism: unknown option \"passwrd\" .did you mean \"password\"\?"
end)
-----
-- outcome: error
scenario("a wrong code", function()
  smtp.session():auth { mechanism = "PLAIN", code = "no" } -- want: "c:auth: option code: \"no\" is no reply code"
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 250-hi
-- server: S 250 AUTH CRAM-MD5
-- server: C
-- server: S 334 ?
-- server: C
-- server: S 501 cancelled
scenario("a challenge that is none", function()
  local c = smtp.session()
  c:auth("CRAM-MD5") -- want: "^auth\nauthentication by CRAM-MD5 cannot go on\n235\nthe challenge is no base64"
end)
-----
-- outcome: passed
-- set: token=bearer-token-of-a-test
scenario("a token goes out masked", function()
  local c = smtp.session { tls = "starttls" }
  assert.equal("bearer-token-of-a-test", target.token)
  c:auth { mechanism = "XOAUTH2", code = { 235, 535 } }
  assert.is_nil(c.transcript:find("bearer", 1, true))
  assert.is_nil(c.transcript:find(codec.base64.encode("user=" .. target.user):sub(1, 12), 1, true))
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 334 cmVhbG09InIiLG5vbmNlPSJuIixhbGdvcml0aG09bWQ1LXNlc3MsY2hhcnNldD11dGYtOA==
-- server: C
-- server: S 334 cnNwYXV0aD0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==
-- server: C
-- server: S 235 ok
scenario("a server that says yes and does not know the password", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth("DIGEST-MD5") -- want: "^auth\nthe server accepted, but authentication by DIGEST-MD5 is not complete\n235\nDIGEST-MD5: rspauth is wrong: the server does not know the password"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 334 cmVhbG09InIiLG5vbmNlPSJuIixhbGdvcml0aG09bWQ1LXNlc3MsY2hhcnNldD11dGYtOA==
-- server: C
-- server: S 535 5.7.8 no
scenario("DIGEST-MD5 that is refused", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "DIGEST-MD5", user = "tim", password = "wrong-password", realm = "other", code = 535 }
  assert.match("> AUTH DIGEST%-MD5\n< 334 .*\n> [^\n]*password[^\n]*\n< 535", c.transcript)
  assert.is_nil(c.transcript:find(codec.base64.encode("charset=utf-8,username"):sub(1, 20), 1, true))
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 334 bm9uY2U9Im4i
-- server: C
-- server: S 501 cancelled
scenario("DIGEST-MD5 with a broken challenge", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth("DIGEST-MD5") -- want: "^auth\nauthentication by DIGEST-MD5 cannot go on\n235\nDIGEST-MD5: digest-challenge: there is no algorithm"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 334 TlRMTVNTUAACAAAAAAAAAAAAAAABgoAAMTIzNDU2NzgAAAAAAAAAAAoACgAwAAAAAgACAEQAAAAAAA==
-- server: C
-- server: S 235 ok
scenario("NTLM", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "ntlm", user = "DOM\\tim", password = "a-password" }
  assert.match("> AUTH NTLM [^\n]*password[^\n]*\n< 334", c.transcript)
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 334 NTLM supported
-- server: C
-- server: S 334 TlRMTVNTUAACAAAAAAAAAAAAAAABgoAAMTIzNDU2NzgAAAAAAAAAAAoACgAwAAAAAgACAEQAAAAAAA==
-- server: C
-- server: S 235 ok
scenario("NTLM as Exchange has it", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "NTLM", initial_response = false }
  assert.contains(c.transcript, "> AUTH NTLM\n")
end)
