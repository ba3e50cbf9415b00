package sasl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kvsep separates the pairs in the messages of both OAuth mechanisms.
const kvsep = "\x01"

// oauthClient sends one message. A server that refuses the token says why in a challenge, in JSON, which has to be
// answered before the failure comes (RFC 7628 3.2.3).
type oauthClient struct {
	client
	message  string
	farewell string // the answer to the server's reasons
	refusal  error
}

// newXOAuth2Client follows developers.google.com/workspace/gmail/imap/xoauth2-protocol.
func newXOAuth2Client(cred Credentials) (Client, error) {
	message := "user=" + cred.User + kvsep + "auth=Bearer " + cred.Token + kvsep + kvsep
	return newOAuthClient("XOAUTH2", message, "", cred)
}

// newOAuthBearerClient follows RFC 7628 3.1. The user goes where an authorization identity belongs, because servers look
// for him there; host and port are left out when unknown.
func newOAuthBearerClient(cred Credentials) (Client, error) {
	header := gs2Header{flag: 'n', authzID: cred.AuthzID}
	if header.authzID == "" {
		header.authzID = cred.User
	}
	message := header.String() + kvsep
	if cred.Host != "" {
		message += "host=" + cred.Host + kvsep
	}
	if cred.Port != 0 {
		message += "port=" + strconv.Itoa(cred.Port) + kvsep
	}
	message += "auth=Bearer " + cred.Token + kvsep + kvsep
	return newOAuthClient("OAUTHBEARER", message, kvsep, cred)
}

func newOAuthClient(mechanism, message, farewell string, cred Credentials) (Client, error) {
	c := &oauthClient{message: message, farewell: farewell}
	c.client = client{mechanism: mechanism, next: c.first, settle: func() error { return c.refusal }}
	return c, forbid(1, "user", cred.User, "token", cred.Token, "authzid", cred.AuthzID, "host", cred.Host)
}

func (c *oauthClient) first([]byte) ([]byte, step, error) {
	return []byte(c.message), c.takeRefusal, nil
}

func (c *oauthClient) takeRefusal(challenge []byte) ([]byte, step, error) {
	var reasons map[string]any
	if err := json.Unmarshal(challenge, &reasons); err != nil || reasons == nil {
		return nil, nil, errors.New("challenge is not a JSON object")
	}
	c.refusal = fmt.Errorf("%w: no status given", ErrRefused)
	if status, ok := reasons["status"]; ok {
		c.refusal = fmt.Errorf("%w: status %.100q", ErrRefused, fmt.Sprint(status))
	}
	return []byte(c.farewell), nil, nil
}

// oauthServer is the server of either; read takes the user and the token out of the client's message.
type oauthServer struct {
	server
	lookup   Lookup
	read     func(message string) (user, token string, err error)
	refusal  string
	farewell string
}

func newXOAuth2Server(lookup Lookup, _ []Binding) Server {
	s := &oauthServer{lookup: lookup, read: readXOAuth2}
	s.refusal = `{"status":"401","schemes":"Bearer","scope":"https://mail.google.com/"}`
	s.server = server{mechanism: "XOAUTH2", next: awaitResponse(s.verify)}
	return s
}

func newOAuthBearerServer(lookup Lookup, _ []Binding) Server {
	s := &oauthServer{lookup: lookup, read: readOAuthBearer, farewell: kvsep}
	s.refusal = `{"status":"invalid_token"}`
	s.server = server{mechanism: "OAUTHBEARER", next: awaitResponse(s.verify)}
	return s
}

func (s *oauthServer) verify(response []byte) ([]byte, step, error) {
	user, token, err := s.read(string(response))
	if err != nil {
		return nil, nil, err
	}
	if !s.lookup.matches(user, token) {
		return []byte(s.refusal), s.refuse, nil
	}
	s.user = user
	return nil, nil, nil
}

// refuse takes the answer to the refusal.
func (s *oauthServer) refuse(response []byte) ([]byte, step, error) {
	if string(response) != s.farewell {
		return nil, nil, fmt.Errorf("response to the refusal is not %q", s.farewell)
	}
	return nil, nil, ErrCredentials
}

func readXOAuth2(message string) (user, token string, err error) {
	pairs, err := kvPairs(message)
	if err != nil {
		return "", "", err
	}
	if pairs["user"] == "" {
		return "", "", errors.New("message has no user")
	}
	token, err = bearer(pairs)
	return pairs["user"], token, err
}

func readOAuthBearer(message string) (user, token string, err error) {
	header, rest, err := cutGS2Header(message)
	switch {
	case err != nil:
		return "", "", err
	case header.flag == 'p':
		return "", "", errors.New("channel binding without PLUS")
	case !strings.HasPrefix(rest, kvsep):
		return "", "", errors.New("gs2 header is not followed by 0x01")
	}
	pairs, err := kvPairs(rest[len(kvsep):])
	if err != nil {
		return "", "", err
	}
	token, err = bearer(pairs)
	return header.authzID, token, err
}

// kvPairs reads *kvpair kvsep (RFC 7628 3.1). Errors do not show the pairs, one of which is the token.
func kvPairs(s string) (map[string]string, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("message is not UTF-8")
	}
	s, ok := strings.CutSuffix(s, kvsep)
	if !ok || s != "" && !strings.HasSuffix(s, kvsep) {
		return nil, errors.New("message does not end with two 0x01")
	}
	pairs := make(map[string]string)
	for pair := range strings.SplitSeq(strings.TrimSuffix(s, kvsep), kvsep) {
		key, value, ok := strings.Cut(pair, "=")
		if _, twice := pairs[key]; !ok || key == "" || twice {
			return nil, errors.New("message is not made of keys, each once, with their values")
		}
		pairs[key] = value
	}
	return pairs, nil
}

// bearer takes the token out of the pair "auth". The scheme's name is in any case (RFC 9110 11.1); without a value the
// client asks what there is (RFC 7628 3.1) and is refused like one whose token is wrong.
func bearer(pairs map[string]string) (string, error) {
	auth, ok := pairs["auth"]
	if !ok {
		return "", errors.New("message has no auth")
	}
	scheme, token, _ := strings.Cut(auth, " ")
	if auth != "" && !strings.EqualFold(scheme, "Bearer") {
		return "", errors.New("auth is not of the scheme Bearer")
	}
	return strings.TrimLeft(token, " "), nil
}
