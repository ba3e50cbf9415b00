package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// blockedAfter is how long a write may take before the connection is read meanwhile.
const blockedAfter = 50 * time.Millisecond

// sock is the socket under a connection, and under TLS. It adds to a net.Conn: bytes given back, reads that end with a TLS record,
// reads that never block, and writes that say when they block.
type sock struct {
	net.Conn
	back    []byte // read, and to be read again
	records *recordReader
	polling bool // Read returns errWouldBlock rather than waiting

	writeCtx context.Context // of the write under way
	idle     time.Duration   // how long a write may make no progress
	blocked  func()          // called when a write does not get on
	written  int64
	sawEOF   atomic.Bool
	sawReset atomic.Bool
}

var errWouldBlock = &wouldBlock{}

// wouldBlock is a net.Error that crypto/tls takes for a passing one.
type wouldBlock struct{}

func (*wouldBlock) Error() string   { return "nothing to read now" }
func (*wouldBlock) Timeout() bool   { return true }
func (*wouldBlock) Temporary() bool { return true }

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
		n, err = s.Conn.Read(p)
	}
	switch {
	case err == io.EOF:
		s.sawEOF.Store(true)
	case errors.Is(err, syscall.ECONNRESET):
		s.sawReset.Store(true)
	}
	return n, err
}

// Write sends p whole. When the peer does not take it, reading goes on in the background, and the write ends after idle
// without progress.
func (s *sock) Write(p []byte) (int, error) {
	done := 0
	last := time.Now()
	for {
		_ = s.Conn.SetWriteDeadline(time.Now().Add(blockedAfter)) // fails only on a closed socket, which Write reports
		if err := context.Cause(s.writeCtx); err != nil {
			return done, err
		}
		n, err := s.Conn.Write(p[done:])
		done += n
		s.written += int64(n)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return done, err
		}
		if now := time.Now(); n > 0 {
			last = now
		} else if now.Sub(last) >= s.idle {
			return done, err
		}
		s.blocked()
	}
}

// recordReader lets one TLS record through at a time, so that what follows a close_notify is not swallowed by the TLS
// layer and can be read in clear (RFC 8446 5.1: a five octet header whose last two are the length).
type recordReader struct {
	buf    [4096]byte
	ahead  []byte
	header [5]byte
	have   int // octets of the header so far
	left   int // octets of the record's body to come
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
