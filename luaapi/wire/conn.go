package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// maxAhead is how much is read in the background before the peer is left waiting; maxAheadBlocked is the same while a write waits
// for the peer, which may itself be waiting to write.
const (
	maxAhead        = 1 << 20
	maxAheadBlocked = 64 << 20
)

// Conn is one connection of a scenario. All methods are called from one goroutine, but for Interrupt.
type Conn struct {
	ID       int // counts the connections of an attempt, from 1
	Greeting *Reply
	Hello    *Reply // the latest 250 to EHLO or LHLO in this state of the connection, or nil
	Replies  []*Reply
	TLS      *TLSState // nil in clear

	transcript *Transcript
	sock       *sock
	stream     net.Conn // sock, or the *tls.Conn over it
	secure     *tls.Conn
	track      tracker
	connected  time.Time
	lastWrite  time.Time
	closed     bool
	cut        error // why a write did not go out whole

	mu         sync.Mutex // what follows; the background reader shares it
	in         []byte     // arrived and not read
	base       int64      // offset of in[0] in all that came
	stamps     []stamp
	ended      Kind // None, Close or Reset: nothing more will come
	detail     error
	cause      error // detail as the system gave it
	notified   bool  // a close_notify came
	background chan struct{}
	limit      int // how much background may hold
}

// stamp says when the bytes up to an offset arrived, and which record of the transcript has them.
type stamp struct {
	end    int64
	at     time.Time
	record int
}

// Where is what to connect to.
type Where struct {
	Network string // "tcp" or "unix"
	Address string // host:port, or a path
	Source  string // local address, with or without a port; "" for any
	LMTP    bool
	ID      int
	Spare   *Spare // a connection to the same place that may be open already
}

// DialError says why a connection did not come about.
type DialError struct {
	Kind   Kind
	Detail error
}

func (e *DialError) Error() string { return string(e.Kind) }
func (e *DialError) Unwrap() error { return e.Detail }

// Dial connects within ctx and the deadline. Nothing is read. The error is a *DialError.
func Dial(ctx context.Context, w Where, deadline time.Time, t *Transcript) (*Conn, error) {
	if nc, at := w.Spare.take(); nc != nil {
		c := newConn(nc, w, t)
		c.connected, c.lastWrite = at, at
		c.note("connected to %s", w.Address)
		return c, nil
	}
	d := net.Dialer{Deadline: deadline}
	if w.Source != "" {
		local, err := sourceAddress(w.Source)
		if err != nil {
			return nil, &DialError{Local, err}
		}
		d.LocalAddr = local
	}
	nc, err := d.DialContext(ctx, w.Network, w.Address)
	if err != nil {
		kind := Classify(err)
		if ctx.Err() != nil {
			kind = Cancelled
		}
		t.add(Record{At: time.Now(), Conn: w.ID, Dir: event.Info, Data: fmt.Appendf(nil, "connecting to %s: %s", w.Address, kind)})
		return nil, &DialError{kind, err}
	}
	c := newConn(nc, w, t)
	t.add(Record{At: c.connected, Conn: c.ID, Dir: event.Info, Data: []byte("connected to " + w.Address)})
	return c, nil
}

func newConn(nc net.Conn, w Where, t *Transcript) *Conn {
	c := &Conn{ID: w.ID, transcript: t, sock: &sock{Conn: nc}, connected: time.Now()}
	c.lastWrite = c.connected
	c.stream = c.sock
	c.sock.blocked = func() { c.startBackground(maxAheadBlocked) }
	c.track.lmtp = w.LMTP
	c.track.pending = []string{Greeting}
	return c
}

func sourceAddress(source string) (*net.TCPAddr, error) {
	if ip := net.ParseIP(source); ip != nil {
		return &net.TCPAddr{IP: ip}, nil
	}
	a, err := net.ResolveTCPAddr("tcp", source)
	if err != nil {
		return nil, fmt.Errorf("source address: %w", err)
	}
	return a, nil
}

// LocalAddr and RemoteAddr are the ends of the connection as text.
func (c *Conn) LocalAddr() string { return c.sock.LocalAddr().String() }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() string { return c.sock.RemoteAddr().String() }

