-- What lint has to say at a line: want is a problem, warn a warning. Nothing here is run.
local c = smtp.connect()
c:expect(220)
smpt.connect() -- want: "there is no \"smpt\" .did you mean \"smtp\"\?"
smtp.conect() -- want: "smtp has no \"conect\" .did you mean \"connect\"\?"
smtp:connect() -- want: "call smtp.connect with a dot, not a colon"
codec.bas64.encode("x") -- want: "codec has no \"bas64\" .did you mean \"base64\"\?"
string.uper("x") -- want: "string has no \"uper\" .did you mean \"upper\"\?"
os.getenv("HOME") -- want: "os.getenv is not there for scenarios"
io.open("x") -- want: "io is not there for scenarios"
table.unpack({}) -- want: "table.unpack is called unpack in Lua 5.1"
total = 1 -- warn: "total is assigned as a global: is \"local\" missing\?"
local replies = {}
reples = 1 -- warn: "reples is assigned as a global: is the local replies meant, or is \"local\" missing\?"
print(replis) -- want: "there is no \"replis\" .did you mean \"replies\"\?"
print(total)
local function f(a, ...)
  local smtp = { conect = 1 }
  print(smtp.conect, a, arg)
  if a then local inner = 1 print(inner) else print(inner) end -- want: "there is no \"inner\""
  for i = 1, 2 do print(i) end
  for k, v in pairs({}) do print(k, v) end
  repeat local done = true until done
  while false do print(v) end -- want: "there is no \"v\""
  return function() return f end
end
local t = {}
function t:method() return self end
function t.plain() return self end -- want: "there is no \"self\""
scenario("nothing is required", function() -- warn: "the scenario has no expectation: it would end as an error"
  local d = smtp.connect()
  d:send("NOOP")
  log(d:reply())
end)
scenario("a helper may", function() f() end)
scenario("asserts", function() assert(true) end)
scenario("by a method", function() smtp.connect():expect(220) end)
require "nothing" -- want: "require \"nothing\": no such module"
-- lost: the greeting -- warn: "was not carried over: the greeting"
local text = [[
-- lost: this is text, and no comment]]
print(text, "-- lost: and so is this") --[[ lost: ]] -- nothing is lost: all is well
