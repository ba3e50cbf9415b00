package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// tracker follows the conversation as it is written, whoever wrote it and by which call: it knows which command a reply
// answers, which bytes are a message's and which are secret. It is a view for the report and for Reply.Verb; a script
// that breaks the protocol on purpose can mislead it, and nothing on the wire depends on it.
type tracker struct {
	lmtp    bool
	pending []string // verbs of the commands without a reply, oldest first
	line    []byte   // the command line being written
	state   writeState
	held    []byte // written after DATA and before its reply: content or commands, the reply will tell
	bdat    int64  // octets of the chunk still to come
	tail    []byte // the last bytes of the content, at most 4
	masked  bool   // a mask stands for the secret part of the line being written
	last    bool   // the BDAT being written is the last one
	rcpts   int    // recipients accepted in this transaction
}

type writeState int

const (
	commands  writeState = iota
	awaitData            // DATA was sent, its reply has not come
	content              // message text, up to CRLF "." CRLF
	chunk                // BDAT octets
	response             // a 334 came: the next line answers it
)

// endOfData is the Verb of the reply to a message: after CRLF.CRLF, or after the last chunk.
const endOfData = "."

// piece is a run of written bytes of one sort.
type piece struct {
	data  []byte
	body  bool
	shown []byte // what the transcript may show of data
	hid   []byte // what it may not
}

// sent takes what is about to be written and cuts it into pieces.
func (t *tracker) sent(b []byte) []piece {
	var out []piece
	for len(b) > 0 {
		n, p := 0, piece{}
		switch t.state {
		case content:
			n, p.body = t.content(b), true
		case chunk:
			n, p.body = int(min(t.bdat, int64(len(b)))), true
			if t.bdat -= int64(n); t.bdat == 0 {
				t.state = commands
			}
		default:
			p = t.command(b)
			n = len(p.data)
		}
		if p.data == nil {
			p.data = b[:n:n]
			p.shown = p.data
		}
		b = b[n:]
		out = append(out, p)
	}
	return out
}

// command takes one line, or the part of one that is there.
func (t *tracker) command(b []byte) piece {
	n := len(firstLine(b))
	before := len(t.line)
	t.line = append(t.line, b[:n]...)
	if t.state == awaitData {
		t.held = append(t.held, b[:n]...)
	}
	p := piece{data: b[:n:n]}
	t.hide(&p, max(0, t.secretFrom()-before))
	if b[n-1] != '\n' {
		return p
	}
	line := string(trimEOL(t.line))
	t.line = t.line[:0]
	t.masked = false
	switch t.state {
	case response:
		t.state = commands
		t.pending = append(t.pending, "AUTH")
	case commands:
		t.verb(line)
	}
	return p
}

// hide keeps what comes at or after offset from, but for the line end, out of what is shown.
func (t *tracker) hide(p *piece, from int) {
	text := trimEOL(p.data)
	if from >= len(text) {
		p.shown = p.data
		return
	}
	p.hid = text[from:]
	p.shown = append([]byte(nil), p.data[:from]...)
	if !t.masked {
		p.shown = append(p.shown, Mask...)
	}
	p.shown = append(p.shown, p.data[len(text):]...)
	t.masked = true
}

// secretFrom is where in the line so far the credentials begin: at once in the answer to a 334, behind the mechanism in an AUTH
// command, and at once in a line that follows an AUTH without a reply and is no command (credentials written ahead).
func (t *tracker) secretFrom() int {
	text := trimEOL(t.line)
	verb := Verb(string(text))
	n := len(t.pending)
	switch {
	case t.state == response && string(text) != "*":
		return 0
	case t.state == response, len(text) == 0:
	case verb == "AUTH":
		return afterWords(text, 2)
	case n > 0 && t.pending[n-1] == "AUTH" && !knownVerbs[verb]:
		return 0
	}
	return len(t.line)
}

// afterWords is the offset behind the first n words of line and the spaces that follow them.
func afterWords(line []byte, n int) int {
	at := 0
	for i := 0; i <= n; i++ {
		for at < len(line) && line[at] == ' ' {
			at++
		}
		for i < n && at < len(line) && line[at] != ' ' {
			at++
		}
	}
	return at
}

var knownVerbs = map[string]bool{"EHLO": true, "HELO": true, "LHLO": true, "MAIL": true, "RCPT": true, "DATA": true,
	"BDAT": true, "RSET": true, "NOOP": true, "QUIT": true, "VRFY": true, "EXPN": true, "HELP": true, "STARTTLS": true, "*": true}

// Verb is the command's first word in upper case.
func Verb(line string) string {
	word, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	return strings.ToUpper(word)
}

func (t *tracker) verb(line string) {
	verb := Verb(line)
	t.pending = append(t.pending, verb)
	switch verb {
	case "DATA":
		t.state = awaitData
		t.held = t.held[:0]
	case "BDAT":
		words := strings.Fields(line)
		t.last = len(words) > 2 && strings.EqualFold(words[2], "LAST")
		if len(words) > 1 {
			t.bdat, _ = strconv.ParseInt(words[1], 10, 64) // a size that is none has no octets
		}
		if t.bdat > 0 {
			t.state = chunk
		}
		if t.last {
			t.pending[len(t.pending)-1] = endOfData
			t.more()
		}
	}
}

// content takes message text up to and including the end of data.
func (t *tracker) content(b []byte) int {
	const end = "\r\n.\r\n"
	joined := append(bytes.Clone(t.tail), b...)
	i := bytes.Index(joined, []byte(end))
	if i < 0 {
		t.tail = append(t.tail[:0], joined[max(0, len(joined)-len(end)+1):]...)
		return len(b)
	}
	n := i + len(end) - len(t.tail)
	t.endContent()
	t.pending = append(t.pending, endOfData)
	t.more()
	return n
}

// more makes LMTP's further replies to one message expected: one for each recipient (RFC 2033 4.2).
func (t *tracker) more() {
	for i := 1; t.lmtp && i < t.rcpts; i++ {
		t.pending = append(t.pending, endOfData)
	}
}

func (t *tracker) endContent() {
	t.state = commands
	t.tail = t.tail[:0]
}

// replied takes a whole reply and returns the verb that it answers.
func (t *tracker) replied(code int) string {
	verb := ""
	if len(t.pending) > 0 {
		verb = t.pending[0]
		t.pending = t.pending[1:]
	}
	ok := code/100 == 2
	switch {
	case t.state == content:
		// The peer answers in the middle of a message: it took something for its end, or gave up on it. What is written
		// next is as likely a command.
		t.endContent()
	case verb == "DATA":
		t.dataReplied(code)
	case verb == "AUTH" && code == 334:
		t.state = response
	case verb == "RCPT" && ok:
		t.rcpts++
	case (verb == "MAIL" || verb == "RSET" || isHello(verb)) && ok:
		t.rcpts = 0
	case verb == endOfData && (len(t.pending) == 0 || t.pending[0] != endOfData):
		t.rcpts = 0
	}
	return verb
}

func (t *tracker) dataReplied(code int) {
	t.state = commands
	held := bytes.Clone(t.held)
	t.held = t.held[:0]
	if code == 354 {
		t.state = content
		t.tail = append(t.tail[:0], "\r\n"...) // a dot on the very first line ends the data too
	}
	t.line = t.line[:0]
	t.sent(held) // recorded when it was written; this is for the state alone
}

// reset forgets the conversation, as a TLS handshake does.
func (t *tracker) reset() {
	*t = tracker{lmtp: t.lmtp}
}

// Accepted is the number of recipients that the current transaction has.
func (c *Conn) Accepted() int { return c.track.rcpts }
