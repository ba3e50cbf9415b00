package luaapi

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Which top levels run once for all scenarios of a file, and which run for each.
func TestTemplate(t *testing.T) {
	for source, once := range map[string]bool{
		`local n = 1 scenario("a", function() assert.equal(1, n) end)`:                              true,
		`assert(#("x"):rep(3) == 3) scenario("a", function() assert(true) end)`:                     true,
		`log("x") scenario("a", function() assert(true) end)`:                                       false,
		`local n = math.random() scenario("a", function() assert(n) end)`:                           false,
		`local n = os.time() scenario("a", function() assert(n) end)`:                               false,
		`local n = time.now() scenario("a", function() assert(n) end)`:                              false,
		`local co = coroutine.create(print) scenario("a", function() assert(co) end)`:               false,
		`local it = ("x"):gmatch(".") scenario("a", function() assert(it) end)`:                     false,
		`local t = {} for i = 1, 2000 do t = {t} end scenario("a", function() assert(t) end)`:       false, // too deep
		`for i = 1, 100 do scenario("s" .. i, function() assert.equal("number", type(i)) end) end `: true,
	} {
		lang := New()
		lang.templateFrom = 1
		f, err := lang.NewLoader(files{"t.lua": source, "helper.lua": "return {}"}.read).Load("t.lua", Place{RequireRoot: ".", ReadRoot: "."})
		if err != nil {
			t.Fatal(err)
		}
		env := &Env{Target: NoTarget(), Vars: NewVars(), Run: "run", Counter: &atomic.Uint64{}, Keywords: &Keywords{}}
		list, err := f.Collect(context.Background(), env)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		for _, d := range list {
			if r := d.Run(context.Background(), context.Background(), env, event.Key{Name: d.Name}, 1); len(r.Failures) > 0 {
				t.Errorf("%s: %s: %s", source, d.Name, r.Failures[0].Message)
			}
		}
		if got := env.templates.of(f).a != nil; got != once {
			t.Errorf("%s: it ran once for all: %v, not %v", source, got, once)
		}
	}
}
