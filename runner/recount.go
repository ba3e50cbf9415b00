package runner

import (
	"cmp"
	"slices"

	"github.com/smtpspec/smtpspec/runner/event"
)

// count adds what a verdict depends on.
func (s *Summary) count(f *event.ScenarioFinish) {
	s.Counts.Count(f)
	for _, fail := range f.Failures {
		s.internal = s.internal || fail.Kind == "internal"
	}
}

// Names in run_start's fail_on.
const (
	failOnWarned  = "warned"
	failOnSkipped = "skipped"
	failOnFlaky   = "flaky"
)

func (p Policy) failOn() []string {
	var out []string
	for _, f := range []struct {
		on   bool
		name string
	}{{p.Strict, failOnWarned}, {p.FailOnSkip, failOnSkipped}, {p.FailOnFlaky, failOnFlaky}} {
		if f.on {
			out = append(out, f.name)
		}
	}
	return out
}

// Recount judges recorded events as Run judges its own: those of one run, or of several as one.
type Recount struct {
	Policy  Policy // what the runs themselves failed on is added
	summary Summary
	planned int
	code    int // of the signal that ended one
}

// Event takes the next event.
func (r *Recount) Event(e event.Event) {
	s := &r.summary
	switch e := e.(type) {
	case *event.RunStart:
		r.Policy.Strict = r.Policy.Strict || slices.Contains(e.FailOn, failOnWarned)
		r.Policy.FailOnSkip = r.Policy.FailOnSkip || slices.Contains(e.FailOn, failOnSkipped)
		r.Policy.FailOnFlaky = r.Policy.FailOnFlaky || slices.Contains(e.FailOn, failOnFlaky)
	case *event.Plan:
		r.planned += len(e.Scenarios)
	case *event.ScenarioFinish:
		if e.Final {
			s.count(e)
		}
	case *event.RunFinish:
		s.Interrupted = s.Interrupted || e.Interrupted
		if e.Interrupted && (e.ExitCode == ExitInterrupted || e.ExitCode == ExitTerminated) {
			r.code = max(r.code, e.ExitCode)
		}
		if e.Counts.NotRun > 0 && !e.Interrupted {
			s.stopped = e.Reason
		}
	}
}

// Summary is the verdict on the events so far.
func (r *Recount) Summary() *Summary {
	s := r.summary
	s.Counts.NotRun = r.planned - s.Counts.Total
	s.signal = func() int { return cmp.Or(r.code, ExitInterrupted) }
	s.ExitCode, s.Reason = r.Policy.exitCode(&s)
	return &s
}

// precedence has the exit codes that a run may end with, what counts most first.
var precedence = []int{ExitTerminated, ExitInterrupted, ExitInternal, ExitUsage, ExitLoad, ExitIncomplete, ExitFailed, ExitErrors, ExitNothing, ExitPassed}

// Worse is the one of two exit codes that counts. One that is none of ours, such as 256, which a shell takes for 0, says
// that the stream is not what it should be.
func Worse(a, b int) int {
	rank := func(code int) int {
		if i := slices.Index(precedence, code); i >= 0 {
			return i
		}
		return slices.Index(precedence, ExitIncomplete)
	}
	return precedence[min(rank(a), rank(b))]
}
