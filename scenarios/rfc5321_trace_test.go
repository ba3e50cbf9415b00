package scenarios_test

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestTrace(t *testing.T) {
	received := `(?s)Received: from (client|\[).*?\+0000\r\n` // the server's own
	suite(t, "rfc5321/trace.lua", []fault{
		{id: "rfc5321-4.4-received-added", name: "none", fault: rewrites(received, "")},
		{id: "rfc5321-4.4-received-added", name: "at the end of the header", fault: rewrites(`(?s)(Received: .*?\+0000\r\n)(.*?\r\n)\r\n`, "$2$1\r\n")},
		{id: "rfc5321-4.4-received-added", name: "twice", fault: rewrites(received, "$0$0")},
		{id: "rfc5321-4.4-received-from", name: "no FROM", fault: rewrites(`Received: from \S+ \(.*\)`, "Received:")},
		{id: "rfc5321-4.4-received-from", name: "no name", fault: rewrites(`Received: from \S+`, "Received: from unknown"), level: "warning"},
		{id: "rfc5321-4.4-received-from", name: "no address", fault: rewrites(`(Received: from \S+) \(.*\)`, "$1"), level: "warning"},
		{id: "rfc5321-4.4-received-by", name: "no BY", fault: rewrites(`\tby \S+`, "\t")},
		{id: "rfc5321-4.4-received-date", name: "none", fault: rewrites(`;\r\n\t.*\+0000`, "")},
		{id: "rfc5321-4.4-received-date", name: "two digits for the year", fault: rewrites(`(;\r\n\t\S+ \d+ \S+ )\d\d`, "$1")},
		{id: "rfc5321-4.4-received-date", name: "a local form", fault: rewrites(`;\r\n\t.*\+0000`, ";\r\n\t2026-11-23T23:06:46Z")},
		{id: "rfc5321-4.4-received-date", name: "a zone's name", fault: rewrites(`(;\r\n\t.*)\+0000`, "${1}GMT"), level: "warning"},
		{id: "rfc5321-4.4-received-date", name: "of long ago", fault: rewrites(`(;\r\n\t\S+ \d+ \S+ )\d+`, "${1}1999"), level: "warning"},
		{id: "rfc5321-4.4-received-for-single", name: "all recipients", fault: rewrites(`;\r\n\t`, "\r\n\tfor <user@demo.test>, <user2@demo.test>;\r\n\t")},
		{id: "rfc5321-4.4-received-for-single", name: "the other recipient", fault: rewrites(`;\r\n\t`, "\r\n\tfor <user2@demo.test>;\r\n\t")},
		{id: "rfc5321-4.4-received-for-single", name: "the first recipient", fault: namesFirst()},
		{id: "rfc5321-7.2-no-bcc-leak", name: "Apparently-To", fault: rewrites(`From: `, "Apparently-To: <user2@demo.test>\r\nFrom: ")},
		{id: "rfc5321-7.2-no-bcc-leak", name: "X-RCPT", fault: rewrites(`^`, "X-Rcpt: user@demo.test, user2@demo.test\r\n")},
		{id: "rfc5321-4.4-received-with", name: "always ESMTP", fault: rewrites(`with \S+`, "with ESMTP")},
		{id: "rfc5321-4.4-received-with", name: "no registered name", fault: rewrites(`with \S+`, "with TLSMTP")},
		{id: "rfc5321-4.4-received-with", name: "SMTP for EHLO", fault: rewrites(`with ESMTP `, "with SMTP ")},
		{id: "rfc5321-4.4-received-with", name: "none", fault: rewrites(`with \S+ `, ""), level: "note"},
		{id: "rfc5321-4.4-received-preserved", name: "deleted", fault: rewrites(`(?s)Received: from a2.*?(Received: )`, "$1")},
		{id: "rfc5321-4.4-received-preserved", name: "reordered", fault: rewrites(`(?s)(Received: from a1.*?)(Received: from a2.*?)(Received: )`, "$2$1$3")},
		{id: "rfc5321-4.4-received-preserved", name: "folded anew", fault: rewrites(`example.org  with`, "example.org with")},
		{id: "rfc5321-4.4-return-path", name: "none", fault: rewrites(`Return-Path: .*\r\n`, "")},
		{id: "rfc5321-4.4-return-path", name: "of somebody else", fault: rewrites(`Return-Path: .*`, "Return-Path: <MAILER-DAEMON@demo.test>")},
		{id: "rfc5321-4.4-return-path", name: "below", fault: rewrites(`(?s)(Return-Path: .*?\r\n)(.*?\+0000\r\n)`, "$2$1")},
		{id: "rfc5321-4.4-return-path-null", name: "none", fault: rewrites(`Return-Path: <>\r\n`, "")},
		{id: "rfc5321-4.4-return-path-null", name: "a name for nobody", fault: rewrites(`Return-Path: <>`, "Return-Path: <MAILER-DAEMON@demo.test>")},
		{id: "rfc5321-4.4-return-path-single", name: "two", fault: rewrites(`(?s)From: `, "Return-Path: <forged@example.net>\r\nFrom: ")},
		{id: "rfc5321-4.4-return-path-single", name: "the client's", fault: rewrites(`Return-Path: .*`, "Return-Path: <forged@example.net>")},
		{id: "rfc5321-3.3-accepted-is-delivered", name: "lost", fault: faulty.Fault{Delivered: nothing}, waits: true},
		{id: "rfc5321-3.3-accepted-is-delivered", name: "twice", fault: faulty.Fault{Delivered: func(data []byte) [][]byte { return [][]byte{data, append([]byte("X"), data...)} }}},
		{id: "rfc5321-3.3-accepted-is-delivered", name: "not to the last of several", fault: answerIn(`^RCPT`, "250 2.1.5 fine"), waits: true},
	})
}

