package message

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
)

const minimal = "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\nFrom: a@example.org\r\n"

// Each fault of a message is found and named, and what is not broken is read.
func TestDefects(t *testing.T) {
	for _, c := range []struct{ text, want, body string }{
		{minimal + "\r\nx", "", "x"},
		{minimal + strings.Repeat("a:\r\n", maxFields), "the header has more than 100000 fields: the rest is not read", "a:\r\n"},
		{minimal + "Content-Type: a/b" + numbered(1001) + "\r\n\r\n", "Content-Type: more than 1000 parameters: the rest is not read", ""},
		{minimal, "", ""},
		{"", "there is no Date; there is no From", ""},
		{"\r\nx", "there is no Date; there is no From", "x"},
		{"From me Mon Nov 23\r\n" + minimal + "\r\nx", "", "x"},
		{minimal + "\nx", "line ends are mixed: CRLF, and LF alone", "x"},
		{strings.ReplaceAll(minimal, "\r", "") + "\nx\n", "", "x\n"},
		{minimal + "\r\na\rb", "a CR stands alone", "a\rb"},
		{minimal + "\r\na\x00", "there is a NUL", "a\x00"},
		{minimal + "no header\r\nx", "line 3 is no header field, and there is no empty line before it: \"no header\"", "no header\r\nx"},
		{" x\r\n" + minimal, "the header begins with a folded line; there is no Date; there is no From", " x\r\n" + minimal},
		{minimal + "Subject : x\r\n\r\n", "a blank stands between the field's name and its colon: \"Subject\"", ""},
		{minimal + "Subject: \xff\r\n\r\n", "the header field \"Subject\" has octets that are no UTF-8", ""},
		{minimal + "Subject: =?utf-8?q?=ff?=\r\n\r\n", "an encoded word: text that is said to be utf-8 is none", ""},
		{minimal + "Subject: =?x-y?q?a?=\r\n\r\n", "an encoded word: the charset \"x-y\" is not known here: the text is its bytes", ""},
		{minimal + "X: " + strings.Repeat("x", 999) + "\r\n\r\n", "a line of the header field \"X\" has more than 998 octets", ""},
		{minimal + "\r\n" + strings.Repeat("x", 999), "a line has more than 998 octets", strings.Repeat("x", 999)},
		{minimal + minimal + "\r\n", "Date is there 2 times; From is there 2 times", ""},
		{"Date: today\r\nFrom: a@example.org\r\n\r\n", "Date is no date: \"today\"", ""},
		{minimal + "\r\n\xff", "octets over 127 in content that is said to be 7bit; text that is said to be us-ascii has octets over 127", "\xff"},
		{minimal + "Content-Type: text\r\n\r\n", "Content-Type is no type: \"text\"", ""},
		{minimal + "Content-Type: text/plain; charset\r\n\r\n", "Content-Type: a parameter has no value: \"charset\"", ""},
		{minimal + "Content-Type: text/plain; x=1; x=2\r\n\r\n", "Content-Type: the parameter \"x\": given twice", ""},
		{minimal + "Content-Type: text/plain; x*0=1; x*2=2\r\n\r\n", "Content-Type: the parameter \"x\": a piece of it is missing or given twice", ""},
		{minimal + "Content-Type: text/plain; charset=klingon\r\n\r\nx", "the charset \"klingon\" is not known here: the text is its bytes", "x"},
		{minimal + "Content-Transfer-Encoding: uuencode\r\n\r\nx", "the transfer encoding \"uuencode\" is not known here: the content is the body", "x"},
		{minimal + "Content-Transfer-Encoding: base64\r\n\r\nYQ==", "", "YQ=="},
		{minimal + "Content-Transfer-Encoding: base64\r\n\r\nYQ", "base64 does not end with the padding that it needs", "YQ"},
		{minimal + "Content-Transfer-Encoding: base64\r\n\r\nYQ==YQ==", "base64 goes on after its end", "YQ==YQ=="},
		{minimal + "Content-Transfer-Encoding: base64\r\n\r\nYWFhY", "base64 ends in the middle of an octet", "YWFhY"},
		{minimal + "Content-Transfer-Encoding: base64\r\n\r\nY?Q==", "base64 has characters that are none of it", "Y?Q=="},
		{minimal + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=zz", "quoted-printable has an \"=\" that is no escape", "=zz"},
		{minimal + "Content-Type: multipart/mixed\r\n\r\nx", "a multipart without a boundary", "x"},
		{minimal + "Content-Type: multipart/mixed; boundary=b\r\n\r\nx", "a multipart in which its boundary does not occur", "x"},
		{minimal + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx", "a multipart without its last boundary", "--b\r\n\r\nx"},
		{minimal + "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b--", "multipart/mixed is encoded as base64 (RFC 2045 6.4); a multipart in which its boundary does not occur", "--b--"},
	} {
		m := Parse([]byte(c.text))
		if got := strings.Join(m.Defects, "; "); got != c.want {
			t.Errorf("%.200q:\ngot  %s\nwant %s", c.text, got, c.want)
		}
		if m.Body != c.body {
			t.Errorf("%.200q: body %q, want %q", c.text, m.Body, c.body)
		}
	}
}

// numbered are n parameters.
func numbered(n int) (params string) {
	for i := range n {
		params += fmt.Sprintf(";\r\n a%d=b", i)
	}
	return params
}

func TestNesting(t *testing.T) {
	nested := func(n int) string {
		text := minimal
		for i := range n {
			text += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return text + "\r\ndeep"
	}
	m := Parse([]byte(nested(30)))
	if found := m.Find("text/plain"); found == nil || found.Text() != "deep" {
		t.Errorf("30 deep: %v", m.Defects)
	}
	m = Parse([]byte(nested(150)))
	if !slices.ContainsFunc(m.Defects, func(d string) bool { return strings.Contains(d, "more than 100 deep") }) {
		t.Errorf("150 deep: %q", m.Defects)
	}
	m = Parse([]byte(minimal + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n", 20_000)))
	if len(m.Parts) != maxParts || !slices.Contains(m.Defects, "more than 10000 parts: the rest is not read") {
		t.Errorf("%d parts", len(m.Parts))
	}
}

func TestDecode(t *testing.T) {
	for in, want := range map[string]string{
		"=?utf-8?q?a_b=C3=BC?=": "a bü", "=?UTF-8?B?w7w=?= =?utf-8?b?w7w=?=": "üü", "=?utf-8?q?a?= b =?utf-8?q?c?=": "a b c", "=?utf-8?b?w7?= =?utf-8?b?vA==?=": "ü",
		"=?iso-8859-1?q?=FC?=": "ü", "=?windows-1252?q?=80=93?=": "€“", "=?iso-8859-15*de?q?=A4?=": "€", "=?utf-8?x?a?=": "=?utf-8?x?a?=", "=?utf-8?q?a": "=?utf-8?q?a", "plain =?": "plain =?",
		"=?utf-8?q?=C3?= =?utf-8?q?=BC?=": "ü",
	} {
		if got := DecodeWords(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a=\r\nb": "ab", "a \t\r\nb": "a\r\nb", "=c3=BC": "ü", "=": "", "a= \r\nb": "ab", "x=2": "x=2"} {
		if got, _ := decodeQP(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"text/plain": "text/plain []", `TEXT/Plain; a=b; C="d;\"e" (comment); f=g (h)`: `text/plain [{a b} {c d;"e} {f g}]`,
		"a/b; n*0*=utf-8''%C3%BC; n*1=\" x%20\"": "a/b [{n ü x%20}]", "a/b; n*=iso-8859-1'de'%FC": "a/b [{n ü}]", "a/b; n=x; n*=utf-8''y": "a/b [{n y}]", "a/b; n==?utf-8?q?=C3=BC?=": "a/b [{n ü}]",
		"a/b;;; n = v ;": "a/b [{n v}]", "a/b; n*1=b; n*0=a": "a/b [{n ab}]",
	} {
		value, params, problem := parseParams(in)
		if got := fmt.Sprintf("%s %v", value, params); got != want || problem != "" {
			t.Errorf("%q: %s %s, want %s", in, got, problem, want)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"a@b.test": "[{ a@b.test}]", "A B <a@b.test>, c@d.test": "[{A B a@b.test} { c@d.test}]", `"Doe, \"J\"" <a@b.test>`: `[{Doe, "J" a@b.test}]`, "a@b.test (A (b) C)": "[{A (b) C a@b.test}]",
		"group: a@b.test, c@d.test;, e@f.test": "[{ a@b.test} { c@d.test} { e@f.test}]", "undisclosed:;": "[]", "<>": "[{ }]", `"a b"@c.test`: `[{ "a b"@c.test}]`, `<"a>b"@c.test>`: `[{ "a>b"@c.test}]`,
		"<@x.test,@y.test:a@b.test>": "[{ a@b.test}]", "a@[IPv6:::1]": "[{ a@[IPv6:::1]}]", "": "[]", ",,": "[]", "x": "[{ x}]", "=?utf-8?q?=C3=BC?= <a@b.test>": "[{ü a@b.test}]", "A\r\n B <a@b.test>": "[{A B a@b.test}]",
	} {
		if got := fmt.Sprint(ParseAddresses(in)); got != want && !(want == "[]" && got == "[]") {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	want := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	for _, in := range []string{"Mon, 23 Nov 2026 11:00:00 +0000", "23 Nov 2026 12:00 +0100", " Mon,  23 Nov 2026\r\n 06:00:00 EST (Eastern)", "Mon, 23 Nov 26 11:00:00 GMT", "23 Nov 2026 03:00:00 PST"} {
		if got, err := ParseDate(in); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
	if _, err := ParseDate("2026-11-23"); err == nil {
		t.Error("2026-11-23 is a date")
	}
}

// go-message reads the same from what is built here.
func TestAgainstGoMessage(t *testing.T) {
	for _, c := range drafts() {
		text, err := Build(&c.Draft)
		if err != nil {
			t.Fatal(err)
		}
		e, err := gomessage.Read(strings.NewReader(text))
		if err != nil && !gomessage.IsUnknownCharset(err) {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		var contents []string
		err = e.Walk(func(_ []int, e *gomessage.Entity, err error) error {
			if e.MultipartReader() == nil {
				b, _ := io.ReadAll(e.Body)
				contents = append(contents, string(b))
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		var ours []string
		leaves(Parse([]byte(text)), &ours)
		if !slices.Equal(contents, ours) {
			t.Errorf("%s: %.300q, go-message has %.300q", c.Name, ours, contents)
		}
	}
}

func leaves(m *Message, list *[]string) {
	if !strings.HasPrefix(m.Type, "multipart/") {
		*list = append(*list, m.Content())
		return
	}
	for _, p := range m.Parts {
		leaves(p, list)
	}
}

// FuzzParse: nothing that is read makes trouble, the bytes are kept, and signatures of it are judged.
func FuzzParse(f *testing.F) {
	for _, c := range drafts()[:60] {
		text, err := Build(&c.Draft)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(text))
	}
	f.Add([]byte(rfc8463))
	f.Add([]byte(minimal + "Content-Type: multipart/mixed; boundary*0*=utf-8''b; boundary*1=c\r\nAuthentication-Results: a (b); c=d e.f=\"g\"\r\n\r\n--bc\r\nContent-Type: message/rfc822\r\n\r\n--bc--"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := Parse(b)
		if m.Raw != string(b) || !strings.HasSuffix(m.Raw, m.Body) {
			t.Fatal("bytes are lost")
		}
		var raw strings.Builder
		for _, h := range m.Header {
			raw.WriteString(h.Raw)
			_ = ParseAuthenticationResults(h.Value)
			_ = ParseAddresses(h.Value)
		}
		if !strings.Contains(m.Raw, raw.String()) {
			t.Fatal("the header is not what it was")
		}
		if len(m.Defects) > maxDefects {
			t.Fatal("too many defects")
		}
		for _, p := range append(m.Attachments(), m) {
			_, _ = p.Text(), p.Content()
		}
	})
}

// A generated message has the size that was asked for, to the octet, and is good.
func TestGenerate(t *testing.T) {
	generate := func(g Generation) (string, error) {
		g.From, g.To, g.Subject, g.Date = []Address{{"", "a@example.org"}}, []Address{{"", "b@example.org"}}, "s", "Mon, 23 Nov 2026 11:00:00 +0000"
		g.Random = rand.New(rand.NewPCG(1, 2))
		return Generate(g)
	}
	for _, length := range []int{1, 2, 3, 10, 72, 998, 5000} {
		for _, files := range []int{0, 1, 3} {
			for _, eight := range []bool{false, true} {
				for size := 1500; size < 1600; size++ {
					text, err := generate(Generation{Size: size, LineLength: length, Attachments: files, EightBit: eight})
					if err != nil && strings.Contains(err.Error(), "leave one for the text") {
						continue
					}
					if err != nil || len(text) != size {
						t.Fatalf("%d %d %d: %d octets, %v", size, length, files, len(text), err)
					}
					m := Parse([]byte(text))
					if len(m.Attachments()) != files || len(m.Defects) > 0 && length <= maxLine {
						t.Fatalf("%d %d %d: %q\n%s", size, length, files, m.Defects, text)
					}
					body := m.Find("text/plain").Body
					for line := range strings.SplitSeq(body, crlf) {
						if len(line) > length || strings.TrimSpace(line) != line || strings.HasPrefix(line, ".") {
							t.Fatalf("%d %d: the line %q", size, length, line)
						}
					}
					if eight == isASCII(body) && length > 1 {
						t.Fatalf("%d %d: %v, but %s", size, length, eight, body)
					}
				}
			}
		}
	}
	a, _ := generate(Generation{Size: 2000, LineLength: 72, Attachments: 1})
	b, _ := generate(Generation{Size: 2000, LineLength: 72, Attachments: 1})
	if a != b {
		t.Error("not the same twice")
	}
	if _, err := generate(Generation{Size: 100, LineLength: 72}); err == nil {
		t.Error("100 octets are enough")
	}
}

func BenchmarkGenerate10MB(b *testing.B) {
	for b.Loop() {
		if text, err := Generate(Generation{Size: 10_000_000, LineLength: 72, Random: rand.New(rand.NewPCG(1, 2)), EightBit: true, Attachments: 2}); err != nil || len(text) != 10_000_000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildAndParse(b *testing.B) {
	d := drafts()[0].Draft
	d.Attachments = []Attachment{{Name: "a.bin", Content: string(bytes.Repeat([]byte{0, 1, 2, 255}, 1<<20))}}
	b.SetBytes(4 << 20)
	for b.Loop() {
		text, err := Build(&d)
		if err != nil {
			b.Fatal(err)
		}
		if m := Parse([]byte(text)); len(m.Defects) > 0 {
			b.Fatal(m.Defects)
		}
	}
}
