package report

import (
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

func TestNormalise(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"250 2.1.5 Ok, queued as 4F3A1", "250 2.1.5 Ok, queued as #"},
		{"550 5.1.1 <u-ab12@example.net>: Recipient unknown", "550 5.1.1 #: Recipient unknown"},
		{"554 5.7.1 [192.0.2.7] is listed", "554 5.7.1 # is listed"},
		{"421-4.7.0 Too many", "421-4.7.0 Too many"},
	} {
		if got := normalise(c.in); got != c.want {
			t.Errorf("normalise(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSignatureTellsCausesApart(t *testing.T) {
	type s = event.ScenarioFinish
	one := func(f event.Failure, finish s) *Result {
		finish.Failures = []event.Failure{f}
		if finish.Outcome == "" {
			finish.Outcome = event.Failed
		}
		return &Result{Attempt: &Attempt{Finish: &finish}}
	}
	expect := func(want, got, file string, line int) event.Failure {
		return event.Failure{Kind: "expectation", Level: "must", Want: want, Got: got, Position: at(file, line)}
	}
	relay, vrfy := s{Refs: []string{"RFC 5321 3.6.2"}}, s{Refs: []string{"RFC 5321 3.5"}}
	for _, c := range []struct {
		name string
		a, b *Result
		same bool
	}{
		{"another queue id", one(expect("5xx", "250 Ok 1A", "a", 1), relay), one(expect("5xx", "250 Ok 2B", "b", 9), relay), true},
		{"another requirement", one(expect("5xx", "250 Ok", "a", 1), relay), one(expect("5xx", "250 Ok", "b", 9), vrfy), false},
		{"no references, another line", one(expect("5xx", "250 Ok", "a", 1), s{}), one(expect("5xx", "250 Ok", "a", 2), s{}), false},
		{"the server refuses everything", one(expect("250", "421 4.7.0 too many from 192.0.2.1", "a", 1), relay),
			one(expect("221", "421 4.7.0 too many from 192.0.2.9", "b", 9), vrfy), true},
		{"another target", one(expect("250", "421 no", "a", 1), s{Target: "x"}), one(expect("250", "421 no", "a", 1), s{Target: "y"}), false},
		{"a warning is no failure", one(expect("250", "421 no", "a", 1), s{}), one(expect("250", "421 no", "a", 1), s{Outcome: event.Warned}), false},
		{"one target is down", one(event.Failure{Kind: "refused", Position: at("a", 1)}, s{Outcome: event.Error, Address: "h:25"}),
			one(event.Failure{Kind: "refused", Position: at("b", 2)}, s{Outcome: event.Error, Address: "h:25", Refs: []string{"x"}}), true},
		{"one is down, one is slow", one(event.Failure{Kind: "refused"}, s{Outcome: event.Error, Address: "h:25"}),
			one(event.Failure{Kind: "timeout"}, s{Outcome: event.Error, Address: "h:25"}), false},
		{"the same helper breaks", one(event.Failure{Kind: "lua", Message: "x", Helper: &event.Position{File: "h", Line: 1}, Position: at("a", 1)}, s{}),
			one(event.Failure{Kind: "lua", Message: "x", Helper: &event.Position{File: "h", Line: 1}, Position: at("b", 1)}, s{}), true},
	} {
		if same := signature(c.a) == signature(c.b); same != c.same {
			t.Errorf("%s: same is %v, want %v", c.name, same, c.same)
		}
	}
}