func TestLoops(t *testing.T) {
	hops := func(n int) faulty.Fault {
		return refusesIf(func(text string) bool { return strings.Count(text, "Received: ") >= n }, "554 5.4.6 Too many hops")
	}
	suite(t, "rfc5321/loops.lua", []fault{
		{id: "rfc5321-6.3-received-100", name: "50", fault: hops(50)},
		{id: "rfc5321-6.3-received-100", name: "100", fault: hops(100), right: true},
		{id: "rfc5321-6.3-received-100", name: "lost", fault: faulty.Fault{Delivered: nothing}, waits: true},
		{id: "rfc5321-6.3-loop-stopped", name: "closes", fault: closesAt("Hop200")},
		{id: "rfc5321-6.3-loop-stopped", name: "delivered", fault: faulty.Fault{Message: forgetsHops}, level: "warning"},
	})
}

// namesFirst has FOR name the first recipient in all copies.
func namesFirst() faulty.Fault {
	var first atomic.Value
	return faulty.Fault{
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if path, ok := strings.CutPrefix(text, "RCPT TO:"); ok && c.Recipients == 0 {
				first.Store(path)
			}
			return text, false
		},
		Delivered: func(data []byte) [][]byte {
			return rewrites(`;\r\n\t`, "\r\n\tfor "+first.Load().(string)+";\r\n\t").Delivered(data)
		},
	}
}

// nothing is what a server delivers that loses messages.
func nothing([]byte) [][]byte { return nil }

// forgetsHops has the server not see where a message has been.
func forgetsHops(_ *faulty.Conv, data []byte) []byte {
	return regexp.MustCompile(`Received: .*\r\n`).ReplaceAll(data, nil)
}

// rewrites delivers messages with the first match replaced.
func rewrites(pattern, replacement string) faulty.Fault {
	re := regexp.MustCompile(pattern)
	return faulty.Fault{Delivered: func(data []byte) [][]byte {
		at := re.FindSubmatchIndex(data)
		if at == nil {
			return [][]byte{data}
		}
		made := re.Expand(append([]byte(nil), data[:at[0]]...), []byte(replacement), data, at)
		return [][]byte{append(made, data[at[1]:]...)}
	}}
}
