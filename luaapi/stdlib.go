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
	for name, fn := range stringFunctions() {
		lang.libs["string"][name] = L.NewFunction(fn)
	}
	lang.libs["string"]["gfind"] = lang.libs["string"]["gmatch"]
	lang.libs["table"]["concat"] = L.NewFunction(tableConcat)
	lang.libs["table"]["insert"] = L.NewFunction(tableInsert)
	lang.base["unpack"] = L.NewFunction(unpack)
	for name, fn := range lang.libs["os"] {
		lang.libs["os"][name] = L.NewFunction(varying(fn.(*lua.LFunction).GFunction))
	}
	co := lang.libs["coroutine"]
	co["create"] = L.NewFunction(creating(co["create"].(*lua.LFunction).GFunction))
	co["resume"] = L.NewFunction(resuming(co["resume"].(*lua.LFunction).GFunction))
	co["yield"] = L.NewFunction(yield)
	co["wrap"] = L.NewFunction(wrapping(co["wrap"].(*lua.LFunction).GFunction))
	lang.base["error"] = L.NewFunction(raiseError)
	lang.base["tostring"] = L.NewFunction(toText)
	lang.concat = L.NewFunction(concat)
}

// raiseError is error with the level that Lua has: gopher-lua's takes 2 for 1.
func raiseError(L *lua.LState) int {
	value, level := L.CheckAny(1), L.OptInt(2, 1)
	if text, ok := value.(lua.LString); ok && level > 0 {
		if where := L.Where(level); where != "" && !strings.HasPrefix(where, "[G]") {
			value = lua.LString(where + " " + string(text))
		}
	}
	L.Error(value, 0)
	return 0
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

// treeSize is how many bytes a byte of source becomes in a syntax tree, about.
const treeSize = 64

// loadText compiles text under the bounds of scenario files.
func loadText(L *lua.LState, source, name string) int {
	a := attemptOf(L)
	defer room(L, "load", min(treeSize*len(source), maxString))() // of the syntax tree
	c, err := a.lang.compile(strings.TrimLeft(name, "=@"), []byte(source))
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
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

// varying marks what gives something else the next time.
func varying(call lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		attemptOf(L).varies = true
		return call(L)
	}
}

// mathRandom is Lua's math.random over the scenario's own source, which --seed decides.
func mathRandom(L *lua.LState) int {
	a := attemptOf(L)
	a.varies = true
	args := arguments{L, "random"}
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(a.random().Float64()))
		return 1
	case 1:
		high = args.integer(1)
	default:
		low, high = args.integer(1), args.integer(2)
	}
	if low > high {
		args.bad(L.GetTop(), "interval is empty")
	}
	if low < -1<<53 || high > 1<<53 {
		args.bad(L.GetTop(), "interval is too large")
	}
	L.Push(lua.LNumber(low + a.random().IntN(high-low+1)))
	return 1
}

// maxIndex is the highest position that table.insert fills a table up to: gopher-lua makes room for all below it.
const maxIndex = 1 << 20

func tableInsert(L *lua.LState) int {
	a := arguments{L, "insert"}
	t := a.table(1)
	switch L.GetTop() {
	case 2:
		t.Append(L.Get(2))
	case 3:
		at := a.integer(2)
		if at > maxIndex && at > t.Len()+1 {
			a.bad(2, "position out of bounds")
		}
		t.Insert(at, L.Get(3))
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	return 0
}

func unpack(L *lua.LState) int {
	a := arguments{L, "unpack"}
	t := a.table(1)
	first, last := a.optional(2, 1), a.optional(3, t.Len())
	if first > last {
		return 0
	}
	if last-first < 0 || last-first >= maxResults {
		L.RaiseError("too many results to unpack: at most %d are given", maxResults)
	}
	for i := first; i <= last; i++ {
		L.Push(t.RawGetInt(i))
	}
	return last - first + 1
}

// tableConcat is table.concat without gopher-lua's limit on the number of items.
func tableConcat(L *lua.LState) int {
	a := arguments{L, "concat"}
	t, sep := a.table(1), ""
	if L.Get(2) != lua.LNil {
		sep = a.text(2)
	}
	first, last := a.optional(3, 1), a.optional(4, t.Len())
	size := 0
	for i := first; i <= last && size <= maxString; i++ {
		v := t.RawGetInt(i)
		if !lua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if s, ok := v.(lua.LString); ok {
			size += len(s)
		} else {
			size += len(textOf(v))
		}
		if i < last {
			size += len(sep)
		}
	}
	defer room(L, "table.concat", size)()
	var b strings.Builder
	b.Grow(size)
	for i := first; i <= last; i++ {
		b.WriteString(textOf(t.RawGetInt(i)))
		if i < last {
			b.WriteString(sep)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}
