package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// matrix collects results and writes them when the run is over: requirement by server.
type matrix struct {
	w    io.Writer
	o    Options
	run  *Run
	text text

	servers []*matrixServer
	rows    map[string]*matrixRow
	order   map[string]int // of the plan
}

// matrixServer is a column.
type matrixServer struct {
	Target   string           `json:"target"`
	Greeting string           `json:"greeting,omitempty"` // what it said first, which tells its name and version
	Counts   [numVerdicts]int `json:"-"`
}

// matrixRow is a requirement.
type matrixRow struct {
	ID    string                 `json:"id,omitempty"`
	Name  string                 `json:"name"`
	Level string                 `json:"level"`
	Refs  []string               `json:"refs"`
	Cells map[string]*matrixCell `json:"cells"` // by target

	group string
	place int
}

// matrixCell is what one server made of one requirement.
type matrixCell struct {
	Outcome event.Outcome `json:"outcome"`
	Policy  bool          `json:"inconclusive,omitempty"`
	Reason  string        `json:"reason,omitempty"` // of a skip
	Message string        `json:"message,omitempty"`
	Want    string        `json:"want,omitempty"`
	Got     string        `json:"got,omitempty"`

	block []string // the whole of it, with the transcript
}

// matrixGroup is the requirements of an RFC, or of a suite.
type matrixGroup struct {
	Name string       `json:"name"`
	Rows []*matrixRow `json:"requirements"`
}

// Matrix writes what each server made of each requirement, as a page of HTML, as JSON or as Markdown: Options.Extension says which.
func Matrix(w io.Writer, o Options) event.Sink {
	keep := o
	keep.Verbose = true
	return &matrix{w: w, o: o, run: NewRun(keep), text: text{full: o.FullTranscript}, rows: map[string]*matrixRow{}, order: map[string]int{}}
}

func (m *matrix) Event(e event.Event) {
	res := m.run.Event(e)
	if p, ok := e.(*event.Plan); ok {
		for _, s := range p.Scenarios {
			key := s.Key.File + " " + s.Key.Name
			if _, known := m.order[key]; !known {
				m.order[key] = len(m.order)
			}
		}
	}
	if res != nil {
		m.add(res)
	}
}

func (m *matrix) add(res *Result) {
	f := res.Finish
	id := cmp.Or(f.ID, f.File+" "+f.Name)
	row := m.rows[id]
	if row == nil {
		row = &matrixRow{ID: f.ID, Name: f.Name, Level: f.Level, Refs: f.Refs, Cells: map[string]*matrixCell{}, group: groupOf(f), place: m.order[f.File+" "+f.Name]}
		m.rows[id] = row
	}
	c := &matrixCell{Outcome: f.Outcome, Policy: f.Policy, Reason: f.Reason, block: m.text.block(res)}
	if told := tellingFailure(f); told != nil {
		c.Message, c.Want, c.Got = told.Message, told.Want, told.Got
	}
	row.Cells[f.Target] = c
	s := m.server(f.Target)
	s.Counts[cellVerdict(c)]++
	if s.Greeting == "" {
		s.Greeting = greetingOf(res.Wires)
	}
}

// tellingFailure is the failure, or the warning, that says why.
func tellingFailure(f *event.ScenarioFinish) *event.Failure {
	if f.Failure != nil {
		return f.Failure
	}
	if len(f.Warnings) > 0 {
		return &f.Warnings[0]
	}
	return nil
}

func (m *matrix) server(target string) *matrixServer {
	for _, s := range m.servers {
		if s.Target == target {
			return s
		}
	}
	s := &matrixServer{Target: target}
	m.servers = append(m.servers, s)
	return s
}

// groupOf is the RFC that a requirement is of, by its first reference, or else its suite or file.
func groupOf(f *event.ScenarioFinish) string {
	if len(f.Refs) > 0 {
		if words := strings.Fields(f.Refs[0]); len(words) > 1 && words[0] == "RFC" {
			return "RFC " + words[1]
		}
	}
	return cmp.Or(f.Suite, f.File)
}

