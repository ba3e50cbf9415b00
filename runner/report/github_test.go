package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner/event"
)

// stepFile is a job summary that has some bytes already.
type stepFile struct {
	bytes.Buffer
	size   int64
	closed int
}

func (f *stepFile) Close() error { f.closed++; return nil }

func (f *stepFile) open() (io.WriteCloser, int64, error) { return f, f.size, nil }

func TestStepSummaryGolden(t *testing.T) {
	f := &stepFile{}
	feed(t, "github", Options{GitHub: GitHubStep{Summary: f.open}}, recorded(t))
	golden(t, "github-summary.md", f.String())
	if f.closed != 1 {
		t.Errorf("closed %d times", f.closed)
	}
}

// ofAllKinds makes n failures and n warnings, each of a cause of its own, with much to say.
func ofAllKinds(n int, long string) []event.Event {
	var scenes []*scene
	for i := range n {
		f := event.Failure{Kind: "expectation", Level: "must", Want: strings.Repeat("x", i%100) + long, Got: "250 Ok", Hint: long, Position: at(fmt.Sprintf("bad%d.lua", i), 3)}
		scenes = append(scenes,
			&scene{ScenarioFinish: event.ScenarioFinish{File: f.Position.File, Line: 1, Name: "fails", Outcome: event.Failed, Failures: []event.Failure{f}}},
			&scene{ScenarioFinish: event.ScenarioFinish{File: f.Position.File, Line: 2, Name: "warns", Outcome: event.Warned, Warnings: []event.Failure{f}}})
	}
	return runOf(event.RunFinish{ExitCode: 1}, scenes...)
}

func TestGitHubLimits(t *testing.T) {
	const n, mebibyte = 5000, 1 << 20
	var b bytes.Buffer
	f := &stepFile{}
	sink := GitHub(&b, Options{GitHub: GitHubStep{Summary: f.open}}).(*github)
	for _, e := range ofAllKinds(n, strings.Repeat("long % ", 30)+strings.Repeat("\nline", 30)) {
		sink.Event(e)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 21 || strings.Count(got, "::error ") != 10 || strings.Count(got, "::warning ") != 10 {
		t.Fatalf("%d lines, %d errors, %d warnings", len(lines), strings.Count(got, "::error "), strings.Count(got, "::warning "))
	}
	for _, line := range lines {
		if len(line) > 32<<10 {
			t.Errorf("an annotation has %d bytes", len(line))
		}
	}
	if want := "::notice title=smtpspec::not shown: 4,990 more failures and 4,990 more warnings, for GitHub takes"; !strings.HasPrefix(lines[20], want) {
		t.Errorf("the last line is %s", lines[20])
	}
	if size := f.Len(); size >= mebibyte || size < mebibyte*9/10 {
		t.Errorf("an empty summary gets %d bytes", size)
	}
	for _, size := range []int{0, 1000, mebibyte / 2, mebibyte - 3000, mebibyte - 100, mebibyte, 3 * mebibyte} {
		page := sink.page(size)
		if len(page)+size >= mebibyte && page != "" {
			t.Errorf("%d bytes come to %d that are there", len(page), size)
		}
		checkPage(t, page, size, 2*n)
	}
}

var notShown = regexp.MustCompile(`\nNot shown: ([\d,]+) more causes, .*\n\z`)

// checkPage requires that the page is empty or has all counts, and that details and what is not shown add up.
func checkPage(t *testing.T, page string, size, causes int) {
	t.Helper()
	if page == "" {
		if size < 1<<20-3000 {
			t.Errorf("no summary where %d bytes are there", size)
		}
		return
	}
	details := strings.Count(page, "<details>")
	left := 0
	if m := notShown.FindStringSubmatch(page); m != nil {
		fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &left)
	}
	if details != strings.Count(page, "</details>") || details+left != causes || !strings.Contains(page, "| failed | 5,000 |\n") {
		t.Errorf("%d details and %d not shown, of %d, in %d bytes:\n%s", details, left, causes, len(page), tail(page))
	}
}

func TestGitHubTellsCausesBeforeRepetitions(t *testing.T) {
	events := many(30)
	other := event.Failure{Kind: "assertion", Message: "another cause", Position: at("z.lua", 1)}
	events = append(events, &scene{ScenarioFinish: event.ScenarioFinish{File: "z.lua", Line: 1, Name: "z", Outcome: event.Failed, Failures: []event.Failure{other}}})
	f := &stepFile{}
	got := feed(t, "github", Options{GitHub: GitHubStep{Summary: f.open}}, runOf(event.RunFinish{ExitCode: 1}, events...))
	if strings.Count(got, "::error ") != 10 || !strings.Contains(got, "::z.lua:1%0Aanother cause%0A") || !strings.Contains(got, "not shown: 21 more failures,") {
		t.Error(got)
	}
	if page := f.String(); strings.Count(page, "<details>") != 2 || !strings.Contains(page, "29 more failed the same way") {
		t.Error(page)
	}
}

func TestGitHubTellsHowTheRunEnded(t *testing.T) {
	good := passed("a.lua", 1, "a", "staging", 0)
	for _, c := range []struct {
		finish event.RunFinish
		want   string
	}{
		{event.RunFinish{}, ""},
		{event.RunFinish{ExitCode: 5, Reason: "every scenario was skipped"}, "::error title=smtpspec::exit code 5: every scenario was skipped\n"},
		{event.RunFinish{ExitCode: 1, Reason: "--fail-on-skip"}, "::error title=smtpspec::--fail-on-skip\n"},
	} {
		if got := feed(t, "github", Options{}, runOf(c.finish, good)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.finish, got, c.want)
		}
	}
	if got := feed(t, "github", Options{}, nil); !strings.Contains(got, "::error title=smtpspec::The run did not come to its end") {
		t.Error(got)
	}
}

