package pattern

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const bytes32 = "()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()()"

// table has what string.find returns; want is as oracle.lua writes it, with strings quoted.
var table = []struct{ subject, pattern, want string }{
	{"250-SIZE 1000", "^250[ -](%S+)%s*(.*)$", `1 13 "SIZE" "1000"`},
	{"250 OK", "^250%-", "nil"},
	{"250 OK", "^250-", "1 2"},
	{"hello", "l+", "3 4"},
	{"hello", "", "1 0"},
	{"", "", "1 0"},
	{"", ".", "nil"},
	{"", "$", "1 0"},
	{"hello", "^hello$", "1 5"},
	{"hello", "hell$", "nil"},
	{"a$b", "a$b", "1 3"},
	{"a.b", "a%.b", "1 3"},
	{"axb", "a%.b", "nil"},
	{"aXb", "%u", "2 2"},
	{"aaab", "a-b", "1 4"},
	{"aaab", "a-", "1 0"},
	{"aaa", "^a-$", "1 3"},
	{"aab", "a?a?a?b", "1 3"},
	{"key = value", "(%w+)%s*=%s*(%w+)", `1 11 "key" "value"`},
	{"f(a(b)c)d", "%b()", "2 8"},
	{"f(a(b", "%b()", "nil"},
	{"xx", "%bxx", "1 2"},
	{"THE (quick) fox", "%f[%a]%a+%f[%A]", "1 3"},
	{"foo bar", "%f[%w]%w+$", "5 7"},
	{"a\x00b", "%z", "2 2"},
	{"a\x00b", "%f[%z]", "2 1"},
	{"a", "%f[%z]$", "2 1"},
	{`say "it's"`, `(["'])(.-)%1`, `5 10 "\"" "it's"`},
	{"hello", "()ll()", "3 4 3 5"},
	{"aa", "()a%1", "nil"},
	{"abcabc", "(abc)%1", `1 6 "abc"`},
	{"ab", "((a)(b))", `1 2 "ab" "a" "b"`},
	{"]", "[]]", "1 1"},
	{"^", "[%^]", "1 1"},
	{"-", "[a-]", "1 1"},
	{"b", "[^a]", "1 1"},
	{"\xe9", "%a", "nil"},
	{"\xe9", "[\xe0-\xef]", "1 1"},
	{"\xe9", "%W", "1 1"},
	{"a)", ")", "2 2"},
	{"a%d\x00%d", "d\x00%d", "3 6"},
	{"x", "a%", "nil"},
	{"a", "a%", "malformed pattern (ends with '%')"},
	{"a", "[a", "malformed pattern (missing ']')"},
	{"a", "[]", "malformed pattern (missing ']')"},
	{"a", "[^]", "malformed pattern (missing ']')"},
	{"a", "[a%]", "malformed pattern (missing ']')"},
	{"a", "(a", "unfinished capture"},
	{"b", "(a", "nil"},
	{"a", "a*)", "invalid pattern capture"},
	{"a", "(a)%2", "invalid capture index"},
	{"a", "(a%1)", "invalid capture index"},
	{"a", "%0", "invalid capture index"},
	{"a", "%f", "missing '[' after '%f' in pattern"},
	{"a", "%b", "unbalanced pattern"},
	{"a", "%b(", "unbalanced pattern"},
	{"", bytes32, "1 0" + strings.Repeat(" 1", 32)},
	{"", bytes32 + "()", "too many captures"},
	{"a", "a-%", "malformed pattern (ends with '%')"},
}

func TestFind(t *testing.T) {
	var m Matcher
	for _, row := range table {
		found, ok, err := m.Find(t.Context(), row.subject, row.pattern, 0)
		if got := describe(row.subject, found, ok, err); got != row.want {
			t.Errorf("find(%q, %q): got %s, want %s", row.subject, row.pattern, got, row.want)
		}
		once, okOnce, errOnce := Find(t.Context(), row.subject, row.pattern, 0)
		if describe(row.subject, once, okOnce, errOnce) != describe(row.subject, found, ok, err) {
			t.Errorf("Find(%q, %q) differs from the matcher's", row.subject, row.pattern)
		}
	}
}

