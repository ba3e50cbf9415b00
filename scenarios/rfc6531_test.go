package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSMTPUTF8(t *testing.T) {
	const beyond = `[^\x00-\x7f]`
	name := func(old, other string) faulty.Fault {
		return say("EHLO", func(r string) string { return strings.Replace(r, old, other, 1) })
	}
	suite(t, "rfc6531/smtputf8.lua", []fault{
		{id: "rfc6531-3.1-keyword-bare", name: "yes", fault: name("SMTPUTF8", "SMTPUTF8 yes")},
		{id: "rfc6531-3.1-needs-8bitmime", name: "alone", fault: unlisted("8BITMIME")},
		{id: "rfc6531-3.1-mail-param", name: "unknown", fault: answer(`^MAIL.* SMTPUTF8`, "555 5.5.4 unknown parameter")},
		{id: "rfc6531-3.4-no-value", name: "any", fault: obey(` SMTPUTF8=1`, " SMTPUTF8"), level: "warning"},
		{id: "rfc6531-3.4-no-value", name: "closes", fault: hangUp(` SMTPUTF8=1`)},
		{id: "rfc6531-3.2-utf8-mailbox", name: "not in MAIL", fault: answer(`^MAIL.*`+beyond, "501 5.1.7 bad address")},
		{id: "rfc6531-3.2-utf8-mailbox", name: "not in RCPT", fault: answer(`^RCPT.*`+beyond, "501 5.1.3 bad address")},
		{id: "rfc6531-3.2-utf8-mailbox", name: "not in RCPT, by its status", fault: answer(`^RCPT.*`+beyond, "553 5.6.7 no")},
		{id: "rfc6531-3.2-utf8-mailbox", name: "no domain", fault: answer(`^RCPT.*@.*`+beyond, "501 5.1.3 bad address")},
		{id: "rfc6531-3.2-utf8-mailbox", name: "nobody is there", fault: answer(`^(MAIL|RCPT).*`+beyond, "550 5.1.1 nobody"), right: true},
		{id: "rfc6531-3.5-not-negotiated-553", name: "MAIL", fault: obey(`^MAIL FROM:<`+beyond+`+@example.org>$`, "MAIL FROM:<u@example.org>"), level: "warning"},
		{id: "rfc6531-3.5-not-negotiated-553", name: "RCPT", fault: obey(`^RCPT.*`+beyond+`.*`, "RCPT TO:<user@demo.test>"), level: "warning"},
		{id: "rfc6531-3.5-not-negotiated-553", name: "closes", fault: hangUp(`^RCPT.*` + beyond)},
		{id: "rfc6531-3.3-invalid-utf8", name: "accepted", fault: faulty.Fault{Command: anyOctets}, level: "warning"},
		{id: "rfc6531-3.3-invalid-utf8", name: "closes", fault: faulty.Fault{Command: hangsOnInvalid}},
		{id: "rfc6531-3.7.1-ehlo-ascii", name: "a U-label", fault: name("250-mx.", "250-möx.")},
		{id: "rfc6531-3.7.4-replies-ascii", name: "MAIL", fault: echoes(`^MAIL.*`+beyond, "550 5.6.7 ", "")},
		{id: "rfc6531-3.7.4-replies-ascii", name: "RCPT", fault: echoes(`^RCPT.*`+beyond, "550 5.1.1 ", "")},
		{id: "rfc6531-3.7.4-replies-ascii", name: "VRFY", fault: echoes(`^VRFY.*`+beyond, "252 2.0.0 ", "")},
		{id: "rfc6531-3.7.4.2-vrfy-param", name: "unknown", fault: answer(`^VRFY.* SMTPUTF8`, "501 5.5.4 unknown parameter"), level: "warning"},
		{id: "rfc6531-3.7.4.2-vrfy-param", name: "closes", fault: hangUp(`^VRFY.* SMTPUTF8`)},
		{id: "rfc6531-3.6-utf8-header", name: "question marks", fault: keeps("Grüße", "Gr????e")},
		{id: "rfc6531-3.6-utf8-header", name: "encoded", fault: keeps("Grüße, 你好", "=?utf-8?B?R3LDvMOfZSwg5L2g5aW9?=")},
		{id: "rfc6531-4.3-with", name: "ESMTP", fault: keeps("with UTF8SMTP", "with ESMTP"), level: "warning"},
		{id: "rfc6531-4.3-with", name: "nothing", fault: keeps("with UTF8SMTP", "")},
	})
}

// anyOctets takes what is no UTF-8 for a name.
func anyOctets(_ *faulty.Conv, text string) (string, bool) {
	return strings.ToValidUTF8(text, "x"), false
}

func hangsOnInvalid(c *faulty.Conv, text string) (string, bool) {
	if strings.ToValidUTF8(text, "x") == text {
		return text, false
	}
	c.Close()
	return text, true
}
