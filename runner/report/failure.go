package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

const (
	indent      = "     " // below "FAIL ", so that all of a scenario's text stands under its place
	timeColumn  = 87      // where the time of a headline ends
	afterColumn = 79      // where "after 4 ms" ends
	valueLines  = 24      // of a want or got, before its middle is folded
)

// text renders results as lines of text, the same ones in every format that shows any.
type text struct {
	palette
	full    bool // fold nothing
	rows    bool // fold no rows of transcripts, though bodies and long lines
	width   int  // columns of the terminal, 0: as many as it takes
	targets bool // there are several, so name them
	repeats bool // scenarios run more than once
}

// block tells everything about a scenario that did not simply pass. A blank line ends each part but the last.
func (t text) block(res *Result) []string {
	var parts paragraphs
	parts.add(append([]string{t.headline(res, t.remark(res))}, t.meta(res)...)...)
	a := res.Told()
	faults := faultsOf(a)
	for i, f := range faults {
		if i > 0 {
			parts.add(indent + "also  " + t.bold(placeOf(f.Position)) + prefixed(" · ", event.Safe(f.Level)))
		}
		parts.add(t.excerpt(f)...)
		parts.add(t.verdict(f)...)
	}
	parts.add(t.notes(a.Finish)...)
	parts.add(t.transcript(a, faults)...)
	if a.Finish != nil && a.Finish.Rerun != "" {
		parts.add(indent + "rerun  " + event.Safe(a.Finish.Rerun))
	}
	return parts.lines
}

// Text tells everything about a result, with the whole transcript, for a file.
func Text(res *Result) string {
	return strings.Join(text{full: true}.block(res), "\n") + "\n"
}

type paragraphs struct{ lines []string }

// add sets lines off from what stands before them.
func (p *paragraphs) add(lines ...string) {
	if len(lines) == 0 {
		return
	}
	if len(p.lines) > 0 {
		p.lines = append(p.lines, "")
	}
	p.lines = append(p.lines, lines...)
}

// faultsOf lists the failures of an attempt, then its warnings.
func faultsOf(a *Attempt) []*event.Failure {
	f := a.Finish
	if f == nil {
		return nil
	}
	var out []*event.Failure
	for i := range f.Failures {
		out = append(out, &f.Failures[i])
	}
	if len(out) == 0 && f.Failure != nil {
		out = append(out, f.Failure)
	}
	for i := range f.Warnings {
		out = append(out, &f.Warnings[i])
	}
	return out
}

// headline is the one line that every scenario has: what became of it, where, its name and how long it took.
func (t text) headline(res *Result, remark string) string {
	left := t.word(res) + " " + t.title(res, remark)
	if res.Finish == nil || res.Finish.Outcome == event.Skipped && res.Finish.Seconds == 0 {
		return left
	}
	took := seconds(res.Finish.Seconds)
	if t.width > 0 && columns(left)+2+columns(took) >= t.width {
		return left
	}
	return t.right(left, took, timeColumn)
}

func (t text) title(res *Result, remark string) string {
	where, name := location(res), event.Safe(res.Key.Name)+t.which(res.Key)
	if res.Finish != nil && res.Finish.Outcome == event.Passed && !res.Flaky() {
		where = t.dim(where)
	} else {
		where = t.bold(where)
	}
	return joinSome("  ", where, name, remark)
}

// which tells the runs of one scenario apart, where there are several.
func (t text) which(k event.Key) string {
	s := ""
	if t.targets {
		s = " [" + event.Safe(k.Target) + "]"
	}
	if t.repeats {
		s += " #" + strconv.Itoa(k.Repetition)
	}
	return s
}

// right puts s at the right edge of a line, which gives way where there is no room.
func (t text) right(line, s string, edge int) string {
	if t.width > 0 {
		edge = min(edge, t.width-1)
	}
	gap := max(2, edge-columns(line)-columns(s))
	return line + strings.Repeat(" ", gap) + t.dim(s)
}

func (t text) word(res *Result) string {
	switch {
	case res.Finish == nil:
		return t.red("ERROR")
	case res.Flaky():
		return t.yellow("FLAKY")
	}
	switch res.Finish.Outcome {
	case event.Error:
		return t.red("ERROR")
	case event.Failed:
		return t.red("FAIL")
	case event.Warned:
		return t.yellow("WARN")
	case event.Skipped:
		return t.yellow("SKIP")
	case event.Known:
		return t.yellow("KNOWN")
	case event.Passed:
		return t.green("PASS")
	}
	return event.Safe(string(res.Finish.Outcome))
}

// remark is what a headline says beyond the name.
func (t text) remark(res *Result) string {
	f := res.Finish
	switch {
	case f == nil:
		return "(did not finish)"
	case res.Flaky():
		return fmt.Sprintf("(passed at attempt %d)", f.Attempt)
	case f.Outcome == event.Skipped && f.Policy:
		return "(inconclusive: " + event.Safe(f.Reason) + ")"
	case f.Outcome == event.Skipped:
		return "(" + event.Safe(f.Reason) + ")"
	case f.Outcome == event.Known:
		return "(" + event.Safe(f.KnownIssue) + ")"
	case len(res.Earlier) > 0:
		return fmt.Sprintf("(%d attempts)", len(res.Earlier)+1)
	}
	return ""
}

