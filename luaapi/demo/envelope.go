package demo

import "strings"

// envelope is a mail transaction (RFC 5321 3.3). The zero value is none.
type envelope struct {
	open       bool
	from       string // reverse-path without brackets, empty for <>
	recipients []recipient
	refused    bool     // there was a RCPT that was refused
	utf8       bool     // SMTPUTF8
	binary     bool     // BODY=BINARYMIME
	id         string   // ENVID, as xtext
	chunks     *content // what BDAT has brought
}

// recipient is one that RCPT was accepted for.
type recipient struct {
	address   string // without brackets and route
	full      bool   // takes no message
	onSuccess bool   // NOTIFY=SUCCESS
	original  string // ORCPT
}

// mail begins a transaction (RFC 5321 4.1.1.2).
func (s *session) mail(arg string) reply {
	if s.envelope.open {
		return reply{503, "5.5.1", "A transaction is open already"} // RFC 5321 4.1.4
	}
	p, params, r := s.parseArgument(arg, "FROM:")
	e := envelope{open: true, from: p.mailbox}
	for _, param := range params {
		if r.code == 0 {
			r = s.mailParam(&e, param)
		}
	}
	switch {
	case r.code != 0:
		return r
	case !p.ascii && !e.utf8:
		return errNotASCII("FROM:")
	case p.mailbox != "" && p.domain == "": // RFC 5321 2.3.5
		return reply{501, "5.1.7", "The sender has no domain"}
	case s.svc.submission() && !isQualified(p): // RFC 6409 4.2
		return reply{554, "5.1.8", "The domain of the sender is not fully qualified"}
	case s.trusted() && isOthers(p, s.user): // RFC 6409 6.1
		return reply{550, "5.7.1", "The sender is another user"}
	}
	s.envelope = e
	return reply{250, "2.1.0", "Sender accepted"}
}

// rcpt adds a recipient (RFC 5321 4.1.1.3).
func (s *session) rcpt(arg string) reply {
	switch {
	case !s.envelope.open:
		return reply{503, "5.5.1", "MAIL comes first"}
	case s.envelope.chunks != nil: // RFC 3030 2
		return reply{503, "5.5.1", "No recipients between chunks"}
	}
	r := s.addRecipient(arg)
	if r.code != 250 {
		s.envelope.refused = true
	}
	return r
}

func (s *session) addRecipient(arg string) reply {
	p, params, r := s.parseArgument(arg, "TO:")
	to := recipient{address: p.mailbox}
	for _, param := range params {
		if r.code == 0 {
			r = s.rcptParam(&to, param)
		}
	}
	switch {
	case r.code != 0:
		return r
	case p.mailbox == "":
		return reply{501, "5.1.3", "A recipient is needed"}
	case !p.ascii && !s.envelope.utf8:
		return errNotASCII("TO:")
	}
	if r = s.route(p); r.code != 250 {
		return r
	}
	if to.full = isFull(p); to.full && s.svc != serviceLMTP {
		return errFull
	}
	if len(s.envelope.recipients) >= s.srv.cfg.MaxRecipients {
		return reply{452, "4.5.3", "Too many recipients"} // RFC 5321 4.5.3.1.10
	}
	s.envelope.recipients = append(s.envelope.recipients, to)
	return r
}

// parseArgument reads the argument of MAIL or RCPT: a word, a path with nothing between, and parameters.
func (s *session) parseArgument(arg, word string) (path, []param, reply) {
	if len(arg) < len(word) || !strings.EqualFold(arg[:len(word)], word) {
		return path{}, nil, reply{501, "5.5.4", "Syntax: " + word + "<address>"}
	}
	p, rest, ok := parsePath(arg[len(word):])
	if !ok {
		return p, nil, s.errPath(arg, word)
	}
	params, r := parseParams(rest)
	if r.code == 0 && len(params) > 0 && !s.extended { // RFC 5321 2.2.1
		r = errParamHELO
	}
	return p, params, r
}

// errPath answers a path that cannot be read. One with 8-bit octets is wrong for that reason as long as SMTPUTF8 is
// not in force.
func (s *session) errPath(arg, word string) reply {
	switch {
	case !textOnly(arg, false) && !s.envelope.utf8 && !strings.Contains(strings.ToUpper(arg), " SMTPUTF8"):
		return errNotASCII(word)
	case word == "TO:":
		return reply{501, "5.1.3", "Address syntax"}
	}
	return reply{501, "5.1.7", "Address syntax"}
}

// errNotASCII has different codes for MAIL and RCPT (RFC 6531 3.5).
func errNotASCII(word string) reply {
	if word == "TO:" {
		return reply{553, "5.6.7", "SMTPUTF8 is needed for this address"}
	}
	return reply{550, "5.6.7", "SMTPUTF8 is needed for this address"}
}

var errFull = reply{552, "5.2.2", "The mailbox is full"}

// route decides whether a recipient is accepted: mailboxes of this server from everyone, others from users.
func (s *session) route(p path) reply {
	switch {
	case isMailbox(p):
		return reply{250, "2.1.5", "Recipient accepted"}
	case !isLocal(p) && p.domain != "" && s.trusted():
		if s.svc.submission() && !isQualified(p) { // RFC 6409 4.2
			return reply{554, "5.1.2", "The domain of the recipient is not fully qualified"}
		}
		return reply{250, "2.1.5", "Recipient accepted for relaying"}
	case !isLocal(p) && p.domain != "", !s.trusted() && strings.ContainsAny(p.local, "%!@"):
		return reply{550, "5.7.1", "Relaying denied"} // RFC 5321 3.6.2
	case p.domain == "":
		return reply{501, "5.1.3", "The recipient has no domain"} // RFC 5321 2.3.5
	}
	return reply{550, "5.1.1", "No such mailbox"} // RFC 5321 3.3
}
