package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// runOf records a run of these scenes against one target.
func runOf(finish event.RunFinish, scenes ...*scene) []event.Event {
	r := &recorder{plan: &event.Plan{Time: epoch}}
	r.add(&event.RunStart{Time: epoch, V: 1, Tool: "0.1.0", Jobs: 1, Targets: []event.Target{{Name: "staging", URL: "smtp://192.0.2.25:25"}}})
	r.add(r.plan)
	r.run(scenes...)
	finish.Time, finish.Counts, finish.Seconds = r.now(), r.counts, r.clock.Seconds()
	r.add(&finish)
	return r.events
}

// many makes n failures of one cause after as many passes.
func many(n int) []*scene {
	var out []*scene
	for i := range n {
		out = append(out, passed(fmt.Sprintf("good%d.lua", i), 1, "works", "staging", 0.001))
	}
	for i := range n {
		f := event.Failure{Kind: "expectation", Level: "must", Want: "250", Got: fmt.Sprintf("421 4.7.0 too many, id %dX", i), Position: at(fmt.Sprintf("bad%d.lua", i), 3)}
		out = append(out, &scene{ScenarioFinish: event.ScenarioFinish{File: f.Position.File, Line: 1, Name: "works", Outcome: event.Failed, Failures: []event.Failure{f}}})
	}
	return out
}

func TestOneCauseIsToldOnceHoweverManySuffer(t *testing.T) {
	got := feed(t, "list", Options{}, runOf(event.RunFinish{ExitCode: 1}, many(300)...))
	if n := strings.Count(got, "     want  250\n"); n != 1 {
		t.Errorf("the cause is told %d times", n)
	}
	if n := strings.Count(got, "(same as bad0.lua:3)"); n != 299 {
		t.Errorf("%d of the other 299 have a line", n)
	}
	if strings.Contains(got, "PASS") {
		t.Error("passed scenarios are listed in a run of 600")
	}
	for _, want := range []string{
		"299 more failed the same way: bad1.lua:3, bad2.lua:3, bad3.lua:3, bad4.lua:3, bad5.lua:3 and 294 others\n",
		"\n300 passed, 300 failed  in 0.3s\n",
		"against staging (smtp://192.0.2.25:25), one at a time\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, tail(got))
		}
	}
	if got := feed(t, "list", Options{Verbose: true}, runOf(event.RunFinish{ExitCode: 1}, many(300)...)); strings.Count(got, "     want  250\n") != 300 {
		t.Error("with Verbose every failure is told in full")
	}
}

func tail(s string) string { return s[max(0, len(s)-1000):] }

func TestTheEndOfARunIsExplained(t *testing.T) {
	skipped := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Line: 1, Name: "a", Outcome: event.Skipped, Reason: "needs fact user"}}
	for _, c := range []struct {
		finish event.RunFinish
		want   string
	}{
		{event.RunFinish{}, "\n\n1 skipped  in 0.0s\n"},
		{event.RunFinish{ExitCode: 5}, "exit code 5: nothing was tested\n"},
		{event.RunFinish{ExitCode: 5, Reason: "every scenario was skipped"}, "exit code 5: every scenario was skipped\n"},
		{event.RunFinish{ExitCode: 1, Reason: "1 skipped, and --fail-on-skip"}, "in 0.0s\n1 skipped, and --fail-on-skip\n"},
		{event.RunFinish{ExitCode: 143, Interrupted: true, Reason: "SIGTERM"}, "exit code 143: interrupted: SIGTERM\n"},
	} {
		if got := feed(t, "list", Options{}, runOf(c.finish, skipped)); !strings.HasSuffix(got, c.want) {
			t.Errorf("%+v ends\n%s\nwant %q", c.finish, tail(got), c.want)
		}
	}
}

