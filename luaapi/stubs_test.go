package luaapi

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"
)

// What the annotations of the stubs may look like: LuaCATS has more, and forgives more.
var (
	stubType     = `(?:[\w.]+(?:\[\])?\??|table<string, string>)(?:\|(?:[\w.]+(?:\[\])?\??))*`
	stubParams   = `(?:(?:\w+\??|\.\.\.): ` + stubType + `(?:, )?)*`
	stubPatterns = map[string]*regexp.Regexp{
		"meta":     regexp.MustCompile(`^$`),
		"alias":    regexp.MustCompile(`^ \w+ (` + stubType + `)$`),
		"class":    regexp.MustCompile(`^ ([\w.]+)$`),
		"field":    regexp.MustCompile(`^ (?:\w+\??|\[string\]) (` + stubType + `)(?: .*)?$`),
		"param":    regexp.MustCompile(`^ (?:(?:\w+)\??|\.\.\.) (` + stubType + `)(?: .*)?$`),
		"return":   regexp.MustCompile(`^ (` + stubType + `)(?: # .*)?$`),
		"overload": regexp.MustCompile(`^ fun\(` + stubParams + `\)(?:: (` + stubType + `))?$`),
	}
	stubFunction = regexp.MustCompile(`^function [\w.]+(?:[.:]\w+)?\((.*)\) end$`)
)

// The stubs are Lua, every annotation is of a form that is known, names only types that are declared, and goes with the function
// beneath it.
func TestStubs(t *testing.T) {
	files := reference(t).Stubs("smtpspec.lua", "Written by the test")
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".json") {
			if _, err := parse.Parse(strings.NewReader(f.Content), f.Path); err != nil {
				t.Errorf("%s: %s", f.Path, err)
			}
		}
	}
	types := []string{"string", "number", "integer", "boolean", "function", "table", "any"}
	for _, m := range regexp.MustCompile(`(?m)^---@(?:class|alias) ([\w.]+)`).FindAllStringSubmatch(files[0].Content, -1) {
		if slices.Contains(types, m[1]) {
			t.Errorf("%s is declared twice", m[1])
		}
		types = append(types, m[1])
	}
	var params []string
	for i, line := range strings.Split(files[0].Content, "\n") {
		rest, annotation := strings.CutPrefix(line, "---@")
		switch {
		case annotation:
			params = append(params, annotated(t, i+1, rest, types)...)
		case strings.HasPrefix(line, "---"):
		default:
			if m := stubFunction.FindStringSubmatch(line); m != nil && strings.Join(params, ", ") != m[1] {
				t.Errorf("line %d: %s has the annotations of %v", i+1, line, params)
			}
			params = nil
		}
	}
}

// annotated checks an annotation, and gives the parameter that it is about.
func annotated(t *testing.T, line int, text string, types []string) []string {
	t.Helper()
	tag, rest := text, ""
	if i := strings.Index(text, " "); i >= 0 {
		tag, rest = text[:i], text[i:]
	}
	pattern := stubPatterns[tag]
	if pattern == nil || !pattern.MatchString(rest) {
		t.Errorf("line %d: ---@%s is no annotation that is known", line, text)
		return nil
	}
	for _, typ := range pattern.FindStringSubmatch(rest)[1:] {
		for one := range strings.SplitSeq(typ, "|") {
			one = strings.TrimSuffix(strings.TrimSuffix(one, "?"), "[]")
			if one != "" && one != "table<string, string>" && !slices.Contains(types, one) {
				t.Errorf("line %d: there is no type %s", line, one)
			}
		}
	}
	if tag != "param" {
		return nil
	}
	return []string{strings.TrimSuffix(strings.Fields(rest)[0], "?")}
}
