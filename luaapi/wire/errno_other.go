//go:build !windows

package wire

import "syscall"

// The system's numbers for each kind of trouble.
var (
	resetErrors       = []syscall.Errno{syscall.ECONNRESET, syscall.ECONNABORTED}
	brokenPipeErrors  = []syscall.Errno{syscall.EPIPE}
	refusedErrors     = []syscall.Errno{syscall.ECONNREFUSED}
	unreachableErrors = []syscall.Errno{syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN}
)
