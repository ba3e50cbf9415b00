package scenarios_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// oddities are servers that nobody expects, and that break no rule: no scenario fails on them. Policy makes one inconclusive, at worst.
var oddities = map[string]faulty.Fault{
	"a greeting of three lines": greets("220-mx.demo.test ESMTP\r\n220-Use of this system is logged.\r\n220 \r\n"),
	"an octet a segment":        {Octets: true},
	"no PIPELINING":             unlisted("PIPELINING"),
	"sixty keywords":            lists(sixty()),
	"421 after three errors":    {Reply: noPatience},
	"greylisting":               answer(`^RCPT`, "450 4.7.1 Greylisted, come back later"),
	"greylisting at MAIL":       answer(`^MAIL`, "451 4.7.1 Try again later"),
	"refusals at RCPT":          {Command: lateRefusals},
	"nobody may send":           answer(`^RCPT`, "554 5.7.1 Client host rejected: Access denied"),
	"login first":               answer(`^(MAIL|RCPT|DATA|BDAT|VRFY)`, "530 5.7.0 Authentication required"),
	"TLS first":                 clearOnly(`^(EHLO|HELO|LHLO|NOOP|QUIT|STARTTLS)\b`, "530 5.7.0 Must issue a STARTTLS command first"),
	"no mail here":              greets("554 mx.demo.test No SMTP service here\r\n"),
	"busy":                      greets("421 mx.demo.test Too many connections\r\n"),
	"no literals by policy":     answer(`^(EHLO|HELO|MAIL|RCPT).*\[`, "550 5.7.1 Use a name"),
	"MAIL begins anew":          first(`^MAIL`, "RSET"),
	"codes without text":        {Reply: bareCodes},
	"a story in each reply":     {Reply: stories},
	"a tarpit for errors":       {Reply: tarpit},
	"no extensions":             {Command: plainSMTP, Reply: plainReplies},
	"251 for every recipient":   replaced("RCPT", "250 2.1.5", "251 2.1.5 Will forward to <user@demo.test>:"),
	"two spaces are none":       obey(`^(\w+) +`, "$1 "),
	"keywords in lower case":    say("EHLO", lowerKeywords),
	"a friendly EHLO": say("EHLO", func(reply string) string {
		return strings.Replace(reply, "mx.demo.test", "mx.demo.test Hello [127.0.0.1], pleased to meet you", 1)
	}),
	"a long HELP":               answer(`^HELP`, strings.Repeat("214-2.0.0 Commands are in the manual\r\n", 40)+"214 2.0.0 That is all"),
	"VRFY and EXPN are off":     off("VRFY|EXPN"),
	"senders are looked up":     {Command: unknownDomains},
	"a recipient a transaction": {Command: answerIn(`^RCPT`, "452 4.5.3 Too many recipients").Command, Reply: unlisted("LIMITS").Reply},
	"greylisting after DATA":    {Reply: greylistsMessages},
	"no message is liked":       replaced(".", "250 2.0.0", "554 5.7.1"),
	"a message a connection":    {Reply: oneMessage},
	"a slow greeting":           {Greeting: slowGreeting},
	"no status codes":           {Reply: plainCodes},
	"no STARTTLS":               off("STARTTLS"),
	"AUTH with an equals sign":  lists("AUTH=PLAIN LOGIN"),
	"ten connections at most":   busyAbove(10),
	"a literal for a name":      greets("220 [127.0.0.1] ESMTP\r\n"),
}

func TestOddities(t *testing.T) {
	t.Parallel()
	for name, f := range oddities {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "an octet a segment" && name != "421 after three errors" {
				t.Skip("it is one of many alike")
			}
			t.Parallel()
			harmless(t, run(t, suites(t), "", fault{}, &f))
		})
	}
}

