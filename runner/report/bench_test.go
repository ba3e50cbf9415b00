package report

import (
	"fmt"
	"io"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Each turn is a run of 1,000 scenarios with 12 wire events, of which one in a hundred fails.
func BenchmarkSinks(b *testing.B) {
	events := bigRun(1000)
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink := f.New(io.Discard, Options{})
				for _, e := range events {
					sink.Event(e)
				}
				if err := sink.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Each turn is one scenario that passed, with 14 wire events and 6 expectations.
func BenchmarkPassed(b *testing.B) {
	r := &recorder{plan: &event.Plan{}}
	s := relayed("dir/file.lua", 10, "refuses to relay for strangers", "A1")
	s.Outcome, s.Failures = event.Passed, nil
	r.start(s)
	for i := range 6 {
		r.add(&event.Expectation{Time: r.now(), Key: s.Key, Attempt: 1, At: 0.0123, What: "expect", OK: true, Want: "250", Got: "250 2.1.5 Ok", Position: at(s.File, i)})
	}
	r.finish(s)
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			sink := f.New(io.Discard, Options{})
			sink.Event(r.plan)
			for b.Loop() {
				for _, e := range r.events {
					sink.Event(e)
				}
			}
		})
	}
}

func bigRun(n int) []event.Event {
	r := &recorder{plan: &event.Plan{}}
	r.add(&event.RunStart{Time: epoch, Targets: []event.Target{{Name: "staging", URL: "smtp://192.0.2.25:25"}}})
	r.add(r.plan)
	for i := range n {
		s := relayed(fmt.Sprintf("dir/file%d.lua", i/10), 10+i, "refuses number "+fmt.Sprint(i), fmt.Sprint(i))
		if i%100 != 0 {
			s.Outcome, s.Failures = event.Passed, nil
		}
		r.run(s)
	}
	r.add(&event.RunFinish{Time: r.now(), Counts: r.counts, Seconds: r.clock.Seconds()})
	return r.events
}

func TestAHundredThousandScenariosStaySmall(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	sink := List(io.Discard, Options{}).(*list)
	r := &recorder{plan: &event.Plan{}}
	for i := range 100_000 {
		s := passed("a.lua", i, fmt.Sprint("number ", i), "staging", 0.001)
		s.wire = []string{"0 1 >  QUIT\r\n"}
		r.events = r.events[:0]
		r.run(s)
		if i == 0 {
			sink.Event(r.plan)
		}
		for _, e := range r.events {
			sink.Event(e)
		}
	}
	if run := sink.run; run.Counts.Passed != 100_000 || len(run.open)+len(run.running)+len(run.earlier) != 0 || len(run.Slowest) > 5 {
		t.Errorf("%+v, %d open, %d running", run.Counts, len(run.open), len(run.running))
	}
}
