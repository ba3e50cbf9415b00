package demo

import (
	"strconv"
	"strings"
)

// ehlo greets and lists the extensions (RFC 5321 4.1.1.1); LHLO is the same in LMTP (RFC 2033 4.1).
func (s *session) ehlo(arg string) reply {
	r := s.greet(arg)
	if r.code == 250 {
		s.extended = true
		r.text += "\n" + s.capabilities()
	}
	return r
}

// helo greets without extensions (RFC 5321 4.1.1.1).
func (s *session) helo(arg string) reply {
	r := s.greet(arg)
	if r.code == 250 {
		s.extended = false
	}
	return r
}

// greet takes the client's name; an accepted one ends the transaction, a refused one changes nothing (RFC 5321 4.1.4).
func (s *session) greet(name string) reply {
	if strings.HasPrefix(name, "[") {
		name, _, _ = strings.Cut(name, " ") // what follows a literal only informs (RFC 2821 4.1.1.1)
	}
	if end, ok := scanHost(name, 0); !ok || end != len(name) || !textOnly(name, false) {
		return reply{code: 501, text: "A domain or an address literal is needed"}
	}
	s.hello = name
	s.envelope = envelope{}
	return reply{code: 250, text: s.srv.cfg.Hostname}
}

func isHello(verb string) bool {
	return strings.EqualFold(verb, "EHLO") || strings.EqualFold(verb, "HELO") || strings.EqualFold(verb, "LHLO")
}

// capabilities lists the extensions. HELP is optional and must be listed (RFC 5321 2.2.1), VRFY may be.
func (s *session) capabilities() string {
	var b strings.Builder
	b.WriteString("PIPELINING\nSIZE ")
	b.WriteString(strconv.FormatInt(s.srv.cfg.MaxSize, 10))
	b.WriteString("\n8BITMIME\nSMTPUTF8\nCHUNKING\nBINARYMIME\nDSN\nENHANCEDSTATUSCODES\nVRFY\nHELP")
	if s.tls == nil { // RFC 3207 4.2
		b.WriteString("\nSTARTTLS")
	}
	b.WriteString("\nAUTH")
	for _, m := range s.srv.mechs {
		if s.offers(m) {
			b.WriteByte(' ')
			b.WriteString(m)
		}
	}
	return b.String()
}

// starttls changes to TLS, upon which nothing is left of what was said in clear (RFC 3207 4.2).
func (s *session) starttls(string) reply {
	if s.tls != nil {
		return reply{503, "5.5.1", "TLS is in use already"}
	}
	if _, err := s.srv.pki.get(); err != nil {
		return reply{454, "4.7.0", "TLS is not available"}
	}
	s.send(reply{220, "2.0.0", "Go ahead"})
	s.hello, s.extended, s.user, s.envelope = "", false, "", envelope{}
	s.secure()
	return reply{}
}

// secure does the TLS handshake; without success the conversation is over, for going on in clear would be a downgrade.
func (s *session) secure() bool {
	certs, err := s.srv.pki.get()
	if err == nil {
		cfg := certs.smtp
		if s.svc == serviceLMTP {
			cfg = certs.lmtp
		}
		s.tls, err = s.startTLS(cfg)
	}
	s.done = err != nil
	s.linger = err != nil
	return err == nil
}
