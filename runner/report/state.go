package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Attempt is one go at a scenario.
type Attempt struct {
	Key     event.Key
	Number  int // from 1
	Line    int // where the scenario is declared
	Started time.Time
	Wires   []*event.Wire         // kept where they may be shown, see Run
	Logs    []*event.Log          // kept with them
	Finish  *event.ScenarioFinish // nil: it never came to an end
}

// Result is what became of a scenario: the attempt that counts, and those before it, which all failed.
type Result struct {
	*Attempt
	Earlier []*Attempt
}

// Flaky reports whether the scenario passed after it had failed.
func (r *Result) Flaky() bool {
	return r.Finish != nil && r.Finish.Outcome == event.Passed && (r.Finish.Flaky || len(r.Earlier) > 0)
}

// Told is the attempt whose transcript is worth telling: for a flaky scenario the first that failed, else the last.
func (r *Result) Told() *Attempt {
	if r.Flaky() && len(r.Earlier) > 0 {
		return r.Earlier[0]
	}
	return r.Attempt
}

// Skip is a reason why scenarios were skipped, and which.
type Skip struct {
	Reason       string
	Inconclusive bool
	Count        int
	Places       []string // the first few
}

// Run is the fold of a stream of events. It keeps no result: whoever needs one later takes it from Event. Transcripts are
// kept until the scenario is finished, and with the result unless it passed or was skipped, so a run of 100,000
// scenarios fits.
type Run struct {
	Start      *event.RunStart  // nil before it came
	Finish     *event.RunFinish // nil while the run goes on, or for ever when the stream is cut short
	Plan       []event.Planned
	Deselected int
	Counts     event.Counts // of the final results so far; NotRun is in the Finish alone
	Skips      []*Skip      // in the order of their first
	Slowest    []*event.ScenarioFinish

	skips   map[string]*Skip
	keepAll bool
	slowest int
	running []*Attempt // in the order of their start
	open    map[attemptID]*Attempt
	last    *Attempt // the events of an attempt mostly come together
	earlier map[event.Key][]*Attempt
}

type attemptID struct {
	key    event.Key
	number int
}

// NewRun makes the fold before the first event.
func NewRun(o Options) *Run {
	return &Run{
		keepAll: o.Verbose,
		slowest: o.slowest(),
		skips:   map[string]*Skip{},
		open:    map[attemptID]*Attempt{},
		earlier: map[event.Key][]*Attempt{},
	}
}

// Event adds an event. For the finish that decides about a scenario it returns the result, for all others nil.
func (r *Run) Event(e event.Event) *Result {
	switch e := e.(type) {
	case *event.RunStart:
		r.Start = e
	case *event.Plan:
		r.Plan = append(r.Plan, e.Scenarios...)
		r.Deselected += e.Deselected
	case *event.ScenarioStart:
		a := r.attempt(e.Key, e.Attempt)
		a.Line, a.Started = e.Line, e.Time
	case *event.Wire:
		a := r.attempt(e.Key, e.Attempt)
		a.Wires = append(a.Wires, e)
	case *event.Log:
		a := r.attempt(e.Key, e.Attempt)
		a.Logs = append(a.Logs, e)
	case *event.ScenarioFinish:
		return r.finish(e)
	case *event.RunFinish:
		r.Finish = e
	}
	return nil
}

func (r *Run) attempt(key event.Key, number int) *Attempt {
	if r.last != nil && r.last.Number == number && r.last.Key == key {
		return r.last
	}
	id := attemptID{key, number}
	a := r.open[id]
	if a == nil {
		a = &Attempt{Key: key, Number: number}
		r.open[id] = a
		r.running = append(r.running, a)
	}
	r.last = a
	return a
}

