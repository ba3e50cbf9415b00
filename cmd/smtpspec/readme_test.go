package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

// The pages that people read are tests: every fenced block of them is run, and what it shows is what comes.
//
//   - A lua block runs as a scenario file on the demo server, and all of it has to pass. When its first line is a comment
//     with a file name it is only written, for the blocks below, one of which has to mention it.
//   - A console block has commands, after "$ ", each with its whole output, in which a line "…" stands for any lines.
//   - A comment before a lua block says what is special: <!-- exit 5: skipped --> is how its run ends, and
//     <!-- with c = smtp.session() --> what comes before its first line.
//   - Other blocks have no language.

// external are the commands that no test runs: .ci/run runs the two that README.md begins with, and the third needs
// what is published.
var external = []string{
	"go run ./cmd/smtpspec run scenarios/examples --target demo",
	"go test ./...",
	"go install github.com/smtpspec/smtpspec/cmd/smtpspec@latest",
}

const repository = "../.."

// pageZone is the world in which the pages ask for names.
const pageZone = `
example.org. MX 10 mx.example.org.
example.org. TXT "v=spf1 mx -all"
mx.example.org. A 192.0.2.1
1.2.0.192.in-addr.arpa. PTR mx.example.org.
_dmarc.example.org. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"
demo.test. MX 10 mx.demo.test.
mx.demo.test. A 127.0.0.1
1.0.0.127.in-addr.arpa. PTR mx.demo.test.
`

// pages are the documents, as paths from the repository.
func pages(t *testing.T) []string {
	t.Helper()
	docs, err := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"README.md"}
	for _, d := range docs {
		names = append(names, "docs/"+filepath.Base(d))
	}
	return names
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every block of every page does what the page says.
func TestPages(t *testing.T) {
	sources, err := filepath.Abs(filepath.Join(repository, "scenarios", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pages(t) {
		blocks := blocksOf(t, readPage(t, name))
		if len(blocks) == 0 && name != "docs/matrix.md" { // which .ci/picture makes
			t.Errorf("%s has no block that could be tried", name)
		}
		t.Run(path.Base(name), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "scenarios", "examples"), os.DirFS(sources)); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "telnet.lua"), readFile(t, filepath.Join(sources, "telnet.lua")))
			t.Chdir(dir)
			r := &reader{t: t, dir: dir, page: name, blocks: blocks, dns: resolvetest.Serve(t, pageZone).Address}
			if name == "docs/probing.md" {
				t.Setenv("SMTPSPEC_DNS", r.dns)
			}
			for i := range blocks {
				r.block(i)
			}
		})
	}
}

// block is a fenced block of a page.
type block struct {
	line    int // of its first line
	lang    string
	comment string // the HTML comment before it
	text    string
}

func blocksOf(t *testing.T, page string) []block {
	t.Helper()
	var out []block
	var open *block
	comment := ""
	for i, line := range strings.SplitAfter(page, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case open == nil && strings.HasPrefix(trimmed, "```"):
			open = &block{line: i + 2, lang: trimmed[3:], comment: comment}
			comment = ""
		case open != nil && trimmed == "```":
			out = append(out, *open)
			open = nil
		case open != nil:
			open.text += line
		case strings.HasPrefix(trimmed, "<!--"):
			comment = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(trimmed, "<!--"), "-->"))
		case trimmed != "":
			comment = ""
		}
	}
	if open != nil {
		t.Errorf("line %d: the block does not end", open.line)
	}
	return out
}

// reader does what a page says, in a directory of its own.
type reader struct {
	t      *testing.T
	dir    string
	page   string
	blocks []block
	code   int    // of the last command
	dns    string // the resolver of lua blocks
}

var (
	fileName   = regexp.MustCompile(`^-- ([\w/]+\.lua)\n`)
	exitRemark = regexp.MustCompile(`^exit (\d+): (\w+)$`)
)

func (r *reader) block(i int) {
	b := r.blocks[i]
	switch b.lang {
	case "lua":
		r.lua(i, b)
	case "console":
		r.console(b)
	case "":
		if name, ok := strings.CutPrefix(b.comment, "file "); ok {
			write(r.t, filepath.Join(r.dir, name), b.text)
			r.used(i, name)
		}
	default:
		r.t.Errorf("%s:%d: nothing tries a block of %s", r.page, b.line, b.lang)
	}
}

