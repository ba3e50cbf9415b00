package sasl

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// digestMD5Client is RFC 2831's initial authentication, without a security layer (qop=auth). RFC 6331 has moved the mechanism to historic;
// servers that offer it are tested all the same.
type digestMD5Client struct {
	client
	cred     Credentials
	cnonce   string
	rspauth  string // what the server is to send
	verified bool
}

func newDigestMD5Client(cred Credentials) (Client, error) {
	c := &digestMD5Client{cred: cred, cnonce: rand.Text()}
	if c.cred.Service == "" {
		c.cred.Service = "smtp"
	}
	c.client = client{mechanism: "DIGEST-MD5", settle: c.settled}
	c.next = func([]byte) ([]byte, step, error) { return nil, c.respond, nil }
	return c, forbid(0, "user", cred.User, "password", cred.Password, "authzid", cred.AuthzID, "realm", cred.Realm)
}

// respond answers the digest-challenge with the digest-response (RFC 2831 2.1.2).
func (c *digestMD5Client) respond(challenge []byte) ([]byte, step, error) {
	d, err := parseDigestChallenge(string(challenge))
	if err != nil {
		return nil, nil, fmt.Errorf("digest-challenge: %w", err)
	}
	realm := c.cred.Realm
	if realm == "" && len(d.realms) > 0 {
		realm = d.realms[0]
	}
	h := digestHash{user: c.cred.User, realm: realm, password: c.cred.Password, authzID: c.cred.AuthzID, nonce: d.nonce, cnonce: c.cnonce,
		uri: c.cred.Service + "/" + c.cred.Host}
	user := c.cred.User
	if !d.utf8 {
		var ok, alsoRealm bool
		user, ok = latin1(user)
		if realm, alsoRealm = latin1(realm); !ok || !alsoRealm {
			return nil, nil, errors.New("user and realm are not in ISO 8859-1, and the server does not offer charset=utf-8")
		}
	}
	c.rspauth = h.response("")
	var b strings.Builder
	if d.utf8 {
		b.WriteString("charset=utf-8,")
	}
	b.WriteString("username=" + digestQuote(user))
	if realm != "" || len(d.realms) > 0 {
		b.WriteString(",realm=" + digestQuote(realm))
	}
	fmt.Fprintf(&b, ",nonce=%s,nc=00000001,cnonce=%s,digest-uri=%s,response=%s,qop=auth", digestQuote(d.nonce), digestQuote(c.cnonce),
		digestQuote(h.uri), h.response("AUTHENTICATE"))
	if c.cred.AuthzID != "" {
		b.WriteString(",authzid=" + digestQuote(c.cred.AuthzID))
	}
	return []byte(b.String()), c.judge, nil
}

// judge takes the response-auth (RFC 2831 2.1.3). The answer is empty: SMTP has it in a 334 (RFC 4954 4).
func (c *digestMD5Client) judge(challenge []byte) ([]byte, step, error) {
	list, err := parseDirectives(string(challenge))
	if err != nil {
		return nil, nil, fmt.Errorf("response-auth: %w", err)
	}
	i := slices.IndexFunc(list, func(d directive) bool { return d.name == "rspauth" })
	if i < 0 {
		return nil, nil, errors.New("response-auth: there is no rspauth")
	}
	c.verified = subtle.ConstantTimeCompare([]byte(list[i].value), []byte(c.rspauth)) == 1
	return []byte{}, nil, nil
}

func (c *digestMD5Client) settled() error {
	switch {
	case c.next != nil:
		return errors.New("server ended the exchange without proving that it knows the password")
	case !c.verified:
		return errors.New("rspauth is wrong: the server does not know the password")
	}
	return nil
}

// digestHash is what goes into the hashes of RFC 2831 2.1.2.1.
type digestHash struct {
	user, realm, password, authzID, nonce, cnonce, uri string
}

// response is response-value, for the method "AUTHENTICATE", and the value of rspauth, for none.
func (h *digestHash) response(method string) string {
	var parts []string
	for _, text := range []string{h.user, h.realm, h.password} {
		if latin, ok := latin1(text); ok {
			text = latin // what all is in ISO 8859-1 is hashed so
		}
		parts = append(parts, text)
	}
	secret := md5.Sum([]byte(strings.Join(parts, ":")))
	a1 := string(secret[:]) + ":" + h.nonce + ":" + h.cnonce
	if h.authzID != "" {
		a1 += ":" + h.authzID
	}
	a2 := method + ":" + h.uri
	return hexMD5(strings.Join([]string{hexMD5(a1), h.nonce, "00000001", h.cnonce, "auth", hexMD5(a2)}, ":"))
}

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// latin1 is text in ISO 8859-1, if all of it has a place there. What is no UTF-8 is taken for ISO 8859-1 as it is.
func latin1(text string) (string, bool) {
	if !utf8.ValidString(text) {
		return text, true
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return "", false
		}
		b = append(b, byte(r))
	}
	return string(b), true
}
