package talk

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestUnescape(t *testing.T) {
	for _, c := range []struct{ text, want, problem string }{
		{`NOOP\r\n`, "NOOP\r\n", ""},
		{`a\\b\t\0\x41\xff`, "a\\b\t\x00A\xff", ""},
		{`é`, "é", ""},
		{`\`, "", "a backslash at the end"},
		{`\q`, "", `\q is no escape`},
		{`\x4`, "", `\x is no escape`},
		{`\xzz`, "", `\xzz is no escape`},
	} {
		got, err := unescape(c.text)
		if string(got) != c.want || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %q, %v; want %q, %s", c.text, got, err, c.want, c.problem)
		}
	}
}

func TestUnhex(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ok         bool
	}{{"4e4f 0D:0a", "NO\r\n", true}, {"", "", true}, {"4", "", false}, {"zz", "", false}} {
		if got, err := unhex(c.text); string(got) != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %q, %v", c.text, got, err)
		}
	}
}

// The history is for its owner alone, does not repeat itself, and does not grow for ever.
func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "talk_history")
	h := openHistory(path)
	for _, line := range []string{"EHLO a", "EHLO a", " ", "QUIT"} {
		h.keep(line)
	}
	if got, _ := os.ReadFile(path); string(got) != "EHLO a\nQUIT\n" {
		t.Errorf("the file has %q", got)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	h = openHistory(path)
	h.keep("NOOP")
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 || h.Len() != 3 || h.At(0) != "NOOP" || h.At(2) != "EHLO a" {
		t.Errorf("mode %v, %d lines, the newest is %q", info.Mode().Perm(), h.Len(), h.At(0))
	}
	for i := range cutLines {
		h.keep(strings.Repeat("x", i%7+1))
	}
	if h = openHistory(path); h.Len() != keptLines {
		t.Errorf("%d lines are kept", h.Len())
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the file that was cut has the mode %v", info.Mode().Perm())
	}
	openHistory(filepath.Join("/proc/nosuch", "history")).keep("NOOP") // no place for it is no reason not to talk
}

// Credentials are bullets while they are typed; what is deleted of them is gone.
func TestBullets(t *testing.T) {
	term := &terminal{how: ask{words: &vocabulary{}}}
	line, pos := "AUTH PLAIN ", len("AUTH PLAIN ")
	for _, key := range "secretX" {
		var ok bool
		if line, pos, ok = term.key(line, pos, key); !ok {
			t.Fatalf("%c is shown", key)
		}
	}
	if want := "AUTH PLAIN •••••••"; line != want {
		t.Errorf("the screen has %q, want %q", line, want)
	}
	line = strings.TrimSuffix(line, "•") // as backspace does
	if got := term.reveal(line); got != "AUTH PLAIN secret" {
		t.Errorf("%q is sent", got)
	}
	if _, _, ok := term.key("MAIL FROM:<", 11, 'a'); ok {
		t.Error("an address is hidden")
	}
	if got, at, ok := term.key(line, len("AUTH PLAIN •"), 'x'); got != line || at != len("AUTH PLAIN •") || !ok {
		t.Errorf("a key within the bullets makes %q", got)
	}
}

func TestComplete(t *testing.T) {
	v := &vocabulary{name: "client.example", addresses: []string{"a@example.org", "b@example.org"},
		offered: map[string]string{"AUTH": "PLAIN LOGIN", "SIZE": "1000", "8BITMIME": "", "DSN": ""}}
	lmtp := &vocabulary{lmtp: true}
	for _, c := range []struct {
		v    *vocabulary
		line string
		from int
		want []string
	}{
		{v, "rs", 0, []string{"RSET "}},
		{v, "R", 0, []string{"RCPT", "RSET"}},
		{v, "STAR", 0, nil},
		{v, "B", 0, nil},
		{v, "AU", 0, []string{"AUTH "}},
		{v, "EH", 0, []string{"EHLO "}},
		{lmtp, "LH", 0, []string{"LHLO "}},
		{lmtp, "EH", 0, nil},
		{v, "ehlo c", 5, []string{"client.example"}},
		{v, "mail ", 5, []string{"FROM:<"}},
		{v, "MAIL FROM:<", 11, []string{"a@example.org", "b@example.org"}},
		{v, "MAIL FROM:<B", 11, []string{"b@example.org>"}},
		{v, "MAIL FROM:<b@example.org> ", 26, []string{"AUTH=<>", "BODY=7BIT", "BODY=8BITMIME", "ENVID=", "RET=FULL", "RET=HDRS", "SIZE="}},
		{v, "RCPT TO:<b@example.org> n", 24, []string{"NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE,DELAY"}},
		{v, "AUTH l", 5, []string{"LOGIN "}},
		{v, "VRFY a", 5, []string{"a@example.org"}},
		{v, "HELP VR", 5, []string{"VRFY"}},
		{v, "/st", 0, []string{"/starttls "}},
		{v, "/auth p", 6, []string{"PLAIN "}},
		{v, "/help smtpu", 6, []string{"SMTPUTF8"}},
		{v, "/record ", 8, []string{"status"}},
		{v, "NOOP x", 5, nil},
	} {
		from, got := c.v.complete(c.line)
		if from != c.from || !slices.Equal(got, c.want) {
			t.Errorf("%q: %d %q, want %d %q", c.line, from, got, c.from, c.want)
		}
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"mail.eml", "more.eml"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("messages", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, got := v.complete("/data m"); !slices.Equal(got, []string{"mail.eml", "messages/", "more.eml"}) {
		t.Errorf("files: %q", got)
	}
}

// Ctrl-C clears the line, or ends a wait while somebody waits; what is typed ahead is kept.
func TestKeys(t *testing.T) {
	in, keyboard := io.Pipe()
	k := &keys{in: in}
	go keyboard.Write([]byte("ab\x03c"))
	if got := take(t, k, 5); !bytes.Equal(got, append(append([]byte("ab"), clearLine...), 'c')) {
		t.Errorf("%q arrives", got)
	}
	ctx, stop := k.watch(t.Context())
	if _, err := keyboard.Write([]byte("next\x03")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Error("ctrl-C does not end the wait")
	}
	stop()
	if got := take(t, k, 4); string(got) != "next" {
		t.Errorf("%q was typed ahead", got)
	}
	go keyboard.Write([]byte("\x03"))
	if got := take(t, k, 2); !bytes.Equal(got, clearLine) {
		t.Errorf("after the wait ctrl-C is %q", got)
	}
	keyboard.Close()
	if _, err := k.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the end of the keyboard is %v", err)
	}
}

func take(t *testing.T, r io.Reader, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestExplained(t *testing.T) {
	for word, want := range map[string]string{
		"550": "550: refused", "4.2.2": "4.2.2: the mailbox is full", "9.9.9": "", "299": "299: done", "chunking": "CHUNKING in the reply to EHLO",
		"MAIL": "MAIL FROM:<ADDRESS>", "/wait": "/wait [TIME]", "wait": "/wait [TIME]", "nosuch": "", "/nosuch": "",
	} {
		if got := explained(word); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// A pipe's lines may end in CRLF, LF or nothing, and have any length.
func TestPipe(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	p := newPipe(strings.NewReader("a\r\n\n" + long + "\nlast"))
	for _, want := range []string{"a", "", long, "last"} {
		if got, err := p.line(ask{}); got != want || err != nil {
			t.Errorf("a line of %d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	if _, err := p.line(ask{}); err != io.EOF {
		t.Errorf("the end is %v", err)
	}
	if ctx, _ := p.watch(context.Background()); ctx.Err() != nil {
		t.Error("nobody interrupts a pipe")
	}
}
