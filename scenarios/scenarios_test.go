package scenarios_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/scenarios"
)

// Every shipped file loads and has nothing that lint would point at, warnings included.
func TestFilesAreClean(t *testing.T) {
	lang := luaapi.New()
	lang.Ship(scenarios.FS)
	loader := lang.NewLoader(nil)
	suites := luaFiles(t)
	if len(suites) < 8 {
		t.Errorf("%d files are embedded: %v", len(suites), suites)
	}
	for _, name := range suites {
		f, err := loader.Load(luaapi.ShippedRoot+"/"+name, luaapi.Place{RequireRoot: luaapi.ShippedRoot, ReadRoot: luaapi.ShippedRoot})
		if err != nil {
			t.Error(err)
			continue
		}
		for _, p := range f.Lint() {
			t.Error(p)
		}
	}
}

// What is embedded is what lies in the directory: a name that embed leaves out would be missing from the program alone.
func TestEmbeddedIsWhatLiesHere(t *testing.T) {
	for _, dir := range []string{"examples", "probe", "lib", "rfc1870", "rfc1985", "rfc2033", "rfc2034", "rfc2142", "rfc2645", "rfc2852", "rfc2920", "rfc3030", "rfc3207", "rfc3461", "rfc3865", "rfc3885", "rfc4468", "rfc4865", "rfc4954", "rfc5321", "rfc6152", "rfc6409", "rfc6531", "rfc6710", "rfc7293", "rfc7504", "rfc8314", "rfc8689", "rfc9325", "rfc9422", "security"} {
		err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			want, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			got, err := scenarios.FS.ReadFile(filepath.ToSlash(name))
			if err != nil || string(got) != string(want) {
				t.Errorf("%s is not embedded as it is: %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// The files are read by people first: lines that fit a screen, no tabs, no blanks at line ends.
func TestFilesAreTidy(t *testing.T) {
	for _, name := range luaFiles(t) {
		if strings.HasPrefix(name, "probe/") { // its variables are flags of the command
			continue
		}
		b, err := scenarios.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if !strings.HasPrefix(text, "-- ") {
			t.Errorf("%s does not begin with a comment that says what it is", name)
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s does not end in one line end", name)
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.ContainsAny(line, "\t\r") || strings.TrimRight(line, " ") != line || len([]rune(line)) > 132 {
				t.Errorf("%s:%d: a tab, a trailing blank, or more than 132 columns", name, i+1)
			}
		}
	}
}

func luaFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(scenarios.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".lua" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Whatever a scenario wants to know besides what the server says is in the documents.
func TestFactsAreDocumented(t *testing.T) {
	var docs strings.Builder
	for _, name := range []string{"configuration.md", "conformance.md"} {
		b, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		docs.Write(b)
	}
	used := regexp.MustCompile(`(?:target|vars)(?:\("|\.)([a-z][a-z0-9_]*)`)
	required := regexp.MustCompile(`requires = \{([^}]*)\}`)
	word := regexp.MustCompile(`"!?([a-z][a-z0-9_]*)"`)
	for _, name := range luaFiles(t) {
		if strings.HasPrefix(name, "probe/") { // its variables are flags of the command
			continue
		}
		b, err := scenarios.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		facts := used.FindAllStringSubmatch(string(b), -1)
		for _, r := range required.FindAllStringSubmatch(string(b), -1) {
			facts = append(facts, word.FindAllStringSubmatch(r[1], -1)...)
		}
		for _, f := range facts {
			if !regexp.MustCompile("`" + f[1] + "`|" + f[1] + "=").MatchString(docs.String()) {
				t.Errorf("%s: the fact or variable %s is in no document", name, f[1])
			}
		}
	}
}
