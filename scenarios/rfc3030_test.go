package scenarios_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestChunking(t *testing.T) {
	refused := func(pattern string) faulty.Fault { return answerChunk(pattern, "554 5.6.0 no") }
	accepts := answerChunk(`^BDAT`, "250 2.0.0 ok")
	suite(t, "rfc3030/bdat.lua", []fault{
		{id: "rfc3030-2-bdat-last", name: "refused", fault: refused(` LAST`)},
		{id: "rfc3030-2-bdat-last", name: "354", fault: replaced("BDAT", "250", "354")},
		{id: "rfc3030-2-bdat-last", name: "two replies", fault: say("BDAT", func(r string) string { return r + r })},
		{id: "rfc3030-2-bdat-last", name: "to LMTP", fault: refused(` LAST`), to: "lmtp"},
		{id: "rfc3030-2-bdat-multi", name: "a chunk without a reply", fault: answerChunk(`^BDAT \d+$`, "")},
		{id: "rfc3030-2-bdat-multi", name: "354", fault: replaced("BDAT", "250 2.0.0 Chunk", "354 More")},
		{id: "rfc3030-2-bdat-zero-last", name: "refused", fault: answer(`^BDAT 0 LAST`, "501 5.5.4 null chunk")},
		{id: "rfc3030-2-bdat-zero-nonlast", name: "closes", fault: hangUp(`^BDAT 0$`)},
		{id: "rfc3030-2-bdat-zero-nonlast", name: "refused", fault: answer(`^BDAT 0$`, "551 5.7.1 Null BDAT request"), level: "note"},
		{id: "rfc3030-2-bdat-after-last-503", name: "accepted", fault: withoutMail(accepts)},
		{id: "rfc3030-2-bdat-after-last-503", name: "another code", fault: replaced("BDAT", "503", "502"), level: "warning"},
		{id: "rfc3030-2-bdat-after-last-503", name: "is no chunk", fault: withoutMail(answer(`^BDAT`, "503 5.5.1 no"))},
		{id: "rfc3030-2-bdat-data-mix-503", name: "354", fault: first(`^DATA`, "RSET\r\nMAIL FROM:<>\r\nRCPT TO:<user@demo.test>")},
		{id: "rfc3030-2-bdat-data-mix-503", name: "another code", fault: replaced("DATA", "503", "502"), level: "warning"},
		{id: "rfc3030-2-bdat-no-rcpt", name: "is no chunk", fault: withoutRecipient(answer(`^BDAT`, "503 5.5.1 no"))},
		{id: "rfc3030-2-bdat-no-rcpt", name: "accepted", fault: withoutRecipient(accepts)},
		{id: "rfc3030-2-bdat-no-mail", name: "is no chunk", fault: withoutMail(answer(`^BDAT`, "503 5.5.1 no"))},
		{id: "rfc3030-2-bdat-no-mail", name: "accepted", fault: withoutMail(accepts)},
		{id: "rfc3030-2-bdat-pipelined-after-fail", name: "the second is no chunk", fault: afterRefusal(answer(`^BDAT`, "503 5.5.1 no"))},
		{id: "rfc3030-2-bdat-pipelined-after-fail", name: "the second is accepted", fault: afterRefusal(accepts)},
		{id: "rfc3030-2-bdat-pipelined-after-fail", name: "is lost", fault: afterRefusal(answerChunk(`^BDAT`, ""))},
		{id: "rfc3030-2-bdat-rset", name: "it stays", fault: answer(`^RSET`, "250 2.0.0 yes")},
		{id: "rfc3030-2-bdat-rset", name: "closes", fault: afterChunk(hangUp(`^RSET`))},
		{id: "rfc3030-2-bdat-rset-limits", name: "no limit", fault: afterChunk(answer(`^NOOP x`, "250 2.0.0 ok"))},
		{id: "rfc3030-2-bdat-mail-between", name: "accepted", fault: afterChunk(answer(`^RCPT`, "250 2.1.5 ok")), level: "warning"},
		{id: "rfc3030-2-bdat-mail-between", name: "MAIL", fault: afterChunk(answer(`^MAIL`, "250 2.1.0 ok")), level: "warning"},
		{id: "rfc3030-2-bdat-mail-between", name: "a challenge", fault: afterChunk(answer(`^RCPT`, "354 go on"))},
		{id: "rfc3030-2-bdat-mail-between", name: "another code", fault: replaced("RCPT", "503", "501"), level: "warning"},
		{id: "rfc3030-2-bdat-no-dotstuff", name: "dots are taken away", fault: keeps("\n.", "\n")},
		{id: "rfc3030-2-bdat-no-dotstuff", name: "dots are added", fault: keeps("\n.", "\n..")},
		{id: "rfc3030-2-bdat-no-dotstuff", name: "a dot is the end", fault: faulty.Fault{Delivered: endsAtDot}},
		{id: "rfc3030-2-bdat-crlf-not-needed", name: "a line end for each chunk", fault: keeps("\non", "\non\r\n")},
		{id: "rfc3030-2-bdat-crlf-not-needed", name: "chunks but the last are lost", fault: undelivered("two")},
		{id: "rfc3030-2-bdat-crlf-not-needed", name: "a line end is two", fault: keeps("one\r\n", "one\r\r\n\n")},
		{id: "rfc3030-2-bdat-crlf-not-needed", name: "a chunk is lost", fault: keeps("e\r\ntwo", "\ntwo")},
		{id: "rfc3030-2-bdat-exact-count", name: "a line end is eaten", fault: eatsMore(2)},
		{id: "rfc3030-2-bdat-exact-count", name: "what follows is lost", fault: eatsMore(1 << 10)},
		{id: "rfc3030-2-bdat-size-syntax", name: "-1 is accepted", fault: answer(`^BDAT -1`, "")},
		{id: "rfc3030-2-bdat-size-syntax", name: "LUST is LAST", fault: obey(` LUST`, " LAST")},
		{id: "rfc3030-2-bdat-size-syntax", name: "nothing is 0", fault: obey(`^BDAT$`, "BDAT 0")},
		{id: "rfc3030-2-bdat-size-syntax", name: "more words", fault: obey(` LAST x`, " LAST")},
		{id: "rfc3030-2-bdat-size-syntax", name: "another code", fault: replaced("BDAT", "501", "500"), level: "warning"},
		{id: "rfc3030-2-bdat-size-syntax", name: "it is no chunk", fault: answer(`^BDAT 6 L(UST|AST x)`, "501 5.5.4 bad"), right: true},
		{id: "rfc3030-2-bdat-size-syntax", name: "closes", fault: lastWord(`^BDAT -1`, "521 5.5.4 no"), level: "warning"},
		{id: "rfc3030-2-bdat-size-overflow", name: "32 bits", fault: obey(`^BDAT 4294969680`, "BDAT 2384")},
		{id: "rfc3030-2-bdat-size-overflow", name: "64 bits", fault: obey(`^BDAT 18446744073709554000`, "BDAT 2384")},
		{id: "rfc3030-2-bdat-case", name: "in upper case alone", fault: answer(`^(?-i:bdat)`, "500 5.5.2 what?")},
		{id: "rfc3030-2-bdat-case", name: "LAST in upper case alone", fault: answerChunk(`(?-i: last)`, "501 5.5.4 what?")},
		{id: "rfc3030-2-data-still-works", name: "refused", fault: afterChunk(answer(`^DATA`, "502 5.5.1 use BDAT"))},
		{id: "rfc3030-2-bdat-size-limit", name: "no limit", fault: faulty.Fault{Command: endless}},
		{id: "rfc3030-2-bdat-size-limit", name: "another code", fault: replaced("BDAT", "552", "554"), level: "warning"},
		{id: "rfc3030-2-bdat-not-offered", name: "unknown", fault: noChunking(answer(`^BDAT`, "500 5.5.2 what?")), right: true},
		{id: "rfc3030-2-bdat-not-offered", name: "accepted", fault: unlisted("CHUNKING")},
		{id: "rfc3030-2-bdat-not-offered", name: "accepted at once", fault: noChunking(answer(`^BDAT`, "250 2.0.0 ok"))},
		{id: "rfc3030-2-bdat-large", name: "too large", fault: refused(`^BDAT 1048576`)},
	})
}

