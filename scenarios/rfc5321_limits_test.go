package scenarios_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestLimits(t *testing.T) {
	refused, more := "501 5.1.7 too long", answer(`^RCPT`, "550 5.5.3 too many")
	suite(t, "rfc5321/limits.lua", []fault{
		{id: "rfc5321-4.5.3.1.1-local-64", name: "too long", fault: answer(`^MAIL FROM:<[^@]{64}@`, refused)},
		{id: "rfc5321-4.5.3.1.1-local-65", name: "closes", fault: hangUp(`^MAIL FROM:<[^@]{65}@`), level: "warning"},
		{id: "rfc5321-4.5.3.1.2-domain-255", name: "too long", fault: answer(`^MAIL FROM:<.@[^>]{200}`, refused)},
		{id: "rfc5321-4.5.3.1.3-path-256", name: "too long", fault: answer(`^MAIL FROM:<[^>]{254}>`, refused)},
		{id: "rfc5321-4.5.3.1.3-path-long", name: "closes", fault: hangUp(`^.{500}`), level: "warning"},
		{id: "rfc5321-4.5.3.1.4-cmd-512", name: "500", fault: answer(`^NOOP.{500}`, "500 5.5.2 too long")},
		{id: "rfc5321-4.5.3.1.4-cmd-extended", name: "512 and no more", fault: longerThan(510, "500 5.5.2 too long")},
		{id: "rfc5321-4.5.3.1.4-cmd-over", name: "the rest is a command", fault: lineEnd(cutAt(1000)), level: "failure"},
		{id: "rfc5321-4.5.3.1.4-cmd-over", name: "closes", fault: hangUp(`^.{1000}`), level: "warning"},
		{id: "rfc5321-4.5.3.1.6-text-1000", name: "998 and no more", fault: refusesLine(`(?m)^[^.\r\n]{998}\r`)},
		{id: "rfc5321-4.5.3.1.6-text-1000", name: "cut", fault: rewrites(`x{990,}`, "xxx")},
		{id: "rfc5321-4.5.3.1.6-text-1000-dot", name: "it counts", fault: refusesLine(`(?m)^[^\r\n]{999}\r`)},
		{id: "rfc5321-4.5.3.1.6-text-1000-dot", name: "folded", fault: rewrites(`x{990,}`, "xxx\r\nxxx")},
		{id: "rfc5321-4.5.3.1.6-text-over", name: "closes", fault: closesAt(strings.Repeat("x", 60000)), level: "failure"},
		{id: "rfc5321-4.5.3.1.6-text-over", name: "a reply at once", fault: endsAt(strings.Repeat("x", 2000)), level: "failure"},
		{id: "rfc5321-4.5.3.1.6-text-over", name: "cut", fault: edits(`x{1000}`, "x"), level: "warning"},
		{id: "rfc5321-4.5.3.1.6-text-over-split", name: "at 1024", fault: endsAfter(`x{512}x{512}`)},
		{id: "rfc5321-4.5.3.1.6-text-over-split", name: "at 999", fault: endsAfter(`\r\nx{997}x{2}`)},
		{id: "rfc5321-4.5.3.1.8-rcpt-100", name: "fifty are enough", fault: someRecipients(50, "452 4.5.3 too many")},
		{id: "rfc5321-4.5.3.1.8-rcpt-100", name: "552", fault: someRecipients(99, "552 5.5.3 too many")},
		{id: "rfc5321-4.5.3.1.10-rcpt-452", name: "550", fault: afterRecipients(100, more), level: "warning"},
		{id: "rfc5321-4.5.3.1.10-rcpt-452", name: "closes", fault: afterRecipients(100, hangUp(`^RCPT`))},
		{id: "rfc5321-4.5.3.1.8-rcpt-orderly", name: "all are gone", fault: afterRecipients(100, answer(`^DATA`, "554 5.5.1 no recipients"))},
		{id: "rfc5321-4.5.3.1-header-size", name: "8 KiB and no more", fault: refusesMessage(`(?s)^(X-Smtpspec-.*){9}`, "552 5.3.4 header too big")},
	})
}

// longerThan answers all commands of more octets.
func longerThan(limit int, reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if len(text) <= limit {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// cutAt takes so many octets for a line.
func cutAt(limit int) func(data []byte) (int, int, bool) {
	return func(data []byte) (int, int, bool) {
		if n, whole, ok := crlf(data); ok && n <= limit {
			return n, whole, true
		}
		return limit, limit, len(data) >= limit
	}
}

func refusesLine(pattern string) faulty.Fault {
	return refusesMessage(pattern, "554 5.6.0 line too long")
}

// endsAfter takes a dot behind octets that match for the end of data.
func endsAfter(pattern string) faulty.Fault {
	f := endsAt()
	re := regexp.MustCompile(pattern + `\.\r\n`)
	f.EndOfData = func(data []byte) (int, int, bool) {
		if at := re.FindIndex(data); at != nil {
			return at[0], at[1], true
		}
		return faulty.EndOfData(data)
	}
	return f
}

// someRecipients accepts so many recipients and no more.
func someRecipients(n int, reply string) faulty.Fault {
	return afterRecipients(n, answer(`^RCPT`, reply))
}

// afterRecipients does what a fault does to commands once there are so many recipients.
func afterRecipients(n int, f faulty.Fault) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Recipients < n {
			return text, false
		}
		return f.Command(c, text)
	}}
}
