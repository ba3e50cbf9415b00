package event

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrIncomplete is returned for a stream that has no run_finish, or whose last line is cut short.
var ErrIncomplete = errors.New("the event stream ends before its run_finish")

// LineError is a line that does not belong into a stream.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads a JSONL stream and holds it to its form: a run_start, a plan, what the plan names, a run_finish.
type Reader struct {
	br    *bufio.Reader
	line  int
	order order
}

// NewReader reads the stream of one run from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, 64<<10), order: order{keys: map[Key]*progress{}}}
}

// Next gives the next event. The error is io.EOF after a stream that was complete, ErrIncomplete where one ends early, a
// *LineError for a line that does not belong there, and else what reading gave.
func (r *Reader) Next() (Event, error) {
	for {
		line, err := r.br.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		cut := err == io.EOF
		r.line++
		if len(bytes.TrimSpace(line)) > 0 {
			e, derr := r.decode(line)
			switch {
			case derr != nil && cut && (r.order.stage != fresh || isBeginning(line)):
				return nil, ErrIncomplete
			case derr != nil:
				return nil, &LineError{r.line, derr}
			case e != nil:
				return e, nil
			}
		}
		if cut && r.order.stage == finished {
			return nil, io.EOF
		}
		if cut {
			return nil, ErrIncomplete
		}
	}
}

// isBeginning tells a first line that was cut short from one of another kind of file.
func isBeginning(line []byte) bool {
	const first = `{"event":"run_start"`
	n := min(len(line), len(first))
	return string(line[:n]) == first[:n]
}

func (r *Reader) decode(line []byte) (Event, error) {
	e, err := Decode(line)
	if err == nil && e != nil {
		err = r.order.check(e)
	}
	return e, err
}

type stage int

const (
	fresh stage = iota
	started
	planned
	finished
)

// order is how far a stream is.
type order struct {
	stage stage
	keys  map[Key]*progress
}

// progress is how far the scenarios of a key are. There are several where names differ in secrets alone.
type progress struct{ planned, begun, final int }

func (o *order) check(e Event) error {
	switch {
	case o.stage == finished:
		return fmt.Errorf("a %s comes after the run_finish: a stream holds one run, so give each a file of its own", e.Kind())
	case o.stage == fresh && e.Kind() != "run_start":
		return fmt.Errorf("the first event is a %s, not a run_start", e.Kind())
	case o.stage == started && e.Kind() != "plan":
		return fmt.Errorf("a %s comes before the plan", e.Kind())
	}
	switch e := e.(type) {
	case *RunStart:
		if o.stage != fresh {
			return errors.New("a second run begins: a stream holds one, so give each a file of its own")
		}
		if e.V < 1 {
			return errors.New(`the run_start has no version, "v"`)
		}
		o.stage = started
	case *Plan:
		return o.plan(e)
	case *ScenarioStart:
		return o.begin(e)
	case *Wire:
		return o.within(e.Key, e.Attempt)
	case *Log:
		return o.within(e.Key, e.Attempt)
	case *Expectation:
		return o.within(e.Key, e.Attempt)
	case *ScenarioFinish:
		return o.end(e)
	case *RunFinish:
		o.stage = finished
	}
	return nil
}

func (o *order) plan(e *Plan) error {
	if o.stage == planned {
		return errors.New("a second plan comes")
	}
	o.stage = planned
	for _, p := range e.Scenarios {
		if o.keys[p.Key] == nil {
			o.keys[p.Key] = &progress{}
		}
		o.keys[p.Key].planned++
	}
	return nil
}

func (o *order) begin(e *ScenarioStart) error {
	p := o.keys[e.Key]
	switch {
	case p == nil:
		return fmt.Errorf("the plan has no %s", e.Key.inWords())
	case p.final == p.planned:
		return fmt.Errorf("%s begins again after it was finished", e.Key.inWords())
	}
	p.begun = max(p.begun, e.Attempt)
	return nil
}

// within requires that an attempt is under way.
func (o *order) within(k Key, attempt int) error {
	p := o.keys[k]
	switch {
	case p == nil:
		return fmt.Errorf("the plan has no %s", k.inWords())
	case attempt < 1 || attempt > p.begun:
		return fmt.Errorf("attempt %d of %s has not begun", attempt, k.inWords())
	case p.final == p.planned:
		return fmt.Errorf("%s was finished before", k.inWords())
	}
	return nil
}

func (o *order) end(e *ScenarioFinish) error {
	if err := o.within(e.Key, e.Attempt); err != nil {
		return err
	}
	switch e.Outcome {
	case Error, Failed, Warned, Skipped, Known, Passed:
	default:
		return fmt.Errorf("%q is no outcome", e.Outcome)
	}
	if e.Final {
		o.keys[e.Key].final++
	}
	return nil
}

func (k Key) inWords() string { return fmt.Sprintf("%s %q", Safe(k.File), k.Name) }
