package wire

import "syscall"

// Winsock's numbers, which syscall's names for POSIX errors do not stand for.
var (
	resetErrors       = []syscall.Errno{syscall.WSAECONNRESET, syscall.WSAECONNABORTED}
	brokenPipeErrors  = []syscall.Errno{10058}                      // WSAESHUTDOWN
	refusedErrors     = []syscall.Errno{10061}                      // WSAECONNREFUSED
	unreachableErrors = []syscall.Errno{10050, 10051, 10064, 10065} // WSAENETDOWN, WSAENETUNREACH, WSAEHOSTDOWN, WSAEHOSTUNREACH
)
