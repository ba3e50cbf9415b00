package report

import (
	"strings"
	"testing"
)

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
