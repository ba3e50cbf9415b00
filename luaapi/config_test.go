package luaapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func loadConfig(t *testing.T, source string) (*Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "smtpspec.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := New().LoadConfig(path, func(name string) (string, bool) { return "secret-" + name, name != "NOTHING" })
	return cfg, dir, err
}

func TestConfig(t *testing.T) {
	cfg, dir, err := loadConfig(t, `return {
		target = "staging", jobs = 8, max_connections = 4, timeout = 30, reply_timeout = "5s", connect_timeout = "250ms", retries = 1, strict = true,
		paths = { "scenarios", "/abs" }, allow = { "host:25" }, vars = { delay = 30, name = "x", on = true },
		targets = {
			staging = { url = "smtp+starttls://mx.example:2525", user = "u", password = env "PASSWORD", tls_verify = false, ca = "ca.pem", own = "o" },
			socket = { url = "lmtp+unix:///run/lmtp.sock" },
		},
	}`)
	if err != nil {
		t.Fatal(err)
	}
	s, u := cfg.Targets["staging"], cfg.Targets["socket"]
	limits, err := cfg.Limits()
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"values":   cfg.Target == "staging" && cfg.Jobs == 8 && cfg.MaxConnections == 4 && cfg.Retries == 1 && cfg.Strict && fmt.Sprint(cfg.Allow) == "[host:25]",
		"limits":   limits == Limits{Scenario: 30 * time.Second, Reply: 5 * time.Second, Connect: 250 * time.Millisecond},
		"paths":    fmt.Sprint(cfg.Paths) == fmt.Sprint([]string{filepath.Join(dir, "scenarios"), "/abs"}),
		"names":    fmt.Sprint(cfg.TargetNames()) == "[socket staging]",
		"address":  s.Address() == "mx.example:2525" && s.Network() == "tcp" && s.Text("tls") == "starttls" && s.Name == "staging",
		"ca":       s.Text("ca") == filepath.Join(dir, "ca.pem"),
		"own":      s.Text("own") == "o",
		"password": s.Text("password") == "secret-PASSWORD" && fmt.Sprint(cfg.Secrets) == "[secret-PASSWORD]",
		"socket":   u.Address() == "/run/lmtp.sock" && u.Network() == "unix" && u.LMTP(),
		"vars":     cfg.Vars.Text("name") == "x",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, cfg)
		}
	}
}

func TestWrongConfig(t *testing.T) {
	for source, want := range map[string]string{
		`x = 1`:                                                          "smtpspec.lua:1: the configuration returns a table",
		"return {\n  taget = \"x\" }":                                    `smtpspec.lua:2: unknown option "taget" (did you mean "target"?)`,
		"return {\n\n  jobs = \"8\" }":                                   `smtpspec.lua:3: option jobs: whole number expected, got string "8"`,
		"return {\n  jobs = -1 }":                                        "smtpspec.lua:2: jobs: a number from 0 expected, got -1",
		"return { targets = {\n  a = \"smtp://x\" } }":                   "smtpspec.lua:2: target a: a table with a url and facts expected",
		"return { targets = {\n  abc = { user = \"u\" } } }":             "smtpspec.lua:2: target abc: it needs a url",
		"return { targets = { a = {\n  url = \"smpt://x\" } } }":         `smtpspec.lua:2: target a: "smpt://x": unknown scheme "smpt" (did you mean "smtp"?)`,
		"return { targets = { a = { url = \"smtp://x\",\n port = 0 }}}":  "smtpspec.lua:2: target a: fact port: a number from 1 to 65535 expected, got 0",
		"return { targets = { a = { url = \"smtp://x\",\n user = 5 }}}":  "smtpspec.lua:2: target a: fact user: text expected, got 5",
		"return { targets = { a = { url = \"smtp://x\",\n user = {} }}}": "smtpspec.lua:2: target a: user: text, a number or true or false expected, got table",
		"\nlocal c = smtp.connect()":                                     "smtpspec.lua:2: the configuration only returns a table: it runs nothing",
		"return { vars = { p =\n env \"NOTHING\" } }":                    "the environment variable NOTHING is not set: set it, or give a default with env(\"NOTHING\", \"...\")",
		"return = 1":                          "smtpspec.lua:1:8: syntax error near \"=\"",
		"return { x = smpt }":                 `there is no "smpt" (did you mean "smtp"?)`,
		"return { x = os.execute() }":         "os.execute is not there for scenarios",
		"return { vars = { [\"a b\"] = 1 } }": `vars: "a b" is no name of a variable: letters, digits and _ make one`,
		"return { reply_timeout = true }":     "option reply_timeout: duration or string expected, got boolean true",
		"return { timeout = 'soon' }":         `option timeout: "soon" is not a duration`,
		"return { 5 }":                        "options are named, got number 5",
	} {
		_, _, err := loadConfig(t, source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nwant %s\ngot  %v", source, want, err)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mx.example":                 "mx.example:25 none smtp",
		"smtp://[::1]:2525":                 "[::1]:2525 none smtp",
		"smtp+starttls://mx.example:587":    "mx.example:587 starttls smtp",
		"SMTPS://mx.example":                "mx.example:465 implicit smtp",
		"lmtp://127.0.0.1:24":               "127.0.0.1:24 none lmtp",
		"lmtp+unix:///run/x.sock":           "/run/x.sock none lmtp",
		"mx.example:25":                     `"mx.example:25" is no target URL: write smtp://mx.example:25`,
		"http://mx.example":                 `unknown scheme "http"`,
		"smtp://":                           "has no host",
		"smtp://mx.example:0":               `port "0" is not a number from 1 to 65535`,
		"smtp://mx.example:x":               "is no target URL",
		"smtp://user:geheim@mx.example":     "give the login with --set user=NAME",
		"smtp://mx.example/path":            "nothing comes after the port",
		"lmtp+unix://relative":              "the path of a socket expected",
		"user:geheim@mx.example:25":         "is no target URL: write smtp://",
		"smpt://user:geheim@mx.example:25":  `unknown scheme "smpt"`,
		"smtp://user:geheim@mx.example:bad": "is no target URL",
	} {
		target, err := ParseTarget(url)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(target.Address(), " ", target.Text("tls"), " ", target.Text("protocol"))
		}
		if !strings.Contains(got, want) || strings.Contains(got, "geheim") {
			t.Errorf("%s\nwant %s\ngot  %s", url, want, got)
		}
	}
}
