package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// The recorded run has one of everything that can become of a scenario. It is made here, in a form that can be read and
// changed, and kept as testdata/run.jsonl, which is what the formats are fed with.

var epoch = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

type scene struct {
	event.ScenarioFinish
	wire    []string // "0.002 1 <  250 Ok\r\n": time, connection, mark, text; a "b" after the mark: of a body
	logs    []string // "0.002 log text"
	omitted int64    // of the last body event
}

type recorder struct {
	events []event.Event
	clock  time.Duration
	plan   *event.Plan
	counts event.Counts
}

func (r *recorder) now() time.Time { return epoch.Add(r.clock) }

func (r *recorder) add(e event.Event) { r.events = append(r.events, e) }

// start hands over the start of an attempt; r.plan has every first one.
func (r *recorder) start(s *scene) {
	r.fill(s)
	if s.Attempt == 1 {
		r.plan.Scenarios = append(r.plan.Scenarios, event.Planned{Key: s.Key, Line: s.Line, ID: s.ID})
	}
	r.add(&event.ScenarioStart{Time: r.now(), Key: s.Key, Attempt: s.Attempt, Line: s.Line, Suite: s.Suite})
}

func (r *recorder) fill(s *scene) {
	if s.Target == "" {
		s.Target = "staging"
	}
	if s.Attempt == 0 {
		s.Attempt, s.Final = 1, true
	}
	if s.Address == "" {
		s.Address = map[string]string{"staging": "192.0.2.25:25", "demo": "127.0.0.1:2525"}[s.Target]
	}
	if s.Level == "" {
		s.Level = "must"
	}
	s.Key = event.Key{File: s.File, Name: s.Name, Target: s.Target, Repetition: 1}
	if s.Outcome != event.Skipped && s.Outcome != event.Passed {
		s.Rerun = fmt.Sprintf("smtpspec run --config smtpspec.lua --target %s %s:%d", s.Target, s.File, s.Line)
	}
	if len(s.Failures) > 0 {
		s.Failure = &s.Failures[0]
	}
}

func (r *recorder) finish(s *scene) {
	r.clock += time.Duration(s.Seconds * float64(time.Second))
	for i, w := range s.wire {
		var at float64
		var conn int
		var mark string
		head, text, _ := strings.Cut(w, "  ")
		if _, err := fmt.Sscan(head, &at, &conn, &mark); err != nil {
			panic(w)
		}
		e := &event.Wire{Time: r.now(), Key: s.Key, Attempt: s.Attempt, Index: i + 1, At: at, Conn: conn, Role: "client",
			Dir: map[byte]string{'>': event.Out, '<': event.In, '*': event.Info}[mark[0]], Data: []byte(text)}
		if e.Body = len(mark) > 1; e.Body && s.omitted > 0 {
			e.Omitted, e.SHA256, s.omitted = s.omitted, strings.Repeat("5a", 32), 0
		}
		r.add(e)
	}
	for _, l := range s.logs {
		f := strings.SplitN(l, " ", 3)
		var at float64
		fmt.Sscan(f[0], &at)
		r.add(&event.Log{Time: r.now(), Key: s.Key, Attempt: s.Attempt, At: at, Level: f[1], Text: f[2],
			Position: event.Position{File: s.File, Line: s.Line + 1}})
	}
	f := s.ScenarioFinish
	f.Time = r.now()
	r.add(&f)
	if f.Final {
		r.counts.Count(&f)
	}
}

// run records scenarios side by side: all start before the first one ends.
func (r *recorder) run(scenes ...*scene) {
	for _, s := range scenes {
		r.start(s)
	}
	for _, s := range scenes {
		r.finish(s)
	}
}

func recordedRun() []event.Event {
	r := &recorder{plan: &event.Plan{Time: epoch, Deselected: 3}}
	r.add(&event.RunStart{Time: epoch, V: event.Version, Run: "20260309-100000-5f3a", Tool: "0.1.0", Seed: "5f3a",
		PlanDigest: strings.Repeat("0f", 32), Config: "smtpspec.lua", Host: "ci-7", Jobs: 4,
		Targets: []event.Target{
			{Name: "demo", URL: "smtp://127.0.0.1:2525", Demo: true, Facts: map[string]any{"relay_domain": "example.net"}},
			{Name: "staging", URL: "smtp+starttls://mx.staging.example:25",
				Facts: map[string]any{"relay_domain": "example.net", "port": 25.0, "tls_verify": true}},
		}})
	r.add(r.plan)
	r.run(goodScenes()...)
	r.run(relayScenes()...)
	r.run(connectionScenes()...)
	r.run(scriptScenes()...)
	r.run(softScenes()...)
	r.run(hostileScenes()...)
	for _, s := range retryScenes() {
		r.run(s)
	}
	cut := &scene{ScenarioFinish: event.ScenarioFinish{File: "scenarios/slow.lua", Line: 20, Name: "never came to its end"}}
	r.start(cut)
	r.run(interruptedScene())
	never := &scene{ScenarioFinish: event.ScenarioFinish{File: "scenarios/slow.lua", Line: 30, Name: "was never begun"}}
	r.fill(never)
	r.plan.Scenarios = append(r.plan.Scenarios, event.Planned{Key: never.Key, Line: never.Line})
	r.counts.NotRun = 2
	r.add(&event.RunFinish{Time: r.now(), Counts: r.counts, ExitCode: 130, Seconds: r.clock.Seconds(), Interrupted: true})
	return r.events
}

// recorded reads the stream that the goldens are made of.
func recorded(t testing.TB) []event.Event {
	t.Helper()
	b, err := os.ReadFile("testdata/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []event.Event
	for r := event.NewReader(bytes.NewReader(b)); ; {
		e, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
}

func at(file string, line int) event.Position { return event.Position{File: file, Line: line} }

func after(s float64) *float64 { return &s }

// source makes the lines around a failure, of which the first has the number given.
func source(first int, lines ...string) []event.SourceLine {
	var out []event.SourceLine
	for i, l := range lines {
		out = append(out, event.SourceLine{Line: first + i, Text: l})
	}
	return out
}

// FuzzReports feeds every format with streams that others wrote, or cut.
func FuzzReports(f *testing.F) {
	var small []byte
	for _, e := range runOf(event.RunFinish{ExitCode: 1}, twoConnections(), passed("a.lua", 1, "a", "staging", 1)) {
		var err error
		if small, err = event.AppendJSON(small, e); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, stream []byte) {
		var events []event.Event
		for r := event.NewReader(bytes.NewReader(stream)); ; {
			e, err := r.Next()
			if err != nil {
				break
			}
			events = append(events, e)
		}
		for _, format := range Formats() {
			got := feed(t, format.Name, Options{GitHub: GitHubStep{Summary: (&stepFile{}).open}}, events)
			if i := strings.IndexFunc(got, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 && format.Name != "jsonl" {
				t.Errorf("%s writes %q", format.Name, got[i])
			}
		}
	})
}
