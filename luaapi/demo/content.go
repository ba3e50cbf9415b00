package demo

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// content is a message on its way in.
type content struct {
	id    string
	data  []byte // the trace fields, then what came
	trace int    // length of the trace fields
	size  int64  // octets that came: line ends count, stuffed dots and the end of data do not (RFC 1870 5)
	limit int64
	fault reply // the first thing wrong with it; code 0 for nothing
}

var (
	errLongText = reply{500, "5.6.0", "Line longer than 1000 octets in the message"} // RFC 5321 4.5.3.1.6, 4.5.3.1.9
	errBareCR   = reply{554, "5.6.0", "Bare CR in the message"}
	errBareLF   = reply{554, "5.6.0", "Bare LF in the message"}
	errNUL      = reply{554, "5.6.0", "NUL in the message"}
	errLoop     = reply{554, "5.4.6", "Too many Received fields, mail loop"} // RFC 5321 6.3
)

func (s *session) newContent() *content {
	c := &content{id: s.srv.store.newID(), limit: s.srv.cfg.MaxSize}
	c.data = s.appendTrace(make([]byte, 0, 2<<10), c.id)
	c.trace = len(c.data)
	return c
}

func (c *content) blame(fault reply) {
	if c.fault.code == 0 {
		c.fault = fault
	}
}

// Write adds octets. Beyond the limit nothing is kept, and what comes is only counted.
func (c *content) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	if c.size > c.limit {
		c.fault, c.data = errTooBig, nil
	} else {
		c.data = append(c.data, p...)
	}
	return len(p), nil
}

// dots takes the transparency procedure back (RFC 5321 4.5.2) from the pieces of a message, in each of which a LF can
// only be the last octet.
type dots struct {
	*content
	inLine bool // not at the start of a line; only CRLF starts one
	cr     bool // the last octet was a CR
	length int  // of the line so far
}

// isEnd tells whether a piece ends the message: a line of one dot, between CRLF and CRLF and nothing else
// (RFC 5321 4.1.1.4).
func (d *dots) isEnd(piece []byte) bool { return !d.inLine && string(piece) == ".\r\n" }

func (d *dots) take(piece []byte) {
	if !d.inLine && piece[0] == '.' {
		piece = piece[1:] // never empty: a piece is a line, or a full buffer
	}
	last := len(piece) - 1
	lf := piece[last] == '\n'
	crlf := lf && (last > 0 && piece[last-1] == '\r' || last == 0 && d.cr)
	d.inspect(piece, lf, crlf)
	d.length += len(piece)
	if d.length > 1000 { // RFC 5321 4.5.3.1.6: the stuffed dot does not count
		d.blame(errLongText)
	}
	d.cr = piece[last] == '\r'
	if d.inLine = !crlf; crlf {
		d.length = 0
	}
	d.Write(piece)
}

// inspect looks for what must not be in a message: a LF or CR of its own (RFC 5321 2.3.8) and NUL. They end nothing
// here, but might where the message goes next.
func (d *dots) inspect(piece []byte, lf, crlf bool) {
	inner := piece
	switch {
	case crlf && len(piece) > 1:
		inner = piece[:len(piece)-2]
	case piece[len(piece)-1] == '\r': // the next piece will tell
		inner = piece[:len(piece)-1]
	}
	if lf && !crlf {
		d.blame(errBareLF)
	}
	if d.cr && !(crlf && len(piece) == 1) || bytes.IndexByte(inner, '\r') >= 0 {
		d.blame(errBareCR)
	}
	if bytes.IndexByte(piece, 0) >= 0 {
		d.blame(errNUL)
	}
}

// data takes a message that ends with a dot (RFC 5321 4.1.1.4).
func (s *session) data(string) reply {
	switch {
	case !s.envelope.open || len(s.envelope.recipients) == 0 && (!s.envelope.refused || s.svc == serviceLMTP):
		return reply{503, "5.5.1", "MAIL and RCPT come first"} // RFC 5321 4.1.4; RFC 2033 4.2
	case len(s.envelope.recipients) == 0:
		return reply{554, "5.5.1", "No valid recipients"} // RFC 5321 3.3
	case s.envelope.chunks != nil:
		return reply{503, "5.5.1", "DATA does not go together with BDAT"} // RFC 3030 2
	case s.envelope.binary:
		return reply{503, "5.5.1", "BINARYMIME needs BDAT"} // RFC 3030 3
	}
	s.send(reply{code: 354, text: "End the message with <CRLF>.<CRLF>"})
	c := s.newContent()
	if err := s.readDots(c); err != nil {
		s.lost(err)
		return reply{}
	}
	return s.finish(c)
}

// readDots reads until the end of data.
func (s *session) readDots(c *content) error {
	s.streaming = true
	d := dots{content: c}
	for {
		piece, err := s.br.ReadSlice('\n')
		switch {
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		case d.isEnd(piece):
			return nil
		}
		d.take(piece)
	}
}

// readChunk reads the octets of a BDAT into c, or with a nil c drops them.
func (s *session) readChunk(c *content, size int64) error {
	s.streaming = true
	var to io.Writer = io.Discard
	if c != nil {
		to = c
	}
	_, err := io.CopyN(to, s.br, size)
	return err
}

// finish ends the transaction with the verdict on its message: one reply, or in LMTP one for each recipient (RFC 2033
// 4.2).
func (s *session) finish(c *content) reply {
	e := s.envelope
	s.envelope = envelope{}
	s.say("C: message of ", strconv.FormatInt(c.size, 10), " octets")
	verdict := s.judge(c)
	m := Message{From: e.from, Data: c.data, Received: s.srv.cfg.Now()}
	replies := make([]reply, 0, len(e.recipients))
	for _, to := range e.recipients {
		r := verdict
		if to.full && r.code == 250 {
			r = errFull
		}
		if r.code == 250 {
			m.To = append(m.To, to.address)
		}
		replies = append(replies, r)
	}
	if len(m.To) > 0 {
		s.srv.store.add(m)
		s.notify(&e, c)
	}
	if s.svc != serviceLMTP {
		return verdict
	}
	last := len(replies) - 1
	for _, r := range replies[:last] {
		s.send(r)
	}
	return replies[last]
}

// judge completes the header and says what becomes of the message.
func (s *session) judge(c *content) reply {
	if c.fault.code != 0 {
		return c.fault
	}
	h := scanHeader(c.data[c.trace:])
	if h.received > 100 {
		return errLoop
	}
	for _, f := range slices.Backward(h.returnPaths) { // this server's is to be the only one (RFC 5321 4.4)
		c.data = slices.Delete(c.data, c.trace+f[0], c.trace+f[1])
	}
	if s.svc.submission() {
		c.data = slices.Insert(c.data, c.trace, s.missingFields(h, c.id)...)
	}
	return reply{250, "2.0.0", "Accepted as " + c.id}
}

// missingFields are those that a submission server adds (RFC 6409 8.2, 8.3).
func (s *session) missingFields(h header, id string) []byte {
	var b strings.Builder
	now := s.srv.cfg.Now()
	if !h.date {
		b.WriteString("Date: " + now.Format(dateFormat) + "\r\n")
	}
	if !h.messageID {
		b.WriteString("Message-ID: <" + now.UTC().Format("20060102150405.000000000") + "." + id + "@" + s.srv.cfg.Hostname + ">\r\n")
	}
	return []byte(b.String())
}

const dateFormat = time.RFC1123Z // is that of RFC 5322 3.3, with two digits for the day
