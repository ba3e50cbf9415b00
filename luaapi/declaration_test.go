package luaapi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// files is what a loader reads in tests: sources by path.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	source, ok := f[path]
	if !ok {
		return nil, os.ErrNotExist
	}
	return []byte(source), nil
}

func testEnv() *Env {
	return &Env{Target: NoTarget(), Vars: NewVars(), Run: "run", Counter: &atomic.Uint64{}, Keywords: &Keywords{}}
}

func collect(t *testing.T, source string) []*Declaration {
	t.Helper()
	f, err := New().NewLoader(files{"t.lua": source}.read).Load("t.lua", Place{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Collect(context.Background(), testEnv())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (d *Declaration) summary() string {
	return fmt.Sprintf("%q suite=%q id=%q line=%d level=%s tags=%s refs=%s requires=%s timeout=%v retries=%d serial=%v lock=%q known=%q plain=%v",
		d.Name, d.Suite, d.ID, d.Line, d.Level, d.Tags, d.Refs, d.Requires, d.Timeout, d.Retries, d.Serial, d.Lock, d.KnownIssue, d.Plain)
}

// What an inner one gives replaces the suite's; lists add up.
func TestDeclarations(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`assert(true)`,
			`"t" suite="t" id="" line=1 level=must tags=[] refs=[] requires=[] timeout=0s retries=-1 serial=false lock="" known="" plain=true`},
		{`suite { name = "n", id = "i", level = "ops", tags = {"a"}, timeout = 5 } smtp.connect()`,
			`"n" suite="n" id="i" line=1 level=ops tags=[a] refs=[] requires=[] timeout=5s retries=-1 serial=false lock="" known="" plain=true`},
		{"\nscenario('x', function() end)",
			`"x" suite="t" id="" line=2 level=must tags=[] refs=[] requires=[] timeout=0s retries=-1 serial=false lock="" known="" plain=false`},
		{`suite { name = "n", id = "i", level = "should", tags = {"a"}, refs = {"r"}, requires = {"user"}, timeout = "2s", retries = 1, serial = true, lock = "l", known_issue = "k" }
			scenario("x", function() end)`,
			`"x" suite="n" id="" line=2 level=should tags=[a] refs=[r] requires=[user] timeout=2s retries=1 serial=true lock="l" known="k" plain=false`},
		{`suite { id = "i", level = "should", tags = {"a"}, refs = {"r"}, requires = {"user"}, timeout = "2s", retries = 1, lock = "l", known_issue = "k" }
			scenario("x", { id = "j", level = "may", tags = {"b"}, refs = {"s"}, requires = {"SIZE"}, timeout = 3, retries = 0, serial = true, lock = "m", known_issue = "o" },
				function() end)`,
			`"x" suite="t" id="j" line=2 level=may tags=[a b] refs=[r s] requires=[user SIZE] timeout=3s retries=0 serial=true lock="m" known="o" plain=false`},
		{`suite { serial = true, retries = 2 } scenario("x", { serial = false }, function() end)`,
			`"x" suite="t" id="" line=1 level=must tags=[] refs=[] requires=[] timeout=0s retries=2 serial=false lock="" known="" plain=false`},
	} {
		if got := collect(t, c.source)[0].summary(); got != c.want {
			t.Errorf("%s\nwant %s\ngot  %s", c.source, c.want, got)
		}
	}
}

// One scenario's lists are not another's.
func TestListsAreNotShared(t *testing.T) {
	list := collect(t, `suite { tags = {"a", "b", "c"} } for _, n in ipairs {"x", "y", "z"} do scenario(n, { tags = {n} }, function() end) end`)
	for _, d := range list {
		if got := strings.Join(d.Tags, " "); got != "a b c "+d.Name {
			t.Errorf("%s: %s", d.Name, got)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	big := "-- " + strings.Repeat("x", maxSource)
	for source, want := range map[string]string{
		big: "t.lua: the file has 1048579 bytes; scenario files have at most 1048576",
		"x = " + strings.Repeat("(", 1000) + "1" + strings.Repeat(")", 1000): "brackets are nested more than 200 deep",
		"local a = '\\x'\nlocal b = '\\x'":                                   "t.lua:2: \"\\x\" is no escape",
	} {
		_, err := New().NewLoader(files{"t.lua": source}.read).Load("t.lua", Place{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s\nwant %s\ngot  %v", source, want, err)
		}
	}
	_, err := New().NewLoader(files{}.read).Load("t.lua", Place{})
	if err == nil || err.Error() != "t.lua: cannot be read: no such file" {
		t.Errorf("a missing file: %v", err)
	}
}

// run runs the only scenario of source.
func runOne(t *testing.T, ctx context.Context, env *Env, source string) *Result {
	t.Helper()
	f, err := New().NewLoader(files{"t.lua": source}.read).Load("t.lua", Place{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Collect(context.Background(), env)
	if err != nil {
		t.Fatal(err)
	}
	return list[0].Run(ctx, ctx, env, event.Key{}, 1)
}

// A fault of ours makes the scenario an error, whatever the script does about it.
func TestInternalIsSticky(t *testing.T) {
	env := testEnv()
	env.Counter = nil // unique will go wrong
	for _, source := range []string{
		`scenario("x", function() pcall(unique) assert(true) end)`,
		`scenario("x", function() xpcall(unique, print) assert(true) end)`,
		`scenario("x", function() coroutine.resume(coroutine.create(unique)) assert(true) end)`,
		`scenario("x", function() check("c", { level = "may" }, unique) assert(true) end)`,
		`scenario("x", function() cleanup(unique) assert(true) end)`,
		`scenario("x", function() pcall(string.gsub, "x", "x", unique) assert(true) end)`,
	} {
		r := runOne(t, context.Background(), env, source)
		if !r.Errored || len(r.Failures) != 1 || r.Failures[0].Kind != "internal" || r.Failures[0].Detail == "" || r.Failures[0].Position.Line != 1 {
			t.Errorf("%s: %+v", source, r.Failures)
		}
	}
}

// A run that is ended under a scenario gives it no verdict, and still cleans up.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	f, err := New().NewLoader(files{"t.lua": `scenario("x", function() cleanup(function() log("cleaned") end) assert(true) sleep(60) end)`}.read).Load("t.lua", Place{})
	if err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	list, err := f.Collect(context.Background(), env)
	if err != nil {
		t.Fatal(err)
	}
	r := list[0].Run(ctx, context.Background(), env, event.Key{}, 1)
	if !r.Interrupted || !r.Errored || len(r.Failures) != 1 || r.Failures[0].Kind != "interrupted" {
		t.Errorf("%+v", r)
	}
	cleaned := false
	for _, e := range r.Events {
		l, ok := e.(*event.Log)
		cleaned = cleaned || ok && l.Text == "cleaned"
	}
	if !cleaned {
		t.Error("it was not cleaned up")
	}
}

// The same seed, scenario and attempt give the same values; another one gives others.
func TestRandomIsSeeded(t *testing.T) {
	values := func(seed uint64, key event.Key, nth int) string {
		env := testEnv()
		env.Seed = seed
		f, err := New().NewLoader(files{"t.lua": `note(random.string(20) .. random.uuid() .. math.random(1000000)) assert(true)`}.read).Load("t.lua", Place{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.Collect(context.Background(), env)
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		return list[0].Run(ctx, ctx, env, key, nth).Notes[0]
	}
	first := values(1, event.Key{Name: "a"}, 1)
	if again := values(1, event.Key{Name: "a"}, 1); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	for what, other := range map[string]string{"seed": values(2, event.Key{Name: "a"}, 1), "name": values(1, event.Key{Name: "b"}, 1), "attempt": values(1, event.Key{Name: "a"}, 2)} {
		if other == first {
			t.Errorf("another %s gives the same", what)
		}
	}
}

func TestUniqueIsUnique(t *testing.T) {
	env := testEnv()
	seen := map[string]bool{}
	for range 3 {
		r := runOne(t, context.Background(), env, `note(unique("a")) note(unique("a")) assert(true)`)
		for _, n := range r.Notes {
			if seen[n] {
				t.Errorf("%s came twice", n)
			}
			seen[n] = true
		}
	}
}

// Errors of loading are values that tell the place.
func TestLoadErrorIsAType(t *testing.T) {
	_, err := New().NewLoader(files{"t.lua": "x = = 1"}.read).Load("t.lua", Place{})
	var le *LoadError
	if !errors.As(err, &le) || len(le.Problems) != 1 || le.Problems[0].Position.Line != 1 || le.Problems[0].Position.Column == 0 {
		t.Errorf("%v", err)
	}
}

// A file with a great many declarations is compiled in pieces, which nobody notices.
func TestManyDeclarations(t *testing.T) {
	var b strings.Builder
	b.WriteString("local shared, count = { n = 7 }, 0\n")
	for i := range 1000 {
		if i == 500 {
			b.WriteString("count = 1\n")
		}
		fmt.Fprintf(&b, "scenario(%q, { tags = { \"t%d\" } }, function() assert.equal(7, shared.n) assert.equal(1, count) error(\"line\") end)\n", fmt.Sprint("s", i), i)
	}
	f, err := New().NewLoader(files{"t.lua": b.String()}.read).Load("t.lua", Place{})
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Target: NoTarget(), Vars: NewVars(), Run: "run", Counter: &atomic.Uint64{}, Keywords: &Keywords{}}
	list, err := f.Collect(context.Background(), env)
	if err != nil || len(list) != 1000 {
		t.Fatalf("%d scenarios, %v", len(list), err)
	}
	for i, d := range list {
		line := i + 2
		if i >= 500 {
			line++
		}
		if d.Name != fmt.Sprint("s", i) || d.Line != line || !slices.Equal(d.Tags, []string{fmt.Sprint("t", i)}) {
			t.Fatalf("%s in line %d with %v; want s%d in line %d", d.Name, d.Line, d.Tags, i, line)
		}
		if i%100 != 99 {
			continue
		}
		r := d.Run(context.Background(), context.Background(), env, event.Key{Name: d.Name}, 1)
		if len(r.Failures) != 1 || r.Failures[0].Message != "line" || r.Failures[0].Position.Line != line {
			t.Errorf("%s: %+v", d.Name, r.Failures)
		}
	}
}

// Files of every size are read whole, and what cannot be read gives an error that says why.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int{0, 1, 2047, 2048, 2049, 4096, 100_000} {
		path := filepath.Join(dir, fmt.Sprint(size))
		want := strings.Repeat("x", size)
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := fileBytes(path); err != nil || string(got) != want {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	if _, err := fileBytes(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := fileBytes(dir); err == nil {
		t.Error("a directory was read")
	}
}
