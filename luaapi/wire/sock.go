package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// blockedAfter is how long a write may take before the connection is read meanwhile.
const blockedAfter = 50 * time.Millisecond

// lookAgain is how often a read that was woken looks whether its context is over.
const lookAgain = 50 * time.Millisecond

// past is a deadline that ends a wait at once.
var past = time.Unix(1, 0)

// sock is the socket under a connection, and under TLS. It adds to a net.Conn: bytes given back, reads that end with a TLS record,
// reads that never block, reads that only their own deadline and context end, and writes that say when they block.
type sock struct {
	net.Conn

	// Whoever reads has these: the scenario, or the background reader.
	back      []byte // read, and to be read again
	records   *recordReader
	polling   bool // Read returns errWouldBlock rather than waiting
	readCtx   context.Context
	readLimit time.Time
	failed    error // how the way to the peer broke, when neither end meant it to

	stopping atomic.Bool // ends a wait in Read
	sawEOF   atomic.Bool
	sawReset atomic.Bool

	mu       sync.Mutex
	patience patience
}

// patience is how long a write may take: until ctx ends, or the peer took nothing for idle.
type patience struct {
	ctx     context.Context
	idle    time.Duration
	blocked func() // called when a write does not get on; may be nil
}

func (s *sock) setPatience(ctx context.Context, idle time.Duration, blocked func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patience = patience{ctx, idle, blocked}
}

var errWouldBlock = &wouldBlock{}

// wouldBlock is a net.Error that crypto/tls takes for a passing one.
type wouldBlock struct{}

func (*wouldBlock) Error() string        { return "nothing to read now" }
func (*wouldBlock) Timeout() bool        { return true }
func (*wouldBlock) Temporary() bool      { return true }
func (*wouldBlock) Is(target error) bool { return target == os.ErrDeadlineExceeded }

func (s *sock) Read(p []byte) (int, error) {
	if s.records == nil {
		return s.fill(p)
	}
	if len(s.records.ahead) == 0 {
		n, err := s.fill(s.records.buf[:])
		if n == 0 {
			return 0, err
		}
		s.records.ahead = s.records.buf[:n]
		if s.records.first == nil && !s.records.fed {
			s.records.first = bytes.Clone(s.records.ahead)
		}
	}
	n := copy(p, s.records.ahead[:s.records.allowed(len(p))])
	s.records.ahead = s.records.ahead[n:]
	return n, nil
}

func (s *sock) fill(p []byte) (int, error) {
	if len(s.back) > 0 {
		n := copy(p, s.back)
		s.back = s.back[n:]
		return n, nil
	}
	n, err := 0, error(nil)
	if s.polling {
		n, err = s.poll(p)
	} else {
		n, err = s.wait(p)
	}
	switch {
	case err == nil, isTimeout(err):
	case err == io.EOF:
		s.sawEOF.Store(true)
	case isReset(err):
		s.sawReset.Store(true)
	default:
		s.failed = err
	}
	return n, err
}

// wait reads until the deadline and the context of the read. It is also woken by Interrupt, which may come late and mean
// another wait, so it goes on while it has time.
func (s *sock) wait(p []byte) (int, error) {
	limit := s.readLimit
	for {
		_ = s.Conn.SetReadDeadline(limit) // fails only on a closed socket, which Read reports
		// Who wakes this read changes what is looked at here before it sets the deadline: one of the two is noticed.
		if s.stopping.Load() || s.readCtx.Err() != nil {
			return 0, os.ErrDeadlineExceeded
		}
		n, err := s.Conn.Read(p)
		if n > 0 || !isTimeout(err) || s.stopping.Load() || ended(s.readCtx) || over(s.readLimit) {
			return n, err
		}
		// A context that is derived from the one that ended, a coroutine's, learns of it a moment later.
		if limit = time.Now().Add(lookAgain); !s.readLimit.IsZero() && s.readLimit.Before(limit) {
			limit = s.readLimit
		}
	}
}

// Write sends p whole. When the peer does not take it, reading goes on in the background, and the write ends after idle
// without progress.
func (s *sock) Write(p []byte) (int, error) {
	s.mu.Lock()
	patience := s.patience
	s.mu.Unlock()
	done := 0
	now := time.Now()
	last := now
	for {
		_ = s.Conn.SetWriteDeadline(now.Add(blockedAfter)) // fails only on a closed socket, which Write reports
		if err := context.Cause(patience.ctx); err != nil {
			return done, err
		}
		n, err := s.Conn.Write(p[done:])
		done += n
		if isReset(err) {
			s.sawReset.Store(true)
		}
		if !isTimeout(err) {
			return done, err
		}
		if now = time.Now(); n > 0 {
			last = now
		} else if now.Sub(last) >= patience.idle {
			return done, err
		}
		if patience.blocked != nil {
			patience.blocked()
		}
	}
}

// recordReader lets one TLS record through at a time, so that what follows a close_notify is not swallowed by the TLS
// layer and can be read in clear (RFC 8446 5.1: a five octet header whose last two are the length).
type recordReader struct {
	buf    [4096]byte
	ahead  []byte
	header [5]byte
	have   int    // octets of the header so far
	left   int    // octets of the record's body to come
	fed    bool   // it began with octets that had arrived in clear
	first  []byte // what came first, else
}

// allowed is how many of the octets ahead, at most limit, belong to the current record.
func (r *recordReader) allowed(limit int) int {
	n := 0
	limit = min(limit, len(r.ahead))
	for n < limit {
		if r.have < len(r.header) {
			r.header[r.have] = r.ahead[n]
			r.have++
			n++
			if r.have == len(r.header) {
				r.left = int(r.header[3])<<8 | int(r.header[4])
			}
		} else {
			take := min(r.left, limit-n)
			r.left -= take
			n += take
		}
		if r.have == len(r.header) && r.left == 0 {
			r.have = 0
			break
		}
	}
	return n
}