// Closed tells whether this end closed the connection.
func (c *Conn) Closed() bool { return c.closed }

// ClosedBy is how the peer ended the stream: "", "fin", "close_notify" or "reset".
func (c *Conn) ClosedBy() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended == Reset:
		return "reset"
	case c.ended == Close && c.notified:
		return "close_notify"
	case c.ended == Close:
		return "fin"
	}
	return ""
}

// Interrupt ends any wait of the connection at once. It may be called from another goroutine.
func (c *Conn) Interrupt() {
	_ = c.sock.SetDeadline(time.Unix(1, 0)) // fails only on a closed socket
}

// WriteOptions are how to write.
type WriteOptions struct {
	Secret bool          // keep all of it out of the transcript
	Idle   time.Duration // how long the peer may take nothing before the write is given up
}

// Write hands b to the kernel whole and at once. It returns Timeout when the peer did not take it in time, Cancelled when
// ctx ended, Local when this end has closed; a write that the peer cuts short is None: reading tells how the stream ended.
func (c *Conn) Write(ctx context.Context, b []byte, o WriteOptions) Kind {
	if c.closed {
		return Local
	}
	c.record(b, o.Secret)
	c.sock.writeCtx, c.sock.idle = ctx, o.Idle
	_, err := c.stream.Write(b)
	c.lastWrite = time.Now()
	switch kind := Classify(err); {
	case err == nil:
		return None
	case ctx.Err() != nil:
		return Cancelled
	case kind == Timeout:
		c.cut = err
		return Timeout
	default:
		c.cut = err
		if kind == Reset {
			c.sock.sawReset.Store(true)
		}
		c.note("the peer cut the write short")
		return None
	}
}

func (c *Conn) record(b []byte, secret bool) {
	now := time.Now()
	for _, p := range c.track.sent(b) {
		shown, hid := p.shown, p.hid
		if secret {
			text := trimEOL(p.data)
			hid = text
			shown = append([]byte(Mask), p.data[len(text):]...)
		}
		// Short words are not kept as secrets: an AUTH command's could be any word of a reply.
		if s := c.transcript.Secrets; s != nil && len(hid) >= 8 {
			s.Add(string(hid))
		}
		c.transcript.add(Record{At: now, Conn: c.ID, Dir: event.Out, Data: shown, Body: p.body})
	}
}

func (c *Conn) note(format string, args ...any) {
	c.transcript.add(Record{At: time.Now(), Conn: c.ID, Dir: event.Info, Data: fmt.Appendf(nil, format, args...)})
}

var scratch = sync.Pool{New: func() any { return new([4096]byte) }}

// more waits until something arrives, the stream ends, or time is up. It returns None when something arrived.
func (c *Conn) more(ctx context.Context, deadline time.Time) Kind {
	before := c.buffered()
	c.stopBackground()
	if c.buffered() > before {
		return None
	}
	if c.closed {
		return Local
	}
	if c.ended != None {
		return c.ended
	}
	_ = c.stream.SetReadDeadline(earlier(ctx, deadline))
	if ctx.Err() != nil {
		return Cancelled
	}
	kind := c.read()
	if kind == Timeout && ended(ctx) {
		return Cancelled
	}
	return kind
}

// ended tells whether ctx is over, or is about to be: its timer may be a moment late.
func ended(ctx context.Context) bool {
	if ctx.Err() != nil {
		return true
	}
	d, ok := ctx.Deadline()
	return ok && !time.Now().Before(d)
}

func earlier(ctx context.Context, deadline time.Time) time.Time {
	if d, ok := ctx.Deadline(); ok && (deadline.IsZero() || d.Before(deadline)) {
		return d
	}
	return deadline
}

// read takes one chunk from the stream.
func (c *Conn) read() Kind {
	buf := scratch.Get().(*[4096]byte)
	n, err := c.stream.Read(buf[:])
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 {
		data := bytes.Clone(buf[:n])
		scratch.Put(buf)
		from := c.base + int64(len(c.in))
		if len(c.in) == 0 {
			c.in = data
		} else {
			c.in = append(c.in, data...)
		}
		c.transcript.in(c.ID, data, now, func(end, record int) {
			c.stamps = append(c.stamps, stamp{from + int64(end), now, record})
		})
		return None
	}
	scratch.Put(buf)
	return c.end(err)
}

