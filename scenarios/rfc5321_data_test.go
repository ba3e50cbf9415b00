package scenarios_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestData(t *testing.T) {
	two := func(reply string) string { return reply + reply }
	suite(t, "rfc5321/data.lua", []fault{
		{id: "rfc5321-4.1.1.4-data-354", name: "250", fault: answer(`^DATA`, "250 2.0.0 fine")},
		{id: "rfc5321-4.1.1.4-data-354", name: "refused", fault: answer(`^DATA`, "503 5.5.1 no")},
		{id: "rfc5321-4.1.1.4-data-250", name: "two replies", fault: say(".", two)},
		{id: "rfc5321-4.1.1.4-data-250", name: "354 again", fault: say(".", func(string) string { return "354 more?\r\n" })},
		{id: "rfc5321-4.1.1.4-data-250", name: "closes", fault: closesAfter(".", "")},
		{id: "rfc5321-4.1.1.4-data-250", name: "another code", fault: replaced(".", "250", "251"), level: "warning"},
		{id: "rfc5321-3.3-data-no-mail", name: "354", fault: answer(`^DATA`, "354 go on")},
		{id: "rfc5321-3.3-data-no-mail", name: "another code", fault: replaced("DATA", "503", "502"), level: "warning"},
		{id: "rfc5321-3.3-data-no-mail", name: "closes", fault: hangUp(`^DATA`)},
		{id: "rfc5321-3.3-data-no-rcpt", name: "accepted", fault: refusesInTheEnd("250 2.0.0 fine"), level: "failure"},
		{id: "rfc5321-3.3-data-no-rcpt", name: "refused in the end", fault: refusesInTheEnd("554 5.5.1 No valid recipients"), right: true},
		{id: "rfc5321-3.3-data-no-rcpt", name: "refused with a temporary code", fault: refusesInTheEnd("458 4.5.1 later"), level: "failure"},
		{id: "rfc5321-3.3-data-no-rcpt", name: "250", fault: answer(`^DATA`, "250 2.0.0 fine")},
		{id: "rfc5321-3.3-data-all-rejected", name: "accepted", fault: refusesInTheEnd("250 2.0.0 fine"), level: "failure"},
		{id: "rfc5321-3.3-data-all-rejected", name: "closes", fault: hangUp(`^DATA`)},
		{id: "rfc5321-4.1.1.4-buffers-consumed", name: "the transaction goes on", fault: afterMessage(`^DATA`, "354 go on")},
		{id: "rfc5321-4.1.1.4-buffers-consumed", name: "another code", fault: afterMessage(`^DATA`, "500 5.5.1 no"), level: "warning"},
		{id: "rfc5321-4.1.1.4-buffers-consumed", name: "the next transaction has the recipients", fault: keepsRecipients(`^DATA`)},
		{id: "rfc5321-4.1.1.4-buffers-consumed-rcpt", name: "the sender is kept", fault: afterMessage(`^RCPT`, "250 2.1.5 fine")},
		{id: "rfc5321-4.5.2-dotdot-not-eod", name: "it ends", fault: endsAt("\r\n..\r\n")},
		{id: "rfc5321-4.5.2-first-line-dot", name: "CRLF must come first", fault: faulty.Fault{EndOfData: laterEnd}},
		{id: "rfc5321-4.5.2-first-line-dot", name: "closes", fault: closesAfter(".", "")},
		{id: "rfc5321-4.5.2-first-line-dotdot", name: "any dot there ends it", fault: startEnds(".")},
		{id: "rfc5321-4.5.2-first-line-dotdot", name: "it is delivered", fault: edits(`^\.\.`, "...")},
		{id: "rfc5321-4.5.2-dot-mid-line", name: "a dot before CRLF ends it", fault: endsAt(".\r\n")},
		{id: "rfc5321-4.5.2-dot-mid-line", name: "any dot ends it", fault: endsAt(".b")},
		{id: "rfc5321-4.5.2-dot-mid-line", name: "two become one", fault: edits(`a\.\.b`, "a.b")},
		{id: "rfc5321-4.5.2-dot-mid-line", name: "that at the end is lost", fault: edits(`a\.\r\n`, "a\r\n")},
		{id: "rfc5321-4.5.2-dot-segmented", name: "it must come in one piece", fault: wholeEnd(5)},
		{id: "rfc5321-4.5.2-dot-segmented", name: "its CRLF must", fault: wholeEnd(2)},
		{id: "rfc5321-4.1.1.4-eod-crlf-only", name: "LF.LF ends it", fault: endsAt("\n.\n")},
		{id: "rfc5321-4.1.1.4-eod-crlf-only", name: "it does, and it is said late", fault: late(endsAt("\n.\n"), ".", 1500*time.Millisecond)},
		{id: "rfc5321-4.1.1.4-eod-crlf-only", name: "refused at once", fault: refusesAt("\n.\n", "554 5.6.0 bare LF"), right: true},
		{id: "rfc5321-2.3.8-lf-command", name: "it does", fault: lineEnd(anyLF), level: "warning"},
		{id: "rfc5321-2.3.8-lf-command", name: "the CRLF after it has no reply", fault: answer(`^NOOP\n`, "354 go on")},
		{id: "rfc5321-2.3.8-cr-command", name: "it does", fault: lineEnd(anyCR)},
		{id: "rfc5321-2.4-8bit-data", name: "closes", fault: closesAt("\xfc"), level: "warning"},
		{id: "rfc5321-3.3-no-header-reject", name: "refused", fault: refusesMessage(`(?s)^Subject: nothing`, "554 5.6.0 no From"), level: "note"},
		{id: "rfc5321-3.3-no-header-reject", name: "closes", fault: closesAt("Subject: nothing")},
		{id: "rfc5321-3.3-resent-must-accept", name: "refused", fault: refusesMessage(`^Resent-To`, "550 5.6.0 Resent-From is missing")},
		{id: "rfc5321-6.1-eod-latency", name: "too long", fault: late(faulty.Fault{}, ".", 10500*time.Millisecond), level: "warning", waits: true},
		{id: "rfc5321-4.5.3.1.7-64k", name: "552", fault: refusesLong(65535, "552 5.3.4 too big")},
	})
}

