package bind

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// host is the scenario that the tests run in: it keeps what went wrong inside.
type host struct{ internal []string }

func (h *host) Internal(recovered any, stack []byte) error {
	h.internal = append(h.internal, fmt.Sprint(recovered))
	if len(stack) == 0 {
		h.internal = append(h.internal, "no stack")
	}
	return errors.New("a fault of ours")
}

type options struct {
	Text     string         `lua:"text" doc:"Text."`
	TextPtr  *string        `lua:"text_ptr" doc:"Text, or not."`
	Flag     bool           `lua:"flag" doc:"A flag."`
	FlagPtr  *bool          `lua:"flag_ptr" doc:"A flag, or not."`
	Count    int            `lua:"count" doc:"A number."`
	CountPtr *int           `lua:"count_ptr" doc:"A number, or not."`
	Ratio    float64        `lua:"ratio" doc:"A number."`
	RatioPtr *float64       `lua:"ratio_ptr" doc:"A number, or not."`
	Wait     time.Duration  `lua:"wait" doc:"A time."`
	WaitPtr  *time.Duration `lua:"wait_ptr" doc:"A time, or not."`
	List     []string       `lua:"list" doc:"A list."`
	Call     *lua.LFunction `lua:"call" doc:"A function."`
	Table    *lua.LTable    `lua:"table" doc:"A table."`
	Any      lua.LValue     `lua:"any" type:"string|string[]" doc:"Text or a list."`
	Inner    *lua.LTable    `lua:"inner" type:"Options" doc:"The same again."`
	Ignored  string
}

// thing is an object.
type thing struct{ name string }

// language is a registry with one of everything, and the last options that were decoded.
type language struct {
	*Registry
	last options
	host host
}

func newLanguage() *language {
	l := &language{}
	table := OptionsOf[options]("Options", "Options.")
	class := &Class{Name: "lib.Thing", Short: "thing", Doc: "A thing.",
		Text: func(self any) string { return "thing " + self.(*thing).name },
		Methods: []*Func{
			Method("say(text: string): lib.Thing", func(c *Call) error { return c.Push(c.L.Get(1)) }, "Says."),
			Method("boom()", func(*Call) error { panic("boom") }, "Panics."),
		},
		Fields: []Field{{Name: "name", Type: "string", Doc: "Its name.", Get: func(_ *Call, self any) (lua.LValue, error) {
			return lua.LString(self.(*thing).name), nil
		}}, {Name: "broken", Type: "string", Doc: "Panics.", Get: func(*Call, any) (lua.LValue, error) { panic("field") }},
			{Name: "failing", Type: "string", Doc: "Fails.", Get: func(*Call, any) (lua.LValue, error) { return nil, errors.New("no value") }}},
		CallSelf: Fn("thing(n: number)", func(c *Call) error {
			return c.Push(lua.LString(c.Self.(*thing).name + c.Value(0).String()))
		}, "Is called."),
	}
	nothing := func(*Call) error { return nil }
	l.Registry = New([]*Module{
		{Doc: "Globals.", Funcs: []*Func{Fn("global(a: any)", nothing, "A global.")}, Later: map[string]string{"mail": "comes later"}},
		{Name: "lib", Doc: "A library.", Options: []*Options{table}, Classes: []*Class{class}, Later: map[string]string{"listen": "comes later"}, Funcs: []*Func{
			Fn("one(text: string, n?: number)", nothing, "Takes text."),
			Fn("none()", nothing, "Takes nothing."),
			Fn("first(v?: any)", nothing, "Takes anything."),
			Fn("integer(n: integer)", nothing, "Takes a whole number."),
			Fn("duration(d: duration): number", func(c *Call) error {
				return c.Push(lua.LNumber(c.Duration(0, 0).Seconds()))
			}, "Takes a time."),
			Fn("list(l: string[])", nothing, "Takes a list."),
			Fn("union(v: string|number|string[])", nothing, "Takes several."),
			Fn("either(v: Options|function)", nothing, "Takes options or a function."),
			Fn("callback(f: function)", nothing, "Takes a function."),
			Fn("flag(b?: boolean, t?: table)", nothing, "Takes a flag."),
			Fn("thing(t: lib.Thing)", nothing, "Takes a thing."),
			Fn("make(name: string): lib.Thing", func(c *Call) error { return c.Push(class.Object(&thing{c.String(0)})) }, "Makes a thing."),
			Fn("rest(first: string, ...: number): integer", func(c *Call) error { return c.Push(lua.LNumber(c.N())) }, "Takes any number."),
			Fn("options(o?: Options)", func(c *Call) error {
				l.last = options{}
				table.Decode(c.Table(0), &l.last)
				return nil
			}, "Takes options."),
			Fn("two(): string", func(c *Call) error { return c.PushAll(lua.LString("a"), lua.LString("b")) }, "Gives two."),
			Fn("fails()", func(*Call) error { return errors.New("it failed") }, "Fails."),
			Fn("panics()", func(c *Call) error { return []error{}[c.N()] }, "Panics."),
			Fn("calls(f: function): any", func(c *Call) error {
				top := c.L.GetTop()
				c.L.Push(c.Function(0))
				c.L.Call(0, lua.MultRet)
				return c.Returned(c.L.GetTop() - top)
			}, "Calls."),
		}, Parts: []*Module{{Name: "part", Doc: "A part.", Funcs: []*Func{Fn("f(s: string): string", func(c *Call) error { return c.Push(c.Value(0)) }, "A function of it.")}}}},
	}, func(*lua.LState) Host { return &l.host })
	return l
}

