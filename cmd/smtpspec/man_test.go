package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/runner"
)

// The manual page has every command with its flags, and every exit code.
func TestManPage(t *testing.T) {
	app := newApp(&env{})
	page := manPage(app, "2026-01-02")
	for _, cmd := range app.VisibleCommands() {
		_, section, ok := strings.Cut(page, `.SS "smtpspec `+cmd.Name)
		if !ok {
			t.Errorf("%s is missing", cmd.Name)
		}
		section, _, _ = strings.Cut(section, ".SS ")
		for _, f := range cmd.Flags {
			for _, name := range f.Names() {
				if !regexp.MustCompile(`(?m)^\\fB(.*, )?(\\-){1,2}` + strings.ReplaceAll(name, "-", `\\-`) + `\b`).MatchString(section) {
					t.Errorf("--%s of %s is missing", name, cmd.Name)
				}
			}
		}
	}
	for _, code := range []int{runner.ExitPassed, runner.ExitFailed, runner.ExitUsage, runner.ExitLoad, runner.ExitErrors, runner.ExitNothing,
		runner.ExitIncomplete, runner.ExitInternal, runner.ExitInterrupted, runner.ExitTerminated} {
		if !strings.Contains(page, fmt.Sprintf("\n.TP\n\\fB%d\\fR\n", code)) {
			t.Errorf("the exit code %d is missing", code)
		}
	}
	for i, line := range strings.Split(page, "\n") {
		if len(line) > 100 || strings.ContainsAny(line, "…\t") || strings.HasPrefix(line, "'") {
			t.Errorf("line %d is no good roff: %s", i+1, line)
		}
	}
}

func TestRoff(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"plain", "plain\n"},
		{".hidden", `\&.hidden` + "\n"},
		{"--flag", `\-\-flag` + "\n"},
		{`a\b`, `a\eb` + "\n"},
		{"'tls and not slow'", `\(aqtls and not slow\(aq` + "\n"},
		{"PATH…", "PATH...\n"},
		{"", "\n"},
		{strings.Repeat("word ", 13) + ".end", strings.Repeat("word ", 11) + "word\nword .end\n"},
		{strings.Repeat("word ", 12) + ".end", strings.TrimSpace(strings.Repeat("word ", 12)) + "\n" + `\&.end` + "\n"},
	} {
		r := &roff{}
		if r.text(c.text); r.String() != c.want {
			t.Errorf("%q becomes %q, want %q", c.text, r.String(), c.want)
		}
	}
}
