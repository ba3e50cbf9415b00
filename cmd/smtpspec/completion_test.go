package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestWordsOf(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"auto, always or never", "auto always never"},
		{"text or json", "text json"},
		{"list, jsonl, junit; may be repeated", "list jsonl junit"},
		{"a fact of the target", ""},
		{"configuration FILE; by default smtpspec.lua here or in a parent directory", ""},
		{"TIME that a reply may take (30s), or rfc for RFC 5321's minutes", ""},
		{"accept", ""},
		{"", ""},
	} {
		if got := strings.Join(wordsOf(c.text), " "); got != c.want {
			t.Errorf("%q lists %q, want %q", c.text, got, c.want)
		}
	}
}

// What a flag or an argument can be comes out of the table as its description has it. .ci/completion tries the scripts themselves.
func TestCompletedCommands(t *testing.T) {
	commands, err := completedCommands(newApp(&env{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		command, flag string
		words, files  string
	}{
		{"run", "--color", "auto always never", ""},
		{"run", "--set", "valid_rcpt=", ""},
		{"run", "--target", "demo smtp://", ""},
		{"run", "--config", "", "all"},
		{"run", "--timeout", "", ""},
		{"run", "", "", "lua"},
		{"talk", "", "demo smtp://", ""},
		{"list", "--format", "text json", ""},
		{"serve", "--format", "shell json", ""},
		{"check", "--format", "text github", ""},
		{"doc", "", "smtp.connect c:expect scenario target.valid_rcpt", ""},
		{"stubs", "", "", "dirs"},
		{"completion", "", "bash zsh fish", ""},
	} {
		i := slices.IndexFunc(commands, func(cc completedCommand) bool { return cc.name == c.command })
		if i < 0 {
			t.Errorf("%s is not completed", c.command)
			continue
		}
		got := commands[i].args
		if c.flag != "" {
			f := slices.IndexFunc(commands[i].flags, func(f completedFlag) bool { return slices.Contains(f.names, c.flag) })
			got = commands[i].flags[f].value
		}
		for _, w := range strings.Fields(c.words) {
			if !slices.Contains(got.words, w) {
				t.Errorf("%s %s does not take %s, but %v", c.command, c.flag, w, got.words)
			}
		}
		if got.files != c.files || c.words == "" && len(got.words) > 0 {
			t.Errorf("%s %s takes %v and the files %q, want %q and %q", c.command, c.flag, got.words, got.files, c.words, c.files)
		}
	}
	if slices.ContainsFunc(commands, func(c completedCommand) bool { return c.name == "man" }) {
		t.Error("a hidden command is completed")
	}
}

// The scripts take descriptions literally, whatever is in them.
func TestCompletionQuotes(t *testing.T) {
	f := completed(&cli.StringFlag{Name: "odd", Usage: "`X`: it's [a] \\ b:c"}, nil)
	for _, c := range []struct{ got, want string }{
		{zshFlag(f), `'*--odd=[X\: it'\''s \[a\] \\ b\:c]: :'`},
		{fishQuoted(f.usage), `'X: it\'s [a] \\ b:c'`},
		{quoted("it's"), `'it'\''s'`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
