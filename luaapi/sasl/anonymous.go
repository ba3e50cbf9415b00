package sasl

import (
	"errors"
	"unicode/utf8"
)

// maxTrace is the length of the trace information in characters (RFC 4505 2).
const maxTrace = 255

// newAnonymousClient sends the trace information, which may be empty.
func newAnonymousClient(cred Credentials) (Client, error) {
	if utf8.RuneCountInString(cred.Token) > maxTrace {
		return nil, errors.New("the trace information is longer than 255 characters")
	}
	return newMessageClient("ANONYMOUS", cred.Token), nil
}

// newAnonymousServer makes a server that lets everybody in, as "anonymous".
func newAnonymousServer(Lookup, []Binding) Server {
	s := &server{mechanism: "ANONYMOUS", user: "anonymous"}
	s.next = awaitResponse(func(response []byte) ([]byte, step, error) {
		switch {
		case !utf8.Valid(response):
			return nil, nil, errors.New("trace information is not UTF-8")
		case utf8.RuneCount(response) > maxTrace:
			return nil, nil, errors.New("trace information is longer than 255 characters")
		}
		return nil, nil, nil
	})
	return s
}
