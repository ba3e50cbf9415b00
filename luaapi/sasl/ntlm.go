package sasl

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf16"
)

// ntlmClient is NTLM version 2 as MS-SMTPNTLM carries it: three messages of MS-NLMP, without signing and sealing.
type ntlmClient struct {
	client
	cred      Credentials
	user      string
	domain    string
	challenge [8]byte // ours
	time      uint64  // in 100 ns since 1601, where the server does not say it
	negotiate []byte
}

// newNTLMClient takes a user with a domain before a backslash, unless a realm is given.
func newNTLMClient(cred Credentials) (Client, error) {
	c := &ntlmClient{cred: cred, user: cred.User, domain: cred.Realm, time: fileTime(time.Now())}
	if domain, user, ok := strings.Cut(cred.User, `\`); ok && cred.Realm == "" {
		c.domain, c.user = domain, user
	}
	rand.Read(c.challenge[:])
	c.client = client{mechanism: "NTLM", next: c.first}
	if len(utf16LE(cred.User)) > maxNTLMField || len(utf16LE(cred.Realm)) > maxNTLMField {
		return c, errors.New("user and realm have 32767 characters at most")
	}
	return c, forbid(0, "user", cred.User, "password", cred.Password, "realm", cred.Realm)
}

// fileTime is a time in MS-DTYP 2.3.3's form.
func fileTime(t time.Time) uint64 {
	const from1601To1970 = 11644473600
	return uint64(t.Unix()+from1601To1970)*1e7 + uint64(t.Nanosecond())/100
}

func (c *ntlmClient) first([]byte) ([]byte, step, error) {
	c.negotiate = ntlmNegotiate()
	return c.negotiate, c.authenticate, nil
}

// authenticate answers the CHALLENGE_MESSAGE (MS-NLMP 3.1.5.1.2).
func (c *ntlmClient) authenticate(message []byte) ([]byte, step, error) {
	m, err := parseNTLMChallenge(message)
	if err != nil {
		return nil, nil, err
	}
	answer := ntlmAuthenticate{user: c.user, domain: c.domain, flags: m.flags & ntlmFlags}
	keys := ntlmV2{key: ntowfV2(c.user, c.domain, c.cred.Password), server: m.challenge, client: c.challenge, time: c.time}
	info := m.info
	answer.withMIC = m.time != nil
	if answer.withMIC {
		keys.time = *m.time
		info = info.withMIC()
		answer.lm = make([]byte, 24)
	} else {
		answer.lm = keys.lmResponse()
	}
	if answer.nt = keys.ntResponse(info.bytes()); len(answer.nt) > maxNTLMField {
		return nil, nil, errors.New("TargetInfo is too long to be answered")
	}
	out := answer.bytes()
	if answer.withMIC {
		sessionKey := hmacMD5(keys.key, answer.nt[:16]) // SessionBaseKey, which is ExportedSessionKey where no key is exchanged
		mic := hmacMD5(sessionKey, c.negotiate, message, out)
		copy(out[ntlmMICAt:], mic)
	}
	return out, nil, nil
}

// ntowfV2 is the key that the password makes (MS-NLMP 3.3.2).
func ntowfV2(user, domain, password string) []byte {
	hash := md4(utf16LE(password))
	return hmacMD5(hash[:], utf16LE(strings.ToUpper(user)+domain))
}

// ntlmV2 is what the responses of NTLM version 2 are made of (MS-NLMP 3.3.2).
type ntlmV2 struct {
	key            []byte
	server, client [8]byte
	time           uint64
}

func (v *ntlmV2) lmResponse() []byte {
	return append(hmacMD5(v.key, v.server[:], v.client[:]), v.client[:]...)
}

// ntResponse is NTProofStr and what it proves.
func (v *ntlmV2) ntResponse(targetInfo []byte) []byte {
	temp := []byte{1, 1, 0, 0, 0, 0, 0, 0}
	temp = binary.LittleEndian.AppendUint64(temp, v.time)
	temp = append(append(temp, v.client[:]...), 0, 0, 0, 0)
	temp = append(append(temp, targetInfo...), 0, 0, 0, 0)
	return append(hmacMD5(v.key, v.server[:], temp), temp...)
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	h.Write(bytes.Join(parts, nil))
	return h.Sum(nil)
}

func utf16LE(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}
