package wire

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Conn is one connection of a scenario. All methods are called from one goroutine, but for Interrupt.
type Conn struct {
	ID       int // counts the connections of an attempt, from 1
	Greeting *Reply
	Hello    *Reply // the latest 250 to EHLO or LHLO in this state of the connection, or nil
	Replies  []*Reply
	TLS      *TLSState // nil in clear

	transcript *Transcript
	raw        []byte // of a reply that is being read as bytes
	sock       *sock
	stream     net.Conn // sock, or the *tls.Conn over it
	secure     *tls.Conn
	track      tracker
	ready      time.Time // when the greeting could be said: at the connect, or after the TLS handshake before it
	lastWrite  time.Time
	closed     bool
	finished   bool // we closed our side for writing

	mu         sync.Mutex // what follows; the background reader shares it
	in         []byte     // arrived and not read
	base       int64      // offset of in[0] in all that came
	stamps     []stamp    // of what is in in, and one before
	taken      stamp      // of the byte that was read last
	end        end
	background chan struct{} // closed when the background reader has ended; nil when there is none
	running    bool          // the background reader reads
	limit      int           // how much it may hold

	room []byte // where the next read puts what arrives; whoever reads has it
}

// end is how the stream ended.
type end struct {
	kind     Kind // None, Close, Reset or TLS; but for None nothing more will come
	at       time.Time
	record   int   // of the transcript
	detail   error // what a failure shows as the cause
	cause    error // the same as the system gave it
	notified bool  // a close_notify came
}

// LocalAddr is our end of the connection as text.
func (c *Conn) LocalAddr() string { return addrText(c.sock.LocalAddr()) }

// RemoteAddr is the peer's address as text.
func (c *Conn) RemoteAddr() string { return addrText(c.sock.RemoteAddr()) }

func addrText(a net.Addr) string {
	if a == nil || a.String() == "@" {
		return "" // an end of a UNIX socket needs no name
	}
	return a.String()
}

// Closed tells whether this end closed the connection.
func (c *Conn) Closed() bool { return c.closed }

// LastWrite is when the last byte was written, or the connection made.
func (c *Conn) LastWrite() time.Time { return c.lastWrite }

// ClosedBy is how the peer ended the stream: "", "fin", "close_notify" or "reset".
func (c *Conn) ClosedBy() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.end.kind == Reset:
		return "reset"
	case c.end.kind == Close && c.end.notified:
		return "close_notify"
	case c.end.kind == Close:
		return "fin"
	}
	return ""
}

// Interrupt ends any wait whose context is over, at once; a wait whose context is not over goes on. It may be called from
// another goroutine.
func (c *Conn) Interrupt() {
	_ = c.sock.SetDeadline(past) // fails only on a closed socket
}

// WriteOptions are how to write.
type WriteOptions struct {
	Secret bool          // keep all of it out of the transcript
	Idle   time.Duration // how long the peer may take nothing before the write is given up

	Pieces []int         // sizes of what goes to the kernel on its own; the rest follows in one. Together they are at most what is written
	Gap    time.Duration // between two pieces
}

// Write hands b to the kernel whole and at once. It returns Timeout when the peer did not take it in time, Cancelled when
// ctx ended, Local when this end has closed; a write that the peer cuts short is None: reading tells how the stream ended.
// The caller does not change b afterwards.
func (c *Conn) Write(ctx context.Context, b []byte, o WriteOptions) Kind {
	switch {
	case c.closed, c.finished:
		return Local
	case ended(ctx):
		return Cancelled
	case len(b) == 0:
		return None
	}
	if len(o.Pieces) > 0 {
		c.note("%s", o.piecesText(len(b)))
	}
	if !c.record(ctx, b, o.Secret) {
		c.note("the %d bytes before this were not written: the time was over", len(b))
		return Cancelled
	}
	if len(o.Pieces) > 0 {
		return c.putPieces(ctx, b, o)
	}
	_, kind := c.put(ctx, b, o.Idle)
	return kind
}

// WriteProxy writes a PROXY protocol header, which is no part of the conversation that follows; about says in words what it is, where
// it does not say it itself.
func (c *Conn) WriteProxy(ctx context.Context, header []byte, about string, idle time.Duration) Kind {
	if about != "" {
		c.note("%s", about)
	}
	c.recordOut(time.Now(), header, false)
	_, kind := c.put(ctx, header, idle)
	return kind
}

