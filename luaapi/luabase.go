package luaapi

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseFunctions are Lua's basic functions but for those that load, call or compile.
func baseFunctions(L *lua.LState) map[string]lua.LGFunction {
	next, step := L.NewFunction(baseNext), L.NewFunction(ipairsStep)
	return map[string]lua.LGFunction{
		"collectgarbage": collectGarbage, "error": raiseError, "getmetatable": getMetatable, "next": baseNext, "rawequal": rawEqual, "rawget": rawGet,
		"rawset": rawSet, "select": baseSelect, "setmetatable": setMetatable, "tonumber": toNumber, "tostring": toText, "type": typeName, "unpack": unpack,
		"ipairs": traversal("ipairs", step, lua.LNumber(0)), "pairs": traversal("pairs", next, lua.LNil),
	}
}

// raiseError is error with the level that Lua has: gopher-lua's takes 2 for 1. A number becomes text, with a position before it.
func raiseError(L *lua.LState) int {
	value, level := L.Get(1), arguments{L, "error"}.optional(2, 1)
	if lua.LVCanConvToString(value) && level > 0 {
		text := textOf(value)
		if where := L.Where(level); where != "" && !strings.HasPrefix(where, "[G]") {
			text = where + " " + text
		}
		value = lua.LString(text)
	}
	L.Error(value, 0)
	return 0
}

// toText is tostring.
func toText(L *lua.LState) int {
	L.Push(described(L, arguments{L, "tostring"}.any(1)))
	return 1
}

func typeName(L *lua.LState) int {
	return arguments{L, "type"}.pushText(arguments{L, "type"}.any(1).Type().String())
}

// traversal is pairs or ipairs: the function that gives the next item, the table, and where to begin.
func traversal(name string, next *lua.LFunction, start lua.LValue) lua.LGFunction {
	return func(L *lua.LState) int {
		t := arguments{L, name}.table(1)
		L.Push(next)
		L.Push(t)
		L.Push(start)
		return 3
	}
}

func baseNext(L *lua.LState) int {
	k, v := arguments{L, "next"}.table(1).Next(L.Get(2))
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func ipairsStep(L *lua.LState) int {
	a := arguments{L, "ipairs"}
	t, i := a.table(1), a.integer(2)+1
	v := item(t, i)
	if v == lua.LNil {
		return 0
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
}

func baseSelect(L *lua.LState) int {
	a := arguments{L, "select"}
	count := L.GetTop() - 1
	if mark, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(mark), "#") {
		L.Push(lua.LNumber(count))
		return 1
	}
	from := a.integer(1)
	if from < 0 {
		from += count + 1
	}
	if from < 1 {
		a.bad(1, "index out of range")
	}
	return max(0, count-from+1)
}

func getMetatable(L *lua.LState) int {
	v := arguments{L, "getmetatable"}.any(1)
	switch v.Type() {
	case lua.LTTable, lua.LTUserData, lua.LTString:
		L.Push(L.GetMetatable(v))
	default:
		L.Push(lua.LNil)
	}
	return 1
}

// setMetatable takes tables alone, as in Lua: gopher-lua's changes all numbers, functions and so on of the state.
func setMetatable(L *lua.LState) int {
	a := arguments{L, "setmetatable"}
	t, mt := a.table(1), L.Get(2)
	if mt.Type() != lua.LTTable && (mt != lua.LNil || L.GetTop() < 2) {
		a.bad(2, "nil or table expected")
	}
	if metamethod(t, "__metatable") != lua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	t.Metatable = mt
	L.Push(t)
	return 1
}

func rawEqual(L *lua.LState) int {
	a := arguments{L, "rawequal"}
	x, y := a.any(1), a.any(2)
	L.Push(lua.LBool(L.RawEqual(x, y)))
	return 1
}

func rawGet(L *lua.LState) int {
	a := arguments{L, "rawget"}
	t, k := a.table(1), a.any(2)
	L.Push(t.RawGet(k))
	return 1
}

func rawSet(L *lua.LState) int {
	a := arguments{L, "rawset"}
	t, k, v := a.table(1), a.any(2), a.any(3)
	L.RawSet(t, k, v)
	L.Push(t)
	return 1
}

// collectOptions are the options of collectgarbage, with "collect" for none.
var collectOptions = []string{"stop", "restart", "collect", "count", "step", "setpause", "setstepmul"}

// freshState is what a Lua state that has done nothing keeps, in KB (libraries.md 3).
const freshState = 14

// collectGarbage does nothing, for the collector is that of the whole program; it gives what scripts written for Lua 5.1 can go on with.
func collectGarbage(L *lua.LState) int {
	a, option := arguments{L, "collectgarbage"}, "collect"
	if L.Get(1) != lua.LNil {
		option = a.text(1)
	}
	if !slices.Contains(collectOptions, option) {
		a.bad(1, "invalid option '%s'", option)
	}
	a.optional(2, 0)
	switch option {
	case "count":
		L.Push(lua.LNumber(freshState))
	case "step":
		L.Push(lua.LTrue) // a cycle is complete
	default:
		L.Push(lua.LNumber(0))
	}
	return 1
}