func (r *reader) lua(i int, b block) {
	r.t.Helper()
	if m := fileName.FindStringSubmatch(b.text); m != nil {
		write(r.t, filepath.Join(r.dir, filepath.FromSlash(m[1])), b.text)
		r.used(i, m[1])
		return
	}
	text, code, word := b.text, 0, "passed"
	with, isWith := strings.CutPrefix(b.comment, "with ")
	remark := exitRemark.FindStringSubmatch(b.comment)
	switch {
	case isWith:
		text = "local " + with + "; " + text
	case remark != nil:
		fmt.Sscan(remark[1], &code)
		word = remark[2]
	case b.comment != "":
		r.t.Errorf("%s:%d: nobody knows what <!-- %s --> means", r.page, b.line, b.comment)
	}
	name := fmt.Sprintf("line%d.lua", b.line)
	write(r.t, filepath.Join(r.dir, name), text)
	got, out := r.smtpspec("run", name, "--target", "demo", "--dns", r.dns)
	counts := lastCounts(out)
	if got != code || !regexp.MustCompile(`^\d+ `+word+`(?: \(\d+ inconclusive\))?  in `).MatchString(counts) {
		r.t.Errorf("%s:%d: exit code %d and %q, want %d and only %s:\n%s", r.page, b.line, got, counts, code, word, out)
	}
	if _, problems := r.smtpspec("check", name); !strings.Contains(problems, " 0 problems, 0 warnings") {
		r.t.Errorf("%s:%d: check says:\n%s", r.page, b.line, problems)
	}
}

// used requires that a file, whose block was only written, is what a later block needs.
func (r *reader) used(i int, name string) {
	if name == "smtpspec.lua" && i+1 < len(r.blocks) && strings.HasPrefix(r.blocks[i+1].text, "$ smtpspec ") {
		return // found without being named
	}
	module := strings.TrimSuffix(path.Base(name), ".lua")
	for _, later := range r.blocks[i+1:] {
		if later.lang == "console" && strings.Contains(later.text, " "+name) || strings.Contains(later.text, `require "`+module+`"`) {
			return
		}
	}
	r.t.Errorf("%s: %s is written, and no later block uses it", r.page, name)
}

func lastCounts(out string) string {
	last := ""
	for line := range strings.SplitSeq(out, "\n") {
		if strings.Contains(line, "  in ") {
			last = line
		}
	}
	return last
}

func (r *reader) console(b block) {
	r.t.Helper()
	parts := strings.Split("\n"+strings.TrimRight(b.text, "\n"), "\n$ ")
	if parts[0] != "" {
		r.t.Errorf("%s:%d: a console block begins with a command", r.page, b.line)
	}
	for _, part := range parts[1:] {
		command, want, _ := strings.Cut(part, "\n")
		got := ""
		words := shellWords(command)
		switch {
		case slices.Contains(external, command):
			if want != "" {
				r.t.Errorf("%s:%d: the output of %q is not tried", r.page, b.line, command)
			}
			continue
		case command == "echo $?":
			got = fmt.Sprintln(r.code)
		case words[0] == "smtpspec":
			r.code, got = r.smtpspec(words[1:]...)
		default:
			r.t.Errorf("%s:%d: %q is neither smtpspec nor a command that is known", r.page, b.line, command)
			continue
		}
		if !sameOutput(want, got) {
			r.t.Errorf("%s:%d: %s\nwrites\n%s\nwhere the page has\n%s", r.page, b.line, command, normal(got), normal(want))
		}
	}
}

// smtpspec runs the program in this process. What it writes to either stream comes back as one text, as on a terminal.
func (r *reader) smtpspec(args ...string) (int, string) {
	var out bytes.Buffer
	environment := map[string]string{"PROBE_PASSWORD": "a password for documents", "DEMO_PASSWORD": "demo-password-1"}
	e := &env{
		args: append([]string{"smtpspec"}, args...), stdin: strings.NewReader(""), stdout: &out, stderr: &out, dir: r.dir,
		getenv: func(name string) (string, bool) { v, ok := environment[name]; return v, ok },
		now:    time.Now,
		size:   func() (int, int) { return 0, 0 },
		signals: func() (soft, hard context.Context, code func() int) {
			return r.t.Context(), r.t.Context(), func() int { return 130 }
		},
	}
	return run(e), out.String()
}

