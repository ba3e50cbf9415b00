package luaapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Declarations, targets and facts go from one process to another as JSON. Text is carried as bytes: a name, a path or a password need not
// be UTF-8, and JSON would change it.

// ForeignFile stands for a file that another process has loaded.
func ForeignFile(path string) *File { return &File{Path: path} }

// SetFile makes f the file of a declaration that came from another process.
func (d *Declaration) SetFile(f *File) { d.file = f }

// Longest is the time after which a run of the scenario has ended, whatever it does: its own limit, that of its cleanup, and that of
// the top level where it is run for all scenarios of the file.
func (d *Declaration) Longest(l Limits) time.Duration {
	return l.scenario(d.Timeout) + LongestEnd + collectTime
}

// Times after which an attempt that was interrupted, and Collect, have ended.
const (
	LongestEnd     = cleanupTime
	LongestCollect = collectTime
)

type declarationJSON struct {
	Name, Suite, ID, Level, Lock, Known, Unresolved, UnresolvedText []byte
	Tags, Refs, Requires                                            [][]byte
	Line, Retries, Index, Of                                        int
	Timeout                                                         time.Duration
	Serial, Plain, OwnSuite                                         bool
	Source                                                          []sourceJSON
}

type sourceJSON struct {
	Line int
	Text []byte
}

// MarshalJSON writes all that another process has to know.
func (d *Declaration) MarshalJSON() ([]byte, error) {
	var source []sourceJSON
	for _, l := range d.Excerpt() {
		source = append(source, sourceJSON{l.Line, []byte(l.Text)})
	}
	return json.Marshal(declarationJSON{Name: []byte(d.Name), Suite: []byte(d.Suite), ID: []byte(d.ID), Level: []byte(d.Level), Lock: []byte(d.Lock),
		Known: []byte(d.KnownIssue), Unresolved: []byte(d.Unresolved), UnresolvedText: []byte(d.UnresolvedText),
		Tags: toBytes(d.Tags), Refs: toBytes(d.Refs), Requires: toBytes(d.Requires), Line: d.Line, Retries: d.Retries, Index: d.index, Of: d.of,
		Timeout: d.Timeout, Serial: d.Serial, Plain: d.Plain, OwnSuite: d.suite, Source: source})
}

// UnmarshalJSON is the reverse of MarshalJSON, but for the file, which SetFile gives.
func (d *Declaration) UnmarshalJSON(b []byte) error {
	var j declarationJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*d = Declaration{Name: string(j.Name), Suite: string(j.Suite), ID: string(j.ID), Level: string(j.Level), Lock: string(j.Lock),
		KnownIssue: string(j.Known), Unresolved: string(j.Unresolved), UnresolvedText: string(j.UnresolvedText),
		Tags: toTexts(j.Tags), Refs: toTexts(j.Refs), Requires: toTexts(j.Requires), Line: j.Line, Retries: j.Retries, index: j.Index, of: j.Of,
		Timeout: j.Timeout, Serial: j.Serial, Plain: j.Plain, suite: j.OwnSuite}
	for _, l := range j.Source {
		d.source = append(d.source, event.SourceLine{Line: l.Line, Text: string(l.Text)})
	}
	return nil
}

func toBytes(list []string) [][]byte {
	var out [][]byte
	for _, s := range list {
		out = append(out, []byte(s))
	}
	return out
}

func toTexts(list [][]byte) []string {
	var out []string
	for _, b := range list {
		out = append(out, string(b))
	}
	return out
}

// factJSON is a value of one of the three types. A number is text, since JSON has no infinity.
type factJSON struct {
	Text   []byte `json:",omitempty"`
	Number string `json:",omitempty"`
	Bool   *bool  `json:",omitempty"`
	Secret bool   `json:",omitempty"`
}

// MarshalJSON writes the values with their types, secrets as they are: it is for our own processes, not for reports.
func (f *Facts) MarshalJSON() ([]byte, error) {
	out := map[string]factJSON{} // a name is ASCII
	for name, v := range f.values {
		j := factJSON{Secret: f.secret[name]}
		switch v := v.(type) {
		case string:
			j.Text = []byte(v)
		case float64:
			j.Number = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			j.Bool = &v
		}
		out[name] = j
	}
	return json.Marshal(out)
}

// UnmarshalJSON adds what MarshalJSON wrote.
func (f *Facts) UnmarshalJSON(b []byte) error {
	in := map[string]factJSON{}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	f.values = map[string]any{}
	for name, j := range in {
		switch {
		case j.Bool != nil:
			f.values[name] = *j.Bool
		case j.Number != "":
			n, err := strconv.ParseFloat(j.Number, 64)
			if err != nil {
				return fmt.Errorf("the %s %s: %q is no number", f.what, name, j.Number)
			}
			f.values[name] = n
		default:
			f.values[name] = string(j.Text)
		}
		if j.Secret {
			f.MarkSecret(name)
		}
	}
	return nil
}

type targetJSON struct {
	Name, URL, Unix, Program []byte
	Demo                     bool
	Facts                    *Facts
}

// MarshalJSON writes the target with all its facts.
func (t *Target) MarshalJSON() ([]byte, error) {
	return json.Marshal(targetJSON{[]byte(t.Name), []byte(t.URL), []byte(t.Unix), []byte(t.Program), t.Demo, &t.Facts})
}

// UnmarshalJSON is the reverse of MarshalJSON.
func (t *Target) UnmarshalJSON(b []byte) error {
	facts := targetFacts()
	j := targetJSON{Facts: &facts}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*t = Target{Facts: facts, Name: string(j.Name), URL: string(j.URL), Unix: string(j.Unix), Program: string(j.Program), Demo: j.Demo}
	return nil
}
