// Package artifacts keeps what is needed to look into a failure elsewhere: its transcript, and a script that shows it again.
package artifacts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/smtpspec/smtpspec/runner/report"
)

// Config is what a Sink is told.
type Config struct {
	Dir     string // each failure has a directory in it
	Plan    *runner.Plan
	Vars    *luaapi.Facts
	Secrets *wire.Secrets
	Rerun   *runner.Rerun
	Tool    string // version of smtpspec
}

// Sink writes the artifacts of each scenario that failed, erred or passed only when it was tried again: transcript.txt, transcript.json and repro.lua. It
// implements event.Sink.
type Sink struct {
	cfg   Config
	run   *report.Run
	jobs  map[event.Key]*runner.Job
	taken map[string]bool // directories of this run
	err   error
}

// New makes the directory. The error says what is wrong with it.
func New(cfg Config) (*Sink, error) {
	if err := os.MkdirAll(cfg.Dir, 0o777); err != nil {
		return nil, fmt.Errorf("the directory %s cannot be made: %s", cfg.Dir, luaapi.FileProblem(err))
	}
	s := &Sink{cfg: cfg, run: report.NewRun(report.Options{}), jobs: map[event.Key]*runner.Job{}, taken: map[string]bool{}}
	for _, j := range cfg.Plan.Jobs {
		s.jobs[j.Key] = j
	}
	return s, nil
}

// Event implements event.Sink.
func (s *Sink) Event(e event.Event) {
	res := s.run.Event(e)
	if res == nil || s.err != nil {
		return
	}
	told := res.Told()
	if o := told.Finish.Outcome; o != event.Failed && o != event.Error {
		return
	}
	s.err = s.write(res, told)
}

// Close implements event.Sink.
func (s *Sink) Close() error {
	if s.err != nil {
		return fmt.Errorf("--artifacts %s: %w", s.cfg.Dir, s.err)
	}
	return nil
}

// Count is the number of failures that were written.
func (s *Sink) Count() int { return len(s.taken) }

// write makes the directory of a failure, and puts its three files into it. What else may be there is not ours, and stays.
func (s *Sink) write(res *report.Result, a *report.Attempt) error {
	dir := filepath.Join(s.cfg.Dir, s.name(a.Key))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("%s cannot be made: %s", dir, luaapi.FileProblem(err))
	}
	transcript, err := transcriptJSON(a)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"transcript.txt":  []byte(report.Text(res)),
		"transcript.json": transcript,
		"repro.lua":       s.repro(a),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return fmt.Errorf("%s cannot be written: %s", filepath.Join(dir, name), luaapi.FileProblem(err))
		}
	}
	return nil
}

// maxName bounds the name of a directory: file systems have 255 octets for one.
const maxName = 120

// name is the directory of a scenario: its file and its name, as far as they are fit for one.
func (s *Sink) name(k event.Key) string {
	words := []string{strings.TrimSuffix(filepath.Base(k.File), ".lua"), k.Name}
	if words[0] == words[1] {
		words = words[1:] // a plain script
	}
	if s.targets() > 1 {
		words = append(words, k.Target)
	}
	if k.Repetition > 1 {
		words = append(words, fmt.Sprint(k.Repetition))
	}
	for i := range words {
		words[i] = slug(words[i])
	}
	base := strings.Trim(strings.Join(words, "-"), "-")
	if base = base[:min(len(base), maxName)]; base == "" {
		base = "scenario" // it has no letter that a name is made of
	}
	name := base
	for n := 2; s.taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	s.taken[name] = true
	return name
}

func (s *Sink) targets() int {
	if s.run.Start == nil {
		return 1
	}
	return len(s.run.Start.Targets)
}

// slug is text in lower case letters, digits and hyphens.
func slug(text string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// transcriptJSON is the finish of an attempt with its wire and log events, in an array: the same objects as in a jsonl report.
func transcriptJSON(a *report.Attempt) ([]byte, error) {
	b := []byte("[\n")
	events := []event.Event{}
	for _, w := range a.Wires {
		events = append(events, w)
	}
	for _, l := range a.Logs {
		events = append(events, l)
	}
	events = append(events, a.Finish)
	for i, e := range events {
		var err error
		if b, err = event.AppendJSON(b, e); err != nil {
			return nil, err
		}
		if i < len(events)-1 {
			b = append(b[:len(b)-1], ",\n"...)
		}
	}
	return append(b, "]\n"...), nil
}

// repro is the script that shows a failure again: the conversation alone where that is what failed, else the scenario with all that it needs.
func (s *Sink) repro(a *report.Attempt) []byte {
	f := a.Finish
	first := &event.Failure{Kind: "lua", Message: "it failed"}
	if len(f.Failures) > 0 {
		first = &f.Failures[0]
	}
	var b bytes.Buffer
	for _, line := range s.head(a, first) {
		fmt.Fprintln(&b, strings.TrimRight("-- "+event.Safe(line), " "))
	}
	mark, err := luaapi.Reproduction{Kind: first.Kind, Message: first.Message, Want: first.Want, Got: first.Got}.Comment()
	if err == nil {
		b.WriteString(mark + "\n\n")
	}
	body, err := s.conversation(a, first)
	if body == nil && err == nil {
		body, err = s.bundle(a.Key)
	}
	if err != nil {
		comment := strings.ReplaceAll(fmt.Sprintf("this cannot be written as a script of its own: %v", err), "\n", " ")
		body = fmt.Appendf(nil, "-- %s\nskip(%q)\n", comment, "it cannot be shown by one script: run the scenario itself")
	}
	b.Write(body)
	return b.Bytes()
}

func (s *Sink) head(a *report.Attempt, first *event.Failure) []string {
	f := a.Finish
	lines := []string{fmt.Sprintf("%s, %s:%d, failed on %s.", f.Name, f.File, f.Line, a.Finish.Time.UTC().Format(time.RFC3339)), ""}
	if f.Address != "" {
		lines = append(lines, "server  "+f.Address)
	}
	if greeting := said(a.Wires); greeting != "" {
		lines = append(lines, "said    "+greeting)
	}
	lines = append(lines, "failed  "+first.Message)
	if first.Want != "" {
		lines = append(lines, "want    "+oneLine(first.Want), "got     "+oneLine(first.Got))
	}
	if j := s.jobs[a.Key]; j != nil {
		lines = append(lines, "run     "+s.cfg.Rerun.Command(j.Target, "repro.lua"))
	}
	return append(lines, "by      smtpspec "+s.cfg.Tool, "")
}

// said is the first line that the server said: it mostly tells which one it is.
func said(wires []*event.Wire) string {
	for _, w := range wires {
		if w.Dir == event.In {
			return oneLine(string(w.Data))
		}
	}
	return ""
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// conversation is nil where the conversation alone does not show the failure.
func (s *Sink) conversation(a *report.Attempt, first *event.Failure) ([]byte, error) {
	steps, ok := told(a.Wires, first)
	if !ok {
		return nil, nil
	}
	file := script.File{Scenarios: []script.Scenario{{Name: a.Key.Name, Steps: steps, Plain: true}}, Secrets: s.cfg.Secrets}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s *Sink) bundle(key event.Key) ([]byte, error) {
	j := s.jobs[key]
	if j == nil {
		return nil, fmt.Errorf("the scenario is not in the plan")
	}
	text, err := j.Decl.Bundle(s.cfg.Vars, s.cfg.Secrets)
	return []byte(text), err
}