var shellWord = regexp.MustCompile(`'[^']*'|[^' ]+`)

// shellWords splits a command as a shell does that knows single quotes alone.
func shellWords(command string) []string {
	var words []string
	for _, w := range shellWord.FindAllString(command, -1) {
		words = append(words, strings.Trim(w, "'"))
	}
	return words
}

// normal puts one word for what differs from run to run.
func normal(s string) string {
	for _, r := range []struct{ pattern, with string }{
		{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
		{`\bport \d{5}\b`, "port PORT"},
		{`seed \w+`, "seed SEED"},
		{`smtpspec [\w.+-]+: `, "smtpspec VERSION: "},
		{`after \d[\d.]* [mµ]?s\b`, "after TIME"},
		{`in \d+\.\ds\b`, "in TIME"},
		{`\b\d+\.\d{3}(s?)\b`, "0.000$1"},
		{`  +`, "  "},
		{`(?m) +$`, ""},
	} {
		s = regexp.MustCompile(r.pattern).ReplaceAllString(s, r.with)
	}
	return strings.TrimSpace(s)
}

// sameOutput compares output with what a page shows, where a line "…" stands for any lines.
func sameOutput(want, got string) bool {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for line := range strings.SplitSeq(normal(want), "\n") {
		if line == "…" {
			b.WriteString(`(?:.*?\n)??`)
			continue
		}
		b.WriteString(regexp.QuoteMeta(line) + `\n`)
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String()).MatchString(normal(got) + "\n")
}

// What the tests of pages stand on is tested: they must be able to fail.
func TestSameOutput(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"1 passed  in 0.3s", "1 passed  in 12.0s\n", true},
		{"1 passed  in 0.3s", "2 passed  in 0.3s\n", false},
		{"a\n…\nz", "a\nb\nc\nz\n", true},
		{"a\n…\nz", "a\nz\n", true},
		{"a\n…\nz", "a\nb\nc\n", false},
		{"…\nz", "a\nz\n", true},
		{"a\n…", "a\nb\n", true},
		{"a", "a\nb\n", false},
		{"     0.001 < 250 ok", "     0.317 < 250 ok\n", true},
		{"     0.001 < 250 ok", "     0.317 > 250 ok\n", false},
		{"", "a\n", false},
	} {
		if got := sameOutput(c.want, c.got); got != c.same {
			t.Errorf("%q and %q are the same: %v, want %v", c.want, c.got, got, c.same)
		}
	}
}

// README.md begins with the two commands that set everything up, and fits on a few screens.
func TestReadmeBegins(t *testing.T) {
	page := readPage(t, "README.md")
	first := blocksOf(t, page)[0]
	if want := "$ " + external[0] + "\n$ " + external[1] + "\n"; first.text != want || first.line > 15 {
		t.Errorf("README.md:%d begins with %q, want %q", first.line, first.text, want)
	}
	if n := strings.Count(page, "\n"); n >= 200 {
		t.Errorf("README.md has %d lines", n)
	}
}

var link = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)

