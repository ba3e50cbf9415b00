package luaapi

import (
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/bind"
)

func reference(t *testing.T) *bind.Reference {
	t.Helper()
	ref, err := New().Reference()
	if err != nil {
		t.Fatalf("luaapi/reference.txt: %s", err)
	}
	return ref
}

// Whatever a script can name is in the reference, in the terminal's and the page's, and in the definitions for editors; coverage_test.go
// holds the same names against the tests.
func TestReferenceHasEverything(t *testing.T) {
	lang, ref := New(), reference(t)
	page := ref.Markdown("smtpspec")
	overview := ref.Overview(bind.TextOptions{Width: 80})
	stubs := ref.Stubs("smtpspec.lua", "by the test")[0].Content
	for name := range everyName(lang) {
		if name == "assert.assert" {
			name = "assert"
		}
		found := ref.Find(strings.TrimSuffix(strings.Replace(name, "{", ".", 1), "=}"))
		if len(found.Entries) == 0 && found.Text == "" {
			t.Errorf("doc does not know %s", name)
		}
		last := name[strings.LastIndexAny(strings.TrimSuffix(name, "=}"), ".:{")+1:]
		last = regexp.QuoteMeta(strings.TrimSuffix(last, "=}"))
		if !regexp.MustCompile(`\b` + last + `\b`).MatchString(page) {
			t.Errorf("the page does not have %s", name)
		}
		if strings.HasSuffix(found.Text, notBuilt) {
			if !strings.Contains(overview, name) {
				t.Errorf("the overview does not have %s", name)
			}
			continue
		}
		if !regexp.MustCompile(`(?m)^(---@field (\[")?|function ([\w.]+[.:])?|---@overload fun.*\n)` + last + `\b`).MatchString(stubs) {
			t.Errorf("the stubs do not have %s", name)
		}
	}
}

// Nothing in the reference goes without a meaning.
func TestReferenceIsWhole(t *testing.T) {
	ref := reference(t)
	ref.Each(func(e *bind.Entry) {
		if e.Doc == "" {
			t.Errorf("%s has no documentation", e.Name)
		}
		for _, p := range e.Params {
			if p.Doc == "" {
				t.Errorf("luaapi/reference.txt does not say what the parameter %s of %s means", p.Name, e.Name)
			}
		}
		if e.Kind == bind.KindOption && e.Default == "" && e.Name != "smtp.ConnectOptions.proxy" && e.Name != "smtp.ConnectOptions.tls_options" {
			t.Errorf("%s does not say what holds where it is not given", e.Name)
		}
		if text := ref.Text(e, bind.TextOptions{Width: 80}); !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(e.Doc), " ")) {
			t.Errorf("the text of %s is\n%s", e.Name, text)
		}
	})
}

// What Lua has is told from what it lacks here, and both from what does not exist.
func TestReferenceFind(t *testing.T) {
	ref := reference(t)
	for _, c := range []struct{ name, want string }{
		{"smtp.connect", "smtp.connect"},
		{"smtp", "smtp"},
		{"Conn", "smtp.Conn"},
		{"c:expect", "smtp.Conn:expect"},
		{"c.expect", "smtp.Conn:expect"},
		{"Conn:expect", "smtp.Conn:expect"},
		{"SMTP.CONN:EXPECT()", "smtp.Conn:expect"},
		{"reply.enhanced", "smtp.Reply.enhanced"},
		{"base64.encode", "codec.base64.encode"},
		{"assert", "assert assert()"},
		{"target", "target target()"},
		{"valid_rcpt", "target.valid_rcpt"},
		{"smtp.ConnectOptions", "smtp.ConnectOptions"},
		{"reply_timeout", "several: smtp.ConnectOptions.reply_timeout Config.reply_timeout"},
		{"known_issue", "several: SuiteOptions.known_issue ScenarioOptions.known_issue"},
		{"scenario", "scenario"},
		{"env", "env"},
		{"string.format", "string.format is Lua 5.1's"},
		{"pairs", "pairs is Lua 5.1's"},
		{"table", "table is Lua 5.1's library"},
		{"io", "io is not there for scenarios"},
		{"os.execute", "os.execute is not there for scenarios"},
		{"smtp.conect", "near smtp.connect"},
		{"string.fromat", "near string.format"},
		{"zzzqqq", "near "},
		{"", "near "},
	} {
		if got := foundWords(ref.Find(c.name)); !strings.HasPrefix(got, c.want) || got != c.want && !strings.Contains(c.want, " is ") {
			t.Errorf("%q finds %q, want %q", c.name, got, c.want)
		}
	}
}

// foundWords puts what was found into one line.
func foundWords(f bind.Found) string {
	var names []string
	for _, e := range f.Entries {
		names = append(names, e.Name)
	}
	switch all := strings.Join(names, " "); {
	case f.Text != "":
		return f.Text
	case f.Several:
		return "several: " + all
	case all != "":
		return all
	}
	return "near " + f.Near
}
