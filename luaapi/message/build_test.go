package message

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// draftCase is a message that is hard to build or to read, and what has to be read of it again.
type draftCase struct {
	Name  string
	Draft Draft
}

func ptr(s string) *string { return &s }

func source() func() (*rand.Rand, error) {
	r := rand.New(rand.NewPCG(1, 2))
	return func() (*rand.Rand, error) { return r, nil }
}

var hardTexts = []string{
	"", "Hello.", "Hello.\n", ".\n..\n.\n", "From here\n\nFrom there\n", "trailing  \nspaces \t\n", strings.Repeat("x", 5000) + "\n",
	"a\x00b\n", "Grüße\n", strings.Repeat("日本語のメール。", 200) + "\n", "= =20 =?utf-8?q?x?=\n", "--=_\n--\n-- \nme\n", "\n\n\n", "a\r\nb\nc\rd\n",
	strings.Repeat("word ", 2000) + "\n", "\x0c\x1b[1m\n", "😀" + strings.Repeat("👩‍👩‍👧‍👦", 100) + "\n",
}

var hardSubjects = []string{
	"", "plain", "  blanks around  ", "two  blanks", strings.Repeat("日本語", 166) + "日本", strings.Repeat("😀", 100), strings.Repeat("a", 77), strings.Repeat("a", 1200),
	strings.Repeat("word ", 60) + "end", "=?utf-8?q?not_one?=", "a\x00b\x1bc", "tab\tinside", strings.Repeat(" ", 100) + "x", "x" + strings.Repeat(" ", 300) + "y",
	"Grüße aus Köln", "ends in é", "quote \" and \\ backslash", "a, b; c: d (e) <f>", strings.Repeat("ä ", 200) + "ö", "a=?b", "?=", "é  è",
}

var hardNames = []string{
	"", "Plain Name", "Doe, John", "John \"Joe\" Doe", "back\\slash", "日本太郎", "Jürgen Müller", "dots. and: colons; (brackets) <angles> @", strings.Repeat("long ", 30) + "name",
	strings.Repeat("長い", 60), "a  b", " blank first", "=?utf-8?q?x?=", "😀", strings.Repeat("x", 200), "O'Neil", "Ünï, Cödé", "tab\there", "'quoted'",
}

var hardFiles = []string{
	"a.txt", "with space.pdf", "quote\".pdf", "semi;colon.bin", "Grüße.pdf", strings.Repeat("長い名前", 30) + ".png", strings.Repeat("x", 300) + ".zip", "日本語.eml.bin", "a'b%41.bin",
	"back\\slash.bin", "(brackets).bin", "😀.gif", "no ending", "trailing.", "=?utf-8?q?x?=.bin", "a*b.bin", "tab\t.bin", " blanks .bin ",
}

