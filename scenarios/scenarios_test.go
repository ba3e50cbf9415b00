package scenarios_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
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
	for _, dir := range []string{"examples", "probe", "lib", "rfc1870", "rfc2034", "rfc2920", "rfc3030", "rfc3461", "rfc5321", "rfc6152", "rfc6531", "rfc7504", "security"} {
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
