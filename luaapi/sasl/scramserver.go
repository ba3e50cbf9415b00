package sasl

import (
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
)

type scramServer struct {
	server
	hash       scramHash
	plus       bool
	lookup     Lookup
	bindings   []Binding
	nonce      string // the server's part
	salt       []byte
	iterations int

	client  clientFirstMessage
	binding []byte
	first   string // server-first-message
	keys    scramKeys
	known   bool
}

func (h scramHash) newServer(lookup Lookup, bindings []Binding) Server {
	return h.makeServer(h.name, false, lookup, bindings)
}

func (h scramHash) newPlusServer(lookup Lookup, bindings []Binding) Server {
	return h.makeServer(h.name+"-PLUS", true, lookup, bindings)
}

func (h scramHash) makeServer(mechanism string, plus bool, lookup Lookup, bindings []Binding) Server {
	s := &scramServer{hash: h, plus: plus, lookup: lookup, bindings: bindings}
	s.nonce, s.salt, s.iterations = rand.Text(), make([]byte, 16), serverIterations
	rand.Read(s.salt)
	s.server = server{mechanism: mechanism, next: awaitResponse(s.open)}
	return s
}

// open answers the client-first-message. It treats an unknown user like any other: the answer must not tell.
func (s *scramServer) open(response []byte) (_ []byte, _ step, err error) {
	if s.client, err = parseClientFirst(string(response)); err != nil {
		return nil, nil, fmt.Errorf("client-first-message: %w", err)
	}
	if err := s.bind(); err != nil {
		return nil, nil, err
	}
	password, known := s.lookup.secret(s.client.user)
	if !known {
		password = rand.Text()
	}
	s.known = known
	if s.keys, err = s.hash.keys(password, s.salt, s.iterations); err != nil {
		return nil, nil, err
	}
	s.first = "r=" + s.client.nonce + s.nonce + ",s=" + encode64(s.salt) + ",i=" + strconv.Itoa(s.iterations)
	return []byte(s.first), s.verify, nil
}

// bind applies the rules of RFC 5802 6 to the client's channel binding flag.
func (s *scramServer) bind() error {
	h := s.client.header
	switch {
	case s.plus && h.flag != 'p':
		return errors.New("PLUS without channel binding")
	case !s.plus && h.flag == 'p':
		return errors.New("channel binding without PLUS")
	case h.flag == 'n':
		return nil
	case h.flag == 'y':
		// Whoever took PLUS out of the list that the client got is in between.
		if _, ok := bestBinding(s.bindings); ok {
			return fmt.Errorf("%w: the client has not seen that PLUS is offered", ErrCredentials)
		}
		return nil
	}
	b, ok := bindingOf(s.bindings, h.binding)
	if !ok {
		return fmt.Errorf("%w: no channel binding of the type %.100q", ErrCredentials, h.binding)
	}
	s.binding = b.Data
	return nil
}

// verify takes the client-final-message. A failure ends the exchange without a server-final-message, as RFC 5802 5.1 (e)
// allows: in SMTP the reply code says enough.
func (s *scramServer) verify(response []byte) ([]byte, step, error) {
	m, err := parseClientFinal(string(response))
	if err != nil {
		return nil, nil, fmt.Errorf("client-final-message: %w", err)
	}
	authMessage := s.client.bare + "," + s.first + "," + m.withoutProof
	switch {
	case m.nonce != s.client.nonce+s.nonce:
		return nil, nil, errors.New("nonce is not the one of this exchange")
	case !hmac.Equal(m.binding, append([]byte(s.client.header.String()), s.binding...)):
		return nil, nil, fmt.Errorf("%w: channel bindings do not match", ErrCredentials)
	case !s.hash.proves(m.proof, s.keys, authMessage) || !s.known:
		return nil, nil, ErrCredentials
	}
	if err := authorize(s.client.header.authzID, s.client.user); err != nil {
		return nil, nil, err
	}
	return []byte("v=" + encode64(s.hash.signature(s.keys, authMessage))), s.conclude, nil
}

// conclude takes the empty answer to the server-final-message.
func (s *scramServer) conclude(response []byte) ([]byte, step, error) {
	if len(response) != 0 {
		return nil, nil, errors.New("response to the server-final-message is not empty")
	}
	s.user = s.client.user
	return nil, nil, nil
}
