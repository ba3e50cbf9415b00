-- outcome: error
scenario("a loop", { timeout = 0.1 }, function()
  while true do end -- want: "^scenario-timeout\nthe scenario did not end within its 100ms\n" "a longer time is given by the option timeout of scenario, or --timeout"
end)
-----
-- outcome: error
scenario("a sleep", { timeout = "100ms" }, function()
  sleep(10) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
-- limits: scenario=100ms
scenario("the run's limit", function()
  sleep("10s") -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
-- server: 220 hi
-- server: C
scenario("a reply", { timeout = 0.1 }, function()
  local c = smtp.connect()
  c:send("NOOP")
  c:expect { code = 250, within = 5 } -- want: "did not end within its 100ms: it was waiting for the greeting"
end)
-----
-- outcome: error
-- server: C
scenario("silence is not the scenario's own deadline", { timeout = 0.1 }, function()
  local c = smtp.connect()
  c:expect_silence(5) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
-- server: C
scenario("nor is a silence in a list", { timeout = 0.1 }, function()
  local c = smtp.connect()
  c:expect { code = { 220, "silence" }, within = 5 } -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
-- server: C
scenario("nor a reply that may be anything", { timeout = 0.1 }, function()
  local c = smtp.connect()
  c:reply(5) -- want: "did not end within its 100ms: it was waiting for the greeting"
  assert(true)
end)
-----
-- outcome: error
-- server: C
scenario("nor a read", { timeout = 0.1 }, function()
  local c = smtp.connect()
  c:read_line(5) -- want: "did not end within its 100ms"
  assert(true)
end)
-----
-- outcome: error
scenario("pcall does not outlive it", { timeout = 0.1 }, function()
  while true do pcall(function() while true do end end) end -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor does a swallowed sleep", { timeout = 0.1 }, function()
  pcall(sleep, 5) -- want: "did not end within its 100ms"
  assert(true)
end)
-----
-- outcome: error
scenario("nor xpcall", { timeout = 0.1 }, function()
  xpcall(function() while true do end end, function() while true do end end) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a coroutine", { timeout = 0.1 }, function()
  local co = coroutine.wrap(function()
    while true do end -- want: "did not end within its 100ms"
  end)
  co()
end)
-----
-- outcome: error
scenario("nor a resumed one", { timeout = 0.1 }, function()
  while true do coroutine.resume(coroutine.create(function() while true do end end)) end -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a check", { timeout = 0.1 }, function()
  check("x", function() sleep(5) end) -- want: "did not end within its 100ms"
  assert(true)
end)
-----
-- outcome: error
scenario("nor assert.error", { timeout = 0.1 }, function()
  assert.error(function() sleep(5) end) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a pattern", { timeout = 0.1 }, function()
  while true do pcall(string.find, ("a"):rep(1e4), ("a-"):rep(50) .. "b") end -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a callback of gsub", { timeout = 0.1 }, function()
  ;("x"):gsub("x", function() while true do end end) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a sort", { timeout = 0.1 }, function()
  table.sort({ 3, 1, 2 }, function() while true do end end) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
scenario("nor a metamethod", { timeout = 0.1 }, function()
  print(setmetatable({}, { __index = function() while true do end end }).x) -- want: "did not end within its 100ms"
end)
-----
-- outcome: error
-- log: "cleaned" "after"
after_each(function() log("after") end)
scenario("cleanup has its own time", { timeout = 0.1 }, function()
  local c = smtp.session()
  cleanup(function()
    c:noop()
    log("cleaned")
  end)
  sleep(5) -- want: "did not end within its 100ms"
end)
-----
-- outcome: passed
-- limits: scenario=50ms
-- The scenario's own option beats the run's.
scenario("longer", { timeout = 5 }, function()
  sleep(0.1)
  assert(true)
end)
