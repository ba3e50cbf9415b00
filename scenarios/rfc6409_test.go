package scenarios_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSubmission(t *testing.T) {
	faults := []fault{
		{id: "rfc6409-4.3-require-auth", name: "an open relay", fault: answer(`^(MAIL|RCPT)`, "250 2.1.0 fine")},
		{id: "rfc6409-4.3-require-auth", name: "as late as RCPT", fault: answer(`^MAIL`, "250 2.1.0 fine"), level: "warning"},
		{id: "rfc6409-4.3-require-auth", name: "another code", fault: replaced("MAIL", "530 5.7.0", "550 5.7.1"), level: "warning"},
		{id: "rfc6409-7-auth-offered", name: "none", fault: say("EHLO", func(reply string) string { return strings.Replace(reply, "250 AUTH ", "250 X-AUTH ", 1) })},
		{id: "rfc6409-7-no-etrn-atrn", name: "ETRN", fault: lists("ETRN"), level: "warning"},
		{id: "rfc6409-7-no-etrn-atrn", name: "ATRN", fault: lists("ATRN")},
		{id: "rfc6409-7-no-etrn-atrn", name: "ATRN in TLS alone", fault: inTLS(lists("ATRN"))},
		{id: "rfc6409-7-should-ext", name: "no DSN", fault: unlisted("DSN"), level: "note"},
		{id: "rfc6409-7-no-521", name: "in the greeting", fault: greets("521 mx.demo.test No mail here\r\n")},
		{id: "rfc6409-7-no-521", name: "in place of 530", fault: replaced("MAIL", "530", "521")},
		{id: "rfc6409-3.2-null-sender", name: "at MAIL", fault: answer(`^MAIL FROM:<>`, "550 5.7.1 who are you?")},
		{id: "rfc6409-3.2-null-sender", name: "at RCPT", fault: faulty.Fault{Command: knowsNobody}},
		{id: "rfc6409-4.2-fqdn", name: "delivered", fault: faulty.Fault{Command: obey(`^(MAIL FROM:<.*@sales)>`, "$1.example.org>").Command, Delivered: rewrites(`@sales\.example\.org`, "@sales").Delivered}},
		{id: "rfc6409-4.2-fqdn", name: "completed", fault: obey(`^(MAIL FROM:<.*@sales)>`, "$1.example.org>"), right: true},
		{id: "rfc6409-4.2-fqdn", name: "at RCPT", fault: obey(`^(RCPT TO:<.*@sales)>`, "$1.example.org>"), level: "warning"},
		{id: "rfc6409-4.2-fqdn", name: "refused at RCPT", fault: faulty.Fault{Command: judgesLate}, right: true},
		{id: "rfc6409-4.2-multi-level", name: "it is", fault: obey(`^(MAIL FROM:<.*@squeaky\.sales)>`, "$1.demo.test>")},
		{id: "rfc6409-5.1-syntax-501", name: "dots in a local part", fault: obey(`a\.\.b`, "a.b")},
		{id: "rfc6409-5.1-syntax-501", name: "dots in a domain", fault: obey(`example\.\.org`, "example.org")},
		{id: "rfc6409-5.1-syntax-501", name: "a space", fault: obey(`a b@`, "ab@")},
		{id: "rfc6409-5.1-syntax-501", name: "550", fault: replaced("MAIL", "501", "550")},
		{id: "rfc6409-6.1-sender-rights", name: "everybody may", fault: obey(`^MAIL FROM:<user2@`, "MAIL FROM:<user@")},
		{id: "rfc6409-6.1-sender-rights", name: "553", fault: replaced("MAIL", "550", "553")},
		{id: "rfc6409-6.1-sender-rights", name: "no status", fault: replaced("MAIL", "550 5.7.1", "550 5.1.0")},
		{id: "rfc6409-8.3-message-id", name: "none", fault: rewrites(`Message-ID: .*\r\n`, "")},
		{id: "rfc6409-8.3-message-id", name: "no Date", fault: rewrites(`\nDate: .*\r`, "\nX-Date: \r"), level: "note"},
		{id: "rfc6409-5.3-2min", name: "no reply to NOOP", fault: hangUp(`^NOOP`)},
		{id: "rfc6409-5.3-2min", name: "no reply to RCPT", fault: hangUp(`^RCPT`)},
		{id: "rfc5068-3.1-587-listening", name: "closed", facts: map[string]string{"submission_port": "1"}},
	}
	right := map[string]bool{}
	for i := range faults {
		f := &faults[i]
		f.to = "submission"
		facts := map[string]string{"submission": "yes"}
		maps.Copy(facts, f.facts)
		f.facts = facts
		if !right[f.id] {
			right[f.id] = true
			faults = append(faults, fault{id: f.id, name: "right", to: "submission", facts: map[string]string{"submission": "yes"}, right: true})
		}
	}
	suite(t, "rfc6409/submission.lua", faults)
}

// inTLS does what a fault does to replies, in TLS alone.
func inTLS(f faulty.Fault) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, verb, reply string) string {
		if c.Secure {
			return f.Reply(c, verb, reply)
		}
		return reply
	}}
}

// judgesLate refuses a sender's domain of one label, as late as RCPT.
func judgesLate(c *faulty.Conv, text string) (string, bool) {
	if strings.HasPrefix(text, "MAIL") && strings.Contains(text, "@sales>") {
		c.Notes["sender"] = "<>"
		return strings.Replace(text, "@sales>", "@example.org>", 1), false
	}
	return knowsNobody(c, text)
}

// knowsNobody refuses the null sender's recipients.
func knowsNobody(c *faulty.Conv, text string) (string, bool) {
	if strings.HasPrefix(text, "MAIL") {
		c.Notes["sender"] = text
	}
	if !regexp.MustCompile(`^RCPT`).MatchString(text) || !strings.Contains(c.Notes["sender"], "<>") {
		return text, false
	}
	c.Say("550 5.7.1 who are you?\r\n")
	return text, true
}
