package scenarios_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// fault is a server with one thing wrong, and the scenario that has to find it.
type fault struct {
	id    string // of the scenario
	name  string // what is wrong
	fault faulty.Fault
	to    string            // the service it is run against: "smtp" by default, "smtps", "submission", "lmtp" or "starttls"
	facts map[string]string // that the scenario needs besides
	level string            // how strong a finding has to be: "failure", "warning" or "note" where it is not as the scenario's level has it
	right bool              // it is no fault, but another way of being right: the scenario passes
	waits bool              // the scenario has to wait for a reply that comes late
}

// quick is how long tests wait for replies that never come.
const quick = 3 * time.Second

// TestMain lets many tests run at once: what they do is wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// suite holds the scenarios of a file against a server that is right, on which each passes, and each of them against faults, every one of which it
// finds. A scenario that no fault makes fail is none. What it skips on the one server it has to pass on another that is right.
func suite(t *testing.T, file string, faults []fault) {
	t.Parallel()
	good := run(t, []string{file}, "", fault{}, nil)
	missing, skipped := map[string]bool{}, map[string]bool{}
	for id, end := range good {
		missing[id] = true
		skipped[id] = end.Outcome == event.Skipped
		if !skipped[id] && !passed(end) {
			t.Errorf("%s: %s on a server without a fault: %s", id, end.Outcome, texts(end))
		}
	}
	tried := map[string]bool{}
	for _, f := range faults {
		once := tried[f.id]
		tried[f.id] = true
		if f.right {
			delete(skipped, f.id)
		} else {
			delete(missing, f.id)
		}
		if good[f.id] == nil {
			t.Errorf("%s: there is no such scenario in %s", f.id, file)
			continue
		}
		t.Run(f.id+"/"+f.name, func(t *testing.T) {
			if testing.Short() && once {
				t.Skip("one fault each, to be short")
			}
			t.Parallel()
			end := run(t, []string{file}, f.id, f, &f.fault)[f.id]
			if end == nil {
				t.Fatal("it did not run")
			}
			switch {
			case f.right && !passed(end):
				t.Errorf("it is right, but: %s: %s", end.Outcome, texts(end))
			case !f.right && !found(end, f.level):
				t.Errorf("not found: %s at level %s: %s", end.Outcome, end.Level, texts(end))
			}
		})
	}
	for id := range missing {
		t.Errorf("%s: no fault is there that it finds", id)
	}
	for id, is := range skipped {
		if is {
			t.Errorf("%s: no server is there that it passes on: %s", id, good[id].Reason)
		}
	}
}

func passed(end *event.ScenarioFinish) bool {
	return end.Outcome == event.Passed && len(end.Warnings) == 0
}

// found tells whether a scenario has told of a fault, as strongly as its level can.
func found(end *event.ScenarioFinish, level string) bool {
	switch {
	case level == "failure":
	case level == "note":
		return end.Outcome == event.Passed && len(end.Notes) > 0
	case level == "warning", end.Level == "should", end.Level == "ops":
		return len(end.Warnings) > 0
	case end.Level == "may":
		return len(end.Notes) > 0
	}
	return end.Outcome == event.Failed
}

func texts(end *event.ScenarioFinish) string {
	var out []string
	for _, p := range append(end.Failures, end.Warnings...) {
		out = append(out, fmt.Sprintf("line %d: %s; want %s; got %s", p.Position.Line, p.Message, p.Want, p.Got))
	}
	return strings.Join(append(append(out, end.Notes...), end.Reason), "\n")
}

// run runs files, or one scenario of them, against a relay.
func run(t *testing.T, paths []string, id string, how fault, f *faulty.Fault) map[string]*event.ScenarioFinish {
	t.Helper()
	rec := &finals{ends: map[string]*event.ScenarioFinish{}}
	all := trial{sink: rec, jobs: 32, paths: paths, how: how, fault: f}
	if id != "" {
		all.selection = &runner.Selection{IDs: []string{id}}
	}
	all.run(t)
	return rec.ends
}

// trial is a run of files against a relay.
type trial struct {
	sink      event.Sink
	jobs      int
	paths     []string
	selection *runner.Selection // nil for all, what may harm included
	how       fault
	fault     *faulty.Fault
}

func (r trial) run(t *testing.T) {
	t.Helper()
	srv, err := faulty.Start(r.fault)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	target := targetOf(t, srv.Facts(), r.how)
	target.Mail = srv.Mailbox
	cfg := &runner.Config{Lang: luaapi.New(), Sink: r.sink, Secrets: &wire.Secrets{}, Targets: []*luaapi.Target{target}, Jobs: r.jobs, RunID: rand.Text()}
	cfg.NoPreflight = r.how.facts["port"] != ""
	if !r.how.waits {
		cfg.Limits.Reply = quick
	}
	files, err := runner.Discover(r.paths, runner.Where{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runner.Load(context.Background(), cfg, files)
	if err != nil {
		t.Fatal(err)
	}
	if r.selection != nil {
		if err := plan.Select(*r.selection, files); err != nil {
			t.Fatal(err)
		}
	}
	runner.Run(context.Background(), cfg, plan)
}

func targetOf(t *testing.T, facts map[string]string, how fault) *luaapi.Target {
	t.Helper()
	scheme, port := "smtp", facts["port"]
	switch how.to {
	case "starttls":
		scheme = "smtp+starttls"
	case "smtps":
		scheme, port = "smtps", facts["smtps_port"]
	case "submission":
		scheme, port = "smtp+starttls", facts["submission_port"]
	case "lmtp":
		scheme, port = "lmtp", facts["lmtp_port"]
	}
	target, err := luaapi.ParseTarget(fmt.Sprintf("%s://127.0.0.1:%s", scheme, port))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range facts {
		switch name {
		case "host", "port", "tls", "protocol":
			continue
		}
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range how.facts {
		if err := target.SetText(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return target
}

// finals keeps what the scenarios ended with, by their ids.
type finals struct {
	mu   sync.Mutex
	ends map[string]*event.ScenarioFinish
}

// Event implements event.Sink.
func (f *finals) Event(e event.Event) {
	if end, ok := e.(*event.ScenarioFinish); ok && end.Final {
		f.mu.Lock()
		f.ends[end.ID] = end
		f.mu.Unlock()
	}
}

// Close implements event.Sink.
func (f *finals) Close() error { return nil }
