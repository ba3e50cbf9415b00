// Package sasl holds the SASL mechanisms that SMTP AUTH (RFC 4954) carries, as state machines for both ends.
//
// The machines know bytes only: base64, the AUTH command and the 334 replies belong to the caller. A client machine is
// driven like this:
//
//	ir, err := client.Start()           // the initial response, nil when the server speaks first
//	resp, err := client.Next(challenge) // once for each 334
//	err := client.Finish()              // after 235: a server that has not proved itself is an error
//
// A caller that holds the initial response back sends it as the answer to the first, empty challenge (RFC 4954 4); the
// machine does not see that challenge. A server machine is driven by the demo server and by tests:
//
//	challenge, done, err := server.Next(response) // response is nil when AUTH came without an initial response
//
// User names and passwords go over the wire as they were given: there is no SASLprep (RFC 4013). It would cost a
// dependency, and whoever tests a server wants it to see what was typed.
//
// Errors name the mechanism and what was wrong with a message. No password, token or digest of one is ever part of them.
package sasl

import "errors"

// Credentials are what a mechanism may draw on; each takes what it needs and ignores the rest.
type Credentials struct {
	User     string // authentication identity
	Password string
	Token    string // bearer token of XOAUTH2 and OAUTHBEARER; ANONYMOUS: the trace information
	AuthzID  string // authorization identity, empty for "the same as User"
	Realm    string // of DIGEST-MD5, "" for the first that the server offers; the domain of NTLM
	Host     string // server name, for OAUTHBEARER (RFC 7628 3.1) and DIGEST-MD5
	Port     int    // server port, for OAUTHBEARER
	Service  string // the protocol's name in DIGEST-MD5 (RFC 2831 2.1.2, serv-type); "" for "smtp"

	// Bindings are those of the connection, see the function Bindings. The PLUS forms need one. SCRAM without PLUS
	// takes them as "this client could have bound the channel, but the server did not offer it" and says "y"
	// (RFC 5802 6), upon which a server that did offer it must fail: leave them empty to use the plain form with such a
	// server.
	Bindings []Binding
}

// Binding is channel binding data (RFC 5056) of the TLS connection that the exchange runs in.
type Binding struct {
	Type string // "tls-exporter" (RFC 9266), "tls-server-end-point" or "tls-unique" (RFC 5929)
	Data []byte
}

// Client is the client's half of one exchange.
type Client interface {
	// Start gives the initial response: nil when the mechanism has none (the server speaks first), empty and not nil
	// when it is the empty string, which goes over the wire as "=" (RFC 4954 4).
	Start() ([]byte, error)
	// Next answers one challenge. After an error the exchange is to be cancelled; the machine answers no more.
	Next(challenge []byte) ([]byte, error)
	// Finish is called when the server says that authentication succeeded. It returns an error when the exchange was
	// not complete or the server has not proved that it knows the secret (SCRAM, RFC 5802 3). It may be called after a
	// failure as well: the error wraps ErrRefused when the server gave its reason in a challenge (SCRAM's "e=", the
	// status of OAuth).
	Finish() error
}

// Server is the server's half of one exchange.
type Server interface {
	// Next takes the client's response, nil when AUTH came without an initial response, and gives the next challenge,
	// or done. An error says that authentication failed: one that wraps ErrCredentials when the credentials were wrong
	// (535), any other when the response was malformed (501).
	Next(response []byte) (challenge []byte, done bool, err error)
	// Identity is the authentication identity; it is valid once done.
	Identity() string
}

// Lookup finds the password of a user for a server machine. For XOAUTH2 and OAUTHBEARER the password is the token.
type Lookup func(user string) (password string, ok bool)

// ErrCredentials is wrapped by the error of a server machine whose peer gave credentials that are wrong.
var ErrCredentials = errors.New("authentication credentials invalid")

// ErrRefused is wrapped by the error of Client.Finish when the server has said in a challenge why it refuses.
var ErrRefused = errors.New("refused by the server")

// ErrUnknownMechanism is wrapped by the error for a mechanism that this package does not know.
var ErrUnknownMechanism = errors.New("unknown SASL mechanism")

// ErrClientOnly is wrapped by the error of NewServer for a mechanism whose server's half is not here.
var ErrClientOnly = errors.New("no server's half of the SASL mechanism")
