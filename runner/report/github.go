package report

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// githubMarks is how many annotations of a level GitHub takes from one step of a job; what is over it is lost in silence.
const githubMarks = 10

// GitHubStep is what the github format knows of the workflow step that it runs in.
type GitHubStep struct {
	Root string // where the repository is checked out; "" takes paths as they are
	Dir  string // what the paths of scenario files are relative to

	// Summary opens the step's job summary to add to it, and gives the bytes that it has already. Nil: there is none.
	Summary func() (file io.WriteCloser, size int64, err error)
}

type github struct {
	w        io.Writer
	o        Options
	run      *Run
	text     text
	groups   groups
	errors   marks
	warnings marks
	summary  summary
}

// marks are annotations of one level: the first of each cause, and then others, as far as there is room.
type marks struct {
	first, others []Annotation
	count         int
}

// GitHub writes for GitHub Actions: annotations at the lines that are at fault and, where the step has one, the job
// summary. Both have limits, so causes come before repetitions, and what is left out is counted. Everything is written by
// Close.
func GitHub(w io.Writer, o Options) event.Sink {
	return &github{w: w, o: o, run: NewRun(o), text: text{full: o.FullTranscript}}
}

func (g *github) Event(e event.Event) {
	res := g.run.Event(e)
	if _, isPlan := e.(*event.Plan); isPlan {
		g.text.targets, g.text.repeats = g.run.Targets() > 1, g.run.Repeats()
	}
	if res != nil && isTrouble(res) {
		g.trouble(res)
	}
}

func (g *github) trouble(res *Result) {
	gr, first := g.groups.add(res, g.text)
	to := &g.errors
	if g.warns(res) {
		to = &g.warnings
	}
	to.count++
	list := &to.others
	if first {
		list = &to.first
		g.summary.add(res, gr, g.text, to == &g.warnings)
	}
	if len(*list) < githubMarks {
		*list = append(*list, g.annotation(res))
	}
}

// warns reports whether the trouble is not one that makes the run fail.
func (g *github) warns(res *Result) bool {
	return res.Flaky() || res.Finish.Outcome == event.Warned && !g.o.Strict
}

func (g *github) annotation(res *Result) Annotation {
	at := event.Position{File: res.Key.File, Line: res.Line}
	faults := faultsOf(res.Told())
	if len(faults) > 0 && faults[0].Position.File != "" {
		at = faults[0].Position
	}
	a := Annotation{Level: "error", File: g.path(at.File), Line: at.Line, Column: at.Column,
		Title: joinSome(" ", text{}.word(res), event.Safe(res.Key.Name)+g.text.which(res.Key))}
	if g.warns(res) {
		a.Level = "warning"
	}
	lines := []string{placeOf(at)}
	for _, f := range faults {
		lines = append(lines, text{width: 1}.verdict(f)...) // nothing stands at a right edge, which a browser would not keep
	}
	if f := res.Told().Finish; f.Rerun != "" {
		lines = append(lines, indent+"rerun "+event.Safe(f.Rerun))
	}
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], indent)
	}
	a.Message = strings.Join(lines, "\n")
	return a
}

// path is how GitHub names a file: from the top of the repository, with slashes. A file that lies elsewhere has no name
// there.
func (g *github) path(file string) string {
	at := g.o.GitHub
	if at.Root == "" {
		return filepath.ToSlash(file)
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(at.Dir, file)
	}
	rel, err := filepath.Rel(at.Root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// Close writes the annotations and the summary, and returns the first error of either.
func (g *github) Close() error {
	for _, res := range g.run.Unfinished() {
		g.errors.count++
		g.errors.first = append(g.errors.first, Annotation{Level: "error", File: g.path(res.Key.File), Line: res.Line,
			Title: "ERROR " + event.Safe(res.Key.Name) + g.text.which(res.Key), Message: "it did not finish"})
	}
	var out []Annotation
	if reason := g.ending(); reason != "" {
		out = append(out, Annotation{Level: "error", Title: "smtpspec", Message: reason})
	}
	shown := min(g.errors.count, githubMarks-len(out))
	out = append(out, g.errors.upTo(shown)...)
	warned := min(g.warnings.count, githubMarks)
	out = append(out, g.warnings.upTo(warned)...)
	if missing := notMarked(g.errors.count-shown, g.warnings.count-warned); missing != "" {
		out = append(out, Annotation{Level: "notice", Title: "smtpspec", Message: missing})
	}
	var b strings.Builder
	for _, a := range out {
		b.WriteString(a.String() + "\n")
	}
	_, err := io.WriteString(g.w, b.String())
	if serr := g.writeSummary(); err == nil {
		err = serr
	}
	return err
}

// upTo gives the n annotations that tell most.
func (m *marks) upTo(n int) []Annotation {
	all := append(m.first[:len(m.first):len(m.first)], m.others...)
	return all[:min(n, len(all))]
}

// ending is why the run fails, where no scenario's annotation says it.
func (g *github) ending() string {
	f := g.run.Finish
	if f != nil && (f.ExitCode == 0 || f.ExitCode == 4) && f.Counts.Total == g.run.Counts.Total {
		return ""
	}
	if f != nil && f.ExitCode == 1 && g.errors.count > 0 && f.Reason == "" {
		return ""
	}
	return strings.Join(verdictOf(g.run), "\n")
}

func notMarked(errors, warnings int) string {
	var parts []string
	if errors > 0 {
		parts = append(parts, count(int64(errors), "more failure"))
	}
	if warnings > 0 {
		parts = append(parts, count(int64(warnings), "more warning"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "not shown: " + strings.Join(parts, " and ") + ", for GitHub takes 10 errors and 10 warnings of a step; the log has them all"
}
