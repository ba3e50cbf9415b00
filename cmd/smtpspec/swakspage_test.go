package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/from-swaks.md is what TestSwaks reads: each row of its tables is an example for swaks and the same here.

// swaksRow is a row.
type swaksRow struct {
	line    int
	options []string // of swaks, as its --help has them
	swaks   string   // arguments of swaks; "" where nothing goes over a connection
	here    []string // flags of send, where it begins with a dash, or Lua
	server  string   // what the server does, in the table of what swaks does wrong
	remark  string
	wrong   bool // swaks does it wrong
}

// The marks of rows that are not compared, or compared with testdata in place of swaks.
const (
	markScreen = "**Screen.**"
	markNone   = "**Not here.**"
	markWrong  = "**Wrong:**"
)

var codeSpan = regexp.MustCompile("`([^`]+)`")

func codeSpans(cell string) (out []string) {
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		out = append(out, strings.ReplaceAll(m[1], `\|`, "|"))
	}
	return out
}

var cellEnd = regexp.MustCompile(`([^\\])\|`)

// swaksRows reads the tables whose second column is swaks.
func swaksRows(t *testing.T, page string) (rows []swaksRow) {
	t.Helper()
	head := ""
	for i, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "|") {
			head = ""
			continue
		}
		cells := strings.Split(cellEnd.ReplaceAllString(line[1:], "$1\x00"), "\x00")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		if head == "" {
			head = strings.Join(cells, "|")
			continue
		}
		if strings.HasPrefix(cells[0], "---") {
			continue
		}
		row := swaksRow{line: i + 1}
		switch {
		case head == "option|swaks|here||" && len(cells) == 5:
			row.options, row.remark = codeSpans(cells[0]), cells[3]
		case head == "swaks|here|a server that|what is wrong|" && len(cells) == 5:
			cells = []string{"", cells[0], cells[1], cells[3], cells[2]}
			row.remark, row.server, row.wrong = cells[3], cells[4], true
		case strings.Contains(head, "swaks"):
			t.Errorf("line %d: a row of %d cells under %q", i+1, len(cells), head)
			continue
		default:
			continue
		}
		row.swaks, row.here = strings.Join(codeSpans(cells[1]), " "), codeSpans(cells[2])
		row.wrong = row.wrong || strings.HasPrefix(row.remark, markWrong)
		rows = append(rows, row)
	}
	if len(rows) < 100 {
		t.Errorf("the page has %d rows", len(rows))
	}
	return rows
}

var (
	swaksOption  = regexp.MustCompile(`^-{1,2}[A-Za-z0-9][A-Za-z0-9-]*$`)
	angleWord    = regexp.MustCompile(`<[^>]*>`)
	optionMargin = regexp.MustCompile(`^( {7}| {11})-`)
)

// swaksOptions are the options that its --help has, by all their names.
func swaksOptions(help string) (names []string) {
	for line := range strings.SplitSeq(help, "\n") {
		if !optionMargin.MatchString(line) {
			continue
		}
		text, _, _ := strings.Cut(angleWord.ReplaceAllString(strings.TrimSpace(line), ""), " [")
		text, _, _ = strings.Cut(text, "  ") // before its description
		var found []string
		for name := range strings.SplitSeq(text, ",") {
			found = append(found, strings.TrimSpace(name))
		}
		if !slices.ContainsFunc(found, func(n string) bool { return !swaksOption.MatchString(n) }) { // a sentence, otherwise
			names = append(names, found...)
		}
	}
	return names
}

// problem tells what a row lacks: each is compared, or says by a mark why not.
func (r *swaksRow) problem() string {
	marked := strings.HasPrefix(r.remark, markScreen) || strings.HasPrefix(r.remark, markNone)
	switch {
	case len(r.options) == 0 && r.server == "":
		return "names no option"
	case marked && (r.swaks != "" || len(r.remark) < len(markNone)+10):
		return "is marked and has an example, or gives no reason"
	case !marked && (r.swaks == "" || len(r.here) == 0):
		return "has neither an example nor a mark"
	case r.wrong && len(r.remark) < 8:
		return "does not say what is wrong"
	}
	return ""
}

// The lines of the conversation that each example stands in, by what they call.
var swaksPhases = []string{"smtp.connect", "c:expect(220)", "c:ehlo c:helo", "c:auth c:xclient c:starttls AUTH XCLIENT", "c:mail c:deliver MAIL", "c:rcpt RCPT",
	"c:data DATA", "c:quit c:close QUIT"}

