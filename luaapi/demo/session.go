package demo

import (
	"crypto/tls"
	"strings"
)

// session is one conversation. Its goroutine alone uses it.
type session struct {
	*wire
	svc service

	tls      *tls.ConnectionState // nil in clear
	hello    string               // the name that the client gave, empty before EHLO
	extended bool                 // EHLO or LHLO rather than HELO
	user     string               // who has authenticated, empty for nobody
	envelope envelope
	failures int  // wrong credentials so far
	secrets  bool // there was an AUTH, so what is no command may be a secret
	done     bool // the conversation is over
	linger   bool // and the client may still be sending
}

// flags say what the loop requires before it hands a command to its handler.
type flags uint16

const (
	overSMTP   flags = 1 << iota // known to the SMTP services
	overLMTP                     // known to LMTP
	noArgument                   // 501 with one (RFC 5321 4.1.1)
	anyUTF8                      // the argument may hold UTF-8 (RFC 6531 3.1)
	afterHello                   // 503 before HELO, EHLO or LHLO (RFC 5321 4.1.4)
	afterEHLO                    // 503 unless extensions are in use
	needsUser                    // 530 on a submission service before AUTH (RFC 4954 6)
	plainReply                   // no enhanced status codes in the replies (RFC 2034 4)
	mayWait                      // the reply may leave with those to what follows; all others go at once (RFC 2920 3.2 (5))

	everywhere = overSMTP | overLMTP
)

// command is an entry of the command table.
type command struct {
	verb  string
	run   func(s *session, arg string) reply
	limit int // octets in the line, CRLF included
	flags flags
}

// Limits of command lines (RFC 5321 4.5.3.1.4), to which extensions add: DSN 524 (RFC 3461 5.4 says 1036 in all), SIZE 26
// (RFC 1870 3), BODY 16 (RFC 3030 3), AUTH 500 (RFC 4954 3), SMTPUTF8 10 (RFC 6531 3.1).
const (
	lineLimit   = 512
	rcptLimit   = lineLimit + 524
	mailLimit   = lineLimit + 524 + 26 + 16 + 500 + 10
	verifyLimit = lineLimit + 10
)

// commands is what can be said here, the most frequent first.
func commands() []command {
	return []command{
		{"MAIL", (*session).mail, mailLimit, everywhere | anyUTF8 | afterHello | needsUser | mayWait},
		{"RCPT", (*session).rcpt, rcptLimit, everywhere | anyUTF8 | needsUser | mayWait},
		{"DATA", (*session).data, lineLimit, everywhere | noArgument | needsUser},
		{"QUIT", (*session).quit, lineLimit, everywhere | noArgument},
		{"EHLO", (*session).ehlo, lineLimit, overSMTP | plainReply},
		{"LHLO", (*session).ehlo, lineLimit, overLMTP | plainReply},
		{"HELO", (*session).helo, lineLimit, overSMTP | plainReply},
		{"RSET", (*session).rset, lineLimit, everywhere | noArgument | mayWait},
		{"BDAT", (*session).bdat, lineLimit, everywhere | mayWait},
		{"NOOP", (*session).noop, lineLimit, everywhere},
		{"AUTH", (*session).auth, authLimit, everywhere | afterEHLO},
		{"STARTTLS", (*session).starttls, lineLimit, everywhere | noArgument | afterEHLO},
		{"VRFY", (*session).vrfy, verifyLimit, everywhere | anyUTF8 | needsUser},
		{"EXPN", (*session).unimplemented, verifyLimit, everywhere | anyUTF8},
		{"HELP", (*session).help, lineLimit, everywhere},
		{"TURN", (*session).unimplemented, lineLimit, everywhere}, // RFC 5321 F.1
		{"SEND", (*session).unimplemented, mailLimit, everywhere | anyUTF8},
		{"SOML", (*session).unimplemented, mailLimit, everywhere | anyUTF8},
		{"SAML", (*session).unimplemented, mailLimit, everywhere | anyUTF8}, // RFC 5321 F.6
	}
}

// unknown is what every other verb is answered with (RFC 5321 4.2.4).
func unknown() command { return command{"", (*session).unrecognized, lineLimit, everywhere} }

var (
	errUnknown  = reply{500, "5.5.2", "Command not recognized"}
	errLineEnd  = reply{500, "5.5.2", "Bare CR or LF in the command line"}
	errTooLong  = reply{500, "5.5.2", "Command line too long"}
	errOctets   = reply{501, "5.5.2", "Character not allowed in the argument"}
	errArgument = reply{501, "5.5.4", "This command takes no argument"}
	errNoHello  = reply{503, "5.5.1", "Say hello first"}
	errNoEHLO   = reply{503, "5.5.1", "Say EHLO first"}
	errNoUser   = reply{530, "5.7.0", "Authentication required"}
)