func drafts() (cases []draftCase) {
	add := func(name string, d Draft) {
		d.Random = source()
		if d.From == nil {
			d.From = []Address{{"Me", "me@example.org"}}
		}
		if d.Date == "" {
			d.Date = "Mon, 23 Nov 2026 11:00:00 +0000"
		}
		cases = append(cases, draftCase{name, d})
	}
	for i, s := range hardSubjects {
		add(fmt.Sprint("subject ", i), Draft{Subject: ptr(s), Text: ptr("x")})
	}
	for i, n := range hardNames {
		add(fmt.Sprint("name ", i), Draft{From: []Address{{n, "a@example.org"}}, To: []Address{{n, "b@example.org"}, {"", "c@example.org"}, {n, "\"d e\"@example.org"}}, Subject: ptr("s")})
	}
	for i, s := range hardTexts {
		for _, encoding := range []string{"", QuotedPrintable, Base64} {
			add(fmt.Sprint("text ", i, encoding), Draft{Text: ptr(s), Encoding: encoding})
			add(fmt.Sprint("alternative ", i, encoding), Draft{Text: ptr(s), HTML: ptr("<p>" + s), Encoding: encoding})
		}
		add(fmt.Sprint("flowed ", i), Draft{Text: ptr(s), Flowed: true})
		add(fmt.Sprint("file ", i), Draft{Text: ptr("x"), Attachments: []Attachment{{Name: "a.bin", Content: s}, {Name: "a.txt", Content: s}, {Name: "q.txt", Content: s, Encoding: QuotedPrintable}}})
	}
	for i, n := range hardFiles {
		add(fmt.Sprint("file name ", i), Draft{Text: ptr("x"), Attachments: []Attachment{{Name: n, Content: "\x00\r\n\n\r\xff.\r\n", Description: n}}})
		add(fmt.Sprint("file name in UTF-8 ", i), Draft{Text: ptr("x"), UTF8: true, Attachments: []Attachment{{Name: n, Content: "x"}}})
	}
	add("only a file", Draft{Attachments: []Attachment{{Name: "a.pdf", Content: "%PDF"}}})
	add("all", Draft{Subject: ptr("all"), Text: ptr("t\n"), HTML: ptr("<img src=\"cid:i@x\">"), ReplyTo: []Address{{"", "r@x.test"}}, Cc: []Address{{"C", "c@x.test"}}, Sender: []Address{{"", "s@x.test"}},
		Attachments: []Attachment{{Name: "i.png", Content: "\x89PNG", CID: "i@x", Inline: true}, {Name: "a.bin", Content: strings.Repeat("\x00\xff", 5000)}, {Name: "", Type: "text/plain; charset=utf-8", Content: "é"}}})
	inner, err := Build(&Draft{From: []Address{{"", "i@x.test"}}, Date: "Mon, 23 Nov 2026 11:00:00 +0000", MessageID: "<i@x.test>", Subject: ptr("inner"), Text: ptr("é"), Encoding: EightBit})
	if err != nil {
		panic(err)
	}
	add("a message", Draft{Text: ptr("see"), Attachments: []Attachment{{Name: "m.eml", Content: inner}}})
	deep := inner
	for range 30 {
		if deep, err = Build(&Draft{From: []Address{{"", "i@x.test"}}, Date: "Mon, 23 Nov 2026 11:00:00 +0000", Text: ptr("t"), Attachments: []Attachment{{Name: "m.eml", Content: deep}}, Random: source()}); err != nil {
			panic(err)
		}
	}
	add("thirty messages", Draft{Text: ptr("see"), Attachments: []Attachment{{Name: "m.eml", Content: deep}}})
	var many []Address
	for i := range 100 {
		many = append(many, Address{fmt.Sprintf("Nümber %d", i), fmt.Sprintf("r%d@example.org", i)})
	}
	add("a hundred recipients", Draft{To: many})
	add("SMTPUTF8", Draft{UTF8: true, From: []Address{{"Jürgen", "jürgen@bücher.example"}}, To: []Address{{"日本, 太郎", "太郎@例え.jp"}}, Subject: ptr(strings.Repeat("Grüße ", 40) + "!"), Text: ptr("é"), Encoding: EightBit})
	add("own fields", Draft{Headers: []NameValue{{"Received", "from a by b; Mon, 23 Nov 2026 11:00:00 +0000"}, {"Received", "second"}, {"X-Long", strings.Repeat("token ", 50) + "é"}, {"SUBJECT", "mine"},
		{"Resent-To", "\"Doe, Jöhn\" <j@example.org>, k@example.org"}, {"X-Folded", "a\r\n b\n\tc"}, {"References", strings.Repeat("<1234567890@example.org> ", 60)}}, Without: []string{"message-id"}, Subject: ptr("theirs")})
	return cases
}

