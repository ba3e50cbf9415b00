package sasl

import (
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

type scramClient struct {
	client
	hash          scramHash
	cred          Credentials
	nonce         string
	maxIterations int

	header    gs2Header
	binding   []byte
	bare      string // client-first-message-bare
	signature []byte // what the server is to send
	verdict   error  // on the server, for Finish
}

func (h scramHash) newClient(cred Credentials) (Client, error) {
	c := &scramClient{header: gs2Header{flag: 'n'}}
	// A client that can bind and has not been offered it says so (RFC 5802 6): the server's view must be the same.
	if _, ok := bestBinding(cred.Bindings); ok {
		c.header.flag = 'y'
	}
	return c, c.init(h, h.name, cred)
}

func (h scramHash) newPlusClient(cred Credentials) (Client, error) {
	b, _ := bestBinding(cred.Bindings)
	c := &scramClient{header: gs2Header{flag: 'p', binding: b.Type}, binding: b.Data}
	return c, c.init(h, h.name+"-PLUS", cred)
}

func (c *scramClient) init(h scramHash, mechanism string, cred Credentials) error {
	c.hash, c.cred, c.maxIterations = h, cred, maxIterations
	c.nonce = rand.Text()
	c.header.authzID = cred.AuthzID
	c.verdict = errors.New("server ended the exchange without proving that it knows the password")
	c.client = client{mechanism: mechanism, next: c.first, settle: func() error { return c.verdict }}
	return forbid(0, "authzid", cred.AuthzID, "user", cred.User)
}

func (c *scramClient) first([]byte) ([]byte, step, error) {
	c.bare = "n=" + escapeName(c.cred.User) + ",r=" + c.nonce
	return []byte(c.header.String() + c.bare), c.final, nil
}

// final answers the server-first-message with the proof.
func (c *scramClient) final(challenge []byte) ([]byte, step, error) {
	m, err := parseServerFirst(string(challenge))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("server-first-message: %w", err)
	case !strings.HasPrefix(m.nonce, c.nonce):
		return nil, nil, errors.New("server's nonce does not begin with the client's")
	case len(m.nonce) == len(c.nonce):
		return nil, nil, errors.New("server added nothing to the client's nonce")
	case m.iterations > c.maxIterations:
		return nil, nil, fmt.Errorf("server asks for %d iterations, more than %d", m.iterations, c.maxIterations)
	}
	keys, err := c.hash.keys(c.cred.Password, m.salt, m.iterations)
	if err != nil {
		return nil, nil, err
	}
	head := withoutProof(c.header, c.binding, m.nonce)
	authMessage := c.bare + "," + string(challenge) + "," + head
	c.signature = c.hash.signature(keys, authMessage)
	return []byte(head + ",p=" + encode64(c.hash.proof(keys, authMessage))), c.judge, nil
}

// judge keeps what the server-final-message says about the server for Finish. The answer is empty either way: SMTP has
// the last message of the server in a 334 (RFC 4954 4), and after an "e=" the reply that tells the failure comes next.
func (c *scramClient) judge(challenge []byte) ([]byte, step, error) {
	m, err := parseServerFinal(string(challenge))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("server-final-message: %w", err)
	case m.failure != "":
		c.verdict = fmt.Errorf("%w: e=%.100q", ErrRefused, m.failure)
	case !hmac.Equal(m.signature, c.signature):
		c.verdict = errors.New("server signature is wrong: the server does not know the password")
	default:
		c.verdict = nil
	}
	return []byte{}, nil, nil
}
