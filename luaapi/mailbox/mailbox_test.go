package mailbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"maildir:/home/a/Maildir/":       "maildir:/home/a/Maildir",
		"MBOX:///var/mail/a":             "mbox:/var/mail/a",
		"files:/tmp/x":                   "files:/tmp/x",
		"demo:":                          "demo:",
		"imap://a@mail.example":          "imap://a@mail.example:143/INBOX",
		"imaps://[::1]/a/b":              "imaps://[::1]:993/a/b",
		"pop3://a%40b.example@h.example": "pop3://a%40b.example@h.example:110",
		"pop3s://h.example:1995/":        "pop3s://h.example:1995",
		"maildir:relative":               `"maildir:relative": an absolute path expected`,
		"/var/mail/a":                    "say what it is",
		"imap://a:secret@h.example":      `"imap://***@h.example": a URL holds no password`,
		"imap://a:secret@h.example:x":    `"imap://***@h.example:x": a host expected`,
		"imap://":                        "a host expected",
		"pop3://h.example/INBOX":         "POP3 has no folders",
		"imap://h.example:0":             "is not a number from 1 to 65535",
		"imap://h.example/x?y":           "nothing comes after the folder",
		"demo:x":                         "nothing comes after",
		"maildirs:/x":                    "is no mailbox: write maildir:/path",
	} {
		a, err := Parse(text)
		got := a.String()
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || !strings.Contains(got, want) || strings.Contains(got, "secret") {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// local is a mailbox of files in a directory of the test.
type local struct {
	t    *testing.T
	path string
	box  *Box
	next int
}

func openLocal(t *testing.T, kind, path string) *local {
	return &local{t: t, path: path, box: Open(Config{Address: Address{Kind: kind, Path: path}, Since: time.Now().Add(-time.Minute)})}
}

// came looks until so many messages have come, twice more, and gives their bodies.
func (l *local) came(n int) string {
	l.t.Helper()
	var bodies []string
	for range 100 {
		if err := l.box.Look(context.Background()); err != nil {
			l.t.Fatal(err)
		}
		list, next := l.box.From(l.next)
		l.next = next
		for _, m := range list {
			bodies = append(bodies, strings.TrimSpace(m.Body))
		}
		if n == 0 {
			break
		}
		n = max(n-len(list), 0)
		time.Sleep(time.Millisecond)
	}
	slices.Sort(bodies)
	return strings.Join(bodies, " ")
}

func (l *local) want(want string) {
	l.t.Helper()
	if got := l.came(len(strings.Fields(want))); got != want {
		l.t.Errorf("came %q, want %q", got, want)
	}
}

func write(t *testing.T, path, text string, age time.Duration) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	f.Close()
	when := time.Now().Add(-age)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
}

func TestMaildir(t *testing.T) {
	dir := t.TempDir()
	file := func(name, body string, age time.Duration) {
		write(t, filepath.Join(dir, name), "Subject: x\n\n"+body+"\n", age)
	}
	file("cur/1.old:2,S", "old", time.Hour)
	file("cur/2.seen:2,S", "seen", 30*time.Second)
	file("new/3.fresh", "fresh", 0)
	file("tmp/4.unfinished", "unfinished", 0)
	file("new/.hidden", "hidden", 0)
	l := openLocal(t, "maildir", dir)
	l.want("fresh seen")
	if n := l.box.Older(); n != 1 {
		t.Errorf("%d older, want 1", n)
	}
	l.want("")
	go file("new/5.live", "live", 0)
	l.want("live")
	// A reader moves it, and the names change; nothing is new. What comes by a rename keeps its old time and is new.
	if err := os.Rename(filepath.Join(dir, "new/5.live"), filepath.Join(dir, "cur/5.live:2,S")); err != nil {
		t.Fatal(err)
	}
	file("new/6.moved", "moved", time.Hour)
	l.want("moved")
	l.want("")
}

// A directory that has not changed for long is not listed again, and one that has is.
func TestMaildirListing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "", 0)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, old, old); err != nil {
		t.Fatal(err)
	}
	l := &listing{path: dir}
	for i, want := range []int{1, 0} {
		entries, err := l.entries()
		if err != nil || len(entries) != want {
			t.Errorf("listing %d: %d entries, %v; want %d", i, len(entries), err, want)
		}
	}
	write(t, filepath.Join(dir, "b"), "", 0)
	for range 2 { // it changed just now, and may again in the same moment
		if entries, err := l.entries(); err != nil || len(entries) != 2 {
			t.Errorf("%d entries, %v; want 2", len(entries), err)
		}
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	for _, kind := range []string{"maildir", "mbox", "files"} {
		l := openLocal(t, kind, filepath.Join(dir, kind))
		var e *Error
		if err := l.box.Look(context.Background()); !errors.As(err, &e) || !e.Missing {
			t.Errorf("%s: %v, want that it is missing", kind, err)
		}
		switch kind {
		case "maildir":
			write(t, filepath.Join(l.path, "new", "1"), "\n1", 0)
			write(t, filepath.Join(l.path, "cur", "2"), "\n2", 0)
		case "mbox":
			write(t, l.path, "From a@b.example Mon Nov 23 21:00:00 2026\n\n1\n\nFrom - Mon Nov 23 21:00:00 1999\n\n2\n\n", 0)
		default:
			write(t, filepath.Join(l.path, "1"), "\n1", 0)
			write(t, filepath.Join(l.path, "sub", "2"), "\n2", 0)
		}
		l.want("1 2")
	}
	l := openLocal(t, "maildir", t.TempDir())
	if err := l.box.Look(context.Background()); err == nil || !strings.Contains(err.Error(), "is no Maildir") {
		t.Errorf("a directory that is no Maildir: %v", err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old.eml"), "\nold", time.Hour)
	write(t, filepath.Join(dir, "a", "fresh.eml"), "\nfresh", 10*time.Second)
	write(t, filepath.Join(dir, ".git", "x"), "\nhidden", 0)
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link")); err != nil {
		t.Logf("no symbolic link: %v", err)
	}
	l := openLocal(t, "files", dir)
	l.want("fresh")
	if n := l.box.Older(); n != 1 {
		t.Errorf("%d older, want 1", n)
	}
	// What is being written is not read at once.
	write(t, filepath.Join(dir, "b.eml"), "\nhalf", 0)
	l.want("")
	write(t, filepath.Join(dir, "b.eml"), "way", 0)
	l.want("halfway")
	write(t, filepath.Join(dir, "old.eml"), "er", 0)
	l.want("older")
}

func TestMbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mbox")
	line := func(sender string, age time.Duration) string {
		return "From " + sender + " " + time.Now().Add(-age).Format(time.ANSIC) + "\n"
	}
	write(t, path, line("a@b.example", 48*time.Hour)+"\nold\n\n"+line("c@d.example", 0)+"Subject: x\n\n>From_here\n>From here\n>>From there\n\n", 10*time.Second)
	l := openLocal(t, "mbox", path)
	if err := l.box.Look(context.Background()); err != nil {
		t.Fatal(err)
	}
	list, next := l.box.From(0)
	if len(list) != 1 || list[0].Raw != "Subject: x\n\n>From_here\nFrom here\n>From there\n" || list[0].Envelope.From != "c@d.example" || l.box.Older() != 1 {
		t.Fatalf("%+v, and %d older", list, l.box.Older())
	}
	l.next = next
	l.want("")
	// The last message is not taken while it grows.
	write(t, path, line("MAILER-DAEMON", 0)+"\nha", 0)
	l.want("")
	write(t, path, "lf\n\n"+line("x@y.example", 0)+"\nnext", 0)
	l.want("half next")
	if list, _ = l.box.From(next); list[0].Envelope.From != "" {
		t.Errorf("the sender of a bounce is %q", list[0].Envelope.From)
	}
	// It is emptied and filled again.
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	l.want("")
	write(t, path, line("x@y.example", 0)+"\nagain\n", 0)
	l.want("again")
}

