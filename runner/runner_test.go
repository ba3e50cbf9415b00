package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	luaapi.SetProcessLimits()
	goleak.VerifyTestMain(m)
}

// record is a sink that keeps everything.
type record struct {
	mu     sync.Mutex
	events []event.Event
}

func (r *record) Event(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *record) Close() error { return nil }

func all[E event.Event](r *record) []E {
	var out []E
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// finals are the outcomes that count, by name.
func (r *record) finals() map[string]event.Outcome {
	out := map[string]event.Outcome{}
	for _, f := range all[*event.ScenarioFinish](r) {
		if f.Final {
			out[f.Name] = f.Outcome
		}
	}
	return out
}

func demoTarget(t *testing.T) *luaapi.Target {
	t.Helper()
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	facts := server.Facts()
	target, err := luaapi.ParseTarget("smtp://" + facts["host"] + ":" + facts["port"])
	if err != nil {
		t.Fatal(err)
	}
	for n, v := range facts {
		if err := target.SetText(n, v); err != nil {
			t.Fatal(err)
		}
	}
	return target
}

// files writes name-content pairs below a new directory.
func files(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		path := filepath.Join(dir, filepath.FromSlash(pairs[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(pairs[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runFiles runs everything below dir.
func runFiles(t *testing.T, ctx context.Context, dir string, cfg *Config) (*Summary, *record) {
	t.Helper()
	rec := &record{}
	cfg.Lang, cfg.Sink = luaapi.New(), rec
	if cfg.Secrets == nil {
		cfg.Secrets = &wire.Secrets{}
	}
	found, err := Discover([]string{dir}, Where{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Load(context.Background(), cfg, found)
	if err != nil {
		t.Fatal(err)
	}
	return Run(ctx, cfg, plan), rec
}

func TestOutcomes(t *testing.T) {
	dir := files(t, "a.lua", `
scenario("passes", function() smtp.session():quit() end)
scenario("fails", function() smtp.session():send("NOOP"):expect(500) end)
scenario("warns", {level="should"}, function() smtp.session():send("NOOP"):expect(500) end)
scenario("may", {level="may"}, function() smtp.session():send("NOOP"):expect(500) end)
scenario("errs", function() error("x") end)
scenario("skips", function() skip("y") end)
scenario("inconclusive", function() inconclusive("greylisting") end)
scenario("known", {known_issue="z"}, function() smtp.session():send("NOOP"):expect(500) end)
scenario("fixed", {known_issue="z"}, function() smtp.session():quit() end)
scenario("known error", {known_issue="z"}, function() error("x") end)
scenario("nothing", function() end)
scenario("needs", {requires={"mailbox"}}, function() end)
scenario("keyword", {requires={"XNOTHERE"}}, function() end)
scenario("without", {requires={"!XNOTHERE", "SIZE", "tls:AUTH PLAIN"}}, function() smtp.session():quit() end)
`, "b.lua", `suite{requires={"nosuchfact"}} scenario("x" .. target.nosuchfact, function() end)`,
		"c.lua", `scenario("x" .. target.nosuchfact, function() end)`)
	sum, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}})
	want := map[string]event.Outcome{"passes": event.Passed, "fails": event.Failed, "warns": event.Warned, "may": event.Passed, "errs": event.Error,
		"skips": event.Skipped, "inconclusive": event.Skipped, "known": event.Known, "fixed": event.Failed, "known error": event.Error, "nothing": event.Error,
		"needs": event.Skipped, "keyword": event.Skipped, "without": event.Passed, "b": event.Skipped, "c": event.Error}
	if got := rec.finals(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if sum.ExitCode != ExitFailed || sum.Counts.Total != len(want) || sum.Counts.Inconclusive != 1 {
		t.Errorf("summary %+v", sum)
	}
}

// TestEventOrder holds the stream against the form that event's package comment promises.
func TestEventOrder(t *testing.T) {
	dir := files(t, "a.lua", `for i = 1, 20 do scenario("s" .. i, function() local c = smtp.session() log("hi") c:quit() end) end`)
	_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}})
	open := map[string]int{}
	for i, e := range rec.events {
		switch e := e.(type) {
		case *event.RunStart:
			if i != 0 {
				t.Errorf("run_start is event %d", i)
			}
		case *event.Plan:
			if i != 1 || len(e.Scenarios) != 20 {
				t.Errorf("plan is event %d with %d scenarios", i, len(e.Scenarios))
			}
		case *event.ScenarioStart:
			open[e.Key.Name] = 0
		case *event.Wire:
			if e.Index != open[e.Key.Name]+1 {
				t.Errorf("%s: wire index %d after %d", e.Key.Name, e.Index, open[e.Key.Name])
			}
			open[e.Key.Name] = e.Index
		case *event.ScenarioFinish:
			if open[e.Key.Name] == 0 {
				t.Errorf("%s finished without a start or a transcript", e.Key.Name)
			}
			delete(open, e.Key.Name)
		case *event.RunFinish:
			if i != len(rec.events)-1 {
				t.Errorf("run_finish is event %d of %d", i, len(rec.events))
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("unfinished: %v", open)
	}
}

// overlap tells of each pair of scenarios whether they ran at the same time, by the order of events.
func overlap(rec *record) map[[2]string]bool {
	out, running := map[[2]string]bool{}, map[string]bool{}
	for _, e := range rec.events {
		switch e := e.(type) {
		case *event.ScenarioStart:
			for other := range running {
				out[[2]string{other, e.Key.Name}] = true
				out[[2]string{e.Key.Name, other}] = true
			}
			running[e.Key.Name] = true
		case *event.ScenarioFinish:
			delete(running, e.Key.Name)
		}
	}
	return out
}

func TestSerialAndLock(t *testing.T) {
	dir := files(t, "a.lua", `
local function body() local c = smtp.session() sleep(0.02) c:quit() end
for i = 1, 6 do scenario("free" .. i, body) end
for i = 1, 3 do scenario("lock" .. i, {lock="L"}, body) end
for i = 1, 2 do scenario("alone" .. i, {serial=true}, body) end
`)
	_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 8})
	together := overlap(rec)
	for pair := range together {
		if strings.HasPrefix(pair[0], "alone") || strings.HasPrefix(pair[0], "lock") && strings.HasPrefix(pair[1], "lock") {
			t.Errorf("%v ran at the same time", pair)
		}
	}
	if len(together) == 0 {
		t.Error("nothing ran at the same time")
	}
	if n := len(rec.finals()); n != 11 {
		t.Errorf("%d of 11 ran", n)
	}
}

func TestMaxConnections(t *testing.T) {
	dir := files(t, "a.lua", `for i = 1, 12 do scenario("s" .. i, function() local c = smtp.session() sleep(0.01) c:quit() end) end`)
	_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 8, MaxConnections: 2})
	running, most := 0, 0
	for _, e := range rec.events {
		switch e.(type) {
		case *event.ScenarioStart:
			running++
		case *event.ScenarioFinish:
			running--
		}
		most = max(most, running)
	}
	if most > 2 {
		t.Errorf("%d at once, want at most 2", most)
	}
}

func TestRetries(t *testing.T) {
	dir := files(t, "a.lua", `
scenario("flaky", {retries=3}, function() smtp.session():quit() assert.greater(tonumber(unique():match("%-(%d+)z$")), 2) end)
scenario("never", {retries=2}, function() fail("no") end)
scenario("default", function() fail("no") end)
scenario("good", {retries=2}, function() assert.is_true(true) end)
`)
	sum, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}, Retries: 1})
	attempts := map[string]int{}
	for _, f := range all[*event.ScenarioFinish](rec) {
		attempts[f.Name] = max(attempts[f.Name], f.Attempt)
		if f.Flaky != (f.Name == "flaky" && f.Outcome == event.Passed) {
			t.Errorf("%s attempt %d: flaky %v", f.Name, f.Attempt, f.Flaky)
		}
	}
	if want := map[string]int{"flaky": 3, "never": 3, "default": 2, "good": 1}; !reflect.DeepEqual(attempts, want) {
		t.Errorf("attempts %v, want %v", attempts, want)
	}
	if sum.Counts.Flaky != 1 || sum.Counts.Passed != 2 || sum.Counts.Failed != 2 || sum.Counts.Total != 4 {
		t.Errorf("counts %+v", sum.Counts)
	}
}

