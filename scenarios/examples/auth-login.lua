-- AUTH LOGIN, step by step: each answer is the base64 of the user's name or password. Once it is no longer what you
-- want to test, c:auth("LOGIN") does all of this in one line.
--
-- The password is in no output: what follows AUTH is shown as ‹password›, whatever form it has.

suite { name = "AUTH LOGIN", tags = { "auth" }, refs = { "RFC 4954 4" }, requires = { "user", "password", "AUTH LOGIN" } }

local b64 = codec.base64

scenario("takes the right password", function()
  local c = smtp.session() -- greeted, and in TLS where the target's URL says so

  local r = c:send("AUTH LOGIN"):expect(334)
  log("asked for: " .. b64.decode(r.text)) -- "Username:", commonly
  r = c:send(b64.encode(target.user)):expect(334)
  log("asked for: " .. b64.decode(r.text)) -- "Password:"
  c:send(b64.encode(target.password)):expect(235)

  c:send("AUTH LOGIN"):expect("5xx") -- once is enough: RFC 4954 4
  c:quit()
end)

-- The reply to a login that must not work.
local function refusal(user, password)
  local c = smtp.session()
  c:send("AUTH LOGIN"):expect(334)
  c:send(b64.encode(user)):expect(334)
  return c:send(b64.encode(password)):expect(535)
end

scenario("refuses a wrong password", function()
  refusal(target.user, "not-" .. target.password)
end)

scenario("does not tell whether a user exists", { level = "security" }, function()
  local known = refusal(target.user, "wrong")
  local unknown = refusal(unique("nobody"), "wrong")
  assert.equal(known.text, unknown.text)
end)

scenario("can be given up with a star", function()
  local c = smtp.session()
  c:send("AUTH LOGIN"):expect(334)
  c:send("*"):expect("5xx")
  c:noop() -- the conversation goes on
  c:quit()
end)

scenario("refuses what is no base64", function()
  local c = smtp.session()
  c:send("AUTH LOGIN"):expect(334)
  c:send("!"):expect("5xx")
  c:noop()
  c:quit()
end)
