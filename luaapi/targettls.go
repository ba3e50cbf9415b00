package luaapi

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

// TLSConfig is how a client that is no script does a handshake with the target: by its facts ca and tls_verify, and with any certificate where
// it is on loopback, as scripts do.
func (t *Target) TLSConfig() (*tls.Config, error) {
	verify, given := t.Get("tls_verify")
	cfg := &tls.Config{ServerName: t.Host(), MinVersion: tls.VersionTLS10,
		InsecureSkipVerify: verify == false || isLoopback(t.Host()) && !given}
	text := t.Text("ca")
	if text == "" {
		return cfg, nil
	}
	pem := []byte(text)
	if !strings.Contains(text, "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(text); err != nil {
			return nil, fmt.Errorf("fact ca: %s: %s", text, FileProblem(err))
		}
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("fact ca: there is no certificate in PEM form in it")
	}
	return cfg, nil
}
