package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestStatusCodes(t *testing.T) {
	swap := func(verb, old, text string) faulty.Fault {
		return say(verb, func(reply string) string { return strings.ReplaceAll(reply, old, text) })
	}
	helo := func(reply string) faulty.Fault {
		return when(answer(`^NOOP`, reply), func(c *faulty.Conv) bool { return c.Hello == "HELO" })
	}
	suite(t, "rfc2034/status.lua", []fault{
		{id: "rfc2034-4-prefix", name: "none to RCPT", fault: swap("RCPT", "550 5.1.1 ", "550 ")},
		{id: "rfc2034-4-prefix", name: "none to QUIT", fault: swap("QUIT", "221 2.0.0 ", "221 ")},
		{id: "rfc2034-4-prefix", name: "none to a message", fault: swap(".", "250 2.0.0 ", "250 ")},
		{id: "rfc2034-4-prefix", name: "none to commands out of order", fault: swap("RCPT", "503 5.5.1 ", "503 ")},
		{id: "rfc2034-4-prefix", name: "none to unknown commands", fault: swap("FROB", "500 5.5.2 ", "500 ")},
		{id: "rfc2034-4-prefix", name: "none to STARTTLS", fault: swap("STARTTLS", "220 2.0.0 ", "220 ")},
		{id: "rfc2034-4-prefix", name: "none to AUTH", fault: swap("AUTH", "504 5.5.4 ", "504 ")},
		{id: "rfc2034-4-prefix", name: "on the first line alone", fault: swap("HELP", "214-2.0.0 EHLO", "214-EHLO")},
		{id: "rfc2034-4-prefix", name: "none to LMTP", fault: swap("NOOP", "250 2.0.0 ", "250 "), to: "lmtp"},
		{id: "rfc2034-4-class-match", name: "5 with 250", fault: swap("RSET", "250 2.0.0", "250 5.0.0")},
		{id: "rfc2034-4-class-match", name: "2 with 550", fault: swap("RCPT", "550 5.1.1", "550 2.1.5")},
		{id: "rfc2034-4-class-match", name: "4 with 500", fault: swap("FROB", "500 5.5.2", "500 4.5.2")},
		{id: "rfc2034-4-multiline-same", name: "two", fault: swap("HELP", "214-2.0.0 EHLO", "214-2.1.0 EHLO")},
		{id: "rfc2034-4-multiline-same", name: "one and none", fault: swap("HELP", "214-2.0.0 EHLO", "214-EHLO")},
		{id: "rfc2034-4-syntax", name: "two numbers", fault: swap("RCPT", "5.1.1", "5.1")},
		{id: "rfc2034-4-syntax", name: "four numbers", fault: swap("RCPT", "5.1.1", "5.1.1.1")},
		{id: "rfc2034-4-syntax", name: "class 3", fault: swap("NOOP", "250 2.0.0", "250 3.0.0")},
		{id: "rfc2034-4-syntax", name: "a colon behind", fault: swap("NOOP", "250 2.0.0", "250 2.0.0:")},
		{id: "rfc2034-4-syntax", name: "four digits", fault: swap("NOOP", "250 2.0.0", "250 2.0.1000")},
		{id: "rfc2034-4-syntax", name: "a leading zero", fault: swap("RCPT", "550 5.1.1", "550 5.1.01")},
		{id: "rfc2034-4-not-3xx", name: "DATA", fault: swap("DATA", "354 ", "354 3.0.0 ")},
		{id: "rfc2034-4-not-3xx", name: "AUTH", fault: swap("AUTH", "334 ", "334 3.0.0 "), to: "smtps"},
		{id: "rfc2034-4-not-ehlo", name: "the greeting", fault: faulty.Fault{Greeting: func(_ *faulty.Conv, g string) string { return "220 2.0.0 " + g[4:] }}},
		{id: "rfc2034-4-not-ehlo", name: "EHLO", fault: swap("EHLO", "250-mx", "250-2.1.0 mx")},
		{id: "rfc2034-4-not-ehlo", name: "HELO", fault: swap("HELO", "250 mx", "250 2.1.0 mx")},
		{id: "rfc2034-4-not-ehlo", name: "LHLO", fault: swap("LHLO", "250-mx", "250-2.1.0 mx"), to: "lmtp"},
		{id: "rfc2034-4-not-ehlo", name: "an EHLO that is refused", fault: answer(`^EHLO`, "550 5.7.1 who are you?"), right: true},
		{id: "rfc2034-4-without-ehlo", name: "none", fault: helo("250 ok")},
		{id: "rfc3463-registered", name: "a detail", fault: swap("RCPT", "5.1.1", "5.1.99")},
		{id: "rfc3463-registered", name: "a subject", fault: swap("RSET", "2.0.0", "2.8.0")},
	})
}