func TestStore(t *testing.T) {
	all := []Stored{{From: "a@b.example", To: []string{"u@v.example"}, Data: []byte("\n1")}, {Data: []byte("\n2")}}
	l := &local{t: t, box: Open(Config{Address: Address{Kind: "demo"}, Store: func() []Stored { return all }})}
	l.want("1 2")
	all = append(all[1:], Stored{Data: []byte("\n3")})
	l.want("3")
	all = []Stored{{Data: []byte("\n4")}}
	l.want("4")
	l.want("")
}

func TestMatch(t *testing.T) {
	m := (&found{text: "Return-Path: <>\r\nDelivered-To: real@b.example\r\nTo: Alias <alias@b.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nReceived: from a\r\nReceived: from b\r\n" +
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nTcOkcmtlcg==\r\n--x\r\n\r\nplain\r\nline\r\n--x--\r\n"}).message()
	if m.Envelope == nil || m.Envelope.From != "" || !slices.Equal(m.Envelope.To, []string{"real@b.example"}) {
		t.Errorf("envelope %+v", m.Envelope)
	}
	for _, c := range []struct {
		q    Query
		want bool
	}{
		{Query{To: "REAL@b.example"}, true},
		{Query{To: "<alias@b.example>"}, true},
		{Query{To: "eal@b.example"}, false},
		{Query{Contains: "Grüße"}, true},
		{Query{Contains: "Märker"}, true},
		{Query{Contains: "plain\nline"}, true},
		{Query{Contains: "märker"}, false},
		{Query{Header: []Header{{"received", "from b"}}}, true},
		{Query{Header: []Header{{"Received", "from c"}}}, false},
		{Query{Header: []Header{{"X-None", ""}}}, false},
		{Query{To: "real@b.example", Contains: "nothing"}, false},
	} {
		if got := !slices.Contains(c.q.Match(m), false); got != c.want {
			t.Errorf("%s: %t", &c.q, got)
		}
	}
	exact := (&found{text: "To: alias@b.example\n\n", to: []string{"real@b.example"}, known: true, exact: true}).message()
	if q := (Query{To: "alias@b.example"}); q.Match(exact)[0] {
		t.Error("the header counts where the envelope is known")
	}
}

// A box keeps so much, and numbers stay what they are.
func TestBound(t *testing.T) {
	var all []Stored
	big := strings.Repeat("x", 20<<20)
	for range 4 {
		all = append(all, Stored{Data: []byte("\n" + big)})
	}
	b := Open(Config{Address: Address{Kind: "demo"}, Store: func() []Stored { return all }})
	if err := b.Look(context.Background()); err != nil {
		t.Fatal(err)
	}
	if list, next := b.From(0); len(list) != 3 || next != 4 {
		t.Errorf("%d messages up to %d, want 3 up to 4", len(list), next)
	}
}

// counted is a source that takes its time.
type counted struct{ looks, left int }

func (c *counted) look(ctx context.Context) ([]found, int, error) {
	c.looks++
	select {
	case <-time.After(50 * time.Millisecond):
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	return nil, 0, &Error{Text: "broken"}
}

func (c *counted) leave() { c.left++ }

// Those who want to look at once need one look, or the one that runs already and another.
func TestLookTogether(t *testing.T) {
	c := &counted{}
	b := &Box{source: c, turn: make(chan struct{}, 1)}
	done := make(chan error)
	for range 8 {
		b.Join()
		go func() { done <- b.Look(context.Background()) }()
	}
	for range 8 {
		if err := <-done; err == nil || err.Error() != "broken" {
			t.Errorf("%v, want what the look ended with", err)
		}
		b.Leave()
	}
	if c.looks < 1 || c.looks > 2 || c.left != 1 {
		t.Errorf("%d looks and left %d times, want at most 2 and once", c.looks, c.left)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Look(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v of a context that is over", err)
	}
}
