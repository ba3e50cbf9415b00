package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// relays takes a recipient from a sender, and says what it is told.
func relays(sender, recipient string) faulty.Fault {
	from, to := line(`^MAIL FROM:<`+sender+`>`), line(`^RCPT TO:<`+recipient)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		switch {
		case from.MatchString(text):
			c.Notes["from"] = "here"
			c.Say("250 2.1.0 fine\r\n")
			return text, true
		case c.Notes["from"] != "" && to.MatchString(text):
			c.Say("250 2.1.5 fine\r\n")
			return text, true
		}
		return text, false
	}}
}

// trusting takes every recipient once a command has come.
func trusting(pattern, reply string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{
		Command: func(c *faulty.Conv, text string) (string, bool) {
			switch {
			case re.MatchString(text):
				c.Notes["trusted"] = "yes"
				if reply != "" {
					c.Say(said(reply))
					return text, true
				}
			case c.Notes["trusted"] != "" && strings.HasPrefix(text, "RCPT"):
				c.Say("250 2.1.5 fine\r\n")
				return text, true
			}
			return text, false
		},
		Reply: func(c *faulty.Conv, verb, reply string) string {
			if verb == "AUTH" && re.MatchString("AUTH failed") && strings.HasPrefix(reply, "5") {
				c.Notes["trusted"] = "yes"
			}
			return reply
		},
	}
}

func TestRelay(t *testing.T) {
	const stranger = `sender@example\.org`
	var faults []fault
	for id, sender := range map[string]string{
		"01-plain": stranger, "02-null": "", "03-local-sender": `user@demo\.test`, "04-postmaster-sender": `nobody@demo\.test`, "05-localhost-sender": "root@localhost",
		"06-unqualified-sender": "root", "07-ip-sender": `root@\[127\.0\.0\.1\]`, "08-hostname-sender": `root@mx\.demo\.test`,
	} {
		faults = append(faults, fault{id: "sec-relay-" + id, name: "it relays", fault: relays(sender, `user@example\.net`)})
	}
	for id, forms := range map[string][]string{
		"09-percent": {`user%example\.net@demo\.test>`}, "10-percent-bare": {`user%example\.net>`}, "11-percent-ip": {`user%example.net@\[`},
		"12-percent-host": {`user%example\.net@mx\.demo`}, "13-quoted": {`"user@example\.net">`}, "14-quoted-percent": {`"user%example\.net">`},
		"15-quoted-local": {`"user@example\.net"@demo`}, "16-quoted-ip": {`"user@example\.net"@\[`}, "17-double-at": {`user@example\.net@demo`, `user@example\.net@\[`},
		"18-route": {`@demo\.test:`}, "19-route-ip": {`@\[127\.0\.0\.1\]:`, `@mx\.demo\.test:`}, "20-route-no-at": {`demo\.test:user`}, "21-bang": {`example\.net!user>`},
		"22-bang-local": {`example\.net!user@demo`, `example\.net!user@\[`, `demo\.test!`}, "23-mixed": {`user%example\.net@demo\.test@`, `"user%`},
		"24-trailing-dot": {`user@example\.net\.>`}, "25-subdomain": {`user@smtpspec-sub\.demo\.test`}, "26-suffix": {`user@evildemo\.test`, `user@demo\.test\.example`},
		"27-case-idn": {"user@d\u0435mo", "user@xn--demo"}, "28-ctl-in-domain": {`[^>]*\x00`, `[^>]*,\.`}, "30-multi-in-one": {`user@demo\.test>,`, `user@demo\.test,`},
	} {
		for _, form := range forms {
			faults = append(faults, fault{id: "sec-relay-" + id, name: form, fault: relays(stranger, form)})
		}
	}
	suite(t, "security/relay.lua", append(faults, []fault{
		{id: "sec-relay-09-percent", name: "a mailbox as all are", fault: relays(stranger, `[^@]*@demo\.test`), right: true},
		{id: "sec-relay-29-localhost-rcpt", name: "a loop", fault: relays(stranger, `nobody-[^@]*@(localhost|127)`), level: "warning"},
		{id: "sec-relay-31-after-valid", name: "behind a valid one", fault: answerIn(`^RCPT TO:<user@example\.net`, "250 2.1.5 fine")},
		{id: "sec-relay-31-after-valid", name: "after RSET", fault: trusting(`^RSET`, "")},
		{id: "sec-relay-31-after-valid", name: "after HELO", fault: trusting(`^HELO`, "")},
		{id: "sec-relay-32-helo-spoof", name: "its own name", fault: trusting(`^EHLO mx\.demo\.test`, "")},
		{id: "sec-relay-32-helo-spoof", name: "HELO", fault: trusting(`^HELO localhost`, "")},
		{id: "sec-relay-32-helo-spoof", name: "localhost", fault: trusting(`^EHLO localhost`, "")},
		{id: "sec-relay-33-auth-failed-open", name: "cancelled or wrong", fault: trusting(`^AUTH failed`, "")},
		{id: "sec-relay-34-xforward-xclient", name: "XCLIENT", fault: answer(`^XCLIENT`, "220 mx.demo.test ESMTP")},
		{id: "sec-relay-34-xforward-xclient", name: "XFORWARD", fault: answer(`^XFORWARD`, "250 2.0.0 fine")},
		{id: "sec-relay-34-xforward-xclient", name: "PROXY", fault: answer(`^PROXY`, "220 mx.demo.test ESMTP")},
	}...))
}

func TestBackscatter(t *testing.T) {
	suite(t, "security/backscatter.lua", []fault{
		{id: "sec-backscatter", name: "taken, and lost", fault: obey(`^RCPT TO:<nosuch@`, "RCPT TO:<user2@"), level: "warning"},
		{id: "sec-backscatter", name: "taken, and bounced", fault: obey(`^RCPT TO:<nosuch@`, "RCPT TO:<user@")},
	})
}
