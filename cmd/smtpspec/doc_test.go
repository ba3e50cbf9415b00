package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/bind"
)

// docs/reference.md is what the table says now. TestPages tries its examples.
func TestReferencePage(t *testing.T) {
	ref, err := luaapi.New().Reference()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(repository, "docs", "reference.md"))
	if err != nil || string(got) != ref.Markdown(docPage) {
		t.Errorf("docs/reference.md is stale: to write it anew, go generate ./cmd/smtpspec")
	}
}

// Every entry is found by the name that it is listed with, and what is shown on a terminal is no wider than it.
func TestDocShowsEverything(t *testing.T) {
	ref, err := luaapi.New().Reference()
	if err != nil {
		t.Fatal(err)
	}
	ref.Each(func(e *bind.Entry) {
		if e.Name == "" {
			return
		}
		var out strings.Builder
		v := &env{args: []string{"smtpspec", "doc", e.Name}, stdout: &out, stderr: &out, getenv: func(string) (string, bool) { return "", false },
			size: func() (int, int) { return 0, 0 }}
		if code := run(v); code != 0 || !strings.Contains(out.String(), e.Title) && !strings.Contains(out.String(), e.Name) {
			t.Errorf("smtpspec doc %s ends with %d:\n%s", e.Name, code, out.String())
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("smtpspec doc %s writes escape codes where no terminal is", e.Name)
		}
	})
}

// On a terminal there is colour, and lines are as wide as it.
func TestDocOnTerminal(t *testing.T) {
	var out strings.Builder
	v := &env{args: []string{"smtpspec", "doc", "smtp.connect"}, stdout: &out, stderr: &out, getenv: func(string) (string, bool) { return "", false },
		size: func() (int, int) { return 60, 24 }, terminal: true}
	if code := run(v); code != 0 || !strings.Contains(out.String(), "\x1b[1m") {
		t.Fatalf("exit code %d:\n%s", code, out.String())
	}
	plain := strings.NewReplacer("\x1b[1m", "", "\x1b[36m", "", "\x1b[0m", "").Replace(out.String())
	for line := range strings.SplitSeq(plain, "\n") {
		if len(line) > 60 && strings.HasPrefix(line, "      ") { // prose; signatures are not broken
			t.Errorf("%q has %d characters", line, len(line))
		}
	}
}
