-- outcome: warned
-- A failure at level should is a warning.
scenario("should", { level = "should" }, function()
  fail("not so good") -- want: "^fail\nnot so good"
end)
-----
-- outcome: warned
scenario("ops", { level = "ops" }, function()
  fail("not so good") -- want: "not so good"
end)
-----
-- outcome: passed
-- note: "^not so good$"
scenario("may", { level = "may" }, function()
  fail("not so good")
end)
-----
-- outcome: failed
scenario("must", { level = "must" }, function() fail("m") end) -- want: "m"
scenario("required", { level = "required" }, function() fail("r") end) -- want: "r"
scenario("security", { level = "security" }, function() fail("s") end) -- want: "s"
-----
-- outcome: failed
-- A check is soft: the scenario goes on, and every failure counts.
scenario("soft", function()
  local a = check("first", function()
    assert.equal(1, 2) -- want: "assert.equal does not hold\n1\n2"
  end)
  local b = check("second", function() assert.equal(1, 1) end)
  assert.is_false(a)
  assert.is_true(b)
  check("third", { level = "should" }, function()
    fail("only a warning") -- want: "only a warning"
  end)
  check("fourth", { level = "may" }, function()
    fail("only a note")
  end)
  fail("last") -- want: "^fail\nlast"
end)
-- note: "^only a note$"
-----
-- outcome: warned
-- A check inside a check has the level of the outer one, unless it says otherwise.
scenario("levels", function()
  check("outer", { level = "should" }, function()
    check("inner", function()
      fail("inner") -- want: "inner"
    end)
    check("inner", { level = "may" }, function() fail("x") end)
    fail("outer") -- want: "outer"
  end)
end)
-----
-- outcome: failed
-- What a check with a level entered is left again, however it ends.
scenario("levels are left", function()
  pcall(check, "a", { level = "may" }, function() error("x") end)
  assert.error(function() check("b", { level = "may" }, function() error("x") end) end)
  coroutine.resume(coroutine.create(function() check("c", { level = "may" }, function() error("x") end) end))
  pcall(coroutine.wrap(function() check("d", { level = "may" }, function() error("x") end) end))
  fail("at the scenario's level") -- want: "at the scenario's level"
end)
-----
-- outcome: error
scenario("a Lua error in a check ends the scenario", function()
  check("one", function()
    local nothing
    print(nothing.field) -- want: "attempt to index"
  end)
  fail("not reached")
end)
-----
-- outcome: skipped
-- reason: "^not here$"
scenario("a skip in a check ends the scenario", function()
  check("one", function() skip("not here") end)
  fail("not reached")
end)
-----
-- outcome: error
scenario("options of check", function()
  check("x", { leve = "may" }, function() end) -- want: "check: argument options: unknown option \"leve\" .did you mean \"level\"\?"
end)
-----
-- outcome: error
scenario("level of check", function()
  check("x", { level = "shuold" }, function() end) -- want: "check: option level: \"shuold\" is not one of .* .did you mean \"should\"\?"
end)
-----
-- outcome: error
scenario("function of check", function()
  check("x", {}) -- want: "check \"x\" has no function: check.name, .options,. function.. ... end."
end)
-----
-- outcome: error
scenario("nothing of check", function()
  check("x") -- want: "check \"x\" has no function"
end)
-----
-- outcome: passed
-- log: "step: one" "in it" "a b nil true"
scenario("steps give what their functions give", function()
  local a, b = step("step: one", function() log("in it") return 1, 2 end)
  assert.equal(1, a)
  assert.equal(2, b)
  assert.is_nil((step("nothing", function() end)))
  print("a", "b", nil, true)
end)
-----
-- outcome: error
scenario("step needs a function", function()
  step("x") -- want: "step: argument fn is missing: function"
end)
-----
-- outcome: skipped
-- reason: "^greylisting is on$"
scenario("skip", function()
  assert(true)
  skip("greylisting is on")
  fail("not reached")
end)
-----
-- outcome: skipped
-- reason: "^policy$"
scenario("inconclusive", function() inconclusive("policy") end)
-----
-- outcome: error
scenario("skip needs a reason", function()
  skip() -- want: "skip: argument reason is missing: string"
end)
-----
-- outcome: failed
-- The worst thing that happened is the outcome.
scenario("failed, then skipped", function()
  check("a", function() fail("first") end) -- want: "first"
  skip("too late")
end)
-----
-- outcome: error
scenario("failed, then broken", function()
  check("a", function() fail("first") end) -- want: "first"
  error("second") -- want: "^lua\nsecond"
end)
-----
-- outcome: warned
-- note: "^a remark$"
-- log: "a warning" "a remark"
scenario("warn and note go on", function()
  warn("a warning") -- want: "^warn\na warning"
  note("a remark")
  assert(true)
end)
-----
-- outcome: error
scenario("a warning is no expectation", function() -- want: "required nothing"
  warn("a warning") -- want: "a warning"
end)
-----
-- outcome: error
scenario("error", function()
  error("plain") -- want: "^lua\nplain\n"
end)
-----
-- outcome: error
scenario("error with a table", function()
  error({ code = 5 }) -- want: "an error value was raised: {code = 5}"
end)
-----
-- outcome: error
scenario("error of nil", function()
  error(nil) -- want: "error.nil. was called"
end)
-----
-- outcome: error
-- error with a level: the message has the line that the level names, the report the innermost one.
local function must(x)
  if not x then error("must be true", 2) end -- want: "^lua\nmust be true\n"
