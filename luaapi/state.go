package luaapi

import (
	"fmt"
	"math"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	lua "github.com/yuin/gopher-lua"
)

// stateOptions keep a state small (libraries.md 3): it starts with a little and grows to a bound.
var stateOptions = lua.Options{
	SkipOpenLibs:        true,
	RegistrySize:        128,
	RegistryMaxSize:     1 << 18,
	RegistryGrowStep:    256,
	CallStackSize:       1024,
	MinimizeStackMemory: true,
}

// newState makes a Lua state in which every global name is there but none has been made yet: names are filled in when
// they are first read, since a scenario uses few of them.
//
// It may be the husk of one that has ended: making one takes 9 KB, most of it for tables of globals that are too large for us.
func (lang *Language) newState() *lua.LState {
	L, ok := lang.husks.Get().(*lua.LState)
	if !ok {
		L = lua.NewState(stateOptions)
		L.SetMetatable(lua.LString(""), lang.strings)
		for _, v := range []lua.LValue{lua.LNil, lua.LTrue, lua.LNumber(0), lang.base["error"]} {
			L.SetMetatable(v, lang.others)
		}
	}
	L.G.Registry, L.G.Global = L.CreateTable(0, 0), L.CreateTable(0, 4)
	L.Env = L.G.Global
	L.G.Global.Metatable = lang.globals
	return L
}

// endState is for a state whose script has ended. Nothing of what scripts can reach stays in its husk: neither tables nor registers
// nor upvalues nor metatables, which belong to all states and cannot be changed.
func (lang *Language) endState(L *lua.LState) {
	if !lang.internals.strip(L) {
		L.Close()
		return
	}
	L.RemoveContext()
	L.G.Registry, L.G.Global, L.Env, L.G.MainThread, L.G.CurrentThread = nil, nil, nil, nil, nil
	lang.husks.Put(L)
}

// openLibraries makes Lua's libraries, with what is safe of gopher-lua's, and the shared metatables.
func (lang *Language) openLibraries() {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	lua.OpenBase(L)
	lua.OpenCoroutine(L)
	lang.base = map[string]lua.LValue{"_VERSION": lua.LString("Lua 5.1")}
	lang.libs = map[string]map[string]lua.LValue{
		"string": {}, "table": {}, "os": {},
		"math":      {"pi": lua.LNumber(math.Pi), "huge": lua.LNumber(math.Inf(1))},
		"coroutine": fields(L.GetGlobal("coroutine").(*lua.LTable)),
	}
	lang.replaceLibraries(L)
	lang.globals = hidden(L, map[string]lua.LGFunction{"__index": lang.globalIndex})
	lang.others = hidden(L, operatorEvents())
	lang.strings = hidden(L, operatorEvents())
	lang.strings.RawSetString("__index", L.NewFunction(lang.stringIndex))
}

func fields(t *lua.LTable) map[string]lua.LValue {
	out := map[string]lua.LValue{}
	t.ForEach(func(k, v lua.LValue) { out[k.String()] = v })
	return out
}

