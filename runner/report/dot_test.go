package report

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

func TestDotRows(t *testing.T) {
	var scenes []*scene
	for range 1200 {
		scenes = append(scenes, passed("a.lua", 1, "works", "staging", 0.001))
	}
	for i, s := range scenes {
		s.Line = i
	}
	events := runOf(event.RunFinish{}, scenes...)
	narrow := Options{Terminal: true, Size: func() (int, int) { return 40, 20 }}
	for _, c := range []struct {
		o    Options
		dots int
	}{{Options{}, 67}, {narrow, 27}, {Options{Size: func() (int, int) { return 5, 5 }}, 1}} {
		got := feed(t, "dot", c.o, events)
		width, _ := c.o.size()
		rows := strings.Split(got, "\n")[2:]
		full := 1200 / c.dots
		for i, row := range rows[:full] {
			if strings.Count(row, ".") != c.dots || !strings.HasSuffix(row, "/1,200") || c.dots > 1 && columns(row) >= width {
				t.Fatalf("row %d is %q, with %d columns", i, row, width)
			}
		}
		if left := 1200 % c.dots; left > 0 && rows[full] != strings.Repeat(".", left) {
			t.Errorf("the last row is %q", rows[full])
		}
		if !strings.HasSuffix(got, "\n\n1200 passed  in 1.2s\n") || strings.Contains(got, "\n\n\n") || strings.Contains(got, "\x1b") {
			t.Errorf("it ends %q", tail(got))
		}
	}
}

// What dot says about failures is what list says.
func TestDotTellsFailuresAsListDoes(t *testing.T) {
	events := recorded(t)
	got := feed(t, "dot", Options{}, events)
	for line := range strings.Lines(feed(t, "list", Options{}, events)) {
		if !strings.HasPrefix(line, "PASS ") && !strings.HasPrefix(line, "SKIP ") && !strings.Contains(got, line) {
			if !strings.Contains(line, "skipped") && !strings.Contains(line, "inconclusive") { // these name the places here
				t.Errorf("dot does not have %q", line)
			}
		}
	}
	if !strings.Contains(got, "\n2 skipped: needs fact user (scenarios/auth.lua:3, scenarios/submit.lua:3)\n") {
		t.Error("dot does not say which scenarios were skipped, and lists none")
	}
}

func TestDotOfNothing(t *testing.T) {
	if got := feed(t, "dot", Options{}, nil); !strings.Contains(got, "nothing was run\n") || strings.Contains(got, "\n\n\n") {
		t.Error(got)
	}
}
