package importer

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script/scripttest"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

func TestMain(m *testing.M) {
	luaapi.SetProcessLimits()
	os.Exit(m.Run())
}

// example is a file of testdata: a source in one of the formats, and servers on which what is made of it passes or fails. Its first lines say
// how many comments tell of something lost, which facts the target has, what must not be in the output, and which outcome a pass has.
type example struct {
	source  string
	lost    int
	lmtp    bool
	facts   map[string]string
	secret  string
	outcome event.Outcome
	servers []txtar.File
}

func exampleOf(t testing.TB, path string) *example {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	e := &example{facts: map[string]string{}, outcome: event.Passed}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "lost":
			e.lost, _ = strconv.Atoi(value)
		case "lmtp":
			e.lmtp = true
		case "set":
			name, v, _ := strings.Cut(value, "=")
			e.facts[name] = v
		case "secret":
			e.secret = value
		case "outcome":
			e.outcome = event.Outcome(value)
		}
	}
	for _, f := range archive.Files {
		if f.Name == "source" {
			e.source = string(f.Data)
		} else {
			e.servers = append(e.servers, f)
		}
	}
	return e
}

// imported is the scenario file that is made of a source. Check has nothing to say about it but what is lost.
func imported(t *testing.T, name, source, from string) (lua string, lost int) {
	t.Helper()
	f, err := Import(name, []byte(source), from)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, p := range scripttest.Check(t, b.String()) {
		if !strings.Contains(p.Message, "carried over") {
			t.Errorf("check: %s\n%s", p, &b)
		}
		lost++
	}
	return b.String(), lost
}

// Each example is recognised, imported, and run against servers which it passes on, and on which it fails.
func TestExamples(t *testing.T) {
	for _, format := range Formats() {
		paths, err := filepath.Glob("testdata/" + format + "/*.txtar")
		if err != nil || len(paths) < 5 {
			t.Errorf("%s: %d examples", format, len(paths))
		}
		for _, path := range paths {
			t.Run(format+"/"+strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
				e := exampleOf(t, path)
				if got := formatOf(unindented(strings.Split(e.source, "\n")), ""); got == nil || got.name != format {
					t.Errorf("it is taken for %v", got)
				}
				lua, lost := imported(t, path, e.source, "")
				if lost != e.lost {
					t.Errorf("%d comments of what is lost, want %d\n%s", lost, e.lost, lua)
				}
				if e.secret != "" && strings.Contains(lua, e.secret) || strings.Contains(lua, "open-sesame") {
					t.Errorf("a password is in it:\n%s", lua)
				}
				e.play(t, lua)
			})
		}
	}
}

// play runs the scenarios against the servers of an example.
func (e *example) play(t *testing.T, lua string) {
	passes, fails := 0, 0
	for _, s := range e.servers {
		target := "smtp://"
		if e.lmtp {
			target = "lmtp://"
		}
		lines := strings.Split(strings.TrimSuffix(string(s.Data), "\n"), "\n")
		address := scripttest.Server(t, lines...)
		results := scripttest.Run(t, lua, scripttest.Target(t, target+address, e.facts), luaapi.Limits{Reply: 2 * time.Second})
		var outcomes []event.Outcome
		for _, r := range results {
			outcomes = append(outcomes, r.Outcome)
		}
		want, _, _ := strings.Cut(s.Name, " ")
		switch want {
		case "pass":
			passes++
			for _, o := range outcomes {
				if o != e.outcome {
					t.Errorf("%s: %v\n%s", s.Name, results, lua)
				}
			}
		case "fail":
			fails++
			if !slices.Contains(outcomes, event.Failed) {
				t.Errorf("%s: %v\n%s", s.Name, results, lua)
			}
		default:
			t.Errorf("a server named %s", s.Name)
		}
	}
	if passes == 0 || fails == 0 {
		t.Errorf("%d servers on which it passes, %d on which it fails", passes, fails)
	}
}
