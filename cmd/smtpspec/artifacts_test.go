package main

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

const artifactsHelper = `
local M = {}
function M.greeted(options)
  local c = smtp.connect(options)
  c:expect(220)
  c:send("EHLO client.example"):expect(250)
  return c
end
return M
`

const artifactsHead = `
local lib = require "helper"
suite { name = "art" }
local logged = 0
before_each(function() logged = logged + 1 end)
after_each(function() assert.equal(logged, 1) end)
scenario("another one", function() lib.greeted():send("QUIT"):expect(221) end)
`

// failing are scenarios that fail on the demo server, each in its own way.
var failing = []struct{ name, options, body string }{
	{"a code", "", `local c = lib.greeted() c:send("NOOP"):expect(251)`},
	{"a code and more", "", `local c = lib.greeted() c:send("NOOP"):expect { code = { 251, "3xx" }, enhanced = "2.0.x", text = 'a "b" \\ %d', within = "5s" }`},
	{"relay", "", `local c = lib.greeted() c:send("MAIL FROM:<" .. vars.sender .. ">"):expect(250) c:send("RCPT TO:<x@elsewhere.example>"):expect("2xx")`},
	{"a list in the middle", "", `local c = smtp.connect() c:expect(220) c:send("EHLO client.example"):expect(502)`},
	{"a greeting", "", `smtp.connect():expect(554)`},
	{"no close", "", `lib.greeted():expect_close("50ms")`},
	{"no silence", "", `local c = lib.greeted() c:send("QUIT") c:expect_silence("2s")`},
	{"no reply", "", `local c = lib.greeted() c:expect { code = 250, within = "50ms" }`},
	{"a close", "", `local c = lib.greeted() c:send("QUIT"):expect(221) c:expect(250)`},
	{"in TLS", "", `local c = lib.greeted() c:starttls { verify = false } c:send("EHLO client.example"):expect(250) c:send("NOOP"):expect(251)`},
	{"two connections", "", `local a, b = lib.greeted(), lib.greeted() a:send("NOOP"):expect(250) b:send("NOOP"):expect(251)`},
	{"pipelined", "", `local c = lib.greeted() c:write("NOOP\r\nRSET\r\nNOOP\r\n") c:expect(250) c:expect(250) c:expect(251)`},
	{"a message", "", `local c = lib.greeted() c:mail("a@example.org") c:rcpt(target.valid_rcpt) c:send("DATA"):expect(354) c:send_data("Subject: x\n\n.dots\n..\n  indented\n"):expect(251)`},
	{"a long message", "", `local c = lib.greeted() c:mail("a@example.org") c:rcpt(target.valid_rcpt) c:send("DATA"):expect(354) c:send_data("Subject: x\n\n" .. ("0123456789\n"):rep(20000)):expect(251)`},
	{"a chunk", "", `local c = lib.greeted() c:mail("a@example.org") c:rcpt(target.valid_rcpt) c:bdat("Subject: x\r\n\r\n.x\r\n", true) c:send("NOOP"):expect(251)`},
	{"bytes", "", `local c = lib.greeted() c:write("NOOP\0\255\r\n"):expect(251)`},
	{"credentials", `{ requires = { "user", "password" } }, `, `local c = lib.greeted() c:auth { mechanism = "PLAIN" } c:send("NOOP"):expect(251)`},
	{"credentials by hand", "", `local c = lib.greeted() c:send("AUTH PLAIN " .. codec.base64.encode("\0" .. target.user .. "\0" .. target.password)):expect(535)`},
	{"an assertion", "", `local c = lib.greeted() assert.equal(c.caps.SIZE, vars.size)`},
	{"given up", "", `lib.greeted() fail("no reason")`},
	{"a mistake", "", `lib.greeted() local t = nil t.x = 1`},
	{"no time", `{ timeout = "100ms" }, `, `lib.greeted() sleep(60)`},
	{"in a check", "", `local c = lib.greeted() check("one", function() c:send("NOOP"):expect(251) end) c:send("RSET"):expect(251)`},
	{"a quote in its \"name\"", "", `lib.greeted():send("NOOP"):expect(251)`},
}

// What --artifacts keeps of a failure shows it again, alone, and has no password in it.
func TestArtifacts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "lib/helper.lua", artifactsHelper)
	for i, f := range failing {
		writeFile(t, dir, fmt.Sprintf("f%02d.lua", i), artifactsHead+fmt.Sprintf("scenario(%q, %sfunction()\n%s\nend)\n", f.name, f.options, f.body))
	}
	facts, password := factsOfDemo(t)
	args := append([]string{"run", ".", "--artifacts", "out", "--var", "sender=me@example.org", "--var", "size=1"}, facts...)
	out, errs, code := smtpspec(t, dir, args...)
	if want := fmt.Sprintf("out: transcript.txt, transcript.json and repro.lua of %d failures\n", len(failing)); code != 1 || errs != want {
		t.Fatalf("exit code %d, stderr %q\n%s", code, errs, out)
	}
	kept, err := filepath.Glob(filepath.Join(dir, "out", "*", "repro.lua"))
	if err != nil || len(kept) != len(failing) {
		t.Fatalf("%d scripts of %d failures (%v)", len(kept), len(failing), err)
	}
	for _, path := range kept {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) { shownAgain(t, path, facts) })
	}
	noPassword(t, filepath.Join(dir, "out"), password)
}

