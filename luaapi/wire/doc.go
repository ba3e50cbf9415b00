// Package wire is the raw connection under a scenario: exact bytes out, every byte in, deadlines, TLS, a transcript in which
// secrets are marked where they are written, and a reply parser that loses nothing.
//
// It judges nothing. A Reply tells what came and how the stream ended; whether that is right is for the expectation.
//
//	Dial -> Conn.Write -> Conn.ReadReply …          one goroutine, the scenario's
//	          |               |
//	        tracker         buffer <- background reader, only while the scenario does something else than wait here
//	          \______________/  |
//	             Transcript     tls.Conn, or none
//	                            |
//	                          sock: the socket; knows how a wait or a write may end
//
// A wait ends by its deadline, its context, or the peer, and by nothing else: Interrupt only makes it look at its context.
//
// The package imports nothing of luaapi.
package wire
