package runner

import (
	"reflect"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// A recorded run gets the verdict that it had, from its events alone.
func TestRecount(t *testing.T) {
	finish := func(o event.Outcome, kind string) event.Event {
		f := &event.ScenarioFinish{Final: true, Outcome: o}
		if kind != "" {
			f.Failures = []event.Failure{{Kind: kind}}
		}
		return f
	}
	passed, failed := finish(event.Passed, ""), finish(event.Failed, "expectation")
	flaky := &event.ScenarioFinish{Final: true, Outcome: event.Passed, Flaky: true}
	plan := &event.Plan{Scenarios: make([]event.Planned, 2)}
	for _, c := range []struct {
		policy Policy
		events []event.Event
		code   int
		reason string
	}{
		{Policy{}, []event.Event{plan, passed, passed}, 0, ""},
		{Policy{}, []event.Event{plan, passed, failed}, 1, ""},
		{Policy{}, []event.Event{plan, passed, &event.ScenarioFinish{Outcome: event.Failed}, flaky}, 0, ""},
		{Policy{}, []event.Event{plan, passed, finish(event.Warned, "")}, 0, ""},
		{Policy{Strict: true}, []event.Event{plan, passed, finish(event.Warned, "")}, 1, "--strict: warnings fail the run"},
		{Policy{FailOnSkip: true}, []event.Event{plan, passed, finish(event.Skipped, "")}, 1, "--fail-on-skip: skipped scenarios fail the run"},
		{Policy{FailOnFlaky: true}, []event.Event{plan, passed, flaky}, 1, "--fail-on-flaky: flaky scenarios fail the run"},
		{Policy{}, []event.Event{plan, passed, finish(event.Error, "lua")}, 4, "no scenario failed, but some could not be run to their end"},
		{Policy{}, []event.Event{plan, passed, finish(event.Error, "internal")}, 70, "smtpspec itself went wrong"},
		{Policy{}, []event.Event{plan, failed, &event.RunFinish{Counts: event.Counts{NotRun: 1}, Reason: "--fail-fast"}}, 1, "--fail-fast"},
		{Policy{}, []event.Event{plan, failed, &event.RunFinish{Interrupted: true, ExitCode: 143}}, 143, "the run was interrupted"},
		{Policy{}, []event.Event{plan, failed, &event.RunFinish{Interrupted: true}}, 130, "the run was interrupted"},
	} {
		r := &Recount{}
		r.Event(&event.RunStart{FailOn: c.policy.failOn()})
		for _, e := range c.events {
			r.Event(e)
		}
		if s := r.Summary(); s.ExitCode != c.code || s.Reason != c.reason || !reflect.DeepEqual(r.Policy, c.policy) {
			t.Errorf("%+v: exit code %d, %q, want %d, %q", c.policy, s.ExitCode, s.Reason, c.code, c.reason)
		}
	}
}

func TestWorse(t *testing.T) {
	for _, c := range [][3]int{{0, 1, 1}, {1, 0, 1}, {1, 4, 1}, {4, 5, 4}, {6, 1, 6}, {70, 1, 70}, {130, 70, 130}, {0, 0, 0}, {0, 256, 6}, {-1, 1, 6}, {9, 70, 70}} {
		if got := Worse(c[0], c[1]); got != c[2] {
			t.Errorf("Worse(%d, %d) = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
