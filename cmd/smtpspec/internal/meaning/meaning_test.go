package meaning

import (
	"regexp"
	"strings"
	"testing"
)

func TestMeaning(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Code(250), "done"}, {Code(259), "done"}, {Code(499), "refused for now: try again later"}, {Code(600), ""}, {Code(0), ""},
		{Enhanced("5.1.1"), "no such mailbox"}, {Enhanced("4.1.1"), "no such mailbox"}, {Enhanced("2.1.5"), "the recipient is valid"},
		{Enhanced("2.0.0"), ""}, {Enhanced("2.7.0"), ""}, {Enhanced("5.7.99"), "something about security or policy"}, {Enhanced("5.99.1"), ""}, {Enhanced("5"), ""},
		{Keyword("nosuch"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if !strings.Contains(Keyword("size"), "RFC 1870") {
		t.Errorf("SIZE is %q", Keyword("size"))
	}
}

// Every text is short, begins as a phrase does, and fits its key.
func TestTables(t *testing.T) {
	var texts []string
	for code, text := range codes {
		if code < 100 || code > 599 {
			t.Errorf("%d is no reply code", code)
		}
		texts = append(texts, text)
	}
	for code, text := range enhanced {
		if !regexp.MustCompile(`^\d\.\d{1,2}$`).MatchString(code) || enhanced[code[:1]+".0"] == "" && code[0] != '0' {
			t.Errorf("%s is no subject and detail, or its subject is unknown", code)
		}
		texts = append(texts, text)
	}
	for _, word := range Keywords() {
		if word != strings.ToUpper(word) {
			t.Errorf("%s is not in upper case", word)
		}
		texts = append(texts, Keyword(word))
	}
	for _, text := range texts {
		if len(text) == 0 || len(text) > 120 || strings.HasSuffix(text, ".") {
			t.Errorf("%q is no short phrase", text)
		}
	}
}
