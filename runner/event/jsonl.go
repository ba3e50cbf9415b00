package event

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// AppendJSON appends e as one JSON line, with the newline.
func AppendJSON(b []byte, e Event) ([]byte, error) {
	if w, ok := e.(*Wire); ok {
		return w.appendJSON(b)
	}
	start := len(b)
	b = append(b, `{"event":"`...)
	b = append(b, e.Kind()...)
	b = append(b, '"', ',')
	comma := len(b) // the object's own brace goes
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // <a@b> is to be found by grep
	if err := enc.Encode(e); err != nil {
		return b[:start], fmt.Errorf("encoding a %s event: %w", e.Kind(), err)
	}
	b = buf.Bytes()
	return append(b[:comma], b[comma+1:]...), nil
}

// Decode reads one JSON line. An event of a kind that this version does not know gives nil and no error, so that a newer
// stream of the same version can add some.
func Decode(line []byte) (Event, error) {
	var head struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("not a JSON event: %w", err)
	}
	e := newEvent(head.Event)
	switch {
	case head.Event == "":
		return nil, errors.New(`not an event: it has no "event"`)
	case e == nil:
		return nil, nil
	}
	if err := json.Unmarshal(line, e); err != nil {
		return nil, fmt.Errorf("decoding a %s event: %w", head.Event, err)
	}
	if s, ok := e.(*RunStart); ok && s.V > Version {
		return nil, fmt.Errorf("the stream has version %d, this smtpspec reads up to %d", s.V, Version)
	}
	return e, nil
}

func newEvent(kind string) Event {
	for _, e := range []Event{&RunStart{}, &Plan{}, &ScenarioStart{}, &Wire{}, &Log{}, &Expectation{}, &ScenarioFinish{}, &RunFinish{}} {
		if e.Kind() == kind {
			return e
		}
	}
	return nil
}

// ErrIncomplete is returned by Read for a stream that has no run_finish, or whose last line is cut short.
var ErrIncomplete = errors.New("the event stream is incomplete: it has no run_finish")

// Read hands every event of a JSONL stream to f, in order. A stream that ends early is read as far as it goes and gives
// ErrIncomplete; any other error names the line.
func Read(r io.Reader, f func(Event)) error {
	br := bufio.NewReaderSize(r, 64<<10)
	finished := false
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("reading line %d: %w", n, err)
		}
		cut := err == io.EOF
		if len(bytes.TrimSpace(line)) > 0 {
			e, derr := Decode(line)
			if derr != nil {
				if cut {
					return ErrIncomplete
				}
				return fmt.Errorf("line %d: %w", n, derr)
			}
			if e != nil {
				f(e)
				finished = e.Kind() == "run_finish"
			}
		}
		if cut {
			break
		}
	}
	if !finished {
		return ErrIncomplete
	}
	return nil
}

type wireFields Wire

type wireJSON struct {
	*wireFields
	Text   *string `json:"text,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
}

// MarshalJSON writes the bytes as text where they are UTF-8, as base64 where they are not.
func (w *Wire) MarshalJSON() ([]byte, error) {
	b, err := w.appendJSON(nil)
	if err != nil {
		return nil, err
	}
	return append([]byte{'{'}, b[len(`{"event":"wire",`):len(b)-1]...), nil
}

// UnmarshalJSON is the reverse of MarshalJSON.
func (w *Wire) UnmarshalJSON(b []byte) error {
	j := wireJSON{wireFields: (*wireFields)(w)}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	if w.Data = j.Base64; j.Text != nil {
		w.Data = []byte(*j.Text)
	}
	return nil
}
