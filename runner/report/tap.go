package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// tap writes test points as scenarios finish, numbered in that order. The plan comes first, so that a report that stops
// early has fewer points than it promises.
type tap struct {
	w       io.Writer
	o       Options
	err     error
	run     *Run
	text    text
	headed  bool
	written int  // test points
	bad     bool // one of them makes a harness fail
}

// TAP writes the Test Anything Protocol, version 14. Whatever makes the run fail makes the harness fail: where no test
// point says it, there is a line that bails out.
func TAP(w io.Writer, o Options) event.Sink {
	return &tap{w: w, o: o, run: NewRun(o), text: text{full: o.FullTranscript}}
}

func (t *tap) Event(e event.Event) {
	res := t.run.Event(e)
	if _, isPlan := e.(*event.Plan); isPlan {
		t.head()
	}
	if res != nil {
		t.head()
		t.point(res)
	}
}

func (t *tap) head() {
	if t.headed {
		return
	}
	t.headed = true
	t.text.targets, t.text.repeats = t.run.Targets() > 1, t.run.Repeats()
	t.write("TAP version 14\n1.." + strconv.Itoa(len(t.run.Plan)) + "\n")
}

func (t *tap) write(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, s)
	}
}

func (t *tap) point(res *Result) {
	ok, directive := t.verdict(res)
	line := "ok "
	if !ok {
		line = "not ok "
	}
	t.bad = t.bad || !ok && directive == ""
	t.written++
	line += strconv.Itoa(t.written) + " - " + tapText(t.description(res.Key)) + directive + "\n"
	t.write(line + t.diagnostics(res))
}

// verdict says whether the scenario is ok, and what directive it has.
func (t *tap) verdict(res *Result) (ok bool, directive string) {
	f := res.Finish
	if f == nil {
		return false, ""
	}
	switch f.Outcome {
	case event.Passed:
		return true, ""
	case event.Warned:
		return !t.o.Strict, ""
	case event.Skipped:
		reason := f.Reason
		if f.Policy {
			reason = "inconclusive: " + reason
		}
		return true, tapDirective("SKIP", reason)
	case event.Known:
		return false, tapDirective("TODO", f.KnownIssue)
	}
	return false, ""
}

// description is the name and, so that it is never empty nor ends in what some readers take for the beginning of a
// subtest, the file.
func (t *tap) description(k event.Key) string {
	return strings.TrimSpace(event.Safe(k.Name) + " (" + event.Safe(k.File) + t.text.which(k) + ")")
}

var tapEscapes = strings.NewReplacer(`\`, `\\`, "#", `\#`)

// tapText escapes what is safe already.
func tapText(s string) string { return tapEscapes.Replace(s) }

func tapDirective(word, reason string) string {
	s := " # " + word
	if reason = strings.TrimSpace(event.Safe(reason)); reason != "" {
		s += " " + tapText(reason)
	}
	if strings.HasSuffix(s, "{") {
		s += "." // which some readers take for the beginning of a subtest
	}
	return s
}

// diagnostics are the YAML block of a scenario of which there is something to tell.
func (t *tap) diagnostics(res *Result) string {
	faults := faultsOf(res.Told())
	if len(faults) == 0 && res.Finish != nil && len(res.Finish.Notes) == 0 && !res.Flaky() {
		return ""
	}
	y := &yaml{indent: "  "}
	y.line("---")
	y.text("outcome", t.outcome(res))
	if len(faults) > 0 {
		t.fault(y, faults[0])
		y.list("also", len(faults)-1, func(i int) string {
			f := faults[i+1]
			return joinSome("  ", placeOf(f.Position), event.Safe(f.Level), inShort(f))
		})
	}
	if f := res.Finish; f != nil {
		y.list("notes", len(f.Notes), func(i int) string { return event.Safe(f.Notes[i]) })
		y.plain("seconds", strconv.FormatFloat(f.Seconds, 'f', 3, 64))
	}
	t.record(y, res, faults)
	y.line("...")
	return y.b.String()
}

func (t *tap) outcome(res *Result) string {
	if res.Finish == nil {
		return "did not finish"
	}
	if res.Flaky() {
		return fmt.Sprintf("flaky: passed at attempt %d", res.Finish.Attempt)
	}
	return event.Safe(string(res.Finish.Outcome))
}

func (t *tap) fault(y *yaml, f *event.Failure) {
	y.text("message", inShort(f))
	y.text("kind", event.Safe(f.Kind))
	y.text("level", event.Safe(f.Level))
	y.text("file", event.Safe(f.Position.File))
	if f.Position.Line > 0 {
		y.plain("line", strconv.Itoa(f.Position.Line))
	}
	y.text("step", event.Safe(strings.Join(f.Steps, " › ")))
	y.block("want", t.values(f.Want))
	y.block("got", t.values(f.Got))
	y.block("why", t.values(f.Detail))
	y.block("hint", t.values(f.Hint))
}

func (t *tap) values(s string) []string {
	if s == "" {
		return nil
	}
	return t.text.folded(s)
}

// record is what was said on the wire and how to have it said again.
func (t *tap) record(y *yaml, res *Result, faults []*event.Failure) {
	a := res.Told()
	rows := t.text.transcript(a, faults)
	for i := range rows {
		rows[i] = strings.TrimPrefix(strings.TrimPrefix(rows[i], indent), "   ") // of its place below a headline
	}
	y.literal("transcript", rows)
	if a.Finish != nil {
		y.text("address", event.Safe(a.Finish.Address))
		y.text("rerun", event.Safe(a.Finish.Rerun))
	}
}

// Close adds what was begun and not finished, and bails out where the points before it do not say how the run ended.
func (t *tap) Close() error {
	t.head()
	for _, res := range t.run.Unfinished() {
		t.point(res)
	}
	if reason := t.bailOut(); reason != "" {
		t.write("Bail out! " + tapText(reason) + "\n")
	}
	return t.err
}

func (t *tap) bailOut() string {
	f := t.run.Finish
	reason := strings.Join(verdictOf(t.run), " ")
	switch {
	case f == nil:
		return reason
	case t.written < len(t.run.Plan):
		return firstOf(reason, "the run ended before "+count(int64(len(t.run.Plan)-t.written), "scenario"))
	case f.ExitCode != 0 && (!t.bad || f.ExitCode > 4):
		return firstOf(reason, exitMeaning(f.ExitCode))
	case f.Counts.Total != t.run.Counts.Total:
		return reason
	}
	return ""
}
