package luaapi

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// What goes to another process comes out as it went in, whatever bytes it has.
func TestForeignDeclaration(t *testing.T) {
	d := &Declaration{Name: "n \xff", Suite: "s", ID: "I1", Line: 7, Level: "should", Tags: []string{"a", "\xfe"}, Refs: []string{"RFC 5321 4.1"},
		Requires: []string{"AUTH"}, Timeout: time.Second, Retries: -1, Serial: true, Lock: "l", KnownIssue: "k\x00", Plain: true, Unresolved: "u",
		UnresolvedText: "text", file: ForeignFile("x.lua"), index: 3, of: 9, suite: true, source: []event.SourceLine{{Line: 6, Text: "a \xff"}, {Line: 7}}}
	v := reflect.ValueOf(*d)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test leaves %s out", v.Type().Field(i).Name)
		}
	}
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got := &Declaration{}
	if err := json.Unmarshal(b, got); err != nil {
		t.Fatal(err)
	}
	got.SetFile(d.file)
	if !reflect.DeepEqual(got, d) {
		t.Errorf("got  %+v\nwant %+v", got, d)
	}
	if p := got.Position(); p.File != "x.lua" || p.Line != 7 || len(got.Excerpt()) != 2 {
		t.Errorf("it stands at %v with %v", p, got.Excerpt())
	}
}

func TestForeignFacts(t *testing.T) {
	target, err := ParseTarget("smtp+starttls://mx.example.org:26")
	if err != nil {
		t.Fatal(err)
	}
	target.Name, target.Unix, target.Demo = "one", "/s", true
	for name, v := range map[string]any{"user": "u \xff", "own": "x", "tls_verify": false} {
		if err := target.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	target.MarkSecret("own")
	vars := NewVars()
	for name, v := range map[string]any{"n": math.Inf(1), "f": 0.1, "b": true, "empty": ""} {
		if err := vars.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ in, out any }{{target, &Target{}}, {vars, NewVars()}} {
		b, err := json.Marshal(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, c.out); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.in, c.out) {
			t.Errorf("got  %+v\nwant %+v", c.out, c.in)
		}
	}
	if err := json.Unmarshal([]byte(`{"n":{"Number":"many"}}`), vars); err == nil {
		t.Error("a number that is none was taken")
	}
}
