//go:build !unix

package wire

import (
	"errors"
	"os"
	"time"
)

// poll reads what has arrived. There is no read that does not wait at all here, so it waits for a moment.
func (s *sock) poll(p []byte) (int, error) {
	_ = s.Conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	n, err := s.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, errWouldBlock
	}
	return n, err
}