// closesAfter says something in place of the reply to a verb, and closes the connection.
func closesAfter(verb, text string) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, v, reply string) string {
		if v != verb {
			return reply
		}
		c.Say(said(text))
		c.Close()
		return ""
	}}
}

// afterMessage answers a command once there was a message.
func afterMessage(pattern, reply string) faulty.Fault {
	f := answer(pattern, reply)
	return faulty.Fault{
		Message: noteMessage,
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if c.Notes["message"] == "" {
				return text, false
			}
			return f.Command(c, text)
		},
	}
}

func noteMessage(c *faulty.Conv, data []byte) []byte {
	c.Notes["message"] = string(data)
	return data
}

// refusesInTheEnd asks for a message that is for nobody, and then does not want it.
func refusesInTheEnd(reply string) faulty.Fault {
	re := line(`^DATA`)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !re.MatchString(text) || c.Recipients > 0 {
			return text, false
		}
		c.Say("354 go on\r\n")
		for {
			if _, next, ok := faulty.EndOfData(c.Unread()); ok {
				c.Take(next)
				c.Say(said(reply))
				return text, true
			}
			if !c.More() {
				c.Close()
				return text, true
			}
		}
	}}
}

// plain is what the server behind gets where a fault has cut a message short.
const plain = "Subject: plain\r\n\r\nplain\r\n"

// endsAt takes other octets for an end of data, too.
func endsAt(octets ...string) faulty.Fault {
	return faulty.Fault{
		EndOfData: func(data []byte) (int, int, bool) {
			at, next, ok := faulty.EndOfData(data)
			for _, o := range octets {
				if i := bytes.Index(data, []byte(o)); i >= 0 && (!ok || i < at) {
					at, next, ok = i, i+len(o), true
				}
			}
			return at, next, ok
		},
		Message: func(*faulty.Conv, []byte) []byte { return []byte(plain) },
	}
}

// startEnds takes some octets for the end of data where it begins with them.
func startEnds(octets string) faulty.Fault {
	f := endsAt()
	f.EndOfData = func(data []byte) (int, int, bool) {
		if bytes.HasPrefix(data, []byte(octets)) {
			return 0, len(octets), true
		}
		return faulty.EndOfData(data)
	}
	return f
}

// laterEnd does not find the end of an empty message.
func laterEnd(data []byte) (int, int, bool) {
	i := bytes.Index(data, []byte("\r\n.\r\n"))
	return i + 2, i + 5, i >= 0
}

// wholeEnd does not see the end unless its last n octets come in one piece.
func wholeEnd(n int) faulty.Fault {
	seen := 0
	return faulty.Fault{EndOfData: func(data []byte) (int, int, bool) {
		at, next, ok := faulty.EndOfData(data)
		if len(data) < seen {
			seen = 0 // another message
		}
		whole := ok && seen <= next-n
		seen = len(data)
		return at, next, whole
	}}
}

// refusesAt says something as soon as octets come in a message, and reads on to its end, which has no reply.
func refusesAt(octets, reply string) faulty.Fault {
	f := endsAt(octets)
	f.Reply = func(c *faulty.Conv, verb, text string) string {
		if verb != "." {
			return text
		}
		c.Say(said(reply))
		c.Close()
		return ""
	}
	return f
}

// closesAt closes the connection without a word when octets come in a message.
func closesAt(octets string) faulty.Fault {
	f := faulty.Fault{Message: noteMessage}
	f.Reply = func(c *faulty.Conv, verb, reply string) string {
		if verb == "." && strings.Contains(c.Notes["message"]+".\r\n", octets) {
			c.Close()
			return ""
		}
		return reply
	}
	return f
}

// refusesMessage refuses messages that match, when they have ended.
func refusesMessage(pattern, reply string) faulty.Fault {
	re := regexp.MustCompile(pattern)
	return refusesIf(func(text string) bool { return re.MatchString(text) }, reply)
}

// refusesLong refuses messages of more than so many octets.
func refusesLong(octets int, reply string) faulty.Fault {
	return refusesIf(func(text string) bool { return len(text) > octets }, reply)
}

func refusesIf(bad func(text string) bool, answer string) faulty.Fault {
	return faulty.Fault{
		Message: noteMessage,
		Reply: func(c *faulty.Conv, verb, reply string) string {
			if verb == "." && bad(c.Notes["message"]) {
				return said(answer)
			}
			return reply
		},
	}
}

// late waits before each reply to a verb.
func late(f faulty.Fault, verb string, wait time.Duration) faulty.Fault {
	f.Reply = func(_ *faulty.Conv, v, reply string) string {
		if v == verb {
			time.Sleep(wait)
		}
		return reply
	}
	return f
}

func anyLF(data []byte) (int, int, bool) {
	i := bytes.IndexByte(data, '\n')
	return len(bytes.TrimRight(data[:max(i, 0)], "\r")), i + 1, i >= 0
}

func anyCR(data []byte) (int, int, bool) {
	i := bytes.IndexByte(data, '\r')
	if i < 0 {
		return 0, 0, false
	}
	rest := data[i+1:]
	return i, i + 1 + len(rest) - len(bytes.TrimPrefix(rest, []byte("\n"))), true
}
