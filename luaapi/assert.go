package luaapi

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

func (lang *Language) assertModule() *bind.Module {
	return &bind.Module{
		Name: "assert",
		Doc:  "Assertions. The expected value comes first and a message last; one that does not hold ends the scenario as failed.",
		Funcs: []*bind.Func{
			bind.Fn("assert(value?: any, message?: any, ...: any): any", assertTrue, "Requires that value is neither nil nor false, and gives all arguments back."),
			bind.Fn("equal(expected?: any, actual?: any, message?: string)", func(c *bind.Call) error {
				return compare(c, c.L.Equal(c.Value(0), c.Value(1)), 2)
			}, "Requires that two values are equal, as == does."),
			bind.Fn("same(expected?: any, actual?: any, message?: string)", func(c *bind.Call) error {
				return compare(c, deepEqual(c.L, c.Value(0), c.Value(1), 0), 2)
			}, "Requires that two values are equal, tables by what is in them."),
			bind.Fn("match(pattern: string, text?: any, message?: string)", assertMatch, "Requires that a Lua pattern is found in text."),
			bind.Fn("is_true(value?: any, message?: string)", is("true", func(v lua.LValue) bool { return v == lua.LTrue }), "Requires true."),
			bind.Fn("is_false(value?: any, message?: string)", is("false", func(v lua.LValue) bool { return v == lua.LFalse }), "Requires false."),
			bind.Fn("is_nil(value?: any, message?: string)", is("nil", func(v lua.LValue) bool { return v == lua.LNil }), "Requires nil."),
			bind.Fn("is_not_nil(value?: any, message?: string)", is("anything but nil", func(v lua.LValue) bool { return v != lua.LNil }), "Requires a value."),
			bind.Fn("contains(container: table|string, item: any, message?: string)", assertContains, "Requires that a list has an item, or text a piece of text."),
			bind.Fn("greater(a: number, b: number, message?: string)", func(c *bind.Call) error {
				return order(c, "more than", c.Number(0) > c.Number(1))
			}, "Requires a > b."),
			bind.Fn("less(a: number, b: number, message?: string)", func(c *bind.Call) error {
				return order(c, "less than", c.Number(0) < c.Number(1))
			}, "Requires a < b."),
			bind.Fn("error(fn: function, pattern?: string, message?: string)", assertError, "Requires that fn raises a Lua error, whose text the pattern is found in. A failed expectation inside stays failed."),
		},
	}
}

// verdict records an assertion, and ends the scenario when it does not hold.
func verdict(c *bind.Call, ok bool, want, got string, message string) error {
	a := attemptOf(c.L)
	what := c.F.Name
	if what != "assert" {
		what = "assert." + what
	}
	if a.phase == running {
		a.expected(c.L, event.Expectation{What: what, OK: ok, Want: want, Got: got})
	}
	if ok {
		return nil
	}
	if message == "" {
		message = what + " does not hold"
	}
	if a.phase == collecting {
		return &stop{text: fmt.Sprintf("%s: want %s, got %s", message, want, got), lang: a.lang}
	}
	return a.failed(c.L, event.Failure{Kind: "assertion", Message: message, Want: want, Got: got})
}

func assertTrue(c *bind.Call) error {
	if c.N() == 0 {
		return fmt.Errorf("assert: argument value is missing")
	}
	message := ""
	if c.Has(1) {
		message = textOf(described(c.L, c.Value(1)))
	}
	if err := verdict(c, lua.LVAsBool(c.Value(0)), "a value that is neither nil nor false", show(c.Value(0)), message); err != nil {
		return err
	}
	n := c.N()
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = c.Value(i)
	}
	return c.PushAll(values...)
}

func compare(c *bind.Call, equal bool, message int) error {
	want, got := "", ""
	if !equal {
		want, got = show(c.Value(0)), show(c.Value(1))
		if want == got {
			want, got = want+" ("+c.Value(0).Type().String()+")", got+" ("+c.Value(1).Type().String()+", another one)"
		}
	}
	return verdict(c, equal, want, got, c.String(message))
}

func is(want string, holds func(lua.LValue) bool) func(*bind.Call) error {
	return func(c *bind.Call) error {
		return verdict(c, holds(c.Value(0)), want, show(c.Value(0)), c.String(1))
	}
}

func order(c *bind.Call, relation string, ok bool) error {
	return verdict(c, ok, relation+" "+c.Value(1).String(), c.Value(0).String(), c.String(2))
}

func assertMatch(c *bind.Call) error {
	text, isText := c.Value(1).(lua.LString)
	found, err := matches(c.L, string(text), c.String(0))
	if err != nil {
		return fmt.Errorf("assert.match: %w", err)
	}
	return verdict(c, isText && found, "text that matches "+quote(c.String(0)), show(c.Value(1)), c.String(2))
}

// matches tells whether a Lua pattern is found anywhere in text.
func matches(L *lua.LState, text, pat string) (bool, error) {
	_, ok, err := attemptOf(L).patterns.Find(attemptOf(L).ctx, text, pat, 0)
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pat, err)
	}
	return ok, nil
}

func assertContains(c *bind.Call) error {
	found := false
	if t := c.Table(0); t != nil {
		for i := 1; i <= t.Len(); i++ {
			found = found || c.L.Equal(t.RawGetInt(i), c.Value(1))
		}
	} else {
		item, ok := c.Value(1).(lua.LString)
		if !ok {
			return fmt.Errorf("assert.contains: argument item: string expected, got %s", bind.Describe(c.Value(1)))
		}
		found = strings.Contains(c.String(0), string(item))
	}
	return verdict(c, found, "something with "+show(c.Value(1))+" in it", show(c.Value(0)), c.String(2))
}

func assertError(c *bind.Call) error {
	a := attemptOf(c.L)
	steps, levels := len(a.steps), len(a.levels)
	c.L.Push(c.Function(0))
	err := a.lang.protect(c.L, 0, 0, a.keepStack)
	a.leave(steps, levels)
	if err == nil {
		return verdict(c, false, "a Lua error", "no error", c.String(2))
	}
	if _, ok := raisedValue(err).(*stop); ok || a.ctx.Err() != nil {
		return reraise(c.L, err)
	}
	text := textOf(described(c.L, errorValue(err)))
	ok, want := true, "a Lua error"
	if c.Has(1) {
		want = "an error that matches " + quote(c.String(1))
		if ok, err = matches(c.L, text, c.String(1)); err != nil {
			return fmt.Errorf("assert.error: %w", err)
		}
	}
	return verdict(c, ok, want, quote(text), c.String(2))
}

// deepEqual compares tables by their contents. Tables nested beyond any message's use are taken as unequal.
func deepEqual(L *lua.LState, x, y lua.LValue, depth int) bool {
	tx, okx := x.(*lua.LTable)
	ty, oky := y.(*lua.LTable)
	if !okx || !oky {
		return L.Equal(x, y)
	}
	if tx == ty {
		return true
	}
	if depth > 100 {
		return false
	}
	equal, n := true, 0
	tx.ForEach(func(k, v lua.LValue) {
		n++
		equal = equal && deepEqual(L, v, ty.RawGet(k), depth+1)
	})
	ty.ForEach(func(lua.LValue, lua.LValue) { n-- })
	return equal && n == 0
}
