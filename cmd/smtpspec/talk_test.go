package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script/scripttest"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// The demo server's login in base64.
const (
	userWord     = "dXNlcg=="             // user
	passwordWord = "ZGVtby1wYXNzd29yZC0x" // demo-password-1
)

// powerMTA is a server that answers as the guide's does: its extensions, and no reply to MAIL and RCPT before DATA.
var powerMTA = []string{
	"S 220 mta.example ESMTP", "C EHLO client.example",
	"SB 250-mta.example says hello\r\n250-ENHANCEDSTATUSCODES\r\n250-XACK\r\n250-XMRG\r\n250-VERP\r\n250-AUTH LOGIN\r\n250 DSN\r\n",
	"C 2", "C DATA", "S 250 2.1.0 sender ok", "S 250 2.1.5 recipient ok", "S 354 send message", "M", "S 250 2.6.0 message received",
	"C AUTH LOGIN", "S 334 VXNlcm5hbWU6", "C " + userWord, "S 334 UGFzc3dvcmQ6", "C " + passwordWord, "S 235 2.7.0 hello demo-password-1 " + passwordWord,
	"C QUIT", "S 221 2.0.0 bye", "close",
}

// demoServer starts one and gives its address and facts.
func demoServer(t *testing.T) (address string, facts map[string]string) {
	t.Helper()
	server, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server.SMTPAddr(), server.Facts()
}

// talkLines runs smtpspec talk with lines from a pipe; both of its streams come back as one text.
func talkLines(ctx context.Context, t *testing.T, lines io.Reader, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	e := &env{
		args: append([]string{"smtpspec", "talk"}, args...), stdin: lines, stdout: &out, stderr: &out, dir: t.TempDir(),
		getenv: func(string) (string, bool) { return "", false },
		now:    time.Now,
		size:   func() (int, int) { return 0, 0 },
		signals: func() (soft, hard context.Context, code func() int) {
			return ctx, ctx, func() int { return 130 }
		},
	}
	code := run(e)
	return code, out.String()
}

