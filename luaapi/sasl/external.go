package sasl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// newExternalClient sends the authorization identity, which may be empty (RFC 4422 A.1); who the client is comes from
// the layer below, and so User is not sent.
func newExternalClient(cred Credentials) (Client, error) {
	if err := forbid(0, "authzid", cred.AuthzID); err != nil {
		return nil, err
	}
	return newMessageClient("EXTERNAL", cred.AuthzID), nil
}

type externalServer struct {
	server
	lookup Lookup
}

func newExternalServer(lookup Lookup, _ []Binding) Server {
	s := &externalServer{lookup: lookup}
	s.server = server{mechanism: "EXTERNAL", next: awaitResponse(s.verify)}
	return s
}

func (s *externalServer) verify(response []byte) ([]byte, step, error) {
	authzID := string(response)
	if !utf8.ValidString(authzID) || strings.IndexByte(authzID, 0) >= 0 {
		return nil, nil, errors.New("authorization identity is not UTF-8 without NUL")
	}
	if _, ok := s.lookup(authzID); !ok && authzID != "" {
		return nil, nil, fmt.Errorf("%w: no such authorization identity", ErrCredentials)
	}
	s.user = authzID
	return nil, nil, nil
}
