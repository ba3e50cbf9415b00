package wire

import (
	"bytes"
	"context"
	"time"
)

// ReadReply reads one whole reply, until the deadline (zero: none but ctx's). It always returns a Reply; Ended tells
// what went wrong. After a Timeout or Cancelled what had come stays unread.
func (c *Conn) ReadReply(ctx context.Context, deadline time.Time) *Reply {
	c.stopBackground()
	var s scanner
	for {
		in := c.arrived()
		if s.scan(in) {
			return c.finish(&s, s.at, s.verdict)
		}
		if kind := c.more(ctx, deadline); kind != None {
			return c.finish(&s, len(in), kind)
		}
	}
}

// finish makes a reply of the first n bytes.
func (c *Conn) finish(s *scanner, n int, ended Kind) *Reply {
	r := &Reply{Ended: ended, TooLong: s.tooLong}
	c.date(r, n)
	since := c.lastWrite
	if c.track.first() == Greeting {
		since = c.ready
	}
	r.Elapsed = max(0, r.Arrived.Sub(since))
	r.parse(s)
	if ended != None {
		r.Verb = c.track.first()
		return r
	}
	c.Replies = append(c.Replies, r)
	c.raw = nil
	c.place(r)
	return r
}

// place finds out what a whole reply answers.
func (c *Conn) place(r *Reply) {
	r.Code = r.Lines[len(r.Lines)-1].Code
	r.Verb = c.track.replied(r.Code)
	switch {
	case r.Verb == Greeting:
		c.Greeting = r
	case (r.Verb == "EHLO" || r.Verb == "LHLO") && r.Code == 250:
		c.Hello = r
	}
}

// takeRaw takes bytes that are read as bytes. They are followed all the same: when they end a reply, the next one answers the
// next command.
func (c *Conn) takeRaw(n int) []byte {
	b, last := c.take(n)
	c.raw = append(c.raw, b...)
	for {
		var s scanner
		if !s.scan(c.raw) {
			return b
		}
		r := &Reply{Raw: bytes.Clone(c.raw[:s.at]), Arrived: last.at, Wire: last.record}
		c.raw = c.raw[s.at:]
		if s.verdict == None {
			r.parse(&s)
			c.place(r)
		}
	}
}

// date gives a reply its bytes and their time.
func (c *Conn) date(r *Reply, n int) {
	switch r.Ended {
	case Timeout, Cancelled:
		r.Raw = c.arrived()[:n:n]
		r.Arrived, r.Wire = time.Now(), c.transcript.Len()
	case None, Garbage:
		var last stamp
		r.Raw, last = c.take(n)
		r.Arrived, r.Wire = last.at, last.record
	case Local:
		r.Raw, _ = c.take(n)
		r.Arrived, r.Wire = time.Now(), c.transcript.Len()
	default:
		r.Raw, _ = c.take(n)
		r.Arrived, r.Wire, r.Detail = c.end.at, c.end.record, c.end.detail
	}
}

// ReadLine reads a line with its LF. A line of more than MaxReply bytes is given up as Garbage. On anything else than None
// what came is returned, and stays unread after Timeout and Cancelled.
func (c *Conn) ReadLine(ctx context.Context, deadline time.Time) ([]byte, Kind) {
	scanned := 0
	return c.readUntil(ctx, deadline, MaxReply, func(in []byte) int {
		i := bytes.IndexByte(in[scanned:], '\n')
		if i < 0 {
			scanned = len(in)
			return 0
		}
		return scanned + i + 1
	})
}

// ReadN reads exactly n bytes, with ReadLine's rules.
func (c *Conn) ReadN(ctx context.Context, n int, deadline time.Time) ([]byte, Kind) {
	if n <= 0 {
		return nil, None
	}
	return c.readUntil(ctx, deadline, n, func(in []byte) int {
		if len(in) >= n {
			return n
		}
		return 0
	})
}

// readUntil takes as many bytes as enough says, once it says so, and gives up when that would be more than limit.
func (c *Conn) readUntil(ctx context.Context, deadline time.Time, limit int, enough func([]byte) int) ([]byte, Kind) {
	c.stopBackground()
	for {
		in := c.arrived()
		n := enough(in)
		if n > 0 && n <= limit {
			return c.takeRaw(n), None
		}
		if n > limit || len(in) > limit {
			b, _ := c.take(limit)
			return b, Garbage
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
	c.stopBackground()
	if len(c.in) == 0 {
		if kind := c.more(ctx, deadline); kind != None {
			return nil, kind
		}
	}
	b, _ := c.take(len(c.in))
	return b, None
}

// WaitSilence waits until the deadline and returns Timeout when the peer said nothing and kept the connection open. What
// it says is returned with None, and is taken as read.
func (c *Conn) WaitSilence(ctx context.Context, deadline time.Time) ([]byte, Kind) {
	return c.WaitClose(ctx, deadline)
}
