package report

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// regionRows is how many of the running scenarios a terminal shows.
const regionRows = 4

// region is what a terminal shows while the run goes on: the scenarios that run for longest, and how far the run is. Each
// line is shorter than the terminal is wide, for one that wraps could not be erased.
func (l *list) region(width, height int) []string {
	running := l.run.Running()
	if !l.headed || l.run.Finish != nil {
		return nil
	}
	n := min(len(running), regionRows, max(0, height/3-2))
	if n == regionRows && len(running) > n {
		n--
	}
	var out []string
	if !l.console.blank {
		out = append(out, "")
	}
	for _, a := range running[:n] {
		out = append(out, l.text.dim(clip(l.runs(a), width-1)))
	}
	if more := len(running) - n; more > 0 && n > 0 {
		out = append(out, l.text.dim(clip(fmt.Sprintf("         … %d more", more), width-1)))
	}
	return append(out, l.status(width))
}

// runs is the line of a scenario that is under way.
func (l *list) runs(a *Attempt) string {
	took := ""
	if !a.Started.IsZero() {
		took = duration(max(0, l.o.now().Sub(a.Started).Seconds()))
	}
	line := fmt.Sprintf("%7s  %s  %s%s", took, place(a.Key.File, a.Line), event.Safe(a.Key.Name), l.text.which(a.Key))
	if a.Number > 1 {
		line += fmt.Sprintf(" (attempt %d)", a.Number)
	}
	return line
}

// status is the last line: done and planned, what became of it, and the time that the rest should take.
func (l *list) status(width int) string {
	done, all := l.run.Counts.Total, len(l.run.Plan)
	lead := fmt.Sprintf("%d/%d", done, all)
	var parts []string
	if n := len(l.run.Running()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d running", n))
	}
	if left := l.left(done, all); left != "" {
		parts = append(parts, left)
	}
	words := l.text.counts(l.run.Counts)
	line := joinSome(" · ", append([]string{lead, words}, parts...)...)
	if columns(line) < width {
		return line
	}
	plain := text{}
	return clip(joinSome(" · ", lead, plain.counts(l.run.Counts), strings.Join(parts, " · ")), width-1)
}

// left estimates the time that the run still takes. A run's first seconds say little about it.
func (l *list) left(done, all int) string {
	spent := l.o.now().Sub(l.began).Seconds()
	if done == 0 || done >= all || spent < 2 {
		return ""
	}
	return "about " + duration(spent/float64(done)*float64(all-done)) + " left"
}

// counts names the outcomes that there are.
func (t text) counts(c event.Counts) string {
	passed := ""
	if c.Passed > 0 {
		passed = t.green(fmt.Sprintf("%d passed", c.Passed))
		if c.Flaky > 0 {
			passed += " " + t.yellow(fmt.Sprintf("(%d flaky)", c.Flaky))
		}
	}
	skipped := numbered(c.Skipped, "skipped")
	if c.Inconclusive > 0 {
		skipped += fmt.Sprintf(" (%d inconclusive)", c.Inconclusive)
	}
	errors := ""
	if c.Error > 0 {
		errors = count(int64(c.Error), "error")
	}
	return joinSome(", ", passed, t.red(numbered(c.Failed, "failed")), t.red(errors),
		t.yellow(numbered(c.Warned, "warned")), t.yellow(numbered(c.Known, "known")), t.yellow(skipped),
		t.red(numbered(c.NotRun, "not run")))
}

func numbered(n int, word string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, word)
}
