package luaapi

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/bind"
)

// TestEverythingIsUsed holds the test data against the table of the language: whatever a script can name, a test names.
func TestEverythingIsUsed(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	text := all.String()
	for what, pattern := range everyName(New()) {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("no test uses %s (%s)", what, pattern)
		}
	}
}

// everyName is what a script can name, each with a pattern of its use.
func everyName(lang *Language) map[string]string {
	names := map[string]string{}
	var module func(m *bind.Module, prefix string)
	module = func(m *bind.Module, prefix string) {
		if m.Name != "" {
			prefix += m.Name + "."
		}
		for _, f := range m.Funcs {
			names[prefix+f.Name] = `\b` + regexp.QuoteMeta(prefix+f.Name) + `\b`
			if f.Name == m.Name { // the module itself is called
				names[prefix+f.Name] = `\b` + m.Name + ` ?\(`
			}
		}
		for _, part := range m.Parts {
			module(part, prefix)
		}
		for _, c := range m.Classes {
			for _, f := range c.Methods {
				names[c.Name+":"+f.Name] = `:` + f.Name + `\b`
			}
			for _, f := range c.Fields {
				names[c.Name+"."+f.Name] = `\.` + f.Name + `\b`
			}
		}
		for _, o := range m.Options {
			if o == configTable || o == knownTable {
				continue // read from files of their own: config_test.go, and known.txtar of cmd/smtpspec
			}
			for _, f := range o.Fields {
				names[o.Name+"{"+f.Name+"=}"] = `\b` + f.Name + ` = `
			}
		}
		for name := range m.Later {
			names[prefix+name] = `\b` + regexp.QuoteMeta(prefix+name) + `\b`
		}
	}
	for _, m := range lang.Registry().Modules {
		module(m, "")
	}
	for fact := range factNames {
		names["target."+fact] = `\btarget[.(]"?` + fact + `\b`
	}
	return names
}
