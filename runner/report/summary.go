package report

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

const (
	screens   = 10 // after so many the first failure is far away, and the summary lists them again
	maxAgain  = 50 // of them at most, and of the reasons for skips
	slowBegin = 1  // seconds: scenarios are called slow from here on
)

// header says what runs.
func (t text) header(r *Run) []string {
	var out []string
	s := r.Start
	if s == nil {
		s = &event.RunStart{}
	}
	for _, target := range s.Targets {
		if target.Demo {
			out = append(out, t.yellow(event.Safe(target.Name)+" is the demo server that is built into smtpspec, not a server of yours."))
		}
	}
	what := count(int64(len(r.Plan)), "scenario")
	if len(s.Targets) > 0 {
		what += " against " + targetNames(s.Targets)
	}
	jobs := ""
	switch {
	case s.Jobs == 1:
		jobs = "one at a time"
	case s.Jobs > 1:
		jobs = fmt.Sprintf("%d at a time", s.Jobs)
	}
	line := joinSome(", ", what, jobs, prefixed("seed ", event.Safe(s.Seed)), prefixed("shard ", event.Safe(s.Shard)),
		prefixed("configuration ", event.Safe(s.Config)))
	if r.Deselected > 0 {
		line += fmt.Sprintf(" (%s not selected)", thousands(int64(r.Deselected)))
	}
	if s.Tool != "" {
		line = "smtpspec " + event.Safe(s.Tool) + ": " + line
	}
	return append(out, line)
}

func targetNames(targets []event.Target) string {
	var names []string
	for i, target := range targets {
		name := event.Safe(target.Name)
		if target.URL != target.Name && target.URL != "" {
			name += " (" + event.Safe(target.URL) + ")"
		}
		if i == maxPlaces {
			return strings.Join(names, ", ") + " and " + count(int64(len(targets)-i), "other")
		}
		names = append(names, name)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

// summary ends the list. Its last lines are what the run comes to, for that is where everybody looks.
func (l *list) summary() {
	long := l.wentFar()
	for _, res := range l.run.Unfinished() {
		l.line(res, l.text.remark(res))
	}
	l.causes(long)
	l.skips()
	l.slowest()
	l.console.gap()
	l.totals()
}

// wentFar reports whether the failures have left the screen long ago.
func (l *list) wentFar() bool {
	_, rows := l.o.size()
	return l.console.lines > screens*rows
}

// causes lists what went wrong: all of it again after many screens, else only what more than one scenario suffered from.
func (l *list) causes(again bool) {
	n, heading := 0, "one cause, several scenarios"
	if again {
		heading = "what went wrong, in short"
	}
	for _, g := range l.groups.order {
		if !again && g.count == 1 {
			continue
		}
		if n++; n > maxAgain {
			continue
		}
		if n == 1 {
			l.console.gap()
			l.console.println(l.text.bold(heading))
		}
		// Set in, so that a search for lines that begin with FAIL finds each scenario once.
		l.console.println("  " + g.word + " " + l.text.bold(g.first) + "  " + g.name)
		if again && g.short != "" {
			l.console.println("  " + indent + g.short)
		}
		if g.count > 1 {
			l.console.println("  " + indent + g.sameWay())
		}
	}
	if n > maxAgain {
		l.console.println("  … " + thousands(int64(n-maxAgain)) + " more")
	}
}

// skips counts the skipped scenarios by their reason, for a skip is a test that did not happen.
func (l *list) skips() {
	l.console.gap()
	for i, s := range l.run.Skips {
		if i == maxAgain {
			l.console.println("… " + count(int64(len(l.run.Skips)-i), "more reason"))
			break
		}
		word := "skipped"
		if s.Inconclusive {
			word = "inconclusive"
		}
		line := l.text.yellow(fmt.Sprintf("%d %s", s.Count, word)) + ": " + firstOf(event.Safe(s.Reason), "no reason given")
		if !l.each {
			line += " (" + named(s.Places, s.Count) + ")"
		}
		l.console.println(line)
	}
}

func (l *list) slowest() {
	slow := l.run.Slowest
	if len(slow) == 0 || l.run.Counts.Total <= len(slow) || slow[0].Seconds <= slowBegin {
		return
	}
	l.console.gap()
	l.console.println(l.text.bold("slowest"))
	for _, f := range slow {
		if f.Seconds < slow[0].Seconds/10 {
			break
		}
		took := l.text.dim(fmt.Sprintf("%10s", seconds(f.Seconds)))
		l.console.println(took + "  " + place(f.File, f.Line) + "  " + event.Safe(f.Name) + l.text.which(f.Key))
	}
}

func (l *list) totals() {
	r := l.run
	c := r.Counts
	c.NotRun = r.NotRun() + len(r.Unfinished())
	line := firstOf(l.text.counts(c), "nothing was run")
	if r.Finish != nil {
		line += l.text.dim("  in " + duration(r.Finish.Seconds))
	}
	l.console.println(line)
	for _, line := range verdictOf(r) {
		l.console.println(line)
	}
}

// verdictOf explains the end of a run as far as the counts do not.
func verdictOf(r *Run) []string {
	f := r.Finish
	if f == nil {
		return []string{"The run did not come to its end: these events have no run_finish."}
	}
	var out []string
	reason := event.Safe(f.Reason)
	if f.Interrupted && !strings.Contains(reason, "interrupted") {
		reason = joinSome(": ", "interrupted", reason)
	}
	if f.ExitCode > 1 {
		reason = fmt.Sprintf("exit code %d: %s", f.ExitCode, firstOf(reason, exitMeaning(f.ExitCode)))
	}
	if reason != "" {
		out = append(out, reason)
	}
	if lost := f.Counts.Total - r.Counts.Total; lost != 0 {
		out = append(out, fmt.Sprintf("The run counted %s, but these events have %d: the report is not complete.",
			count(int64(f.Counts.Total), "scenario"), r.Counts.Total))
	}
	return out
}

func exitMeaning(code int) string {
	switch code {
	case 2:
		return "the command line or the configuration is wrong"
	case 3:
		return "a scenario file does not load, so nothing was run"
	case 4:
		return "only errors: a script is at fault, or something that it needs, or the target cannot be reached"
	case 5:
		return "nothing was tested"
	case 6:
		return "events are missing"
	case 70:
		return "a bug in smtpspec"
	case 130, 143:
		return "interrupted"
	}
	return "see smtpspec help"
}
