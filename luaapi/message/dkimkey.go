package message

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// PrivateKey reads an RSA or Ed25519 key in PEM form (PKCS #1 or #8).
func PrivateKey(text []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return k, nil
		}
		k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			continue
		}
		switch k := k.(type) {
		case *rsa.PrivateKey:
			return k, nil
		case ed25519.PrivateKey:
			return k, nil
		}
		return nil, errors.New("the key is neither RSA nor Ed25519")
	}
	return nil, errors.New("there is no private key in PEM form in it that is not encrypted")
}

// NewRSAKey makes a key of 2048 bits. It is another each time.
func NewRSAKey() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// KeyPEM is a private key as PrivateKey reads it.
func KeyPEM(k crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), err
}

// KeyRecord is what DNS has to say of a key: the text of the TXT record (RFC 6376 3.6.1, RFC 8463 4).
func KeyRecord(k crypto.Signer) (string, error) {
	if public, ok := k.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), nil
	}
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), err
}
