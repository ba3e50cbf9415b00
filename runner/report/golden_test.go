package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

var update = flag.Bool("update", false, "write testdata/run.jsonl and the goldens anew")

// feed hands events to a new sink of the format, and returns what it wrote.
func feed(t testing.TB, format string, o Options, events []event.Event) string {
	t.Helper()
	var b bytes.Buffer
	sink, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		sink.Event(e)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./runner/report -update, and read the difference\n%s", name, firstDifference(string(want), got))
	}
}

func TestRecordedStreamIsWhatTheScenesMake(t *testing.T) {
	var b []byte
	for _, e := range recordedRun() {
		var err error
		if b, err = event.AppendJSON(b, e); err != nil {
			t.Fatal(err)
		}
	}
	const file = "testdata/run.jsonl"
	if *update {
		if err := os.WriteFile(file, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b) {
		t.Error(file + " is not what scenes_test.go makes; go test ./runner/report -update")
	}
}

func TestGoldens(t *testing.T) {
	for _, g := range []struct {
		name, format string
		options      Options
	}{
		{"list.txt", "list", Options{}},
		{"list-colour.txt", "list", Options{Color: true}},
		{"list-verbose.txt", "list", Options{Verbose: true}},
		{"list-full.txt", "list", Options{FullTranscript: true}},
		{"dot.txt", "dot", Options{}},
		{"dot-colour.txt", "dot", Options{Color: true}},
		{"junit.xml", "junit", Options{}},
		{"tap.txt", "tap", Options{}},
		{"github.txt", "github", Options{}},
		{"matrix.md", "matrix", Options{}},
		{"matrix.html", "matrix", Options{Extension: ".html"}},
		{"matrix.json", "matrix", Options{Extension: ".json"}},
	} {
		t.Run(g.name, func(t *testing.T) { golden(t, g.name, feed(t, g.format, g.options, recorded(t))) })
	}
}

func TestJSONLGivesBackTheStream(t *testing.T) {
	want, err := os.ReadFile("testdata/run.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if got := feed(t, "jsonl", Options{}, recorded(t)); got != string(want) {
		t.Error(firstDifference(string(want), got))
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := bytes.Split([]byte(want), []byte("\n")), bytes.Split([]byte(got), []byte("\n"))
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			return "line " + thousands(int64(i+1)) + "\nwant " + string(w[i]) + "\ngot  " + string(g[i])
		}
	}
	return "one is longer: want " + count(int64(len(w)), "line") + ", got " + thousands(int64(len(g)))
}
