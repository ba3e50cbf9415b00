package demo

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// buffers are what a connection needs to read and write, and hands on when it ends.
type buffers struct {
	br   *bufio.Reader
	bw   *bufio.Writer
	long []byte // a line that does not fit into br
}

// newBuffers makes them small: ten thousand idle clients are to cost little.
func newBuffers() *buffers {
	return &buffers{br: bufio.NewReaderSize(nil, 4<<10), bw: bufio.NewWriterSize(nil, 1<<10)}
}

// release lets go of the connection, and of a long line's memory.
func (b *buffers) release() {
	b.br.Reset(nil)
	b.bw.Reset(nil)
	b.long = nil
}

// wire is a connection seen as lines and replies. Replies are kept back until the client is waited for, so that those to
// a pipelined group leave together (RFC 2920 3.2).
type wire struct {
	*buffers
	srv  *Server
	raw  net.Conn // the TCP connection
	conn net.Conn // what is spoken through: raw, or TLS on it
	// streaming gives each read its own time limit instead of each command, so that long messages may take long.
	streaming bool
	armed     bool // the time limit of the present command is set
	id        uint64
}

func newWire(srv *Server, conn net.Conn, b *buffers) *wire {
	w := &wire{buffers: b, srv: srv, raw: conn, conn: conn, id: srv.sessions.Add(1)}
	w.br.Reset(w)
	w.bw.Reset((*wireWriter)(w))
	return w
}

// Read is what the buffered reader reads from. Whenever it comes to wait for the client, all replies are sent: they must
// never be kept back while no more input is there (RFC 2920 3.2 (7)).
func (w *wire) Read(p []byte) (int, error) {
	if err := w.bw.Flush(); err != nil {
		return 0, err
	}
	if w.streaming || !w.armed {
		w.armed = true
		w.armRead(w.srv.cfg.IdleTimeout)
	}
	return w.conn.Read(p)
}

// say tells the log, if there is one.
func (w *wire) say(text ...string) {
	if w.srv.cfg.Log != nil {
		w.srv.cfg.Log(w.id, strings.Join(text, ""))
	}
}

// wireWriter is the side of a wire that the buffered writer writes to.
type wireWriter wire

func (w *wireWriter) Write(p []byte) (int, error) {
	limit := w.srv.cfg.IdleTimeout
	if w.srv.closing.Load() {
		limit = min(limit, goodbyeTime)
	}
	w.raw.SetWriteDeadline(time.Now().Add(limit))
	return w.conn.Write(p)
}

// armRead sets the time limit. It looks at closing afterwards, and interrupt sets closing before: whichever comes
// second, the deadline in the past is what stays.
func (w *wire) armRead(limit time.Duration) {
	w.raw.SetReadDeadline(time.Now().Add(limit))
	if w.srv.closing.Load() {
		w.raw.SetReadDeadline(longAgo())
	}
}

// interrupt wakes the session up from a read, to find that the server is closing.
func (w *wire) interrupt() { w.raw.SetReadDeadline(longAgo()) }

func longAgo() time.Time { return time.Unix(1, 0) }

// lineFault is what is wrong with a line as a line.
type lineFault int

const (
	lineFine    lineFault = iota
	lineTooLong           // more than was asked for; the rest was read and dropped
	lineBare              // contains a CR or LF that is not part of CRLF
)

// readLine reads a line and cuts its CRLF off. Only CRLF ends a line (RFC 5321 2.3.8): a CR or LF of its own is
// part of it, and a fault. The bytes are valid until the next read.
func (w *wire) readLine(limit int) ([]byte, lineFault, error) {
	w.streaming, w.armed = false, false
	line, err := w.br.ReadSlice('\n')
	if err == nil && endsInCRLF(line) { // nearly always
		return checkLine(line[:len(line)-2], limit)
	}
	w.long = w.long[:0]
	for {
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, lineFine, err
		}
		w.long = append(w.long, line...)
		if endsInCRLF(w.long) {
			return checkLine(w.long[:len(w.long)-2], limit)
		}
		if excess := len(w.long) - limit - 2; excess > 0 { // a flood must not fill the memory; a CR at its end counts
			w.long = append(w.long[:limit+1], w.long[len(w.long)-1])
		}
		line, err = w.br.ReadSlice('\n')
	}
}

