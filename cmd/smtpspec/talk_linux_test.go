package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script/scripttest"
)

// typist is somebody at a pseudo-terminal who talks to a server.
type typist struct {
	t      *testing.T
	master *os.File
	home   string
	done   chan int // the exit code

	mu     sync.Mutex
	screen bytes.Buffer // everything that was shown
	read   int          // how much of it was waited for
}

// openPTY makes a pseudo-terminal (pty(7)).
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	var n, unlock int32
	for request, arg := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &n} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// sitDown starts smtpspec talk at a terminal.
func sitDown(t *testing.T, args ...string) *typist {
	t.Helper()
	return atTerminal(t, append([]string{"talk"}, args...)...)
}

// atTerminal starts smtpspec at one.
func atTerminal(t *testing.T, args ...string) *typist {
	t.Helper()
	master, slave := openPTY(t)
	p := &typist{t: t, master: master, home: t.TempDir(), done: make(chan int, 1)}
	go p.watch()
	environment := map[string]string{"HOME": p.home, "TERM": "xterm", "EDITOR": os.Getenv("TEST_EDITOR")}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	e := &env{
		args: append([]string{"smtpspec"}, args...), stdin: slave, stdout: slave, stderr: slave, dir: p.home, terminal: true,
		getenv: func(name string) (string, bool) { v, ok := environment[name]; return v, ok },
		now:    time.Now,
		size:   func() (int, int) { return 120, 40 },
		signals: func() (soft, hard context.Context, code func() int) {
			return ctx, ctx, func() int { return 130 }
		},
	}
	go func() { p.done <- run(e) }()
	return p
}

func (p *typist) watch() {
	b := make([]byte, 4096)
	for {
		n, err := p.master.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.screen.Write(b[:n])
		p.mu.Unlock()
	}
}

// shown is the screen so far.
func (p *typist) shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// sees waits for text, behind what was waited for before.
func (p *typist) sees(text string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		all := p.shown()
		if i := strings.Index(all[p.read:], text); i >= 0 {
			p.read += i + len(text)
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%q does not come; the screen has\n%s", text, all)
		}
	}
}

// types presses the keys of a line and enter, once the prompt is there.
func (p *typist) types(line string) {
	p.t.Helper()
	p.sees("> ")
	p.keys(line + "\r")
}

func (p *typist) keys(text string) {
	p.t.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// leaves ends the session and gives the exit code.
func (p *typist) leaves() int {
	p.t.Helper()
	p.keys("\x04")
	return p.ends()
}

func (p *typist) ends() int {
	p.t.Helper()
	select {
	case code := <-p.done:
		return code
	case <-time.After(20 * time.Second):
		p.t.Fatalf("talk does not end; the screen has\n%s", p.shown())
		return -1
	}
}

// file is one below the typist's home.
func (p *typist) file(name string) string { return filepath.Join(p.home, filepath.FromSlash(name)) }

// guide types the session of the guide: a message by hand, then a login with both words in base64. Held says that the server holds the replies to
// MAIL and RCPT back until DATA.
func (p *typist) guide(held bool) {
	p.sees("< ")
	p.types("EHLO client.example")
	p.sees("250")
	p.types("MAIL FROM:<sender@example.org>")
	if !held {
		p.sees("250")
	}
	p.types("RCPT TO:<user@demo.test>")
	if !held {
		p.sees("250")
	}
	p.types("DATA")
	p.sees("354")
	for _, line := range []string{"Subject: typed by hand", "", ".a dot begins this line", "Is anybody there?", "."} {
		p.sees("| ")
		p.keys(line + "\r")
	}
	p.sees("250")
	p.types("AUTH LOGIN")
	p.sees("not shown: ")
	p.keys(userWord + "\r")
	p.sees("334")
	p.sees("not shown: ")
	p.keys(passwordWord + "\r")
	p.sees("235")
	p.types("QUIT")
	p.sees("221")
	p.sees("the server closed the connection")
}

// The guide's session is typed, recorded and run again, and its password is nowhere.
func TestTalkGuide(t *testing.T) {
	address, facts := demoServer(t)
	for _, c := range []struct {
		name, address string
		held          bool
	}{
		{"demo", address, false},
		{"PowerMTA", scripttest.Server(t, powerMTA...), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			record := filepath.Join(t.TempDir(), "guide.lua")
			p := sitDown(t, c.address, "--record", record)
			p.guide(c.held)
			p.sees("> ")
			if code := p.leaves(); code != 0 {
				t.Errorf("talk ends with %d:\n%s", code, p.shown())
			}
			source := readFile(t, record)
			for _, kept := range []string{p.shown(), source, readFile(t, p.file(".local/state/smtpspec/talk_history"))} {
				for _, secret := range []string{facts["password"], passwordWord} {
					if strings.Contains(kept, secret) {
						t.Errorf("the password is in\n%s", kept)
					}
				}
			}
			if problems := scripttest.Check(t, source); len(problems) > 0 {
				t.Errorf("check finds %v in\n%s", problems, source)
			}
			out, _, code := smtpspec(t, t.TempDir(), "run", record, "--target", "smtp://"+c.address, "--set", "user=user", "--set", "password="+facts["password"])
			if code != 0 {
				t.Errorf("the scenario ends with %d:\n%s\n%s", code, out, source)
			}
		})
	}
}

