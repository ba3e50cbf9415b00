package runner

import (
	"fmt"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// pending is a job that failed and is tried again after the first pass.
type pending struct {
	job  *Job
	left int // attempts
	last *event.ScenarioFinish
}

// first runs a job for the first time.
func (r *run) first(j *Job) {
	tries := r.cfg.Retries
	if j.Decl.Retries >= 0 {
		tries = j.Decl.Retries
	}
	if f := r.attempt(j, 1, tries == 0); f != nil && !f.Final {
		r.mu.Lock()
		r.retry = append(r.retry, &pending{j, tries, f})
		r.mu.Unlock()
	}
}

// retries tries again what failed, one at a time, so that nothing else is in the way. --fail-fast does not end it: what failed
// once has no verdict yet, and would be lost. An interrupt does, and makes what there is the verdict.
func (r *run) retries() {
	for _, p := range r.retry {
		for nth := 2; !p.last.Final; nth++ {
			p.left--
			f := (*event.ScenarioFinish)(nil)
			if r.soft.Err() == nil {
				f = r.attempt(p.job, nth, p.left == 0)
			}
			if f == nil {
				p.last.Final = true
				r.report(p.last, &luaapi.Result{})
				break
			}
			p.last = f
		}
	}
}

// attempt runs a job once and reports it. An attempt that was interrupted has no verdict, and gives nil.
func (r *run) attempt(j *Job, nth int, last bool) *event.ScenarioFinish {
	start := time.Now()
	r.emit(&event.ScenarioStart{Time: start, Key: j.Key, Attempt: nth, Line: j.Decl.Line, Suite: r.cfg.mask(j.Decl.Suite)})
	result := r.execute(j, nth)
	if result.Interrupted && r.soft.Err() != nil {
		// The scenario counts as not run. Its events are kept all the same.
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range result.Events {
			r.cfg.Sink.Event(e)
		}
		return nil
	}
	passed := worst(result) == event.Passed // also where a known issue makes a failure of that, which no retry changes
	known := r.issue(j, result)
	outcome := verdict(j.Decl, result, known)
	f := r.finishEvent(j, nth, outcome, result)
	f.KnownIssue = known.reason
	f.Final = last || passed || outcome != event.Failed && outcome != event.Error
	f.Flaky = nth > 1 && outcome == event.Passed
	reported := *f // the sinks keep what they are given
	r.report(&reported, result)
	return f
}

func (r *run) execute(j *Job, nth int) *luaapi.Result {
	env := r.cfg.envs[j.Target]
	if j.Withheld != "" {
		return &luaapi.Result{Skipped: true, Reason: j.Withheld}
	}
	if j.Decl.Unresolved != "" {
		return r.cfg.unresolved(j.Decl, env)
	}
	reason, err := j.Decl.Missing(r.soft, env)
	switch {
	case err != nil && r.soft.Err() != nil:
		return &luaapi.Result{Interrupted: true}
	case err != nil:
		return r.cfg.failure(j.Decl, event.Failure{Kind: "requires", Message: err.Error(), Address: env.Target.Address()})
	case reason != "":
		return &luaapi.Result{Skipped: true, Reason: reason}
	}
	if r.cfg.Isolation != nil {
		return r.isolated(j, nth)
	}
	return j.Decl.Run(r.soft, r.hard, env, j.Key, nth)
}

// failure is the result of a scenario that could not be run.
func (cfg *Config) failure(d *luaapi.Declaration, f event.Failure) *luaapi.Result {
	f.Position, f.Source = d.Position(), d.Excerpt()
	luaapi.MaskFailure(cfg.Secrets, &f)
	return &luaapi.Result{Errored: true, Failures: []event.Failure{f}}
}

// unresolved is the result of a file that could not say what it declares, for want of a fact: skipped when the suite says
// that it needs the fact, an error otherwise.
func (cfg *Config) unresolved(d *luaapi.Declaration, env *luaapi.Env) *luaapi.Result {
	if _, ok := env.Target.Get(d.Unresolved); ok {
		return cfg.failure(d, event.Failure{Kind: "lua", Message: "the file did not say what it declares when it was loaded"})
	}
	for _, need := range d.Requires {
		if need == d.Unresolved {
			return &luaapi.Result{Skipped: true, Reason: "needs the fact " + d.Unresolved}
		}
	}
	return cfg.failure(d, event.Failure{Kind: "lua", Message: d.UnresolvedText,
		Hint: "the file needs it to declare its scenarios; requires in suite makes the file skipped where a fact is not set"})
}

func (r *run) finishEvent(j *Job, nth int, outcome event.Outcome, res *luaapi.Result) *event.ScenarioFinish {
	d := j.Decl
	f := &event.ScenarioFinish{Time: time.Now(), Key: j.Key, Attempt: nth, File: j.Key.File, Line: d.Line, Suite: r.cfg.mask(d.Suite), Name: j.Key.Name,
		ID: d.ID, Level: d.Level, Tags: orEmpty(d.Tags), Refs: orEmpty(d.Refs), Target: j.Key.Target, Outcome: outcome, Seconds: res.Seconds,
		Notes: res.Notes, Warnings: res.Warnings, Failures: res.Failures, Rerun: r.cfg.Rerun.line(j)}
	if j.Target != nil {
		f.Address = j.Target.Address()
	}
	if f.Warnings == nil {
		f.Warnings = []event.Failure{}
	}
	if f.Failures == nil {
		f.Failures = []event.Failure{}
	} else {
		f.Failure = &f.Failures[0]
	}
	if outcome == event.Skipped {
		f.Reason, f.Policy = res.Reason, res.Inconclusive
	}
	return f
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// report hands over an attempt whole, and counts it when it is the last one of its scenario.
func (r *run) report(f *event.ScenarioFinish, res *luaapi.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range res.Events {
		r.cfg.Sink.Event(e)
	}
	r.cfg.Sink.Event(f)
	if !f.Final {
		return
	}
	s := &r.summary
	s.count(f)
	s.Ran = append(s.Ran, f.Key)
	if f.Outcome == event.Failed || f.Outcome == event.Error {
		s.Failed = append(s.Failed, f.Key)
		switch n := len(s.Failed); {
		case r.cfg.FailFast:
			s.stopped = "--fail-fast: nothing more was started after a failure"
		case r.cfg.MaxFailures > 0 && n >= r.cfg.MaxFailures:
			s.stopped = fmt.Sprintf("--max-failures: nothing more was started after %d failures", r.cfg.MaxFailures)
		}
	}
}