func TestAStreamThatIsNotWholeSaysSo(t *testing.T) {
	events := runOf(event.RunFinish{}, passed("a.lua", 1, "a", "staging", 0.001), passed("b.lua", 1, "b", "staging", 0.001))
	cut := feed(t, "list", Options{}, events[:len(events)-2])
	for _, want := range []string{"ERROR b.lua:1  b  (did not finish)\n", "1 passed, 1 not run\n", "did not come to its end"} {
		if !strings.Contains(cut, want) {
			t.Errorf("no %q in\n%s", want, cut)
		}
	}
	lost := append(events[:len(events)-2:len(events)-2], events[len(events)-1])
	if got := feed(t, "list", Options{}, lost); !strings.Contains(got, "The run counted 2 scenarios, but these events have 1") {
		t.Error(got)
	}
	if got := feed(t, "list", Options{}, nil); !strings.Contains(got, "nothing was run") {
		t.Error(got)
	}
}

func TestListGivesBackTheFirstWriteError(t *testing.T) {
	for _, format := range []string{"list", "dot", "jsonl", "junit", "tap", "github"} {
		w := &failing{left: 1}
		if format == "junit" || format == "github" || format == "jsonl" { // which may write once
			w.left = 0
		}
		sink, err := New(format, w, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range recorded(t) {
			sink.Event(e)
		}
		if err := sink.Close(); !errors.Is(err, errFull) {
			t.Errorf("%s: Close gives %v", format, err)
		}
		if w.after > 0 {
			t.Errorf("%s writes on after an error", format)
		}
	}
}

var errFull = errors.New("the disk is full")

type failing struct{ left, after int }

func (f *failing) Write(b []byte) (int, error) {
	if f.left--; f.left < -1 {
		f.after++
	}
	if f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// counting counts writes.
type counting struct {
	mu     sync.Mutex
	text   []byte
	writes int
}

func (c *counting) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	c.text = append(c.text, b...)
	return len(b), nil
}

func (c *counting) sofar() (text []byte, writes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text, c.writes
}

// What happened is there a moment later, but for the transcript of what still runs, in few writes.
func TestJSONLWritesAMomentLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w counting
		sink := JSONL(&w, Options{})
		events := recorded(t)
		for i, e := range events {
			_, before := w.sofar()
			sink.Event(e)
			if i%2 == 0 {
				continue
			}
			time.Sleep(writeDelay)
			synctest.Wait()
			text, writes := w.sofar()
			if writes > before+1 {
				t.Fatalf("%d writes at once", writes-before)
			}
			switch e.(type) {
			case *event.Wire, *event.Log, *event.Expectation:
			default:
				if !bytes.Contains(text, []byte(e.Kind())) || text[len(text)-1] != '\n' {
					t.Fatalf("a %s event is held back", e.Kind())
				}
			}
		}
		err := sink.Close()
		if text, _ := w.sofar(); err != nil || bytes.Count(text, []byte("\n")) != len(events) {
			t.Errorf("%d events, %d lines, %v", len(events), bytes.Count(text, []byte("\n")), err)
		}
	})
}

func TestUnknownFormat(t *testing.T) {
	for name, want := range map[string]string{
		"junti": `unknown report format "junti"; did you mean "junit"?`,
		"json":  `unknown report format "json"; did you mean "jsonl"?`,
		"LIST":  `unknown report format "LIST"; did you mean "list"?`,
		"sarif": `unknown report format "sarif"; there are list, dot, jsonl, junit, tap, github, matrix`,
	} {
		if _, err := New(name, nil, Options{}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestRunKeepsTranscriptsOnlyOfWhatWentWrong(t *testing.T) {
	run := NewRun(Options{Slowest: 2})
	for _, e := range recorded(t) {
		res := run.Event(e)
		if res == nil {
			continue
		}
		if f := res.Finish; (f.Outcome == event.Passed || f.Outcome == event.Skipped) && len(res.Wires)+len(res.Logs) > 0 {
			t.Errorf("%s passed, and its transcript is kept", f.Name)
		}
	}
	if len(run.Slowest) != 2 || run.Slowest[0].Seconds < run.Slowest[1].Seconds {
		t.Errorf("the slowest are %v", run.Slowest)
	}
	if run.NotRun() != 1 || len(run.Unfinished()) != 1 || len(run.open) != 1 || len(run.earlier) != 0 {
		t.Errorf("not run %d, unfinished %d, open %d, earlier %d", run.NotRun(), len(run.Unfinished()), len(run.open), len(run.earlier))
	}
}
