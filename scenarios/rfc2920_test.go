package scenarios_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestPipelining(t *testing.T) {
	silent := loses(`^MAIL`, 0)
	silent.Reply = unlisted("PIPELINING").Reply
	suite(t, "rfc2920/pipelining.lua", []fault{
		{id: "rfc2920-3.1-group", name: "the rest is lost", fault: loses(`^RCPT`, 0)},
		{id: "rfc2920-3.1-group", name: "closes", fault: faulty.Fault{Command: noGroups}},
		{id: "rfc2920-3.1-rset-mail-group", name: "the rest is lost", fault: loses(`^RSET`, 0)},
		{id: "rfc2920-3.1-data-first-in-group", name: "the rest is lost", fault: faulty.Fault{Message: losesRest}},
		{id: "rfc2920-3.1-data-first-in-group", name: "503", fault: afterMessage(`^RSET`, "503 5.5.1 too early"), level: "warning"},
		{id: "rfc2920-3.2-9-no-flush", name: "the rest is lost", fault: loses(`^NOOP`, 50)},
		{id: "rfc2920-3.2-9-no-flush-error", name: "the rest is lost", fault: loses(`^FROB`, 0)},
		{id: "rfc2920-3.2-3-data-iff-rcpt", name: "354", fault: refusesInTheEnd("554 5.5.1 No valid recipients")},
		{id: "rfc2920-3.2-4-empty-no-send", name: "refused in the end", fault: refusesInTheEnd("554 5.5.1 No valid recipients"), right: true},
		{id: "rfc2920-3.2-4-empty-no-send", name: "accepted", fault: refusesInTheEnd("250 2.0.0 Sent")},
		{id: "rfc2920-3.2-5-no-buffer", name: "withheld", fault: withholds("NOOP")},
		{id: "rfc2920-3.2-7-flush-on-empty", name: "withheld", fault: withholds("RCPT")},
		{id: "rfc2920-3.2-7-flush-on-empty", name: "until others come, in no group, too", fault: withholdsMail(), waits: true},
		{id: "rfc2920-3.2-8-no-assumption", name: "a piece ends a command", fault: lineEnd(anyPiece)},
		{id: "rfc2920-3-no-param", name: "yes", fault: say("EHLO", func(r string) string { return strings.Replace(r, "PIPELINING", "PIPELINING yes", 1) })},
		{id: "rfc2920-3.1-large-group", name: "the rest is lost", fault: loses(`^RCPT`, 500)},
		{id: "rfc2920-3.1-large-group", name: "closes", fault: closesAtCommand(700)},
		{id: "rfc2920-3.2-2-coalesce", name: "each by itself", fault: late(faulty.Fault{}, "NOOP", 100*time.Millisecond), level: "note"},
		{id: "rfc2920-unadvertised-ok", name: "answered", fault: unlisted("PIPELINING"), right: true},
		{id: "rfc2920-unadvertised-ok", name: "the rest is lost", fault: silent, level: "warning"},
	})
}

// loses forgets what the client has sent behind a command that matches and is none of the first.
func loses(pattern string, after int) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) && c.Commands > after {
			c.Take(len(c.Unread()))
		}
		return text, false
	}}
}

// closesAtCommand gives up without a word.
func closesAtCommand(n int) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Commands == n {
			c.Close()
		}
		return text, c.Commands >= n
	}}
}

func losesRest(c *faulty.Conv, data []byte) []byte {
	c.Take(len(c.Unread()))
	return data
}

// noGroups closes the connection when a command has come before the reply to the last.
func noGroups(c *faulty.Conv, text string) (string, bool) {
	if len(c.Unread()) > 0 {
		c.Close()
		return text, true
	}
	return text, false
}

// withholds keeps the reply to a verb in a group until there is another.
func withholds(verb string) faulty.Fault {
	return faulty.Fault{
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if len(c.Unread()) > 0 {
				c.Notes["group"] = "yes"
			}
			return text, false
		},
		Reply: func(c *faulty.Conv, v, reply string) string {
			reply = c.Notes["held"] + reply
			c.Notes["held"] = ""
			if v == verb && c.Notes["group"] != "" {
				c.Notes["held"] = reply
				return ""
			}
			return reply
		},
	}
}

// withholdsMail keeps the reply to MAIL until there is another.
func withholdsMail() faulty.Fault {
	f := withholds("MAIL")
	f.Command = func(c *faulty.Conv, text string) (string, bool) {
		c.Notes["group"] = "yes"
		return text, false
	}
	return f
}

// anyPiece takes whatever has come for a line.
func anyPiece(data []byte) (int, int, bool) {
	if i := bytes.Index(data, []byte("\r\n")); i >= 0 {
		return i, i + 2, true
	}
	return len(data), len(data), len(data) > 0
}