func TestFailFast(t *testing.T) {
	dir := files(t, "a.lua", `for i = 1, 20 do scenario("s" .. i, function() fail("no") end) end`)
	sum, _ := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 1, FailFast: true})
	if sum.Counts.Failed != 1 || sum.Counts.NotRun != 19 {
		t.Errorf("counts %+v", sum.Counts)
	}
	sum, _ = runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 1, MaxFailures: 3})
	if sum.Counts.Failed != 3 || sum.Counts.NotRun != 17 {
		t.Errorf("counts %+v", sum.Counts)
	}
}

func TestInterrupt(t *testing.T) {
	dir := files(t, "a.lua", `
for i = 1, 4 do scenario("s" .. i, function()
  local c = smtp.session()
  cleanup(function() c:send("QUIT"):expect(221) log("cleaned") end)
  c:expect_silence(60)
end) end`)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 2}
	go func() {
		time.Sleep(200 * time.Millisecond) // any moment of the run will do
		cancel()
	}()
	sum, rec := runFiles(t, ctx, dir, cfg)
	if !sum.Interrupted || sum.ExitCode != ExitInterrupted || sum.Counts.Total != 0 || sum.Counts.NotRun != 4 {
		t.Errorf("summary %+v", sum)
	}
	if n := len(all[*event.RunFinish](rec)); n != 1 {
		t.Errorf("%d run_finish", n)
	}
	cleaned := 0
	for _, l := range all[*event.Log](rec) {
		if l.Text == "cleaned" {
			cleaned++
		}
	}
	if started := len(all[*event.ScenarioStart](rec)); cleaned != started {
		t.Errorf("%d of %d scenarios cleaned up", cleaned, started)
	}
}

