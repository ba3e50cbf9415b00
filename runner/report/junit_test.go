package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

func TestJUnitIsWhatJenkinsAccepts(t *testing.T) {
	for name, events := range map[string][]event.Event{
		"recorded": recorded(t),
		"empty":    nil,
		"cut":      recorded(t)[:100],
		"host":     {&event.RunStart{Host: "a\x00b"}, &event.Plan{Scenarios: []event.Planned{{Key: event.Key{File: "a.lua", Name: "a"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []Options{{}, {Strict: true, Verbose: true, FullTranscript: true}} {
				got := feed(t, "junit", o, events)
				if err := checkJUnit(got); err != nil {
					t.Error(err)
				}
				validate(t, got)
			}
		})
	}
}

// validate asks xmllint where there is one. checkJUnit has looked already where there is none.
func validate(t *testing.T, doc string) {
	path, err := exec.LookPath("xmllint")
	if err != nil {
		t.Log("xmllint is not installed: checked by checkJUnit alone")
		return
	}
	cmd := exec.Command(path, "--noout", "--nonet", "--schema", "testdata/junit-10.xsd", "-")
	cmd.Stdin = strings.NewReader(doc)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}

// rule is what junit-10.xsd says about an element: "!" marks attributes that it must have.
type rule struct{ attrs, children string }

var junitRules = map[string]rule{
	"testsuites":   {"name time tests failures errors", "testsuite"},
	"testsuite":    {"!name !tests !failures !errors group time skipped timestamp hostname id package file log url version", "testsuite properties testcase system-out system-err"},
	"properties":   {"", "property"},
	"property":     {"!name !value", ""},
	"testcase":     {"!name time classname group", "skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err"},
	"skipped":      {"type message", ""},
	"error":        {"type message", ""},
	"failure":      {"type message", ""},
	"rerunFailure": {"message !type", "stackTrace system-out system-err"},
	"rerunError":   {"message !type", "stackTrace system-out system-err"},
	"flakyFailure": {"message !type", "stackTrace system-out system-err"},
	"flakyError":   {"message !type", "stackTrace system-out system-err"},
	"stackTrace":   {}, "system-out": {}, "system-err": {},
}

var surefireTime = regexp.MustCompile(`^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?$`)

// checkJUnit holds a document against the rules, and class names and names against each other.
func checkJUnit(doc string) error {
	dec := xml.NewDecoder(strings.NewReader(doc))
	parents := []string{""}
	seen := map[string]bool{}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if err := checkElement(e, parents[len(parents)-1], seen); err != nil {
				return err
			}
			parents = append(parents, e.Name.Local)
		case xml.EndElement:
			parents = parents[:len(parents)-1]
		}
	}
}

func checkElement(e xml.StartElement, parent string, seen map[string]bool) error {
	name := e.Name.Local
	r, known := junitRules[name]
	if !known || parent == "" && name != "testsuites" || parent != "" && !slices.Contains(strings.Fields(junitRules[parent].children), name) {
		return fmt.Errorf("<%s> in <%s>", name, parent)
	}
	have := map[string]string{}
	for _, a := range e.Attr {
		if have[a.Name.Local] = a.Value; !slices.Contains(strings.Fields(strings.ReplaceAll(r.attrs, "!", "")), a.Name.Local) {
			return fmt.Errorf("<%s %s>", name, a.Name.Local)
		}
	}
	for a := range strings.FieldsSeq(r.attrs) {
		if must, ok := strings.CutPrefix(a, "!"); ok && have[must] == "" && name != "property" {
			return fmt.Errorf("<%s> without %s", name, must)
		}
	}
	if name != "testcase" && !surefireTime.MatchString(have["time"]) {
		return fmt.Errorf("<%s> has time %q", name, have["time"])
	}
	if id := have["classname"] + "\x00" + have["name"]; name == "testcase" {
		if seen[id] {
			return fmt.Errorf("two test cases are %q", id)
		}
		seen[id] = true
	}
	return nil
}

func TestCheckJUnitRefuses(t *testing.T) {
	for _, doc := range []string{
		`<testsuite/>`,
		`<testsuites><testcase name="a"/></testsuites>`,
		`<testsuites><testsuite name="a" tests="1" failures="0"/></testsuites>`,
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase name="a" line="3"/></testsuite></testsuites>`,
		`<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase name="a"/><testcase name="a"/></testsuite></testsuites>`,
		`<testsuites time="1e3"/>`,
		`<testsuites name="` + "\x1b" + `"/>`,
	} {
		if checkJUnit(doc) == nil {
			t.Errorf("accepts %s", doc)
		}
	}
}

func TestJUnitNamesAreUnique(t *testing.T) {
	events := runOf(event.RunFinish{},
		passed("a.b/c.lua", 1, "same \x00", "staging", 0), passed("a_b/c.lua", 1, `same \x00`, "staging", 0),
		passed("a_b/c.lua", 1, `same \x00 (2)`, "staging", 0))
	if err := checkJUnit(feed(t, "junit", Options{}, events)); err != nil {
		t.Error(err)
	}
}

func TestJUnitLosesNoScenario(t *testing.T) {
	events := recorded(t)
	for _, n := range []int{2, 20, 60, 150, len(events)} {
		var planned int
		for _, e := range events[:n] {
			if p, ok := e.(*event.Plan); ok {
				planned = len(p.Scenarios)
			}
		}
		if got := strings.Count(feed(t, "junit", Options{}, events[:n]), "<testcase "); got != planned {
			t.Errorf("after %d events %d test cases, of %d planned", n, got, planned)
		}
	}
}

func TestJUnitTakesWarningsForFailuresWhenStrict(t *testing.T) {
	warned := &scene{ScenarioFinish: event.ScenarioFinish{File: "a.lua", Line: 1, Name: "a", Outcome: event.Warned,
		Warnings: []event.Failure{{Kind: "unread", Message: "bytes are left"}}}}
	events := runOf(event.RunFinish{}, warned)
	if got := feed(t, "junit", Options{}, events); !strings.Contains(got, `failures="0"`) || !strings.Contains(got, "WARN a.lua:1") {
		t.Error(got)
	}
	if got := feed(t, "junit", Options{Strict: true}, events); !strings.Contains(got, `<failure type="unread" message="bytes are left">`) {
		t.Error(got)
	}
}
