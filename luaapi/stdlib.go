package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// replaceLibraries puts our own in place of what gopher-lua's libraries do in ways that a tester cannot use (libraries.md 6). L is
// the state that the others were taken from.
func (lang *Language) replaceLibraries(L *lua.LState) {
	lang.base["pcall"] = L.NewFunction(lang.pcall)
	lang.base["xpcall"] = L.NewFunction(lang.xpcall)
	lang.base["loadstring"] = L.NewFunction(loadString)
	lang.base["load"] = L.NewFunction(loadFunction)
	lang.base["getfenv"] = L.NewFunction(environment(L.GetGlobal("getfenv").(*lua.LFunction).GFunction, false))
	lang.base["setfenv"] = L.NewFunction(environment(L.GetGlobal("setfenv").(*lua.LFunction).GFunction, true))
	lang.libs["math"]["random"] = L.NewFunction(mathRandom)
	lang.libs["math"]["randomseed"] = L.NewFunction(func(*lua.LState) int { return 0 }) // --seed decides
	lang.libs["string"]["rep"] = L.NewFunction(stringRep)
	lang.libs["string"]["upper"] = L.NewFunction(mapBytes('a', 'z', 'A'-'a'))
	lang.libs["string"]["lower"] = L.NewFunction(mapBytes('A', 'Z', 'a'-'A'))
	lang.libs["table"]["concat"] = L.NewFunction(tableConcat)
}

func loadString(L *lua.LState) int { return loadText(L, L.CheckString(1), L.OptString(2, "=(load)")) }

func loadFunction(L *lua.LState) int {
	fn := L.CheckFunction(1)
	name := L.OptString(2, "=(load)")
	var b strings.Builder
	for {
		L.Push(fn)
		L.Call(0, 1)
		piece, ok := L.Get(-1).(lua.LString)
		L.Pop(1)
		if !ok || piece == "" {
			return loadText(L, b.String(), name)
		}
		if b.WriteString(string(piece)); b.Len() > maxSource {
			L.RaiseError("load: the source is longer than %d bytes", maxSource)
		}
	}
}

// loadText compiles text under the bounds of scenario files.
func loadText(L *lua.LState, source, name string) int {
	c, err := compile(strings.TrimLeft(name, "=@"), []byte(source))
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	a := attemptOf(L)
	a.required = append(a.required, c)
	L.Push(L.NewFunctionFromProto(c.proto))
	return 1
}

// environment keeps scripts from the environment of Go functions, which all scenarios share.
func environment(call lua.LGFunction, set bool) lua.LGFunction {
	return func(L *lua.LState) int {
		if fn, ok := L.Get(1).(*lua.LFunction); ok && fn.IsG {
			if set {
				L.RaiseError("setfenv: the environment of a built-in function cannot be changed")
			}
			L.Push(L.G.Global)
			return 1
		}
		return call(L)
	}
}

// mathRandom is Lua's math.random over the scenario's own source, which --seed decides.
func mathRandom(L *lua.LState) int {
	a := attemptOf(L)
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(a.random().Float64()))
		return 1
	case 1:
		high = L.CheckInt(1)
	default:
		low, high = L.CheckInt(1), L.CheckInt(2)
	}
	if low > high {
		L.RaiseError("bad argument to random: the interval is empty")
	}
	L.Push(lua.LNumber(low + a.random().IntN(high-low+1)))
	return 1
}

// maxString is the length of text that one function may build.
const maxString = 64 << 20

func stringRep(L *lua.LState) int {
	s, n := L.CheckString(1), L.CheckInt(2)
	if n <= 0 || s == "" {
		L.Push(lua.LString(""))
		return 1
	}
	if n > maxString/len(s) {
		L.RaiseError("string.rep: the result would have %d bytes; at most %d are made", int64(n)*int64(len(s)), maxString)
	}
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}

// mapBytes is string.upper and string.lower on bytes: gopher-lua's go through UTF-8 and destroy other bytes.
func mapBytes(from, to byte, delta int) lua.LGFunction {
	return func(L *lua.LState) int {
		b := []byte(L.CheckString(1))
		for i, c := range b {
			if from <= c && c <= to {
				b[i] = byte(int(c) + delta)
			}
		}
		L.Push(lua.LString(b))
		return 1
	}
}

// tableConcat is table.concat without gopher-lua's limit on the number of items.
func tableConcat(L *lua.LState) int {
	t := L.CheckTable(1)
	sep := L.OptString(2, "")
	first, last := L.OptInt(3, 1), L.OptInt(4, t.Len())
	var b strings.Builder
	for i := first; i <= last; i++ {
		v := t.RawGetInt(i)
		if !lua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		b.WriteString(lua.LVAsString(v))
		if i < last {
			b.WriteString(sep)
		}
		if b.Len() > maxString {
			L.RaiseError("table.concat: the result has more than %d bytes", maxString)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}