func (r *Run) finish(f *event.ScenarioFinish) *Result {
	a := r.settled(f)
	if a == nil {
		a = r.attempt(f.Key, f.Attempt)
	}
	delete(r.open, attemptID{f.Key, f.Attempt})
	r.last = nil
	if i := slices.Index(r.running, a); i >= 0 {
		r.running = slices.Delete(r.running, i, i+1)
	}
	a.Finish, a.Line = f, f.Line
	if !r.keepAll && (f.Outcome == event.Passed || f.Outcome == event.Skipped) {
		a.Wires, a.Logs = nil, nil
	}
	if !f.Final {
		r.earlier[f.Key] = append(r.earlier[f.Key], a)
		return nil
	}
	res := &Result{Attempt: a, Earlier: r.earlier[f.Key]}
	delete(r.earlier, f.Key)
	r.Counts.Count(f)
	r.skip(f)
	r.rank(f)
	return res
}

// settled is the attempt of a finish that repeats an earlier one, to say that no further attempt comes and it is final.
func (r *Run) settled(f *event.ScenarioFinish) *Attempt {
	list := r.earlier[f.Key]
	n := len(list)
	if n == 0 || !f.Final || list[n-1].Number != f.Attempt {
		return nil
	}
	r.earlier[f.Key] = list[:n-1]
	return list[n-1]
}

// skip counts a skip with others of its reason. Where the server's words are the reason they may differ each time.
func (r *Run) skip(f *event.ScenarioFinish) {
	if f.Outcome != event.Skipped {
		return
	}
	id := "skip " + f.Reason
	if f.Policy {
		id = "inconclusive " + normalise(f.Reason)
	}
	s := r.skips[id]
	if s == nil {
		s = &Skip{Reason: f.Reason, Inconclusive: f.Policy}
		r.skips[id] = s
		r.Skips = append(r.Skips, s)
	}
	s.Count++
	if len(s.Places) < maxPlaces {
		s.Places = append(s.Places, place(f.File, f.Line))
	}
}

// rank keeps Slowest sorted and short.
func (r *Run) rank(f *event.ScenarioFinish) {
	n := len(r.Slowest)
	if r.slowest == 0 || n == r.slowest && f.Seconds <= r.Slowest[n-1].Seconds {
		return
	}
	i, _ := slices.BinarySearchFunc(r.Slowest, f.Seconds, func(a *event.ScenarioFinish, s float64) int {
		if a.Seconds >= s {
			return -1
		}
		return 1
	})
	r.Slowest = slices.Insert(r.Slowest, i, f)
	r.Slowest = r.Slowest[:min(len(r.Slowest), r.slowest)]
}

// Running lists the attempts under way, the oldest first.
func (r *Run) Running() []*Attempt { return r.running }

// Unfinished are the scenarios that were begun and did not come to a final result: what was running, and what would have
// been tried again. After the last event they are what an interruption cost.
func (r *Run) Unfinished() []*Result {
	var out []*Result
	seen := map[event.Key]bool{}
	for _, a := range r.running {
		seen[a.Key] = true
		out = append(out, &Result{Attempt: a, Earlier: r.earlier[a.Key]})
	}
	begun := len(out)
	for key, tries := range r.earlier {
		if !seen[key] {
			next := &Attempt{Key: key, Number: len(tries) + 1, Line: tries[0].Line}
			out = append(out, &Result{Attempt: next, Earlier: tries})
		}
	}
	slices.SortFunc(out[begun:], func(a, b *Result) int { return compareKeys(a.Key, b.Key) })
	return out
}

func compareKeys(a, b event.Key) int {
	return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Name, b.Name),
		strings.Compare(a.Target, b.Target), a.Repetition-b.Repetition)
}

// NotRun is the number of planned scenarios that were never begun.
func (r *Run) NotRun() int {
	return max(0, len(r.Plan)-r.Counts.Total-len(r.Unfinished()))
}

// Repeats reports whether scenarios run more than once, so that the number of the repetition tells something.
func (r *Run) Repeats() bool {
	return slices.ContainsFunc(r.Plan, func(p event.Planned) bool { return p.Key.Repetition > 1 })
}

// Targets is the number of targets of the run.
func (r *Run) Targets() int {
	if r.Start == nil {
		return 0
	}
	return len(r.Start.Targets)
}
