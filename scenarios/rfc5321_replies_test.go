package scenarios_test

import (
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestReplies(t *testing.T) {
	swap := func(old, text string) func(string) string {
		return func(reply string) string { return strings.ReplaceAll(reply, old, text) }
	}
	suite(t, "rfc5321/replies.lua", []fault{
		{id: "rfc5321-4.2-one-reply", name: "two to NOOP", fault: say("NOOP", func(r string) string { return r + r })},
		{id: "rfc5321-4.2-one-reply", name: "two to RCPT, one later", fault: twice("RCPT", 20*time.Millisecond)},
		{id: "rfc5321-4.2-one-reply", name: "two to a message", fault: say(".", func(r string) string { return r + "250 2.0.0 queued\r\n" })},
		{id: "rfc5321-4.2-one-reply", name: "half a one to VRFY", fault: lastWord(`^VRFY`, "252-2.0.0 perhaps")},
		{id: "rfc5321-4.3.2-code-range", name: "650", fault: replaced("NOOP", "250", "650")},
		{id: "rfc5321-4.3.2-code-range", name: "four digits", fault: replaced("RSET", "250", "2500")},
		{id: "rfc5321-4.3.2-code-range", name: "two digits", fault: say("NOOP", func(string) string { return "25 ok\r\n" })},
		{id: "rfc5321-4.2-code-grammar", name: "571", fault: replaced("RCPT", "550", "571"), level: "warning"},
		{id: "rfc5321-4.2-known-codes", name: "513", fault: replaced("RCPT", "550", "513"), level: "note"},
		{id: "rfc5321-4.2-known-codes", name: "none", fault: say("HELP", func(string) string { return "000 help\r\n" })},
		{id: "rfc5321-4.2-crlf", name: "LF", fault: say("HELP", swap("\r\n", "\n"))},
		{id: "rfc5321-4.2-crlf", name: "CR for CRLF", fault: greets("220 mx.demo.test ESMTP\r"), waits: true},
		{id: "rfc5321-4.2-crlf", name: "CR within", fault: say("NOOP", swap("Nothing", "Nothing\r"))},
		{id: "rfc5321-4.2.1-multiline-same-code", name: "two codes", fault: say("HELP", swap("214-", "211-"))},
		{id: "rfc5321-4.2.1-multiline-same-code", name: "two codes to EXPN", fault: answer(`^EXPN`, "251-<user@demo.test>\r\n250 <user2@demo.test>"), facts: map[string]string{"list": "staff"}},
		{id: "rfc5321-4.2.1-multiline-sep", name: "a tab", fault: say("NOOP", swap("250 ", "250\t"))},
		{id: "rfc5321-4.2.1-multiline-sep", name: "no last line", fault: say("HELP", swap("214 ", "214-"))},
		{id: "rfc5321-4.2.1-last-sp", name: "none", fault: say("NOOP", func(string) string { return "250\r\n" })},
		{id: "rfc5321-4.2-no-bare-code", name: "none", fault: say("NOOP", func(string) string { return "250 \r\n" }), level: "note"},
		{id: "rfc5321-4.2-no-bare-code", name: "no code", fault: say("NOOP", func(string) string { return "000 ok\r\n" })},
		{id: "rfc5321-4.2-textstring", name: "8 bits", fault: say("NOOP", swap("Nothing", "N\xf6thing"))},
		{id: "rfc5321-4.2-textstring", name: "8 bits to HELO", fault: say("HELO", swap("250 ", "250 gr\xfc\xdft "))},
		{id: "rfc5321-4.2-textstring", name: "an escape", fault: say("QUIT", swap("Goodbye", "\x1b[1mGoodbye"))},
		{id: "rfc5321-4.5.3.1.5-reply-512", name: "an echo", fault: echoes(`^RCPT`, "550 5.1.1 No such mailbox: ", "; really no such mailbox here, look: "+strings.Repeat("y", 90))},
		{id: "rfc5321-4.5.3.1.5-reply-512", name: "a long greeting", fault: greets("220 mx.demo.test " + strings.Repeat("y", 500) + "\r\n")},
		{id: "rfc5321-4.2-221-421-domain", name: "a word", fault: lastWord(`^QUIT`, "221 2.0.0 Bye"), level: "note"},
		{id: "rfc5321-4.2-221-421-domain", name: "refused", fault: answer(`^QUIT`, "502 5.5.1 no")},
		{id: "rfc5321-4.2-reply-order", name: "refusals come last", fault: faulty.Fault{Reply: refusalsLast}},
		{id: "rfc5321-4.2-no-echo-injection", name: "EHLO", fault: echoes(`^EHLO.*\r`, "501 5.5.4 ", "")},
		{id: "rfc5321-4.2-no-echo-injection", name: "RCPT", fault: echoes(`^RCPT`, "550 5.1.1 ", "")},
		{id: "rfc5321-4.2-no-echo-injection", name: "VRFY", fault: echoes(`^VRFY`, "252 2.0.0 ", "")},
	})
}

// twice says each reply to a verb once more after a while.
func twice(verb string, wait time.Duration) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, v, reply string) string {
		if v == verb {
			c.Say(reply)
			time.Sleep(wait)
		}
		return reply
	}}
}

// echoes answers a command with its own text between two others.
func echoes(pattern, before, after string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !re.MatchString(text) || text == "RCPT TO:<user@demo.test>" {
			return text, false
		}
		c.Say(before + text + after + "\r\n")
		return text, true
	}}
}

// refusalsLast keeps a refusal back until a recipient has been accepted, if more is there already.
func refusalsLast(c *faulty.Conv, verb, reply string) string {
	switch {
	case verb != "RCPT":
		return reply
	case strings.HasPrefix(reply, "5") && len(c.Unread()) > 0:
		c.Notes["refusal"] = reply
		return ""
	}
	reply += c.Notes["refusal"]
	c.Notes["refusal"] = ""
	return reply
}
