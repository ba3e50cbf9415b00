package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
)

// Kind classifies how a connection came to grief, in words of our own: the system's differ between systems and versions.
type Kind string

// The kinds.
const (
	None        Kind = ""
	Timeout     Kind = "timeout"
	Close       Kind = "close" // the peer closed in good order
	Reset       Kind = "reset"
	Refused     Kind = "refused"
	Unreachable Kind = "unreachable"
	Garbage     Kind = "garbage" // bytes that are no reply, or no TLS
	TLS         Kind = "tls"
	DNS         Kind = "dns"
	Cancelled   Kind = "cancelled" // the scenario's own deadline, or an interrupt: never an answer of the peer's
	Local       Kind = "local"     // our own side: no such source address, no file descriptors left
)

// Classify says what kind of trouble err is. Errors that it does not know are Local.
func Classify(err error) Kind {
	var dns *net.DNSError
	var nerr net.Error
	switch {
	case err == nil:
		return None
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Close
	case isReset(err), isBrokenPipe(err):
		return Reset
	case isOneOf(err, refusedErrors):
		return Refused
	case isOneOf(err, unreachableErrors), errors.Is(err, os.ErrNotExist):
		return Unreachable
	case errors.As(err, &dns):
		return DNS
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &nerr) && nerr.Timeout():
		return Timeout
	}
	return Local
}

func isReset(err error) bool      { return isOneOf(err, resetErrors) }
func isBrokenPipe(err error) bool { return isOneOf(err, brokenPipeErrors) }

func isOneOf(err error, list []syscall.Errno) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && slices.Contains(list, errno)
}
