package demo

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/sasl"
)

// maxAuth is the largest base64 text of an exchange, which suffices for everyone (RFC 4954 4).
const maxAuth = 12288

// authLimit is that of a line with such a text as the initial response of a mechanism with the longest name.
const authLimit = len("AUTH ") + 20 + len(" ") + maxAuth + len("\r\n")

// maxFailures is how often a client may give wrong credentials.
const maxFailures = 10

var (
	errAuthTooLong = reply{500, "5.5.6", "Authentication exchange line is too long"}
	errBase64      = reply{501, "5.5.2", "Cannot decode the response"}
	errWrong       = reply{535, "5.7.8", "Authentication credentials invalid"}
)

// offers tells whether a mechanism can be used here and now: the PLUS forms in TLS of ours, EXTERNAL with a certificate of a
// user, ANONYMOUS where it is not taken for a login, and where the configuration wants it those that show a secret in TLS.
func (s *session) offers(mechanism string) bool {
	switch {
	case strings.HasSuffix(mechanism, "-PLUS"):
		return s.tls != nil && !s.srv.cfg.NoBinding
	case mechanism == "EXTERNAL":
		return isUser(s.certified())
	case mechanism == "ANONYMOUS":
		return !s.svc.submission()
	case s.srv.cfg.AuthNeedsTLS && s.tls == nil:
		return strings.HasPrefix(mechanism, "SCRAM-") || mechanism == "CRAM-MD5"
	}
	return true
}

// auth runs a SASL exchange (RFC 4954 4).
func (s *session) auth(arg string) reply {
	name, initial, given := strings.Cut(arg, " ")
	name = strings.ToUpper(name) // RFC 4954 8
	switch {
	case s.user != "":
		return reply{503, "5.5.1", "Already authenticated"}
	case s.envelope.open:
		return reply{503, "5.5.1", "Not during a transaction"}
	case name == "":
		return reply{501, "5.5.4", "Syntax: AUTH mechanism [initial-response]"}
	case !slices.Contains(s.srv.mechs, name) || !s.offers(name):
		return reply{504, "5.5.4", "Mechanism not available"}
	}
	var response []byte // nil when there is none
	if given {
		var ok bool
		if response, ok = decodeInitial(initial); !ok {
			return errBase64
		}
		if name == "CRAM-MD5" { // the server speaks first
			return reply{501, "5.7.0", "This mechanism has no initial response"}
		}
	}
	server, err := sasl.NewServer(name, s.passwords(name), s.bindings())
	if err != nil {
		return reply{504, "5.5.4", "Mechanism not available"}
	}
	return s.exchange(server, response)
}

// exchange holds the dialogue of challenges and responses.
func (s *session) exchange(server sasl.Server, response []byte) reply {
	for {
		challenge, done, err := server.Next(response)
		switch {
		case err != nil: // wrong or malformed: 501 is for base64 (RFC 4954 4)
			return s.failed()
		case done && len(challenge) == 0:
			return s.authenticated(server)
		}
		var r reply
		if response, r = s.challenge(challenge); r.code != 0 || s.done {
			return r
		}
		if done { // the challenge carried the server's own proof
			if len(response) != 0 {
				return s.failed()
			}
			return s.authenticated(server)
		}
	}
}

// challenge sends a challenge and reads the response.
func (s *session) challenge(challenge []byte) ([]byte, reply) {
	s.send(reply{code: 334, text: base64.StdEncoding.EncodeToString(challenge)})
	line, fault, err := s.readLine(maxAuth)
	switch {
	case err != nil:
		s.lost(err)
		return nil, reply{}
	case string(line) == "*":
		s.say("C: *")
		return nil, reply{501, "5.7.0", "Authentication cancelled"}
	}
	s.say("C: ***")
	switch fault {
	case lineTooLong:
		return nil, errAuthTooLong
	case lineBare:
		return nil, errBase64
	}
	response, err := base64.StdEncoding.DecodeString(string(line))
	if err != nil {
		return nil, errBase64
	}
	return response, reply{}
}

// decodeInitial reads an initial response, in which "=" stands for an empty one (RFC 4954 4).
func decodeInitial(text string) ([]byte, bool) {
	if text == "=" {
		return []byte{}, true
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return b, err == nil && len(b) > 0
}

func (s *session) authenticated(server sasl.Server) reply {
	s.user = server.Identity()
	if s.user == "" { // EXTERNAL with nobody asked for is whoever the certificate names
		s.user = s.certified()
	}
	return reply{235, "2.7.0", "Authentication successful"}
}

// failed ends an exchange that did not tell who the client is.
func (s *session) failed() reply {
	if s.failures++; s.failures >= maxFailures {
		return s.dismiss("4.7.0", "Too many failed authentications")
	}
	return errWrong
}

// passwords is what a mechanism may look up. EXTERNAL finds only whom the certificate names.
func (s *session) passwords(mechanism string) sasl.Lookup {
	if mechanism != "EXTERNAL" {
		return password
	}
	return func(user string) (string, bool) { return "", user == s.certified() }
}

// bindings is the channel binding data of the connection, nil in clear.
func (s *session) bindings() []sasl.Binding {
	if s.tls == nil || s.srv.cfg.NoBinding {
		return nil
	}
	p, err := s.srv.pki.get()
	if err != nil {
		return nil
	}
	return sasl.ServerBindings(s.tls, p.leaf)
}
