package report

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
	for _, s := range []string{"", hostile, `\\r`, "\\\xff", "\\\u202e", `\x1b`, "a\\"} {
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

func TestLongLinesLoseTheirMiddleBetweenCharacters(t *testing.T) {
	s := strings.Repeat("é", 300)
	got := visibleLine(s, false)
	if strings.Contains(got, `\x`) || !strings.Contains(got, "é… 440 bytes …é") {
		t.Error(got)
	}
	if got := visibleLine(s, true); got != s {
		t.Error("a full transcript is cut:", got)
	}
	if got := visibleLine(strings.Repeat("\xff", 300), false); !strings.Contains(got, "… 140 bytes …") {
		t.Error(got)
	}
}

func TestSplitLines(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"one", "one"},
		{"a\nb", "a|b"},
		{"221 bye\r\n", "221 bye"},
		{"250-a\r\n250 b\r\n", "250-a|250 b"},
		{"250-a\n250 b\r\n", "250-a\n|250 b"},
		{"250 ok\n", "250 ok\n"},
	} {
		if got := strings.Join(splitLines(c.in), "|"); got != c.want {
			t.Errorf("splitLines(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"例例例", 5, "例例…"}, {"例例例", 4, "例…"}, {"abc", 0, ""}} {
		if got := clip(c.in, c.width); got != c.want || columns(got) > c.width {
			t.Errorf("clip(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}
