package sasl

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// newPlainClient makes the message of RFC 4616 2: authzid NUL authcid NUL passwd.
func newPlainClient(cred Credentials) (Client, error) {
	if err := forbid(0, "authzid", cred.AuthzID, "user", cred.User, "password", cred.Password); err != nil {
		return nil, err
	}
	return newMessageClient("PLAIN", cred.AuthzID+"\x00"+cred.User+"\x00"+cred.Password), nil
}

type plainServer struct {
	server
	lookup Lookup
}

func newPlainServer(lookup Lookup, _ []Binding) Server {
	s := &plainServer{lookup: lookup}
	s.server = server{mechanism: "PLAIN", next: awaitResponse(s.verify)}
	return s
}

func (s *plainServer) verify(response []byte) ([]byte, step, error) {
	if !utf8.Valid(response) {
		return nil, nil, errors.New("message is not UTF-8")
	}
	parts := strings.Split(string(response), "\x00")
	if len(parts) != 3 {
		return nil, nil, errors.New("message does not have two NULs")
	}
	authzID, user, password := parts[0], parts[1], parts[2]
	switch {
	case user == "":
		return nil, nil, errors.New("authentication identity is empty")
	case password == "":
		return nil, nil, errors.New("password is empty")
	case !s.lookup.matches(user, password):
		return nil, nil, ErrCredentials
	}
	s.user = user
	return nil, nil, authorize(authzID, user)
}