// Every link to a file or a heading of ours leads there.
func TestLinks(t *testing.T) {
	for _, name := range append(pages(t), "CHANGELOG.md") {
		for _, m := range link.FindAllStringSubmatch(readPage(t, name), -1) {
			to, anchor := m[1], m[2]
			if strings.Contains(to, "://") {
				continue
			}
			file := name
			if to != "" {
				file = path.Join(path.Dir(name), to)
			}
			if _, err := os.Stat(filepath.Join(repository, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s links to %s: %v", name, to, err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readPage(t, file)), anchor) {
				t.Errorf("%s links to %s%s: there is no such heading", name, to, anchor)
			}
		}
	}
}

// anchors are the links that GitHub makes of headings.
func anchors(page string) []string {
	var out []string
	for line := range strings.SplitSeq(page, "\n") {
		if title, ok := strings.CutPrefix(line, "#"); ok {
			title = strings.ToLower(strings.TrimLeft(title, "# "))
			title = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(title, "")
			out = append(out, "#"+strings.ReplaceAll(title, " ", "-"))
		}
	}
	return out
}

// docs/configuration.md has every flag, and no other.
func TestFlagsAreDocumented(t *testing.T) {
	page := readPage(t, "docs/configuration.md")
	known := map[string]bool{}
	for _, cmd := range newApp(&env{}).Commands {
		page := page
		if cmd.Name == "send" { // it has a page of its own
			page = readPage(t, "docs/sending.md")
		}
		for _, f := range cmd.Flags {
			for _, name := range f.Names() {
				known[name] = true
				row := regexp.MustCompile(`(?m)^\|[^|]*` + "`-{1,2}" + name + `\b`)
				if !row.MatchString(page) && !strings.Contains(page, "`"+cmd.Name+" --"+name) {
					t.Errorf("--%s of %s is not in docs/configuration.md", name, cmd.Name)
				}
			}
			if v, ok := f.(cli.DocGenerationFlag); ok && v.TakesValue() && !strings.Contains(page, "`--"+f.Names()[0]+" ") && !strings.Contains(page, cmd.Name+" --"+f.Names()[0]+" ") {
				t.Errorf("--%s of %s takes a value, which docs/configuration.md does not say", f.Names()[0], cmd.Name)
			}
		}
	}
	for _, m := range regexp.MustCompile("`-{1,2}([a-z][a-z-]*)").FindAllStringSubmatch(page, -1) {
		if !known[m[1]] {
			t.Errorf("docs/configuration.md has --%s, which is no flag", m[1])
		}
	}
}

// docs/reports.md has every event with its fields, every kind of failure, every outcome and every exit code.
func TestReportsAreDocumented(t *testing.T) {
	page := readPage(t, "docs/reports.md")
	_, stream, _ := strings.Cut(page, "\n## jsonl\n")
	for _, e := range []event.Event{&event.RunStart{}, &event.Plan{}, &event.ScenarioStart{}, &event.Wire{}, &event.Log{}, &event.Expectation{},
		&event.ScenarioFinish{}, &event.RunFinish{}} {
		row := regexp.MustCompile("(?m)^\\| `" + e.Kind() + "` \\|.*$").FindString(stream)
		for _, field := range jsonFields(reflect.TypeOf(e).Elem()) {
			if field != "time" && !strings.Contains(row, "`"+field+"`") {
				t.Errorf("docs/reports.md does not have the field %s of %s", field, e.Kind())
			}
		}
	}
	for _, v := range []any{event.Failure{}, event.Key{}, event.Counts{}, event.Target{}, event.Planned{}, event.Position{}, event.SourceLine{}} {
		for _, field := range jsonFields(reflect.TypeOf(v)) {
			if !strings.Contains(page, "`"+field+"`") {
				t.Errorf("docs/reports.md does not have the field %s of %T", field, v)
			}
		}
	}
	for _, kind := range failureKinds(t) {
		if !regexp.MustCompile("(?m)^\\|[^|]*`" + kind + "`").MatchString(page) {
			t.Errorf("docs/reports.md does not have the kind %s", kind)
		}
	}
	for _, o := range []event.Outcome{event.Passed, event.Failed, event.Warned, event.Skipped, event.Known, event.Error} {
		if !strings.Contains(page, "\n| `"+string(o)+"` |") {
			t.Errorf("docs/reports.md does not have the outcome %s", o)
		}
	}
	for _, code := range []int{runner.ExitPassed, runner.ExitFailed, runner.ExitUsage, runner.ExitLoad, runner.ExitErrors, runner.ExitNothing,
		runner.ExitIncomplete, runner.ExitInternal, runner.ExitInterrupted, runner.ExitTerminated} {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\|[\d, ]*\b%d\b[\d, ]*\|`, code)).MatchString(page) {
			t.Errorf("docs/reports.md does not have the exit code %d", code)
		}
	}
}

// jsonFields are the names of a struct's fields in JSON.
func jsonFields(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

var kindLiteral = regexp.MustCompile(`Kind: +"([a-z-]+)"`)

// failureKinds finds the kinds that the sources give to failures.
func failureKinds(t *testing.T) []string {
	t.Helper()
	kinds := map[string]bool{}
	for _, pattern := range []string{"luaapi/*.go", "runner/*.go"} {
		files, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, m := range kindLiteral.FindAllStringSubmatch(readFile(t, f), -1) {
				kinds[m[1]] = true
			}
		}
	}
	if len(kinds) < 10 {
		t.Errorf("the sources have the kinds %v: more are expected", kinds)
	}
	var out []string
	for k := range kinds {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
