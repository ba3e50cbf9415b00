package wire

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// verify says what is wrong with a chain, or "", and the cause in the library's words.
func verify(chain []*x509.Certificate, o TLSOptions) (string, error) {
	if len(chain) == 0 {
		return "the server sent no certificate", nil
	}
	opts := x509.VerifyOptions{Roots: o.Roots, DNSName: o.ServerName, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(opts)
	return verifyText(err, chain[0], o.ServerName), err
}

func verifyText(err error, leaf *x509.Certificate, name string) string {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	now := time.Now()
	switch {
	case err == nil:
		return ""
	case errors.As(err, &host) && len(leaf.DNSNames)+len(leaf.IPAddresses) == 0:
		return "it has no subject alternative name, and its common name does not count (RFC 9525 2)"
	case errors.As(err, &host):
		return fmt.Sprintf("it is not for %s but for %s", name, strings.Join(Names(leaf), ", "))
	case errors.As(err, &unknown):
		if leaf.Issuer.String() == leaf.Subject.String() {
			return "it is self-signed and not trusted"
		}
		return "it is signed by an unknown authority: " + leaf.Issuer.String()
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.After(leaf.NotAfter):
		return "it expired on " + leaf.NotAfter.UTC().Format(time.DateOnly)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.Before(leaf.NotBefore):
		return "it is not valid before " + leaf.NotBefore.UTC().Format(time.DateOnly)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "a certificate of its chain is out of its time"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "it is not meant for servers"
	}
	return "its chain does not verify"
}

// Names are the names that a certificate is for: its subject alternative names, or else the common name.
func Names(c *x509.Certificate) []string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 && c.Subject.CommonName != "" {
		names = []string{c.Subject.CommonName}
	}
	if len(names) == 0 {
		return []string{"no name at all"}
	}
	return names
}

// Fingerprint is the certificate's SHA-256 in hex.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// KeyName names a certificate's public key, as in "RSA 2048" or "ECDSA P-256".
func KeyName(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}
