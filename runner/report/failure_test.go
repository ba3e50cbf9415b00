package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// The example of design.md, to the letter; its last line is the summary's.
const anatomy = `
FAIL scenarios/relay.lua:12  refuses to relay for strangers                      0.312s
     RFC 5321 3.6.2 · must · 127.0.0.1:2525

     10 |   c:expect(250)
     11 |   c:send("MAIL FROM:<a@outside.example>"):expect(250)
   > 12 |   c:send("RCPT TO:<victim@elsewhere.example>"):expect({550, 551, 554}, "5.7.x")

     want  550, 551 or 554 with 5.7.x
     got   250 2.1.5 Ok                                              after 4 ms

     0.000 > EHLO client.example
     0.002 < 250-mx.test
             … 7 lines
     0.005 > MAIL FROM:<a@outside.example>
     0.008 < 250 2.1.0 Ok
     0.008 > RCPT TO:<victim@elsewhere.example>
   ! 0.012 < 250 2.1.5 Ok

     rerun  smtpspec run --target smtp://127.0.0.1:2525 scenarios/relay.lua:7
`

func TestAFailureLooksAsDesigned(t *testing.T) {
	s := relayed("scenarios/relay.lua", 12, "refuses to relay for strangers", "")
	s.Failures[0].Got, s.Failures[0].Wire, s.Address = "250 2.1.5 Ok", 13, "127.0.0.1:2525"
	s.wire = append([]string{"0.000 1 >  EHLO client.example\r\n", "0.002 1 <  250-mx.test\r\n"}, s.wire[4:]...)
	s.wire = append(s.wire[:8], append([]string{"0.002 1 <  250 MORE\r\n"}, s.wire[8:]...)...)
	s.wire[12] = "0.012 1 <  250 2.1.5 Ok\r\n"
	r := recorder{plan: &event.Plan{}}
	r.start(s)
	s.Rerun = "smtpspec run --target smtp://127.0.0.1:2525 scenarios/relay.lua:7"
	r.finish(s)
	run := NewRun(Options{})
	for _, e := range r.events {
		if res := run.Event(e); res != nil {
			if got := "\n" + strings.Join(text{}.block(res), "\n") + "\n"; got != anatomy {
				t.Errorf("%s\n%s", firstDifference(anatomy, got), got)
			}
		}
	}
}

// transcriptOf renders wire events that are written like a scene's.
func transcriptOf(full bool, faults []*event.Failure, wire ...string) string {
	s := &scene{wire: wire, ScenarioFinish: event.ScenarioFinish{Outcome: event.Failed}}
	r := recorder{plan: &event.Plan{}}
	r.run(s)
	run := NewRun(Options{})
	for _, e := range r.events {
		if res := run.Event(e); res != nil {
			return strings.Join(text{full: full}.transcript(res.Attempt, faults), "\n")
		}
	}
	return ""
}

func numberedLines(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%.3f 1 <  250-line%d\r\n", float64(i)/1000, i+1))
	}
	return out
}

func TestFoldingKeepsTheBeginningAndWhatLedToTheFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  int
		marked []int
		want   string // the lines that are shown; * marks, … folds
	}{
		{"short", 12, []int{12}, "1 2 3 4 5 6 7 8 9 10 11 *12"},
		{"at the end", 30, []int{30}, "1 2 …24 27 28 29 *30"},
		{"in the middle", 30, []int{15}, "1 2 …9 12 13 14 *15 16 17 …12 30"},
		{"two", 40, []int{10, 30}, "1 2 …4 7 8 9 *10 11 12 …14 27 28 29 *30 31 32 …7 40"},
		{"nowhere", 20, nil, "1 2 …14 17 18 19 20"},
		{"at the beginning", 20, []int{1}, "*1 2 3 …16 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults []*event.Failure
			for _, m := range c.marked {
				faults = append(faults, &event.Failure{Conn: 1, Wire: m})
			}
			var got []string
			for line := range strings.SplitSeq(transcriptOf(false, faults, numberedLines(c.lines)...), "\n") {
				switch {
				case strings.Contains(line, "…"):
					got = append(got, "…"+strings.Fields(line)[1])
				case strings.HasPrefix(line, "   ! "):
					got = append(got, "*"+line[strings.Index(line, "line")+4:])
				default:
					got = append(got, line[strings.Index(line, "line")+4:])
				}
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("shown %s\nwant  %s", g, c.want)
			}
		})
	}
}

func TestBodiesFoldUnlessTheyAreShortOrTheMatter(t *testing.T) {
	long := strings.Repeat("x", 90)
	short := []string{"0 1 >b  Subject: a\r\n", "0 1 >b  \r\n", "0 1 >b  .\n", "0 1 >  .\r\n"}
	if got := transcriptOf(false, nil, short...); !strings.Contains(got, `> .\n`) || strings.Contains(got, "body") {
		t.Error("a body of three lines is there to be read:\n" + got)
	}
	body := []string{"0 1 >b  " + long + "\r\n", "0 1 >b  a\nb\r\n", "0 1 >b  c\x00\r\n", "0 1 >b  d\r\n", "0 1 >b  \xe9\r\n", "0 1 >  .\r\n"}
	want := "     0.000 > … body, 107 bytes with bare \\n, \\x00, 8-bit\n     0.000 > ."
	if got := transcriptOf(false, nil, body...); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := transcriptOf(false, []*event.Failure{{Wire: 3}}, body...); !strings.Contains(got, `   ! 0.000 > c\x00`) {
		t.Error("the line that the failure is about is folded:\n" + got)
	}
	if got := transcriptOf(true, nil, body...); strings.Contains(got, "body,") {
		t.Error("a full transcript has a folded body:\n" + got)
	}
}

func TestConnectionsAreNumberedOnlyWhereThereAreSeveral(t *testing.T) {
	if got := transcriptOf(false, nil, "0 1 <  220 a\r\n", "0.1 1 >  QUIT\r\n"); strings.Contains(got, "#") {
		t.Error(got)
	}
	want := "     0.000 #1 < 220 a\n     0.100 #2 < 220 b"
	if got := transcriptOf(false, nil, "0 1 <  220 a\r\n", "0.1 2 <  220 b\r\n"); got != want {
		t.Error(got)
	}
	var many []string
	for conn := range 50 {
		many = append(many, fmt.Sprintf("%.3f %d *  connected", float64(conn)/1000, conn+1), fmt.Sprintf("%.3f %d <  220 a\r\n", float64(conn)/1000, conn+1))
	}
	got := transcriptOf(false, []*event.Failure{{Conn: 9, Wire: 18}}, many...)
	if n := strings.Count(got, "\n"); n > 6 || !strings.Contains(got, "   ! 0.008 #9  < 220 a") {
		t.Error("50 connections are not folded to the one that matters:\n" + got)
	}
}

func TestLongValuesAreFolded(t *testing.T) {
	got := text{}.folded(strings.TrimSuffix(strings.Repeat("line\n", 100), "\n"))
	if len(got) != valueLines || got[valueLines/2] != "… 77 lines" {
		t.Errorf("%d lines, %q", len(got), got)
	}
}