func (l *language) run(t *testing.T, source string) (string, error) {
	t.Helper()
	L := lua.NewState()
	defer L.Close()
	for _, name := range l.Globals() {
		v, _ := l.Global(name)
		L.SetGlobal(name, v)
	}
	fn, err := L.Load(strings.NewReader(source), "t.lua")
	if err != nil {
		t.Fatal(err)
	}
	L.Push(fn)
	if err := L.PCall(0, lua.MultRet, nil); err != nil {
		return "", err
	}
	var out []string
	for i := 1; i <= L.GetTop(); i++ {
		out = append(out, L.ToStringMeta(L.Get(i)).String())
	}
	return strings.Join(out, " "), nil
}

func TestCalls(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`lib.one("x") lib.one("x", 1) lib.one("x", nil)`, ""},
		{`lib.one()`, "t.lua:1: lib.one: argument text is missing: string"},
		{`lib.one(nil, 1)`, "t.lua:1: lib.one: argument text is missing: string"},
		{`lib.one(5)`, "lib.one: argument text: string expected, got number 5"},
		{`lib.one("x", "5")`, `lib.one: argument n: number expected, got string "5"`},
		{`lib.one("x", 1, 2)`, "lib.one takes 2 arguments, got 3"},
		{`lib.one("x", 1, nil)`, "lib.one takes 2 arguments, got 3"},
		{`lib:one("x")`, "call lib.one with a dot, not a colon"},
		{`lib:none()`, "call lib.none with a dot, not a colon"},
		{`lib:first()`, "call lib.first with a dot, not a colon"},
		{`lib.part:f("x")`, "call lib.part.f with a dot, not a colon"},
		{`lib.none(1)`, "lib.none takes no argument, got 1"},
		{`lib.callback(1, 2)`, "lib.callback: argument f: function expected, got number 1"},
		{`lib.integer(1.5)`, "lib.integer: argument n: whole number expected, got number 1.5"},
		{`lib.integer(0/0)`, "lib.integer: argument n: whole number expected, got number"},
		{`lib.integer(2^60)`, "lib.integer: argument n: whole number expected"},
		{`lib.flag(1)`, "lib.flag: argument b: boolean expected, got number 1"},
		{`lib.flag(true, "t")`, `lib.flag: argument t: table expected, got string "t"`},
		{`lib.thing({})`, "lib.thing: argument t: lib.Thing expected, got table"},
		{`lib.thing(lib)`, "call lib.thing with a dot, not a colon"},
		{`lib.thing(lib.part)`, "lib.thing: argument t: lib.Thing expected, got the module lib.part"},
		{`lib.one(("x"):rep(100), ("x"):rep(100))`, `got a string of 100 bytes`},
		{`lib.nothing()`, `lib has no "nothing"`},
		{`lib.nnoe()`, `lib has no "nnoe" (did you mean "none"?)`},
		{`lib.listen()`, "lib.listen comes later"},
		{`lib.fails()`, "t.lua:1: it failed"},
		{"\nlib.fails()", "t.lua:2: it failed"},
		{`return lib.two()`, "a b"},
		{`return lib.part.f("p")`, "p"},
		{`return lib.calls(function() return 1, nil, 3 end)`, "1 nil 3"},
		{`return lib.calls(function() error("through") end)`, "t.lua:1: through"},
		{`return lib.rest("a"), lib.rest("a", 1, 2)`, "1 3"},
		{`lib.rest("a", 1, "2")`, `lib.rest: argument 3: number expected, got string "2"`},
		{`global()`, "global: argument a is missing: any"},
		{`global(1, 2)`, "global takes one argument, got 2"},
	} {
		check(t, newLanguage(), c.source, c.want)
	}
}

