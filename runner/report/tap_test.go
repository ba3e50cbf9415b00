package report

import (
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Whatever a name is, its test point is one line that ends in the file.
func TestTAPTestPoints(t *testing.T) {
	for _, c := range []struct {
		outcome            event.Outcome
		name, reason, want string
	}{
		{event.Passed, "plain", "", `ok 1 - plain (a.lua)`},
		{event.Passed, "", "", `ok 1 - (a.lua)`},
		{event.Passed, "7 bit", "", `ok 1 - 7 bit (a.lua)`},
		{event.Passed, "a # SKIP b", "", `ok 1 - a \# SKIP b (a.lua)`},
		{event.Passed, `a \# TODO b\`, "", `ok 1 - a \\\# TODO b\\ (a.lua)`},
		{event.Passed, "a\nnot ok 2\r", "", `ok 1 - a\\nnot ok 2\\r (a.lua)`},
		{event.Passed, "opens {", "", `ok 1 - opens { (a.lua)`},
		{event.Passed, "📧 Grüße \xff\x1b", "", `ok 1 - 📧 Grüße \\xff\\x1b (a.lua)`},
		{event.Skipped, "a", "needs # fact {", `ok 1 - a (a.lua) # SKIP needs \# fact {.`},
		{event.Skipped, "a", "", `ok 1 - a (a.lua) # SKIP`},
		{event.Known, "a", "bug #12\n", `not ok 1 - a (a.lua) # TODO bug \#12\\n`},
		{event.Warned, "a", "", `ok 1 - a (a.lua)`},
		{event.Failed, "a", "", `not ok 1 - a (a.lua)`},
		{event.Error, "a", "", `not ok 1 - a (a.lua)`},
	} {
		s := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Name: c.name, Outcome: c.outcome, Reason: c.reason, KnownIssue: c.reason}}
		got := feed(t, "tap", Options{}, runOf(event.RunFinish{}, s))
		if lines := strings.Split(got, "\n"); lines[0] != "TAP version 14" || lines[1] != "1..1" || lines[2] != c.want {
			t.Errorf("%q\ngives %s\nwant  %s", c.name, got, c.want)
		}
	}
}

// A harness that knows test points alone fails wherever the run does.
func TestTAPBailsOutWhereNoPointTells(t *testing.T) {
	failed := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Name: "a", Outcome: event.Failed}}
	skipped := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Name: "a", Outcome: event.Skipped}}
	good := func() *scene { return passed("a.lua", 1, "a", "staging", 0) }
	for _, c := range []struct {
		finish event.RunFinish
		scene  *scene
		want   string // "": it does not bail out
	}{
		{event.RunFinish{}, good(), ""},
		{event.RunFinish{ExitCode: 1}, failed, ""},
		{event.RunFinish{ExitCode: 1, Reason: "--fail-on-skip: #1"}, skipped, `--fail-on-skip: \#1`},
		{event.RunFinish{ExitCode: 5}, skipped, "exit code 5: nothing was tested"},
		{event.RunFinish{ExitCode: 6}, failed, "exit code 6: events are missing"},
		{event.RunFinish{ExitCode: 130, Interrupted: true}, failed, "exit code 130: interrupted"},
	} {
		got := feed(t, "tap", Options{}, runOf(c.finish, c.scene))
		_, bail, _ := strings.Cut(got, "Bail out! ")
		if bail = strings.TrimSuffix(bail, "\n"); bail != c.want {
			t.Errorf("%+v: %q, want %q in\n%s", c.finish, bail, c.want, got)
		}
	}
	for _, events := range [][]event.Event{nil, recorded(t)[:100], runOf(event.RunFinish{})[:2]} {
		if got := feed(t, "tap", Options{}, events); !regexp.MustCompile(`(?m)^Bail out! .*no run_finish\.\n\z`).MatchString(got) {
			t.Errorf("an incomplete stream does not bail out:\n%s", tail(got))
		}
	}
	stopped := runOf(event.RunFinish{ExitCode: 1, Reason: "--fail-fast"}, failed)
	stopped[1].(*event.Plan).Scenarios = append(stopped[1].(*event.Plan).Scenarios, event.Planned{Key: event.Key{Name: "never"}})
	if got := feed(t, "tap", Options{}, stopped); !strings.Contains(got, "\n1..2\n") || !strings.HasSuffix(got, "Bail out! --fail-fast\n") {
		t.Error(got)
	}
}

// The block of a failure is YAML whatever stands in it: nothing but spaces indents it, no line of it is a mark of the
// block's end, and its strings are closed.
func TestTAPDiagnosticsAreYAML(t *testing.T) {
	nasty := "  lead\n\ttab\n...\n---\n\"quote\" \\ 'x'\n: - # |\n" + hostile + "\n\xff\n\n  "
	f := event.Failure{Kind: nasty, Level: nasty, Message: nasty, Want: nasty, Got: nasty, Detail: nasty, Hint: nasty, Steps: []string{nasty},
		Position: event.Position{File: nasty, Line: 3}}
	s := &scene{wire: []string{"0.001 1 <  " + nasty}, logs: []string{"0.002 log " + nasty},
		ScenarioFinish: event.ScenarioFinish{File: nasty, Name: nasty, Outcome: event.Failed, Notes: []string{nasty}, Failures: []event.Failure{f, f}}}
	got := feed(t, "tap", Options{}, runOf(event.RunFinish{ExitCode: 1}, s))
	quoted := regexp.MustCompile(`^(?:[a-z]+: |  - )"(?:[^"\\]|\\["\\])*"$`)
	plain := regexp.MustCompile(`^(?:[a-z]+: (?:[0-9.]+|\|2?)|[a-z]+:)$`)
	lines := strings.Split(got, "\n")
	if len(lines) < 30 || lines[3] != "  ---" || lines[len(lines)-2] != "  ..." {
		t.Fatal(got)
	}
	literal := false
	for _, line := range lines[4 : len(lines)-2] {
		body := strings.TrimPrefix(line, "  ")
		if literal = literal && (strings.HasPrefix(body, "  ") || body == ""); literal {
			continue
		}
		if body == line || !quoted.MatchString(body) && !plain.MatchString(body) {
			t.Errorf("no YAML: %q", line)
		}
		literal = strings.HasSuffix(body, ": |2") || strings.HasSuffix(body, ": |")
	}
	if i := strings.IndexFunc(got, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0xfffd }); i >= 0 {
		t.Errorf("%q is in it", got[i])
	}
}

func TestTAPTakesWarningsForFailuresWhenStrict(t *testing.T) {
	warned := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Name: "a", Outcome: event.Warned,
		Warnings: []event.Failure{{Kind: "unread", Message: "bytes are left"}}}}
	events := runOf(event.RunFinish{}, warned)
	if got := feed(t, "tap", Options{}, events); !strings.Contains(got, "\nok 1 - a (a.lua)\n  ---\n  outcome: \"warned\"\n  message: \"bytes are left\"\n") {
		t.Error(got)
	}
	if got := feed(t, "tap", Options{Strict: true}, events); !strings.Contains(got, "\nnot ok 1 - a (a.lua)\n") {
		t.Error(got)
	}
}
