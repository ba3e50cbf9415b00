package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve starts a server that treats every connection as handle says, until the test ends.
func serve(t *testing.T, handle func(c *net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); close(done) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				handle(c.(*net.TCPConn))
				c.Close()
			}()
			go func() {
				<-done
				c.Close()
			}()
		}
	}()
	return "smtp://" + l.Addr().String()
}

// say writes and leaves the connection open until the peer closes it.
func say(text string) func(c *net.TCPConn) {
	return func(c *net.TCPConn) {
		fmt.Fprint(c, text)
		wait(c)
	}
}

func wait(c net.Conn) {
	b := make([]byte, 4096)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// after reads n commands, answering each with 250, and then does f.
func after(n int, f func(c *net.TCPConn)) func(c *net.TCPConn) {
	return func(c *net.TCPConn) {
		fmt.Fprint(c, "220 hostile.test ESMTP\r\n")
		b := make([]byte, 4096)
		for range n {
			if _, err := c.Read(b); err != nil {
				return
			}
			fmt.Fprint(c, "250 ok\r\n")
		}
		if _, err := c.Read(b); err != nil {
			return
		}
		f(c)
	}
}

func reset(c *net.TCPConn) { _ = c.SetLinger(0) }

// endless writes text again and again until the peer is gone.
func endless(text string) func(c *net.TCPConn) {
	return func(c *net.TCPConn) {
		block := []byte(strings.Repeat(text, 1+4096/len(text)))
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
}

// dribble writes text a byte at a time.
func dribble(text string) func(c *net.TCPConn) {
	return func(c *net.TCPConn) {
		for i := range len(text) {
			if _, err := c.Write([]byte{text[i]}); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

const (
	greet = "local c = smtp.connect()\nc:expect(220)\n"
	noop  = greet + "c:send('EHLO x')\nc:expect(250)\nc:send('NOOP')\nc:expect(250)\n"
	start = greet + "c:send('STARTTLS')\nc:expect(220)\nc:handshake()\nc:ehlo()\n"
)

func TestHostileServers(t *testing.T) {
	expired, good := certificateOf(t, time.Now().Add(-time.Hour)), certificateOf(t, time.Now().Add(time.Hour))
	for _, h := range []struct {
		name   string
		script string
		server func(c *net.TCPConn)
		want   []string // in this order on the screen
		pass   bool
	}{
		{"no greeting", greet, wait2, []string{"FAIL", "x.lua:2", "the greeting did not come within 300ms", "nothing within 300ms"}, false},
		{"a greeting a byte at a time", greet, dribble("220 hostile.test ESMTP\r\n"), []string{"FAIL", "the greeting did not come within 300ms, in the middle of it", "220"}, false},
		{"close at once", greet, func(*net.TCPConn) {}, []string{"FAIL", "the server closed the connection where the greeting was awaited"}, false},
		{"reset at once", greet, reset, []string{"reset"}, false},
		{"close in the middle of a reply", noop, after(0, func(c *net.TCPConn) { fmt.Fprint(c, "250-hostile\r\n250-SI") }),
			[]string{"x.lua:4", "closed the connection where the reply to EHLO was awaited, in the middle of it", "250-SI", "the connection was closed"}, false},
		{"reset after a reply", noop, after(1, func(c *net.TCPConn) { fmt.Fprint(c, "421 go away\r\n"); reset(c) }),
			[]string{"x.lua:6", "want  250", "got   421 go away"}, false},
		{"an endless line", noop, after(0, endless("x")), []string{"FAIL", "x.lua:4", "the reply to EHLO is longer than 1048576 bytes"}, false},
		{"an endless reply", noop, after(0, endless("250-more\r\n")), []string{"FAIL", "the reply to EHLO is longer than 1048576 bytes"}, false},
		{"NUL and escapes", noop, after(1, say("250 \x00\x1b[2J\x1b]0;owned\x07\x9b31m\r\n")), []string{"PASS"}, true},
		{"NUL and escapes in a failure", noop, after(1, say("550 \x00\x1b[2J\x1b]0;owned\x07\u202e\r\n")), []string{"FAIL", `\x1b[2J`}, false},
		{"no SMTP at all", greet, say("HTTP/1.1 400 Bad Request\r\n\r\n"), []string{"FAIL", "no SMTP reply", "HTTP/1.1 400 Bad Request"}, false},
		{"a bare 250", noop, after(0, func(c *net.TCPConn) { fmt.Fprint(c, "250\r\n"); after2(c, "250 \r\n") }), []string{"PASS"}, true},
		{"bare LF", noop, after(0, func(c *net.TCPConn) { fmt.Fprint(c, "250-a\n250 b\n"); after2(c, "250 ok\n") }), []string{"PASS"}, true},
		{"a peer that never reads", greet + "c:write(('x'):rep(30000000))\nc:expect(250)\n", func(c *net.TCPConn) {
			fmt.Fprint(c, "220 x\r\n")
			time.Sleep(10 * time.Second)
		}, []string{"FAIL", "x.lua:3", "the server stopped reading"}, false},
		{"a peer that writes first and reads then", greet + "c:write(('x'):rep(3000000) .. '\\r\\n')\nc:expect(500)\n", func(c *net.TCPConn) {
			fmt.Fprint(c, "220 x\r\n500-"+strings.Repeat("y", 500000)+"\r\n500 end\r\n")
			wait(c)
		}, []string{"PASS"}, true},
		{"garbage for TLS", start, after(0, say("220 go\r\n250 no tls here, sorry\r\n")), []string{"FAIL", "x.lua:5", "did not answer with TLS"}, false},
		{"silence for TLS", start, after(0, say("220 go\r\n")), []string{"FAIL", "the TLS handshake did not end in time"}, false},
		{"close for TLS", start, after(0, func(c *net.TCPConn) { fmt.Fprint(c, "220 go\r\n"); c.Read(make([]byte, 4096)) }),
			[]string{"FAIL", "closed the connection during the TLS handshake"}, false},
		{"an expired certificate", strings.Replace(start, "handshake()", "handshake{verify=true}", 1), after(0, func(c *net.TCPConn) {
			fmt.Fprint(c, "220 go\r\n")
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{expired}})
			_ = s.Handshake()
			wait(s)
		}), []string{"FAIL", "certificate is not good: it expired on"}, false},
		{"plaintext inside TLS", start + "c:send('QUIT')\nc:expect_close()\n", after(0, func(c *net.TCPConn) {
			fmt.Fprint(c, "220 go\r\n")
			s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{good}})
			_ = s.Handshake()
			b := make([]byte, 4096)
			s.Read(b)
			fmt.Fprint(s, "250 tls.test\r\n")
			s.Read(b)
			fmt.Fprint(c, "421 in clear, and gone\r\n")
		}), []string{"FAIL", "x.lua:8", "the TLS connection broke where the server should have closed it"}, false},
		{"silence where requires asks", "suite{requires={'SIZE'}}\nscenario('s', function() smtp.session() end)\n", wait2,
			[]string{"ERROR", "what it offers: want 220 to the connect, got nothing within 300ms"}, false},
		{"a server that talks too much", noop, after(1, say("250 ok\r\n250 and more\r\n")), []string{"WARN", "the server said more than the scenario read", "250 and more"}, true},
	} {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, dir, "x.lua", h.script)
			writeFile(t, dir, "good.lua", "assert.equal(1, 1)\n")
			out, errs, code := smtpspec(t, dir, "run", "x.lua", "good.lua", "--target", serve(t, h.server), "--reply-timeout", "300ms", "--timeout", "20")
			if errs != "" {
				t.Errorf("stderr: %s", errs)
			}
			rest := out
			for _, w := range h.want {
				i := strings.Index(rest, w)
				if i < 0 {
					t.Fatalf("%q is not there, or not in its place:\n%s", w, out)
				}
				rest = rest[i+len(w):]
			}
			if (code == 0) != h.pass {
				t.Errorf("exit code %d\n%s", code, out)
			}
			if !strings.Contains(out, "good.lua:1  good") {
				t.Errorf("the run did not go on:\n%s", out)
			}
			if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && r < ' ' || r == 0x7f || r == 0x9b || r == '\u202e' }); i >= 0 {
				t.Errorf("a control character reached the screen: %q", out[max(0, i-20):i+10])
			}
			if len(out) > 100_000 {
				t.Errorf("the screen has %d bytes", len(out))
			}
		})
	}
}

func wait2(c *net.TCPConn) { wait(c) }

// after2 answers one more command.
func after2(c *net.TCPConn, text string) {
	if _, err := c.Read(make([]byte, 4096)); err != nil {
		return
	}
	fmt.Fprint(c, text)
	wait(c)
}

// smtpspec runs the program in dir, as a process of its own: the test binary called by that name is the program
// (testscript.Main).
func smtpspec(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Cmd{Path: self, Args: append([]string{"smtpspec"}, args...), Dir: dir, Stdout: &out, Stderr: &errs, Env: []string{"HOME=" + dir}}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