func describe(s string, m Match, ok bool, err error) string {
	if err != nil {
		return err.Error()
	}
	if !ok {
		return "nil"
	}
	text := fmt.Sprintf("%d %d", m.Start+1, m.End)
	for _, c := range m.Captures {
		if c.Position {
			text += fmt.Sprintf(" %d", c.Start+1)
		} else {
			text += fmt.Sprintf(" %q", c.Text(s))
		}
	}
	return text
}

func TestMatchReadsPlainPatternsAsPatterns(t *testing.T) {
	var m Matcher
	if found, ok, err := m.Match(t.Context(), "xab", "a\x00b", 0); err != nil || !ok || found.Start != 1 || found.End != 2 {
		t.Errorf("got %v %v %v", found, ok, err)
	}
	if _, _, err := m.Match(t.Context(), "a)", ")", 0); err != errClose {
		t.Errorf("got %v", err)
	}
}

func TestInitOutsideTheSubject(t *testing.T) {
	for _, init := range []int{-5, 0, 3, 99} {
		if found, ok, err := Find(t.Context(), "abc", "()", init); err != nil || !ok || found.Start != min(max(init, 0), 3) {
			t.Errorf("init %d: got %v %v %v", init, found, ok, err)
		}
		if found, ok := Plain("abc", "", init); !ok || found.Start != min(max(init, 0), 3) {
			t.Errorf("init %d: plain: got %v %v", init, found, ok)
		}
	}
}

func TestOffset(t *testing.T) {
	for _, row := range []struct{ init, want int }{{1, 0}, {0, 0}, {3, 2}, {4, 3}, {9, 3}, {-1, 2}, {-3, 0}, {-9, 0}} {
		if got := Offset(row.init, 3); got != row.want {
			t.Errorf("Offset(%d, 3) = %d, want %d", row.init, got, row.want)
		}
	}
}

func TestGsub(t *testing.T) {
	for _, row := range []struct {
		subject, pattern, text string
		max                    int
		want                   string
		n                      int
	}{
		{"hello world", "o", "0", All, "hell0 w0rld", 2},
		{"hello world", "o", "0", 1, "hell0 world", 1},
		{"hello world", "o", "0", 0, "hello world", 0},
		{"hello world", "o", "0", -1, "hello world", 0},
		{"abc", "%w", "%0%0", All, "aabbcc", 3},
		{"abc", "%w*", "x", All, "xx", 2},
		{"abc", "", "-", All, "-a-b-c-", 4},
		{"abc", "^a", "x", All, "xbc", 1},
		{"abc", "^", "x", All, "xabc", 1},
		{"aaa", "^a", "", All, "aa", 1},
		{"k=v", "(%w)=(%w)", "%2=%1", All, "v=k", 1},
		{"ab", "()", "%1", All, "1a2b3", 3},
		{"a", "a", "%", All, "\x00", 1},
		{"a", "(a", "x", All, "x", 1},
		{"a\nb\n", "\n", "\r\n", All, "a\r\nb\r\n", 2},
	} {
		got, n, err := new(Matcher).GsubText(t.Context(), Sub{Subject: row.subject, Pattern: row.pattern, Max: row.max}, row.text)
		if got != row.want || n != row.n || err != nil {
			t.Errorf("gsub(%q, %q, %q): got %q %d %v, want %q %d", row.subject, row.pattern, row.text, got, n, err, row.want, row.n)
		}
	}
}

func TestGsubErrors(t *testing.T) {
	var m Matcher
	for _, row := range []struct{ pattern, text, want string }{
		{"(a", "%1", "unfinished capture"},
		{"a", "%2", "invalid capture index"},
		{"(a)", "%2", "invalid capture index"},
		{"a", "xxxx", "resulting string too large"},
		{"[", "", "malformed pattern (missing ']')"},
	} {
		if _, _, err := m.GsubText(t.Context(), Sub{Subject: "aa", Pattern: row.pattern, Max: All, Limit: 7}, row.text); err == nil || err.Error() != row.want {
			t.Errorf("gsub(%q, %q): got %v, want %s", row.pattern, row.text, err, row.want)
		}
	}
	if got, n, err := m.GsubText(t.Context(), Sub{Subject: "aa", Pattern: "a", Max: All, Limit: 8}, "xxxx"); got != "xxxxxxxx" || n != 2 || err != nil {
		t.Errorf("at the limit: got %q %d %v", got, n, err)
	}
	if _, _, err := m.GsubText(t.Context(), Sub{Subject: "aa", Pattern: "b", Limit: 1}, ""); err != ErrTooLarge {
		t.Errorf("subject beyond the limit: got %v", err)
	}
}

