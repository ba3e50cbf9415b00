-- A counter that two functions share is shared by their copies, and by nobody else.
-- outcome: passed passed
local n = 0
local function more() n = n + 1 return n end
for _, name in ipairs { "a", "b" } do
  scenario(name, function()
    assert.equal(1, more())
    assert.equal(1, n)
    n = 5
    assert.equal(6, more())
  end)
end
-----
-- A global, a table with itself in it, its metatable and the order of its keys.
-- outcome: passed passed
settings = { one = 1, two = 2, three = 3, 10, 20, [0.5] = "half" }
settings.self = settings
setmetatable(settings, { __index = function(t, k) return rawget(t, "one") .. k end })
for _, name in ipairs { "a", "b" } do
  scenario(name, function()
    local order = {}
    for k in pairs(settings) do order[#order + 1] = tostring(k) end
    assert.equal("1 2 one two three 0.5 self", table.concat(order, " "))
    assert.is_true(rawequal(settings.self, settings))
    assert.is_true(_G.settings == settings)
    assert.equal("1nothing", settings.nothing)
    assert.equal(settings, settings.self)
    settings.one = name
    assert.equal(name .. "x", settings.x)
    settings = nil
    assert.is_nil(settings)
  end)
end
-----
-- Hooks, a helper that was loaded, and one that is loaded later.
-- outcome: passed passed
local helper = require "helper"
local seen = {}
before_each(function() seen[#seen + 1] = "before" helper.count = helper.count + 1 end)
after_each(function() assert.equal(2, #seen) end)
for _, name in ipairs { "a", "b" } do
  scenario(name, function()
    seen[#seen + 1] = name
    assert.equal(1, helper.count)
    assert.is_true(require("helper") == helper)
    assert.equal(7, require("later")())
  end)
end
-- file: helper.lua
return { count = 0 }
-- file: later.lua
local seven = 7
return function() return seven end
-----
-- The environment of a function.
-- outcome: passed
local function reader() return value end
setfenv(reader, { value = "mine" })
value = "global"
scenario("a", function()
  assert.equal("mine", reader())
  assert.equal("mine", getfenv(reader).value)
  assert.equal("global", value)
  assert.is_true(getfenv(1) == _G)
end)
-----
-- Libraries that a script changes are changed for its scenarios, as often as they run.
-- outcome: passed passed
string.shout = function(s) return s:upper() .. "!" end
local format = string.format
for _, name in ipairs { "a", "b" } do
  scenario(name, function()
    assert.equal("HI!", ("hi"):shout())
    assert.equal(format, string.format)
    string.shout = nil
    assert.is_nil(string.shout)
  end)
end
-----
-- What is written at the top level is in the record of every scenario.
-- outcome: passed passed
-- log: "^declaring\ndeclaring$"
log("declaring")
scenario("a", function() assert(true) end)
scenario("b", function() assert(true) end)
-----
-- A coroutine and an iterator that begin at the top level.
-- outcome: passed passed
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
local words = ("one two"):gmatch("%a+")
co()
words()
for _, name in ipairs { "a", "b" } do
  scenario(name, function()
    assert.equal(2, co())
    assert.equal("two", words())
  end)
end
-----
-- Upvalues of a loop are one each.
-- outcome: passed passed passed
for i = 1, 3 do
  local square = i * i
  scenario("s" .. i, function()
    assert.equal(i * i, square)
    square = square + 1
    i = i + 1
  end)
end
-----
-- outcome: error
-- A top level that fails when it runs again is told where it does.
runs = (runs or 0) + 1
local started = os.time()
scenario("a", function() error("in the scenario") end) -- want: "in the scenario"
