// Package scripttest runs scenario files that tests made, against servers of the tests' own.
package scripttest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Check loads a scenario file and lints it, as smtpspec check does, and returns what it finds.
func Check(t testing.TB, source string) []luaapi.Problem {
	t.Helper()
	path := save(t, source)
	dir := filepath.Dir(path)
	f, err := luaapi.New().NewLoader(nil).Load(path, luaapi.Place{RequireRoot: dir, ReadRoot: dir})
	if err != nil {
		t.Fatalf("the file does not load: %v\n%s", err, source)
	}
	return f.Lint()
}

func save(t testing.TB, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Target makes a target of a URL and facts.
func Target(t testing.TB, url string, facts map[string]string) *luaapi.Target {
	t.Helper()
	target, err := luaapi.ParseTarget(url)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range facts {
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return target
}

// Result is what became of a scenario.
type Result struct {
	Outcome event.Outcome
	Text    string // of its failures, warnings and the reason of a skip
}

// Run runs a scenario file, and returns the results by the scenarios' names.
func Run(t testing.TB, source string, target *luaapi.Target, limits luaapi.Limits) map[string]Result {
	t.Helper()
	secrets := &wire.Secrets{}
	target.AddSecrets(secrets)
	rec := &finals{results: map[string]Result{}}
	cfg := &runner.Config{Lang: luaapi.New(), Sink: rec, Secrets: secrets, Targets: []*luaapi.Target{target}, Limits: limits}
	found, err := runner.Discover([]string{save(t, source)}, runner.Where{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runner.Load(context.Background(), cfg, found)
	if err != nil {
		t.Fatalf("the file does not load: %v\n%s", err, source)
	}
	runner.Run(context.Background(), cfg, plan)
	return rec.results
}

// finals keeps what the scenarios ended with.
type finals struct {
	mu      sync.Mutex
	results map[string]Result
}

// Event implements event.Sink.
func (f *finals) Event(e event.Event) {
	end, ok := e.(*event.ScenarioFinish)
	if !ok || !end.Final {
		return
	}
	var texts []string
	for _, p := range append(end.Failures, end.Warnings...) {
		texts = append(texts, strings.Join([]string{p.Message, "want " + p.Want, "got " + p.Got, fmt.Sprintf("line %d", p.Position.Line)}, "; "))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results[end.Name] = Result{end.Outcome, strings.Join(append(texts, end.Reason), "\n")}
}

// Close implements event.Sink.
func (f *finals) Close() error { return nil }