func greetingOf(wires []*event.Wire) string {
	for _, w := range wires {
		if w.Dir == event.In {
			text, _, _ := strings.Cut(string(w.Data), "\r\n")
			return strings.TrimLeft(strings.TrimPrefix(text, "220"), " -")
		}
	}
	return ""
}

// verdictKind is what a cell shows.
type verdictKind int

const (
	vFailed verdictKind = iota
	vWarned
	vError
	vKnown
	vPassed
	vInconclusive
	vSkipped
	numVerdicts
)

// verdicts are the words of the kinds, a sign for each, and what it is in CSS.
var verdicts = [numVerdicts]struct{ word, sign string }{
	{"failed", "✗"}, {"warned", "!"}, {"error", "E"}, {"known", "k"}, {"passed", "✓"}, {"inconclusive", "?"}, {"skipped", "–"},
}

func cellVerdict(c *matrixCell) verdictKind {
	switch c.Outcome {
	case event.Failed:
		return vFailed
	case event.Warned:
		return vWarned
	case event.Error:
		return vError
	case event.Known:
		return vKnown
	case event.Passed:
		return vPassed
	}
	if c.Policy {
		return vInconclusive
	}
	return vSkipped
}

// groups are the rows in order.
func (m *matrix) groups() []*matrixGroup {
	rows := make([]*matrixRow, 0, len(m.rows))
	for _, r := range m.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *matrixRow) int { return cmp.Or(a.place-b.place, strings.Compare(a.ID+a.Name, b.ID+b.Name)) })
	var groups []*matrixGroup
	for _, r := range rows {
		i := slices.IndexFunc(groups, func(g *matrixGroup) bool { return g.Name == r.group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &matrixGroup{Name: r.group})
		}
		groups[i].Rows = append(groups[i].Rows, r)
	}
	return groups
}

// Close writes the matrix.
func (m *matrix) Close() error {
	slices.SortFunc(m.servers, func(a, b *matrixServer) int { return strings.Compare(a.Target, b.Target) })
	text := ""
	switch m.o.Extension {
	case ".html", ".htm":
		text = m.html()
	case ".json":
		b, err := json.MarshalIndent(map[string]any{"servers": m.servers, "groups": m.groups()}, "", "  ")
		if err != nil {
			return err
		}
		text = string(b) + "\n"
	default:
		text = m.markdown()
	}
	_, err := io.WriteString(m.w, text)
	return err
}

// markdown is a table for each group.
func (m *matrix) markdown() string {
	var b strings.Builder
	b.WriteString("# Requirements by server\n\n| server | greeting |")
	for _, v := range verdicts {
		fmt.Fprintf(&b, " %s %s |", v.sign, v.word)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", int(numVerdicts)) + "\n")
	for _, s := range m.servers {
		fmt.Fprintf(&b, "| %s | %s |", mdText(s.Target), mdText(s.Greeting))
		for _, n := range s.Counts {
			fmt.Fprintf(&b, " %d |", n)
		}
		b.WriteByte('\n')
	}
	for _, g := range m.groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| requirement | level |", mdText(g.Name))
		for _, s := range m.servers {
			b.WriteString(" " + mdText(s.Target) + " |")
		}
		b.WriteString("\n|---|---|" + strings.Repeat("---|", len(m.servers)) + "\n")
		for _, r := range g.Rows {
			fmt.Fprintf(&b, "| %s | %s |", mdText(strings.TrimSpace(r.ID+" "+r.Name)), r.Level)
			for _, s := range m.servers {
				sign := " "
				if c := r.Cells[s.Target]; c != nil {
					sign = verdicts[cellVerdict(c)].sign
				}
				b.WriteString(" " + sign + " |")
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// mdText keeps text from being taken for Markdown or HTML.
func mdText(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`).Replace(event.Safe(s))
}