// A session that is pasted at once goes as one that is typed, with its secrets hidden: nothing of it is echoed before its turn.
func TestTalkPasted(t *testing.T) {
	address, facts := demoServer(t)
	p := sitDown(t, address)
	p.sees("> ")
	p.keys(strings.ReplaceAll("EHLO client.example\nMAIL FROM:<sender@example.org>\nRCPT TO:<user@demo.test>\nDATA\nSubject:\ta tab\n\n.dot\n"+
		strings.Repeat("A line of the message that is pasted.\n", 100)+".\nAUTH LOGIN\n"+userWord+"\n"+passwordWord+"\nQUIT\n/save "+p.file("pasted.lua")+"\n", "\n", "\r"))
	p.sees("235")
	p.sees("221")
	p.sees("has the session")
	if code := p.leaves(); code != 0 {
		t.Errorf("talk ends with %d:\n%s", code, p.shown())
	}
	source := readFile(t, p.file("pasted.lua"))
	if !strings.Contains(source, "Subject:\ta tab\n\n.dot\nA line") || !strings.Contains(source, `c:auth("LOGIN")`) {
		t.Errorf("the scenario is\n%s", source)
	}
	for _, kept := range []string{p.shown(), source} {
		if strings.Contains(kept, facts["password"]) || strings.Contains(kept, passwordWord) {
			t.Errorf("the password is in\n%s", kept)
		}
	}
}

// What is typed is shown with bullets where it is a secret, and can be corrected.
func TestTalkHidesCredentials(t *testing.T) {
	address, facts := demoServer(t)
	p := sitDown(t, address)
	p.types("EHLO client.example")
	p.sees("AUTH")
	word := "AHVzZXIAZGVtby1wYXNzd29yZC0x" // user, demo-password-1
	p.types("AUTH PLAIN " + word + "x\x7f")
	p.sees("235")
	p.types("NOOP")
	p.sees("250")
	p.keys("\x1b[A\x1b[A") // the line before
	p.sees("AUTH PLAIN")
	p.keys("\x03")
	p.keys("/transcript\r")
	p.sees("AUTH PLAIN ‹password›")
	p.leaves()
	for _, secret := range []string{word, facts["password"], passwordWord} {
		if strings.Contains(p.shown(), secret) {
			t.Errorf("the screen has %s:\n%s", secret, p.shown())
		}
	}
}

// /auth asks for a password that is not the target's, and shows nothing of it.
func TestTalkAuth(t *testing.T) {
	address, facts := demoServer(t)
	for _, mechanism := range []string{"plain", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"} {
		p := sitDown(t, address)
		p.types("EHLO client.example")
		p.sees("AUTH")
		p.types("/auth " + mechanism + " user")
		p.sees("password of user: ")
		p.keys(facts["password"] + "\r")
		p.sees("> AUTH " + strings.ToUpper(mechanism))
		p.sees("235")
		p.sees("= authenticated")
		p.types("/save " + p.file("auth.lua"))
		p.sees("has the session")
		p.leaves()
		source := readFile(t, p.file("auth.lua"))
		if !strings.Contains(source, "c:auth") {
			t.Errorf("the scenario has no login:\n%s", source)
		}
		for _, kept := range []string{p.shown(), source, readFile(t, p.file(".local/state/smtpspec/talk_history"))} {
			if strings.Contains(kept, facts["password"]) {
				t.Errorf("the password is in\n%s", kept)
			}
		}
	}
}

// An answer that is typed when the exchange is over goes nowhere.
func TestTalkAnswerTooLate(t *testing.T) {
	for name, server := range map[string][]string{
		"refused": {"S 220 ready", "C", "S 334 UGFzc3dvcmQ6", "wait 300ms", "S 535 5.7.8 too late", "C NOOP", "S 250 ok", "C /", "S 250 ok"},
		"closed":  {"S 220 ready", "C", "S 334 UGFzc3dvcmQ6", "wait 300ms", "close"},
	} {
		p := sitDown(t, scripttest.Server(t, server...))
		p.types("AUTH PLAIN")
		p.sees("not shown: ")
		p.sees(map[string]string{"refused": "535", "closed": "the server closed"}[name])
		p.keys("pass-phrase\r")
		p.sees("not sent, since the exchange is over")
		if name == "refused" {
			p.types("NOOP")
			p.sees("250")
		}
		p.types("/save " + p.file("late.lua"))
		p.sees("has the session")
		p.leaves()
		for _, kept := range []string{p.shown(), readFile(t, p.file("late.lua")), readFile(t, p.file(".local/state/smtpspec/talk_history"))} {
			if strings.Contains(kept, "pass-phrase") {
				t.Errorf("%s: the password is in\n%s", name, kept)
			}
		}
	}
}