func endsInCRLF(b []byte) bool { return len(b) >= 2 && b[len(b)-2] == '\r' && b[len(b)-1] == '\n' }

func checkLine(line []byte, limit int) ([]byte, lineFault, error) {
	switch {
	case len(line) > limit:
		return line, lineTooLong, nil
	case bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, '\n') >= 0:
		return line, lineBare, nil
	}
	return line, lineFine, nil
}

// reply is a reply to a command: each line of text with the code and the enhanced status code (RFC 2034) before it. The
// zero value is no reply at all.
type reply struct {
	code   int
	status string // empty for the greeting, for EHLO and its kind, and for 3xx, which have none (RFC 2034 4)
	text   string
}

// send writes a reply, to be on its way when the client is next waited for.
func (w *wire) send(r reply) {
	for more := r.code != 0; more; {
		var line string
		line, r.text, more = strings.Cut(r.text, "\n")
		b := strconv.AppendInt(w.bw.AvailableBuffer(), int64(r.code), 10)
		if more {
			b = append(b, '-')
		} else {
			b = append(b, ' ')
		}
		if r.status != "" {
			b = append(append(b, r.status...), ' ')
		}
		b = append(append(b, line...), '\r', '\n')
		if w.srv.cfg.Log != nil {
			w.say("S: ", string(b[:len(b)-2]))
		}
		w.bw.Write(b) // an error stays with the writer, and the next read reports it
	}
}

// startTLS does the handshake. What the client sent in clear behind STARTTLS goes into it, so none of it can ever be
// taken for a command of the protected session (RFC 3207 6, CVE-2011-0411): all but a ClientHello breaks the handshake.
func (w *wire) startTLS(cfg *tls.Config) (*tls.ConnectionState, error) {
	if err := w.bw.Flush(); err != nil {
		return nil, err
	}
	early, _ := w.br.Peek(w.br.Buffered())
	conn := tls.Server(&prefixedConn{Conn: w.raw, prefix: bytes.Clone(early)}, cfg)
	w.armRead(w.srv.cfg.IdleTimeout)
	w.raw.SetWriteDeadline(time.Now().Add(w.srv.cfg.IdleTimeout))
	if err := conn.Handshake(); err != nil {
		return nil, err
	}
	w.conn = conn
	w.br.Reset(w)
	state := conn.ConnectionState()
	return &state, nil
}

// prefixedConn is a connection of which the first bytes have been read already.
type prefixedConn struct {
	net.Conn
	prefix []byte
}

func (c *prefixedConn) Read(p []byte) (int, error) {
	if len(c.prefix) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.prefix)
	c.prefix = c.prefix[n:]
	return n, nil
}

// close sends what is left to send and ends the connection. With linger the client may still be sending: closing at
// once would make the kernel reset the connection, and the client would lose the last reply.
func (w *wire) close(linger bool) {
	w.bw.Flush()
	if !linger || w.srv.closing.Load() {
		w.conn.Close() // in TLS, with close_notify (RFC 8314 3.4)
		return
	}
	if c, ok := w.conn.(*tls.Conn); ok {
		c.CloseWrite()
	}
	if c, ok := w.raw.(*net.TCPConn); ok {
		c.CloseWrite()
		w.armRead(min(lingerTime, w.srv.cfg.IdleTimeout))
		io.CopyN(io.Discard, c, lingerSize)
	}
	w.raw.Close()
}

// lingerTime and lingerSize bound what is read from a client that was told goodbye.
const (
	lingerTime = 500 * time.Millisecond
	lingerSize = 4 << 20
)

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
