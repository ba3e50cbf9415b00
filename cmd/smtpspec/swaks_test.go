package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
)

// swaksZone is the world in which a domain says where its mail goes.
const swaksZone = `
demo.test. MX 10 localhost.
localhost. A 127.0.0.1
two.test. MX 10 dead.two.test.
two.test. MX 20 localhost.
dead.two.test. A 127.0.0.3
`

// swaksBench runs what the rows say.
type swaksBench struct {
	t            *testing.T
	dir          string
	conversation string
	sending      string // docs/sending.md
	dns          string
	certificate  tls.Certificate
	right        map[string]string // what has to come where swaks is wrong
	used         map[string]bool
}

// requireSwaks skips a test where swaks is not installed. In CI it is.
func requireSwaks(t *testing.T) {
	t.Helper()
	if problem := swaksProblem(); problem != "" {
		if ci := os.Getenv("CI"); ci != "" && ci != "false" {
			t.Fatal(problem)
		}
		t.Skip(problem)
	}
}

// swaksProblem says why swaks cannot be compared with, "" where it can.
func swaksProblem() string {
	if _, err := exec.LookPath("swaks"); err != nil {
		return "swaks is not installed"
	}
	if out, _ := exec.Command("swaks", "--version").Output(); !strings.Contains(string(out), swaksVersion) {
		return "swaks " + swaksVersion + " is not installed, but another version"
	}
	out, _ := exec.Command("swaks", "--support").CombinedOutput()
	for _, missing := range regexp.MustCompile(`.*not available: requires .*`).FindAllString(string(out), -1) {
		if !strings.Contains(missing, "Netrc") {
			return "swaks lacks a module: " + missing + "; apt-get install libnet-ssleay-perl libauthen-sasl-perl libauthen-ntlm-perl libdigest-hmac-perl libnet-dns-perl libio-socket-inet6-perl"
		}
	}
	return ""
}

// swaksVersion is what docs/from-swaks.md is about.
const swaksVersion = "20201014"

// Each option of swaks has a row, and each row is compared or says why not.
func TestSwaksOptions(t *testing.T) {
	rows := swaksRows(t, readPage(t, "docs/from-swaks.md"))
	listed := map[string]bool{}
	for _, row := range rows {
		if problem := row.problem(); problem != "" {
			t.Errorf("docs/from-swaks.md:%d: the row %s", row.line, problem)
		}
		for _, o := range row.options {
			listed[o] = true
		}
	}
	requireSwaks(t)
	help, err := exec.Command("swaks", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	options := swaksOptions(string(help))
	if len(options) < 140 {
		t.Errorf("swaks --help has %d options: %q", len(options), options)
	}
	for _, o := range options {
		if !listed[o] {
			t.Errorf("docs/from-swaks.md has no row of %s", o)
		}
		delete(listed, o)
	}
	for o := range listed {
		t.Errorf("docs/from-swaks.md has a row of %s, which swaks has not", o)
	}
}

// TestSwaks runs every row of docs/from-swaks.md: swaks, the flags of send and the Lua send the same, or, where swaks is wrong, what
// testdata/swaks/right.txt has.
func TestSwaks(t *testing.T) {
	requireSwaks(t)
	page := readPage(t, "docs/from-swaks.md")
	b := newSwaksBench(t, page)
	for _, row := range swaksRows(t, page) {
		if row.swaks == "" {
			continue
		}
		t.Run(fmt.Sprintf("line %d %s", row.line, row.swaks), func(t *testing.T) { b.row(t, row) })
	}
	for example := range b.right {
		if !b.used[example] && !t.Failed() {
			t.Errorf("testdata/swaks/right.txt has %q, which no row is about", example)
		}
	}
}

func newSwaksBench(t *testing.T, page string) *swaksBench {
	b := &swaksBench{t: t, dir: t.TempDir(), used: map[string]bool{}, dns: resolvetest.Serve(t, swaksZone).Address, sending: readPage(t, "docs/sending.md")}
	for _, block := range blocksOf(t, page) {
		if block.lang == "lua" && strings.Contains(block.text, "c:quit()") {
			b.conversation = block.text
			break
		}
	}
	b.certificate = certificateOf(t, time.Now().Add(time.Hour))
	b.files()
	b.right = sectionsOf(readFile(t, "testdata/swaks/right.txt"))
	t.Chdir(b.dir) // where run looks for files
	return b
}

// sectionsOf are the texts that follow lines with "# ".
func sectionsOf(text string) map[string]string {
	out := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(line, "# "); ok {
			name = strings.TrimSpace(title)
			continue
		}
		out[name] = strings.TrimLeft(out[name]+line, "\n")
	}
	delete(out, "")
	for name, text := range out {
		out[name] = strings.TrimRight(text, "\n")
	}
	return out
}

// swaksRun is what came of one run.
type swaksRun struct {
	lines []string
	code  int
	local string // the port for the client to come from
	out   string // for a person
}

func (r *swaksRun) text() string { return strings.Join(r.lines, "\n") }

func (b *swaksBench) row(t *testing.T, row swaksRow) {
	b.t = t
	b.compare(row)
	if strings.Contains(row.swaks, "optional") || row.swaks == "-tlsos" { // also where nothing is offered
		row.server = "offers nothing"
		b.compare(row)
	}
}