func TestGsubCallback(t *testing.T) {
	var m Matcher
	sub := Sub{Subject: "one two three", Pattern: "(%w+)", Max: All}
	got, n, err := m.Gsub(t.Context(), sub, func(found Match) (string, bool, error) {
		c, err := found.Capture(0)
		if err != nil {
			return "", false, err
		}
		inner, _, err := m.GsubText(t.Context(), Sub{Subject: c.Text(sub.Subject), Pattern: "(%w)(%w)", Max: 1}, "%2%1")
		return inner, inner != "wto", err
	})
	if got != "noe two htree" || n != 3 || err != nil {
		t.Errorf("got %q %d %v", got, n, err)
	}
	broken := errors.New("broken")
	if _, n, err := m.Gsub(t.Context(), sub, func(Match) (string, bool, error) { return "", true, broken }); err != broken || n != 1 {
		t.Errorf("got %d %v", n, err)
	}
}

func TestGmatch(t *testing.T) {
	for _, row := range []struct{ subject, pattern, want string }{
		{"one two", "%a+", `1 3, 5 7`},
		{"abc", "", "1 0, 2 1, 3 2, 4 3"},
		{"a^a", "^a", "2 3"},
		{"k=v, l=w", "(%w)=(%w)", `1 3 "k" "v", 6 8 "l" "w"`},
		{"abc", "%d", ""},
	} {
		it, out := new(Matcher).Gmatch(row.subject, row.pattern), []string(nil)
		for {
			found, ok, err := it.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			out = append(out, describe(row.subject, found, ok, err))
		}
		if got := strings.Join(out, ", "); got != row.want {
			t.Errorf("gmatch(%q, %q): got %s, want %s", row.subject, row.pattern, got, row.want)
		}
		if _, ok, err := it.Next(t.Context()); ok || err != nil {
			t.Errorf("gmatch(%q, %q): goes on after its end: %v", row.subject, row.pattern, err)
		}
	}
}

func TestMatchOutlivesTheMatcher(t *testing.T) {
	var m Matcher
	first, _, _ := m.Find(t.Context(), "ab", "(a)(b)", 0)
	m.Find(t.Context(), "xxab", "(a)(b)", 0)
	if got := describe("ab", first, true, nil); got != `1 2 "a" "b"` {
		t.Errorf("got %s", got)
	}
}

func TestCacheIsBounded(t *testing.T) {
	var m Matcher
	for i := range 1000 {
		m.Find(t.Context(), "a", fmt.Sprintf("%d%%a", i), 0)
	}
	m.Find(t.Context(), "a", strings.Repeat("%a", 1000), 0)
	if len(m.cache) == 0 || len(m.cache) > cachedPatterns {
		t.Errorf("%d patterns are kept", len(m.cache))
	}
}

// A run keeps eight open choices by itself.
func TestManyChoices(t *testing.T) {
	pat := "^" + strings.Repeat("a?", 10) + strings.Repeat("[ab]-", 5) + strings.Repeat("a", 10) + "$"
	if found, ok, err := Find(t.Context(), strings.Repeat("a", 10), pat, 0); err != nil || !ok || found.End != 10 {
		t.Errorf("got %v %v %v", found, ok, err)
	}
}

func TestLongPatterns(t *testing.T) {
	text := strings.Repeat("a", 1e6)
	if found, ok, err := Find(t.Context(), "b"+text, text+".-$", 0); err != nil || !ok || found.Start != 1 {
		t.Errorf("text: got %v %v", ok, err)
	}
	long := strings.Repeat("%a?", 1e6)
	if p := compile(long, false); len(p.items) > maxItems+3 {
		t.Errorf("%d items", len(p.items))
	}
	if _, ok, err := Find(t.Context(), "", long, 0); ok || err != ErrTooComplex {
		t.Errorf("items: got %v %v", ok, err)
	}
}

