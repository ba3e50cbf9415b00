-- Answers each expression, a line each: what it gives, or its error without the position. lua5.1 runs it to record the
-- corpus, and the test runs it as a scenario.
local function shown(v)
  if type(v) == "number" then return string.format("%.14g", v) end
  if type(v) ~= "string" then return type(v) end
  local out = {}
  for i = 1, #v do
    local c = v:byte(i)
    out[i] = (c >= 32 and c < 127 and c ~= 34 and c ~= 92) and v:sub(i, i) or ("\\%03d"):format(c)
  end
  return '"' .. table.concat(out) .. '"'
end

local function pack(...) return { n = select("#", ...), ... } end

function each(next)
  local out = {}
  for a, b in next do out[#out + 1] = shown(a) .. "," .. shown(b) end
  return table.concat(out, ";")
end

return function(expression)
  local f, why = loadstring("local pack = ... local r = pack(" .. expression .. ") return r", "=e")
  if not f then return "does not compile: " .. why end
  local ok, r = pcall(f, pack)
  if not ok then
    if type(r) ~= "string" then return "error " .. type(r) end
    return "error " .. r:gsub("^[^ ]*:%d+: ", "")
  end
  local out = {}
  for i = 1, r.n do out[i] = shown(r[i]) end
  return table.concat(out, " ")
end
