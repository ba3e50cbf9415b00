package runner

import (
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Exit codes; docs/reports.md explains them.
const (
	ExitPassed      = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitLoad        = 3
	ExitErrors      = 4
	ExitNothing     = 5
	ExitIncomplete  = 6
	ExitInternal    = 70
	ExitInterrupted = 130
	ExitTerminated  = 143
)

// Policy is what fails a run besides failures.
type Policy struct {
	Strict      bool // warnings
	FailOnSkip  bool
	FailOnFlaky bool
}

// verdict is the one place where what a scenario recorded becomes its outcome: the worst that happened, then what its
// known_issue makes of it.
func verdict(d *luaapi.Declaration, r *luaapi.Result, known issue) event.Outcome {
	outcome := worst(r)
	if known.reason == "" {
		return outcome
	}
	switch outcome {
	case event.Failed, event.Warned:
		return event.Known
	case event.Passed:
		at := d.Position()
		r.Failures = append(r.Failures, event.Failure{Kind: "known-issue", Level: d.Level, Position: at,
			Message: "it passed, though it is a known issue: fixed? remove " + known.where, Want: "a failure: " + known.reason, Got: "a pass"})
		return event.Failed
	}
	return outcome
}

func worst(r *luaapi.Result) event.Outcome {
	switch {
	case r.Errored:
		return event.Error
	case r.Failed:
		return event.Failed
	case len(r.Warnings) > 0:
		return event.Warned
	case r.Skipped:
		return event.Skipped
	}
	return event.Passed
}

// exitCode is the run's verdict.
func (p Policy) exitCode(s *Summary) (code int, reason string) {
	c := s.Counts
	switch {
	case s.Interrupted:
		return s.signal(), "the run was interrupted"
	case s.internal:
		return ExitInternal, "smtpspec itself went wrong"
	case c.Failed > 0 && s.stopped != "":
		return ExitFailed, s.stopped
	case c.Failed > 0:
		return ExitFailed, ""
	case p.Strict && c.Warned > 0:
		return ExitFailed, "--strict: warnings fail the run"
	case p.FailOnSkip && c.Skipped > 0:
		return ExitFailed, "--fail-on-skip: skipped scenarios fail the run"
	case p.FailOnFlaky && c.Flaky > 0:
		return ExitFailed, "--fail-on-flaky: flaky scenarios fail the run"
	case c.Error > 0:
		return ExitErrors, "no scenario failed, but some could not be run to their end"
	case c.Total == 0:
		return ExitNothing, "nothing was selected: no scenario ran"
	case c.Skipped == c.Total:
		return ExitNothing, "every scenario was skipped: nothing was tested"
	}
	return ExitPassed, ""
}
