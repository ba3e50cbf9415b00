package bind

import (
	"strings"
	"testing"
)

const testManual = `# lib.one
param text: what to take,
  and more of it
param n: how much
returns string?: what came
also one(n: number)
fails: never,
  or so
refs: RFC 5321 3.1
A paragraph.
Another, which is
  continued.
example with x:
    local a = 1

    local b = 2

# lib.none lib.part.f
Both.
`

func TestManual(t *testing.T) {
	ref, err := newLanguage().Reference(Around{Manual: testManual})
	if err != nil {
		t.Fatal(err)
	}
	got := ref.Text(ref.Find("lib.one").Entries[0], TextOptions{Width: 30})
	want := `lib.one(text: string, n?: number)
lib.one(n: number)

  Takes text.

  A paragraph.

  Another, which is continued.

  Arguments
    text: string
      what to take, and more
      of it
    n: number, optional
      how much

  Result
    string?
      what came

  Fails
    never, or so

  See
    RFC 5321 3.1

  Example
    local a = 1

    local b = 2
`
	if got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
	if e := ref.Find("part.f").Entries[0]; len(e.Text) != 1 || e.Text[0] != "Both." {
		t.Errorf("lib.part.f has the text %q", e.Text)
	}
}

// A manual that speaks of what does not exist is refused: this is what keeps it true.
func TestManualProblems(t *testing.T) {
	for _, c := range []struct{ manual, want string }{
		{"# lib.two\n# lib.two", "line 2: lib.two has a section already"},
		{"text", "line 1: a section begins with # and the names"},
		{"# lib.gone\nText.", "there is no lib.gone to speak of"},
		{"# lib.one\nparam txt: what", "lib.one: it has no parameter txt"},
		{"# lib.one\nalso two()", `lib.one: "two()" is no other form of it`},
		{"# lib.one\nalso one(n)", `lib.one: "one(n)" is no other form of it`},
		{"# lib\nalso lib()", `lib: "lib()" is no other form of it`},
	} {
		_, err := newLanguage().Reference(Around{Manual: c.manual})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gives %v, want %s", c.manual, err, c.want)
		}
	}
}

func TestSignatureKeepsRest(t *testing.T) {
	ref, err := newLanguage().Reference(Around{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ref.Find("lib.rest").Entries[0].Signature; got != "lib.rest(first: string, ...: number): integer" {
		t.Errorf("the signature is %s", got)
	}
}

// No line is wider than the page, unless a word is.
func TestWidth(t *testing.T) {
	ref, err := newLanguage().Reference(Around{Manual: "# lib.none\n" + strings.Repeat("word ", 50)})
	if err != nil {
		t.Fatal(err)
	}
	text := ref.Text(ref.Find("lib.none").Entries[0], TextOptions{Width: 40})
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 40 {
			t.Errorf("%q has %d characters", line, len(line))
		}
	}
	if !strings.Contains(text, "  word word word word word word word\n") {
		t.Errorf("the lines are not filled:\n%s", text)
	}
}

// Colours add to the text and never change it.
func TestColour(t *testing.T) {
	ref, err := newLanguage().Reference(Around{Manual: testManual})
	if err != nil {
		t.Fatal(err)
	}
	o := TextOptions{Width: 60, Heading: func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }, Code: func(s string) string { return "\x1b[36m" + s + "\x1b[0m" }}
	plain := strings.NewReplacer("\x1b[1m", "", "\x1b[36m", "", "\x1b[0m", "")
	ref.Each(func(e *Entry) {
		if got, want := plain.Replace(ref.Text(e, o)), ref.Text(e, TextOptions{Width: 60}); got != want {
			t.Errorf("%s: want\n%s\ngot\n%s", e.Name, want, got)
		}
	})
	if got := plain.Replace(ref.Overview(o)); got != ref.Overview(TextOptions{Width: 60}) || got == ref.Overview(o) {
		t.Errorf("the overview is\n%s", got)
	}
}