// What can become of a conversation has an exit code of its own, and what was said so far is shown and recorded.
func TestTalkEnds(t *testing.T) {
	const hello = "EHLO client.example\n"
	for _, c := range []struct {
		name   string
		server []string
		lines  string
		args   []string
		code   int
		want   []string // in the output
		source []string // in the scenario
	}{
		{"whole", []string{"S 220 a", "C", "S 250 b", "C", "S 221 c", "close"}, hello + "QUIT\n", nil, 0,
			[]string{"< 221 c\n* the server closed the connection\n"}, []string{"c:expect_close()"}},
		{"without QUIT", []string{"S 220 a", "C", "S 250 b"}, hello, nil, 0, []string{"< 250 b\n"}, []string{"c:close()"}},
		{"the last line has no end", []string{"S 220 a", "C NOOP", "S 250 b"}, "NOOP", nil, 0, []string{"< 250 b\n"}, nil},
		{"refused with 554 and QUIT", []string{"S 554 go away", "C QUIT", "S 221 c", "close"}, "QUIT\n", nil, 0, []string{"< 554 go away\n"}, []string{"c:expect(554"}},
		{"closed at once", []string{"close"}, hello, nil, 1, []string{"error: the connection is closed: EHLO was not sent"}, []string{"c:expect_close()"}},
		{"closed for a reply", []string{"S 220 a", "C", "close"}, hello, nil, 1, []string{"error: the server closed the connection before the conversation was over"}, nil},
		{"421 in the middle", []string{"S 220 a", "C", "S 250 b", "C", "S 421 too busy", "close"}, hello + "NOOP\nRSET\n", nil, 1,
			[]string{"< 421 too busy\n", "error: the connection is closed: RSET was not sent"}, []string{"c:expect_close()"}},
		{"cut off", []string{"S 220 a", "C", "SB 250-half", "close"}, hello, nil, 1, []string{"< 250-half\n* the reply was cut off\n"}, nil},
		{"no greeting", []string{"wait 1m"}, hello, []string{"--reply-timeout", "50ms"}, 1, []string{"error: the greeting did not come within 50ms"}, nil},
		{"no reply", []string{"S 220 a", "C"}, hello + "QUIT\n", []string{"--reply-timeout", "50ms"}, 1, []string{"error: the reply to EHLO did not come within 50ms"}, nil},
		{"half a reply", []string{"S 220 a", "C", "S 250-b"}, hello + "QUIT\n", []string{"--reply-timeout", "50ms"}, 1,
			[]string{"error: the rest of the reply to EHLO did not come within 50ms"}, nil},
		{"no reply at all", []string{"S +OK ready"}, hello, nil, 1, []string{"< +OK ready\n", "error: the server said something that is no reply"}, nil},
		{"no TLS", []string{"S 220 a", "C", "S 220 go ahead", "S 250 no"}, "STARTTLS\n", nil, 1, []string{"error: the server did not answer with TLS"}, nil},
		{"does not close", []string{"S 220 a", "C", "S 221 c", "C", "S 250 still here"}, "QUIT\nNOOP\n", nil, 0, []string{"has not closed the connection", "< 250 still here\n"}, nil},
		{"several lines ahead", []string{"S 220 a", "C 2", "S 250 b", "S 250 c"}, `/raw NOOP\r\nNOOP\r\n` + "\n", nil, 0, []string{"> NOOP\n> NOOP\n< 250 b\n< 250 c\n"}, nil},
		{"an empty line", []string{"S 220 a", "C ", "S 500 b"}, "/hex 0d0a\n", nil, 0, []string{"> \n< 500 b\n"}, []string{"expect(500"}},
		{"the end of a line", []string{"S 220 a", "C xAUTH LOGIN dXNlcg==", "S 500 b", "C NOOP", "S 250 c"}, "/raw x\nAUTH LOGIN dXNlcg==\nNOOP\n", nil, 0,
			[]string{"> x\n> AUTH LOGIN ‹password›\n< 500 b\n> NOOP\n< 250 c\n"}, nil},
		{"left by Lua", []string{"S 220 a", "C NOOP", "S 250 b"}, "/lua c:send('NOOP')\n", nil, 0, []string{"> NOOP\n", "< 250 b\n"}, []string{`c:send("NOOP"):expect(250)`}},
		{"credentials in a chunk", []string{"S 220 a", "C BDAT 29 LAST", "C", "S 250 b"}, "BDAT 29 LAST\nAUTH PLAIN AHVzZXIAcGFzcw==\n", nil, 0,
			[]string{"> AUTH PLAIN ‹password›\n< 250 b\n"}, nil},
		{"strange reply", []string{"S 220 a", "C", `SB 250 b\n`}, "NOOP\n", nil, 0, []string{"* unusual in this reply: bare-lf\n"}, nil},
		{"control characters", []string{"S 220 a", "C", `S 250 \x1b[2J`}, "NOOP\n", nil, 0, []string{`< 250 \x1b[2J`}, nil},
		{"chunk", []string{"S 220 a", "C BDAT 6 LAST", "C hiya", "S 250 b", "C QUIT", "S 221 c", "close"}, "BDAT 6 LAST\nhiya\nQUIT\n", nil, 0, []string{"> hiya\n< 250 b\n"}, nil},
		{"said by itself", []string{"S 220 a", "C", "S 250 b", "S 250 more"}, "NOOP\n/wait 5s\n", nil, 0, []string{"< 250 b\n", "< 250 more\n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			record := filepath.Join(t.TempDir(), "session.lua")
			args := append([]string{scripttest.Server(t, c.server...), "--record", record}, c.args...)
			code, out := talkLines(t.Context(), t, strings.NewReader(c.lines), args...)
			if code != c.code {
				t.Errorf("talk ends with %d, want %d", code, c.code)
			}
			source := readFile(t, record)
			for _, w := range c.want {
				if !strings.Contains(out, w) {
					t.Errorf("%q does not come:\n%s", w, out)
				}
			}
			for _, w := range c.source {
				if !strings.Contains(source, w) {
					t.Errorf("the scenario has no %q:\n%s", w, source)
				}
			}
			for _, p := range scripttest.Check(t, source) {
				if !p.Warning {
					t.Errorf("check says %s:\n%s", p, source)
				}
			}
		})
	}
}

