package wire

import (
	"bytes"
	"context"
	"time"
)

// ReadReply reads one whole reply, until the deadline (zero: none but ctx's). It always returns a Reply; Ended tells
// what went wrong. After a Timeout or Cancelled what had come stays unread.
func (c *Conn) ReadReply(ctx context.Context, deadline time.Time) *Reply {
	r := &Reply{}
	scanned, start := 0, 0
	for {
		c.mu.Lock()
		in := c.in
		c.mu.Unlock()
		for scanned < len(in) {
			i := bytes.IndexByte(in[scanned:], '\n')
			if i < 0 {
				scanned = len(in)
				break
			}
			scanned += i + 1
			l, more, ok := parseLine(in[start:scanned])
			if !ok {
				return c.finish(r, scanned, Garbage)
			}
			r.Lines = append(r.Lines, l)
			start = scanned
			if !more {
				return c.finish(r, scanned, None)
			}
			if scanned > MaxReply {
				break
			}
		}
		if len(in) > MaxReply {
			r.TooLong = true
			return c.finish(r, len(in), Garbage)
		}
		if kind := c.more(ctx, deadline); kind != None {
			return c.finish(r, len(in), kind)
		}
	}
}

// finish completes a reply of n bytes.
func (c *Conn) finish(r *Reply, n int, ended Kind) *Reply {
	r.Ended = ended
	r.Wire = c.transcript.Len()
	if ended == Timeout || ended == Cancelled {
		c.mu.Lock()
		r.Raw = c.in[:n:n]
		c.mu.Unlock()
		r.Arrived = time.Now()
	} else {
		var last stamp
		r.Raw, last = c.take(n)
		if r.Arrived = last.at; last.record > 0 && ended != Close && ended != Reset {
			r.Wire = last.record
		}
	}
	if ended == Close || ended == Reset || ended == TLS {
		r.Detail = c.detail
		r.Arrived = time.Now()
	}
	r.Elapsed = max(0, r.Arrived.Sub(c.lastWrite))
	if ended != None {
		if len(c.track.pending) > 0 {
			r.Verb = c.track.pending[0]
		}
		return r
	}
	r.Code = r.Lines[len(r.Lines)-1].Code
	r.Verb = c.track.replied(r.Code)
	c.Replies = append(c.Replies, r)
	switch {
	case r.Verb == Greeting:
		c.Greeting = r
	case (r.Verb == "EHLO" || r.Verb == "LHLO") && r.Code == 250:
		c.Hello = r
	}
	return r
}

// ReadLine reads a line with its LF, of at most MaxReply bytes. On anything else than None what came is returned, and stays
// unread after Timeout and Cancelled.
func (c *Conn) ReadLine(ctx context.Context, deadline time.Time) ([]byte, Kind) {
	return c.readUntil(ctx, deadline, func(in []byte) int {
		if i := bytes.IndexByte(in, '\n'); i >= 0 {
			return i + 1
		}
		return 0
	})
}

// ReadN reads exactly n bytes, with ReadLine's rules.
func (c *Conn) ReadN(ctx context.Context, n int, deadline time.Time) ([]byte, Kind) {
	return c.readUntil(ctx, deadline, func(in []byte) int {
		if len(in) >= n {
			return n
		}
		return 0
	})
}

func (c *Conn) readUntil(ctx context.Context, deadline time.Time, enough func([]byte) int) ([]byte, Kind) {
	for {
		c.mu.Lock()
		in := c.in
		c.mu.Unlock()
		if n := enough(in); n > 0 {
			b, _ := c.take(n)
			return b, None
		}
		if len(in) > maxAheadBlocked {
			return in, Garbage
		}
		switch kind := c.more(ctx, deadline); kind {
		case None:
		case Timeout, Cancelled:
			return in, kind
		default:
			b, _ := c.take(len(in))
			return b, kind
		}
	}
}

// WaitClose waits until the peer closes. What it says instead is returned with None, and is taken as read.
func (c *Conn) WaitClose(ctx context.Context, deadline time.Time) ([]byte, Kind) {
	for {
		if c.buffered() > 0 {
			b, _ := c.take(c.buffered())
			return b, None
		}
		if kind := c.more(ctx, deadline); kind != None {
			return nil, kind
		}
	}
}

// WaitSilence waits until the deadline and returns Timeout when the peer said nothing and kept the connection open. What
// it says is returned with None, and is taken as read.
func (c *Conn) WaitSilence(ctx context.Context, deadline time.Time) ([]byte, Kind) {
	return c.WaitClose(ctx, deadline)
}

// LastWrite is when the last byte was written, or the connection made.
func (c *Conn) LastWrite() time.Time { return c.lastWrite }
