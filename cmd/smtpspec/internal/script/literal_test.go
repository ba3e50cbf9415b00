package script

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// evaluated is what Lua makes of an expression.
func evaluated(t *testing.T, expression string) string {
	t.Helper()
	L := lua.NewState()
	defer L.Close()
	if err := L.DoString("return " + expression); err != nil {
		t.Fatalf("%v\n%s", err, expression)
	}
	return string(L.Get(-1).(lua.LString))
}

var literals = []string{"", "a", `"\`, "\x00", "\x001", "\x0012\r\n\t", "\xff\xfe", "Grüße", "\u2028\ufeff", "]]", "]=]\n", "\n", "\n\n", strings.Repeat("x", 39),
	strings.Repeat("x", 40) + "y", strings.Repeat("ab", 200), strings.Repeat("a line\r\n", 50), "\r", "a\r\nb\rc\n", "-- no comment", "x]", "trailing \n", "a\x7fb",
	strings.Repeat("\\", 39), strings.Repeat("\x00", 100), strings.Repeat("é", 100)}

func FuzzLiteral(f *testing.F) {
	for _, text := range literals {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		source := literal(data, indent)
		if got := evaluated(t, source); got != string(data) {
			t.Errorf("want %q\ngot  %q\nof   %s", data, got, source)
		}
		for line := range strings.Lines(source) {
			if utf8.RuneCountInString(line) > longest {
				t.Errorf("%d columns: %s", len(line), line)
			}
		}
		if got := evaluated(t, quote(string(data))); got != string(data) {
			t.Errorf("quote: want %q\ngot  %q", data, got)
		}
		if source, ok := longString(data); ok {
			if got := evaluated(t, source); got != string(data) {
				t.Errorf("long string: want %q\ngot  %q", data, got)
			}
		}
	})
}

// Every byte that a client sent goes over the wire again, in whatever step.
func FuzzSent(f *testing.F) {
	for _, text := range literals {
		f.Add([]byte(text), 0)
		f.Add([]byte(text), 1)
		f.Add([]byte(text), 2)
	}
	f.Fuzz(func(t *testing.T, data []byte, kind int) {
		s := Step{Kind: []Kind{Line, Raw, Message}[uint(kind)%3], Data: data}
		w := writer{conns: map[int]*conn{}}
		call := w.sending(&s)
		if len(data) > maxKept || len(w.b.Bytes()) > 0 {
			return
		}
		verb, rest, _ := strings.Cut(call[1:], "(")
		got := evaluated(t, "("+strings.TrimSuffix(rest, ")")+")")
		want := string(data)
		switch {
		case verb == "send":
			if strings.ContainsAny(got, "\r\n\x00") {
				t.Fatalf("send takes no %q", got)
			}
		case verb == "send_data": // what luaapi makes of it
			got = string(stuffed([]byte(strings.ReplaceAll(got, "\n", "\r\n"))))
			want = string(stuffed(data))
		case s.Kind == Message:
			want = string(stuffed(data))
		case s.Kind == Line:
			want += "\r\n"
		}
		if got != want {
			t.Errorf("want %q\ngot  %q\nof   %s", want, got, call)
		}
	})
}

func TestComment(t *testing.T) {
	var b bytes.Buffer
	comment(&b, "  ", "one\ntwo\x00\x1b[31m "+strings.Repeat("word ", 40)+"\n\n"+strings.Repeat("x", 200))
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "  --") || strings.ContainsAny(line, "\x00\x1b\r") || strings.HasSuffix(line, " \n") {
			t.Errorf("%q", line)
		}
	}
	if n := strings.Count(b.String(), "\n"); n != 6 {
		t.Errorf("%d lines\n%s", n, &b)
	}
}