// A server that holds replies back until DATA is waited for once, and what was recorded passes.
func TestTalkHold(t *testing.T) {
	record := filepath.Join(t.TempDir(), "session.lua")
	address := scripttest.Server(t, powerMTA...)
	lines := "EHLO client.example\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.org>\nDATA\nSubject: x\n\n.\nAUTH LOGIN\n" + userWord + "\n" + passwordWord + "\nQUIT\n"
	code, out := talkLines(t.Context(), t, strings.NewReader(lines), address, "--record", record, "--hold", "50ms")
	if code != 0 || strings.Count(out, "going on, for a server may hold it back until DATA") != 1 {
		t.Errorf("talk ends with %d:\n%s", code, out)
	}
	source := readFile(t, record)
	target := scripttest.Target(t, "smtp://"+address, map[string]string{"user": "user", "password": "demo-password-1"})
	for name, result := range scripttest.Run(t, source, target, luaapi.Limits{}) {
		if result.Outcome != "passed" {
			t.Errorf("%s: %s: %s\n%s", name, result.Outcome, result.Text, source)
		}
	}
	for _, kept := range []string{out, source} {
		if strings.Contains(kept, "demo-password-1") || strings.Contains(kept, passwordWord) {
			t.Errorf("the password is in\n%s", kept)
		}
	}
}

// Over LMTP a message has a reply for each recipient, and all are waited for.
func TestTalkLMTP(t *testing.T) {
	address := scripttest.Server(t, "S 220 a", "C LHLO client.example", "S 250 b", "C", "S 250 c", "C", "S 250 d", "C", "S 250 e", "C", "S 354 f", "M",
		"S 250 2.0.0 one", "wait 50ms", "S 550 5.1.1 two", "C QUIT", "S 221 bye", "close")
	code, out := talkLines(t.Context(), t, strings.NewReader("LHLO client.example\nMAIL FROM:<>\nRCPT TO:<a@b>\nRCPT TO:<c@d>\nDATA\n\n.\nQUIT\n"), "lmtp://"+address)
	if code != 0 || !strings.Contains(out, "> .\n< 250 2.0.0 one\n< 550 5.1.1 two\n> QUIT\n") {
		t.Errorf("talk ends with %d:\n%s", code, out)
	}
}

// The passwords of every mechanism that shows them are masked when the server repeats them, in clear and in base64.
func TestTalkEchoedSecrets(t *testing.T) {
	for name, c := range map[string]struct{ lines, secret, word string }{
		"PLAIN":       {"AUTH PLAIN AHVzZXIAcGFzcy1waHJhc2U=\n", "pass-phrase", "cGFzcy1waHJhc2U"},
		"PLAIN later": {"AUTH PLAIN\nAHVzZXIAcGFzcy1waHJhc2U=\n", "pass-phrase", "cGFzcy1waHJhc2U"},
		"LOGIN":       {"AUTH LOGIN\ndXNlcg==\ncGFzcy1waHJhc2U=\n", "pass-phrase", "cGFzcy1waHJhc2U"},
		"LOGIN ahead": {"AUTH LOGIN dXNlcg==\ncGFzcy1waHJhc2U=\n", "pass-phrase", "cGFzcy1waHJhc2U"},
		"XOAUTH2":     {"AUTH XOAUTH2 dXNlcj11c2VyAWF1dGg9QmVhcmVyIHRva2VuLXRleHQBAQ==\n", "token-text", "dG9rZW4tdGV4dA"},
		"no base64":   {"AUTH LOGIN\nuser\npass-phrase\n", "pass-phrase", "cGFzcy1waHJhc2U"},
		"malformed":   {"AUTH PLAIN dXNlcgBwYXNzLXBocmFzZQ==\n", "pass-phrase", "cGFzcy1waHJhc2U"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server []string
			server = append(server, "S 220 ready")
			for range strings.Count(c.lines, "\n") - 1 {
				server = append(server, "C", "S 334 ")
			}
			server = append(server, "C", "S 535 5.7.8 not "+c.secret+", "+c.word+"=", "C", "S 250 you said "+c.secret, "C", "S 221 bye", "close")
			record := filepath.Join(t.TempDir(), "session.lua")
			code, out := talkLines(t.Context(), t, strings.NewReader(c.lines+"NOOP\n/transcript\n/lua c.transcript\nQUIT\n"),
				scripttest.Server(t, server...), "--record", record)
			if code != 0 || !strings.Contains(out, "you said ‹password›") {
				t.Errorf("talk ends with %d:\n%s", code, out)
			}
			for _, kept := range []string{out, readFile(t, record)} {
				if strings.Contains(kept, c.secret) || strings.Contains(kept, c.word) {
					t.Errorf("the secret is in\n%s", kept)
				}
			}
		})
	}
}

