package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// replaceLibraries puts our own in place of what gopher-lua's libraries do in ways that a tester cannot use (libraries.md 6). L is
// the state that the others were taken from.
func (lang *Language) replaceLibraries(L *lua.LState) {
	own := func(library map[string]lua.LValue, functions map[string]lua.LGFunction) {
		for name, fn := range functions {
			library[name] = L.NewFunction(fn)
		}
	}
	own(lang.base, baseFunctions(L))
	own(lang.base, map[string]lua.LGFunction{
		"pcall": lang.pcall, "xpcall": lang.xpcall, "loadstring": loadString, "load": loadFunction,
		"getfenv": getEnvironment, "setfenv": setEnvironment,
	})
	own(lang.libs["math"], mathFunctions())
	own(lang.libs["string"], stringFunctions())
	lang.libs["string"]["gfind"] = lang.libs["string"]["gmatch"]
	own(lang.libs["table"], tableFunctions())
	for name, fn := range osFunctions() {
		lang.libs["os"][name] = L.NewFunction(varying(fn))
	}
	co := lang.libs["coroutine"]
	call := func(name string) lua.LGFunction { return co[name].(*lua.LFunction).GFunction }
	own(co, map[string]lua.LGFunction{
		"create": creating(call("create"), "create"), "resume": resume(call("resume")), "status": coroutineStatus, "wrap": wrapping(call("wrap")), "yield": yield,
	})
	lang.operators = operators(L)
}

const loadName = "=(load)"

func loadString(L *lua.LState) int {
	a := arguments{L, "loadstring"}
	source, name := a.text(1), loadName
	if L.Get(2) != lua.LNil {
		name = a.text(2)
	}
	return loadText(L, source, name)
}

// loadFunction is load. What fn raises goes through, where PUC Lua gives it as a result.
func loadFunction(L *lua.LState) int {
	a := arguments{L, "load"}
	fn, name := a.function(1), loadName
	if L.Get(2) != lua.LNil {
		name = a.text(2)
	}
	var b strings.Builder
	for {
		L.Push(fn)
		a.callback(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		switch {
		case piece == lua.LNil, piece == lua.LString(""):
			return loadText(L, b.String(), name)
		case !lua.LVCanConvToString(piece):
			L.Push(lua.LNil)
			L.Push(lua.LString("reader function must return a string"))
			return 2
		}
		if b.WriteString(textOf(piece)); b.Len() > maxSource {
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

// leveled is the function of argument 1, or at that level of the call stack; nil stands for level 0, the thread itself.
func (a arguments) leveled() *lua.LFunction {
	if fn, ok := a.Get(1).(*lua.LFunction); ok {
		return fn
	}
	level := a.integer(1)
	if level < 0 {
		a.bad(1, "level must be non-negative")
	}
	if level == 0 {
		return nil
	}
	frame, ok := a.GetStack(level)
	if !ok {
		a.bad(1, "invalid level")
	}
	v, err := a.GetInfo("f", frame, lua.LNil)
	fn, ok := v.(*lua.LFunction)
	if err != nil || !ok {
		a.bad(1, "invalid level")
	}
	return fn
}

func getEnvironment(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		L.SetTop(0)
		L.Push(lua.LNumber(1))
	}
	fn := arguments{L, "getfenv"}.leveled()
	switch {
	case fn == nil:
		L.Push(L.Env)
	case fn.IsG:
		L.Push(L.G.Global)
	default:
		L.Push(fn.Env)
	}
	return 1
}

// setEnvironment is setfenv. It keeps scripts from the environment of Go functions, which all scenarios share.
func setEnvironment(L *lua.LState) int {
	a := arguments{L, "setfenv"}
	env, fn := a.table(2), a.leveled()
	switch {
	case fn == nil:
		L.Env = env
		return 0
	case fn.IsG:
		L.RaiseError("setfenv: the environment of a built-in function cannot be changed")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}

// varying marks what gives something else the next time.
func varying(call lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		attemptOf(L).varies = true
		return call(L)
	}
}
