package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

// merge tells recordings as one run, one after the other, and judges them anew: what a run_finish says is compared with
// what the events come to, and never believed alone.
type merge struct {
	e      *env
	all    []*recording
	sink   event.Sink
	total  runner.Recount
	wrong  []string // why the whole is not complete
	lied   []string // recorded exit codes that the events do not come to
	lowest int      // an exit code that the whole is not better than
}

// newMerge refuses recordings that cannot be parts of one run.
func newMerge(e *env, all []*recording) (*merge, error) {
	m := &merge{e: e, all: all}
	owner := map[event.Key]*recording{}
	for _, r := range all {
		if r.plan == nil {
			continue
		}
		for _, p := range r.plan.Scenarios {
			if other := owner[p.Key]; other != nil && other != r {
				return nil, usage("write a report of each by itself", "%s and %s both have %s %q on %s: they are no parts of one run, but runs of the same",
					other.name, r.name, event.Safe(p.Key.File), p.Key.Name, event.Safe(p.Key.Target))
			}
			owner[p.Key] = r
		}
	}
	missing, err := missingShards(all)
	if missing != "" {
		m.wrong = append(m.wrong, missing)
	}
	return m, err
}

// missingShards names the shards that there are none of, of every plan that was cut into some.
func missingShards(all []*recording) (string, error) {
	type cut struct {
		digest string
		of     int
	}
	have := map[cut]map[int]bool{}
	var order []cut
	for _, r := range all {
		if r.start == nil || r.start.Shard == "" {
			continue
		}
		var i, n int
		if _, err := fmt.Sscanf(r.start.Shard, "%d/%d", &i, &n); err != nil || i < 1 || i > n || n > 1<<20 {
			return "", usage("", "%s: its shard %q is not a number of a number, as 1/3", r.name, r.start.Shard)
		}
		c := cut{r.start.PlanDigest, n}
		if have[c] == nil {
			have[c] = map[int]bool{}
			order = append(order, c)
		}
		have[c][i] = true
	}
	var missing []string
	for _, c := range order {
		for i := 1; i <= c.of; i++ {
			if !have[c][i] {
				missing = append(missing, fmt.Sprintf("%d/%d", i, c.of))
			}
		}
	}
	switch {
	case len(missing) == 0:
		return "", nil
	case len(order) > 1:
		return "shards of different plans, missing " + strings.Join(missing, ", "), nil
	}
	return "missing shard " + strings.Join(missing, ", "), nil
}

// strict tells whether warnings fail the run, or one of the runs.
func (m *merge) strict(flag bool) bool {
	for _, r := range m.all {
		flag = flag || r.own.Policy.Strict
	}
	return flag
}

// run hands over all events as those of one run, and returns the exit code.
func (m *merge) run() int {
	if start := m.start(); start != nil {
		m.hand(start)
	}
	if plan := m.plan(); plan != nil {
		m.hand(plan)
	}
	for _, r := range m.all {
		m.read(r)
	}
	finish := m.finish()
	for _, text := range append(m.wrong, m.lied...) {
		m.e.errorf("", "%s", text)
	}
	if finish == nil {
		return runner.Worse(m.total.Summary().ExitCode, runner.ExitIncomplete)
	}
	m.sink.Event(finish)
	return finish.ExitCode
}

func (m *merge) hand(e event.Event) {
	m.total.Event(e)
	m.sink.Event(e)
}

// read hands over what comes after the plan. The finish waits for those of the others.
func (m *merge) read(r *recording) {
	if r.short {
		m.wrong = append(m.wrong, r.problem(event.ErrIncomplete))
		return
	}
	for {
		e, err := r.events.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			m.wrong = append(m.wrong, r.problem(err))
			break
		}
		r.own.Event(e)
		if f, ok := e.(*event.RunFinish); ok {
			r.finish = f
			m.total.Event(f)
			continue
		}
		m.hand(e)
	}
	if r.finish != nil {
		m.audit(r)
	}
}

// audit compares what a run said at its end with what its events come to.
func (m *merge) audit(r *recording) {
	sum := r.own.Summary()
	if said := r.finish.Counts; said != sum.Counts {
		m.wrong = append(m.wrong, fmt.Sprintf("%s: its run_finish counts %s, %d of them passed, and its events %s, %d of them passed",
			r.name, count(said.Total, "scenario"), said.Passed, count(sum.Counts.Total, "scenario"), sum.Counts.Passed))
		return
	}
	if c := sum.Counts; c.NotRun > 0 && c.Failed+c.Error == 0 && !r.finish.Interrupted {
		m.wrong = append(m.wrong, fmt.Sprintf("%s: planned and not run without a reason: %s", r.name, count(c.NotRun, "scenario")))
	}
	if r.finish.ExitCode != sum.ExitCode {
		m.lied = append(m.lied, fmt.Sprintf("%s: its run_finish has the exit code %d, and its events come to %d", r.name, r.finish.ExitCode, sum.ExitCode))
		m.lowest = runner.Worse(m.lowest, r.finish.ExitCode)
	}
}

