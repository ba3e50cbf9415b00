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
-----
-- outcome: passed
local user = codec.base64.encode(target.user)
scenario("for whom", function()
  smtp.session():auth { mechanism = "PLAIN", authzid = target.user }
  smtp.session():auth { mechanism = "PLAIN", authzid = "somebody-else", code = 535 }
  smtp.session():auth { mechanism = "SCRAM-SHA-256", authzid = "somebody-else", code = 535 }
end)
scenario("another password in place of the password", function()
  local c = smtp.session()
  c:auth { mechanism = "LOGIN", steps = { [2] = function(response, challenge)
    assert.equal(target.password, response)
    assert.equal("Password:", challenge)
    return "another-secret"
  end }, code = 535 }
  log("it was another-secret")
  assert.is_nil(c.transcript:find(codec.base64.encode("another-secret"), 1, true))
end)
-- log: "it was ‹password›"
scenario("a step that is longer than the command may be waits", function()
  local c = smtp.session()
  c:auth { mechanism = "PLAIN", steps = { ("A"):rep(600) }, code = 535 }
  assert.match("> AUTH PLAIN\n< 334", c.transcript)
end)
scenario("a cancelled exchange leaves the session as it was", function()
  local c = smtp.session()
  assert.equal(501, c:auth { mechanism = "LOGIN", steps = { [2] = "*" } }.code)
  assert.match("\n> %*\n< 501", c.transcript)
  c:auth("LOGIN")
end)
-----
-- outcome: passed
scenario("channel bindings", function()
  for version, types in pairs { ["1.2"] = { "tls-unique", "tls-server-end-point" }, ["1.3"] = { "tls-exporter", "tls-server-end-point" } } do
    for _, typ in ipairs(types) do
      for _, mechanism in ipairs { "SCRAM-SHA-1-PLUS", "scram-sha-256-plus", "auto" } do
        local c = smtp.session { tls = "starttls", tls_options = { max = version } }
        local header
        local function look(response)
          header = header or response:match("^p=([^,]*),")
          return response
        end
        c:auth { mechanism = mechanism, channel_binding = typ, steps = { look } }
        assert.equal(typ, header)
      end
    end
  end
end)
scenario("a binding that is not the connection's", function()
  local c = smtp.session { tls = "starttls" }
  c:auth { mechanism = "SCRAM-SHA-256-PLUS", steps = { [2] = function(response)
    local c, rest = response:match("^c=([^,]*)(.*)")
    local binding = codec.base64.decode(c)
    return "c=" .. codec.base64.encode(binding:sub(1, -2) .. (binding:sub(-1) == "x" and "y" or "x")) .. rest
  end }, code = 535 }
end)
-----
-- outcome: error
scenario("a binding that there is not", function()
  smtp.session { tls = "starttls", tls_options = { max = "1.2" } }:auth { mechanism = "SCRAM-SHA-256-PLUS", channel_binding = "tls-exporter" } -- want: "c:auth: option channel_binding: the connection has no tls-exporter: it takes TLS 1.3 .RFC 9266."
end)
scenario("unique in 1.3", function()
  smtp.session { tls = "starttls", tls_options = { min = "1.3" } }:auth { mechanism = "SCRAM-SHA-256-PLUS", channel_binding = "tls-unique" } -- want: "c:auth: option channel_binding: the connection has no tls-unique: TLS 1.3 has none"
end)
scenario("a binding in clear", function()
  smtp.session():auth { mechanism = "SCRAM-SHA-256-PLUS", channel_binding = "tls-unique" } -- want: "c:auth: option channel_binding: there is no TLS to bind to"
end)
scenario("a binding that does not exist", function()
  smtp.session():auth { mechanism = "SCRAM-SHA-256-PLUS", channel_binding = "tls-uniq" } -- want: "c:auth: option channel_binding: \"tls-uniq\" is not one of tls-exporter, tls-server-end-point, tls-unique .did you mean \"tls-unique\"\?"
end)
scenario("a binding of PLAIN", function()
  smtp.session():auth { mechanism = "plain", channel_binding = "tls-unique" } -- want: "c:auth: option channel_binding: the -PLUS mechanisms have it, and not PLAIN"
end)
scenario("steps with a name", function()
  smtp.session():auth { mechanism = "PLAIN", steps = { first = "*" } } -- want: "c:auth: option steps: numbers to text or functions expected, as in { \[2\] = \"\*\" }, got the key string \"first\""
end)
scenario("a step of a wrong kind", function()
  smtp.session():auth { mechanism = "PLAIN", steps = { 5 } } -- want: "c:auth: option steps: step 1: text or a function expected, got number 5"
end)
scenario("a step of two lines", function()
  smtp.session():auth { mechanism = "PLAIN", steps = { "a\r\nb" } } -- want: "c:auth: option steps: step 1: a CR, LF or NUL is in the line"
end)
scenario("a step that gives nothing", function()
  smtp.session():auth { mechanism = "LOGIN", steps = { [2] = function() end } } -- want: "c:auth: option steps: step 2: the function is to return text"
end)
scenario("a step that breaks", function()
  smtp.session():auth {
    mechanism = "LOGIN",
    steps = {
      [2] = function()
        error("oops") -- want: "oops"
      end,
    },
  }
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 334 Z28gb24=
-- server: C
-- server: S 501 cancelled
scenario("a server that takes what is no base64", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "PLAIN", steps = { "!!!" }, code = 501 } -- want: "^auth\nauthentication by PLAIN cannot go on\n501\n334 Z28gb24=\nPLAIN: unexpected challenge: the exchange is complete\n"
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 334 Z28gb24=
-- server: C
-- server: S 334 bm8gZW5k
-- server: C
-- server: S 535 enough
scenario("the script goes on where the mechanism cannot", function()
  local c = smtp.connect()
  c:expect(220)
  local seen = {}
  local function answer(response, challenge)
    seen[#seen + 1] = tostring(response) .. " to " .. challenge
    return "answer " .. #seen
  end
  c:auth { mechanism = "PLAIN", steps = { [2] = answer, [3] = answer }, code = 535 }
  assert.same({ "nil to go on", "nil to no end" }, seen)
end)
-----
-- outcome: passed
-- server: S 220 hi
-- server: C
-- server: S 235 welcome
scenario("a server that does not prove itself to a script that does not ask", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "SCRAM-SHA-256", steps = { function(r) return r .. ",x=y" end } }
end)
-----
-- outcome: failed
-- server: S 220 hi
-- server: C
-- server: S 504 not here
scenario("a step that was ready and did not go out", function()
  local c = smtp.connect()
  c:expect(220)
  c:auth { mechanism = "PLAIN", steps = { ("A"):rep(600) }, code = 504 } -- want: "^auth\nthe exchange ended before step 1, in whose place something else was to go out\n504\n504 not here\n"
end)
