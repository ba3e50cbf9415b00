package luaapi

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

// TLSConfig is how a client that is no script does a handshake with the target: by its facts ca and tls_verify, and with any certificate where
// it is on loopback, as scripts do.
func (t *Target) TLSConfig() (*tls.Config, error) { return t.tlsConfig(t.Host()) }

// tlsConfig is that for one of the target's hosts.
func (t *Target) tlsConfig(host string) (*tls.Config, error) {
	verify, given := t.Get("tls_verify")
	cfg := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS10,
		InsecureSkipVerify: verify == false || isLoopback(host) && !given}
	pem, err := t.pem("ca")
	if err != nil || pem == nil {
		return cfg, err
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("fact ca: there is no certificate in PEM form in it")
	}
	return cfg, nil
}

// pem is PEM text that a fact holds or names the file of; nil where it is not set.
func (t *Target) pem(name string) ([]byte, error) {
	text := t.Text(name)
	if text == "" || strings.Contains(text, "-----BEGIN ") {
		return bytesOrNil(text), nil
	}
	b, err := os.ReadFile(text)
	if err != nil {
		return nil, fmt.Errorf("fact %s: %s: %s", name, text, FileProblem(err))
	}
	return b, nil
}

func bytesOrNil(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

// certificate is our own, by the facts cert and key; none where they are not set.
func (t *Target) certificate() ([]tls.Certificate, error) {
	cert, err := t.pem("cert")
	if err != nil || cert == nil {
		return nil, err
	}
	key, err := t.pem("key")
	if err != nil {
		return nil, err
	}
	return keyPair(cert, key)
}

// keyPair is a certificate with its key, which may be in the same file.
func keyPair(cert, key []byte) ([]tls.Certificate, error) {
	if key == nil {
		key = cert
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil && bytes.Equal(key, cert) {
		return nil, fmt.Errorf("cert: there is no key for it: give it as key, or put it into the same file")
	}
	if err != nil {
		return nil, fmt.Errorf("cert and key: they are no pair in PEM form")
	}
	return []tls.Certificate{pair}, nil
}
