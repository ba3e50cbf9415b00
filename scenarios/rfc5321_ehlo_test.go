package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestEhlo(t *testing.T) {
	const list = "250-mx.demo.test\r\n250-SIZE 10485760\r\n250 8BITMIME"
	suite(t, "rfc5321/ehlo.lua", []fault{
		{id: "rfc5321-4.1.1.1-ehlo-250", name: "unknown", fault: answer(`^EHLO`, "502 5.5.1 not implemented")},
		{id: "rfc5321-4.1.1.1-ehlo-250", name: "251", fault: answer(`^EHLO`, "251 mx.demo.test")},
		{id: "rfc5321-4.1.1.1-helo-250", name: "504", fault: answer(`^HELO`, "504 5.5.1 only EHLO here")},
		{id: "rfc5321-4.1.1.1-helo-250", name: "only our own name", fault: answer(`^HELO c`, "504 5.5.2 who?"), right: true},
		{id: "rfc5321-4.1.1.1-helo-250", name: "not implemented", fault: answer(`^HELO`, "502 5.5.1 not implemented")},
		{id: "rfc5321-3.2-helo-not-extended", name: "the same reply", fault: answer(`^HELO`, list)},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "an underscore", fault: lists("X_OLD")},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "a tab", fault: lists("XNEW\tword")},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "a trailing space", fault: lists("XNEW ")},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "an empty keyword", fault: lists("")},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "two spaces", fault: lists("XNEW  word")},
		{id: "rfc5321-4.1.1.1-ehlo-grammar", name: "the old AUTH", fault: lists("AUTH=LOGIN"), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-first-domain", name: "no domain", fault: answer(`^EHLO`, "250-*** welcome\r\n250 SIZE")},
		{id: "rfc5321-4.1.1.1-ehlo-first-domain", name: "a word", fault: answer(`^EHLO`, "250-Hello client\r\n250 SIZE"), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-last-space", name: "a space too early", fault: answer(`^EHLO`, "250-mx.demo.test\r\n250 SIZE 1000000\r\n250 8BITMIME")},
		{id: "rfc5321-4.1.1.1-ehlo-last-space", name: "another code", fault: answer(`^EHLO`, "220-mx.demo.test\r\n250 8BITMIME")},
		{id: "rfc5321-4.1.1.1-ehlo-dup-keyword", name: "two sizes", fault: lists("SIZE 5")},
		{id: "rfc5321-2.2.2-ehlo-registered", name: "an invention", fault: lists("TELEPATHY"), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-lists-optional", name: "EXPN", fault: answer(`^EXPN`, "250 2.1.5 <user@demo.test>")},
		{id: "rfc5321-4.1.1.1-ehlo-lists-optional", name: "EXPN 252", fault: answer(`^EXPN`, "252 2.1.5 who knows")},
		{id: "rfc5321-4.1.1.1-ehlo-lists-optional", name: "ETRN", fault: answer(`^ETRN`, "250 2.0.0 queuing started"), to: "smtps"},
		{id: "rfc5321-4.1.1.1-ehlo-lists-optional", name: "HELP", fault: unlisted("HELP|VRFY"), level: "warning"},
		{id: "rfc5321-4.2.4-ehlo-no-false-caps", name: "VRFY", fault: answer(`^VRFY`, "502 5.5.1 disabled")},
		{id: "rfc5321-4.2.4-ehlo-no-false-caps", name: "ETRN", fault: lists("ETRN"), to: "smtps"},
		{id: "rfc5321-4.2.4-ehlo-no-false-caps", name: "STARTTLS", fault: answer(`^STARTTLS`, "500 5.5.2 what?")},
		{id: "rfc5321-4.2.4-ehlo-no-false-caps", name: "BDAT", fault: answer(`^BDAT`, "502 5.5.1 no")},
		{id: "rfc5321-4.1.4-ehlo-resets", name: "a transaction outlives it", fault: answerIn(`^EHLO`, list)},
		{id: "rfc5321-4.1.4-ehlo-resets", name: "refused", fault: answerIn(`^EHLO`, "503 5.5.1 again?"), level: "warning"},
		{id: "rfc5321-4.1.4-ehlo-resets", name: "the recipients are kept", fault: keepsRecipients(`^EHLO`), level: "failure"},
		{id: "rfc5321-4.1.4-helo-resets", name: "a transaction outlives it", fault: answerIn(`^HELO`, "250 mx.demo.test")},
		{id: "rfc5321-4.1.4-helo-resets", name: "the recipients are kept", fault: keepsRecipients(`^HELO`), level: "failure"},
		{id: "rfc5321-4.1.4-ehlo-reject-keeps-state", name: "it resets", fault: first(`^EHLO$`, "RSET")},
		{id: "rfc5321-4.1.1.1-ehlo-noarg", name: "accepted", fault: obey(`^EHLO$`, "EHLO x"), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-noarg", name: "closes", fault: hangUp(`^EHLO$`)},
		{id: "rfc5321-4.1.1.1-helo-noarg", name: "accepted", fault: obey(`^HELO$`, "HELO x"), level: "warning"},
		{id: "rfc5321-4.1.1.1-helo-noarg", name: "two replies", fault: answer(`^HELO$`, "501 no\r\n501 name")},
		{id: "rfc5321-4.1.1.1-ehlo-literal4", name: "no literals", fault: answer(`^EHLO \[192`, "501 5.5.2 syntax")},
		{id: "rfc5321-4.1.1.1-ehlo-literal6", name: "no literals", fault: answer(`^EHLO \[IPv6:2`, "501 5.5.2 syntax")},
		{id: "rfc5321-4.1.1.1-ehlo-badliteral", name: "closes", fault: hangUp(`^EHLO \[300`)},
		{id: "rfc5321-4.1.1.1-ehlo-badliteral", name: "accepted", fault: obey(`\[300.*`, "x"), level: "note"},
		{id: "rfc5321-4.1.2-ehlo-underscore", name: "closes", fault: hangUp(`^EHLO foo_`), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-trailing-text", name: "closes", fault: hangUp(`^EHLO \[192.0.2.1\] `), level: "warning"},
		{id: "rfc5321-4.1.4-helo-verify-not-refuse", name: "refused at RCPT", fault: refusesStrangers(), level: "warning"},
		{id: "rfc5321-2.4-ehlo-keyword-case", name: "upper case alone", fault: answerCase(`size=`, "555 5.5.4 what?")},
		{id: "rfc5321-4.1.1.1-ehlo-noreset-tls", name: "STARTTLS again", fault: lists("STARTTLS")},
		{id: "rfc5321-4.1.1.1-ehlo-repeatable", name: "refused", fault: answerAgain("503 5.5.1 again?"), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-repeatable", name: "another list", fault: answerAgain(list), level: "warning"},
		{id: "rfc5321-4.1.1.1-ehlo-repeatable", name: "closes", fault: faulty.Fault{Command: closesAgain}, level: "warning"},
	})
}

// refusesStrangers refuses recipients of a client that says it is another.
func refusesStrangers() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if strings.HasSuffix(text, ".com") {
			c.Notes["stranger"] = text
		}
		if c.Notes["stranger"] == "" || !strings.HasPrefix(text, "RCPT") {
			return text, false
		}
		c.Say("550 5.7.1 Your address is not that of " + c.Notes["stranger"] + "\r\n")
		return text, true
	}}
}

// answerCase is answer, but for text in the case given.
func answerCase(word, reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !strings.Contains(text, word) {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// answerAgain answers every EHLO but the first.
func answerAgain(reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Hello == "" || !strings.HasPrefix(text, "EHLO") {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

func closesAgain(c *faulty.Conv, text string) (string, bool) {
	again := c.Hello != "" && strings.HasPrefix(text, "EHLO")
	if again {
		c.Close()
	}
	return text, again
}
