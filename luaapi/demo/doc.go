// Package demo is the mail server that is built into smtpspec: what "smtpspec run --target demo" tests.
//
// It listens on loopback unless it is told otherwise, keeps messages in memory and speaks to nobody, so it may be as
// strict as the standards are. Four services share one message store:
//
//	SMTP        mail for the domain of its own is taken from anyone, relaying needs AUTH; STARTTLS
//	SMTPS       TLS from the first byte (RFC 8314), otherwise like submission
//	submission  nothing is taken without AUTH (RFC 6409)
//	LMTP        LHLO, and one reply for each recipient (RFC 2033)
//
// A connection is a goroutine that owns a session:
//
//	wire (line.go)        bytes: lines that end in CRLF, replies, time limits, TLS
//	session (session.go)  the loop, and the table of commands with what each of them needs
//	one file a noun       hello, path, params, envelope, data, bdat, auth, trace, store
//
// A handler takes the argument of its command and returns the reply; the few that read more of the input (DATA, BDAT,
// AUTH, STARTTLS) do so themselves and send what comes before their last reply.
//
// The server never repeats what a client sent in a reply, so that no reply can be forged through it.
package demo
