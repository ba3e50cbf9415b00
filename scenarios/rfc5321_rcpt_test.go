package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestRcpt(t *testing.T) {
	suite(t, "rfc5321/rcpt.lua", []fault{
		{id: "rfc5321-4.1.1.3-rcpt-250", name: "refused", fault: answer(`^RCPT`, "550 5.1.1 who?")},
		{id: "rfc5321-4.1.1.3-rcpt-250", name: "252", fault: answer(`^RCPT`, "252 2.1.5 perhaps")},
		{id: "rfc5321-3.3-rcpt-unknown-550", name: "354", fault: answer(`^RCPT TO:<nosuch`, "354 go on")},
		{id: "rfc5321-3.3-rcpt-unknown-550", name: "another code", fault: answer(`^RCPT TO:<nosuch`, "500 5.1.1 no"), level: "warning"},
		{id: "rfc5321-3.3-rcpt-unknown-550", name: "accepted and lost", fault: both(answer(`^RCPT TO:<nosuch`, "250 2.1.5 fine"), refusesInTheEnd("250 2.0.0 fine")), level: "warning", waits: true},
		{id: "rfc5321-3.3-rcpt-unknown-550", name: "accepted", fault: answer(`^RCPT TO:<nosuch`, "250 2.1.5 fine"), level: "note"},
		{id: "rfc5321-3.3-rcpt-unknown-550", name: "closes", fault: lastWord(`^RCPT TO:<nosuch`, "550 5.1.1 no")},
		{id: "rfc5321-3.3-rcpt-before-mail-503", name: "accepted", fault: first(`^RCPT`, "MAIL FROM:<>")},
		{id: "rfc5321-3.3-rcpt-before-mail-503", name: "502", fault: replaced("RCPT", "503", "502"), level: "warning"},
		{id: "rfc5321-4.5.3.1.8-rcpt-multi", name: "all are gone", fault: both(first(`^RCPT TO:<nosuch`, "RSET"), answer(`^RCPT TO:<nosuch`, "550 5.1.1 no"))},
		{id: "rfc5321-4.1.1.3-rcpt-dup", name: "closes", fault: hangUpIn(`^RCPT`), level: "warning"},
		{id: "rfc5321-4.1.1.3-rcpt-null", name: "accepted", fault: obey(`^RCPT TO:<>`, "RCPT TO:<postmaster>")},
		{id: "rfc5321-4.1.1.3-rcpt-null", name: "another code", fault: answer(`^RCPT TO:<>`, "554 5.1.3 no"), level: "warning"},
		{id: "rfc5321-4.5.1-postmaster-bare", name: "refused", fault: answer(`^RCPT TO:<postmaster>`, "501 5.1.3 no domain")},
		{id: "rfc5321-4.1.1.3-postmaster-case", name: "bare", fault: answerCase("PoStMaStEr", "550 5.1.1 who?")},
		{id: "rfc5321-4.1.1.3-postmaster-case", name: "with a domain", fault: answerCase("POSTMASTER@", "550 5.1.1 who?")},
		{id: "rfc5321-4.5.1-postmaster-domain", name: "refused", fault: answer(`^RCPT TO:<postmaster@`, "550 5.1.1 who?")},
		{id: "rfc5321-4.5.1-postmaster-null-sender", name: "refused", fault: nullSender("550 5.7.1 no bounces")},
		{id: "rfc5321-4.1.1.3-rcpt-unknown-param-555", name: "ignored", fault: obey(` FOO=bar`, ""), level: "warning"},
		{id: "rfc5321-4.1.1.3-rcpt-unknown-param-555", name: "501", fault: answer(` FOO=bar`, "501 5.5.4 no"), level: "warning"},
		{id: "rfc5321-4.1.1.3-rcpt-unknown-param-555", name: "closes", fault: hangUp(` FOO=bar`)},
		{id: "rfc5321-4.1.1.3-srcroute-recognised", name: "501", fault: answer(`^RCPT TO:<@`, "501 5.1.3 syntax")},
		{id: "rfc5321-4.1.1.3-srcroute-recognised", name: "two hops", fault: answer(`^RCPT TO:<@.*,@`, "500 5.1.3 syntax")},
		{id: "rfc5321-4.1.2-mail-srcroute", name: "closes", fault: hangUp(`^MAIL FROM:<@`)},
		{id: "rfc5321-4.1.2-mail-srcroute", name: "501", fault: answer(`^MAIL FROM:<@`, "501 5.1.7 syntax"), level: "warning"},
		{id: "rfc5321-3.6.2-relay-550", name: "another code", fault: answer(`^RCPT TO:<someone@`, "500 5.7.1 no")},
		{id: "rfc5321-4.3.2-rcpt-codes", name: "511", fault: answer(`^RCPT TO:<nosuch`, "511 5.1.1 who?")},
		{id: "rfc5321-4.3.2-rcpt-codes", name: "571", fault: answer(`^RCPT TO:<someone@`, "571 5.7.1 no relay")},
		{id: "rfc5321-3.4-251-551-form", name: "551 with a path", fault: answer(`^RCPT TO:<nosuch`, "551 5.1.6 try <user@example.net>"), right: true},
		{id: "rfc5321-3.4-251-551-form", name: "551 without", fault: answer(`^RCPT TO:<nosuch`, "551 5.1.6 User not local")},
		{id: "rfc5321-3.4-251-551-form", name: "251 without", fault: answer(`^RCPT TO:<user@`, "251 2.1.5 will forward")},
	})
}

// nullSender refuses recipients of messages that have no sender.
func nullSender(reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if strings.HasPrefix(text, "MAIL") {
			c.Notes["sender"] = text
		}
		if c.Notes["sender"] != "MAIL FROM:<>" || !strings.HasPrefix(text, "RCPT") {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// hangUpIn is hangUp where there is a recipient already.
func hangUpIn(pattern string) faulty.Fault {
	close := hangUp(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Recipients == 0 {
			return text, false
		}
		return close.Command(c, text)
	}}
}

// onlyOne takes one message a session.
func onlyOne() faulty.Fault {
	return faulty.Fault{
		Message: func(c *faulty.Conv, data []byte) []byte {
			c.Notes["message"] = "there was one"
			return data
		},
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if c.Notes["message"] == "" || !strings.HasPrefix(text, "MAIL") {
				return text, false
			}
			c.Say("503 5.5.1 one message is enough\r\n")
			return text, true
		},
	}
}
