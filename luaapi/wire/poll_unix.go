//go:build unix

package wire

import (
	"io"
	"syscall"
	"time"
)

// poll reads what has arrived, without waiting.
func (s *sock) poll(p []byte) (int, error) {
	sc, ok := s.Conn.(syscall.Conn)
	if !ok {
		return 0, errWouldBlock
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	_ = s.Conn.SetReadDeadline(time.Time{}) // an old deadline would keep the read from being tried
	n, rerr := 0, error(nil)
	err = raw.Read(func(fd uintptr) bool {
		for {
			if n, rerr = syscall.Read(int(fd), p); rerr != syscall.EINTR {
				return true
			}
		}
	})
	if err != nil {
		return 0, err
	}
	switch {
	case rerr == syscall.EAGAIN:
		return 0, errWouldBlock
	case rerr != nil:
		return 0, rerr
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