// TestFloods: what a loop records is bounded, and the outcome is none the less what it would be.
func TestFloods(t *testing.T) {
	dir := files(t, "a.lua", `
scenario("warns", function() assert.is_true(true) for i = 1, 5000 do warn("w" .. i) end end)
scenario("checks", function() for i = 1, 5000 do check("c", function() fail("no") end) end end)
scenario("asserts", function() for i = 1, 30000 do assert.is_true(true) end end)
scenario("known", {known_issue="k", retries=2}, function() assert.is_true(true) end)`)
	_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)}})
	want := map[string]event.Outcome{"warns": event.Warned, "checks": event.Failed, "asserts": event.Passed, "known": event.Failed}
	if got := rec.finals(); !reflect.DeepEqual(got, want) {
		t.Errorf("verdicts %v", got)
	}
	for _, f := range all[*event.ScenarioFinish](rec) {
		if len(f.Failures) > 200 || len(f.Warnings) > 200 || f.Attempt > 1 {
			t.Errorf("%s, attempt %d: %d failures, %d warnings", f.Name, f.Attempt, len(f.Failures), len(f.Warnings))
		}
		if f.Name != "known" && len(f.Notes) != 1 {
			t.Errorf("%s: notes %q, want one of what is left out", f.Name, f.Notes)
		}
	}
	if n := len(all[*event.Expectation](rec)); n > 40000 {
		t.Errorf("%d expectations are in the record", n)
	}
}

// TestInterruptBeforeRetry: what failed and waits for its retry is a failure when the run is interrupted.
func TestInterruptBeforeRetry(t *testing.T) {
	dir := files(t, "a.lua", `
scenario("fails", {retries=2}, function() fail("no") end)
scenario("waits", function() local c = smtp.session() c:expect_silence(60) end)`)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := &Config{Targets: []*luaapi.Target{demoTarget(t)}, Jobs: 2}
	go func() {
		time.Sleep(200 * time.Millisecond) // "fails" is done long before
		cancel()
	}()
	sum, rec := runFiles(t, ctx, dir, cfg)
	if sum.Counts.Failed != 1 || sum.Counts.NotRun != 1 || sum.ExitCode != ExitInterrupted {
		t.Errorf("summary %+v", sum)
	}
	if got := rec.finals(); !reflect.DeepEqual(got, map[string]event.Outcome{"fails": event.Failed}) {
		t.Errorf("verdicts %v", got)
	}
}