// put writes what is recorded, and tells how much of it was written.
func (c *Conn) put(ctx context.Context, b []byte, idle time.Duration) (n int, kind Kind) {
	c.sock.setPatience(ctx, idle, c.readMeanwhile)
	n, err := c.stream.Write(b)
	c.lastWrite = time.Now()
	switch {
	case err == nil:
		return n, None
	case ctx.Err() != nil, isTimeout(err) && ended(ctx):
		return n, Cancelled
	case isTimeout(err):
		c.note("the server stopped reading: %d of %d bytes were written", n, len(b))
		return n, Timeout
	}
	c.note("the server cut the write short: %d of %d bytes were written", n, len(b))
	return n, None
}

func (c *Conn) readMeanwhile() { c.startBackground(maxAheadBlocked) }

// credential is the length from which on what was hidden in the transcript is a secret everywhere else too. Shorter, it could be
// any word of a reply.
const credential = 8

// record puts what is about to be written into the transcript, a record for each line. In a flood of lines, what comes
// after the first ones is kept together as far as it is of one sort. It gives up, and says so, when ctx ends: millions of lines take a
// while.
func (c *Conn) record(ctx context.Context, b []byte, secret bool) bool {
	now := time.Now()
	from, at, body := 0, 0, false // b[from:at] is of one sort and not yet recorded
	for lines := 0; at < len(b); lines++ {
		if lines%1024 == 1023 && ctx.Err() != nil {
			c.recordOut(now, b[from:at:at], body)
			return false
		}
		p := c.track.next(b[at:])
		if secret {
			p.hide = 0
		}
		if c.transcript.Secrets != nil {
			c.keepSecret(p, secret)
		}
		if p.hides() || p.body != body || lines < maxLines {
			c.recordOut(now, b[from:at:at], body)
			from = at
		}
		at += len(p.data)
		body = p.body
		if p.hides() {
			c.recordOut(now, p.shown(), p.body)
			from = at
		}
	}
	c.recordOut(now, b[from:at:at], body)
	return true
}

// recordOut records what is not empty. What is as long as a long body is folded like one.
func (c *Conn) recordOut(at time.Time, data []byte, body bool) {
	if len(data) > 0 {
		c.transcript.add(event.Wire{Time: at, Conn: c.ID, Dir: event.Out, Data: data, Body: body || len(data) > maxBody})
	}
}

func (c *Conn) keepSecret(p piece, whole bool) {
	s := c.transcript.Secrets
	hidden := p.hidden()
	if len(hidden) >= credential {
		s.Add(string(hidden))
	}
	if whole || p.credentials == "" {
		return
	}
	if len(p.credentials) >= credential {
		s.Add(p.credentials)
	}
	if password := plainPassword(p.credentials); len(password) >= credential {
		s.Add(password)
	}
}

func (c *Conn) note(format string, args ...any) {
	c.transcript.add(event.Wire{Time: time.Now(), Conn: c.ID, Dir: event.Info, Data: fmt.Appendf(nil, format, args...)})
}

// Close closes the connection: in TLS with close_notify. It returns what had arrived and was not read.
func (c *Conn) Close() []byte {
	if c.closed {
		return nil
	}
	unread := c.Unread()
	c.closed = true
	c.sock.setPatience(context.Background(), closeTime, nil)
	_ = c.stream.Close() // what the peer makes of it is its own affair
	c.note("closed")
	return unread
}

// closeTime is how long a peer that takes nothing may hold up our close_notify.
const closeTime = time.Second

// Abort resets the connection (RST).
func (c *Conn) Abort() {
	if c.closed {
		return
	}
	c.stopBackground()
	c.closed = true
	if t, ok := c.sock.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // fails only on a socket that is gone already
	}
	_ = c.sock.Conn.Close()
	c.note("reset by us")
}

// CloseWrite half-closes: in TLS close_notify, then FIN.
func (c *Conn) CloseWrite(ctx context.Context, idle time.Duration) {
	if c.closed || c.finished {
		return
	}
	c.sock.setPatience(ctx, idle, c.readMeanwhile)
	if c.secure != nil {
		_ = c.secure.CloseWrite() // a peer that is gone is seen by the read that follows
	}
	if h, ok := c.sock.Conn.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite()
	}
	c.finished = true
	c.note("closed for writing")
}

// Awaited is the verb of the oldest command without a reply, Greeting before the first reply, "" when there is none.
func (c *Conn) Awaited() string { return c.track.first() }

// Accepted is the number of recipients that the current transaction has.
func (c *Conn) Accepted() int { return c.track.rcpts }

// PRDR tells whether the latest MAIL asked for a reply for each recipient (draft-hall-prdr-00).
func (c *Conn) PRDR() bool { return c.track.prdr }