// check runs source: want is what it gives, or a part of its error.
func check(t *testing.T, l *language, source, want string) {
	t.Helper()
	got, err := l.run(t, source)
	if err != nil {
		got = err.Error()
	}
	if (err == nil && got != want) || !strings.Contains(got, want) {
		t.Errorf("%s\nwant %s\ngot  %s", source, want, got)
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`return lib.duration(2), lib.duration(0.25), lib.duration("250ms"), lib.duration("1m30s"), lib.duration(0)`, "2 0.25 0.25 90 0"},
		{`lib.duration(-1)`, "lib.duration: argument d: -1 is not a number of seconds from 0 to 1e9"},
		{`lib.duration(0/0)`, "is not a number of seconds from 0 to 1e9"},
		{`lib.duration(1e10)`, "1e+10 is not a number of seconds"},
		{`lib.duration("5")`, `"5" is not a duration: write seconds, or text such as "250ms", "30s" or "2m"`},
		{`lib.duration("-5s")`, `"-5s" is not a duration`},
		{`lib.duration(true)`, `duration expected (seconds, or text such as "250ms"), got boolean true`},
		{`lib.list({}) lib.list({"a", "b"})`, ""},
		{`lib.list("a")`, `lib.list: argument l: list of string expected, got string "a"`},
		{`lib.list({"a", 2})`, "lib.list: argument l: item 2: string expected, got number 2"},
		{`lib.list({a = "b"})`, `lib.list: argument l: list of string expected, got a table with the key string "a"`},
		{`lib.list({"a", [1.5] = "b"})`, "got a table with the key number 1.5"},
		{`lib.union("a") lib.union(1) lib.union({"a"})`, ""},
		{`lib.union(true)`, "lib.union: argument v: string or number or list of string expected, got boolean true"},
		{`lib.union(print)`, "expected, got function"},
		{`lib.either(print) lib.either({text = "x"})`, ""},
		{`lib.either({txt = "x"})`, `lib.either: argument v: unknown option "txt" (did you mean "text"?)`},
		{`lib.either(1)`, "lib.either: argument v: table or function expected, got number 1"},
		{`lib.either()`, "lib.either: argument v is missing: table or function"},
	} {
		check(t, newLanguage(), c.source, c.want)
	}
}

func TestOptions(t *testing.T) {
	l := newLanguage()
	source := `lib.options { text = "a", text_ptr = "b", flag = true, flag_ptr = false, count = 3, count_ptr = 0, ratio = 0.5, ratio_ptr = 0,
		wait = "2s", wait_ptr = 0, list = {"x", "y"}, call = print, table = {1}, any = {"z"}, inner = { text = "i" } }`
	if _, err := l.run(t, source); err != nil {
		t.Fatal(err)
	}
	o := l.last
	for name, ok := range map[string]bool{
		"text": o.Text == "a", "text_ptr": *o.TextPtr == "b", "flag": o.Flag, "flag_ptr": !*o.FlagPtr, "count": o.Count == 3, "count_ptr": *o.CountPtr == 0,
		"ratio": o.Ratio == 0.5, "ratio_ptr": *o.RatioPtr == 0, "wait": o.Wait == 2*time.Second, "wait_ptr": *o.WaitPtr == 0,
		"list": fmt.Sprint(o.List) == "[x y]", "call": o.Call != nil, "table": o.Table.Len() == 1, "any": fmt.Sprint(Strings(o.Any)) == "[z]",
		"inner": o.Inner.RawGetString("text") == lua.LString("i"),
	} {
		if !ok {
			t.Errorf("option %s was not decoded", name)
		}
	}
	if _, err := l.run(t, `lib.options() lib.options({})`); err != nil || l.last.TextPtr != nil || l.last.List != nil {
		t.Errorf("no options: %v, %v", l.last, err)
	}
}