// Many servers end TLS by closing the connection under it.
func TestNoCloseNotify(t *testing.T) {
	if testing.Short() {
		t.Skip("it is one of many oddities")
	}
	t.Parallel()
	cut := faulty.Fault{Reply: func(c *faulty.Conv, verb, reply string) string {
		if verb != "QUIT" {
			return reply
		}
		c.Say(reply)
		c.Cut()
		return ""
	}}
	harmless(t, run(t, suites(t), "", fault{to: "starttls"}, &cut))
}

// On a server that is right no scenario fails, whatever the port.
func TestServices(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"smtp", "starttls", "smtps", "submission", "lmtp"} {
		t.Run(service, func(t *testing.T) {
			if testing.Short() && service != "submission" {
				t.Skip("it is one of many alike")
			}
			t.Parallel()
			harmless(t, run(t, suites(t), "", fault{to: service}, nil))
		})
	}
}

// suites are the files of all conformance and security suites.
func suites(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("[rs][fe]c*/*.lua")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no suites: %v", err)
	}
	return paths
}

func harmless(t *testing.T, ends map[string]*event.ScenarioFinish) {
	t.Helper()
	for id, end := range ends {
		switch end.Outcome {
		case event.Passed, event.Skipped, event.Warned:
		default:
			t.Errorf("%s: %s: %s", id, end.Outcome, texts(end))
		}
		if len(end.Warnings) > 0 {
			t.Logf("%s: %s", id, texts(end))
		}
	}
}

func sixty() string {
	words := make([]string, 60)
	for i := range words {
		words[i] = fmt.Sprintf("X-KEYWORD-%d value=%d", i, i)
	}
	return strings.Join(words, "\r\n250-")
}

// noPatience closes at the third error.
func noPatience(c *faulty.Conv, _, reply string) string {
	if !strings.HasPrefix(reply, "5") {
		return reply
	}
	if c.Notes["errors"] += "!"; len(c.Notes["errors"]) < 3 {
		return reply
	}
	c.Say("421 4.7.0 mx.demo.test Too many errors\r\n")
	c.Close()
	return ""
}

// lateRefusals says of a sender that it does not like only when there is a recipient.
func lateRefusals(c *faulty.Conv, text string) (string, bool) {
	switch {
	case strings.HasPrefix(text, "MAIL") && !c.Mail:
		c.Notes["sender"] = text
	case strings.HasPrefix(text, "RCPT") && c.Mail && !regexp.MustCompile(`<(sender@example.org|user@demo.test)?>`).MatchString(c.Notes["sender"]):
		c.Say("550 5.7.1 Sender rejected\r\n")
		return text, true
	}
	return text, false
}

// clearOnly answers in clear all commands but some.
func clearOnly(allowed, reply string) faulty.Fault {
	re := line(allowed)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Secure || re.MatchString(text) {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// bareCodes has no text but where a reply needs it.
func bareCodes(c *faulty.Conv, verb, reply string) string {
	if verb == "EHLO" || verb == "LHLO" {
		return strings.ReplaceAll(reply, "250-ENHANCEDSTATUSCODES\r\n", "")
	}
	if verb == "HELO" || strings.HasPrefix(reply, "3") || len(reply) < 3 {
		return reply
	}
	return reply[:3] + "\r\n"
}

// stories begins every reply with a line more.
func stories(_ *faulty.Conv, verb, reply string) string {
	if verb == "EHLO" || verb == "LHLO" || verb == "AUTH" || verb == "STARTTLS" || len(reply) < 4 {
		return reply
	}
	code, status := reply[:3], ""
	if m := regexp.MustCompile(`^...[- ](\d\.\d+\.\d+ )`).FindStringSubmatch(reply); m != nil {
		status = m[1]
	}
	return code + "-" + status + "Listen:\r\n" + reply
}

func tarpit(_ *faulty.Conv, _, reply string) string {
	if strings.HasPrefix(reply, "5") {
		time.Sleep(700 * time.Millisecond)
	}
	return reply
}

// plainSMTP knows nothing but what every server has to.
func plainSMTP(c *faulty.Conv, text string) (string, bool) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(strings.ToUpper(text)), " ")
	switch {
	case c.Service == "submission":
	case slices.Contains([]string{"BDAT", "AUTH", "STARTTLS", "HELP", "ETRN"}, verb):
		c.Say("502 Not implemented\r\n")
		return text, true
	case verb == "MAIL" && strings.Contains(rest, "> "), verb == "RCPT" && strings.Contains(rest, "> "):
		c.Say("555 No parameters here\r\n")
		return text, true
	}
	return text, false
}