// GitHub finds a file by its path from the top of the repository.
func TestGitHubPaths(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct{ dir, file, want string }{
		{"", "a.lua", "a.lua"},
		{"sub", "a.lua", "sub/a.lua"},
		{"sub", "../b/a.lua", "b/a.lua"},
		{"sub", filepath.Join(root, "..a", "a.lua"), "..a/a.lua"},
		{"", "../a.lua", ""},
		{"", filepath.Join(filepath.Dir(root), "a.lua"), ""},
	} {
		g := GitHub(nil, Options{GitHub: GitHubStep{Root: root, Dir: filepath.Join(root, c.dir)}}).(*github)
		if got := g.path(c.file); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.file, c.dir, got, c.want)
		}
	}
	if g := GitHub(nil, Options{}).(*github); g.path("x/../a.lua") != "x/../a.lua" {
		t.Error("without a repository a path stays as it is")
	}
}

func TestAnnotation(t *testing.T) {
	for _, c := range []struct {
		a    Annotation
		want string
	}{
		{Annotation{Level: "notice", Message: "a"}, "::notice::a"},
		{Annotation{Level: "error", File: "a,b:c%.lua", Line: 3, Column: 4, Title: "x: y,\n", Message: "1: 2, 3%\r\n4"},
			"::error file=a%2Cb%3Ac%25.lua,line=3,col=4,title=x%3A y%2C%0A::1: 2, 3%25%0D%0A4"},
		{Annotation{Level: "error", Line: 3, Message: "of no file"}, "::error::of no file"},
	} {
		if got := c.a.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if got := (Annotation{Message: strings.Repeat("é%", 60_000)}).String(); len(got) >= 64<<10 || !strings.HasSuffix(got, "…") || strings.Contains(got, "\ufffd") {
		t.Errorf("%d bytes, ending %q", len(got), got[len(got)-10:])
	}
}

// Text in the summary is neither Markdown nor HTML, nor a cell's end.
func TestMarkdown(t *testing.T) {
	if got, want := markdown("a|b `c` <d> &amp; [e](f) *g* é"), "a&#124;b &#96;c&#96; &#60;d&#62; &#38;amp&#59; &#91;e&#93;(f) &#42;g&#42; é"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	ticks := strings.Repeat("`", 40) + "\n</details>\n"
	f := event.Failure{Kind: "fail", Message: ticks, Position: at("a|b.lua", 1)}
	s := &scene{ScenarioFinish: event.ScenarioFinish{File: "a|b.lua", Name: "<b>" + ticks, Outcome: event.Failed, Failures: []event.Failure{f}}}
	skip := &scene{ScenarioFinish: event.ScenarioFinish{File: "c.lua", Name: "c", Outcome: event.Skipped, Reason: "a|b\n| <i>"}}
	file := &stepFile{}
	feed(t, "github", Options{GitHub: GitHubStep{Summary: file.open}}, runOf(event.RunFinish{ExitCode: 1}, s, skip))
	page := file.String()
	for _, want := range []string{
		"\n<details><summary>FAIL <code>a&#124;b.lua&#58;1</code> <code>&#60;b&#62;&#96;",
		"\n" + strings.Repeat("`", 41) + "text\n",
		"\n| 1 | a&#124;b&#92;n&#124; &#60;i&#62; |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if strings.Count(page, "\n</details>") != 1 {
		t.Errorf("the server's text ends the details:\n%s", page)
	}
}

func TestGitHubGivesBackTheSummarysError(t *testing.T) {
	for _, summary := range []func() (io.WriteCloser, int64, error){
		func() (io.WriteCloser, int64, error) { return nil, 0, errFull },
		func() (io.WriteCloser, int64, error) { return badFile{}, 0, nil },
	} {
		if err := GitHub(io.Discard, Options{GitHub: GitHubStep{Summary: summary}}).Close(); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
}

// badFile takes everything and fails when it is closed.
type badFile struct{}

func (badFile) Write(b []byte) (int, error) { return len(b), nil }
func (badFile) Close() error                { return errFull }

// The runner takes lines of a log for commands wherever they come from. Only annotations are meant to be some.
func TestTextIsNoWorkflowCommand(t *testing.T) {
	text := "::error::a\n  ::stop-commands::b\nc ##[add-mask]d ::e\n"
	f := event.Failure{Kind: "fail", Message: text, Want: text, Got: text, Hint: text, Position: at("a.lua", 1)}
	s := &scene{wire: []string{"0.001 1 <  " + text}, ScenarioFinish: event.ScenarioFinish{File: "a.lua", Name: text, Outcome: event.Failed, Notes: []string{text}, Failures: []event.Failure{f}}}
	command := regexp.MustCompile(`(?m)^\s*::|##\[`)
	for _, format := range []string{"list", "dot"} {
		events := runOf(event.RunFinish{ExitCode: 1}, s)
		got := feed(t, format, Options{Workflow: true}, events)
		if at := command.FindString(got); at != "" || !strings.Contains(got, `\x3a:error::a`) || !strings.Contains(got, `#\x23[add-mask]d ::e`) {
			t.Errorf("%s has %q in\n%s", format, at, got)
		}
		if plain := feed(t, format, Options{}, events); !command.MatchString(plain) {
			t.Errorf("%s has no command elsewhere: the test shows nothing", format)
		}
	}
}
