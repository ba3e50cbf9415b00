package scenarios_test

import (
	"bytes"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSyntax(t *testing.T) {
	suite(t, "rfc5321/syntax.lua", []fault{
		{id: "rfc5321-2.4-verb-lower", name: "EHLO", fault: answerCase("ehlo", "500 5.5.2 what?")},
		{id: "rfc5321-2.4-verb-lower", name: "MAIL", fault: answerCase("mail ", "500 5.5.2 what?")},
		{id: "rfc5321-2.4-verb-lower", name: "TO", fault: answerCase("to:", "501 5.5.4 what?")},
		{id: "rfc5321-2.4-verb-lower", name: "QUIT", fault: answerCase("quit", "500 5.5.2 what?")},
		{id: "rfc5321-2.4-verb-mixed", name: "FROM", fault: answerCase("FrOm", "501 5.5.4 what?")},
		{id: "rfc5321-2.4-verb-mixed", name: "RSET", fault: answerCase("RsEt", "500 5.5.2 what?")},
		{id: "rfc5321-2.4-domain-case", name: "unknown", fault: answerCase("DEMO.TEST", "550 5.7.1 no relay")},
		{id: "rfc5321-2.4-no-action-before-crlf", name: "four letters do", fault: lineEnd(func(data []byte) (int, int, bool) {
			if string(data) == "NOOP" {
				return 4, 4, true
			}
			i := bytes.Index(data, []byte("\n"))
			return i - 1, i + 1, i >= 0
		})},
		{id: "rfc5321-2.4-segmentation", name: "what comes is a line", fault: lineEnd(func(data []byte) (int, int, bool) {
			return len(bytes.TrimRight(data, "\r\n")), len(data), len(data) > 0
		})},
		{id: "rfc5321-2.4-segmentation", name: "a CR ends it", fault: lineEnd(func(data []byte) (int, int, bool) {
			i := bytes.IndexByte(data, '\r')
			if i < 0 {
				return 0, 0, false
			}
			return i, i + 1 + len(data[i+1:]) - len(bytes.TrimPrefix(data[i+1:], []byte("\n"))), true
		})},
		{id: "rfc5321-4.1.1-trailing-ws", name: "NOOP", fault: answer(`^NOOP $`, "501 5.5.4 no argument")},
		{id: "rfc5321-4.1.1-trailing-ws", name: "DATA", fault: answer(`^DATA $`, "501 5.5.4 no argument")},
		{id: "rfc5321-4.1.1-trailing-tab", name: "closes", fault: hangUp(`\t$`), level: "warning"},
		{id: "rfc5321-3.3-no-space-colon", name: "closes", fault: hangUp(`FROM: `)},
		{id: "rfc5321-3.3-no-space-colon", name: "accepted", fault: obey(`FROM: `, "FROM:"), level: "note"},
		{id: "rfc5321-3.3-space-before-colon", name: "two replies", fault: answer(`FROM :`, "501 no\r\n500 no")},
		{id: "rfc5321-3.3-space-before-colon", name: "another code", fault: answer(`FROM :`, "552 no"), level: "warning"},
		{id: "rfc5321-4.1.1-two-spaces", name: "closes", fault: hangUp(`MAIL  `)},
		{id: "rfc5321-4.1.1-leading-space", name: "closes", fault: hangUp(`^ NOOP`)},
		{id: "rfc5321-4.1.1-leading-space", name: "a temporary failure", fault: answer(`^ NOOP`, "499 later")},
		{id: "rfc5321-4.1.1-empty-line", name: "two replies", fault: answer(`^$`, "500 what?\r\n500 what?")},
		{id: "rfc5321-4.1.1-empty-line", name: "silence", fault: answer(`^$`, "")},
		{id: "rfc5321-4.2.4-unknown-500", name: "250", fault: answer(`^FROB`, "250 2.0.0 fine")},
		{id: "rfc5321-4.2.4-unknown-500", name: "a temporary failure", fault: answer(`^FROB`, "450 4.5.2 later")},
		{id: "rfc5321-4.2.4-unknown-500", name: "another code", fault: answer(`^FROB`, "554 5.5.2 no")},
		{id: "rfc5321-4.2.4-unknown-500", name: "closes", fault: hangUp(`^FROB`), level: "failure"},
		{id: "rfc5321-4.2.4-unknown-500", name: "closes after 500", fault: lastWord(`^FROB`, "500 5.5.2 what?"), level: "failure"},
		{id: "rfc5321-4.1.5-x-command-500", name: "accepted", fault: answer(`^XFROB`, "250 2.0.0 fine")},
		{id: "rfc5321-4.2.2-missing-arg-501", name: "MAIL", fault: obey(`^MAIL$`, "MAIL FROM:<>")},
		{id: "rfc5321-4.2.2-missing-arg-501", name: "MAIL FROM:", fault: obey(`^MAIL FROM:$`, "MAIL FROM:<>")},
		{id: "rfc5321-4.2.2-missing-arg-501", name: "RCPT", fault: obey(`^RCPT$`, "RCPT TO:<postmaster>")},
		{id: "rfc5321-4.2.2-missing-arg-501", name: "closes", fault: hangUp(`^RCPT TO:$`)},
		{id: "rfc5321-4.3.2-noarg-commands", name: "RSET", fault: obey(`^RSET .*`, "RSET")},
		{id: "rfc5321-4.3.2-noarg-commands", name: "DATA", fault: obey(`^DATA .*`, "DATA")},
		{id: "rfc5321-4.3.2-noarg-commands", name: "QUIT", fault: obey(`^QUIT .*`, "QUIT")},
		{id: "rfc5321-4.1.2-invalid-char-501", name: "MAIL", fault: obey(`(MAIL.*)\x07`, "${1}")},
		{id: "rfc5321-4.1.2-invalid-char-501", name: "EHLO", fault: obey(`(EHLO.*)\x07`, "${1}")},
		{id: "rfc5321-4.1.2-invalid-char-501", name: "another code", fault: answer(`(MAIL.*)\x07`, "500 5.5.2 no"), level: "warning"},
		{id: "rfc5321-2.4-8bit-command-500", name: "accepted", fault: octets(0xfc)},
		{id: "rfc5321-2.4-param-value-case", name: "upper case alone", fault: answerCase("8bitmime", "501 5.5.4 what?")},
	})
}

func lineEnd(f func(data []byte) (int, int, bool)) faulty.Fault { return faulty.Fault{EndOfLine: f} }

// octets takes an octet for none.
func octets(one byte) faulty.Fault {
	return faulty.Fault{Command: func(_ *faulty.Conv, text string) (string, bool) {
		return string(bytes.ReplaceAll([]byte(text), []byte{one}, nil)), false
	}}
}