// end notes how the stream ended. The lock is held.
func (c *Conn) end(err error) Kind {
	kind := Classify(err)
	if kind == Timeout {
		return Timeout
	}
	c.detail, c.cause = err, err
	switch {
	case kind == Reset, kind == Close && c.sock.sawReset.Load():
		// Writing to a connection that was reset takes the reset away from the read that follows.
		c.ended = Reset
	case kind == Close:
		c.ended = Close
		c.notified = c.secure != nil && !c.sock.sawEOF.Load()
	default:
		var alert *net.OpError
		c.ended = Close
		if c.secure != nil {
			c.ended = TLS
		}
		if errors.As(err, &alert) && alert.Op == "remote error" {
			c.detail = errors.New(alertOf(err))
		}
	}
	c.transcript.add(Record{At: time.Now(), Conn: c.ID, Dir: event.Info, Data: []byte(c.endText())})
	return c.ended
}

func (c *Conn) endText() string {
	switch {
	case c.ended == Reset:
		return "the server reset the connection"
	case c.ended == TLS:
		return "the TLS connection broke: " + c.detail.Error()
	case c.notified:
		return "the server closed the connection (close_notify)"
	}
	return "the server closed the connection"
}

func (c *Conn) buffered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.in)
}

// take removes the first n bytes of what arrived and returns them, with the stamp of the last.
func (c *Conn) take(n int) ([]byte, stamp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.in[:n:n]
	c.in = c.in[n:]
	c.base += int64(n)
	last := stamp{at: c.connected}
	for len(c.stamps) > 0 && last.end < c.base {
		last = c.stamps[0]
		if last.end > c.base {
			break
		}
		c.stamps = c.stamps[1:]
	}
	if len(c.in) == 0 {
		c.in = nil
	}
	return b, last
}

// StartBackground keeps reading while the scenario waits for something else, so that arrivals get their right time.
func (c *Conn) StartBackground() { c.startBackground(maxAhead) }

func (c *Conn) startBackground(limit int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = max(limit, c.limit)
	if c.background != nil || c.ended != None || c.closed {
		return
	}
	_ = c.stream.SetReadDeadline(time.Time{})
	done := make(chan struct{})
	c.background = done
	go func() {
		defer close(done)
		for c.room() && c.read() == None {
		}
	}()
}

func (c *Conn) room() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.in) < c.limit
}

// stopBackground takes reading back from the background.
func (c *Conn) stopBackground() {
	c.mu.Lock()
	done := c.background
	c.background = nil
	c.limit = 0
	c.mu.Unlock()
	if done == nil {
		return
	}
	_ = c.stream.SetReadDeadline(time.Unix(1, 0))
	<-done
}

// poll takes what has arrived, without waiting.
func (c *Conn) poll() {
	c.stopBackground()
	c.sock.polling = true
	for !c.closed && c.ended == None && len(c.in) < maxAhead && c.read() == None {
	}
	c.sock.polling = false
}

// Unread returns what arrived and was not read.
func (c *Conn) Unread() []byte {
	c.poll()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in
}

// Close closes the connection: in TLS with close_notify. It returns what had arrived and was not read.
func (c *Conn) Close() []byte {
	if c.closed {
		return nil
	}
	unread := c.Unread()
	c.closed = true
	c.sock.writeCtx, c.sock.idle = context.Background(), time.Second
	_ = c.stream.Close() // what the peer makes of it is its own affair
	_ = c.sock.Conn.Close()
	c.note("closed")
	return unread
}

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
	c.sock.writeCtx, c.sock.idle = ctx, idle
	if c.secure != nil {
		_ = c.secure.CloseWrite()
	}
	if h, ok := c.sock.Conn.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite()
	}
	c.note("closed for writing")
}

// Awaited is the verb of the oldest command without a reply, Greeting before the first reply, "" when there is none.
func (c *Conn) Awaited() string {
	if len(c.track.pending) == 0 {
		return ""
	}
	return c.track.pending[0]
}