func TestPreflight(t *testing.T) {
	dir := files(t, "a.lua", `scenario("a", function() smtp.session():quit() end) scenario("b", function() smtp.session():quit() end)`)
	down, err := luaapi.ParseTarget("smtp://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	sum, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{down}})
	if sum.ExitCode != ExitErrors || sum.Counts.Error != 2 {
		t.Errorf("summary %+v", sum)
	}
	for _, f := range all[*event.ScenarioFinish](rec) {
		if f.Failure == nil || f.Failure.Kind != "refused" {
			t.Errorf("failure %+v", f.Failure)
		}
	}
}

// TestRandomDependsOnSeedAndKey: the same seed gives the same values, whatever else runs beside and in which order.
func TestRandomDependsOnSeedAndKey(t *testing.T) {
	dir := files(t, "a.lua", `for i = 1, 5 do scenario("s" .. i, function() log(random.string(12), math.random(1000)) assert.is_true(true) end) end`)
	target := demoTarget(t)
	values := func(jobs int, seed uint64) map[string]string {
		_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{target}, Jobs: jobs, Seed: seed})
		out := map[string]string{}
		for _, l := range all[*event.Log](rec) {
			out[l.Key.Name] = l.Text
		}
		return out
	}
	one := values(1, 7)
	if again := values(4, 7); !reflect.DeepEqual(one, again) {
		t.Errorf("the same seed gave %v and %v", one, again)
	}
	if other := values(1, 8); reflect.DeepEqual(one, other) {
		t.Error("another seed gave the same values")
	}
	seen := map[string]bool{}
	for _, v := range one {
		seen[v] = true
	}
	if len(seen) != 5 {
		t.Errorf("scenarios share values: %v", one)
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		policy Policy
		sum    Summary
		want   int
	}{
		{Policy{}, Summary{Counts: event.Counts{Total: 2, Passed: 2}}, 0},
		{Policy{}, Summary{Counts: event.Counts{Total: 2, Known: 1, Warned: 1}}, 0},
		{Policy{}, Summary{Counts: event.Counts{Total: 2, Passed: 1, Skipped: 1}}, 0},
		{Policy{}, Summary{Counts: event.Counts{Total: 3, Failed: 1, Error: 2}}, 1},
		{Policy{}, Summary{Counts: event.Counts{Total: 3, Passed: 1, Error: 2}}, 4},
		{Policy{}, Summary{}, 5},
		{Policy{}, Summary{Counts: event.Counts{Total: 3, Skipped: 3}}, 5},
		{Policy{FailOnSkip: true}, Summary{Counts: event.Counts{Total: 3, Skipped: 3}}, 1},
		{Policy{Strict: true}, Summary{Counts: event.Counts{Total: 1, Warned: 1}}, 1},
		{Policy{FailOnFlaky: true}, Summary{Counts: event.Counts{Total: 1, Passed: 1, Flaky: 1}}, 1},
		{Policy{}, Summary{Counts: event.Counts{Total: 1, Failed: 1}, internal: true}, 70},
		{Policy{}, Summary{Counts: event.Counts{Total: 1, Failed: 1}, internal: true, Interrupted: true, signal: func() int { return 143 }}, 143},
	} {
		if got, _ := c.policy.exitCode(&c.sum); got != c.want {
			t.Errorf("%+v with %+v: exit code %d, want %d", c.sum.Counts, c.policy, got, c.want)
		}
	}
}

