package report

import (
	"io"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// manyScenarios is the number above which scenarios that passed or were skipped are counted and not listed one by one. On a
// terminal it is what fits, so that the failures are not scrolled away by good news.
const manyScenarios = 200

type list struct {
	o       Options
	mu      sync.Mutex // a terminal's ticker draws, too
	console *console
	run     *Run
	text    text
	groups  groups
	headed  bool
	each    bool // scenarios that passed are listed
	began   time.Time
	stop    chan struct{} // ends the ticker; nil without one
	stopped chan struct{}
}

// List writes for people: what runs, each scenario that did not pass as it finishes and in full, and a summary. On a
// terminal its last lines show what runs now; elsewhere there are plain lines only.
func List(w io.Writer, o Options) event.Sink {
	return &list{
		o:       o,
		console: &console{w: w, o: o, blank: true},
		run:     NewRun(o),
		text:    text{palette: palette(o.Color), full: o.FullTranscript},
	}
}

func (l *list) Event(e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	res := l.run.Event(e)
	switch e.(type) {
	case *event.Wire, *event.Log, *event.Expectation:
		return
	case *event.RunStart:
		l.watch()
		return
	case *event.Plan:
		l.head()
	}
	if res != nil {
		l.head()
		l.result(res)
	}
	l.draw()
}

// watch keeps the region of a terminal up to date while nothing finishes.
func (l *list) watch() {
	if !l.o.Terminal || l.stop != nil {
		return
	}
	l.began = l.o.now()
	l.stop, l.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(l.stopped)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				l.mu.Lock()
				l.draw()
				l.mu.Unlock()
			}
		}
	}()
}

func (l *list) draw() {
	if !l.o.Terminal {
		l.console.flush()
	} else if l.console.due() {
		columns, rows := l.o.size()
		l.text.width = columns
		l.console.redraw(l.region(columns, rows))
	}
}

// Close writes the summary, and leaves nothing of the region behind.
func (l *list) Close() error {
	if l.stop != nil {
		close(l.stop)
		<-l.stopped
		l.stop = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head()
	l.summary()
	l.console.redraw(nil)
	return l.console.err
}

// head says once what runs. Nobody shall take the demo server's good behaviour for that of a server of theirs, so that
// comes first.
func (l *list) head() {
	if l.headed {
		return
	}
	l.headed = true
	limit := manyScenarios
	if l.o.Terminal {
		l.text.width, limit = l.o.size()
	}
	l.each = l.o.Verbose || len(l.run.Plan) <= limit
	l.text.targets, l.text.repeats = l.run.Targets() > 1, l.run.Repeats()
	for _, line := range l.text.header(l.run) {
		l.console.println(line)
	}
	l.console.gap()
}

func (l *list) result(res *Result) {
	f := res.Finish
	switch {
	case l.o.Verbose && f.Outcome != event.Skipped:
		if isTrouble(res) {
			l.groups.add(res, l.text)
		}
		l.frame(l.text.block(res))
	case f.Outcome == event.Passed && !res.Flaky() && len(f.Warnings) == 0:
		if l.each || len(f.Notes) > 0 {
			l.line(res, "")
		}
	case f.Outcome == event.Skipped:
		if l.each || len(f.Notes) > 0 {
			l.line(res, l.text.remark(res))
		}
	case f.Outcome == event.Known:
		l.line(res, l.text.remark(res))
	case isInterrupted(f):
		l.line(res, "("+event.Safe(f.Failures[0].Message)+")")
	default:
		l.fault(res)
	}
}

// fault tells a cause once. The scenarios that suffer from it, too, have a line each, but for those that did not even
// reach their target: it is the target's line that counts, and the summary has their number.
func (l *list) fault(res *Result) {
	g, first := l.groups.add(res, l.text)
	switch {
	case first:
		l.frame(l.text.block(res))
	case g.target == "":
		l.line(res, "(same as "+g.first+")")
	case len(res.Finish.Notes) > 0:
		l.line(res, "("+g.short+")")
	}
}

// line is a scenario's headline, with the remarks that the script made.
func (l *list) line(res *Result, remark string) {
	l.console.println(l.text.headline(res, remark))
	for _, note := range l.text.notes(res.Finish) {
		l.console.println(note)
	}
}

// frame sets a block off.
func (l *list) frame(lines []string) {
	l.console.gap()
	for _, line := range lines {
		l.console.println(line)
	}
	l.console.gap()
}

// isTrouble reports whether a scenario did not go as it should.
func isTrouble(res *Result) bool {
	switch res.Finish.Outcome {
	case event.Passed:
		return res.Flaky()
	case event.Skipped, event.Known:
		return false
	}
	return true
}

func isInterrupted(f *event.ScenarioFinish) bool {
	return len(f.Failures) == 1 && f.Failures[0].Kind == "interrupted"
}
