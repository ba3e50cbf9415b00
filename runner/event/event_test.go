package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
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

// readAll reads a stream to its end, and gives the error that it ends with: nil for a complete one.
func readAll(b []byte) (events []Event, err error) {
	r := NewReader(bytes.NewReader(b))
	for {
		e, err := r.Next()
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

func TestRoundTrip(t *testing.T) {
	events := samples()
	b := encode(t, events)
	got, err := readAll(b)
	if err != nil {
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

func TestReadIncomplete(t *testing.T) {
	events := samples()
	whole := encode(t, events)
	headless := encode(t, events[:len(events)-1])
	for n, b := range map[int][]byte{9: whole[:len(whole)-10], 8: headless[:len(headless)-10], 0: nil} {
		if got, err := readAll(b); !errors.Is(err, ErrIncomplete) || len(got) != n {
			t.Errorf("%d events and error %v, want %d and ErrIncomplete", len(got), err, n)
		}
	}
	for n := range 100 {
		if got, err := readAll(whole[:n]); !errors.Is(err, ErrIncomplete) || len(got) > 0 {
			t.Errorf("%d bytes of a stream: %d events and error %v, want none and ErrIncomplete", n, len(got), err)
		}
	}
	if got, err := readAll(whole[:len(whole)-1]); err != nil || len(got) != len(events) {
		t.Errorf("without the last line end: %d events, %v", len(got), err)
	}
}

// What is wrong with a line is said in our words, with the line's number.
func TestReadRefuses(t *testing.T) {
	head := string(encode(t, samples()[:2]))
	start := string(encode(t, samples()[2:3]))
	finish := string(encode(t, samples()[8:9]))
	end := string(encode(t, samples()[9:10]))
	other := strings.ReplaceAll(start, `"a.lua"`, `"b.lua"`)
	for _, c := range []struct{ stream, want string }{
		{"\nx\n", "line 2: this is no JSON object: it breaks at byte 1"},
		{"<?xml version='1.0'?>", "line 1: this is no JSON object: it breaks at byte 1"},
		{"[]\n", "line 1: this is no JSON object"},
		{"{}\n", `line 1: this is no event: it has no "event"`},
		{`{"event":"run_start","v":99}` + "\n", "line 1: the stream has version 99, and this smtpspec reads up to 1: take a newer one"},
		{`{"event":"run_start"}` + "\n", `line 1: the run_start has no version, "v"`},
		{`{"event":"run_start","v":1,"time":"noon"}` + "\n", "line 1: a time is not in the form of RFC 3339"},
		{`{"v":1,"event":"run_start"}` + "\n" + `{"event":"run_finish"}` + "\n", "line 2: a run_finish comes before the plan"},
		{end, "line 1: the first event is a run_finish, not a run_start"},
		{head + `{"event":"wire","at":"x"}` + "\n", `line 3: "at" cannot be a string`},
		{head + `{"event":"wire","base64":"?"}` + "\n", "line 3: a value is not in the form that belongs there"},
		{head + head, "line 3: a second run begins: a stream holds one, so give each a file of its own"},
		{head + head[strings.Index(head, "\n")+1:], "line 3: a second plan comes"},
		{head + end + head, "line 4: a run_start comes after the run_finish: a stream holds one run, so give each a file of its own"},
		{head + other, `line 3: the plan has no b.lua "na\"me <x>"`},
		{head + finish, `line 3: attempt 1 of a.lua "na\"me <x>" has not begun`},
		{head + start + finish + finish, `line 5: a.lua "na\"me <x>" was finished before`},
		{head + start + finish + start, `line 5: a.lua "na\"me <x>" begins again after it was finished`},
		{head + start + strings.Replace(finish, `"failed"`, `"fine"`, 1), `line 4: "fine" is no outcome`},
	} {
		_, err := readAll([]byte(c.stream))
		var le *LineError
		if !errors.As(err, &le) || err.Error() != c.want {
			t.Errorf("%s\ngives %v\nwant  %s", c.stream, err, c.want)
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

// An Encoder writes the same, whichever keys come one after the other.
func TestEncoder(t *testing.T) {
	var enc Encoder
	other := &Log{Time: when, Key: Key{File: "b.lua", Name: "other"}, Attempt: 2}
	for _, e := range append(samples(), append(samples(), other, other, samples()[3], other)...) {
		want, err := AppendJSON(nil, e)
		got, gerr := enc.Append(nil, e)
		if string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(gerr) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A stream that is read is written and read again as the same; one that is not says where it is wrong.
func FuzzRead(f *testing.F) {
	var whole []byte
	for _, e := range samples() {
		whole, _ = AppendJSON(whole, e)
		whole = append(whole, '\n')
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	if recorded, err := os.ReadFile("../report/testdata/run.jsonl"); err == nil {
		f.Add(recorded[:min(len(recorded), 6000)])
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		events, err := readAll(stream)
		var le *LineError
		if err != nil && !errors.Is(err, ErrIncomplete) && (!errors.As(err, &le) || le.Line < 1 || le.Line > bytes.Count(stream, []byte("\n"))+1) {
			t.Errorf("%v, which names no line of it", err)
		}
		var again []byte
		for _, e := range events {
			if again, err = AppendJSON(again, e); err != nil {
				return // a number that JSON has no form for
			}
			again = append(again, '\n')
		}
		if got, err := readAll(again); len(got) != len(events) {
			t.Errorf("%d events were written, and %d read again: %v", len(events), len(got), err)
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

// byReflection writes an event as encoding/json would without any help.
func byReflection(t testing.TB, e Event) []byte {
	t.Helper()
	var v any = e
	if w, ok := e.(*Wire); ok {
		j := wireJSON{wireFields: (*wireFields)(w)}
		if text := string(w.Data); utf8.ValidString(text) {
			j.Text = &text
		} else {
			j.Base64 = w.Data
		}
		v = j
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil
	}
	return append([]byte(`{"event":"`+e.Kind()+`",`), b.Bytes()[1:]...)
}

// same requires that the encoder that is written by hand and encoding/json agree, also that an event cannot be written.
func same(t testing.TB, e Event) {
	t.Helper()
	got, err := AppendJSON(nil, e)
	want := byReflection(t, e)
	if err == nil != (want != nil) {
		t.Fatalf("error %v, and encoding/json writes %q", err, want)
	}
	if string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEventsAreWrittenAsByReflection(t *testing.T) {
	for _, e := range samples() {
		same(t, e)
	}
	full := samples()[8].(*ScenarioFinish)
	full.Time, full.Reason, full.Policy, full.KnownIssue, full.Notes = when.In(time.FixedZone("", -19800)), "r", true, "k", []string{"", "n"}
	full.ID, full.Address, full.Rerun, full.Flaky, full.Warnings = "i", "a", "r", true, append(full.Failures, Failure{Level: "l", Detail: "d", Hint: "h", Address: "a"})
	same(t, full)
	same(t, &ScenarioFinish{Notes: []string{}})
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.1, 1e-6, 9.99e-7, 1e-7, 1e-10, 1e20, 1e21, 1.5e300, -3e-9, math.Inf(1), math.NaN()} {
		same(t, &Log{At: f})
	}
	same(t, &Plan{})
	for _, year := range []int{-1, 0, 9999, 10000} {
		same(t, &ScenarioStart{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
}

// Text that is no UTF-8 is kept so that names stay different and show the same as they did.
func TestTextThatIsNoUTF8(t *testing.T) {
	for _, text := range []string{"\xff", "a\xc3(\xe2\x80", "\ufffd", "ä\x80\n"} {
		b, err := AppendJSON(nil, &Log{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.(*Log).Text; !utf8.ValidString(got) || Safe(got) != Safe(text) {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzEventsAreWrittenAsByReflection(f *testing.F) {
	f.Add("a\x00\b\f\x7f\u2028<&>", "\ufffd\xc3(", 1e-7, int64(-1), true)
	f.Fuzz(func(t *testing.T, s, u string, x float64, n int64, is bool) {
		data := []byte(s)
		s, u = strings.ToValidUTF8(s, "?"), strings.ToValidUTF8(u, "?")
		key := Key{File: s, Name: u, Target: s + u, Repetition: int(n)}
		at := Position{File: u, Line: int(n), Column: int(n >> 8)}
		clock := time.Unix(n, n).UTC()
		fault := Failure{Kind: s, Level: u, Message: s, Want: u, Got: s, Position: at, Helper: &at, Steps: []string{s, u},
			Source: []SourceLine{{Line: int(n), Text: u}}, Conn: int(n), Wire: int(n), After: &x, Address: s, Detail: u, Hint: s}
		finish := &ScenarioFinish{Time: clock, Key: key, Attempt: int(n), Final: is, File: s, Line: int(n), Suite: u, Name: s, ID: u, Level: s, Tags: []string{s},
			Refs: []string{u}, Target: s, Address: u, Outcome: Outcome(s), Flaky: is, Seconds: x, Reason: s, Policy: is, KnownIssue: u, Notes: []string{u},
			Warnings: []Failure{fault}, Failures: []Failure{{}, fault}, Failure: &fault, Rerun: u}
		for _, e := range []Event{finish,
			&Plan{Time: clock, Scenarios: []Planned{{Key: key, Line: int(n), ID: s}, {}}, Deselected: int(n)},
			&ScenarioStart{Time: clock, Key: key, Attempt: int(n), Line: int(n), Suite: s},
			&Wire{Time: clock, Key: key, Index: int(n), At: x, Conn: int(n), Role: s, Dir: u, Data: data, Body: is, Omitted: n, SHA256: u},
			&Log{Time: clock, Key: key, At: x, Level: s, Text: u, Position: at},
			&Expectation{Time: clock, Key: key, At: x, What: u, OK: is, Want: s, Got: u, Position: at},
		} {
			same(t, e)
		}
	})
}
