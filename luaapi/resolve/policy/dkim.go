package policy

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
)

// DKIM is a key that signatures are verified with (RFC 6376 3.6.1).
type DKIM struct {
	Judgement
	KeyType string // "rsa" or "ed25519"
	Bits    int    // of the key; 0 where it cannot be read
	Revoked bool   // its p is empty: signatures by it are not valid any more
	Testing bool   // its t has y: receivers treat the mail as not signed
	Hashes  []string
}

// DKIM reads the key at selector._domainkey.domain.
func (a *Asker) DKIM(ctx context.Context, selector, domain string) (*DKIM, error) {
	records, err := a.texts(ctx, selector+"._domainkey."+domain)
	if err != nil {
		return nil, err
	}
	return parseDKIM(records), nil
}

func parseDKIM(records []string) *DKIM {
	p := &DKIM{KeyType: "rsa"}
	text, ok := p.only("DKIM key", records)
	if !ok {
		return p
	}
	key, given := "", false
	for i, t := range p.parseTags(text) {
		switch t.name {
		case "v":
			if t.value != "DKIM1" {
				p.problem("v=%s: DKIM1 expected", t.value)
			} else if i > 0 {
				p.problem("v=DKIM1 has to come first")
			}
		case "k":
			p.KeyType = t.value
		case "p":
			key, given = t.value, true
		default:
			p.flag(t)
		}
	}
	p.judgeKey(key, given)
	return p
}

func (p *DKIM) flag(t tag) {
	words := strings.Split(t.value, ":")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	switch t.name {
	case "h":
		if p.Hashes = words; !slices.Contains(words, "sha256") {
			p.problem("h=%s leaves out sha256, which is the only hash that counts (RFC 8301)", t.value)
		}
	case "s":
		if !slices.Contains(words, "*") && !slices.Contains(words, "email") {
			p.problem("s=%s: the key is not for mail", t.value)
		}
	case "t":
		if slices.Contains(words, "y") {
			p.Testing = true
			p.warning("t=y: the domain only tests DKIM, and receivers treat its mail as if it were not signed")
		}
	}
}

func (p *DKIM) judgeKey(text string, given bool) {
	switch {
	case !given:
		p.problem("p is missing: there is no key")
		return
	case text == "":
		p.Revoked = true
		p.problem("p is empty: the key is revoked")
		return
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		p.problem("p is no base64: the key cannot be read")
		return
	}
	switch p.KeyType {
	case "rsa":
		p.judgeRSA(raw)
	case "ed25519":
		if p.Bits = 8 * len(raw); p.Bits != 256 {
			p.problem("an Ed25519 key has 32 bytes, this one has %d", len(raw))
		}
	default:
		p.problem("k=%s: rsa or ed25519 expected", p.KeyType)
	}
}

func (p *DKIM) judgeRSA(raw []byte) {
	key, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		key, err = x509.ParsePKCS1PublicKey(raw) // which some take for what the RFC means
	}
	pub, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		p.problem("p is no RSA key in DER form: perhaps a part of it is missing")
		return
	}
	switch p.Bits = pub.N.BitLen(); {
	case p.Bits < 1024:
		p.problem("the key has %d bits: receivers do not accept fewer than 1024 (RFC 8301 3.2)", p.Bits)
	case p.Bits < 2048:
		p.warning("the key has %d bits: at least 2048 should be used (RFC 8301 3.2)", p.Bits)
	}
}
