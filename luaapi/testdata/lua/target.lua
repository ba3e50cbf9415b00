-- outcome: passed
-- var: count=5
-- set: quota=10M
scenario("facts", function()
  assert.equal("127.0.0.1", target.host)
  assert.equal("number", type(target.port))
  assert.equal("none", target.tls)
  assert.equal("smtp", target.protocol)
  assert.is_not_nil(target.user)
  assert.is_not_nil(target.password)
  assert.contains(target.valid_rcpt, "@" .. target.local_domain)
  assert.contains(target.valid_rcpt2, "@")
  assert.contains(target.invalid_rcpt, "@")
  assert.is_not_nil(target.relay_domain)
  assert.is_not_nil(target.from)
  assert.equal("mx.demo.test", target.hostname)
  assert.equal("[127.0.0.1]", target.ehlo)
  assert.contains(target.ca, "BEGIN CERTIFICATE")
  assert.is_true(target.tls_verify)
  assert.equal("10M", target.quota)
  assert.equal("5", vars.count)
  assert.equal("5", vars("count"))
  assert.equal(target.user, target("user"))
  assert.is_nil(target("mailbox"))
  assert.equal("d", target("mailbox", "d"))
  assert.equal(1, vars("nothing", 1))
  assert.equal("target", tostring(target))
  assert.equal("vars", tostring(vars))
end)
-----
-- outcome: passed
-- set: ehlo=me.example
-- set: tls_verify=false
scenario("facts with a value of their own", function()
  assert.equal("me.example", target.ehlo)
  assert.is_false(target.tls_verify)
end)
-----
-- outcome: error
scenario("a typo", function()
  print(target.valid_rcp) -- want: "fact valid_rcp is not set .did you mean \"valid_rcpt\"\?.: give it with --set valid_rcp=VALUE, or in its target of smtpspec.lua"
end)
-----
-- outcome: error
scenario("a known fact that is not set", function()
  print(target.mailbox) -- want: "fact mailbox is not set: give it with --set mailbox=VALUE, or in its target of smtpspec.lua"
end)
-----
-- outcome: error
-- var: delay=1
scenario("a variable", function()
  print(vars.dealy) -- want: "variable dealy is not set .did you mean \"delay\"\?.: give it with --var dealy=VALUE, or in vars of smtpspec.lua"
end)
-----
-- outcome: error
scenario("cannot be set", function()
  target.user = "me" -- want: "target cannot be changed: no field \"user\" can be set"
end)
-----
-- outcome: error
scenario("has no numbers", function()
  print(target[1]) -- want: "target has only named fields, not number 1"
end)
-----
-- outcome: error
scenario("called as a method", function()
  print(target:user()) -- want: "a string has no|attempt to call a non-function object: user is a value, not a function: read it without parentheses"
end)
-----
-- outcome: error
scenario("asked for nothing", function()
  target() -- want: "target: argument name is missing: string"
end)
-----
-- outcome: error
scenario("asked for a number", function()
  target(1) -- want: "target: argument name: string expected, got number 1"
end)
-----
-- outcome: passed
-- A missing fact is a Lua error, and can be caught like one.
scenario("caught", function()
  local ok, e = pcall(function() return target.nothing end)
  assert.is_false(ok)
  assert.match("fact nothing is not set", e)
end)