// common is the value that all have, or none.
func common[T comparable](m *merge, of func(*event.RunStart) T) T {
	var one, none T
	for i, r := range m.started() {
		switch {
		case i == 0:
			one = of(r.start)
		case of(r.start) != one:
			return none
		}
	}
	return one
}

func (m *merge) started() []*recording {
	return slices.DeleteFunc(slices.Clone(m.all), func(r *recording) bool { return r.start == nil })
}

// start is the run_start of all. Of a single recording it is its own.
func (m *merge) start() *event.RunStart {
	runs := m.started()
	if len(runs) == 0 {
		return nil
	}
	if len(m.all) == 1 {
		return runs[0].start
	}
	s := &event.RunStart{
		Time: runs[0].start.Time, V: event.Version,
		Run:        common(m, func(s *event.RunStart) string { return s.Run }),
		Tool:       common(m, func(s *event.RunStart) string { return s.Tool }),
		Seed:       common(m, func(s *event.RunStart) string { return s.Seed }),
		PlanDigest: common(m, func(s *event.RunStart) string { return s.PlanDigest }),
		Config:     common(m, func(s *event.RunStart) string { return s.Config }),
		Host:       common(m, func(s *event.RunStart) string { return s.Host }),
		Jobs:       common(m, func(s *event.RunStart) int { return s.Jobs }),
	}
	for _, r := range runs {
		if r.start.Time.Before(s.Time) {
			s.Time = r.start.Time
		}
		for _, t := range r.start.Targets {
			if !slices.ContainsFunc(s.Targets, func(o event.Target) bool { return o.Name == t.Name }) {
				s.Targets = append(s.Targets, t)
			}
		}
		for _, f := range r.start.FailOn {
			if !slices.Contains(s.FailOn, f) {
				s.FailOn = append(s.FailOn, f)
			}
		}
	}
	return s
}

// plan is what all meant to run. The shards of one plan have left out the same scenarios.
func (m *merge) plan() *event.Plan {
	var out *event.Plan
	sharded := map[string]bool{}
	for _, r := range m.all {
		if r.plan == nil {
			continue
		}
		if out == nil {
			out = &event.Plan{Time: r.plan.Time, Scenarios: []event.Planned{}}
		}
		out.Scenarios = append(out.Scenarios, r.plan.Scenarios...)
		if r.start.Shard == "" || !sharded[r.start.PlanDigest] {
			out.Deselected += r.plan.Deselected
		}
		sharded[r.start.PlanDigest] = sharded[r.start.PlanDigest] || r.start.Shard != ""
	}
	return out
}

// finish is the run_finish of all; nil while one is not complete.
func (m *merge) finish() *event.RunFinish {
	sum := m.total.Summary()
	f := &event.RunFinish{ExitCode: sum.ExitCode, Reason: sum.Reason}
	for _, r := range m.all {
		if r.finish == nil {
			return nil
		}
		if f.Time.Before(r.finish.Time) {
			f.Time = r.finish.Time
		}
		f.Seconds += r.finish.Seconds
		f.Interrupted = f.Interrupted || r.finish.Interrupted
		f.Counts = plus(f.Counts, r.finish.Counts)
	}
	if len(m.all) == 1 && f.ExitCode == m.all[0].finish.ExitCode {
		f.Reason = m.all[0].finish.Reason
	}
	problems := m.lied
	if len(m.wrong) > 0 {
		m.lowest, problems = runner.Worse(m.lowest, runner.ExitIncomplete), m.wrong
	}
	if code := runner.Worse(f.ExitCode, m.lowest); code != f.ExitCode {
		f.ExitCode, f.Reason = code, cmp.Or(strings.Join(problems, "; "), f.Reason)
	}
	return f
}

func plus(a, b event.Counts) event.Counts {
	return event.Counts{Total: a.Total + b.Total, Passed: a.Passed + b.Passed, Failed: a.Failed + b.Failed, Warned: a.Warned + b.Warned,
		Skipped: a.Skipped + b.Skipped, Known: a.Known + b.Known, Error: a.Error + b.Error, Flaky: a.Flaky + b.Flaky,
		Inconclusive: a.Inconclusive + b.Inconclusive, NotRun: a.NotRun + b.NotRun}
}