// A command that is wrong ends a pipe with an error that says what to do.
func TestTalkMisuse(t *testing.T) {
	address, _ := demoServer(t)
	for lines, want := range map[string]string{
		"/auth":                         "error: the mechanism is missing",
		"/auth PLAIN a b":               "error: the mechanism is missing, or there is too much behind the user; the password is asked for\n",
		"/auth PLAIN nobody":            "error: there is no password for \"nobody\"\nhint: --set password=… gives it",
		"/auth XOAUTH2 nobody":          "error: there is no token for \"nobody\"\n",
		"/auth NOSUCH user":             "unknown mechanism \"NOSUCH\"",
		"/raw":                          "error: there is nothing to send\nhint: as in /raw NOOP\\r\\n\n",
		"/hex":                          "error: there is nothing to send\n",
		"/wait long":                    "error: \"long\" is no time\n",
		"/wait 0":                       "error: \"0\" is no time\n",
		"/save":                         "error: the name of a file is missing\nhint: as in /save session.lua\n",
		"/save a.txt":                   "error: a.txt: the name of a scenario file ends with .lua\n",
		"/save nosuch/a.lua":            "error: nosuch/a.lua cannot be written: no such file\n",
		"/record to a.lua":              "error: \"to a.lua\" is not known here",
		"/data":                         "error: there is no terminal for an editor\nhint: as in /data FILE\n",
		"/lua":                          "error: there is nothing to run\n",
		"/lua c:send(":                  "error: syntax error",
		"/help nosuch":                  "error: nothing is known here of \"nosuch\"\n",
		"/help chunkin":                 "(did you mean \"CHUNKING\"?)",
		"/transcript talk_test.go":      "error: talk_test.go: the file is there already\n",
		"/transcript nosuch/t.txt":      "error: nosuch/t.txt cannot be written: no such file\n",
		"NO\x00OP":                      "error: a line cannot hold a NUL\n",
		"QUIT\n/tls":                    "error: the connection is closed: /tls needs one\nhint: /reconnect connects again\n",
		"/lua smtp.connect{port = 1}":   "127.0.0.1:1 refused the connection",
		"/lua warn('a'); error('mine')": "* warning: a",
	} {
		code, out := talkLines(t.Context(), t, strings.NewReader(lines+"\nNOOP\n"), address, "--set", "user=user", "--set", "password=of-nobody")
		wantCode := 2
		switch {
		case strings.HasPrefix(lines, "QUIT"):
			wantCode = 1
		case strings.HasPrefix(lines, "/lua ") || strings.Contains(lines, "NOSUCH"):
			wantCode = 4
		}
		if code != wantCode || !strings.Contains(out, want) || strings.Contains(out, "> NOOP") {
			t.Errorf("%q ends with %d, want %d and %q:\n%s", lines, code, wantCode, want, out)
		}
	}
}

