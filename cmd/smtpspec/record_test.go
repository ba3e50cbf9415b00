package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// recorder is a smtpspec record that runs.
type recorder struct {
	t       *testing.T
	dir     string
	address string
	cmd     *exec.Cmd
	stderr  *bytes.Buffer
}

// startRecord starts one, which writes out.lua and ca.pem into a directory.
func startRecord(t *testing.T, args ...string) *recorder {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, dir: t.TempDir(), stderr: &bytes.Buffer{}}
	args = append([]string{"smtpspec", "record", "--out", "out.lua", "--ca", "ca.pem", "-v"}, args...)
	r.cmd = &exec.Cmd{Path: self, Args: args, Dir: r.dir, Stderr: r.stderr, Env: []string{"HOME=" + r.dir}}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, rest, ok := strings.Cut(line, "listening on "); ok {
		r.address, _, _ = strings.Cut(rest, " ")
	}
	if r.address == "" {
		t.Fatalf("it says %q (%v): %s", line, err, r.stderr)
	}
	return r
}

// end waits for the recorder, which was told after how many conversations to end, and gives the scenarios.
func (r *recorder) end() string {
	r.t.Helper()
	if err := r.cmd.Wait(); err != nil {
		r.t.Fatalf("%v: %s", err, r.stderr)
	}
	b, err := os.ReadFile(filepath.Join(r.dir, "out.lua"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// passes runs what was recorded.
func (r *recorder) passes(script string, flags ...string) {
	r.t.Helper()
	if out, _, code := smtpspec(r.t, r.dir, "check", "out.lua"); code != 0 {
		r.t.Errorf("check: exit code %d: %s", code, out)
	}
	if out, errs, code := smtpspec(r.t, r.dir, append([]string{"run", "out.lua"}, flags...)...); code != 0 {
		r.t.Errorf("exit code %d: %s\n%s\n%s", code, errs, out, script)
	}
}

// clients are conversations with the demo server, by what they are about.
var recorded = []struct {
	name  string
	talk  func(t *testing.T, c net.Conn, facts map[string]string, ca *tls.Config)
	wants []string // in the script
}{
	{"a message", func(t *testing.T, c net.Conn, facts map[string]string, _ *tls.Config) {
		client := dialogue(t, c)
		handOver(t, client, facts)
	}, []string{"c:send_data(", "MAIL FROM:<a@example.org>"}},
	{"STARTTLS and PLAIN", func(t *testing.T, c net.Conn, facts map[string]string, ca *tls.Config) {
		client := dialogue(t, c)
		must(t, client.StartTLS(ca))
		must(t, client.Auth(smtp.PlainAuth("", facts["user"], facts["password"], "localhost")))
		handOver(t, client, facts)
	}, []string{"c:starttls", "c:auth", `requires = { "user", "password" }`}},
	{"LOGIN by hand", func(t *testing.T, c net.Conn, facts map[string]string, _ *tls.Config) {
		encode := base64.StdEncoding.EncodeToString
		speak(t, c, "", "EHLO client.example\r\n", "AUTH LOGIN\r\n", encode([]byte(facts["user"]))+"\r\n", encode([]byte(facts["password"]))+"\r\n",
			"QUIT\r\n")
	}, []string{"c:auth"}},
	{"in one write", func(t *testing.T, c net.Conn, facts map[string]string, _ *tls.Config) {
		speak(t, c, "", "EHLO client.example\r\n")
		io.WriteString(c, "MAIL FROM:<a@example.org>\r\nRCPT TO:<"+facts["valid_rcpt"]+">\r\nDATA\r\n")
		lines(t, c, 3)
		speak(t, c, "none", ".\r\n", "QUIT\r\n")
	}, []string{"DATA"}},
	{"chunks", func(t *testing.T, c net.Conn, facts map[string]string, _ *tls.Config) {
		speak(t, c, "", "EHLO client.example\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<"+facts["valid_rcpt"]+">\r\n",
			"BDAT 12\r\nSubject: x\r\n", "BDAT 7 LAST\r\n\r\nQUIT\n", "QUIT\r\n")
	}, []string{"BDAT 12", "BDAT 7 LAST"}},
	{"bytes", func(t *testing.T, c net.Conn, _ map[string]string, _ *tls.Config) {
		speak(t, c, "", "NOOP \x00\xff\r\n", "\r\n", "QUIT\r\n")
	}, []string{`\255`}},
	{"no goodbye", func(t *testing.T, c net.Conn, _ map[string]string, _ *tls.Config) {
		speak(t, c, "", "EHLO client.example\r\n", "NOOP\r\n")
		io.WriteString(c, "MAIL FROM:<a@")
	}, []string{"NOOP"}},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func dialogue(t *testing.T, c net.Conn) *smtp.Client {
	t.Helper()
	client, err := smtp.NewClient(c, "localhost")
	must(t, err)
	must(t, client.Hello("client.example"))
	return client
}

func handOver(t *testing.T, client *smtp.Client, facts map[string]string) {
	t.Helper()
	must(t, client.Mail("a@example.org"))
	must(t, client.Rcpt(facts["valid_rcpt"]))
	w, err := client.Data()
	must(t, err)
	_, err = io.WriteString(w, "Subject: x\r\n\r\n.dot\r\n..two\r\nlast")
	must(t, err)
	must(t, w.Close())
	must(t, client.Quit())
}

// speak reads the greeting, unless there is none, and then writes one after the other, reading a reply after each.
func speak(t *testing.T, c net.Conn, greeting string, writes ...string) {
	t.Helper()
	if greeting == "" {
		lines(t, c, 1)
	}
	for _, w := range writes {
		if _, err := io.WriteString(c, w); err != nil {
			t.Error(err)
		}
		lines(t, c, 1)
	}
}

// lines reads so many replies, an octet at a time so that nothing is lost.
func lines(t *testing.T, c net.Conn, replies int) {
	t.Helper()
	line := []byte{}
	for replies > 0 {
		b := make([]byte, 1)
		if _, err := c.Read(b); err != nil {
			t.Errorf("%d more replies are wanted: %v", replies, err)
			return
		}
		if line = append(line, b[0]); b[0] == '\n' {
			if len(line) > 3 && line[3] != '-' {
				replies--
			}
			line = line[:0]
		}
	}
}

// trust is how a client trusts the recorder.
func (r *recorder) trust() *tls.Config {
	pem, err := os.ReadFile(filepath.Join(r.dir, "ca.pem"))
	must(r.t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// What was recorded passes when it is run again, and has no password in it.
func TestRecord(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	facts := server.Facts()
	for _, rec := range recorded {
		t.Run(rec.name, func(t *testing.T) {
			t.Parallel()
			url := "smtp://" + server.SMTPAddr()
			r := startRecord(t, "--target", url, "--conversations", "1")
			c, err := net.Dial("tcp", r.address)
			must(t, err)
			rec.talk(t, c, facts, r.trust())
			c.Close()
			script := r.end()
			for _, want := range rec.wants {
				if !strings.Contains(script, want) {
					t.Errorf("it lacks %q:\n%s", want, script)
				}
			}
			for _, output := range []string{script, r.stderr.String()} {
				if strings.Contains(output, facts["password"]) || strings.Contains(output, base64.StdEncoding.EncodeToString([]byte(facts["password"]))) {
					t.Errorf("the password is in it:\n%s", output)
				}
			}
			r.passes(script, "--target", url, "--set", "user="+facts["user"], "--set", "password="+facts["password"])
			r.passes(script, "--target", "demo")
		})
	}
}

// Both sides may be in TLS from the start, and LMTP has a reply for each recipient.
func TestRecordProtocols(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	facts := server.Facts()
	login := []string{"--set", "user=" + facts["user"], "--set", "password=" + facts["password"]}
	t.Run("TLS from the start", func(t *testing.T) {
		url := "smtps://" + server.SMTPSAddr()
		r := startRecord(t, "--target", url, "--conversations", "1", "--implicit-tls")
		c, err := tls.Dial("tcp", r.address, r.trust())
		must(t, err)
		client := dialogue(t, c)
		must(t, client.Auth(smtp.PlainAuth("", facts["user"], facts["password"], "localhost")))
		handOver(t, client, facts)
		r.passes(r.end(), append(login, "--target", url)...)
	})
	t.Run("LMTP", func(t *testing.T) {
		url := "lmtp://" + server.LMTPAddr()
		r := startRecord(t, "--target", url, "--conversations", "1")
		c, err := net.Dial("tcp", r.address)
		must(t, err)
		speak(t, c, "", "LHLO client.example\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<"+facts["valid_rcpt"]+">\r\n", "RCPT TO:<"+facts["valid_rcpt2"]+">\r\n", "DATA\r\n")
		io.WriteString(c, "Subject: x\r\n\r\nx\r\n.\r\nRSET\r\n")
		lines(t, c, 3)
		speak(t, c, "none", "QUIT\r\n")
		c.Close()
		r.passes(r.end(), "--target", url)
	})
}

// Clients at once do not get into each other's scenarios, and an interrupt loses nothing.
func TestRecordAtOnce(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	url := "smtp://" + server.SMTPAddr()
	r := startRecord(t, "--target", url)
	open, err := net.Dial("tcp", r.address)
	must(t, err)
	speak(t, open, "", "EHLO open.example\r\n", "NOOP\r\n")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			c, err := net.Dial("tcp", r.address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			speak(t, c, "", fmt.Sprintf("EHLO client%d.example\r\n", i), fmt.Sprintf("VRFY nobody%d\r\n", i), "QUIT\r\n")
			io.Copy(io.Discard, c) // until it is over for the recorder too
		})
	}
	wg.Wait()
	must(t, r.cmd.Process.Signal(syscall.SIGINT))
	script := r.end()
	for i := range 20 {
		begin := strings.Index(script, fmt.Sprintf("client%d.example\")", i))
		vrfy := strings.Index(script, fmt.Sprintf("VRFY nobody%d\"", i))
		if begin < 0 || vrfy < begin || strings.Contains(script[begin:vrfy], "end)") {
			t.Errorf("client %d has no scenario of its own", i)
		}
	}
	if !strings.Contains(script, "open.example") {
		t.Error("the conversation that was going on is lost")
	}
	r.passes(script, "--target", url)
}

// What came behind STARTTLS in clear is not passed on, and the file says so.
func TestRecordInjection(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	r := startRecord(t, "--target", "smtp://"+server.SMTPAddr(), "--conversations", "1")
	c, err := net.Dial("tcp", r.address)
	must(t, err)
	speak(t, c, "", "EHLO client.example\r\n", "STARTTLS\r\nNOOP injected\r\n")
	secure := tls.Client(c, r.trust())
	must(t, secure.Handshake())
	speak(t, secure, "none", "EHLO client.example\r\n", "QUIT\r\n")
	c.Close()
	if script := r.end(); !strings.Contains(script, "lost: 15 octets that the client sent right behind STARTTLS") || strings.Contains(script, "injected") {
		t.Error(script)
	}
}

// What goes wrong in TLS is said in words that help, and the recorder goes on.
func TestRecordTLSProblems(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	secure := "smtps://" + server.SMTPSAddr()
	for _, c := range []struct {
		name, want string
		args       []string
		talk       func(c net.Conn)
	}{
		{"the server's certificate", "the server's certificate is not good: it is signed by an unknown authority", []string{"--target", secure, "--set", "tls_verify=true"}, func(net.Conn) {}},
		{"no TLS", "the client did not begin with TLS", []string{"--target", secure, "--implicit-tls"}, func(c net.Conn) { io.WriteString(c, "EHLO client.example\r\n") }},
		{"no trust", "the client refused TLS with the alert", []string{"--target", secure, "--implicit-tls"}, func(c net.Conn) {
			tls.Client(c, &tls.Config{ServerName: "localhost"}).Handshake()
		}},
	} {
		r := startRecord(t, append(c.args, "--conversations", "1")...)
		conn, err := net.Dial("tcp", r.address)
		must(t, err)
		c.talk(conn)
		io.Copy(io.Discard, conn)
		conn.Close()
		if err := r.cmd.Wait(); r.cmd.ProcessState.ExitCode() != 5 || !strings.Contains(r.stderr.String(), c.want) {
			t.Errorf("%s: %v, or not %q: %s", c.name, err, c.want, r.stderr)
		}
	}
}

// A client that leaves in the middle of STARTTLS holds nobody up.
func TestRecordLeavesAtSTARTTLS(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(demo.Config{})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	r := startRecord(t, "--target", "smtp://"+server.SMTPAddr(), "--conversations", "1")
	c, err := net.Dial("tcp", r.address)
	must(t, err)
	speak(t, c, "", "EHLO client.example\r\n")
	_, err = io.WriteString(c, "STARTTLS\r\n")
	must(t, err)
	must(t, c.(*net.TCPConn).SetLinger(0))
	c.Close()
	if script := r.end(); !strings.Contains(script, "STARTTLS") && !strings.Contains(script, "starttls") {
		t.Error(script)
	}
}

func TestRecordMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "there.lua", "")
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer busy.Close()
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "no server is named"},
		{[]string{"--target", "demo"}, "--out: the file to write is not named"},
		{[]string{"--target", "demo", "--out", "x.txt"}, "--out: x.txt: the name of a scenario file ends with .lua"},
		{[]string{"--target", "demo", "--out", "no/x.lua"}, "--out: there is no directory no"},
		{[]string{"--target", "demo", "--out", "there.lua"}, "--out: there.lua is there already"},
		{[]string{"--target", "demo", "--out", "x.lua", "--listen", "25"}, `--listen: HOST:PORT expected, got "25"`},
		{[]string{"--target", "demo", "--out", "x.lua", "--listen", "0.0.0.0:0"}, "--listen: 0.0.0.0 can be reached from elsewhere"},
		{[]string{"--target", "demo", "--out", "x.lua", "--listen", busy.Addr().String()}, "the port is taken"},
		{[]string{"--target", "demo", "--out", "x.lua", "--conversations", "0"}, "--conversations: a number from 1 expected, got 0"},
		{[]string{"--target", "demo", "--out", "x.lua", "more"}, `record takes no "more"`},
		{[]string{"--target", "demo", "--out", "x.lua", "--set", "ca=nowhere.pem"}, "fact ca"},
	} {
		if _, errs, code := smtpspec(t, dir, append([]string{"record"}, c.args...)...); code != 2 || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d, or not %q: %s", c.args, code, c.want, errs)
		}
	}
}

// A server that is not there, or hangs up, is said; the recorder goes on.
func TestRecordNoServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	l.Close()
	r := startRecord(t, "--target", "smtp://"+address, "--conversations", "1")
	c, err := net.Dial("tcp", r.address)
	must(t, err)
	if b, err := io.ReadAll(c); len(b) > 0 {
		t.Errorf("it said %q (%v)", b, err)
	}
	err = r.cmd.Wait()
	if r.cmd.ProcessState.ExitCode() != 5 || !strings.Contains(r.stderr.String(), address+" refused the connection") || !strings.Contains(r.stderr.String(), "nothing was written") {
		t.Errorf("%v: %s", err, r.stderr)
	}
}
