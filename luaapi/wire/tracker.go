package wire

import (
	"bytes"
	"slices"
	"strconv"
)

// tracker follows the conversation as it is written, whoever wrote it and by which call: it knows which command a reply
// answers, which bytes are a message's and which are secret. It is a view for the report and for Reply.Verb; a script
// that breaks the protocol on purpose can mislead it, and nothing on the wire depends on it.
type tracker struct {
	lmtp    bool
	pending []string // verbs of the commands without a reply, oldest first
	unnamed int      // commands after them whose verbs there was no room for
	state   writeState
	line    []byte   // the command line being written, at most maxLine of it
	length  int      // how long it is so far
	masked  bool     // a mask stands already for the secret part of the line being written
	held    [][]byte // written after DATA and before its reply: content or commands, the reply will tell
	noted   bool     // what is being written is in held
	bdat    int64    // octets of the chunk still to come
	tail    []byte   // the last bytes of the content, at most 4
	left    int      // replies still to come to the oldest message
	rcpts   int      // recipients accepted in this transaction
	prdr    bool     // its MAIL has the parameter PRDR
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

const crlfDotCRLF = "\r\n.\r\n"

// maxLine is how much of a command line is looked at. RFC 4954 lets the longest one, with credentials, have 12288 octets.
const maxLine = 16 << 10

// maxHead is where in a line a verb and the name of a mechanism end at the latest, blanks included.
const maxHead = 128

// piece is a run of written bytes of one sort: a command line or a part of one, message text, a chunk.
type piece struct {
	data        []byte
	body        bool
	hide        int    // from here on data is secret, but for the line end
	masked      bool   // an earlier piece of the line has the mask already
	credentials string // what the line as a whole hides, once it is whole
}

func (p piece) hidden() []byte {
	text := trimEOL(p.data)
	return text[min(p.hide, len(text)):]
}

func (p piece) hides() bool { return len(p.hidden()) > 0 }

// shown is what the transcript may show.
func (p piece) shown() []byte {
	if !p.hides() {
		return p.data
	}
	out := bytes.Clone(p.data[:p.hide])
	if !p.masked {
		out = append(out, Mask...)
	}
	return append(out, p.data[len(trimEOL(p.data)):]...)
}

// next takes the first piece of what is about to be written, b, which is not empty.
func (t *tracker) next(b []byte) piece {
	if t.state == awaitData && !t.noted {
		t.held = append(t.held, b)
		t.noted = true
	}
	var p piece
	switch t.state {
	case content:
		p = piece{data: b[:t.content(b)], body: true}
	case chunk:
		n := min(t.bdat, int64(len(b)))
		p = piece{data: b[:n], body: true}
		if t.bdat -= n; t.bdat == 0 {
			t.state = commands
		}
	default:
		p = t.command(firstLine(b))
	}
	if p.data = p.data[:len(p.data):len(p.data)]; p.body {
		p.hide = len(p.data)
	}
	if len(p.data) == len(b) {
		t.noted = false // the next piece is of another write
	}
	return p
}

// command takes one line, or the part of one that is there.
func (t *tracker) command(data []byte) piece {
	before := t.length
	t.length += len(data)
	t.line = append(t.line, data[:min(len(data), maxLine-len(t.line))]...)
	from := t.secretFrom()
	p := piece{data: data, hide: max(0, from-before), masked: t.masked}
	t.masked = t.masked || p.hides()
	if data[len(data)-1] != '\n' {
		return p
	}
	line := trimEOL(t.line)
	if t.masked {
		p.credentials = string(line[min(from, len(line)):])
	}
	switch t.state {
	case response:
		t.state = commands
		t.push("AUTH")
	case commands:
		t.verb(line)
	}
	t.endLine()
	return p
}

func (t *tracker) endLine() {
	t.line = t.line[:0]
	t.length = 0
	t.masked = false
}

// secretFrom is where in the line so far the credentials begin: at once in the answer to a 334, behind the mechanism in an AUTH
// command, and at once in a line that follows an AUTH without a reply and is no command (credentials written ahead).
func (t *tracker) secretFrom() int {
	text := trimEOL(t.line)
	switch {
	case t.state == response && len(text) > 0 && text[0] == '*':
		return 1 // alone it gives the exchange up (RFC 4954 4)
	case t.state == response:
		return 0
	}
	head := text[:min(len(text), maxHead)]
	verb := ""
	if bytes.HasSuffix(t.line, []byte("\n")) || bytes.ContainsAny(bytes.TrimLeft(head, " \t"), " \t") {
		verb = known(head) // its first word is whole: "HELP" alone may be the beginning of base64
	}
	switch {
	case verb == "AUTH":
		return afterWords(head, 2)
	case verb == "" && t.ahead():
		return 0
	}
	return t.length
}

// ahead tells whether the latest command is an AUTH, or credentials for one, without a reply.
func (t *tracker) ahead() bool {
	n := len(t.pending)
	return t.state == commands && n > 0 && t.pending[n-1] == "AUTH"
}

// afterWords is the offset behind the first n words of line and the blanks that follow them.
func afterWords(line []byte, n int) int {
	at := 0
	for i := 0; i <= n; i++ {
		for at < len(line) && isBlank(line[at]) {
			at++
		}
		for i < n && at < len(line) && !isBlank(line[at]) {
			at++
		}
	}
	return at
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// verb notes the command of a whole line.
func (t *tracker) verb(line []byte) {
	verb := known(line)
	switch {
	case verb == "" && t.ahead():
		verb = "AUTH" // and not its first word, which is a secret
	case verb == "":
		verb = Verb(string(line))
	}
	switch verb {
	case "DATA":
		t.state = awaitData
	case "MAIL":
		t.prdr = slices.ContainsFunc(bytes.Fields(line), func(word []byte) bool { return bytes.EqualFold(word, []byte("PRDR")) })
	case "BDAT":
		verb = t.chunkOf(line)
	}
	t.push(verb)
}

// chunkOf begins a chunk (RFC 3030 2) and returns what its reply is to.
func (t *tracker) chunkOf(line []byte) string {
	words := bytes.Fields(line)
	t.bdat = 0
	if len(words) > 1 {
		if n, err := strconv.ParseInt(string(words[1]), 10, 64); err == nil && n > 0 {
			t.bdat = n
			t.state = chunk
		}
	}
	if len(words) > 2 && bytes.EqualFold(words[2], []byte("LAST")) {
		return endOfData
	}
	return "BDAT"
}

// content takes message text up to and including the end of data, which may have begun in an earlier write.
func (t *tracker) content(b []byte) int {
	var seam [2*len(crlfDotCRLF) - 2]byte
	have := copy(seam[:], t.tail)
	all := have + copy(seam[have:], b[:min(len(b), len(crlfDotCRLF)-1)])
	n := 0
	if i := bytes.Index(seam[:all], []byte(crlfDotCRLF)); i >= 0 {
		n = i + len(crlfDotCRLF) - have
	} else if i := bytes.Index(b, []byte(crlfDotCRLF)); i >= 0 {
		n = i + len(crlfDotCRLF)
	}
	if n > 0 {
		t.endBody()
		t.push(endOfData)
		return n
	}
	t.tail = append(t.tail, b[max(0, len(b)-len(crlfDotCRLF)+1):]...)
	t.tail = append(t.tail[:0], t.tail[max(0, len(t.tail)-len(crlfDotCRLF)+1):]...)
	return len(b)
}

func (t *tracker) endBody() {
	t.state = commands
	t.tail = t.tail[:0]
	t.bdat = 0
}

// replied takes the code of a whole reply and returns the verb that it answers.
func (t *tracker) replied(code int) string {
	verb := t.pop(code)
	ok := code/100 == 2
	if t.state == content || t.state == chunk && len(t.pending) == 0 {
		// The peer answers in the middle of a message: it took something for its end, or gave up on it. What is written
		// next is as likely a command.
		t.endBody()
	}
	switch {
	case verb == "DATA":
		t.dataReplied(code)
	case verb == "AUTH" && code == 334 && len(t.pending) == 0:
		t.state = response // otherwise it was written ahead
	case verb == "RCPT" && ok:
		t.rcpts++
	case (verb == "MAIL" || verb == "RSET" || isHello(verb)) && ok,
		verb == endOfData && t.left == 0:
		t.rcpts = 0
	}
	return verb
}

func (t *tracker) dataReplied(code int) {
	t.state = commands
	if code == 354 {
		t.state = content
		t.tail = append(t.tail[:0], "\r\n"...) // a dot on the very first line ends the data too
	}
	held := t.held
	t.held, t.noted = nil, false
	t.endLine()
	for _, b := range held { // recorded when it was written; this is for the state alone
		for len(b) > 0 {
			b = b[len(t.next(b).data):]
		}
	}
}

// maxPending bounds what a flood of commands takes; replies to those beyond have no verb.
const maxPending = 1 << 16

func (t *tracker) push(verb string) {
	if t.unnamed > 0 || len(t.pending) >= maxPending {
		t.unnamed++
		return
	}
	t.pending = append(t.pending, verb)
}

// first is the verb of the oldest command without a reply, or "".
func (t *tracker) first() string {
	if len(t.pending) == 0 {
		return ""
	}
	return t.pending[0]
}

// pop removes the oldest command, unless further replies to it are due: over LMTP a message has one for each recipient
// that was accepted (RFC 2033 4.2), and so it has after the 353 of PRDR (draft-hall-prdr-00), with one for all at the end.
func (t *tracker) pop(code int) string {
	verb := t.first()
	begins := t.prdr && code == 353 && !t.lmtp
	if verb == endOfData && (t.lmtp || begins || t.left > 0) {
		switch {
		case t.left == 0 && begins:
			t.left = 1 + t.rcpts + 1
		case t.left == 0:
			t.left = max(1, t.rcpts)
		}
		if t.left--; t.left > 0 {
			return verb
		}
	}
	switch n := len(t.pending); n {
	case 0:
		t.unnamed = max(0, t.unnamed-1)
	case 1:
		t.pending = t.pending[:0] // its room serves again
	default:
		t.pending = t.pending[1:]
	}
	return verb
}

// reset forgets the conversation, as a TLS handshake does.
func (t *tracker) reset() {
	*t = tracker{lmtp: t.lmtp, pending: t.pending[:0]}
}
