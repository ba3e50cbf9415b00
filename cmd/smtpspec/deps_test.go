package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/smtpspec/smtpspec/"

// may says what each package may import besides the standard library. It is a statement of policy: a new line needs a
// reason, a new package needs a line.
var may = map[string][]string{
	"runner/event":               {},
	"luaapi/lazyregexp":          {},
	"luaapi/spell":               {},
	"luaapi/pattern":             {},
	"luaapi/sasl":                {},
	"luaapi/wire":                {"runner/event", "golang.org/x/net/proxy"},
	"luaapi/demo":                {"luaapi/sasl"},
	"luaapi/message":             {"github.com/emersion/go-msgauth/dkim"},
	"luaapi/mailbox":             {"luaapi/message", "github.com/emersion/go-imap/v2", "github.com/emersion/go-imap/v2/imapclient"},
	"luaapi/bind":                {"luaapi/spell", "github.com/yuin/gopher-lua"},
	"luaapi/resolve":             {"github.com/miekg/dns"},
	"luaapi/resolve/resolvetest": {"github.com/miekg/dns"},
	"luaapi/resolve/policy":      {"luaapi/lazyregexp", "luaapi/resolve", "blitiri.com.ar/go/spf"},
	"luaapi": {"luaapi/bind", "luaapi/mailbox", "luaapi/message", "luaapi/resolve", "luaapi/resolve/policy", "luaapi/wire", "luaapi/sasl", "luaapi/pattern", "luaapi/spell", "runner/event",
		"github.com/yuin/gopher-lua", "github.com/yuin/gopher-lua/ast", "github.com/yuin/gopher-lua/parse"},
	"runner":           {"luaapi", "luaapi/resolve", "luaapi/wire", "luaapi/spell", "runner/event", "github.com/bmatcuk/doublestar/v4"},
	"runner/report":    {"runner/event", "luaapi/spell"},
	"scenarios":        {},
	"scenarios/faulty": {"luaapi/demo", "luaapi/mailbox"}, // no part of the program
	"cmd/smtpspec": {"luaapi/lazyregexp", "runner", "runner/event", "runner/report", "luaapi", "luaapi/demo", "luaapi/mailbox", "luaapi/resolve", "luaapi/wire", "luaapi/spell", "cmd/smtpspec/internal/artifacts", "cmd/smtpspec/internal/importer", "cmd/smtpspec/internal/probe", "scenarios", "cmd/smtpspec/internal/record", "cmd/smtpspec/internal/script", "cmd/smtpspec/internal/send", "cmd/smtpspec/internal/talk",
		"github.com/urfave/cli/v2", "golang.org/x/term"},
	"cmd/smtpspec/internal/artifacts": {"cmd/smtpspec/internal/script", "luaapi", "luaapi/wire", "runner", "runner/event", "runner/report"},
	"cmd/smtpspec/internal/bench":     {},
	"cmd/smtpspec/internal/importer":  {"luaapi/lazyregexp", "cmd/smtpspec/internal/script"},
	"cmd/smtpspec/internal/record":    {"cmd/smtpspec/internal/script", "luaapi", "luaapi/wire", "runner/event"},
	"cmd/smtpspec/internal/probe": {"luaapi/lazyregexp", "luaapi", "luaapi/resolve", "luaapi/resolve/policy", "runner", "runner/event",
		"cmd/smtpspec/internal/meaning"},
	"cmd/smtpspec/internal/script":            {"luaapi/lazyregexp", "luaapi/wire"},
	"cmd/smtpspec/internal/script/scripttest": {"luaapi", "luaapi/wire", "runner", "runner/event"},
	"cmd/smtpspec/internal/meaning":           {},
	"cmd/smtpspec/internal/send":              {"cmd/smtpspec/internal/script", "luaapi", "luaapi/wire", "runner/event"},
	"cmd/smtpspec/internal/talk": {"luaapi/lazyregexp", "luaapi", "luaapi/wire", "luaapi/sasl", "luaapi/spell", "runner/event",
		"cmd/smtpspec/internal/meaning", "cmd/smtpspec/internal/script", "golang.org/x/term"},
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "testdata" || strings.HasPrefix(e.Name(), ".") && file != root) {
			return fs.SkipDir
		}
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		seen[pkg] = true
		checkImports(t, file, pkg)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range may {
		if !seen[pkg] {
			t.Errorf("%s is in the table and has no Go file", pkg)
		}
	}
}

func checkImports(t *testing.T, file, pkg string) {
	allowed, ok := may[pkg]
	if !ok {
		t.Errorf("%s: the package %s is not in the table", file, pkg)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(name, "/")
		if !strings.Contains(first, ".") {
			continue // the standard library
		}
		if !slices.Contains(allowed, strings.TrimPrefix(name, module)) {
			t.Errorf("%s imports %s, which %s may not", file, name, pkg)
		}
	}
}