func TestBinaryMIME(t *testing.T) {
	noParam := answer(`^MAIL.*BINARYMIME`, "555 5.5.4 unknown parameter")
	noParam.Reply = unlisted("BINARYMIME").Reply
	suite(t, "rfc3030/binarymime.lua", []fault{
		{id: "rfc3030-3-binarymime-needs-chunking", name: "alone", fault: unlisted("CHUNKING")},
		{id: "rfc3030-3-binarymime-mail", name: "refused", fault: answer(`^MAIL.*BINARYMIME`, "555 5.5.4 unknown parameter")},
		{id: "rfc3030-3-binarymime-data-503", name: "354", fault: obey(` BODY=BINARYMIME`, "")},
		{id: "rfc3030-3-binarymime-data-503", name: "another code", fault: replaced("DATA", "503", "554"), level: "warning"},
		{id: "rfc3030-3-binarymime-preserve", name: "no NUL", fault: keeps("\x00", "")},
		{id: "rfc3030-3-binarymime-preserve", name: "line ends", fault: keeps("\x09\n", "\x09\r\n")},
		{id: "rfc3030-3-binarymime-preserve", name: "seven bits", fault: keeps("\xff", "\x7f")},
		{id: "rfc3030-3-binarymime-not-offered", name: "refused", fault: noParam, right: true},
		{id: "rfc3030-3-binarymime-not-offered", name: "accepted", fault: unlisted("BINARYMIME"), level: "warning"},
		{id: "rfc3030-3-binarymime-not-offered", name: "closes", fault: faulty.Fault{Command: hangUp(`BINARYMIME`).Command, Reply: unlisted("BINARYMIME").Reply}},
	})
}