func TestWrongOptions(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`lib.options("x")`, `lib.options: argument o: table expected, got string "x"`},
		{`lib.options { cuont = 1 }`, `lib.options: argument o: unknown option "cuont" (did you mean "count"?)`},
		{`lib.options { zzzzz = 1 }`, `unknown option "zzzzz"`},
		{`lib.options { Ignored = "x" }`, `unknown option "Ignored"`},
		{`lib.options { "x" }`, `options are named, got string "x"`},
		{`lib.options { text = 1 }`, "option text: string expected, got number 1"},
		{`lib.options { flag_ptr = 1 }`, "option flag_ptr: boolean expected, got number 1"},
		{`lib.options { count = 1.5 }`, "option count: whole number expected, got number 1.5"},
		{`lib.options { ratio = "1" }`, `option ratio: number expected, got string "1"`},
		{`lib.options { wait = {} }`, "option wait: duration expected"},
		{`lib.options { list = "x" }`, "option list: list of string expected"},
		{`lib.options { list = { 1 } }`, "option list: item 1: string expected, got number 1"},
		{`lib.options { call = "x" }`, "option call: function expected"},
		{`lib.options { table = 1 }`, "option table: table expected, got number 1"},
		{`lib.options { any = 1 }`, "option any: string or list of string expected, got number 1"},
		{`lib.options { inner = { cuont = 1 } }`, `option inner: unknown option "cuont" (did you mean "count"?)`},
	} {
		check(t, newLanguage(), c.source, c.want)
	}
}

func TestObjects(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`local o = lib.make("x") return o.name, tostring(o), o:say("a"):say("b").name, o(5)`, "x thing x x x5"},
		{`lib.thing(lib.make("x"))`, ""},
		{`lib.make("x").say("a")`, "call say with a colon: thing:say(...)"},
		{`lib.make("x").say()`, "call say with a colon: thing:say(...)"},
		{`lib.make("x").say(lib, "a")`, "call say with a colon"},
		{`lib.make("x"):say()`, "thing:say: argument text is missing: string"},
		{`lib.make("x"):say("a", "b")`, "thing:say takes one argument, got 2"},
		{`return lib.make("x").nmae`, `lib.Thing has no field or method "nmae" (did you mean "name"?)`},
		{`return lib.make("x")[1]`, "lib.Thing has only named fields, not number 1"},
		{`lib.make("x").name = "y"`, `lib.Thing cannot be changed: no field "name" can be set`},
		{`lib.make("x")[1] = "y"`, `lib.Thing cannot be changed: no field "1" can be set`},
		{`lib.one = nil`, `lib cannot be changed: no field "one" can be set`},
		{`lib.part.f = nil`, `lib.part cannot be changed`},
		{`rawset(lib, "one", 1)`, "table expected"},
		{`setmetatable(lib, {})`, "protected metatable"},
		{`return getmetatable(lib), getmetatable(lib.make("x"))`, "false false"},
		{`return lib.make("x").failing`, "no value"},
		{`lib.make("x")("a")`, `thing: argument n: number expected, got string "a"`},
		{`return tostring(lib), tostring(lib.part)`, "lib lib.part"},
	} {
		check(t, newLanguage(), c.source, c.want)
	}
}

// A panic of a Go function is recorded with its stack before a script can catch it, whatever function it was in.
func TestPanics(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`return pcall(lib.panics)`, "index out of range"},
		{`local o = lib.make("x") return pcall(o.boom, o)`, "boom"},
		{`local o = lib.make("x") return pcall(function() return o.broken end)`, "field"},
	} {
		l := newLanguage()
		got, err := l.run(t, c.source)
		if err != nil || !strings.HasPrefix(got, "false ") || !strings.Contains(got, "a fault of ours") {
			t.Errorf("%s: %s %v", c.source, got, err)
		}
		if len(l.host.internal) != 1 || !strings.Contains(l.host.internal[0], c.want) {
			t.Errorf("%s: want %s, got %v", c.source, c.want, l.host.internal)
		}
	}
}

