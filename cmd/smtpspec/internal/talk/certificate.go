package talk

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// tlsLine tells about a TLS connection in a line.
func tlsLine(t *wire.TLSState) string {
	text := "TLS " + wire.VersionName(t.Version) + ", " + tls.CipherSuiteName(t.CipherSuite)
	if t.VerifyError != "" {
		return text + "; the certificate is not good: " + t.VerifyError
	}
	return text + "; the certificate is good"
}

// tls is /tls.
func (s *session) tls(string) {
	t := s.conn.TLS
	if t == nil {
		s.out.info("the connection is in clear; /starttls begins TLS")
		return
	}
	verdict := "good: chain and name"
	if t.VerifyError != "" {
		verdict = "not good: " + t.VerifyError
	}
	lines := [][2]string{
		{"version", "TLS " + wire.VersionName(t.Version)},
		{"cipher", tls.CipherSuiteName(t.CipherSuite)},
		{"key exchange", t.CurveID.String()},
		{"name asked", t.ServerName},
		{"certificate", verdict},
	}
	if t.CertificateRequested {
		lines = append(lines, [2]string{"asked for", "a certificate of ours"})
	}
	if t.DidResume {
		lines = append(lines, [2]string{"session", "resumed"})
	}
	for i, x := range t.PeerCertificates {
		lines = append(lines, certificateLines(i, x)...)
	}
	for _, l := range lines {
		if l[1] != "" {
			s.out.result(fmt.Sprintf("%-14s%s", l[0], l[1]))
		}
	}
}

// certificateLines tell about a certificate of the chain, the server's own first.
func certificateLines(i int, x *x509.Certificate) [][2]string {
	lines := [][2]string{{fmt.Sprintf("chain %d", i), x.Subject.String()}}
	if i == 0 {
		lines = append(lines, [2]string{"  names", strings.Join(wire.Names(x), ", ")})
	}
	days := int(time.Until(x.NotAfter).Hours() / 24)
	left := fmt.Sprintf("%d days left", days)
	switch {
	case time.Now().After(x.NotAfter):
		left = "expired"
	case time.Now().Before(x.NotBefore):
		left = "not valid yet"
	}
	return append(lines,
		[2]string{"  issuer", x.Issuer.String()},
		[2]string{"  valid", x.NotBefore.UTC().Format(time.DateOnly) + " to " + x.NotAfter.UTC().Format(time.DateOnly) + ", " + left},
		[2]string{"  key", wire.KeyName(x)},
		[2]string{"  SHA-256", wire.Fingerprint(x)},
	)
}
