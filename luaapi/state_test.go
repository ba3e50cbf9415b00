package luaapi

import (
	"context"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// A state that is used again has nothing of the script before.
func TestHusks(t *testing.T) {
	t.Parallel()
	dirty := map[string]string{
		"globals":         `x = 1; string.x = 2; _G.y = {}; assert.equal(x, 1)`,
		"an error":        `local function f(n) if n == 0 then error { "deep" } end return f(n - 1) + 1 end f(20)`,
		"a coroutine":     `local co = coroutine.wrap(function() local t = {} coroutine.yield(t) end) co() assert.is_true(true)`,
		"in a coroutine":  `coroutine.wrap(function() error("inside") end)()`,
		"an upvalue":      `local v = 1 function f() v = v + 1 return v end f() error "x"`,
		"a caught one":    `pcall(error, "x") assert.is_true(true)`,
		"the environment": `setfenv(1, { assert = assert }) assert.is_true(true)`,
		"an overflow":     `local function f() return 1 + f() end f()`,
		"a skip":          `skip("no")`,
	}
	for name, source := range dirty {
		lang := New()
		runIn(t, lang, source)
		L := lang.newState()
		in := &lang.internals
		if L.GetTop() != 0 || in.innermost(L) != nil || L.Parent != nil || L.Context() != nil || *in.errorFunc(L) {
			t.Errorf("after %s: the stack has %d values", name, L.GetTop())
		}
		for i, v := range in.registers(L) {
			if v != nil && v != lua.LNil {
				t.Errorf("after %s: register %d has %v", name, i, v)
			}
		}
		L.G.Global.ForEach(func(k, v lua.LValue) { t.Errorf("after %s: %v is %v", name, k, v) })
		lang.endState(L)
		clean := runIn(t, lang, `assert.is_nil(rawget(_G, "x")) assert.is_nil(string.x) assert.is_nil(rawget(_G, "f")) assert.equal(getfenv(1), _G)`)
		if clean.Errored || clean.Failed {
			t.Errorf("after %s: %v", name, clean.Failures)
		}
	}
}

func runIn(t *testing.T, lang *Language, body string) *Result {
	t.Helper()
	f, err := lang.NewLoader(files{"t.lua": `scenario("x", function() ` + body + "\nend)"}.read).Load("t.lua", Place{})
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	list, err := f.Collect(context.Background(), env)
	if err != nil {
		t.Fatal(err)
	}
	return list[0].Run(context.Background(), context.Background(), env, event.Key{}, 1)
}
