package record

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// follower makes steps of what goes by.
type follower struct {
	steps   []script.Step
	client  []byte   // of a line, a message or a chunk that is not whole yet
	server  []byte   // of a reply that is not whole yet
	pending []string // verbs of the commands without a reply
	content bool     // the client sends a message
	chunk   int      // octets of a BDAT (RFC 3030) that are still to come
	answer  bool     // a 334 came: the next line answers it
	answers int      // of the exchange so far
	lmtp    bool
	rcpts   int // accepted
	left    int // replies to a message that are still due over LMTP (RFC 2033 section 4.2)
	show    func(mark string, line []byte)
	secret  func(text string)
	hello   string // the name that the client gave
	last    time.Time
}

// idle is how long nobody may say anything before what the server says unasked is there because of that.
const idle = 5 * time.Second

func newFollower(to *script.Connect) *follower {
	return &follower{steps: []script.Step{{Kind: script.Open, Conn: 1, Connect: to}}, pending: []string{greeting}, last: time.Now(), lmtp: to.LMTP}
}

const greeting = "greeting"

func (f *follower) add(kind script.Kind, data []byte) {
	f.last = time.Now()
	f.steps = append(f.steps, script.Step{Kind: kind, Conn: 1, Data: data})
}

// sent takes what the client wrote, up to the end of a STARTTLS command: n octets of it. After that nothing may be passed on before the
// reply has come.
func (f *follower) sent(b []byte) (n int, startTLS bool) {
	for n < len(b) {
		took, verb := f.piece(b[n:])
		if n += took; verb == "STARTTLS" {
			return n, true
		}
	}
	return n, false
}

// piece takes octets of one sort, and gives the verb of a command that they end.
func (f *follower) piece(b []byte) (n int, verb string) {
	if f.chunk > 0 {
		n = min(f.chunk, len(b))
		f.client = append(f.client, b[:n]...)
		if f.chunk -= n; f.chunk == 0 {
			f.raw()
		}
		return n, ""
	}
	n = bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		f.client = append(f.client, b...)
		return len(b), ""
	}
	f.client = append(f.client, b[:n]...)
	if f.content {
		f.message()
		return n, ""
	}
	return n, f.command()
}

// raw makes a step of the octets so far.
func (f *follower) raw() {
	if len(f.client) > 0 {
		f.add(script.Raw, f.client)
		f.show(">", fmt.Appendf(nil, "(%d octets)", len(f.client)))
	}
	f.client = nil
}

// message ends one at the lone dot.
func (f *follower) message() {
	if !bytes.HasSuffix(f.client, []byte("\r\n.\r\n")) && !bytes.Equal(f.client, []byte(".\r\n")) {
		return
	}
	f.content = false
	f.pending = append(f.pending, ".")
	f.steps = append(f.steps, script.Written(1, f.client, true))
	f.show(">", fmt.Appendf(nil, "(a message of %d octets)", len(f.client)))
	f.client, f.last = nil, time.Now()
}

// command takes a whole line.
func (f *follower) command() string {
	line := bytes.TrimRight(f.client, "\r\n")
	verb := wire.Verb(string(line))
	words := strings.Fields(string(line))
	f.shown(line, words)
	if f.answer {
		verb, f.answer = "AUTH", false
	}
	f.steps = append(f.steps, script.Written(1, f.client, false))
	f.client, f.last = nil, time.Now()
	switch {
	case verb == "BDAT" && len(words) > 1:
		f.chunk, _ = strconv.Atoi(words[1]) // what is no number has no octets after it
		f.chunk = max(0, f.chunk)
	case (verb == "EHLO" || verb == "LHLO" || verb == "HELO") && len(words) > 1:
		f.hello = words[1]
	}
	f.pending = append(f.pending, verb)
	return verb
}

// shown shows a command without its credentials, and has them kept out of everything.
func (f *follower) shown(line []byte, words []string) {
	switch {
	case f.answer:
		f.answers++
		f.credentials(string(line), f.answers > 1) // the first of LOGIN is the user's name
		line = []byte(wire.Mask)
	case len(words) > 2 && strings.EqualFold(words[0], "AUTH"):
		f.answers = 0
		f.credentials(words[2], false)
		line = []byte(words[0] + " " + words[1] + " " + wire.Mask)
	case len(words) > 0 && strings.EqualFold(words[0], "AUTH"):
		f.answers = 0
	}
	f.show(">", line)
}

// credentials are secret as they are; of what they say, a password is: behind the last NUL (RFC 4616), or as a whole.
func (f *follower) credentials(text string, whole bool) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if i := bytes.LastIndexByte(decoded, 0); i >= 0 {
		decoded, whole = decoded[i+1:], true
	}
	if err == nil && whole && len(decoded) >= longSecret {
		f.secret(string(decoded))
	}
}

// longSecret is the length from which on a password is masked wherever it stands: a shorter one could be any word.
const longSecret = 8

// replied finds what a reply answers.
func (f *follower) replied() (verb string, asked bool) {
	if len(f.pending) == 0 {
		return "", false
	}
	verb = f.pending[0]
	if f.lmtp && verb == "." {
		if f.left == 0 {
			f.left = max(1, f.rcpts)
		}
		if f.left--; f.left > 0 {
			return verb, true
		}
		f.rcpts = 0
	}
	f.pending = f.pending[1:]
	return verb, true
}

// said takes a line of the server. It gives the verb that a reply answers which ends with it, and its code; 0 where none does.
func (f *follower) said(line []byte) (verb string, code int) {
	f.server = append(f.server, line...)
	if len(line) >= 4 && line[3] == '-' {
		return "", 0
	}
	verb, asked := f.replied()
	if wait := time.Since(f.last); !asked && wait >= idle {
		f.steps = append(f.steps, script.Step{Kind: script.Wait, Conn: 1, Time: wait.Round(time.Second)})
	}
	a := script.AnswerOf(f.server)
	f.server = nil
	f.last = time.Now()
	f.steps = append(f.steps, script.Step{Kind: script.Reply, Conn: 1, Reply: a})
	switch {
	case verb == "DATA" && a.Code == 354:
		f.content = true
	case verb == "AUTH" && a.Code == 334:
		f.answer = true
	case verb == "RCPT" && a.Code/100 == 2:
		f.rcpts++
	case verb == "MAIL" || verb == "RSET":
		f.rcpts = 0
	}
	return verb, a.Code
}

// secured is the end of a handshake after STARTTLS.
func (f *follower) secured() {
	f.add(script.StartTLS, nil)
	f.pending, f.content, f.answer = nil, false, false
}

// end closes the books: who closed the connection first, or neither.
func (f *follower) end(kind script.Kind) {
	f.raw()
	if len(f.server) > 0 {
		f.steps = append(f.steps, script.Step{Kind: script.Reply, Conn: 1, Reply: script.AnswerOf(f.server)})
		f.server = nil
	}
	f.add(kind, nil)
}