// Where the URL asks for TLS it is there before the first line, and a scenario of it passes.
func TestTalkInTLS(t *testing.T) {
	address, facts := demoServer(t)
	smtps := "smtps://127.0.0.1:" + facts["smtps_port"]
	for _, url := range []string{"smtp+starttls://" + address, smtps} {
		record := filepath.Join(t.TempDir(), "session.lua")
		code, out := talkLines(t.Context(), t, strings.NewReader("EHLO client.example\n/tls\n/reconnect\nEHLO client.example\n/auth login\nQUIT\n"), url, "--record", record,
			"--set", "user=user", "--set", "password="+facts["password"], "--set", "ca="+facts["ca"])
		if code != 0 || strings.Count(out, "* TLS 1.3, ") != 2 || !strings.Contains(out, "\n  certificate   good: chain and name\n") || strings.Contains(out, facts["password"]) {
			t.Errorf("%s: talk ends with %d:\n%s", url, code, out)
		}
		source := readFile(t, record)
		target := scripttest.Target(t, url, facts)
		for _, name := range []string{"host", "port", "tls"} { // these are the URL's
			of := scripttest.Target(t, url, nil)
			value, _ := of.Get(name)
			if err := target.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		for name, result := range scripttest.Run(t, source, target, luaapi.Limits{}) {
			if result.Outcome != "passed" {
				t.Errorf("%s: %s: %s\n%s", name, result.Outcome, result.Text, source)
			}
		}
	}
}

// A certificate that is not good ends the session with the reason, and --insecure goes on.
func TestTalkCertificate(t *testing.T) {
	address := scripttest.Server(t, "S 220 a", "C", "S 220 go ahead", "tls", "C", "S 250 b")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--set", "tls_verify=true"}, 1, "error: the server's certificate is not good: "},
		{[]string{"--insecure"}, 0, "< 250 b"},
	} {
		code, out := talkLines(t.Context(), t, strings.NewReader("STARTTLS\nNOOP\n"), append(c.args, address)...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%v: talk ends with %d, want %d and %q:\n%s", c.args, code, c.code, c.want, out)
		}
	}
}

// A recording that cannot go where it should is kept elsewhere.
func TestTalkRescue(t *testing.T) {
	address, _ := demoServer(t)
	t.Setenv("TMPDIR", t.TempDir())
	record := filepath.Join(t.TempDir(), "session.lua")
	in, lines := io.Pipe()
	go func() {
		_, _ = lines.Write([]byte("NOOP\n"))
		_ = os.WriteFile(record, []byte("-- of somebody else\n"), 0o600)
		_ = lines.Close()
	}()
	code, out := talkLines(t.Context(), t, in, address, "--record", record)
	kept := regexp.MustCompile(`(?m)^hint: it is in (\S+)$`).FindStringSubmatch(out)
	if code != 2 || kept == nil || !strings.Contains(readFile(t, kept[1]), `c:send("NOOP")`) || readFile(t, record) != "-- of somebody else\n" {
		t.Errorf("talk ends with %d:\n%s", code, out)
	}
}

// An interrupt while a pipe waits ends it, and the recording is written.
func TestTalkInterruptedPipe(t *testing.T) {
	record := filepath.Join(t.TempDir(), "session.lua")
	ctx, cancel := context.WithCancel(t.Context())
	in, lines := io.Pipe()
	go func() {
		_, _ = lines.Write([]byte("NOOP\n"))
		_, _ = lines.Write([]byte("RSET\n")) // is taken once the reply to NOOP was there
		cancel()
	}()
	code, out := talkLines(ctx, t, in, scripttest.Server(t, "S 220 a", "C NOOP", "S 250 b", "C", "wait 1m"), "--record", record)
	if code != 130 || !strings.Contains(readFile(t, record), `c:send("NOOP"):expect(250)`) {
		t.Errorf("talk ends with %d:\n%s", code, out)
	}
}

// docs/talking.md has every command as /help has it, and every flag.
func TestTalkIsDocumented(t *testing.T) {
	page := readPage(t, "docs/talking.md")
	_, out := talkLines(t.Context(), t, strings.NewReader("/help\n"), "demo")
	n := 0
	for line := range strings.SplitSeq(out, "\n") {
		usage, _, ok := strings.Cut(strings.TrimPrefix(line, "  "), "  ")
		if !ok || !strings.HasPrefix(usage, "/") {
			continue
		}
		n++
		if !strings.Contains(page, "\n| `"+strings.TrimSpace(usage)+"` |") {
			t.Errorf("docs/talking.md does not have %s", usage)
		}
	}
	if n < 10 {
		t.Errorf("/help lists %d commands", n)
	}
	for _, f := range talkCommand(&env{}).Flags {
		if !strings.Contains(page, "`--"+f.Names()[0]+" ") && !strings.Contains(page, "`--"+f.Names()[0]+"`") {
			t.Errorf("docs/talking.md does not have --%s", f.Names()[0])
		}
	}
}