var chunkSize = regexp.MustCompile(`(?i)^BDAT (\d+)`)

// answerChunk reads a chunk whose command matches, and says something to it.
func answerChunk(pattern, reply string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		m := chunkSize.FindStringSubmatch(text)
		if m == nil || !re.MatchString(text) {
			return text, false
		}
		takeChunk(c, m[1])
		c.Say(said(reply))
		return text, true
	}}
}

// takeChunk reads a chunk that goes nowhere.
func takeChunk(c *faulty.Conv, size string) {
	n := 0
	for _, digit := range size {
		n = n*10 + int(digit-'0')
	}
	for len(c.Unread()) < n && c.More() {
	}
	c.Take(min(n, len(c.Unread())))
}

// withoutMail has a fault outside of transactions.
func withoutMail(f faulty.Fault) faulty.Fault {
	return when(f, func(c *faulty.Conv) bool { return !c.Mail })
}

// withoutRecipient has it inside of one that is for nobody.
func withoutRecipient(f faulty.Fault) faulty.Fault {
	return when(f, func(c *faulty.Conv) bool { return c.Mail && c.Recipients == 0 })
}

// when has a fault to commands under a condition.
func when(f faulty.Fault, is func(c *faulty.Conv) bool) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if is(c) {
			return f.Command(c, text)
		}
		return text, false
	}}
}

// afterChunk has a fault once there was a chunk.
func afterChunk(f faulty.Fault) faulty.Fault {
	return remembering(f, func(verb, _ string) bool { return verb == "BDAT" })
}

// afterRefusal has it once a chunk was refused.
func afterRefusal(f faulty.Fault) faulty.Fault {
	return remembering(f, func(verb, reply string) bool { return verb == "BDAT" && strings.HasPrefix(reply, "5") })
}

// remembering has a fault once there was a reply.
func remembering(f faulty.Fault, begins func(verb, reply string) bool) faulty.Fault {
	f = when(f, func(c *faulty.Conv) bool { return c.Notes["begun"] != "" })
	f.Reply = func(c *faulty.Conv, verb, reply string) string {
		if begins(verb, reply) {
			c.Notes["begun"] = "yes"
		}
		return reply
	}
	return f
}

// eatsMore takes some octets of what follows a chunk for a part of it.
func eatsMore(n int) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, verb, reply string) string {
		if verb == "BDAT" {
			c.Take(min(n, len(c.Unread())))
		}
		return reply
	}}
}

// endless accepts all chunks that are large.
func endless(c *faulty.Conv, text string) (string, bool) {
	if m := chunkSize.FindStringSubmatch(text); m != nil && (len(m[1]) > 6 || strings.HasPrefix(text, "BDAT 0")) {
		takeChunk(c, m[1])
		c.Say("250 2.0.0 ok\r\n")
		return text, true
	}
	return text, false
}

// noChunking has a fault, and does not offer CHUNKING.
func noChunking(f faulty.Fault) faulty.Fault {
	f.Reply = unlisted("CHUNKING|BINARYMIME").Reply
	return f
}

// endsAtDot ends a message at a line of one dot.
func endsAtDot(data []byte) [][]byte {
	before, _, _ := bytes.Cut(data, []byte("\r\n.\r\n"))
	return [][]byte{before}
}

// undelivered loses each message that has a text.
func undelivered(text string) faulty.Fault {
	return faulty.Fault{Delivered: func(data []byte) [][]byte {
		if bytes.Contains(data, []byte(text)) {
			return nil
		}
		return [][]byte{data}
	}}
}

// keeps has a text in another's place in what is delivered.
func keeps(old, other string) faulty.Fault {
	return faulty.Fault{Delivered: func(data []byte) [][]byte {
		return [][]byte{bytes.ReplaceAll(data, []byte(old), []byte(other))}
	}}
}
