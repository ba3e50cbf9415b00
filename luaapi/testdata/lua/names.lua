-- outcome: error
scenario("module", function()
  smpt.connect() -- want: "there is no \"smpt\" .did you mean \"smtp\"\?"
end)
-----
-- outcome: error
scenario("function", function()
  smtp.conect() -- want: "smtp has no \"conect\" .did you mean \"connect\"\?"
end)
-----
-- outcome: error
scenario("method", function()
  local c = smtp.connect()
  c:exepct(220) -- want: "smtp.Conn has no field or method \"exepct\" .did you mean \"expect\"\?"
end)
-----
-- outcome: error
scenario("field of a connection", function()
  local c = smtp.connect()
  print(c.greting) -- want: "smtp.Conn has no field or method \"greting\" .did you mean \"greeting\"\?"
end)
-----
-- outcome: error
scenario("field of a reply", function()
  local r = smtp.connect():expect(220)
  print(r.cod) -- want: "smtp.Reply has no field or method \"cod\" .did you mean \"code\"\?"
end)
-----
-- outcome: error
scenario("a dot for a colon", function()
  local c = smtp.connect()
  c.expect(220) -- want: "call expect with a colon: c:expect.\.\.\.."
end)
-----
-- outcome: error
scenario("a dot for a colon, with the object", function()
  local c, d = smtp.connect(), {}
  c.expect(d, 220) -- want: "call expect with a colon: c:expect"
end)
-----
-- outcome: error
scenario("a colon for a dot", function()
  smtp:connect() -- want: "call smtp.connect with a dot, not a colon"
end)
-----
-- outcome: error
scenario("a colon for a dot in codec", function()
  codec.base64:encode("x") -- want: "call codec.base64.encode with a dot, not a colon"
end)
-----
-- outcome: error
scenario("a colon for a dot in time", function()
  time:now() -- want: "call time.now with a dot, not a colon"
end)
-----
-- outcome: error
scenario("a reply is not called", function()
  local r = smtp.connect():expect(220)
  r:code() -- want: "attempt to call a non-function object: code is a value, not a function: read it without parentheses"
end)
-----
-- outcome: error
scenario("a reply is no number", function()
  local r = smtp.connect():expect(220)
  print(r + 1) -- want: "cannot perform add operation between userdata and number|attempt to perform arithmetic"
end)
-----
-- outcome: error
scenario("a reply is no text", function()
  local r = smtp.connect():expect(220)
  print("got " .. r) -- want: "cannot perform concat operation between string and userdata|attempt to concatenate"
end)
-----
-- outcome: error
scenario("modules cannot be changed", function()
  smtp.connect = nil -- want: "smtp cannot be changed: no field \"connect\" can be set"
end)
-----
-- outcome: error
scenario("parts of modules cannot be changed", function()
  codec.base64.encode = print -- want: "codec.base64 cannot be changed"
end)
-----
-- outcome: error
scenario("connections cannot be changed", function()
  local c = smtp.connect()
  c.note = "x" -- want: "smtp.Conn cannot be changed: no field \"note\" can be set"
end)
-----
-- outcome: error
scenario("an unknown global that is called", function()
  conect() -- want: "there is no \"conect\""
end)
-----
-- outcome: error
scenario("a library function", function()
  string.uper("x") -- want: "attempt to call a non-function object: string has no \"uper\" .did you mean \"upper\"\?"
end)
-----
-- outcome: error
scenario("a method of text", function()
  print(("x"):uper()) -- want: "a string has no \"uper\" .did you mean \"upper\"\?"
end)
-----
-- outcome: error
scenario("a method of text that stands on a connection", function()
  print(target.host:expect(250)) -- want: "a string has no \"expect\""
end)
-----
-- outcome: passed
-- A name that is assigned somewhere is nil until then.
scenario("later", function()
  assert.is_nil(later)
  later = 1
  assert.equal(1, later)
  assert.equal(later, _G.later)
  _G.other = 2
  assert.equal(2, other)
end)
-----
-- outcome: passed
-- So is a name that a helper assigns.
require "helper"
scenario("in a helper", function()
  assert.is_nil(by_helper)
  set()
  assert.equal(1, by_helper)
end)
-- file: helper.lua
function set() by_helper = 1 end
-----
-- outcome: error
scenario("through _G", function()
  print(_G.smpt) -- want: "there is no \"smpt\" .did you mean \"smtp\"\?"
end)
-----
-- outcome: error
scenario("listen", function()
  smtp.listen() -- want: "^lua\nsmtp.listen is not built yet in this version of smtpspec"
end)
-----
-- outcome: error
scenario("mechanism", function()
  local c = smtp.session()
  c:auth("PLIAN") -- want: "c:auth: unknown mechanism \"PLIAN\" .did you mean \"PLAIN\"\?.; there are "
end)
-----
-- outcome: error
scenario("names of other test runners", function()
  describe("x", function() end) -- want: "describe does not exist: a file declares its scenarios with scenario.name, function.. ... end."
end)
-----
-- outcome: error
scenario("expect alone", function()
  expect(250) -- want: "expect is a method of a connection, as in c:expect.250."
end)
-----
-- outcome: error
scenario("nil is named", function()
  local c = {}
  c.conn:expect(220) -- want: "attempt to index a non-table object.nil. with key 'expect'"
end)
