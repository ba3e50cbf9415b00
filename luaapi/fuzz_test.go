package luaapi

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What a target URL gives can be dialled, says the same when it is read again, and a refusal shows nothing of a password.
func FuzzParseTarget(f *testing.F) {
	for _, text := range []string{"smtp://127.0.0.1", "smtp+starttls://mx.example.org:587", "smtps://[::1]:465", "lmtp://h:24/", "lmtp+unix:///run/lmtp.sock",
		"SMTP://Host", "smtp://", "smtp://h:0", "smtp://h:99999", "smtp://h:25/path", "smtp://h?q", "smtp://h#f", "smtp://[fe80::1%25eth0]:25", "smtp://h:", "mx.example.org", "smtp//h",
		"smtp://h\x00:25", "smtp://h\r\n:25", "smtp+unix://relative", "https://h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		target, err := ParseTarget(text)
		if err != nil {
			withPassword(t, text)
			return
		}
		if target.Unix != "" {
			if !strings.HasPrefix(target.Unix, "/") {
				t.Errorf("%q: socket %q", text, target.Unix)
			}
			return
		}
		host, port, err := net.SplitHostPort(target.Address())
		if n, _ := strconv.Atoi(port); err != nil || host == "" || n < 1 || n > 65535 {
			t.Errorf("%q: address %q: %v", text, target.Address(), err)
		}
		if strings.ContainsAny(host, "\x00\r\n \t/@") {
			t.Errorf("%q: host %q", text, host)
		}
		if again, err := ParseTarget(target.URL); err != nil || again.Address() != target.Address() {
			t.Errorf("%q, read again: %v", text, err)
		}
	})
}

// withPassword puts a login into the URL, which no error may show.
func withPassword(t *testing.T, text string) {
	t.Helper()
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || strings.Contains(scheme, "@") {
		return
	}
	if _, err := ParseTarget(scheme + "://user:hunter2secret@" + rest); err == nil || strings.Contains(err.Error(), "hunter2secret") {
		t.Errorf("%q with a login: %v", text, err)
	}
}

// A configuration is refused with the file named, or gives a valid one; whatever it holds, nothing that env gave is in an error.
func FuzzConfig(f *testing.F) {
	SetProcessLimits()
	for _, text := range []string{"return {}", "return { target = 'demo' }", "return { targets = { a = { url = 'smtp://h', user = 'u', password = env 'P' } }, vars = { x = 1 } }",
		"return { paths = { 'a', 'b' }, jobs = 8, timeout = '30s', reply_timeout = 'rfc', connect_timeout = 1, retries = 2, strict = true, allow = { 'h:25' } }",
		"return { targets = { [1] = {} } }", "return { targets = 5 }", "return { jobs = -1 }", "return { timeout = 'x' }", "return 5", "return", "error(env 'P')", "x = ", "return { tagret = 'x' }",
		"return { vars = { [{}] = print } }", "return setmetatable({}, { __index = function(_, k) return k end })", "return { target = env('NONE', 'demo') }", "return { env }", "smtp.connect()"} {
		f.Add(text)
	}
	lang := New()
	path := filepath.Join(f.TempDir(), "smtpspec.lua")
	getenv := func(name string) (string, bool) { return "hunter2secret", name == "P" }
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "while") || strings.Contains(text, "for") || strings.Contains(text, "repeat") || strings.Contains(text, "goto") || strings.Contains(text, "function") {
			return // a loop runs for as long as a configuration may, which is longer than the fuzzer waits
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := lang.LoadConfig(path, getenv)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path) || strings.Contains(err.Error(), "hunter2secret") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if _, err := cfg.Limits(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		for _, name := range cfg.TargetNames() {
			if cfg.Targets[name] == nil {
				t.Errorf("%q: no target %q", text, name)
			}
		}
	})
}