// What runs out of stack is the script, not the function that it went through.
func TestStackOverflowIsTheScripts(t *testing.T) {
	l := newLanguage()
	if _, err := l.run(t, `local function f() return 1 + lib.calls(f) end f()`); err == nil {
		t.Error("no error")
	}
	if len(l.host.internal) != 0 {
		t.Errorf("internal: %v", l.host.internal)
	}
}

func TestWrongTables(t *testing.T) {
	nothing := func(*Call) error { return nil }
	noHost := func(*lua.LState) Host { return nil }
	module := func(signature string) func() {
		return func() { New([]*Module{{Name: "m", Doc: "M.", Funcs: []*Func{Fn(signature, nothing, "F.")}}}, noHost) }
	}
	field := Field{Name: "f", Doc: "F."}
	for name, c := range map[string]struct {
		make func()
		want string
	}{
		"no parentheses":          {module("f"), "not of the form name(param: type): result"},
		"no name":                 {module("(a: any)"), "not of the form"},
		"no closing parenthesis":  {module("f(a: any"), "not of the form"},
		"no type":                 {module("f(a)"), `parameter "a" has no type`},
		"optional, then required": {module("f(a?: any, b: any)"), "parameter b: a required one after an optional one"},
		"unknown type":            {module("f(a: strin)"), "unknown type strin"},
		"unknown type in a union": {module("f(a: string|strin)"), "unknown type strin"},
		"unknown type in a list":  {module("f(a: strin[])"), "unknown type strin"},
		"no documentation":        {func() { New([]*Module{{Name: "m", Funcs: []*Func{Fn("f()", nothing, "")}}}, noHost) }, "m.f has no documentation"},
		"a global twice":          {func() { New([]*Module{{Name: "m"}, {Name: "m"}}, noHost) }, "global m is declared twice"},
		"a field without documentation": {func() {
			New([]*Module{{Name: "m", Classes: []*Class{{Name: "C", Fields: []Field{{Name: "f"}}}}}}, noHost)
		}, "C.f has no documentation"},
		"a field twice": {func() {
			New([]*Module{{Name: "m", Classes: []*Class{{Name: "C", Fields: []Field{field, field}}}}}, noHost)
		}, "C.f is declared twice"},
		"a method twice": {func() {
			method := Method("f()", nothing, "F.")
			New([]*Module{{Name: "m", Classes: []*Class{{Name: "C", Methods: []*Func{method, method}}}}}, noHost)
		}, "C.f is declared twice"},
		"a function twice": {func() {
			f := Fn("f()", nothing, "F.")
			New([]*Module{{Name: "m", Funcs: []*Func{f, f}}}, noHost)
		}, "m.f is declared twice"},
		"an option without documentation": {func() {
			OptionsOf[struct {
				A string `lua:"a"`
			}]("O", "O.")
		}, "O.a needs a type and a doc"},
		"an option without a type": {func() {
			OptionsOf[struct {
				A chan int `lua:"a" doc:"A."`
			}]("O", "O.")
		}, "O.a needs a type and a doc"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, c.want) {
					t.Errorf("want a panic with %q, got %s", c.want, r)
				}
			}()
			c.make()
		})
	}
}

func TestRegistry(t *testing.T) {
	l := newLanguage()
	if got := fmt.Sprint(l.Globals()); got != "[global lib]" {
		t.Errorf("globals: %s", got)
	}
	if text, ok := l.Later("mail"); !ok || text != "comes later" {
		t.Errorf("later: %q", text)
	}
	if _, ok := l.Members("nothing"); ok {
		t.Error("there is no module nothing")
	}
	members, _ := l.Members("lib")
	if all := strings.Join(members, " "); !strings.Contains(all, "one") || !strings.Contains(all, "part") || !strings.Contains(all, "listen") {
		t.Errorf("members: %s", all)
	}
	f := Fn("f( a : string , b?: number ): any", nil, "F.")
	if got := f.Signature(); got != "f(a: string, b?: number): any" {
		t.Errorf("signature: %s", got)
	}
	if got := Fn("f()", nil, "F.").Signature(); got != "f()" {
		t.Errorf("signature: %s", got)
	}
}
