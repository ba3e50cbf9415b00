-- outcome: failed
-- A failure in a helper stands at the line of the scenario that called it.
local helper = require "helper"
scenario("a helper", function()
  local c = smtp.connect()
  helper.greet(c) -- want: "the greeting is not the one wanted"
end)
-- file: helper.lua
local M = {}
local function deep(c)
  c:expect(250) -- want: "the greeting"
end
function M.greet(c)
  deep(c)
end
return M
-----
-- outcome: failed
-- A tail call keeps its caller.
local helper = require "lib.helper"
scenario("a tail call", function()
  local c = smtp.connect()
  return helper(c) -- want: "the greeting"
end)
-- file: lib/helper.lua
return function(c)
  return c:expect(250) -- want: "the greeting"
end
-----
-- outcome: error
local helper = require "helper"
scenario("a Lua error in a helper", function()
  helper() -- want: "attempt to index"
end)
-- file: helper.lua
return function()
  local nothing
  return nothing.x -- want: "attempt to index"
end
-----
-- outcome: error
local helper = require "helper"
scenario("a bad argument in a helper", function()
  helper() -- want: "sleep: argument seconds is missing: duration"
end)
-- file: helper.lua
return function()
  sleep() -- want: "sleep"
end
-----
-- outcome: failed
scenario("a coroutine", function()
  local c = smtp.connect()
  local co = coroutine.wrap(function()
    c:expect(250) -- want: "the greeting"
  end)
  co()
end)
-----
-- outcome: failed
local helper = require "helper"
scenario("a coroutine in a helper", function()
  helper(smtp.connect()) -- want: "the greeting"
end)
-- file: helper.lua
return function(c)
  coroutine.wrap(function()
    c:expect(250) -- want: "the greeting"
  end)()
end
-----
-- outcome: error
scenario("a Lua error in a coroutine", function()
  local co = coroutine.wrap(function()
    error("inside") -- want: "^lua\ninside\n"
  end)
  co()
end)
-----
-- outcome: error
scenario("a coroutine that died", function()
  local co = coroutine.wrap(function() error("inside") end)
  assert.error(co, "inside")
  co() -- want: "dead"
end)
-----
-- outcome: failed
scenario("several lines", function()
  local c = smtp.connect()
  c:expect { -- want: "the greeting"
    code = 250,
  }
end)
-----
-- outcome: passed
scenario("coroutines", function()
  assert.is_nil(coroutine.running())
  local co
  co = coroutine.create(function(a, b)
    assert.equal(3, a + b)
    assert.equal(co, coroutine.running())
    assert.equal("running", coroutine.status(co))
    local c = coroutine.yield(a * 2, b * 2)
    assert.equal("in", c)
    pcall(function() error("x") end)
    return "end"
  end)
  assert.same({ true, 2, 4 }, { coroutine.resume(co, 1, 2) })
  assert.equal("suspended", coroutine.status(co))
  assert.same({ true, "end" }, { coroutine.resume(co, "in") })
  assert.equal("dead", coroutine.status(co))
  assert.is_false((coroutine.resume(co)))
  assert.is_nil(coroutine.running())
  local each = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
  assert.equal(6, each() + each() + each())
  local inner = coroutine.wrap(function() error({ code = 1 }) end)
  local ok, e = pcall(inner)
  assert.same({ code = 1 }, e)
  assert.is_nil(coroutine.running())
end)
-----
-- outcome: failed
-- The steps of a failure are those it is in.
scenario("steps", function()
  step("outer", function()
    check("inner", function() fail("x") end) -- want: "x"
  end)
end)
-----
-- outcome: passed
-- log: "^resumed"
scenario("a cleanup resumes a coroutine of the scenario", function()
  local co = coroutine.wrap(function() coroutine.yield() log("resumed") end)
  co()
  cleanup(co)
  assert(true)
end)