// hidden makes a metatable that scripts cannot reach.
func hidden(L *lua.LState, functions map[string]lua.LGFunction) *lua.LTable {
	mt := L.NewTable()
	for name, f := range functions {
		mt.RawSetString(name, L.NewFunction(f))
	}
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

// stringIndex finds methods of strings where Lua does, in the table string of the script's own state. Most scripts never name that: then
// it is not made.
func (lang *Language) stringIndex(L *lua.LState) int {
	name, isText := L.Get(2).(lua.LString)
	if v := lang.libs["string"][string(name)]; isText && v != nil && L.G.Global.RawGetString("string") == lua.LNil {
		L.Push(v)
		return 1
	}
	lib, ok := L.GetGlobal("string").(*lua.LTable)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	v := lib.RawGet(L.Get(2))
	if name, ok := L.Get(2).(lua.LString); ok && v == lua.LNil {
		L.RaiseError("a string has no %q%s", string(name), spell.Hint(string(name), keys(lib)))
	}
	L.Push(v)
	return 1
}

func keys(t *lua.LTable) (names []string) {
	t.ForEach(func(k, _ lua.LValue) { names = append(names, k.String()) })
	return names
}

// globalIndex answers for a global that has no value: it is made now, or does not exist, which is an error that says what
// was meant. A name that the script assigns somewhere is nil until then, as in Lua.
func (lang *Language) globalIndex(L *lua.LState) int {
	name, ok := L.Get(2).(lua.LString)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	v := lang.global(L, string(name))
	if v == nil {
		a := attemptOf(L)
		if !a.assigns(string(name)) {
			L.Error(lua.LString(lang.unknownGlobal(string(name))), 1)
		}
		L.Push(lua.LNil)
		return 1
	}
	L.G.Global.RawSetString(string(name), v)
	L.Push(v)
	return 1
}

func (lang *Language) global(L *lua.LState, name string) lua.LValue {
	if v, ok := lang.base[name]; ok {
		return v
	}
	if lib, ok := lang.libs[name]; ok {
		t := L.CreateTable(0, len(lib))
		for k, v := range lib {
			t.RawSetString(k, v)
		}
		return t
	}
	switch name {
	case "_G":
		return L.G.Global
	case "target":
		return lang.types.target.Object(attemptOf(L).env.Target)
	case "vars":
		return lang.types.vars.Object(attemptOf(L).env.Vars)
	}
	if v, ok := lang.reg.Global(name); ok {
		return v
	}
	return nil
}

const inOther = "does not exist: a file declares its scenarios with scenario(name, function() ... end)"

// absentMembers are the same for what is missing in Lua's libraries.
var absentMembers = map[string]string{
	"os.execute": "is not there for scenarios",
	"os.exit":    "is not there for scenarios: return, skip or fail ends one",
	"os.getenv":  "is not there for scenarios: put it in a fact with env in the configuration smtpspec.lua, or give --var",
	"os.remove":  "is not there for scenarios",
	"os.rename":  "is not there for scenarios",
	"os.tmpname": "is not there for scenarios",
	"os.setenv":  "is not there for scenarios",

	"string.dump": "is not there for scenarios",
	"string.pack": "is not in Lua 5.1: write bytes with string.char",

	"table.unpack": "is called unpack in Lua 5.1",
	"table.pack":   "is not in Lua 5.1: write {...}",
}

// absent are names of Lua 5.1 that scenarios do not have, and what to do instead.
var absent = map[string]string{
	"io":       `is not there for scenarios: read a file with read_file(path)`,
	"debug":    "is not there for scenarios",
	"dofile":   `is not there for scenarios: use require "name"`,
	"loadfile": `is not there for scenarios: use require "name"`,
	"module":   "is not there for scenarios: return a table from the helper file",
	"package":  "is not there for scenarios",
	"newproxy": "is not there for scenarios",
	"it":       inOther,
	"test":     inOther,
	"describe": inOther,
	"expect":   "is a method of a connection, as in c:expect(250)",
	"connect":  "is in a module: smtp.connect()",
	"env":      "exists only in the configuration smtpspec.lua: put it in a fact there, and read target.NAME here",
}

func (lang *Language) unknownGlobal(name string) string {
	if text, ok := lang.reg.Later(name); ok {
		return name + " " + text
	}
	if text, ok := absent[name]; ok {
		return name + " " + text
	}
	return fmt.Sprintf("there is no %q%s", name, spell.Hint(name, lang.globalNames()))
}

// globalNames are all names that exist without being assigned.
func (lang *Language) globalNames() []string {
	names := append([]string{"target", "vars", "_G"}, lang.reg.Globals()...)
	for n := range lang.base {
		names = append(names, n)
	}
	for n := range lang.libs {
		names = append(names, n)
	}
	return names
}

// position is where a call comes from: the innermost line in the scenario file, and, when the call sits in another file, its
// line there. It looks through coroutines.
func (a *attempt) position(L *lua.LState) (at frame, helper *frame) {
	in := &a.lang.internals
	for ; L != nil; L = L.Parent {
		for f := in.innermost(L); f != nil; f = in.caller(f) {
			here := in.line(f)
			if here.file == a.file.Path && here.line > 0 {
				return here, helper
			}
			if helper == nil && here.file != "" && here.line > 0 {
				helper = &frame{here.file, here.line} // and not &here, which would put each on the heap
			}
		}
	}
	if helper != nil {
		return *helper, nil
	}
	return frame{a.file.Path, max(1, a.decl.Line)}, nil
}

type frame struct {
	file string
	line int
}

// stripPosition takes the position that Lua put before a message off again.
func stripPosition(msg string) string {
	rest := msg
	if i := strings.Index(rest, ".lua:"); i >= 0 && !strings.ContainsAny(rest[:i], " \t\n") {
		rest = rest[i+len(".lua:"):]
		n := strings.TrimLeft(rest, "0123456789")
		if len(n) < len(rest) && strings.HasPrefix(n, ":") {
			return strings.TrimPrefix(n[1:], " ")
		}
	}
	return msg
}
