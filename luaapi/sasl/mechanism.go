package sasl

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// need is a set of the credentials that a mechanism cannot do without.
type need uint8

const (
	needUser need = 1 << iota
	needPassword
	needToken
	needBinding
)

// mechanism is one row of the table that everything about mechanisms is read from.
type mechanism struct {
	name   string
	needs  need
	asks   need // what has to be there besides for Strongest to choose it
	spares need // what must not be there for Strongest to choose it
	client func(Credentials) (Client, error)
	server func(Lookup, []Binding) Server // nil for a mechanism that only clients speak here
}

// table lists the mechanisms, strongest first. A token stands above a password, being of use for a while only; EXTERNAL
// and ANONYMOUS prove nothing by themselves. ANONYMOUS spares a token because its trace must not leak a bearer token.
func table() []mechanism {
	const user, password = needUser, needUser | needPassword
	s1, s256 := scramHash{"SCRAM-SHA-1", sha1.New}, scramHash{"SCRAM-SHA-256", sha256.New}
	return []mechanism{
		{"OAUTHBEARER", needToken, 0, 0, newOAuthBearerClient, newOAuthBearerServer},
		{"XOAUTH2", user | needToken, 0, 0, newXOAuth2Client, newXOAuth2Server},
		{"SCRAM-SHA-256-PLUS", password | needBinding, 0, 0, s256.newPlusClient, s256.newPlusServer},
		{"SCRAM-SHA-256", password, 0, 0, s256.newClient, s256.newServer},
		{"SCRAM-SHA-1-PLUS", password | needBinding, 0, 0, s1.newPlusClient, s1.newPlusServer},
		{"SCRAM-SHA-1", password, 0, 0, s1.newClient, s1.newServer},
		{"DIGEST-MD5", password, 0, 0, newDigestMD5Client, nil},
		{"CRAM-MD5", password, 0, 0, newCRAMMD5Client, newCRAMMD5Server},
		{"NTLM", password, 0, 0, newNTLMClient, nil},
		{"PLAIN", password, 0, 0, newPlainClient, newPlainServer},
		{"LOGIN", password, 0, 0, newLoginClient, newLoginServer},
		{"EXTERNAL", 0, needUser, needPassword, newExternalClient, newExternalServer},
		{"ANONYMOUS", 0, 0, needUser | needPassword | needToken, newAnonymousClient, newAnonymousServer},
	}
}

// NewClient gives the client's half of an exchange. The name of the mechanism may be in any case. The error wraps
// ErrUnknownMechanism, or says which of the credentials is missing or cannot be sent.
func NewClient(mechanism string, cred Credentials) (Client, error) {
	m, err := find(mechanism)
	if err != nil {
		return nil, err
	}
	if missing := m.needs &^ cred.has(); missing != 0 {
		return nil, fmt.Errorf("%s needs %s, and none is given", m.name, missing)
	}
	c, err := m.client(cred)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return c, nil
}

// NewServer gives the server's half of an exchange. The bindings are those of the connection: the PLUS forms need one,
// and SCRAM without PLUS takes their presence for an offer of PLUS (see Credentials.Bindings). An authorization
// identity other than the authentication identity is refused with ErrCredentials.
func NewServer(mechanism string, lookup Lookup, bindings []Binding) (Server, error) {
	m, err := find(mechanism)
	if err != nil {
		return nil, err
	}
	if m.server == nil {
		return nil, fmt.Errorf("%w: %s", ErrClientOnly, m.name)
	}
	if lookup == nil {
		lookup = func(string) (string, bool) { return "", false }
	}
	if _, ok := bestBinding(bindings); !ok && m.needs&needBinding != 0 {
		return nil, fmt.Errorf("%s needs %s, and none is given", m.name, needBinding)
	}
	return m.server(lookup, bindings), nil
}

// Mechanisms lists the mechanisms that this package speaks, strongest first.
func Mechanisms() []string {
	var names []string
	for _, m := range table() {
		names = append(names, m.name)
	}
	return names
}

// ServerMechanisms lists those that NewServer speaks, strongest first.
func ServerMechanisms() []string {
	return slices.DeleteFunc(Mechanisms(), func(name string) bool {
		m, err := find(name)
		return err != nil || m.server == nil
	})
}

// Strongest gives the strongest of the offered mechanisms that the credentials suffice for: those with a token before
// those with a password, EXTERNAL when there is a user and no password, ANONYMOUS when there is nothing at all.
func Strongest(offered []string, cred Credentials) (string, bool) {
	has := cred.has()
	for _, m := range table() {
		isOffered := slices.ContainsFunc(offered, func(o string) bool { return strings.EqualFold(o, m.name) })
		if isOffered && (m.needs|m.asks)&^has == 0 && m.spares&has == 0 {
			return m.name, true
		}
	}
	return "", false
}

func find(name string) (mechanism, error) {
	for _, m := range table() {
		if strings.EqualFold(name, m.name) {
			return m, nil
		}
	}
	return mechanism{}, fmt.Errorf("%w %q", ErrUnknownMechanism, name)
}

// has tells which of the credentials are there.
func (c *Credentials) has() need {
	var n need
	if c.User != "" {
		n |= needUser
	}
	if c.Password != "" {
		n |= needPassword
	}
	if c.Token != "" {
		n |= needToken
	}
	if _, ok := bestBinding(c.Bindings); ok {
		n |= needBinding
	}
	return n
}

// String names the first of the needs.
func (n need) String() string {
	switch {
	case n&needUser != 0:
		return "a user"
	case n&needPassword != 0:
		return "a password"
	case n&needToken != 0:
		return "a token"
	}
	return "channel binding data of a TLS connection"
}
