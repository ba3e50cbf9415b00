package demo

import (
	"strings"
	"unicode/utf8"
)

// The commands that change little or nothing.

// rset forgets the transaction and nothing else (RFC 5321 4.1.1.5).
func (s *session) rset(string) reply {
	s.envelope = envelope{}
	return reply{250, "2.0.0", "Forgotten"}
}

// noop does nothing, whatever its argument (RFC 5321 4.1.1.9).
func (s *session) noop(string) reply { return reply{250, "2.0.0", "Nothing done"} }

// quit ends the conversation, and an open transaction with it (RFC 5321 4.1.1.10).
func (s *session) quit(string) reply {
	s.done = true
	s.linger = s.br.Buffered() > 0 // a client that goes on behind QUIT
	return reply{221, "2.0.0", s.srv.cfg.Hostname + " Goodbye"}
}

// vrfy answers 252 for every address, as a server does that does not tell who is there (RFC 5321 7.3).
func (s *session) vrfy(arg string) reply {
	last := strings.LastIndexByte(arg, ' ')
	allowed := last >= 0 && strings.EqualFold(arg[last+1:], "SMTPUTF8") // RFC 6531 3.1
	if allowed {
		arg = arg[:last]
	}
	switch {
	case arg == "" || !utf8.ValidString(arg):
		return reply{501, "5.5.4", "Syntax: VRFY address"}
	case !textOnly(arg, allowed):
		return reply{553, "5.6.7", "SMTPUTF8 is needed for this address"}
	}
	return reply{252, "2.0.0", "Cannot verify the address, send some mail and try"}
}

func (s *session) help(string) reply {
	hello := "EHLO HELO"
	if s.svc == serviceLMTP {
		hello = "LHLO"
	}
	return reply{214, "2.0.0", "Commands of this server:\n" + hello + " MAIL RCPT DATA BDAT RSET\n" +
		"AUTH STARTTLS VRFY HELP NOOP QUIT\nRFC 5321 says what they mean"}
}

// unimplemented answers commands that SMTP has and this server does not (RFC 5321 4.2.4).
func (s *session) unimplemented(string) reply { return reply{502, "5.5.1", "Command not implemented"} }