func TestDiscover(t *testing.T) {
	dir := files(t, "b.lua", "", "a.lua", "", "_h.lua", "", "lib/x.lua", "", "sub/c.lua", "", "_sub/d.lua", "", ".hid/e.lua", "", "smtpspec.lua", "", "n.txt", "")
	paths := func(args ...string) []string {
		for i := range args {
			args[i] = filepath.Join(dir, args[i])
		}
		found, err := Discover(args, Where{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range found {
			rel, _ := filepath.Rel(dir, f.Path)
			out = append(out, filepath.ToSlash(rel))
		}
		return out
	}
	for _, c := range []struct{ args, want []string }{
		{[]string{""}, []string{"a.lua", "b.lua", "sub/c.lua"}},
		{[]string{"b.lua", ""}, []string{"b.lua", "a.lua", "sub/c.lua"}},
		{[]string{"*.lua"}, []string{"a.lua", "b.lua"}},
		{[]string{"**/*.lua"}, []string{"a.lua", "b.lua", "sub/c.lua"}},
		{[]string{"a.lua:7", "a.lua:9"}, []string{"a.lua"}},
	} {
		if got := paths(c.args...); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.args, got, c.want)
		}
	}
	for _, bad := range []string{"nosuch", "_h.lua", "n.txt", "*.xyz", "[", "builtin:core"} {
		arg := filepath.Join(dir, bad)
		if strings.HasPrefix(bad, "builtin") {
			arg = bad
		}
		var pe *PathError
		if _, err := Discover([]string{arg}, Where{}); !errors.As(err, &pe) {
			t.Errorf("%s: error %v, want a PathError", bad, err)
		}
	}
}

func TestTags(t *testing.T) {
	for expr, want := range map[string]bool{
		"tls": true, "slow": false, "not slow": true, "tls and not slow": true, "tls and slow": false, "slow or tls": true,
		"not (tls or slow)": false, "not tls or relay": true, "tls and (slow or relay)": true,
	} {
		e, err := ParseTags(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.match([]string{"tls", "relay"}); got != want {
			t.Errorf("%q is %v", expr, got)
		}
	}
	for _, bad := range []string{"", "and", "tls and", "(tls", "tls)", "tls relay", "not", "or tls"} {
		if _, err := ParseTags(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzTags(f *testing.F) {
	f.Add("tls and not (slow or x)")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := ParseTags(text); err == nil {
			e.match([]string{"tls"})
		}
	})
}

func TestSelect(t *testing.T) {
	dir := files(t, "a.lua", "suite{name='S'}\nscenario('one', {tags={'x'}}, function()\nend)\nscenario('two', function()\nend)\n")
	load := func() (*Plan, []*Found) {
		found, err := Discover([]string{dir}, Where{})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Load(context.Background(), &Config{Lang: luaapi.New(), Secrets: &wire.Secrets{}}, found)
		if err != nil {
			t.Fatal(err)
		}
		return plan, found
	}
	for _, c := range []struct {
		sel  Selection
		line int
		want []string
	}{
		{Selection{}, 0, []string{"one", "two"}},
		{Selection{Grep: regexp.MustCompile("^one$")}, 0, []string{"one"}},
		{Selection{Grep: regexp.MustCompile("S t")}, 0, []string{"two"}},
		{Selection{GrepInvert: regexp.MustCompile("one")}, 0, []string{"two"}},
		{Selection{}, 3, []string{"one"}},
		{Selection{}, 99, []string{"two"}},
		{Selection{Last: true}, 0, nil},
	} {
		plan, found := load()
		if c.line > 0 {
			found[0].Lines = []int{c.line}
		}
		digest := plan.Digest
		if err := plan.Select(c.sel, found); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range plan.Jobs {
			got = append(got, j.Key.Name)
		}
		if !slices.Equal(got, c.want) || plan.Deselected != 2-len(got) || plan.Digest != digest {
			t.Errorf("%+v line %d: %q, %d left out", c.sel, c.line, got, plan.Deselected)
		}
	}
}

func TestRerunLine(t *testing.T) {
	dir := files(t, "a b.lua", "for _, n in ipairs{'x', \"it's\"} do scenario(n, function() assert.is_true(true) end) end")
	_, rec := runFiles(t, context.Background(), dir, &Config{Targets: []*luaapi.Target{demoTarget(t)},
		Rerun: Rerun{Program: "smtpspec", Flags: []string{"--set", "a=b c"}, Target: func(*luaapi.Target) string { return "demo" }}})
	for _, f := range all[*event.ScenarioFinish](rec) {
		if f.Name == "x" {
			continue
		}
		want := `smtpspec run --target demo --set 'a=b c' --grep '^it'\''s$' '` + filepath.Join(dir, "a b.lua") + `:1'`
		if f.Rerun != want {
			t.Errorf("got  %s\nwant %s", f.Rerun, want)
		}
	}
}
