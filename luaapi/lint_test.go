package luaapi

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	path := "testdata/lint/lint.lua"
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	f, err := New().NewLoader(nil).Load(path, Place{RequireRoot: dir, ReadRoot: dir})
	if err != nil {
		t.Fatal(err)
	}
	problems := f.Lint()
	mark := regexp.MustCompile(`-- (want|warn): (.*)$`)
	for i, line := range strings.Split(string(source), "\n") {
		var here []Problem
		for _, p := range problems {
			if p.Position.Line == i+1 {
				here = append(here, p)
			}
		}
		m := mark.FindStringSubmatch(line)
		switch {
		case m == nil && len(here) > 0:
			t.Errorf("line %d is good: %v", i+1, here)
		case m != nil && i > 0 && len(here) != 1:
			t.Errorf("line %d: want one problem, got %v", i+1, here)
		case m != nil && i > 0:
			if !matchesAll(regexps(t, m[2]), here[0].Message) || here[0].Warning != (m[1] == "warn") {
				t.Errorf("line %d: want %s %s, got %v", i+1, m[1], m[2], here[0])
			}
		}
	}
}