end
scenario("error with a level", function()
  local ok, e = pcall(function()
    must(false)
  end)
  assert.match("t.lua:8: must be true$", e)
  must(false)
end)
-----
-- outcome: passed
scenario("error by level", function()
  local function f(level) error("text", level) end
  local _, e = pcall(f, 0)
  assert.equal("text", e)
  _, e = pcall(f, 1)
  assert.match("t.lua:3: text$", e)
  _, e = pcall(function()
    f(2)
  end)
  assert.match("t.lua:9: text$", e)
  _, e = pcall(f, 2)
  assert.equal("text", e)
  _, e = pcall(error, { a = 1 })
  assert.same({ a = 1 }, e)
end)
-----
-- outcome: failed
-- pcall undoes nothing.
scenario("pcall and expect", function()
  local c = smtp.connect()
  local ok, e = pcall(function()
    c:expect(250) -- want: "the greeting is not the one wanted"
  end)
  assert.is_false(ok)
  assert.match("greeting is not the one wanted", tostring(e))
end)
-----
-- outcome: failed
scenario("pcall and fail", function()
  pcall(fail, "kept") -- want: "kept"
  assert(true)
end)
-----
-- outcome: skipped
-- reason: "^kept$"
scenario("pcall and skip", function()
  pcall(skip, "kept")
  assert(true)
end)
-----
-- outcome: failed
scenario("xpcall and fail", function()
  local ok, e = xpcall(function() fail("kept") end, function(e) return "handled: " .. tostring(e) end) -- want: "kept"
  assert.equal("handled: kept", e)
end)
-----
-- outcome: failed
scenario("coroutines and fail", function()
  local ok = coroutine.resume(coroutine.create(function()
    fail("kept") -- want: "kept"
  end))
  assert.is_false(ok)
end)
-----
-- outcome: failed
scenario("a failure can be raised again", function()
  local ok, e = pcall(fail, "once") -- want: "once"
  error(e)
end)
-----
-- outcome: passed
scenario("pcall catches Lua errors", function()
  local ok, e = pcall(error, "text", 0)
  assert.is_false(ok)
  assert.equal("text", e)
  local ok, a, b = pcall(function(...) return ... end, 1, 2)
  assert.same({ true, 1, 2 }, { ok, a, b })
  assert.is_false((pcall(nil)))
end)
-----
-- outcome: passed
-- What closures share stays shared when a call between them fails.
scenario("upvalues", function()
  local n = 0
  local function count() n = n + 1 end
  pcall(function() end)
  pcall(function() error("x") end)
  count()
  assert.equal(1, n)
  check("x", { level = "may" }, function() count() fail("x") end)
  count()
  assert.equal(3, n)
  local kept
  pcall(function()
    local inner = "inner"
    kept = function() return inner end
    error("x")
  end)
  local a, b, d = 1, 2, 3
  assert.equal("inner", kept())
  xpcall(function()
    local inner = "xpcall"
    kept = function() return inner end
    error("x")
  end, function(e) return e end)
  assert.equal("xpcall", kept())
end)
-----
-- outcome: failed
-- log: "in cleanup: kept"
scenario("upvalues of a cleanup", function()
  local name = "kept"
  cleanup(function() log("in cleanup: " .. name) end)
  fail("x") -- want: "x"
end)
-----
-- outcome: failed
-- cleanup runs last first, whatever happened, and its own failures count.
scenario("cleanup", function()
  cleanup(function() log("first") end)
  cleanup(function()
    log("second")
    assert.equal(1, 2) -- want: "assert.equal"
  end)
  cleanup(function() log("third") end)
  assert(true)
end)
-- log: "(?s)third.*second.*first"
-----
-- outcome: skipped
-- log: "cleaned"
-- reason: "early"
scenario("cleanup after a skip", function()
  cleanup(function() log("cleaned") end)
  skip("early")
end)
-----
-- outcome: passed
-- log: "(?s)outer.*inner"
scenario("cleanup in a cleanup", function()
  cleanup(function()
    log("outer")
    cleanup(function() log("inner") end)
  end)
  assert(true)
end)
-----
-- outcome: error
scenario("an error in a cleanup", function()
  cleanup(function()
    error("dirty") -- want: "^lua\ndirty"
  end)
  assert(true)
end)
-----
-- outcome: passed
-- log: "(?s)before 1.*before 2.*scenario.*after 1.*after 2.*clean"
before_each(function() log("before 1") end)
before_each(function() log("before 2") cleanup(function() log("clean") end) end)
after_each(function() log("after 1") end)
after_each(function() log("after 2") end)
scenario("order", function() log("scenario") assert(true) end)
-----
-- outcome: failed
-- log: "after" "clean"
before_each(function()
  cleanup(function() log("clean") end)
  fail("before") -- want: "before"
end)
after_each(function() log("after") end)
scenario("before_each fails", function() error("not reached") end)
-----
-- outcome: skipped
-- reason: "before"
before_each(function() skip("before") end)
scenario("before_each skips", function() error("not reached") end)
-----
-- outcome: failed
after_each(function() fail("after") end) -- want: "after"
scenario("after_each fails", function() assert(true) end)
-----
-- outcome: failed
-- log: "second"
after_each(function() fail("after") end) -- want: "after"
after_each(function() log("second") end)
scenario("after_each fails, the next one runs", function() assert(true) end)
-----
-- outcome: error
-- A step, and a check, cannot be left by a yield: what comes after it would be lost.
scenario("yield across check", function()
  local co = coroutine.wrap(function()
    check("x", function()
      coroutine.yield() -- want: "attempt to yield across a call of pcall, check, step or the like"
      fail("lost")
    end)
  end)
  co()
end)
-----
-- outcome: error
scenario("yield across step", function()
  coroutine.wrap(function() step("x", coroutine.yield) end)() -- want: "attempt to yield across"
end)
-----
-- outcome: error
-- The record of a step is in the failure, and log takes any value.
scenario("unknown method of a failure", function()
  local _, e = pcall(fail, "text") -- want: "text"
  log(e)
  print(e.mesage) -- want: "failure has no field or method \"mesage\""
end)
-- log: "^text$|\ntext\n"
-----
-- outcome: passed
-- An error in the handler of xpcall is what xpcall gives.
scenario("xpcall", function()
  local ok, e = xpcall(function() error("first") end, function() error("second", 0) end)
  assert.same({ false, "second" }, { ok, e })
  assert.same({ true, 1, 2 }, { xpcall(function() return 1, 2 end, print) })
  ok, e = xpcall(function() error("first", 0) end, function(e) return select(2, pcall(error, e .. " handled", 0)) end)
  assert.equal("first handled", e)
end)
