package wire

import (
	"context"
	"net"
	"sync"
	"time"
)

// Spare is a connection that was opened to see whether somebody answers, and waits for its first user. A nil Spare has
// none to give.
type Spare struct {
	mu   sync.Mutex
	conn net.Conn
	at   time.Time
}

// DialSpare connects within ctx and the deadline: to the address of w, by its network and resolver. The error is a *DialError.
func DialSpare(ctx context.Context, w Where, deadline time.Time) (*Spare, error) {
	nc, de := w.dial(ctx, net.Dialer{Deadline: deadline, Resolver: w.Resolver})
	if de != nil {
		return nil, de
	}
	return &Spare{conn: nc, at: time.Now()}, nil
}

// maxSpareAge is how long a spare connection may have waited for its first user. The server's own patience goes on meanwhile,
// and of what it said in the meantime nobody knows when it came.
const maxSpareAge = 5 * time.Second

// use makes a Conn of the connection, for the first who asks, unless the server has given up on it.
func (s *Spare) use(w Where, t *Transcript) *Conn {
	nc, at := s.take()
	if nc == nil {
		return nil
	}
	k := &sock{Conn: nc}
	came := make([]byte, minRoom)
	n, err := k.poll(came)
	if time.Since(at) > maxSpareAge || err != nil && !isTimeout(err) {
		_ = nc.Close() // it is of no use any more
		return nil
	}
	k.back = came[:n]
	return newConn(k, w, t, at)
}

// take gives the connection to the first who asks, with the time of its connect.
func (s *Spare) take() (net.Conn, time.Time) {
	if s == nil {
		return nil, time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	nc := s.conn
	s.conn = nil
	return nc, s.at
}

// Close closes the connection if nobody took it.
func (s *Spare) Close() {
	if nc, _ := s.take(); nc != nil {
		_ = nc.Close() // nothing was said over it
	}
}
