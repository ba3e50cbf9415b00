package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var when = time.Date(2026, 11, 23, 10, 0, 0, 123456789, time.UTC)

func samples() []Event {
	key := Key{File: "a.lua", Name: "na\"me <x>", Target: "demo", Repetition: 1}
	after := 0.004
	failure := Failure{Kind: "expectation", Message: "m", Want: "250", Got: "550 <b>", Position: Position{"a.lua", 3, 0},
		Helper: &Position{"h.lua", 9, 2}, Steps: []string{"s"}, Source: []SourceLine{{3, "x"}}, Conn: 1, Wire: 2, After: &after}
	return []Event{
		&RunStart{Time: when, V: Version, Run: "r", Tool: "t", Seed: "s", Jobs: 2, Targets: []Target{{Name: "n", URL: "smtp://h", Facts: map[string]any{"a": "b"}}}},
		&Plan{Time: when, Scenarios: []Planned{{Key: key, Line: 3, ID: "i"}}, Deselected: 4},
		&ScenarioStart{Time: when, Key: key, Attempt: 1, Line: 3, Suite: "s"},
		&Wire{Time: when, Key: key, Attempt: 1, Index: 1, At: 0.25, Conn: 1, Role: "client", Dir: Out, Data: []byte("MAIL FROM:<a@b>\r\n")},
		&Wire{Time: when, Key: key, Attempt: 1, Index: 2, Conn: 1, Role: "client", Dir: In, Data: []byte("\x00\x1b\x7f\"\\\t\u2028ä\n"), Body: true, Omitted: 7, SHA256: "ab"},
		&Wire{Time: when, Key: key, Attempt: 1, Index: 3, Conn: 1, Role: "client", Dir: In, Data: []byte("\xff\xfe")},
		&Log{Time: when, Key: key, Attempt: 1, Level: "log", Text: "t", Position: Position{"a.lua", 1, 0}},
		&Expectation{Time: when, Key: key, Attempt: 1, What: "expect", OK: true, Position: Position{"a.lua", 1, 0}},
		&ScenarioFinish{Time: when, Key: key, Attempt: 1, Final: true, File: "a.lua", Line: 3, Tags: []string{"t"}, Refs: []string{}, Outcome: Failed,
			Warnings: []Failure{}, Failures: []Failure{failure}, Failure: &failure},
		&RunFinish{Time: when, Counts: Counts{Total: 1, Failed: 1}, ExitCode: 1, Seconds: 1.5},
	}
}

func encode(t *testing.T, events []Event) []byte {
	t.Helper()
	var b []byte
	for _, e := range events {
		var err error
		if b, err = AppendJSON(b, e); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	events := samples()
	b := encode(t, events)
	var got []Event
	if err := Read(bytes.NewReader(b), func(e Event) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, events) {
		t.Errorf("got  %s\nwant %s", encode(t, got), b)
	}
	for line := range strings.Lines(string(b)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
		if strings.Contains(line, `\u003c`) {
			t.Errorf("< is escaped, which grep does not find: %s", line)
		}
	}
}

// TestWireByHand holds the encoder that is written by hand against encoding/json's reading of the same bytes.
func TestWireByHand(t *testing.T) {
	for _, e := range samples() {
		w, ok := e.(*Wire)
		if !ok {
			continue
		}
		b, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		var got Wire
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&got, w) {
			t.Errorf("got %+v, want %+v", got, *w)
		}
	}
}

func TestReadIncomplete(t *testing.T) {
	events := samples()
	whole := encode(t, events)
	cut := whole[:len(whole)-10]
	headless := encode(t, events[:len(events)-1])
	for _, b := range [][]byte{cut, headless, nil} {
		n := 0
		if err := Read(bytes.NewReader(b), func(Event) { n++ }); !errors.Is(err, ErrIncomplete) {
			t.Errorf("error %v, want ErrIncomplete", err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, line := range []string{"x\n", "{}\n", `{"event":"run_start","v":99}` + "\n", `{"event":"wire","at":"x"}` + "\n"} {
		err := Read(strings.NewReader("\n"+line+"\n"), func(Event) {})
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: error %v, want one with the line", line, err)
		}
	}
	if e, err := Decode([]byte(`{"event":"from_the_future"}`)); e != nil || err != nil {
		t.Errorf("an unknown event gives %v, %v; want to be passed over", e, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		b, _ := AppendJSON(nil, e)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := Decode(line)
		if err != nil || e == nil {
			return
		}
		b, err := AppendJSON(nil, e)
		if err != nil {
			return
		}
		if _, err := Decode(b); err != nil {
			t.Errorf("what was written is not read again: %v\n%s", err, b)
		}
	})
}

func FuzzWireText(f *testing.F) {
	f.Add([]byte("250 ok\r\n"))
	f.Add([]byte("\xc3(\xff\u2028"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := AppendJSON(nil, &Wire{Time: when, Key: Key{Name: string(data)}, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.(*Wire).Data; !bytes.Equal(got, data) {
			t.Errorf("got %q, want %q", got, data)
		}
	})
}

func BenchmarkWireJSON(b *testing.B) {
	w := samples()[3]
	buf := make([]byte, 0, 4096)
	for b.Loop() {
		buf, _ = AppendJSON(buf[:0], w)
	}
}
