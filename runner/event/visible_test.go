package event

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"250 2.1.5 Ok", "250 2.1.5 Ok"},
		{"a\r\nb\tc", `a\r\nb\tc`},
		{"\x00\x1b[2J\x7f", `\x00\x1b[2J\x7f`},
		{"caf\xe9", `caf\xe9`},
		{"grüße, 例え, 👋", "grüße, 例え, 👋"},
		{"\u009b2J", `\u009b2J`}, // a C1 control, which terminals obey like ESC [
		{"\u202eevil\u2066", `\u202eevil\u2066`},
		{"a\u200bb\u00a0c\ufeff", `a\u200bb\u00a0c\ufeff`},
		{"\u3164\u2800\ufe0f\u034f", `\u3164\u2800\ufe0f\u034f`}, // they count as letters, symbols and marks, and show nothing
		{"\U000e0041", `\U000e0041`},
		{`"a\"b"@example.org`, `"a\"b"@example.org`},
		{`a\rb`, `a\\rb`},
		{"\\\r", `\\\r`},
		{`C:\temp\`, `C:\\temp\`},
	} {
		if got := Visible(c.in); got != c.want {
			t.Errorf("Visible(%q) = %s, want %s", c.in, got, c.want)
		}
		if got := Visible([]byte(c.in)); got != c.want {
			t.Errorf("Visible([]byte(%q)) = %s, want %s", c.in, got, c.want)
		}
	}
}

func TestSafeLeavesBackslashesAlone(t *testing.T) {
	if got := Safe(`c:write("a\r\n") ` + "\x1b"); got != `c:write("a\r\n") \x1b` {
		t.Error(got)
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "550 \x00\x1b[31m\xff ]]> \u202e", `\\r`, "\\\xff", "\\\u202e", `\x1b`, "a\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		if !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) || r < ' ' }) {
			t.Errorf("Visible(%q) = %q has what does not show", s, v)
		}
		if back := invisible(v); back != s {
			t.Errorf("Visible(%q) = %q, which reads back as %q", s, v, back)
		}
	})
}

// invisible reads an escaped text: a backslash is one unless it begins an escape.
func invisible(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.IndexByte(`\rntxuU`, s[1]) < 0 {
			b.WriteByte('\\')
			s = s[1:]
			continue
		}
		r, multibyte, rest, err := strconv.UnquoteChar(s, 0)
		switch {
		case err != nil:
			b.WriteString(s[:1])
			rest = s[1:]
		case multibyte || r < utf8.RuneSelf && s[1] != 'x':
			b.WriteRune(r)
		default:
			b.WriteByte(byte(r))
		}
		s = rest
	}
	return b.String() + s
}