// run holds the conversation.
func (s *session) run() {
	defer func() { s.close(s.linger) }()
	if s.svc == serviceSMTPS && !s.secure() {
		return
	}
	protocol := " ESMTP"
	if s.svc == serviceLMTP {
		protocol = " LMTP"
	}
	s.send(reply{code: 220, text: s.srv.cfg.Hostname + protocol + " smtpspec demo server"})
	for first := true; !s.done; first = false {
		if first && s.strayTLS() {
			return
		}
		line, fault, err := s.readLine(authLimit - len("\r\n"))
		if err != nil {
			s.lost(err)
			return
		}
		s.obey(line, fault)
		if s.srv.closing.Load() && !s.done {
			s.shutDown()
		}
	}
}

// obey runs a command line and sends the reply.
func (s *session) obey(line []byte, fault lineFault) {
	verb, arg, _ := strings.Cut(strings.TrimRight(string(line), " \t"), " ") // trailing blanks: RFC 5321 4.1.1
	cmd := s.find(verb)
	s.sayCommand(line, cmd)
	if len(line)+len("\r\n") > cmd.limit {
		fault = lineTooLong
	}
	r := s.refuse(cmd, arg, fault)
	if r.code == 0 {
		r = cmd.run(s, arg)
	}
	if cmd.flags&plainReply != 0 {
		r.status = ""
	}
	s.send(r)
	if cmd.flags&mayWait == 0 {
		s.bw.Flush()
	}
}

// sayCommand logs a command, but nothing that could be a secret.
func (s *session) sayCommand(line []byte, cmd command) {
	if s.srv.cfg.Log == nil {
		return
	}
	text := string(line)
	switch {
	case cmd.verb == "AUTH":
		s.secrets = true
		verb, rest, _ := strings.Cut(text, " ")
		mechanism, _, given := strings.Cut(rest, " ")
		if text = verb + " " + mechanism; given {
			text += " ***"
		}
	case cmd.verb == "" && s.secrets:
		text = "***"
	}
	s.say("C: ", text)
}

func (s *session) find(verb string) command {
	here := overSMTP
	if s.svc == serviceLMTP {
		here = overLMTP
	}
	for _, cmd := range s.srv.commands {
		if strings.EqualFold(cmd.verb, verb) { // RFC 5321 2.4
			if cmd.flags&here == 0 { // EHLO to an LMTP server is unknown to it (RFC 2033 4.1)
				break
			}
			return cmd
		}
	}
	cmd := unknown()
	if isHello(verb) {
		cmd.flags |= plainReply
	}
	return cmd
}

// refuse is the reply to a command that must not reach its handler.
func (s *session) refuse(cmd command, arg string, fault lineFault) reply {
	switch {
	case fault == lineTooLong && cmd.limit == authLimit:
		return errAuthTooLong
	case fault == lineTooLong:
		return errTooLong
	case fault == lineBare:
		return errLineEnd
	case cmd.verb != "" && !textOnly(arg, cmd.flags&anyUTF8 != 0): // RFC 5321 2.4, 4.1.2
		return errOctets
	case cmd.flags&noArgument != 0 && arg != "":
		return errArgument
	case cmd.flags&afterHello != 0 && s.hello == "":
		return errNoHello
	case cmd.flags&afterEHLO != 0 && !s.extended:
		return errNoEHLO
	case cmd.flags&needsUser != 0 && s.svc.submission() && !s.trusted():
		return errNoUser
	}
	return reply{}
}

// textOnly tells whether a text is printable ASCII, or with utf8 printable ASCII and 8-bit octets.
func textOnly(text string, utf8 bool) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == 0x7f || c >= 0x80 && !utf8 {
			return false
		}
	}
	return true
}

// unrecognized answers a verb that does not exist. One that a browser sent ends the conversation, lest the page behind
// it speak SMTP through a form.
func (s *session) unrecognized(arg string) reply {
	if strings.Contains(arg, " HTTP/") {
		return s.dismiss("4.7.0", "I can only speak SMTP")
	}
	return errUnknown
}

// strayTLS tells whether a client begins with a ClientHello where clear text is spoken, and dismisses it: no line end
// may ever come.
func (s *session) strayTLS() bool {
	const handshake = 0x16 // RFC 8446 5.1
	b, err := s.br.Peek(1)
	if err != nil || b[0] != handshake || s.tls != nil {
		return false
	}
	s.send(s.dismiss("4.7.0", "TLS does not begin here"))
	return true
}

// lost ends the conversation after a failed read.
func (s *session) lost(err error) {
	switch {
	case s.srv.closing.Load():
		s.shutDown()
	case isTimeout(err):
		s.send(s.dismiss("4.4.2", "Idle for too long, closing connection")) // RFC 5321 4.5.3.2.7
	default: // the client is gone
		s.done = true
	}
}

// shutDown announces the end of the server (RFC 5321 3.8).
func (s *session) shutDown() {
	s.send(s.dismiss("4.3.2", "Service shutting down"))
}

// dismiss is a 421, which ends the conversation and begins with the domain (RFC 5321 4.2.2).
func (s *session) dismiss(status, text string) reply {
	s.done, s.linger = true, true
	return reply{421, status, s.srv.cfg.Hostname + " " + text}
}

// trusted tells whether the client is a user of this server, who may have mail relayed. ANONYMOUS is not.
func (s *session) trusted() bool { return isUser(s.user) }
