package report

import (
	"io"

	"github.com/smtpspec/smtpspec/runner/event"
)

// jsonlLimit is how much is gathered at most before it is written: transcripts may be long.
const jsonlLimit = 1 << 20

type jsonl struct {
	w   delayed
	enc event.Encoder
	buf []byte
	err error
}

// JSONL writes the event stream itself, one JSON object a line, as things happen: a twentieth of a second later at most, so that a stream that
// ends early still tells what was running.
func JSONL(w io.Writer, _ Options) event.Sink { return &jsonl{w: delayed{w: w}} }

func (j *jsonl) Event(e event.Event) {
	if j.err != nil {
		return
	}
	if j.buf, j.err = j.enc.Append(j.buf, e); j.err != nil {
		return
	}
	switch e.(type) {
	case *event.Wire, *event.Log, *event.Expectation:
		if len(j.buf) < jsonlLimit {
			return
		}
	}
	j.flush()
}

// flush stops at the first error.
func (j *jsonl) flush() {
	if j.err != nil || len(j.buf) == 0 {
		return
	}
	_, j.err = j.w.Write(j.buf)
	j.buf = j.buf[:0]
}

// Close writes what is left, and returns the first error.
func (j *jsonl) Close() error {
	j.flush()
	if err := j.w.flush(); j.err == nil {
		j.err = err
	}
	return j.err
}
