package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// The password is asked for, and is not on the screen, typed or sent.
func TestSendAsksForThePassword(t *testing.T) {
	p := atTerminal(t, "send", "user@demo.test", "--server", "demo", "--auth-user", "user2", "--auth", "PLAIN", "--quit-after", "auth")
	p.sees("Password of user2: ")
	p.keys("demo-password-2\r")
	p.sees("235 2.7.0")
	if code := <-p.done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(p.shown(), "demo-password") {
		t.Errorf("the screen has the password:\n%s", p.shown())
	}
}

func TestSendWithoutAPassword(t *testing.T) {
	p := atTerminal(t, "send", "user@demo.test", "--server", "demo", "--auth-user", "user2")
	p.sees("Password of user2: ")
	p.keys("\r")
	p.sees("no password was typed")
	if code := <-p.done; code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// init asks for what no server tells. An empty answer leaves it open.
func TestInitAsks(t *testing.T) {
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p := atTerminal(t, "init", "--target", "smtp://"+server.SMTPAddr(), "--set", "local_domain=demo.test")
	for _, q := range [][2]string{{"valid_rcpt (", "user@demo.test"}, {"valid_rcpt2 (", ""}, {"invalid_rcpt (", "nosuch@demo.test"}, {"relay_domain (", ""}, {"from (", ""},
		{"user (", "user"}, {"mailbox (", ""}, {"ca (", ""}, {"submission_port (", "587"}, {"smtps_port (", ""}, {"full_rcpt (", ""}, {"list (", ""}} {
		p.sees(q[0])
		p.keys(q[1] + "\n")
	}
	p.sees("smtpspec.lua is written")
	if code := <-p.done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	b, err := os.ReadFile(filepath.Join(p.home, "smtpspec.lua"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`valid_rcpt = "user@demo.test",`, `-- valid_rcpt2 = "",`, `local_domain = "demo.test",`, `submission_port = "587",`, `      password = env("SMTPSPEC_PASSWORD", ""),`, "-- It offers in TLS: "} {
		if !strings.Contains(string(b), want) {
			t.Errorf("smtpspec.lua does not have %s:\n%s", want, b)
		}
	}
}
