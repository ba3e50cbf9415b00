-- outcome: error
scenario("io", function()
  io.open("/etc/passwd") -- want: "io is not there for scenarios: read a file with read_file.path."
end)
-----
-- outcome: error
scenario("os.execute", function()
  os.execute("true") -- want: "os.execute is not there for scenarios"
end)
-----
-- outcome: error
scenario("os.getenv", function()
  os.getenv("HOME") -- want: "os.getenv is not there for scenarios: put it in a fact with env in the configuration smtpspec.lua, or give --var"
end)
-----
-- outcome: error
scenario("os.exit", function()
  os.exit(0) -- want: "os.exit is not there for scenarios: return, skip or fail ends one"
end)
-----
-- outcome: passed
scenario("what there is of os", function()
  assert.greater(os.time(), 1e9)
  assert.is_not_nil(os.date("%Y"))
  assert.greater(os.clock() + 1, 0)
  assert.equal(1, os.difftime(2, 1))
  assert.is_nil(os.remove)
  assert.is_nil(os.rename)
  assert.is_nil(os.tmpname)
  assert.is_nil(os.setlocale)
  assert.is_nil(os.setenv)
end)
-----
-- outcome: error
scenario("debug", function()
  debug.getinfo(1) -- want: "debug is not there for scenarios"
end)
-----
-- outcome: error
scenario("dofile", function()
  dofile("x.lua") -- want: "dofile is not there for scenarios: use require \"name\""
end)
-----
-- outcome: error
scenario("loadfile", function()
  loadfile("x.lua") -- want: "loadfile is not there for scenarios"
end)
-----
-- outcome: error
scenario("package", function()
  print(package.path) -- want: "package is not there for scenarios"
end)
-----
-- outcome: error
scenario("module", function()
  module("x") -- want: "module is not there for scenarios: return a table from the helper file"
end)
-----
-- outcome: error
scenario("newproxy", function()
  newproxy() -- want: "newproxy is not there for scenarios"
end)
-----
-- outcome: passed
scenario("collectgarbage collects nothing", function()
  assert.equal(0, collectgarbage())
  assert.greater(collectgarbage("count"), 0)
  assert.error(function() collectgarbage("all") end, "invalid option 'all'")
end)
-----
-- outcome: error
scenario("env", function()
  env "HOME" -- want: "env exists only in the configuration smtpspec.lua: put it in a fact there, and read target.NAME here"
end)
-----
-- outcome: passed
scenario("loadstring takes text alone", function()
  local f = loadstring("return 1 + ...", "=sum")
  assert.equal(3, f(2))
  local none, why = loadstring("\27Lua")
  assert.is_nil(none)
  assert.match("%(load%):1", why)
  none, why = loadstring("return '\\x41'")
  assert.is_nil(none)
  assert.match("is no escape", why)
  local pieces = { "return ", "5", nil }
  local i = 0
  assert.equal(5, load(function() i = i + 1 return pieces[i] end)())
  none, why = loadstring(("{"):rep(1000))
  assert.match("nested", why)
end)
-----
-- outcome: passed
scenario("metatables", function()
  assert.is_false(getmetatable(""))
  assert.is_false(getmetatable(smtp))
  assert.is_false(getmetatable(_G))
  assert.error(function() setmetatable(_G, {}) end, "protected metatable")
  assert.error(function() rawset(smtp, "x", 1) end)
  assert.error(function() setfenv(print, {}) end, "cannot be changed")
  assert.equal(_G, getfenv(print))
  assert.equal(_G, getfenv(pcall))
end)
-----
-- outcome: passed
scenario("read_file", function()
  assert.equal("a\nb\0\n", (read_file("data.txt"):gsub("Z", "\0")))
  assert.equal("a\nbZ\n", read_file("lib/../data.txt"))
end)
-- file: data.txt
a
bZ
-- file: lib/x.lua
-----
-- outcome: error
scenario("read_file of nothing", function()
  read_file("nothing.txt") -- want: "read_file: .*nothing.txt: no such file"
end)
-----
-- outcome: error
scenario("read_file outside", function()
  read_file("../../../../../../../etc/passwd") -- want: "read_file: .*etc/passwd is outside the scenario directory"
end)
-----
-- outcome: error
scenario("read_file of an absolute path", function()
  read_file("/etc/passwd") -- want: "read_file: /etc/passwd is outside the scenario directory"
end)
-----
-- outcome: error
scenario("require of nothing", function()
  require "nothing" -- want: "require \"nothing\": no such module; looked for .*nothing.lua, .*lib/nothing.lua"
end)
-----
-- outcome: error
scenario("require outside", function()
  require "../helper" -- want: "require \"../helper\": the name of a module is expected, as in require \"helpers\" or require \"lib.dns\""
end)
-----
-- outcome: error
scenario("require with the file's name", function()
  require "helper.lua" -- want: "require \"helper.lua\": the name of a module is expected, without .lua"
end)
-- file: helper.lua
return 1
-----
-- outcome: error
scenario("require in a circle", function()
  require "a" -- want: "require \"a\": .*a.lua is being loaded already: the files require each other"
end)
-- file: a.lua
return require "b"
-- file: b.lua
return require "a" -- want: "require each other"
-----
-- outcome: passed
scenario("require", function()
  local a, b = require "a", require "lib.b"
  assert.equal("a", a.name)
  assert.equal(a, require("a"))
  assert.equal("b", b)
  assert.equal("b", require "b")
  assert.is_true(require("nothing"))
  assert.error(function() require("broken") end, "broken at load")
  assert.error(function() require("broken") end, "broken at load")
end)
-- file: a.lua
local name = ...
return { name = name }
-- file: lib/b.lua
return "b"
-- file: nothing.lua
local x = 1
-- file: broken.lua
error("broken at load")
-----
-- outcome: error
scenario("a helper that does not parse", function()
  require "bad" -- want: "bad.lua:2.*: syntax error near \"=\""
end)
-- file: bad.lua

