package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// dot is a list whose lines wait until all characters are written.
type dot struct {
	list  *list
	total int // characters so far
	row   int // of them in the last row
}

// Dot writes a character for each scenario as it finishes, and at the end what list writes about those that did not pass,
// and its summary.
func Dot(w io.Writer, o Options) event.Sink {
	return &dot{list: List(w, o).(*list)}
}

func (d *dot) Event(e event.Event) {
	l := d.list
	res := l.run.Event(e)
	if _, isPlan := e.(*event.Plan); isPlan {
		d.head()
	}
	if res != nil {
		d.head()
		d.mark(res)
		l.result(res)
	}
}

// head is written before the first character. What passed has one, and no line besides.
func (d *dot) head() {
	if d.list.headed {
		return
	}
	d.list.head()
	d.list.each = d.list.o.Verbose
	d.list.console.flush()
}

func (d *dot) mark(res *Result) {
	s := d.list.text.mark(res)
	all := thousands(int64(len(d.list.run.Plan)))
	width, _ := d.list.o.size()
	d.total++
	if d.row++; d.row >= max(1, width-2*len(all)-3) {
		s += fmt.Sprintf(" %*s/%s\n", len(all), thousands(int64(d.total)), all)
		d.row = 0
	}
	d.list.console.ahead(s)
}

// mark is the character of a scenario: a capital where somebody should look.
func (t text) mark(res *Result) string {
	switch {
	case res.Flaky():
		return t.yellow("R")
	case res.Finish.Outcome == event.Passed:
		return t.green(".")
	case res.Finish.Outcome == event.Skipped:
		return t.yellow("s")
	case res.Finish.Outcome == event.Known:
		return t.yellow("k")
	case res.Finish.Outcome == event.Warned:
		return t.yellow("W")
	case res.Finish.Outcome == event.Error:
		return t.red("E")
	}
	return t.red("F")
}

// Close writes what waited, and the summary.
func (d *dot) Close() error {
	d.head()
	if d.total > 0 {
		d.list.console.ahead(strings.Repeat("\n", 1+min(d.row, 1)))
	}
	return d.list.Close()
}
