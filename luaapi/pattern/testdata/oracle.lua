-- Answers cases on standard input, one a line: operation, subject, pattern, argument; all but the first in hex. The answer is one line:
-- the values, "s" and hex for a string, "i" for a number, "nil"; or "error" and the text. See corpus_test.go.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function unhex(s) return (s:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)) end

local function show(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = type(v) == "string" and "s" .. hex(v) or type(v) == "number" and "i" .. v or tostring(v)
  end
  return table.concat(out, " ")
end

local ops = {
  find = function(s, p, arg) return s:find(p, tonumber(arg)) end,
  match = function(s, p, arg) return s:match(p, tonumber(arg)) end,
  gmatch = function(s, p)
    local out = {}
    for a, b, c in s:gmatch(p) do out[#out + 1] = show(a, b, c) end
    return table.concat(out, ",")
  end,
  gsub = function(s, p, arg) return s:gsub(p, arg) end,
  gsub2 = function(s, p, arg) return s:gsub(p, arg, 2) end,
  call = function(s, p) -- every second match is left as it is
    local n = 0
    return s:gsub(p, function(...)
      n = n + 1
      if n % 2 == 1 then return "<" .. show(...) .. ">" end
    end)
  end,
  table = function(s, p) -- of the first capture alone
    return s:gsub(p, setmetatable({}, {__index = function(_, k) return "<" .. show(k) .. ">" end}))
  end,
}

for line in io.lines() do
  local op, s, p, arg = line:match("^(%a+%d?) (%x*) (%x*) (%x*)$")
  local function answer(ok, ...)
    if ok then return show(...) end
    return "error " .. (...):gsub("^%S+:%d+: ", "")
  end
  print(answer(pcall(ops[op], unhex(s), unhex(p), unhex(arg))))
end