x = = 1
-----
-- outcome: error
-- set: host=192.0.2.1
scenario("connect elsewhere", function()
  smtp.connect { host = "192.0.2.2", port = 26 } -- want: "smtp.connect: a script may not connect to 192.0.2.2:26, which is not the target's host: --allow 192.0.2.2:26 allows it"
end)
-----
-- outcome: error
-- set: host=192.0.2.1
-- Loopback is open only where the target is on loopback.
scenario("connect to loopback", function()
  smtp.connect { host = "127.0.0.1", port = 26 } -- want: "a script may not connect to 127.0.0.1:26"
end)
-----
-- outcome: error
scenario("connect to a socket", function()
  smtp.connect { unix = "/run/docker.sock" } -- want: "a script may not connect to /run/docker.sock, .*--allow /run/docker.sock allows it"
end)
-----
-- outcome: passed
-- set: host=192.0.2.1
-- allow: 127.0.0.1
scenario("allowed", function()
  smtp.connect { host = "127.0.0.1" }:expect(220)
end)
-----
-- outcome: passed
scenario("bounds", function()
  assert.error(function() return ("x"):rep(1e9) end, "string.rep: the result has more than 67108864 bytes")
  assert.error(function() return ("x"):rep(1e300) end, "string.rep")
  assert.error(function() return ("x"):rep(2 ^ 20):gsub("x", ("y"):rep(100)) end, "string.gsub: the result has more than")
  assert.error(function() return ("x"):rep(1e6):byte(1, -1) end, "string slice too long")
  assert.error(function() table.insert({}, 6e7, 1) end, "position out of bounds")
  local t, s = {}, ("x"):rep(1e6)
  for i = 1, 70 do t[i] = s end
  assert.error(function() return table.concat(t) end, "table.concat: the result has more than")
  assert.error(function() return unpack({}, 1, 1e9) end, "too many results to unpack")
  local function many(...) return many(1, ...) end
  assert.error(many, "overflow")
  local function f() return 1 + f() end
  assert.error(f, "^stack overflow: functions call each other more than 1000 deep")
  assert.error(function() step("x", f) end, "^stack overflow")
  local function g() return coroutine.wrap(g)() end
  assert.error(g, "coroutines resume each other more than 100 deep")
end)
-----
-- outcome: passed
scenario("an overflow that is caught at each depth leaves every caller where it was", function()
  local function plain(n, f) -- n frames further down
    if n == 0 then return f() end
    local v = plain(n - 1, f)
    return v
  end
  local deepest = 0
  local function catching(depth)
    deepest = depth
    local here = depth
    pcall(catching, depth + 1)
    assert.equal(here, depth, "the level at " .. depth)
    return depth
  end
  for n = 0, 9 do
    deepest = 0
    assert.equal(plain(n, function() return catching(1) end), 1, n .. " frames further down")
    assert.is_true(deepest > 300)
  end
end)
