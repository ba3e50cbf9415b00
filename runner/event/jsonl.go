package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AppendJSON appends e as one JSON line, with the newline.
func AppendJSON(b []byte, e Event) ([]byte, error) { return appendJSON(b, e, nil) }

func appendJSON(b []byte, e Event, keys *Encoder) ([]byte, error) {
	start := len(b)
	b = append(b, `{"event":"`...)
	b = append(b, e.Kind()...)
	b = append(b, '"')
	o := object{b: b, keys: keys}
	switch e := e.(type) { // and no interface, which would put o on the heap
	case *Plan:
		e.encode(&o)
	case *ScenarioStart:
		e.encode(&o)
	case *Wire:
		e.encode(&o)
	case *Log:
		e.encode(&o)
	case *Expectation:
		e.encode(&o)
	case *ScenarioFinish:
		e.encode(&o)
	default:
		o.reflect(e)
	}
	o.b = append(o.b, '}', '\n')
	if o.err != nil {
		return o.b[:start], fmt.Errorf("encoding a %s event: %w", e.Kind(), o.err)
	}
	return o.b, nil
}

// reflect writes the members of e by encoding/json.
func (o *object) reflect(e Event) {
	comma := len(o.b) // takes the place of the brace
	buf := bytes.NewBuffer(o.b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // <a@b> is to be found by grep
	if err := enc.Encode(e); err != nil {
		o.fail(err)
		return
	}
	o.b = bytes.TrimSuffix(buf.Bytes(), []byte("}\n"))
	o.b[comma] = ','
}

// Decode reads one JSON line. An event of a kind that this version does not know gives nil and no error, so that a newer
// stream of the same version can add some.
func Decode(line []byte) (Event, error) {
	kind, err := kindOf(line)
	if err != nil {
		return nil, err
	}
	e := newEvent(kind)
	if e == nil {
		return nil, nil
	}
	if w, ok := e.(*Wire); ok {
		err = w.UnmarshalJSON(line) // json.Unmarshal would scan the line once more, to find its end
	} else {
		err = json.Unmarshal(line, e)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if s, ok := e.(*RunStart); ok && s.V > Version {
		return nil, fmt.Errorf("the stream has version %d, and this smtpspec reads up to %d: take a newer one", s.V, Version)
	}
	return e, nil
}

// kindOf finds the member that AppendJSON writes first, wherever it stands.
func kindOf(line []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(line, []byte(`{"event":"`)); ok {
		if end := bytes.IndexAny(rest, "\"\\"); end > 0 && rest[end] == '"' {
			return string(rest[:end]), nil
		}
	}
	var head struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return "", unreadable(err)
	}
	if head.Event == "" {
		return "", errors.New(`this is no event: it has no "event"`)
	}
	return head.Event, nil
}

// unreadable says in our words what is wrong with a line.
func unreadable(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var clock *time.ParseError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("this is no JSON object: it breaks at byte %d", syntax.Offset)
	case errors.As(err, &kind) && kind.Field == "":
		return errors.New("this is no JSON object")
	case errors.As(err, &kind):
		return fmt.Errorf("%q cannot be a %s", strings.TrimPrefix(kind.Field, "wireFields."), kind.Value)
	case errors.As(err, &clock):
		return errors.New("a time is not in the form of RFC 3339")
	}
	return errors.New("a value is not in the form that belongs there")
}

func newEvent(kind string) Event {
	switch kind {
	case "run_start":
		return &RunStart{}
	case "plan":
		return &Plan{}
	case "scenario_start":
		return &ScenarioStart{}
	case "wire":
		return &Wire{}
	case "log":
		return &Log{}
	case "expectation":
		return &Expectation{}
	case "scenario_finish":
		return &ScenarioFinish{}
	case "run_finish":
		return &RunFinish{}
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
	o := &object{b: []byte{'{'}}
	w.encode(o)
	o.close()
	return o.b, o.err
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
