package luaapi

import (
	"strings"
	"testing"
)

// No command is longer than RFC 5321 4.5.3.1.4 lets it be, unless one attribute alone is.
func TestAttributeLines(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return "HELO=" + strings.Repeat("h", n-len("HELO=")) }
	for _, tt := range []struct {
		words []string
		want  []int // attributes in each line
	}{
		{[]string{"NAME=a"}, []int{1}},
		{[]string{"NAME=a", "ADDR=192.0.2.1", "PORT=25"}, []int{3}},
		{[]string{"A=1", long(498)}, []int{2}}, // 512 octets, CRLF included
		{[]string{"A=1", long(499)}, []int{1, 1}},
		{[]string{long(300), long(300), "A=1"}, []int{1, 2}},
		{[]string{"A=1", long(600), "B=1"}, []int{1, 1, 1}},
	} {
		lines := attributeLines("XCLIENT", tt.words)
		var got []int
		for _, l := range lines {
			n := strings.Count(l, " ")
			if got = append(got, n); len(l)+2 > 512 && n > 1 || !strings.HasPrefix(l, "XCLIENT ") {
				t.Errorf("%d octets: %.40s", len(l)+2, l)
			}
		}
		if len(got) != len(tt.want) || strings.Join(tt.words, " ") != strings.ReplaceAll(strings.Join(lines, " "), "XCLIENT ", "") {
			t.Errorf("%v: %v, %v", got, tt.want, lines)
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("line %d has %d attributes, not %d", i, got[i], tt.want[i])
			}
		}
	}
}
