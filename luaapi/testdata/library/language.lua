-- The language: loops, comparisons, literals, calls, metamethods, and what errors name.
(function() local o = {} for i = 1, 3 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 3, 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 3, 1, -1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 3, 2 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 2, 0.25 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 0, 1, 0.1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 0 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1.5, 3 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = "1", "3" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = "1", "0x3" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, "3" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 3, "1" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 3, -1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = -1, 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 10, 1, -3 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 0/0 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 0/0, 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = " 1 ", 2 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, #"abc" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, 2 + 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = -3, -1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1/0, 1 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 1, "2", "0.5" do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() local o = {} for i = 0, -0 do o[#o + 1] = i end return table.concat(o, " ") end)()
(function() for i = "x", 1 do return i end end)()
(function() for i = 1, "x" do return i end end)()
(function() for i = 1, 2, "x" do return i end end)()
(function() for i = {}, 1 do return i end end)()
(function() for i = nil, 1 do return i end end)()
(function() for i = 1, nil do return i end end)()
(function() for i = 1, {} do return i end end)()
(function() for i = 1, 2, {} do return i end end)()
(function() for i = 1, 2, true do return i end end)()
(function() for i = print, 1 do return i end end)()
(function() for i = 1, true do return i end end)()
(function() for i = "", 1 do return i end end)()
(function() for i = 1, 2, nil do return i end end)()
(function() local o = {} for i = 1, 3 do o[#o + 1] = i i = i * 10 end return table.concat(o, " ") end)()
(function() local n = 0 for i = 1, 1/0 do n = n + 1 if n > 4 then break end end return n end)()
(function() local f = {} for i = 1, 3 do f[i] = function() i = i + 1 return i end end return f[1](), f[1](), f[2]() end)()
(function() local function g() return 1, 5 end local n = 0 for i = g() , 3 do n = n + 1 end return n end)()
(function() local function g() return 3, 5 end local n = 0 for i = 1, g() do n = n + 1 end return n end)()
(function() local function g(...) local n = 0 for i = 1, ... do n = n + 1 end return n end return g(3, 100) end)()
(1) < 1
(1) <= 1
(1) == 1
(1) < "1"
(1) <= "1"
(1) == "1"
(1) < nil
(1) <= nil
(1) == nil
(1) < true
(1) <= true
(1) == true
(1) < {}
(1) <= {}
(1) == {}
(1) < print
(1) <= print
(1) == print
("1") < 1
("1") <= 1
("1") == 1
("1") < "1"
("1") <= "1"
("1") == "1"
("1") < nil
("1") <= nil
("1") == nil
("1") < true
("1") <= true
("1") == true
("1") < {}
("1") <= {}
("1") == {}
("1") < print
("1") <= print
("1") == print
(nil) < 1
(nil) <= 1
(nil) == 1
(nil) < "1"
(nil) <= "1"
(nil) == "1"
(nil) == nil
(nil) < true
(nil) <= true
(nil) == true
(nil) < {}
(nil) <= {}
(nil) == {}
(nil) < print
(nil) <= print
(nil) == print
(true) < 1
(true) <= 1
(true) == 1
(true) < "1"
(true) <= "1"
(true) == "1"
(true) < nil
(true) <= nil
(true) == nil
(true) == true
(true) < {}
(true) <= {}
(true) == {}
(true) < print
(true) <= print
(true) == print
({}) < 1
({}) <= 1
({}) == 1
({}) < "1"
({}) <= "1"
({}) == "1"
({}) < nil
({}) <= nil
({}) == nil
({}) < true
({}) <= true
({}) == true
({}) < print
({}) <= print
({}) == print
(print) < 1
(print) <= 1
(print) == 1
(print) < "1"
(print) <= "1"
(print) == "1"
(print) < nil
(print) <= nil
(print) == nil
(print) < true
(print) <= true
(print) == true
(print) < {}
(print) <= {}
(print) == {}
(print) == print
fails(function() return {} < {} end)
fails(function() return nil < nil end)
fails(function() return nil + 1 end)
fails(function() return {} .. "x" end)
fails(function() return #nil end)
fails(function() return -{} end)
fails(function() return (nil).x end)
fails(function() return (5).x end)
fails(function() local t t.x = 1 end)
fails(function() return (nil)() end)
fails(function() return ("x")() end)
nil .. "x"
"x" .. nil
{} .. "x"
"x" .. {}
true .. 1
1 .. true
"a" .. "b" .. nil
nil .. "a" .. "b"
"\65\066\0067"
#"\0"
"\a\b\f\n\r\t\v\\\"\'"
"\q"
"a\\b"
[[a]]
[==[a]]b]==]
[[a\nb]]
'"'
#[[\0]]
"\1234"
"\9x"
#"\\n"
0x10
0xA
0Xa
1e2
1E2
1e+2
1e-2
.5
5.
5.e2
3
3.0
0x0
0xfffffffff
1..2
"a".."b"
1 ..2
- - 2
not not nil
-2 ^ 2
2 ^ -1
1 + 2 .. 3 + 4
"a" .. 1 + 2
1 < 2 == true
not 1 == 2
2 * 3 % 4
2 ^ 2 ^ 3
1 .. 2 == "12"
#"abc" + 1
-#"abc"
- "2" ^ 2
1e308 * 10
-1e308 * 10
5 / 0
-5 / 0
0 / 0 ~= 0 / 0
1 / -0 < 0
1 / (0 * -1) < 0
1e15 + 0.5
2^53 + 1
0.1 + 0.2 == 0.3
3 == 3.0
"3" == 3
1e2 == 100
7 % 3 .. 1
loadstring("local v = 3e") == nil
loadstring("local v = 3e+") == nil
loadstring("local v = 0x") == nil
loadstring("local v = 0xg") == nil
loadstring("local v = 1.2.3") == nil
loadstring("local v = 5x") == nil
loadstring("local v = 1e1e1") == nil
loadstring("local v = 08x") == nil
loadstring("local v = \"\\300\"") == nil
loadstring("local v = \"a") == nil
loadstring("local v = x =") == nil
loadstring("local v = return") == nil
loadstring("local v = break") == nil
loadstring("local v = 1 2") == nil
loadstring("local v = a b") == nil
loadstring("local v = ~1") == nil
loadstring("local v = !1") == nil
loadstring("local v = 1 != 2") == nil
loadstring("local v = a.1") == nil
loadstring("local v = @") == nil
loadstring("local v = $") == nil
loadstring("local v = `") == nil
loadstring("local v = [=[") == nil
loadstring("local v = --[[") == nil
loadstring("local v = (\"x\"") == nil
loadstring("local v = {1 2}") == nil
loadstring("local v = {,}") == nil
loadstring("local v = function") == nil
loadstring("local v = f(") == nil
loadstring("local v = ...") == nil
loadstring("local v = a = = 1") == nil
loadstring("local v = if x") == nil
loadstring("local v = for i = 1 do end") == nil
loadstring("local v = local 1") == nil
loadstring("local v = nil = 1") == nil
loadstring("local v = f() = 1") == nil
loadstring("local v = end") == nil
(function() local a, b, c = (function() return 1, 2, 3 end)() return a, b, c end)()
(function() local a, b = ((function() return 1, 2 end)()) return a, b end)()
(function() local t = { 1, 2 } local i = 1 i, t[i] = i + 1, 20 return i, t[1], t[2] end)()
(function() local a, b = 1, 2 a, b = b, a return a, b end)()
(function() local a = {} local function f(...) return select("#", ...), ... end return f(nil, nil) end)()
(function() local function f(...) local a, b = ... return b, a end return f(1, 2, 3) end)()
(function() local function f(...) return arg.n, arg[1] end return f(7, nil) end)()
(function() local function f(...) return { ... } end return #f(1, 2, 3) end)()
(function() local function f(a, b) return a, b end return f(1) end)()
(function() local s = 0 local i = 0 while true do i = i + 1 if i > 5 then break end s = s + i end return s end)()
(function() local i = 0 repeat local j = i i = i + 1 until j == 3 return i end)()
(function() local x = 5 do local x = 6 end return x end)()
(function() local function fact(n) if n < 2 then return 1 end return n * fact(n - 1) end return fact(20), fact(25) end)()
(function() local t = setmetatable({}, { __index = function(_, k) return k * 2 end }) return t[4], t[-1] end)()
(function() local t = {} t.x, t.y = 1 return t.x, t.y end)()
(function() local o = {} for k, v in pairs({ 5, 6 }) do o[k] = v end return o[1], o[2] end)()
(function() return ("x"):rep(3), ("%d"):format(5), #("abc") end)()
(function() local s = "a" return s:upper(), s.len(s) end)()
(function() local mt = { __eq = function() return true end } local a, b = setmetatable({}, mt), setmetatable({}, mt) return a == b, a ~= b end)()
(function() local mt = {} mt.__lt = function(a, b) return a.v < b.v end local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt) return a < b, a > b, a <= b, a >= b end)()
(function() local mt = { __le = function() return "yes" end, __lt = function() return nil end } local a, b = setmetatable({}, mt), setmetatable({}, mt) return a < b, a <= b end)()
(function() local mt = { __concat = function(a, b) return type(a) .. "+" .. type(b) end } local a = setmetatable({}, mt) return a .. 1, 1 .. a, a .. a, "x" .. 1 .. a end)()
(function() local mt = { __newindex = function(t, k, v) rawset(t, k, v * 2) end } local a = setmetatable({}, mt) a.x = 4 a.x = 5 return a.x end)()
(function() local mt = { __index = { x = 1 } } return setmetatable({}, mt).x, setmetatable({}, { __index = setmetatable({}, mt) }).x end)()
(function() local mt = { __call = function(self, ...) return select("#", ...) end } return setmetatable({}, mt)(1, nil) end)()
(function() local a = "x" local b = a .. "y" .. 1 .. 2.5 return b end)()
(function() local t = {} for i = 1, 120 do t[i] = i end return #{ unpack(t) }, (select(120, unpack(t))) end)()
(function() local s = "" for i = 1, 60 do s = s .. i .. "," end return #s end)()
("x"):rep({})
("x"):rep()
("x"):rep("y")
("x"):sub()
("x"):sub({})
("x"):find()
("x"):find({})
("x"):find("x", {})
("x"):gsub()
("x"):gsub("x")
("x"):gsub("x", true)
("x"):gsub("x", "y", {})
("x"):format()
("%d"):format()
("%d"):format("x")
("%s %d"):format(1, {})
("x"):byte({})
("x"):match()
("x"):gmatch()
("x"):rep(nil)
string.rep(nil, 1)
string.rep()
string.rep(5, 2)
string.format({})
string.format("%d", nil)
string.sub(nil)
string.len(nil)
string.upper({})
string.byte(nil)
string.char({})
string.char(1, 2, -1)
string.char(1, 256)
(function() local r = string.rep return r() end)()
(function() local r = string.rep return r("x", {}) end)()
(function() local t = { f = string.rep } return t.f("x", {}) end)()
(function() local t = { rep = string.rep } return t:rep(1) end)()
(function() local t = { rep = string.rep } return t.rep() end)()
(function() local s = "x" return s:rep(s:rep({})) end)()
(function() local s = "x" return s:rep(string.rep("x", {})) end)()
(function() local a = 1 a = {a} return a[1] end)()
(function() local a = {x=5} a = {a.x, a} return a[1], type(a[2]), a[2].x end)()
(function() local a = 1 a = {k = a, [a] = a} return a.k, a[1] end)()
(function() local function f(a) a = tostring(a) return a end return f(5) end)()
(function() local function f(a) a = {a} return a[1] end return f(5) end)()
(function() local function f(a) a = a and {a} or a return a[1] end return f(5) end)()
(function() local function f(x, a) a = x(a) return a end return f(tostring, 7) end)()
(function() local a = 3 a = -a return a end)()
(function() local a = 3 a = not a return a end)()
(function() local a = "x" a = #a return a end)()
(function() local a = "x" a = a .. a .. "y" return a end)()
(function() local a = 2 a = a ^ a % 3 return a end)()
(function() local a, b = 1, 2 a = b and a return a end)()
(function() local a, b = 1, 2 a = b or a return a end)()
(function() local a, b = nil, 2 a = a or b return a end)()
(function() local a, b = 1, nil a = a and b return a end)()
(function() local a, b = 1, 2 a = a < b return a end)()
(function() local a, b = 1, 2 a = a == b and "e" or a return a end)()
(function() local a = {1,2} a = a[1] return a end)()
(function() local a = {x={y=3}} a = a.x.y return a end)()
(function() local a = {x={y=3}} a = a.x return a.y end)()
(function() local a = "abc" a = a:upper() return a end)()
(function() local a = "abc" a = a:sub(#a, #a) return a end)()
(function() local t, t2 = {}, 5 t, t.x = 5, 1 return t end)()
(function() local t = {} local u = t t, t.x = 5, 1 return t, u.x end)()
(function() local a, b, c = 1, 2, 3 a, b, c = c, a, b return a, b, c end)()
(function() local a, b = 1 a, b = b, a return a, b end)()
(function() local a, b = 1, 2 a, b = b return a, b end)()
(function() local a, b = 1, 2 a, b = (function() return b, a end)() return a, b end)()
(function() local a, b = 1, 2 a, b = b, (function() return a, 9 end)() return a, b end)()
(function() local a, b = 1, 2 local function g() return a, b end a, b = b, a return g() end)()
(function() local a, b = 1, 2 local function g() a, b = b, a end g() return a, b end)()
(function() x1, x2 = 1, 2 x1, x2 = x2, x1 return x1, x2 end)()
(function() local i, t = 1, {} i, t[i] = i + 1, 20 return i, t[1], t[2] end)()
(function() local i, t = 1, {} t[i], i = 20, i + 1 return i, t[1], t[2] end)()
(function() local a, b = 1, 2 local t = {} t.x, a, b = b, b, a return t.x, a, b end)()
(function() local a, b = 1, 2 a, b = a + b, a - b return a, b end)()
(function() local a, b = 0, 1 for i = 1, 10 do a, b = b, a + b end return a end)()
(function() local a, b = 48, 18 while b ~= 0 do a, b = b, a % b end return a end)()
(function() local a, b = {1}, {2} a, b = {b[1]}, {a[1]} return a[1], b[1] end)()
(function() local t = {1,2,3} t[1], t[2], t[3] = t[3], t[1], t[2] return t[1], t[2], t[3] end)()
(function() local a, b = 1, 2 local c, d = b, a return c, d end)()
(function() local a, b = 1, 2 local a, b = b, a return a, b end)()
(function() local a = 1 local a = a return a end)()
(function() local a = 1 local a = {a} return a[1] end)()
(function() local a = 5 local function a() return 6 end return a() end)()
(function() local s = "" for i, v in ipairs({"a","b"}) do i, v = v, i s = s .. i .. v end return s end)()
(function() local function f(a, b) a, b = b, a return a, b end return f(1, 2) end)()
(function() local function f(a, b, ...) a, b = ... return a, b end return f(1, 2, 3, 4) end)()
(function() local function f(...) local a, b = ... a, b = b, a return a, b end return f(1, 2) end)()
(function() local a, b = "x", "y" a, b = b .. a, a .. b return a, b end)()
(function() local a = 1 a = a == 1 return a end)()
(function() local a = 1 a = (a == 1) and a or (a + 1) return a end)()
(function() local a, b = true, false a = a and not b return a end)()
(function() local a, b = true, false b = not a or b return b end)()
(function() local a a = function() return a end return a() == a end)()
(function() local a = 1 local f = function() return a end a = f() + a return a, f() end)()
(function() local a = {1} a[1], a = a[1] + 1, 7 return a end)()
(function() local a = {f = function(s) return s end} a = a:f() return type(a) end)()
(function() local a = {f = function(s, x) return x end} a = a:f(a.f) return type(a) end)()
(function() local a, b = {f = function(s, x) return x end}, 3 b = a:f(b) return b end)()
(function() local a, b, c = 1, 2, 3 c = a + b * c return c end)()
(function() local a, b, c = 1, 2, 3 c = (a + b) * (c - a) return c end)()
(function() local a = 1 do local b = a a = b + a end return a end)()
(function() local a = 1 while a < 10 do local b = a a = a + b end return a end)()
(function() local t = {} for i = 1, 3 do local j = i t[i] = function() j = j + 1 return j end end return t[1](), t[1](), t[2](), t[3]() end)()
(function() local t = {} local i = 1 while i <= 3 do local j = i t[i] = function() return j end i = i + 1 end return t[1](), t[2](), t[3]() end)()
(function() local t = {} local i = 1 repeat local j = i t[i] = function() return j end i = i + 1 until j >= 3 return t[1](), t[2](), t[3]() end)()
(function() for i = 1, 3 do local x = i if x == 2 then return x end end end)()
(function() local function f() return 1, 2, 3 end local a, b, c, d = 0, f() return a, b, c, d end)()
(function() local function f() return 1, 2, 3 end local t = {f(), f()} return #t end)()
(function() local function f() return 1, 2, 3 end local t = {f(), nil} return t[1], t[2] end)()
(function() local function f() return 1, 2, 3 end return (f()) end)()
(function() local function f() return 1, 2, 3 end return f(), 10 end)()
(function() local function f() return 1, 2, 3 end return 10, f() end)()
(function() local function f(...) return ... end return f(f(1, 2), f(3, 4)) end)()
(function() local function f() end local a, b = f() return a, b, (f()) end)()
(function() local function f() end return type((f())) end)()
(function() local a = {} a.b = {} a.b.c = 5 a.b.c, a.b = 6, a return a.b == a end)()
(function() local a = nil if not a then a = 4 elseif a == 3 then a = 5 else a = 6 end return a end)()
(function() local a, b = 3, 4 if a > b then return a elseif a == b then return 0 else return b end end)()
(function() local x = 0 for i = 10, 1, -3 do x = x * 100 + i end return x end)()
(function() local x = nil and nil or 5 return x end)()
(function() local x = false == false ~= true return x end)()
(function() return 1 and nil or 2, nil and 1 or 2, false or nil, nil or false end)()
(function() return not (1 == 2) and not (nil) end)()
(function() return 1 == 1.0, "1" == 1, -1 ^ 2, 2 ^ -1 ^ 2 end)()
(function() return (1 < 2) == (2 < 3), "a" < "b" and "b" < "c" end)()
(function() return #{1, 2, 3, nil}, #{n = 1, 5}, #"abc" .. "d" end)()
(function() local s = 0 for k, v in pairs({1, 2, 3, a = 4}) do s = s + v end return s end)()
(function() local s = 0 for i = 3, 1 do s = s + 1 end return s end)()
(function() local t = {[1] = "a", [2] = "b", "c"} return t[1], t[2] end)()
(function() local t = {1, 2, [2] = 5, 3} return t[1], t[2], t[3] end)()
(function() local a, b = 1, 2 local t = {a, b, a = b, b = a} return t[1], t[2], t.a, t.b end)()
(function() local function v(...) return select("#", ...), (select(2, ...)) end return v(1, nil, nil) end)()
(function() local function v(...) local a, b = ..., 5 return a, b end return v(1, 2) end)()
(function() local function v(...) local t = {..., 9} return #t, t[2] end return v(1, 2) end)()
(function() local function v(a, ...) local b = ... a = b return a, b end return v(1, 2) end)()
(function() local function v(a, ...) a = ... return a end return v(1, 2) end)()
(function() local function v(a, ...) a = (...) return a end return v(1, 2) end)()
(function() local a = "5" a = a + 1 return a end)()
(function() local a = "5" a = a .. 1 return a end)()
(function() local a = 10 a = a / 4 return a end)()
(function() local s = "a" for i = 1, 3 do s = s .. s end return s end)()
(function() local a, b = 5, 6 a = b a = a + 1 return a, b end)()
(function() local f = function(n) return n end local a = 1 a = f(f(a) + f(a)) return a end)()
(function() local a = 1 local function inc() a = a + 1 return a end a = inc() + a return a end)()
(function() local a = 1 local function inc() a = a + 1 return a end local b = a + inc() return b end)()
(function() local a = 1 local function inc() a = a + 1 return a end local t = {a, inc(), a} return t[1], t[2], t[3] end)()
(function() local a = 1 local function inc() a = a + 1 return a end return a, inc(), a end)()
(function() local a = {} local function g() return a end g().x = 5 return a.x end)()
(function() local a = {} local function g() return a end g().x, g().y = 5, 6 return a.x, a.y end)()
(function() local t = {} local i = 0 local function n() i = i + 1 return i end t[n()], t[n()] = n(), n() return t[1], t[2] end)()
(function() local a = 1 a, a = 2, 3 return a end)()
(function() local a = 1 local function f(x, y) return x, y end return f(a, a) end)()
(function() local a, b, c, d, e = 1, 2, 3, 4, 5 a, c, e = e, d, c return a, b, c, d, e end)()
(function() local t = {1} t, t[1] = t[1], 9 return t end)()
(function() local a = {x = 1} local b = a a.x, a = 2, 3 return a, b.x end)()
(function() local up = 1 local function f() local a = 2 a, up = up, a return a, up end return f() end)()
(function() local up, vp = 1, 2 local function f() up, vp = vp, up return up, vp end return f() end)()
(function() gg1 = 1 local a = 2 a, gg1 = gg1, a return a, gg1 end)()
(function() local a = 3 local b = a > 2 and a < 5 return b end)()
(function() local a = 3 a = a > 2 and a < 5 return a end)()
(function() local a = 3 a = a > 2 and (a < 2 or a) return a end)()
(function() local a, b = nil, false a = a == nil and b return a end)()
(function() local a, b = nil, false a = not not b == a return a end)()
(function() local a = 3 a = a ~= 3 or a return a end)()
(function() local a = 7 local t = {a = a and 1 or 2, b = not a, c = a > 3} return t.a, t.b, t.c end)()
(function() local a = 7 return a and 1 or 2, not a, a > 3, a == 7 and "x" end)()
(function() local a, b = 1, 2 if a == 1 and (b == 3 or b == 2) and not (a == b) then return "y" end return "n" end)()
(function() local n = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then break end n = n + 1 end end return n end)()
(function() local t = {} t[1], t[2] = 1 return t[1], t[2] end)()
(function() local a, b = 1, 2 b, a = a, b return a, b end)()
(function() local a = "k" local t = {[a] = 1, [a .. "2"] = 2} return t.k, t.k2 end)()
(function() local a = 1 a = a + a * a - a / a return a end)()
(function() local a = -2 return -a, - -a, not -a, -a ^ 2 end)()
(function() local b, t, u = "z", {}, 7 b = t.y and u return b end)()
(function() local b, t, u = "z", { y = false }, 7 b = t.y and u return b end)()
(function() local b, t, u = "z", { y = false }, 7 b = t.y and u or t.y return b end)()
(function() local b, t, u = "z", {}, 7 b = t.y and u, 1 return b end)()
(function() local b = "z" b = tostring(nil) == "x" and 5 return b end)()
(function() local b = "z" b = (function() return false end)() and 5 return b end)()
(function() local b, t = "z", {} b = t.a or t.b return b end)()
(function() local b, t = "z", {} b = t.a or t.b and t.c return b end)()
(function() local b, t = "z", {} b = t.a and t.b or t.c and t.d return b end)()
(function() local b, t = "z", { x = 1 } b = t.x and t.y return b end)()
(function() local function f(x) x = x.y and x return x end return f({}) end)()
(function() local function f(x) x = x.y and x.z return x end return f({ y = 1 }) end)()
