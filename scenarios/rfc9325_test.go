package scenarios_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestTLS(t *testing.T) {
	rsa2048 := keyed(t, rsaKey(t, 2048), nil)
	suite(t, "rfc9325/negotiation.lua", []fault{
		{id: "tls-8997-tls12", name: "TLS 1.1 at most", fault: versions(tls.VersionTLS10, tls.VersionTLS11)},
		{id: "tls-8997-tls12", name: "TLS 1.3 alone", fault: versions(tls.VersionTLS13, tls.VersionTLS13), level: "warning"},
		{id: "tls-8997-tls12", name: "TLS 1.2 alone", fault: versions(tls.VersionTLS12, tls.VersionTLS12), right: true},
		{id: "tls-9325-tls13", name: "TLS 1.2 at most", fault: versions(tls.VersionTLS12, tls.VersionTLS12)},
		{id: "tls-8996-no-tls10", name: "taken", fault: versions(tls.VersionTLS10, tls.VersionTLS13)},
		{id: "tls-8996-no-tls10", name: "taken on a port of its own", to: "smtps", fault: versions(tls.VersionTLS10, tls.VersionTLS13)},
		{id: "tls-8996-no-tls11", name: "taken", fault: versions(tls.VersionTLS11, tls.VersionTLS13)},
		{id: "tls-9325-no-static-rsa", name: "preferred", fault: faulty.Fault{TLS: suites12(rsa2048, tls.TLS_RSA_WITH_AES_128_GCM_SHA256)}, level: "failure"},
		{id: "tls-9325-no-static-rsa", name: "taken", fault: faulty.Fault{TLS: suites12(rsa2048, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_GCM_SHA256)}},
		{id: "tls-9325-no-static-rsa", name: "an RSA certificate", fault: faulty.Fault{TLS: rsa2048}, right: true},
		{id: "tls-9325-key-2048", name: "1024 bits", fault: faulty.Fault{TLS: keyed(t, rsaKey(t, 1024), nil)}},
		{id: "tls-9325-key-2048", name: "2048 bits", fault: faulty.Fault{TLS: rsa2048}, right: true},
		{id: "tls-sni-not-required", name: "required", fault: refusesNames(func(name string) bool { return name == "" })},
		{id: "tls-sni-not-required", name: "a known one", fault: refusesNames(func(name string) bool { return name == "unknown.invalid" })},
		{id: "tls-sni-not-required", name: "a known one where mail is submitted", to: "smtps", fault: refusesNames(func(name string) bool { return name == "unknown.invalid" }), level: "note"},
		{id: "tls-alpn-mismatch", name: "taken", fault: protocols("smtp", "http/1.1")},
		{id: "tls-alpn-mismatch", name: "not looked at", fault: protocols(), level: "note"},
		{id: "tls-cert-expiry", name: "over", fault: faulty.Fault{TLS: certified(t, expired)}},
		{id: "tls-cert-expiry", name: "over soon", fault: faulty.Fault{TLS: certified(t, func(x *x509.Certificate) { x.NotAfter = time.Now().AddDate(0, 0, 5) })}},
		{id: "tls-cert-expiry", name: "not begun", fault: faulty.Fault{TLS: certified(t, func(x *x509.Certificate) { x.NotBefore = time.Now().AddDate(0, 0, 5) })}},
		{id: "tls-cert-name-mx", name: "another", fault: faulty.Fault{TLS: certified(t, func(x *x509.Certificate) { x.DNSNames = []string{"www.demo.test"} })}},
		{id: "tls-cert-name-mx", name: "a wildcard", fault: faulty.Fault{TLS: certified(t, func(x *x509.Certificate) { x.DNSNames = []string{"*.demo.test"} })}, right: true},
		{id: "tls-cert-name-mx", name: "a wildcard for what is below", fault: faulty.Fault{TLS: certified(t, func(x *x509.Certificate) { x.DNSNames = []string{"*.mx.demo.test"} })}},
		{id: "tls-cert-chain", name: "signed by itself", fault: faulty.Fault{TLS: certified(t, nil)}},
		{id: "tls-cert-chain", name: "a certificate too many", fault: faulty.Fault{TLS: certificateMore(certified(t, func(x *x509.Certificate) { x.Subject.CommonName = "other.test" }))}},
		{id: "tls-resumption-keeps-auth-off", name: "logged in", fault: loginResumed()},
	})
}

func versions(least, most uint16) faulty.Fault {
	return faulty.Fault{TLS: func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = least, most }}
}

// suites12 serves TLS 1.2 with a certificate and some suites.
func suites12(certificate func(*tls.Config), suites ...uint16) func(*tls.Config) {
	return func(cfg *tls.Config) {
		certificate(cfg)
		cfg.MaxVersion, cfg.CipherSuites = tls.VersionTLS12, suites
	}
}

func protocols(names ...string) faulty.Fault {
	return faulty.Fault{TLS: func(cfg *tls.Config) { cfg.NextProtos = names }}
}

// refusesNames ends handshakes for some names.
func refusesNames(refused func(name string) bool) faulty.Fault {
	return faulty.Fault{TLS: func(cfg *tls.Config) {
		cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if refused(hello.ServerName) {
				return nil, tls.AlertError(112) // unrecognized_name
			}
			return nil, nil
		}
	}}
}

// certificateMore sends another certificate behind its own, which has not signed that.
func certificateMore(other func(*tls.Config)) func(*tls.Config) {
	return func(cfg *tls.Config) {
		own := cfg.Certificates[0]
		other(cfg)
		own.Certificate = append(own.Certificate[:1:1], cfg.Certificates[0].Certificate...)
		cfg.Certificates = []tls.Certificate{own}
	}
}

// loginResumed takes who resumes TLS for the user.
func loginResumed() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Resumed && !c.User && strings.HasPrefix(text, "MAIL") {
			c.Ask(authPlain)
		}
		return text, false
	}}
}