// Tab completes verbs, what EHLO offered, and addresses.
func TestTalkCompletes(t *testing.T) {
	address, facts := demoServer(t)
	p := sitDown(t, address, "--set", "valid_rcpt="+facts["valid_rcpt"])
	p.sees("> ")
	for _, c := range []struct{ keys, sees string }{
		{"eh\tclient.example\r", "AUTH"},
		{"ma\tf\tsender@example.org> bo\t\t", "BODY=7BIT  BODY=8BITMIME  BODY=BINARYMIME"},
		{"\x15MAIL FROM:<sender@example.org> BODY=8\t\r", "250"},
		{"rc\tt\tus\t\r", "250"},
		{"AUTH s\t\t", "SCRAM-SHA-256  SCRAM-SHA-1"},
		{"\x15/sta\t\r", "TLS 1.3"},
		{"/help chu\t\r", "in chunks by BDAT"},
	} {
		p.keys(c.keys)
		p.sees(c.sees)
	}
	p.leaves()
	for _, sent := range []string{"EHLO client.example", "MAIL FROM:<sender@example.org> BODY=8BITMIME", "RCPT TO:<user@demo.test>"} {
		if !strings.Contains(p.shown(), sent) {
			t.Errorf("%q was not completed:\n%s", sent, p.shown())
		}
	}
}

// What nobody asked for is shown when it comes, above what is being typed, and so is a close.
func TestTalkUnasked(t *testing.T) {
	p := sitDown(t, scripttest.Server(t, "S 220 ready", "C", "S 250 ok", "wait 300ms", "S 421 4.4.2 idle too long", "close"))
	p.types("EHLO client.example")
	p.sees("250")
	p.keys("MAIL FR")
	p.sees("421")
	p.sees("not available now")
	p.sees("the server closed the connection")
	p.sees("/reconnect")
	p.sees("MAIL FR")
	p.keys("OM:<>\r")
	p.sees("the connection is closed: MAIL was not sent")
	p.types("/reconnect")
	p.sees("220")
	p.types("/quit")
	if code := p.ends(); code != 0 {
		t.Errorf("talk ends with %d", code)
	}
}

// ctrl-C ends a wait and not the session, and clears the line that is being typed; the end of the program's context keeps the recording.
func TestTalkInterrupt(t *testing.T) {
	record := filepath.Join(t.TempDir(), "session.lua")
	p := sitDown(t, scripttest.Server(t, "S 220 ready", "C", "wait 1m"), "--record", record)
	p.types("DATA")
	time.Sleep(50 * time.Millisecond)
	p.keys("\x03")
	p.sees("not waited for")
	p.sees("> ")
	p.keys("RSET\x03NOOP\r")
	p.sees("> ")
	p.keys("/record status\r")
	p.sees("steps of the conversation are kept: at the end they go to")
	p.leaves()
	source := readFile(t, record)
	if !strings.Contains(source, `c:send("NOOP")`) || strings.Contains(source, "RSET") {
		t.Errorf("the scenario is\n%s", source)
	}
}

// An editor writes the message; nothing goes out before the user says so.
func TestTalkEditor(t *testing.T) {
	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\necho editing\nread answer\necho \"typed: $answer\" >> \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_EDITOR", editor)
	address, _ := demoServer(t)
	p := sitDown(t, address)
	for _, line := range []string{"EHLO client.example", "MAIL FROM:<sender@example.org>", "RCPT TO:<user@demo.test>"} {
		p.types(line)
		p.sees("< ")
	}
	p.types("/data")
	p.sees("editing")
	p.keys("from the keyboard\r")
	p.sees("send it?")
	p.keys("n\r")
	p.sees("not sent")
	p.types("/data")
	p.sees("editing")
	p.keys("once more\r")
	p.sees("send it?")
	p.keys("y\r")
	p.sees("354")
	p.sees("Accepted")
	p.types("/save " + p.file("mail.lua"))
	p.sees("has the session")
	p.leaves()
	source := readFile(t, p.file("mail.lua"))
	for _, want := range []string{"From: sender@example.org", "To: user@demo.test", "typed: once more"} {
		if !strings.Contains(source, want) {
			t.Errorf("%q is not in\n%s", want, source)
		}
	}
}

// Without colour there is no escape code but those of the line editor.
func TestTalkColor(t *testing.T) {
	address, _ := demoServer(t)
	painted := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, c := range []struct {
		color string
		want  bool
	}{{"never", false}, {"always", true}} {
		p := sitDown(t, address, "--color", c.color)
		p.types("EHLO client.example")
		p.sees("AUTH")
		p.leaves()
		if got := painted.MatchString(p.shown()); got != c.want {
			t.Errorf("--color %s: colours: %v\n%q", c.color, got, p.shown())
		}
	}
}