// phaseOf is the phase of a call, -1 for one that has none.
func phaseOf(call string) int {
	call = strings.TrimPrefix(call, `c:send("`)
	return slices.IndexFunc(swaksPhases, func(p string) bool { return slices.Contains(strings.Fields(p), call) })
}

var luaCall = regexp.MustCompile(`smtp\.connect|c:expect\(220\)|c:send\("[A-Z]+|c:[a-z_]+`)

// place puts an example into the conversation: it takes the place of the lines from the phase of its first call to the last phase that
// it calls.
func place(conversation, example string) (string, error) {
	first, last := -1, -1
	for _, call := range luaCall.FindAllString(example, -1) {
		if p := phaseOf(call); p >= 0 {
			if first < 0 {
				first = p
			}
			last = max(last, p)
		}
		if call == "c:deliver" {
			last = phaseOf("c:data")
		}
	}
	if first < 0 {
		return "", fmt.Errorf("no call of the conversation is in %s", example)
	}
	var out []string
	put := false
	for line := range strings.Lines(conversation) {
		call := luaCall.FindString(line)
		p := phaseOf(call)
		if call == "" { // the message, before all
			p = -1
		}
		if p >= first && !put {
			put = true
			if first == 0 {
				example = "local c = " + example
			}
			out = append(out, example+"\n")
		}
		if p < first || p > last {
			out = append(out, line)
		}
	}
	return strings.Join(out, ""), nil
}

// What the test of the page stands on is tested: it must be able to fail.
func TestPlace(t *testing.T) {
	const conversation = "local message = 1\nlocal c = smtp.connect()\nc:expect(220)\nc:ehlo(\"x\")\nc:mail(\"a\")\nc:rcpt(\"b\")\nc:data(message)\nc:quit()\n"
	for example, want := range map[string]string{
		`smtp.connect { port = 1 }`:       "local message = 1\nlocal c = smtp.connect { port = 1 }\nc:expect(220)\nc:ehlo(\"x\")\nc:mail(\"a\")\nc:rcpt(\"b\")\nc:data(message)\nc:quit()\n",
		`c:starttls() c:ehlo("x")`:        "local message = 1\nlocal c = smtp.connect()\nc:expect(220)\nc:ehlo(\"x\")\nc:starttls() c:ehlo(\"x\")\nc:mail(\"a\")\nc:rcpt(\"b\")\nc:data(message)\nc:quit()\n",
		`c:mail("c") c:quit()`:            "local message = 1\nlocal c = smtp.connect()\nc:expect(220)\nc:ehlo(\"x\")\nc:mail(\"c\") c:quit()\n",
		`c:deliver { message = message }`: "local message = 1\nlocal c = smtp.connect()\nc:expect(220)\nc:ehlo(\"x\")\nc:deliver { message = message }\nc:quit()\n",
	} {
		if got, err := place(conversation, example); err != nil || got != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", example, err, got, want)
		}
	}
	if _, err := place(conversation, "log(1)"); err == nil {
		t.Error("an example without a call has a place")
	}
	rows := swaksRows(new(testing.T), "| option | swaks | here | |\n|---|---|---|---|\n| `-x`, `--y` | `-x 1` | `--z`, `c:quit()` | |\n| `-w` | | | |\n")
	if len(rows) != 2 || rows[0].problem() != "" || len(rows[0].here) != 2 || rows[1].problem() == "" {
		t.Errorf("%+v", rows)
	}
}

// What stands for a statement of another tool is Lua that smtpspec check takes.
func TestOtherTools(t *testing.T) {
	_, section, ok := strings.Cut(readPage(t, "docs/from-swaks.md"), "\n## From other tools\n")
	dir := t.TempDir()
	t.Chdir(dir)
	count := 0
	for line := range strings.SplitSeq(section, "\n") {
		cells := strings.Split(cellEnd.ReplaceAllString(line, "$1\x00"), "\x00")
		if !strings.HasPrefix(line, "|") || len(cells) < 3 {
			continue
		}
		for _, example := range codeSpans(cells[1]) {
			if !strings.ContainsAny(example, "({") {
				continue // a flag, or a target
			}
			count++
			write(t, "row.lua", "local c = smtp.connect()\nc:expect(220)\n"+strings.TrimPrefix(example, "local d = ")+"\n")
			if code, out := (&reader{t: t, dir: dir}).smtpspec("check", "row.lua"); code != 0 {
				t.Errorf("%s:\n%s", example, out)
			}
		}
	}
	if !ok || count < 30 {
		t.Errorf("%d examples", count)
	}
}
