package script

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// greeting stands for what the first reply of a connection answers, and endOfData for a whole message.
const (
	greeting  = "the greeting"
	endOfData = "the message"
)

// ledger knows which command a reply answers: they come in the order of the commands (RFC 5321 section 4.1.1, RFC 2920), however late. It
// goes by the rules by which luaapi/wire names the command of a reply.
type ledger struct {
	lmtp    bool
	pending []string // commands without a reply, whole lines
	partial []byte   // of a line that is not whole yet
	content bool     // a message is being sent, as lines or as it is
	chunk   int      // octets of a BDAT that are still to come
	rcpts   int      // accepted, in this transaction
	left    int      // replies to a message that are still due over LMTP
}

// reset forgets the conversation, as a handshake does.
func (l *ledger) reset() { *l = ledger{lmtp: l.lmtp} }

// sent takes note of what the client sent.
func (l *ledger) sent(s *Step) {
	switch s.Kind {
	case Message:
		l.content = false
		l.pending = append(l.pending, endOfData)
	case Line:
		l.bytes(append(bytes.Clone(s.Data), "\r\n"...))
	case Raw:
		l.bytes(s.Data)
	}
}

func (l *ledger) bytes(data []byte) {
	for len(data) > 0 {
		if l.chunk > 0 {
			n := min(l.chunk, len(data))
			l.chunk -= n
			data = data[n:]
			continue
		}
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			l.partial = append(l.partial, data...)
			return
		}
		line := append(l.partial, data[:i]...)
		data, l.partial = data[i+1:], nil
		l.line(strings.TrimSuffix(string(line), "\r"))
	}
}

func (l *ledger) line(line string) {
	if l.content {
		if line == "." {
			l.content = false
			l.pending = append(l.pending, endOfData)
		}
		return
	}
	words := strings.Fields(line)
	if len(words) > 1 && strings.EqualFold(words[0], "BDAT") {
		l.chunk, _ = strconv.Atoi(words[1])
		if len(words) > 2 && strings.EqualFold(words[2], "LAST") {
			line = endOfData
		}
	}
	l.pending = append(l.pending, line)
}

// replied takes note of a whole reply and returns the command that it answers, "" for none.
func (l *ledger) replied(code int) string {
	command := l.pop()
	ok := code/100 == 2
	switch verb := wire.Verb(command); {
	case verb == "DATA":
		l.content = code == 354 && len(l.pending) == 0
	case verb == "RCPT" && ok:
		l.rcpts++
	case (verb == "MAIL" || verb == "RSET" || isHello(command)) && ok, command == endOfData && l.left == 0:
		l.rcpts = 0
	}
	return command
}

// pop removes the oldest command, unless more replies to it are due: over LMTP a message has one for each recipient (RFC 2033 section 4.2).
func (l *ledger) pop() string {
	if len(l.pending) == 0 {
		return ""
	}
	command := l.pending[0]
	if l.lmtp && command == endOfData {
		if l.left == 0 {
			l.left = max(1, l.rcpts)
		}
		if l.left--; l.left > 0 {
			return command
		}
	}
	l.pending = l.pending[1:]
	return command
}

func isHello(command string) bool {
	switch wire.Verb(command) {
	case "EHLO", "LHLO", "HELO":
		return true
	}
	return false
}
