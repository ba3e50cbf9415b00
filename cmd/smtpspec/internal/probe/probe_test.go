package probe

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

func TestParsePorts(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"25", "25"},
		{"25,465,587", "25 465/tls 587"},
		{"2525, 4465/tls 25 25", "2525 4465/tls 25"},
		{"", "error no port is named"},
		{"smtp", `error "smtp" is no port`},
		{"0", `error "0" is no port`},
		{"65536", `error "65536" is no port`},
		{"25x", `error "25x" is no port`},
		{"25/ssl", `error "25/ssl": /tls is what`},
	} {
		got, err := ParsePorts(tt.text)
		if err != nil {
			got = "error " + err.Error()
		}
		if got != tt.want && (err == nil || !strings.HasPrefix(got, tt.want)) {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestLocate(t *testing.T) {
	zone := resolvetest.Serve(t, `
example.test. MX 20 mx2.example.test.
example.test. MX 10 mx1.example.test.
example.test. MX 30 mx1.example.test.
example.test. MX 40 192.0.2.9.
example.test. MX 50 gone.test.
mx1.example.test. A 192.0.2.1
mx1.example.test. AAAA 2001:db8::1
mx2.example.test. A 192.0.2.2
null.test. MX 0 .
host.test. A 192.0.2.3
@fault SERVFAIL broken.test.
`)
	r, err := resolve.New(zone.Address)
	if err != nil {
		t.Fatal(err)
	}
	url := func(text string) *luaapi.Target {
		target, err := luaapi.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	const usual = "25 465/tls 587"
	for _, tt := range []struct {
		cfg  Config
		want string // domain; hosts with addresses and the target's port; ports; required; the beginning of what is said
	}{
		{Config{Where: "example.test"}, "example.test; mx1.example.test 192.0.2.1 2001:db8::1 25, mx2.example.test 192.0.2.2 25; " + usual + "; 25; mail for example.test goes to mx1"},
		{Config{Where: "example.test.", Ports: "2525 4465/tls"}, "example.test; mx1.example.test 192.0.2.1 2001:db8::1 2525, mx2.example.test 192.0.2.2 2525; 2525 4465/tls; 2525; mail"},
		{Config{Where: "host.test"}, "; host.test 192.0.2.3 25; " + usual + "; any; host.test has addresses and no MX, so it is probed as a host; --domain host.test"},
		{Config{Where: "host.test", Domain: "example.test"}, "example.test; host.test 192.0.2.3 25; " + usual + "; any; host.test has addresses"},
		{Config{Where: "host.test:587"}, "; host.test 192.0.2.3 587; 587; all; host.test is probed"},
		{Config{Where: "host.test:465"}, "; host.test 192.0.2.3 465; 465/tls; all; host.test is probed"},
		{Config{Where: "192.0.2.7"}, "; 192.0.2.7 192.0.2.7 25; " + usual + "; any; 192.0.2.7"},
		{Config{Where: "[2001:db8::7]:25"}, "; 2001:db8::7 2001:db8::7 25; 25; all; 2001:db8::7"},
		{Config{Where: "2001:db8::7"}, "; 2001:db8::7 2001:db8::7 25; " + usual + "; any; 2001:db8::7"},
		{Config{Where: "localhost", Ports: "2525"}, "; localhost  2525; 2525; all; localhost"},
		{Config{Where: "null.test"}, "null.test; ; " + usual + "; 25; null.test takes no mail"},
		{Config{Where: "gone.test"}, "gone.test; ; " + usual + "; 25; gone.test has neither an MX nor an address"},
		{Config{Where: "broken.test"}, "broken.test; ; " + usual + "; 25; where mail for broken.test goes is not known: "},
		{Config{Where: "x", Target: url("smtps://host.test:4465")}, "; host.test 192.0.2.3 4465; 4465/tls; all; x is a server at host.test"},
		{Config{Where: "x", Target: url("smtp://host.test"), Ports: usual}, "; host.test 192.0.2.3 25; " + usual + "; all; x is a server"},
		{Config{Where: "x", Target: url("lmtp://host.test")}, "error probe speaks SMTP over TCP"},
		{Config{Where: "x", Target: url("smtp+unix:///run/smtp")}, "error probe speaks SMTP over TCP"},
		{Config{Where: "a..test"}, `error "a..test": a label is empty`},
		{Config{Where: "host.test:99999"}, `error "99999" is no port`},
		{Config{Where: "a b:25"}, "error "},
	} {
		tt.cfg.Run = &runner.Config{DNS: r}
		p, err := Locate(t.Context(), &tt.cfg)
		got := ""
		if err != nil {
			got = "error " + err.Error()
		} else {
			var hosts []string
			for _, h := range p.Hosts {
				hosts = append(hosts, fmt.Sprintf("%s %s %d", h.Name, strings.Join(h.Addresses, " "), h.Target.Port()))
			}
			got = strings.Join([]string{p.Domain, strings.Join(hosts, ", "), p.Ports, p.Required, p.Said}, "; ")
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s\nwant %s", tt.cfg.Where, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, what, reference, todo string }{
		{"all is well", "all is well", "", ""},
		{"it is wrong [RFC 5321 4.2] To do: mend it", "it is wrong", "RFC 5321 4.2", "mend it"},
		{"it is wrong To do: mend it", "it is wrong", "", "mend it"},
		{"it says [127.0.0.1] [RFC 5321 4.1.3]", "it says [127.0.0.1]", "RFC 5321 4.1.3", ""},
		{"two\nlines", "two\nlines", "", ""},
		{"", "", "", ""},
	} {
		what, reference, todo := parse(tt.text)
		if what != tt.what || reference != tt.reference || todo != tt.todo {
			t.Errorf("%q: %q, %q, %q", tt.text, what, reference, todo)
		}
	}
}

// What a scenario has no words for is a problem too, and one that did not come to its end is no verdict on the server.
func TestFindings(t *testing.T) {
	finish := func(e *event.ScenarioFinish) *Report {
		c := &collector{report: &Report{}}
		key := event.Key{File: "a", Name: "n"}
		e.Key, e.Suite, e.Name, e.Target, e.Final, e.Refs = key, "Question?", "n", "host", true, []string{"RFC 1", "RFC 2"}
		c.Event(&event.Plan{Scenarios: []event.Planned{{Key: key}}})
		c.Event(e)
		c.Event(&event.RunFinish{})
		c.report.finish(&runner.Summary{})
		return c.report
	}
	for _, tt := range []struct {
		e    event.ScenarioFinish
		want string
		code int
	}{
		{event.ScenarioFinish{Outcome: event.Passed, Notes: []string{"good"}}, "ok good", 0},
		{event.ScenarioFinish{Outcome: event.Warned, Warnings: []event.Failure{{Kind: "warn", Message: "odd [RFC 3] To do: look"}}}, "warning odd (RFC 3) look", 0},
		{event.ScenarioFinish{Outcome: event.Failed, Failures: []event.Failure{{Kind: "fail", Level: "must", Message: "bad To do: mend"}}, Notes: []string{"good"}},
			"problem bad (RFC 1, RFC 2) mend; ok good", 1},
		{event.ScenarioFinish{Outcome: event.Failed, Failures: []event.Failure{{Kind: "expectation", Level: "must", Want: "250", Got: "550 no", Hint: "look"}}},
			"problem n: want 250, got 550 no (RFC 1, RFC 2) look", 1},
		{event.ScenarioFinish{Outcome: event.Error, Failures: []event.Failure{{Kind: "lua", Message: "a fault in the script"}}},
			"problem n: a fault in the script (RFC 1, RFC 2)", 4},
		{event.ScenarioFinish{Outcome: event.Warned, Warnings: []event.Failure{{Kind: "unread", Message: "more was said", Got: "250 x"}}},
			"warning more was said: 250 x (RFC 1, RFC 2)", 0},
		{event.ScenarioFinish{Outcome: event.Skipped, Policy: true, Reason: "greylisted"}, "warning greylisted (RFC 1, RFC 2)", 0},
		{event.ScenarioFinish{Outcome: event.Skipped, Reason: "not open"}, "", 5},
	} {
		r := finish(&tt.e)
		var got []string
		for _, f := range r.Findings {
			text := string(f.Status) + " " + f.Text
			if f.Reference != "" {
				text += " (" + f.Reference + ")"
			}
			got = append(got, strings.TrimSpace(text+" "+f.Todo))
		}
		if all := strings.Join(got, "; "); all != tt.want || r.ExitCode != tt.code {
			t.Errorf("%s, exit code %d; want %s, %d", all, r.ExitCode, tt.want, tt.code)
		}
	}
}

func TestText(t *testing.T) {
	offered := func(keyword, parameter, where, about string) Finding {
		f := Finding{Question: "What?", About: about, Status: OK, Text: strings.TrimSpace("offers "+keyword+" "+parameter) + " (" + where + ")"}
		f.offer()
		return f
	}
	r := &Report{Said: "mail for example.test goes to mx1, mx2", Hosts: []string{"mx1", "mx2"}, Seconds: 1.25, OK: 6, Warnings: 1, Problems: 1, Findings: []Finding{
		{Question: "Up?", About: "mx1", Status: Problem, Text: "port 25: refused: nothing listens there, or a firewall rejects what comes", Reference: "RFC 5321 3.1", Todo: "start it"},
		{Question: "Up?", About: "mx2", Status: OK, Text: "port 25: open \x1b[31m"},
		{Question: "Up?", About: "mx2", Status: Warning, Text: "slow"},
		offered("SIZE", "1000", "port 25, in clear", "mx1"), offered("STARTTLS", "", "port 25, in clear", "mx1"),
		offered("XUNKNOWN", "", "port 25, in TLS", "mx1"), offered("SIZE", "1000", "port 25, in TLS", "mx1"),
		offered("AUTH=LOGIN", "", "port 25, in TLS", "mx1"),
	}}
	var out bytes.Buffer
	if err := r.Text(&out, Style{Width: 70}); err != nil {
		t.Fatal(err)
	}
	want := `mail for example.test goes to mx1, mx2

Up?
  mx1
  problem port 25: refused: nothing listens there, or a firewall
          rejects what comes
          To do: start it [RFC 5321 3.1]
  mx2
  ok      port 25: open \x1b[31m
  warning slow

What?
  mx1
  ok      offered at port 25, in clear; port 25, in TLS:
          SIZE 1000   says the largest message that it takes, in
          bytes; 0 is no limit: SIZE= on MAIL (RFC 1870)
          STARTTLS    goes on in TLS after the command (RFC 3207)
          (only port 25, in clear)
          XUNKNOWN    (only port 25, in TLS)
          AUTH=LOGIN  logs in by one of the mechanisms named (RFC
          4954)  (only port 25, in TLS)

1 problem, 1 warning, 6 ok  in 1.2s
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	var colored bytes.Buffer
	if err := r.Text(&colored, Style{Width: 70, Color: true}); err != nil {
		t.Fatal(err)
	}
	if plain := stripColors(colored.String()); plain != want || !strings.Contains(colored.String(), "\x1b[31mproblem \x1b[0m") {
		t.Errorf("without its colours it is\n%s", plain)
	}
	r.Interrupted = true
	if !strings.Contains(r.counts(Style{}), "interrupted") {
		t.Error("an interrupt is not told")
	}
}

func stripColors(s string) string {
	for _, c := range []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"} {
		s = strings.ReplaceAll(s, c, "")
	}
	return s
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 20, "one two three"},
		{"one two three", 7, "one two|three"},
		{"one two three", 8, "one two|three"},
		{"averyveryverylongword and more", 10, "averyveryverylongword|and more"},
		{"averyveryverylongword", 10, "averyveryverylongword"},
		{"häßliche Wörter öffnen", 15, "häßliche Wörter|öffnen"},
		{"", 10, ""},
	} {
		if got := strings.Join(fold(tt.text, tt.width), "|"); got != tt.want {
			t.Errorf("%q at %d: %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestCopy(t *testing.T) {
	files := fstest.MapFS{"1-a.lua": {Data: []byte("a")}, "lib/b.lua": {Data: []byte("b")}}
	dir := filepath.Join(t.TempDir(), "new")
	if err := Copy(files, dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "lib", "b.lua"))
	if err != nil || string(b) != "b" {
		t.Errorf("%q, %v", b, err)
	}
	if err := Copy(files, dir); err == nil || !strings.HasSuffix(err.Error(), "1-a.lua is there already") {
		t.Error(err)
	}
}