func plainReplies(c *faulty.Conv, verb, reply string) string {
	if c.Service == "submission" { // which has to offer AUTH (RFC 6409 7)
		return reply
	}
	if verb == "EHLO" && strings.HasPrefix(reply, "250") {
		return "250 mx.demo.test\r\n"
	}
	return regexp.MustCompile(`(?m)^(...[- ])\d\.\d+\.\d+ `).ReplaceAllString(reply, "$1")
}

// lowerKeywords are as good as others (RFC 5321 2.4).
func lowerKeywords(reply string) string {
	return regexp.MustCompile(`(?m)^250[- ][A-Z0-9]+`).ReplaceAllStringFunc(reply, strings.ToLower)
}

// unknownDomains refuses senders of domains but one, as if they were not in the DNS.
func unknownDomains(c *faulty.Conv, text string) (string, bool) {
	if !regexp.MustCompile(`(?i)^MAIL FROM:<.*@`).MatchString(text) || regexp.MustCompile(`(?i)@(example\.org|demo\.test)>`).MatchString(text) {
		return text, false
	}
	c.Say("450 4.1.8 Sender address rejected: Domain not found\r\n")
	return text, true
}

func greylistsMessages(_ *faulty.Conv, verb, reply string) string {
	if verb == "." || verb == "BDAT" && strings.Contains(reply, "Accepted") {
		return regexp.MustCompile(`(?m)^250([- ])2\.\d\.\d`).ReplaceAllString(reply, "451${1}4.7.1")
	}
	return reply
}

// oneMessage says goodbye after a message.
func oneMessage(c *faulty.Conv, verb, reply string) string {
	if verb == "." && strings.HasPrefix(reply, "250") {
		c.Notes["done"] = "yes"
		return reply
	}
	if c.Notes["done"] == "" || verb == "QUIT" {
		return reply
	}
	c.Say("421 4.7.0 mx.demo.test One message is enough\r\n")
	c.Close()
	return ""
}

func slowGreeting(_ *faulty.Conv, greeting string) string {
	time.Sleep(400 * time.Millisecond)
	return greeting
}

// plainCodes has no enhanced status codes, and does not say that it has.
func plainCodes(_ *faulty.Conv, verb, reply string) string {
	if verb == "EHLO" || verb == "LHLO" {
		return strings.ReplaceAll(reply, "250-ENHANCEDSTATUSCODES\r\n", "")
	}
	return regexp.MustCompile(`(?m)^(...[- ])\d\.\d+\.\d+ `).ReplaceAllString(reply, "$1")
}

// busyAbove says 421 to connections above so many.
func busyAbove(most int32) faulty.Fault {
	open := new(atomic.Int32)
	return faulty.Fault{
		Connected: func(c *faulty.Conv) bool {
			if open.Add(1) <= most {
				return false
			}
			c.Say("421 4.7.0 mx.demo.test Too many connections\r\n")
			return true
		},
		Lost: func(*faulty.Conv, string, []byte) { open.Add(-1) },
	}
}

// off neither lists nor knows some commands.
func off(verbs string) faulty.Fault {
	f := unlisted(verbs)
	f.Command = answer(`^(`+verbs+`)\b`, "502 5.5.1 Not implemented").Command
	return f
}