// meta is the line about what was tested and where: references, level, address.
func (t text) meta(res *Result) []string {
	f := res.Told().Finish
	if f == nil {
		return nil
	}
	level, address := f.Level, f.Address
	if faults := faultsOf(res.Told()); len(faults) > 0 {
		level = firstOf(faults[0].Level, level)
		address = firstOf(faults[0].Address, address)
	}
	line := joinSome(" · ", event.Safe(strings.Join(f.Refs, ", ")), event.Safe(level), event.Safe(address))
	if line == "" {
		return nil
	}
	return []string{indent + t.dim(line)}
}

// excerpt shows the script around the failing line.
func (t text) excerpt(f *event.Failure) []string {
	if len(f.Source) == 0 {
		return nil
	}
	width := len(strconv.Itoa(f.Source[len(f.Source)-1].Line))
	out := make([]string, len(f.Source))
	for i, s := range f.Source {
		code := safeLine(strings.ReplaceAll(strings.TrimRight(s.Text, " \t\r\n"), "\t", "    "), t.full)
		line := fmt.Sprintf("%*d |", width, s.Line)
		if code != "" {
			line += " " + code
		}
		if s.Line == f.Position.Line {
			out[i] = "   " + t.red(">") + " " + line
		} else {
			out[i] = indent + t.dim(line)
		}
	}
	return out
}

// verdict says what is wrong. A broken expectation is told by want and got alone; whatever else happened has a first line
// of its own.
func (t text) verdict(f *event.Failure) []string {
	var out []string
	after := ""
	if f.After != nil {
		after = "after " + elapsed(*f.After)
	}
	if f.Message != "" && (f.Kind != "expectation" || f.Want+f.Got == "") {
		for _, line := range t.folded(f.Message) {
			out = append(out, indent+t.bold(line))
		}
		if f.Got == "" && after != "" {
			out[0], after = t.right(out[0], after, afterColumn), ""
		}
	}
	if f.Helper != nil {
		out = append(out, t.labelled("in", placeOf(*f.Helper), "")...)
	}
	out = append(out, t.labelled("step", strings.Join(f.Steps, " › "), "")...)
	out = append(out, t.labelled("want", f.Want, "")...)
	out = append(out, t.labelled("got", f.Got, after)...)
	out = append(out, t.labelled("why", f.Detail, "")...)
	return append(out, t.labelled("hint", f.Hint, "")...)
}

// notes are the scenario's remarks, and the issue that it is known to fail by.
func (t text) notes(f *event.ScenarioFinish) []string {
	var out []string
	if f == nil {
		return nil
	}
	for _, n := range f.Notes {
		out = append(out, t.labelled("note", n, "")...)
	}
	return out
}

// labelled puts a value beside its label, its further lines below the first.
func (t text) labelled(label, value, after string) []string {
	if value == "" {
		return nil
	}
	out := t.folded(value)
	for i, line := range out {
		if i == 0 {
			line = indent + fmt.Sprintf("%-6s", label) + line
		} else {
			line = indent + "      " + line
		}
		out[i] = strings.TrimRight(line, " ")
	}
	if after != "" {
		out[0] = t.right(out[0], after, afterColumn)
	}
	return out
}

// folded makes text of several lines safe, and leaves out the middle of many.
func (t text) folded(s string) []string {
	lines := splitLines(s)
	out := make([]string, 0, min(len(lines), valueLines))
	for i, line := range lines {
		if !t.full && len(lines) > valueLines && i >= valueLines/2 && i < len(lines)-valueLines/2+1 {
			if i == valueLines/2 {
				out = append(out, "… "+count(int64(len(lines)-valueLines+1), "line"))
			}
			continue
		}
		out = append(out, showTrailingSpace(safeLine(line, t.full)))
	}
	return out
}

// inShort is a failure in one line.
func inShort(f *event.Failure) string {
	if f.Kind != "expectation" && f.Message != "" || f.Want+f.Got == "" {
		return firstLine(f.Message)
	}
	return joinSome(", ", prefixed("want ", firstLine(f.Want)), prefixed("got ", firstLine(f.Got)))
}

func firstLine(s string) string { return safeLine(splitLines(s)[0], false) }

// location is where to look first: the failing line, or else where the scenario is declared.
func location(res *Result) string {
	if faults := faultsOf(res.Told()); len(faults) > 0 && faults[0].Position.File != "" {
		return placeOf(faults[0].Position)
	}
	return place(res.Key.File, res.Line)
}

func placeOf(p event.Position) string { return place(p.File, p.Line) }

func place(file string, line int) string {
	if line == 0 {
		return event.Safe(file)
	}
	return event.Safe(file) + ":" + strconv.Itoa(line)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
