-- outcome: passed
-- A plain script: the whole file is one scenario.
local c = smtp.connect()
c:expect(220)
c:send("EHLO client.example"):expect(250)
c:send("QUIT"):expect(221)
c:expect_close()
-----
-- outcome: passed failed
-- A file that declares: each scenario has a state of its own.
suite { name = "Two", tags = {"a"}, refs = {"RFC 5321 4.1.1"}, level = "required" }
count = 0
scenario("first", function()
  count = count + 1
  assert.equal(1, count)
end)
scenario("second", { tags = {"b"}, timeout = "5s" }, function()
  count = count + 1
  assert.equal(2, count) -- want: "assert.equal does not hold" "2" "1"
end)
-----
-- outcome: passed
-- A name is made of what the file computes, as often as the file runs.
for _, form in ipairs { "a%s", "b%s" } do
  scenario("takes " .. form, function() assert.match("^%l%%s$", form) end)
end
-----
-- outcome: load
local c = smtp.connect() -- want: "^.*smtp.connect at the top level of a file that declares scenarios: move it into one, or into before_each"
scenario("late", function() c:expect(220) end)
-----
-- outcome: load
scenario("early", function() fail("x") end)
smtp.session() -- want: "smtp.session at the top level"
-----
-- outcome: load
scenario("early", function() fail("x") end)
sleep(1) -- want: "sleep at the top level"
-----
-- outcome: load
local id = unique("a") -- want: "unique at the top level"
scenario(id, function() fail("x") end)
-----
-- outcome: load
local id = random.string(3) -- want: "random.string at the top level"
scenario(id, function() fail("x") end)
-----
-- outcome: load
skip("no") -- want: "skip at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
fail("no") -- want: "fail at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
warn("no") -- want: "warn at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
note("no") -- want: "note at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
cleanup(print) -- want: "cleanup at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
check("no", function() end) -- want: "check at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
step("no", function() end) -- want: "step at the top level"
scenario("x", function() fail("x") end)
-----
-- outcome: load
assert.equal(1, 2) -- want: "assert.equal does not hold: want 1, got 2"
scenario("x", function() fail("x") end)
-----
-- outcome: load
scenario("twice", function() fail("x") end)
scenario("twice", function() fail("x") end) -- want: "scenario \"twice\" is declared twice: here and in line 2"
-----
-- outcome: load
scenario("x", function() fail("x") end)
suite { level = "may" } -- want: "suite comes before the first scenario"
-----
-- outcome: load
suite { level = "may" }
suite { level = "may" } -- want: "suite is called once in a file"
scenario("x", function() fail("x") end)
-----
-- outcome: load
scenario("x", function() fail("x") end)
local nothing = nil
print(nothing.field) -- want: "attempt to index"
-----
-- outcome: load
-- The suite of a plain script is looked at before it runs.
suite { levle = "may" } -- want: "suite: argument options: unknown option \"levle\" .did you mean \"level\"\?"
smtp.connect():expect(220)
-----
-- outcome: load
suite { level = "maybe" } -- want: "suite: option level: \"maybe\" is not one of must, required, should, may, security, ops"
smtp.connect():expect(220)
-----
-- outcome: warned
-- The suite of a plain script holds for it.
suite { name = "whole", level = "should" }
local c = smtp.connect()
c:expect(250) -- want: "^expectation\nthe greeting is not the one wanted\n250\n220 "
-----
-- outcome: error
-- A suite that comes too late would have no effect.
local c = smtp.connect()
c:expect(220)
suite { level = "may" } -- want: "suite comes before anything else is done"
-----
-- outcome: error
local c = smtp.connect()
c:expect(220)
before_each(print) -- want: "before_each is called at the top level of a file that declares scenarios"
-----
-- outcome: error
scenario("x", function()
  suite {} -- want: "suite is called at the top level of a file, not in a scenario"
end)
-----
-- outcome: error
scenario("x", function()
  scenario("y", function() end) -- want: "scenario is called at the top level of a file, not in a scenario"
end)
-----
-- outcome: error
scenario("x", function()
  after_each(print) -- want: "after_each is called at the top level"
end)
-----
-- outcome: error
-- A helper that declares scenarios does not make a plain script declare them once it did something.
local c = smtp.connect()
c:expect(220)
require("helper") -- want: "scenario is called after something else was done at the top level: declare first, and do it inside"
-- file: helper.lua
scenario("x", function() fail("x") end) -- want: "declare first"
-----
-- outcome: error
-- Declarations that depend on something that changes.
local n = os.clock() + os.time()
scenario("at " .. tostring(n) .. " " .. tostring({}), function() assert(true) end) -- want: "the declarations changed when the file ran again: .* is now where .* was"
-----
-- outcome: error
-- math.random has another seed each time.
local more = math.random(1000) ~= 223
scenario("same", function() assert(true) end) -- want: "the file declared 2 scenarios when it ran again, and 1 before: its declarations depend on something that changes"
if more then scenario("other", function() end) end
-----
-- outcome: error
if math.random(1000) == 223 then
  scenario("same", function() assert(true) end) -- want: "the scenario \"same\" was not declared when the file ran again"