// What is built is lawful: its lines, its header, its boundaries.
func TestBuildIsLawful(t *testing.T) {
	for _, c := range drafts() {
		text, err := Build(&c.Draft)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		head, _, _ := strings.Cut(text, "\r\n\r\n")
		for line := range strings.SplitSeq(head, crlf) {
			first, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
			folds := strings.Contains(strings.TrimSpace(line[min(len(line), len(first)+1):]), " ")
			if len(line) > maxLine || len(line) > lineLength && folds && !strings.Contains(c.Name, "subject") {
				t.Errorf("%s: a line of %d: %q", c.Name, len(line), line)
			}
			if strings.TrimSpace(line) == "" {
				t.Errorf("%s: an empty line in the header", c.Name)
			}
			for word := range strings.FieldsSeq(line) {
				if strings.HasPrefix(word, "=?utf-8?") && len(word) > maxEncodedLen+1 {
					t.Errorf("%s: an encoded word of %d", c.Name, len(word))
				}
			}
		}
		if strings.Count(text, "\n") != strings.Count(text, crlf) {
			t.Errorf("%s: a line end that is no CRLF", c.Name)
		}
		for line := range strings.SplitSeq(text, crlf) {
			if len(line) > maxLine {
				t.Errorf("%s: a line of %d octets", c.Name, len(line))
			}
		}
	}
}

// What was built is read again as it was meant.
func TestBuildAndParse(t *testing.T) {
	for _, c := range drafts() {
		text, err := Build(&c.Draft)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		m := Parse([]byte(text))
		if len(m.Defects) > 0 {
			t.Errorf("%s: defects: %q\n%s", c.Name, m.Defects, head(text))
		}
		c.compare(t, m)
	}
}

func head(s string) string { return s[:min(len(s), 1500)] }

func (c *draftCase) compare(t *testing.T, m *Message) {
	t.Helper()
	d := &c.Draft
	same := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s: %s\ngot  %.300q\nwant %.300q\n%s", c.Name, what, got, want, head(m.Raw))
		}
	}
	if own := slices.ContainsFunc(d.Headers, func(f NameValue) bool { return strings.EqualFold(f.Name, "subject") }); d.Subject != nil && !own {
		got, _ := m.Value("Subject")
		same("subject", got, *d.Subject)
	}
	same("from", m.Addresses("From"), d.From)
	same("to", m.Addresses("To"), d.To)
	for typ, want := range map[string]*string{"text/plain": d.Text, "text/html": d.HTML} {
		if want == nil {
			continue
		}
		text := ""
		if found := m.Find(typ); found != nil {
			text = found.Text()
		}
		expected := strings.ReplaceAll(crlfLines(*want), crlf, "\n")
		if d.Flowed && typ == "text/plain" {
			expected = withoutTrailing(expected)
		}
		same(typ, text, expected)
	}
	files := m.Attachments()
	same("number of files", len(files), len(d.Attachments))
	for i, a := range d.Attachments {
		if i >= len(files) {
			break
		}
		same("file name", files[i].Name, a.Name)
		if strings.HasSuffix(a.Name, ".eml") {
			a.Content = crlfLines(a.Content)
		}
		if a.Encoding == QuotedPrintable {
			continue // of text: its line ends become CRLF
		}
		same("content", files[i].Content(), a.Content)
		if a.Description != "" {
			got, _ := files[i].Value("Content-Description")
			same("description", got, a.Description)
		}
	}
}

// withoutTrailing is text without the blanks at the ends of lines, which flowed text cannot have.
func withoutTrailing(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if l != "-- " {
			lines[i] = strings.TrimRight(l, " ")
		}
	}
	return strings.Join(lines, "\n")
}

// TestWriteCases writes what .ci/mail holds against other programs into the directory MAIL_CASES.
func TestWriteCases(t *testing.T) {
	dir := os.Getenv("MAIL_CASES")
	if dir == "" {
		t.Skip("MAIL_CASES is not set: .ci/mail runs this")
	}
	for i, c := range drafts() {
		text, err := Build(&c.Draft)
		if err != nil {
			t.Fatal(err)
		}
		c.Draft.Random = nil
		about, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("%03d", i))
		if err := os.WriteFile(name+".eml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+".json", about, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
