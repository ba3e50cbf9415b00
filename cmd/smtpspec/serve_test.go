package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// served is a "smtpspec serve" that runs as a process of its own.
type served struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bufio.Reader
	errs   bytes.Buffer
	tmp    string // its directory for temporary files
	exited bool
}

func startServe(t *testing.T, args ...string) *served {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, tmp: t.TempDir()}
	s.cmd = &exec.Cmd{Path: self, Args: append([]string{"smtpspec", "serve"}, args...), Dir: s.tmp, Stderr: &s.errs,
		Env: []string{"HOME=" + s.tmp, "TMPDIR=" + s.tmp}}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !s.exited {
			s.cmd.Process.Kill()
			s.cmd.Wait()
		}
	})
	return s
}

// line reads a line of stdout.
func (s *served) line() string {
	s.t.Helper()
	text, err := s.out.ReadString('\n')
	if err != nil {
		s.t.Fatalf("%q, %v; stderr: %s", text, err, s.wait(nil))
	}
	return strings.TrimSuffix(text, "\n")
}

// wait sends a signal, if there is one, expects that the process ends with 0 and gives its stderr.
func (s *served) wait(sig os.Signal) string {
	s.t.Helper()
	if sig != nil {
		if err := s.cmd.Process.Signal(sig); err != nil {
			s.t.Fatal(err)
		}
	}
	io.Copy(io.Discard, s.out)
	s.exited = true
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("%v; stderr: %s", err, s.errs.String())
	}
	return s.errs.String()
}

// Who has read the facts can log in over TLS that is verified, and deliver; what was said is logged, less the secrets; an
// interrupt or a termination ends it in good order.
func TestServe(t *testing.T) {
	s := startServe(t, "--print-facts", "--format", "json", "--verbose")
	facts := map[string]string{}
	if err := json.Unmarshal([]byte(s.line()), &facts); err != nil {
		t.Fatal(err)
	}
	deliver(t, facts)
	log := s.wait(os.Interrupt)
	for _, want := range []string{"[1] SMTP from 127.0.0.1:", "[1] S: 220 mx.demo.test ESMTP", "[1] C: EHLO localhost\n", "[1] C: AUTH PLAIN ***\n",
		"[1] S: 235 2.7.0 ", "[1] C: RCPT TO:<user@demo.test>\n", "[1] C: message of 3 octets\n", "[1] closed\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	for _, secret := range []string{facts["password"], "AHVzZXIAZGVtby1wYXNzd29yZC0x"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
	if left, err := os.ReadDir(s.tmp); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func deliver(t *testing.T, facts map[string]string) {
	t.Helper()
	pem, err := os.ReadFile(facts["ca"])
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate in %q: %v", facts["ca"], err)
	}
	c, err := smtp.Dial(net.JoinHostPort(facts["host"], facts["port"]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, err := range []error{
		c.StartTLS(&tls.Config{ServerName: facts["hostname"], RootCAs: roots}),
		c.Auth(smtp.PlainAuth("", facts["user"], facts["password"], facts["host"])),
		c.Mail(facts["from"]),
		c.Rcpt(facts["valid_rcpt"]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "x\n")
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
}

// Each service listens where it is told to, and --ca names a file that stays.
func TestServePorts(t *testing.T) {
	ports := freePorts(t, 4)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s := startServe(t, "--print-facts", "--ca", ca, "--listen", "127.0.0.1:"+ports[0], "--smtps", ports[1], "--submission", ports[2], "--lmtp", ports[3])
	var facts []string
	for range 17 {
		facts = append(facts, s.line())
	}
	for _, want := range []string{"port=" + ports[0], "smtps_port=" + ports[1], "submission_port=" + ports[2], "lmtp_port=" + ports[3],
		"host=127.0.0.1", "ca=" + ca, "user=user", "valid_rcpt=user@demo.test"} {
		if !slices.Contains(facts, want) {
			t.Errorf("no %s in %q", want, facts)
		}
	}
	conn, err := net.Dial("tcp", "127.0.0.1:"+ports[3])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	br := bufio.NewReader(conn)
	if line, err := br.ReadString('\n'); !strings.Contains(line, " LMTP ") {
		t.Errorf("on the port of LMTP: %q, %v", line, err)
	}
	if errs := s.wait(os.Interrupt); errs != "" {
		t.Errorf("stderr: %s", errs)
	}
	if line, err := br.ReadString('\n'); !strings.HasPrefix(line, "421 ") {
		t.Errorf("at the end: %q, %v", line, err)
	}
	if _, err := os.Stat(ca); err != nil {
		t.Error(err)
	}
}

func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// What is printed for people ends with a command that can be pasted: every scenario of the examples passes.
func TestServeLine(t *testing.T) {
	s := startServe(t)
	var paste string
	for !strings.HasPrefix(paste, "smtpspec run ") {
		paste = s.line()
	}
	if !regexp.MustCompile(`^smtpspec run --target smtp://127\.0\.0\.1:\d+ (--set [a-z_0-9]+=[^ ']+ )+scenarios$`).MatchString(paste) {
		t.Fatalf("the line is %q", paste)
	}
	args := strings.Fields(paste)
	args[len(args)-1] = "scenarios/examples"
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: s.cmd.Path, Args: args, Dir: root, Env: []string{"HOME=" + s.tmp}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	s.wait(os.Interrupt)
}
