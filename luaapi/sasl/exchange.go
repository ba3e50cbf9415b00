package sasl

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// step takes one message of the peer and gives the answer, and the step that takes the message after it: nil when none
// is to come. Both halves of a mechanism are chains of steps, driven by client and server below.
type step func(message []byte) (answer []byte, next step, err error)

// client drives the steps of a client's half. The first step makes the initial response and is given nil.
type client struct {
	mechanism string
	next      step
	settle    func() error // what Finish asks when it takes more, or less, than all steps done; may be nil
	started   bool
	err       error // ended the exchange
}

func (c *client) Start() ([]byte, error) {
	if c.started {
		return nil, c.fail(errors.New("exchange started twice"))
	}
	c.started = true
	return c.take(nil)
}

func (c *client) Next(challenge []byte) ([]byte, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case !c.started:
		return nil, c.fail(errors.New("challenge before the start of the exchange"))
	case c.next == nil:
		return nil, c.fail(errors.New("unexpected challenge: the exchange is complete"))
	}
	return c.take(challenge)
}

func (c *client) Finish() error {
	switch {
	case c.err != nil:
		return c.err
	case !c.started:
		return c.fail(errors.New("finish before the start of the exchange"))
	case c.settle != nil:
		if err := c.settle(); err != nil {
			return c.fail(err)
		}
	case c.next != nil:
		return c.fail(errors.New("server ended the exchange before it was complete"))
	}
	return nil
}

func (c *client) take(message []byte) ([]byte, error) {
	answer, next, err := c.next(message)
	if err != nil {
		return nil, c.fail(err)
	}
	c.next = next
	return answer, nil
}

func (c *client) fail(err error) error {
	c.err = fmt.Errorf("%s: %w", c.mechanism, err)
	return c.err
}

// newMessageClient is the client of a mechanism that consists of one message of the client.
func newMessageClient(mechanism, message string) *client {
	return &client{mechanism: mechanism, next: func([]byte) ([]byte, step, error) { return []byte(message), nil, nil }}
}

// server drives the steps of a server's half; a step without a next one means success.
type server struct {
	mechanism string
	next      step
	user      string // set by the steps
	done      bool
}

func (s *server) Next(response []byte) ([]byte, bool, error) {
	if s.next == nil {
		return nil, false, fmt.Errorf("%s: response after the end of the exchange", s.mechanism)
	}
	challenge, next, err := s.next(response)
	if err != nil {
		s.next = nil
		return nil, false, fmt.Errorf("%s: %w", s.mechanism, err)
	}
	s.next, s.done = next, next == nil
	return challenge, s.done, nil
}

func (s *server) Identity() string {
	if !s.done {
		return ""
	}
	return s.user
}

// awaitResponse precedes the first step of a mechanism in which the client speaks first: AUTH without an initial
// response gets an empty challenge (RFC 4954 4).
func awaitResponse(then step) step {
	return func(response []byte) ([]byte, step, error) {
		if response == nil {
			return []byte{}, then, nil
		}
		return then(response)
	}
}

// openWith is the first step of a mechanism in which the server speaks first.
func openWith(challenge string, then step) step {
	return func(response []byte) ([]byte, step, error) {
		if response != nil {
			return nil, nil, errors.New("initial response in a mechanism that has none")
		}
		return []byte(challenge), then, nil
	}
}

// secret looks the password up. A user without one cannot log in with the empty password.
func (l Lookup) secret(user string) (string, bool) {
	password, ok := l(user)
	return password, ok && password != ""
}

// matches compares the user's password in constant time.
func (l Lookup) matches(user, password string) bool {
	want, ok := l.secret(user)
	return subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1 && ok
}

// authorize refuses an authorization identity other than the user's own: there is no one here who may act for another.
func authorize(authzID, user string) error {
	if authzID != "" && authzID != user {
		return fmt.Errorf("%w: %.100q may not act as %.100q", ErrCredentials, user, authzID)
	}
	return nil
}

// forbid refuses values that would break the framing of a message. Pairs of the field's name and its value follow; the
// error gives the name only.
func forbid(c byte, pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.IndexByte(pairs[i+1], c) >= 0 {
			return fmt.Errorf("the %s contains the byte 0x%02x, which the mechanism cannot carry", pairs[i], c)
		}
	}
	return nil
}