func shownAgain(t *testing.T, path string, flags []string) {
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"require \"", "require(", "vars.", "scenario(", "smtpspec:fails {\"kind\":\"\""} {
		if strings.Contains(string(script), word) {
			t.Errorf("it has %q in it:\n%s", word, script)
		}
	}
	alone := t.TempDir()
	writeFile(t, alone, "repro.lua", string(script))
	if out, _, code := smtpspec(t, alone, "check", "repro.lua"); code != 0 || strings.Contains(out, "lost") {
		t.Errorf("check: exit code %d: %s\n%s", code, out, script)
	}
	out, errs, code := smtpspec(t, alone, append([]string{"run", "repro.lua"}, flags...)...)
	if !strings.Contains(out, "still fails in the same way") || code != 1 && code != 4 || errs != "" {
		t.Errorf("exit code %d, stderr %q\n%s\n%s", code, errs, out, script)
	}
}

// factsOfDemo starts a demo server, and gives its URL, its facts as flags, and its password.
func factsOfDemo(t *testing.T) (flags []string, password string) {
	t.Helper()
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	facts := server.Facts()
	flags = []string{"--target", "smtp://" + net.JoinHostPort(facts["host"], facts["port"])}
	for _, name := range []string{"user", "password", "valid_rcpt"} {
		flags = append(flags, "--set", name+"="+facts[name])
	}
	return flags, facts["password"]
}

func noPassword(t *testing.T, dir, password string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), password) || strings.Contains(string(b), base64.StdEncoding.EncodeToString([]byte("\x00user\x00"+password))) {
			t.Errorf("%s has the password in it", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A script that shows a failure again tells whether the server still fails in the same way.
func TestReproTells(t *testing.T) {
	t.Parallel()
	server := func(reply string) string {
		return serve(t, func(c *net.TCPConn) {
			fmt.Fprint(c, "220 mail.test ESMTP\r\n")
			buf := make([]byte, 512)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if strings.HasPrefix(string(buf[:n]), "NOOP") {
					fmt.Fprint(c, reply+"\r\n")
				} else {
					fmt.Fprint(c, "250 ok\r\n")
				}
			}
		})
	}
	dir := t.TempDir()
	writeFile(t, dir, "a.lua", `local c = smtp.connect() c:expect(220) c:send("EHLO client.example"):expect(250) c:send("NOOP"):expect(251)`)
	if out, _, code := smtpspec(t, dir, "run", "a.lua", "--target", server("550 5.7.1 id 12345"), "--artifacts", "out"); code != 1 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	for _, c := range []struct {
		reply, want string
		code        int
	}{
		{"550 5.7.1 id 67890", "still fails in the same way", 1},
		{"550 5.7.2 id 12345", "fails differently; it failed with: the reply to NOOP is not the one wanted: want 251, got 550 5.7.1 id 12345", 1},
		{"250 ok", "fails differently", 1},
		{"251 ok", "passes now; it failed with: the reply to NOOP is not the one wanted: want 251, got 550 5.7.1 id 12345", 0},
	} {
		out, errs, code := smtpspec(t, dir, "run", "out/a/repro.lua", "--target", server(c.reply))
		if code != c.code || !strings.Contains(strings.Join(strings.Fields(out), " "), c.want) {
			t.Errorf("%s: exit code %d, not %d, or not %q: %s\n%s", c.reply, code, c.code, c.want, errs, out)
		}
	}
}

// A script that another process loads is shown by its conversation alone.
func TestArtifactsIsolated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "a.lua", `scenario("talks", function() smtp.connect():expect(554) end) scenario("ends", function() fail("x") end)`)
	if out, errs, code := smtpspec(t, dir, "run", "a.lua", "--target", "demo", "--isolate", "--artifacts", "out"); code != 1 {
		t.Fatalf("exit code %d: %s\n%s", code, errs, out)
	}
	if out, _, code := smtpspec(t, dir, "run", "out/a-talks/repro.lua", "--target", "demo"); code != 1 || !strings.Contains(out, "still fails in the same way") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if out, _, code := smtpspec(t, dir, "run", "out/a-ends/repro.lua", "--target", "demo"); code != 5 || !strings.Contains(out, "run the scenario itself") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// Nothing in the directory but the files of a failure is touched, whatever scenarios are called.
func TestArtifactsBesideOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"keep.txt", "src/keep.txt"} {
		writeFile(t, dir, name, "mine")
	}
	writeFile(t, dir, "src.lua", `fail("x")`)
	writeFile(t, dir, "да.lua", `scenario("нет", function() fail("x") end) scenario("no!", function() fail("x") end)`)
	if out, errs, code := smtpspec(t, dir, "run", "src.lua", "да.lua", "--target", "demo", "--artifacts", "."); code != 1 {
		t.Fatalf("exit code %d: %s\n%s", code, errs, out)
	}
	for _, name := range []string{"keep.txt", "src/keep.txt", "src/repro.lua", "scenario/repro.lua", "no/repro.lua"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// What is wrong with the directory is said before anything runs.
func TestArtifactsNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "file", "")
	writeFile(t, dir, "a.lua", "assert(true)")
	for arg, want := range map[string]string{
		"file": "--artifacts: the directory file cannot be made",
		"":     "--artifacts: the name of a directory expected",
	} {
		_, errs, code := smtpspec(t, dir, "run", "a.lua", "--target", "smtp://127.0.0.1:1", "--artifacts="+arg)
		if code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d: %s", arg, code, errs)
		}
	}
	writeFile(t, dir, "b.lua", "-- smtpspec:fails {\nassert(true)")
	if _, errs, code := smtpspec(t, dir, "run", "b.lua", "--target", "smtp://127.0.0.1:1"); code != 3 || !strings.Contains(errs, "b.lua:1: -- smtpspec:fails is followed by the failure in JSON") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