func TestLongReplacementsCost(t *testing.T) {
	m := Matcher{Steps: 1000}
	sub := Sub{Subject: strings.Repeat("a", 1000), Pattern: "(b?)a", Max: All, Limit: 1 << 20}
	if _, _, err := m.GsubText(t.Context(), sub, strings.Repeat("%1", 1e5)); err != ErrTooComplex {
		t.Errorf("got %v", err)
	}
}

// pathological are the patterns of libraries.md section 6 on which gopher-lua never stops, and some that cost PUC Lua dearly too.
var pathological = []struct{ name, subject, pattern string }{
	{"fifty lazy items", strings.Repeat("a", 1e5), strings.Repeat("a-", 50) + "b"},
	{"fifty lazy items, b elsewhere", strings.Repeat("a", 1e5) + "cb", strings.Repeat("a-", 50) + "b$"},
	{"ten greedy items", strings.Repeat("a", 50), strings.Repeat(".*", 10) + "b"},
	{"ten greedy items, b first", "b" + strings.Repeat("a", 50), strings.Repeat(".*", 10) + "a[b]b"},
	{"thirty optional items", strings.Repeat("a", 30), strings.Repeat("a?", 30) + strings.Repeat("[ab]", 30) + "[c]"},
	{"greedy pairs", strings.Repeat("a", 300), strings.Repeat("[ab]*", 8) + "[cd]"},
	{"open brackets", strings.Repeat("(", 1e6), "%b()"},
	{"back reference", strings.Repeat("a", 1e5), "(.-)%1[b]"},
	{"spaces to trim", strings.Repeat(" ", 1e6) + "x", "%s+$"},
}

func TestPathologicalEndsInTheBudget(t *testing.T) {
	m := Matcher{Steps: 2_000_000}
	for _, row := range pathological {
		begin := time.Now()
		_, ok, err := m.Find(t.Context(), row.subject, row.pattern, 0)
		if ok || err != nil && err != ErrTooComplex {
			t.Errorf("%s: got %v %v", row.name, ok, err)
		}
		t.Logf("%-30s %8v %v", row.name, time.Since(begin).Round(time.Millisecond), err)
	}
}

func TestContextEndsAMatch(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	m := Matcher{Steps: 1 << 60}
	begin := time.Now()
	_, _, err := m.Find(ctx, strings.Repeat("a", 300), strings.Repeat("[ab]*", 8)+"[cd]", 0)
	if took := time.Since(begin); err != context.DeadlineExceeded || took > 2*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
	it := m.Gmatch("aaa", "%a")
	if _, _, err := it.Next(ctx); err != context.DeadlineExceeded {
		t.Errorf("gmatch: got %v", err)
	}
}

// Linear work is never too complex, however small the budget, and needs no memory in proportion.
func TestLongSubjects(t *testing.T) {
	const size = 1e7
	m := Matcher{Steps: 1}
	long := strings.Repeat("a", size)
	for _, row := range []struct {
		subject, pattern string
		start, end       int
	}{
		{long, "^(.*)$", 0, size},
		{long, "%S+", 0, size},
		{long, "(%S+)%s*(.*)$", 0, size},
		{long, "^(.-)%s*$", 0, size},
		{long + "x", ".-x", 0, size + 1},
		{long + "x", "[^x]-x", 0, size + 1},
		{long + "x", "x", size, size + 1},
		{long + "x", "[xyz]", size, size + 1},
		{long, ".-x", -1, 0},
		{long, "a-x", -1, 0},
		{"(" + long + ")", "%b()", 0, size + 2},
	} {
		found, ok, err := m.Find(t.Context(), row.subject, row.pattern, 0)
		if err != nil || ok != (row.start >= 0) || ok && (found.Start != row.start || found.End != row.end) {
			t.Errorf("%s: got %v %v %v", row.pattern, found, ok, err)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	ctx := t.Context()
	var m Matcher
	for _, row := range []struct {
		pattern string
		want    float64
	}{{"SIZE", 0}, {"%s%d+$", 0}, {"^250[ -]%S+%s*.*$", 0}, {"^250[ -](%S+)%s*(.*)$", 1}} {
		got := testing.AllocsPerRun(100, func() { m.Find(ctx, "250-SIZE 1000", row.pattern, 0) })
		if got > row.want {
			t.Errorf("%s: %v allocations, want %v", row.pattern, got, row.want)
		}
	}
}
