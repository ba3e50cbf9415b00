package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

type cramMD5Client struct {
	client
	cred Credentials
}

func newCRAMMD5Client(cred Credentials) (Client, error) {
	c := &cramMD5Client{cred: cred}
	c.client = client{mechanism: "CRAM-MD5", next: func([]byte) ([]byte, step, error) { return nil, c.respond, nil }}
	return c, nil
}

// respond takes any challenge but the empty one: RFC 2195 2 wants the form of a msg-id, which the digest does not depend
// on, and servers are known to send others.
func (c *cramMD5Client) respond(challenge []byte) ([]byte, step, error) {
	if len(challenge) == 0 {
		return nil, nil, errors.New("challenge is empty")
	}
	return []byte(c.cred.User + " " + cramMD5Digest(c.cred.Password, string(challenge))), nil, nil
}

type cramMD5Server struct {
	server
	lookup    Lookup
	challenge string
}

func newCRAMMD5Server(lookup Lookup, _ []Binding) Server {
	s := &cramMD5Server{lookup: lookup}
	s.challenge = fmt.Sprintf("<%s.%d@smtpspec.invalid>", rand.Text(), time.Now().Unix())
	s.server = server{mechanism: "CRAM-MD5"}
	s.next = func(response []byte) ([]byte, step, error) { return openWith(s.challenge, s.verify)(response) }
	return s
}

func (s *cramMD5Server) verify(response []byte) ([]byte, step, error) {
	// The digest has no space in it and the user name may have some.
	i := strings.LastIndexByte(string(response), ' ')
	if i < 1 {
		return nil, nil, errors.New("response is not a user name, a space and a digest")
	}
	user, digest := string(response[:i]), string(response[i+1:])
	if !isCRAMMD5Digest(digest) {
		return nil, nil, errors.New("digest is not 32 lower-case hexadecimal digits")
	}
	password, ok := s.lookup.secret(user)
	if !hmac.Equal([]byte(digest), []byte(cramMD5Digest(password, s.challenge))) || !ok {
		return nil, nil, ErrCredentials
	}
	s.user = user
	return nil, nil, nil
}

func isCRAMMD5Digest(s string) bool {
	return len(s) == 2*md5.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// cramMD5Digest is the keyed MD5 of RFC 2195 2.
func cramMD5Digest(password, challenge string) string {
	h := hmac.New(md5.New, []byte(password))
	h.Write([]byte(challenge))
	return hex.EncodeToString(h.Sum(nil))
}
