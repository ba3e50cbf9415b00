package importer

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script/scripttest"
	"github.com/smtpspec/smtpspec/luaapi/pattern"
)

// Whatever a source is, what is made of it loads.
func FuzzImport(f *testing.F) {
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		e := exampleOf(f, path)
		for i := range formats {
			f.Add([]byte(e.source), i)
		}
	}
	f.Fuzz(func(t *testing.T, source []byte, n int) {
		file, err := Import("fuzz.txt", source, formats[uint(n)%uint(len(formats))].name)
		var unknown *UnknownError
		if errors.As(err, &unknown) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		var long *script.TooLongError
		if err := file.Write(&b); errors.As(err, &long) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		scripttest.Check(t, b.String())
	})
}

// expressions and lines, with what must be found: Go's own engine says whether it matches.
var expressions = []string{"250", "250.*", "250 .", ".", "..", ".+", ".?x", "a.b", "a.x*", "[0-9]+", `\d\d\d[ -].*`, "[^ ]", "[^ ]*x", "(a|b|)c", "a{2,3}", "(ab)?c",
	`\Qa.b\E`, "(?i)ok", "^250$", "x|y", "[a-c]{0,2}z", `\S+ \s\w`, "[%^-]+", "[]a]", `[\x00-\x7f]*`, "é", "[é]", "[^é]", "(a+)+", "a*?b", `\bx`, "(", "%d", `a\.b$`, "x{3}"}

var lines = []string{"", "2", "250", "250 ", "250 x", "250-x", "a", "ab", "aab", "aaab", "b", "c", "abc", "ac", "bc", "a.b", "axb", "a", "ax", "axx", "é", "x", "y", "xyz", "OK", "ok", "oK",
	"abz", "z", "aabz", "one  t", "one \tt", "%^-", "]", "%d", "xxx", "x\x7f", "a b", "  x"}

func FuzzExpression(f *testing.F) {
	for _, e := range expressions {
		for _, line := range lines {
			f.Add(e, line, true)
			f.Add(e, line, false)
		}
	}
	f.Fuzz(func(t *testing.T, expression, line string, whole bool) {
		if !plainText(line) || !plainText(expression) || strings.Contains(expression, ".") && strings.ContainsFunc(line, beyondASCII) {
			return // a dot is one byte here
		}
		patterns, err := luaPatterns(expression, whole)
		if err != nil {
			return
		}
		anchored := "^(?:" + expression + ")"
		if whole {
			anchored += "$"
		}
		re, err := regexp.Compile(anchored)
		if err != nil {
			t.Fatalf("%q: %v", expression, err)
		}
		want := re.MatchString(line)
		if !whole { // Python's line has its LF, and "$" is before it or behind
			want = want || re.MatchString(line+"\n")
		}
		got := false
		for _, p := range patterns {
			_, ok, err := pattern.Find(context.Background(), line+"\r\n", p, 0)
			if err != nil {
				t.Fatalf("%q: %q: %v", expression, p, err)
			}
			got = got || ok
		}
		if got != want {
			t.Errorf("%q matches %q: want %t, got %t by %q", expression, line, want, got, patterns)
		}
	})
}

func beyondASCII(r rune) bool { return r >= utf8.RuneSelf }

// plainText tells whether text is UTF-8 without control characters.
func plainText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
}
