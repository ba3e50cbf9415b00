package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// maxAhead is how much is read in the background before the peer is left waiting; maxAheadBlocked is the same while a write waits
// for the peer, which may itself be waiting to write.
const (
	maxAhead        = 1 << 20
	maxAheadBlocked = 16 << 20
)

// Sizes of the piece of memory that a connection reads into: it grows for a peer that fills it at one go.
const (
	minRoom = 1 << 10
	maxRoom = 32 << 10
)

// stamp says when the bytes up to an offset arrived, and which record of the transcript has them.
type stamp struct {
	end    int64
	at     time.Time
	record int
}

// more waits until something arrives, the stream ends, or time is up. It returns None when something arrived. Nothing may
// be reading in the background.
func (c *Conn) more(ctx context.Context, deadline time.Time) Kind {
	switch {
	case c.closed:
		return Local
	case c.end.kind != None:
		return c.end.kind
	case ctx.Err() != nil:
		return Cancelled
	}
	limit := earlier(ctx, deadline)
	c.sock.readCtx, c.sock.readLimit = ctx, limit
	if c.secure != nil {
		c.sock.setPatience(ctx, closeTime, nil) // reading may write there: an alert, or a key update
	}
	kind := c.read()
	if kind == Timeout { // what is there already is taken however little time there was
		c.sock.polling = true
		kind = c.read()
		c.sock.polling = false
	}
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
	return ok && over(d)
}

// over tells whether a deadline has passed. The zero time never does.
func over(limit time.Time) bool { return !limit.IsZero() && !time.Now().Before(limit) }

func earlier(ctx context.Context, deadline time.Time) time.Time {
	if d, ok := ctx.Deadline(); ok && (deadline.IsZero() || d.Before(deadline)) {
		return d
	}
	return deadline
}

// read takes one chunk from the stream. What arrives stays where it was put for as long as anyone has use for it: the
// transcript and replies are slices of it.
func (c *Conn) read() Kind {
	if len(c.room) < minRoom/8 {
		c.room = make([]byte, minRoom)
	}
	n, err := c.stream.Read(c.room)
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if n == 0 {
		return c.stop(now, err)
	}
	data := c.room[:n:n]
	if c.room = c.room[n:]; len(c.room) == 0 {
		c.room = make([]byte, min(4*max(n, minRoom/4), maxRoom))
	}
	from := c.base + int64(len(c.in))
	if len(c.in) == 0 {
		c.in = data
	} else {
		c.in = append(c.in, data...)
	}
	c.stamps = c.transcript.in(c.ID, data, now, from, c.stamps)
	return None
}

// stop notes how the stream ended. The lock is held.
func (c *Conn) stop(now time.Time, err error) Kind {
	if err == nil {
		return None
	}
	if isTimeout(err) {
		return Timeout
	}
	e := end{kind: c.classify(err), at: now, detail: err, cause: err}
	var op *net.OpError
	switch {
	case e.kind == Reset:
	case e.kind == Close:
		e.notified = c.secure != nil && err == io.EOF && !c.sock.sawEOF.Load()
	case c.secure != nil && c.sock.failed == nil:
		e.kind = TLS
		if errors.As(err, &op) && op.Op == "remote error" {
			e.detail = errors.New(alertOf(err))
		}
	default:
		e.kind = Reset // the way to the peer broke: no close in good order
	}
	c.end = e
	c.end.record = c.transcript.add(event.Wire{Time: now, Conn: c.ID, Dir: event.Info, Data: []byte(e.text())})
	return e.kind
}

func (e end) text() string {
	switch {
	case e.kind == Reset:
		return "the server reset the connection"
	case e.kind == TLS:
		return "the TLS connection broke: " + e.detail.Error()
	case e.notified:
		return "the server closed the connection (close_notify)"
	}
	return "the server closed the connection"
}

// classify is Classify for a connection that has come about.
func (c *Conn) classify(err error) Kind {
	kind := Classify(err)
	switch {
	case kind == Close && c.sock.sawReset.Load():
		// Whichever call is told of a reset first, a write mostly, takes it away from the read that follows.
		return Reset
	case kind == Reset && isBrokenPipe(err) && !c.sock.sawReset.Load():
		// A FIN had come: what is reset is only what we wrote after it.
		return Close
	}
	return kind
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// take removes the first n bytes of what arrived and returns them, with the stamp of the last.
func (c *Conn) take(n int) ([]byte, stamp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.in[:n:n]
	c.in = c.in[n:]
	c.base += int64(n)
	i := 0
	for i < len(c.stamps) && c.stamps[i].end < c.base {
		i++
	}
	if i < len(c.stamps) && n > 0 {
		c.taken = c.stamps[i]
		if c.taken.end == c.base {
			i++
		}
	}
	c.stamps = append(c.stamps[:0], c.stamps[i:]...)
	if len(c.in) == 0 {
		c.in = nil
	}
	return b, c.taken
}

// GiveBack puts bytes that were read last back in front of what is unread.
func (c *Conn) GiveBack(b []byte) {
	if len(b) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.taken
	s.end = c.base
	c.stamps = append([]stamp{s}, c.stamps...)
	c.in = append(bytes.Clone(b), c.in...)
	c.base -= int64(len(b))
}

// arrived is what came and was not read.
func (c *Conn) arrived() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in[:len(c.in):len(c.in)]
}

// StartBackground keeps reading while the scenario waits for something else, so that arrivals get their right time. It tells whether something
// can still come.
func (c *Conn) StartBackground() bool { return c.startBackground(maxAhead) }

func (c *Conn) startBackground(limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = max(limit, c.limit)
	switch {
	case c.closed || c.end.kind != None:
		return false
	case c.running || len(c.in) >= c.limit:
		return true
	}
	c.running = true
	c.background = make(chan struct{})
	c.sock.readCtx, c.sock.readLimit = context.Background(), time.Time{}
	go c.readAhead(c.background)
	return true
}

func (c *Conn) readAhead(done chan struct{}) {
	defer close(done)
	for c.hasRoom() {
		if c.read() != None {
			break
		}
	}
	c.mu.Lock()
	c.running = false
	c.mu.Unlock()
}

func (c *Conn) hasRoom() bool {
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
	c.sock.stopping.Store(true)
	_ = c.sock.Conn.SetReadDeadline(past)
	<-done
	c.sock.stopping.Store(false)
}

// poll takes what has arrived, without waiting.
func (c *Conn) poll() {
	c.stopBackground()
	c.sock.setPatience(context.Background(), closeTime, nil)
	c.sock.polling = true
	for !c.closed && c.end.kind == None && len(c.in) < maxAhead && c.read() == None {
	}
	c.sock.polling = false
}

// Held is how many bytes that arrived are kept for being read.
func (c *Conn) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.in)
}

// Unread returns what arrived and was not read.
func (c *Conn) Unread() []byte {
	c.poll()
	return c.arrived()
}