end
-----
-- outcome: passed
-- What a scenario is named by a helper stands where it is called.
local declare = require "declare"
declare("one")
declare("two")
-- file: declare.lua
return function(name)
  scenario(name, function() assert(name) end)
end
-----
-- outcome: unresolved
-- set: valid_rcpt
-- reason: "^valid_rcpt$"
for _, a in ipairs { target.valid_rcpt } do
  scenario("takes " .. a, function() fail("x") end)
end
-----
-- outcome: unresolved
-- reason: "^subject$"
scenario("takes " .. vars.subject, function() fail("x") end)
-----
-- outcome: load
-- limits: collect=100ms
while not done do end -- want: "the top level did not end within 5 s"
done = true
scenario("x", function() fail("x") end)
-----
-- outcome: load
local s = "\x41" -- want: "\"\\x\" is no escape in Lua 5.1: it would be read as the letter x" "write the byte in decimal, as in \"\\255\", or codec.hex.decode"
assert.equal("A", s)
-----
-- outcome: load
local s = "\u{41}" -- want: "is no escape in Lua 5.1: it would be read as the letter u" "write bytes in decimal"
-----
-- outcome: passed
-- In a comment, a long string, or after another backslash it is no escape: "\x41".
assert.equal(4, #[[\x41]])
assert.equal("\\x41", [[\x41]])
assert.equal(5, #'\\x41 ')
-----
-- outcome: load
local x =
local y = 1 -- want: "syntax error near \"local\""
-----
-- outcome: load
if true then
  assert(true)
assert(true) -- want: "syntax error at the end of the file: an \"end\" or a bracket is missing"


-----
-- outcome: load
local function f( return 1 end -- want: "syntax error near \"return\""
-----
-- outcome: load
for i = 1 do end -- want: "syntax error near \"do\""
-----
-- outcome: load
local s = "\300" -- want: "\"\\300\" is no escape: a byte is 255 at most"
-----
-- outcome: load
local s = [[ -- want: "the long string or comment that begins here does not end"

-----
-- outcome: load
local s = 'abc -- want: "the string that begins here has no closing quote"
assert(s)
-----
-- outcome: load
assert(true)
local s = 'abc -- want: "the string that begins here has no closing quote"
-----
-- outcome: load
goto nowhere -- want: "no visible label 'nowhere' for <goto>"
assert(true)
-----
#!/usr/bin/env smtpspec
-- outcome: passed
assert(true)
-----
-- outcome: load
scenario("no function") -- want: "scenario \"no function\" has no function: scenario.name, .options,. function.. ... end."
-----
-- outcome: load
scenario("no function", { timeout = 1 }) -- want: "scenario \"no function\" has no function"
-----
-- outcome: load
scenario(function() end) -- want: "scenario: argument name: string expected, got function"
-----
-- outcome: load
scenario("swapped", function() end, { timeout = 1 }) -- want: "scenario: argument fn: function expected, got table"
-----
-- outcome: load
scenario("two", function() end, function() end) -- want: "scenario \"two\": nothing comes after the function"
-----
-- outcome: load
scenario("  ", function() end) -- want: "scenario: the name is empty"
-----
-- outcome: load
scenario("number", 5, function() end) -- want: "scenario: argument options: table or function expected, got number 5"
-----
-- outcome: load
suite("name") -- want: "suite: argument options: table expected, got string \"name\""
scenario("x", function() end)
-----
-- outcome: load
scenario("x", { tags = "relay" }, function() end) -- want: "option tags: list of string expected, got string \"relay\""
-----
-- outcome: load
scenario("x", { tags = { "a b" } }, function() end) -- want: "scenario \"x\": option tags: \"a b\" is no tag: a word expected"
-----
-- outcome: load
scenario("x", { tags = { 1 } }, function() end) -- want: "option tags: item 1: string expected, got number 1"
-----
-- outcome: load
scenario("x", { refs = { rfc = "RFC 5321" } }, function() end) -- want: "option refs: list of string expected, got a table with the key string \"rfc\""
-----
-- outcome: load
scenario("x", { timeout = 0 }, function() end) -- want: "scenario \"x\": option timeout: more than nothing is needed"
-----
-- outcome: load
scenario("x", { timeout = "soon" }, function() end) -- want: "option timeout: \"soon\" is not a duration: write seconds, or text such as \"250ms\", \"30s\" or \"2m\""
-----
-- outcome: load
scenario("x", { timeout = -1 }, function() end) -- want: "option timeout: -1 is not a number of seconds from 0 to 1e9"
-----
-- outcome: load
scenario("x", { timeout = true }, function() end) -- want: "option timeout: duration expected .seconds, or text such as \"250ms\"., got boolean true"
-----
-- outcome: load
scenario("x", { retries = 101 }, function() end) -- want: "option retries: a number from 0 to 100 expected, got 101"
-----
-- outcome: load
scenario("x", { retries = 1.5 }, function() end) -- want: "option retries: whole number expected, got number 1.5"
-----
-- outcome: load
scenario("x", { serial = 1 }, function() end) -- want: "option serial: boolean expected, got number 1"
-----
-- outcome: load
scenario("x", { lock = true }, function() end) -- want: "option lock: string expected, got boolean true"
-----
-- outcome: load
scenario("x", { id = 5 }, function() end) -- want: "option id: string expected, got number 5"
-----
-- outcome: load
scenario("x", { level = "shoud" }, function() end) -- want: "option level: \"shoud\" is not one of .* .did you mean \"should\"\?"
-----
-- outcome: load
scenario("x", { known_isue = "#1" }, function() end) -- want: "unknown option \"known_isue\" .did you mean \"known_issue\"\?"
-----
-- outcome: load
scenario("x", { name = "y" }, function() end) -- want: "unknown option \"name\""
-----
-- outcome: load
scenario("x", { "relay" }, function() end) -- want: "options are named, got string \"relay\""
-----
-- outcome: load
scenario("x", { requires = { "Size" } }, function() end) -- want: "option requires: \"Size\" is neither a fact in lower case nor an EHLO keyword in upper case"
-----
-- outcome: load
scenario("x", { requires = { "!" } }, function() end) -- want: "option requires: \"!\" names nothing"
-----
-- outcome: passed
suite { name = "all", tags = {}, refs = {}, id = "a", level = "ops", requires = { "user" }, timeout = 5, retries = 0, serial = false, lock = "l", known_issue = "none" }
scenario("x", { tags = {}, refs = {}, id = "b", level = "security", requires = { "PIPELINING" }, timeout = "5s", retries = 1, serial = true, lock = "m",
  known_issue = "still none" }, function() assert(true) end)
-----
-- outcome: error
-- Nothing required is nothing tested.
scenario("empty", function() -- want: "^no-expectation\nthe scenario required nothing: it has no expectation that was evaluated" "expect a reply, or use assert"
  local c = smtp.connect()
  c:reply()
  c:send("NOOP")
  c:read_line()
end)
