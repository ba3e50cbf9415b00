-- Answers an expression in a line: what it gives, or its error without the position. lua5.1 runs it to record the corpus and to judge
-- what fuzzing finds, and the tests run it as a scenario.
local function shown(v)
  if type(v) == "number" then return v ~= v and "nan" or string.format("%.14g", v) end
  if type(v) == "boolean" then return tostring(v) end
  if type(v) ~= "string" then return type(v) end
  local out = {}
  for i = 1, #v do
    local c = v:byte(i)
    out[i] = (c >= 32 and c < 127 and c ~= 34 and c ~= 92) and v:sub(i, i) or ("\\%03d"):format(c)
  end
  return '"' .. table.concat(out) .. '"'
end

local function pack(...) return { n = select("#", ...), ... } end

-- What expressions may use besides Lua's own.
local help = { pack = pack }

-- Every item that an iteration gives, in a text.
function help.each(next, ...)
  local out = {}
  for a, b in next, ... do out[#out + 1] = shown(a) .. "," .. shown(b) end
  return table.concat(out, ";")
end

-- The items of a list from position -3 on, and its length.
function help.list(t)
  local out = {}
  for i = -3, 12 do out[#out + 1] = t[i] == nil and "." or shown(t[i]) end
  return table.concat(out, " "), #t
end

-- What a function left in a list that it was given.
function help.after(f, t, ...)
  local r = pack(f(t, ...))
  return help.list(t), unpack(r, 1, r.n)
end

-- Whether it fails, and with what type of error, where the words are the VM's own.
function help.fails(f, ...)
  local ok, why = pcall(f, ...)
  return ok or type(why)
end

return function(expression)
  local f, why = loadstring("local help = ... local pack, each, list, after, fails = help.pack, help.each, help.list, help.after, help.fails " ..
    "local r = pack(" .. expression .. ") return r", "=e")
  if not f then return "does not compile" end
  local ok, r = pcall(f, help)
  if not ok then
    if type(r) ~= "string" then return "error " .. type(r) end
    return "error " .. shown((r:gsub("^[^ ]*:%d+: ", "")))
  end
  local out = {}
  for i = 1, r.n do out[i] = shown(r[i]) end
  return table.concat(out, " ")
end
