package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSession(t *testing.T) {
	suite(t, "rfc5321/session.lua", []fault{
		{id: "rfc5321-4.1.1.5-rset-250", name: "refused", fault: answer(`^RSET`, "502 5.5.1 no")},
		{id: "rfc5321-4.1.1.5-rset-250", name: "another code", fault: replaced("RSET", "250", "220"), level: "warning"},
		{id: "rfc5321-4.1.1.5-rset-clears", name: "nothing is forgotten", fault: answer(`^RSET`, "250 2.0.0 fine")},
		{id: "rfc5321-4.1.1.5-rset-clears", name: "the sender is kept", fault: afterReset(`^RCPT`, "250 2.1.5 fine")},
		{id: "rfc5321-4.1.1.5-rset-clears", name: "the recipients are kept", fault: afterReset(`^DATA`, "354 go on")},
		{id: "rfc5321-4.1.1.5-rset-clears", name: "the next transaction has them", fault: keepsRecipients(`^RSET`)},
		{id: "rfc5321-4.1.1.5-rset-before-ehlo", name: "503", fault: beforeHello(`^RSET`, "503 5.5.1 EHLO first")},
		{id: "rfc5321-4.1.1.5-rset-no-close", name: "closes", fault: lastWord(`^RSET`, "250 2.0.0 bye")},
		{id: "rfc5321-4.1.1.5-rset-keeps-session", name: "EHLO is forgotten", fault: afterReset(`^MAIL`, "503 5.5.1 EHLO first")},
		{id: "rfc5321-4.1.1.5-rset-keeps-session", name: "AUTH is forgotten", fault: afterReset(`^MAIL`, "530 5.7.0 login"), to: "submission"},
		{id: "rfc5321-4.1.1.9-noop-250", name: "refused", fault: answer(`^NOOP`, "500 5.5.2 what?")},
		{id: "rfc5321-4.1.1.9-noop-250", name: "another code", fault: replaced("NOOP", "250", "220"), level: "warning"},
		{id: "rfc5321-4.1.1.9-noop-arg", name: "refused", fault: answer(`^NOOP .`, "501 5.5.4 no argument")},
		{id: "rfc5321-4.1.1.9-noop-no-effect", name: "it resets", fault: first(`^NOOP`, "RSET")},
		{id: "rfc5321-4.1.4-noop-before-ehlo", name: "VRFY", fault: beforeHello(`^VRFY`, "503 5.5.1 EHLO first")},
		{id: "rfc5321-4.1.4-noop-before-ehlo", name: "NOOP", fault: beforeHello(`^NOOP`, "503 5.5.1 EHLO first")},
		{id: "rfc5321-4.1.1.10-quit-221", name: "no reply", fault: hangUp(`^QUIT`)},
		{id: "rfc5321-4.1.1.10-quit-221", name: "it stays", fault: answer(`^QUIT`, "221 2.0.0 bye")},
		{id: "rfc5321-4.1.1.10-quit-221", name: "two replies", fault: lastWord(`^QUIT`, "221 2.0.0 bye\r\n221 2.0.0 bye")},
		{id: "rfc5321-4.1.1.10-quit-221", name: "another code", fault: lastWord(`^QUIT`, "250 2.0.0 bye"), level: "warning"},
		{id: "rfc5321-4.1.1.10-quit-anytime", name: "not before EHLO", fault: beforeHello(`^QUIT`, "503 5.5.1 EHLO first")},
		{id: "rfc5321-4.1.1.10-quit-anytime", name: "not in a transaction", fault: answerIn(`^QUIT`, "503 5.5.1 first the message")},
		{id: "rfc5321-4.1.1.10-no-close-on-error", name: "at an unknown command", fault: lastWord(`^FROB`, "500 5.5.2 what?")},
		{id: "rfc5321-4.1.1.10-no-close-on-error", name: "without a word", fault: hangUp(`^FROB`)},
		{id: "rfc5321-4.1.1.10-no-close-on-error", name: "at an unknown recipient", fault: lastWord(`^RCPT TO:<nosuch`, "550 5.1.1 who?")},
		{id: "rfc5321-7.8-error-limit", name: "without 421", fault: countErrors(10, ""), level: "warning"},
		{id: "rfc5321-7.8-error-limit", name: "with 421", fault: countErrors(10, "421 4.7.0 mx.demo.test bye"), right: true},
		{id: "rfc5321-7.8-error-limit", name: "421, and goes on", fault: answer(`^FROB`, "421 4.7.0 mx.demo.test bye"), level: "warning"},
		{id: "rfc5321-7.8-error-limit", name: "250", fault: answer(`^FROB`, "250 2.0.0 fine")},
		{id: "rfc5321-4.1.1.8-help", name: "354", fault: answer(`^HELP`, "354 go on")},
		{id: "rfc5321-4.1.1.8-help", name: "250", fault: answer(`^HELP`, "250 2.0.0 fine"), level: "note"},
		{id: "rfc5321-4.1.1.8-help-no-effect", name: "it resets", fault: first(`^HELP`, "RSET")},
		{id: "rfc5321-F.6-send-soml-saml", name: "SOML", fault: answer(`^SOML`, "250 2.0.0 fine"), level: "warning"},
		{id: "rfc5321-F.1-turn", name: "honoured", fault: answer(`^TURN`, "250 2.0.0 your turn")},
	})
}

// beforeHello answers commands that come before EHLO.
func beforeHello(pattern, reply string) faulty.Fault {
	f := answer(pattern, reply)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Hello != "" {
			return text, false
		}
		return f.Command(c, text)
	}}
}

// afterReset answers a command after RSET.
func afterReset(pattern, reply string) faulty.Fault {
	f := answer(pattern, reply)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if strings.EqualFold(text, "RSET") {
			c.Notes["reset"] = "yes"
		}
		if c.Notes["reset"] == "" {
			return text, false
		}
		return f.Command(c, text)
	}}
}

// countErrors closes the connection after so many errors, with a last word or none.
func countErrors(limit int, word string) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, _, reply string) string {
		if strings.HasPrefix(reply, "5") {
			c.Notes["errors"] += "!"
		}
		if len(c.Notes["errors"]) < limit {
			return reply
		}
		c.Say(said(word))
		c.Close()
		return ""
	}}
}