// compare runs swaks and what stands for it.
func (b *swaksBench) compare(row swaksRow) {
	t := b.t
	t.Helper()
	swaks := b.run(row, b.swaksArgs(row.swaks))
	want := swaks.text()
	key := row.swaks
	if row.server != "" {
		key += " / " + row.server
	}
	right, has := b.right[key]
	b.used[key] = true
	switch {
	case row.wrong && !has:
		t.Errorf("testdata/swaks/right.txt does not have %q", key)
	case row.wrong:
		want = right
		if got := swaks.text() + fmt.Sprintf("\n<exit %d>", swaks.code); got == want || swaks.text() == want {
			t.Errorf("swaks is right here:\n%s", got)
		}
	case swaks.code != 0 || len(swaks.lines) < 2:
		t.Errorf("swaks ends with %d:\n%s\n%s", swaks.code, swaks.out, want)
	}
	for _, here := range row.here {
		got := b.here(row, here)
		text := got.text()
		if row.wrong && strings.Contains(want, "\n<exit ") && strings.HasPrefix(here, "-") {
			text += fmt.Sprintf("\n<exit %d>", got.code)
		}
		expected := want
		if !strings.HasPrefix(here, "-") {
			expected, _, _ = strings.Cut(want, "\n<exit ")
		}
		if text != expected {
			t.Errorf("%s\nsends\n%s\nwant\n%s\n%s", here, text, expected, got.out)
		}
		if !row.wrong && got.code != 0 {
			t.Errorf("%s: exit code %d\n%s", here, got.code, got.out)
		}
	}
}

// here runs flags of send, or Lua.
func (b *swaksBench) here(row swaksRow, example string) *swaksRun {
	b.t.Helper()
	if strings.HasPrefix(example, "-") {
		return b.run(row, b.sendArgs(row, example))
	}
	text, err := b.lua(example)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.run(row, func(port, local string) ([]string, string) {
		write(b.t, filepath.Join(b.dir, "row.lua"), b.filled(text, port, local))
		return []string{"smtpspec", "run", "row.lua", "--target", "smtp://127.0.0.1:" + port, "--set", "user=user", "--set", "password=" + swaksPassword, "--dns", b.dns,
			"--allow-exec", "--allow", "localhost", "--allow", filepath.Join(b.dir, "server.sock"), "--reply-timeout", "10s", "--verbose"}, text
	})
}

// lua is the scenario of an example.
func (b *swaksBench) lua(example string) (string, error) {
	if messageField.MatchString(example) {
		fields := `from = "a@example.org", to = "user@demo.test", subject = "hello", text = read_file("body.txt"), ` + example
		example = "c:data(mail.message { " + fields + " })"
	}
	return place(b.conversation, example)
}

// anyPort is the port of a client that was not asked for.
var anyPort = regexp.MustCompile(`^(<from .*):\d+>$`)

var messageField = regexp.MustCompile(`^[a-z]+ = `)

// run starts a server as the row needs it, and a client, and gives what came.
func (b *swaksBench) run(row swaksRow, args func(port, local string) ([]string, string)) *swaksRun {
	b.t.Helper()
	behave, err := behaviourOf(row)
	if err != nil {
		b.t.Fatal(err)
	}
	r := b.against(behave, args)
	if len(r.lines) == 0 {
		r.lines = []string{"<nothing>"}
	}
	for i, line := range r.lines {
		r.lines[i] = strings.ReplaceAll(line, ":"+r.local+">", ":40125>")
		if !strings.Contains(row.swaks, "40125") {
			r.lines[i] = anyPort.ReplaceAllString(r.lines[i], "$1>")
		}
	}
	if builds(row.swaks) {
		r.lines = described(b.t, r.lines)
	}
	return r
}

// against runs a client with a server.
func (b *swaksBench) against(behave behaviour, args func(port, local string) ([]string, string)) *swaksRun {
	b.t.Helper()
	os.Remove(filepath.Join(b.dir, "server.sock"))
	server := startSwaksServer(b.t, behave, b.dir, b.certificate)
	local := freePorts(b.t, 1)[0]
	words, text := args(server.port(), local)
	write(b.t, filepath.Join(b.dir, "server.sh"), "exec 3<>/dev/tcp/127.0.0.1/"+server.port()+"\ncat <&3 & cat >&3\n")
	r := &swaksRun{out: text, local: local}
	var out string
	if words[0] == "swaks" {
		r.code, out = b.swaks(words[1:])
	} else {
		r.code, out = b.smtpspec(words[1:])
	}
	r.out += "\n" + out
	r.lines = server.stop()
	return r
}

func (b *swaksBench) swaks(args []string) (int, string) {
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	host, port, _ := net.SplitHostPort(b.dns)
	cmd := exec.CommandContext(ctx, "swaks", args...)
	cmd.Dir, cmd.Stdin = b.dir, bytes.NewReader(b.stdin())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "LOGNAME=me", "RES_NAMESERVERS=" + host, "RES_OPTIONS=port:" + port}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatalf("swaks: %v", err)
	}
	return cmd.ProcessState.ExitCode(), "swaks " + strings.Join(args, " ") + "\n" + string(out)
}

func (b *swaksBench) stdin() []byte {
	return []byte(readFile(b.t, filepath.Join(b.dir, "message.eml")))
}

// smtpspec runs the program in this process.
func (b *swaksBench) smtpspec(args []string) (int, string) {
	var out bytes.Buffer
	e := &env{
		args: append([]string{"smtpspec"}, args...), stdin: bytes.NewReader(b.stdin()), stdout: &out, stderr: &out, dir: b.dir, now: time.Now,
		getenv: func(name string) (string, bool) {
			v, ok := map[string]string{"SMTP_PASSWORD": swaksPassword, "USER": "me"}[name]
			return v, ok
		},
		size: func() (int, int) { return 0, 0 },
		signals: func() (soft, hard context.Context, code func() int) {
			return b.t.Context(), b.t.Context(), func() int { return 130 }
		},
	}
	return run(e), "smtpspec " + strings.Join(args, " ") + "\n" + out.String()
}
