package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
)

// pki makes the certificates when they are first asked for, since most conversations go without TLS.
type pki struct {
	once           sync.Once
	certs          *certificates
	err            error
	hostname, host string // the server's name, and where it listens
}

// certificates are the test CA and what it has signed.
type certificates struct {
	ca    issued
	leaf  *x509.Certificate
	smtp  *tls.Config
	lmtp  *tls.Config
	roots *x509.CertPool
}

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (p *pki) get() (*certificates, error) {
	p.once.Do(func() { p.certs, p.err = makeCertificates(p.hostname, net.ParseIP(p.host)) })
	return p.certs, p.err
}

// makeCertificates makes them for a name, and for an address besides those of loopback if there is one.
func makeCertificates(host string, address net.IP) (*certificates, error) {
	template := newTemplate("smtpspec demo CA")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	ca, err := issue(template, issued{})
	if err != nil {
		return nil, err
	}
	template = newTemplate(host)
	template.DNSNames = []string{host, "localhost"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if address != nil && !address.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, address)
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf, err := issue(template, ca)
	if err != nil {
		return nil, err
	}
	c := &certificates{ca: ca, leaf: leaf.cert, roots: x509.NewCertPool()}
	c.roots.AddCert(ca.cert)
	c.smtp, c.lmtp = newTLSConfig(leaf, "smtp"), newTLSConfig(leaf, "lmtp")
	return c, nil
}

// newTLSConfig asks for a client certificate, for EXTERNAL, and takes a connection with any or none. An application
// protocol that is another's is refused, so that no TLS connection meant for a web server can be diverted here
// (RFC 9325 3.8).
func newTLSConfig(leaf issued, protocol string) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{{
			Certificate: [][]byte{leaf.cert.Raw}, PrivateKey: leaf.key, Leaf: leaf.cert,
		}},
		MinVersion: tls.VersionTLS12, // RFC 8996, RFC 8997
		ClientAuth: tls.RequestClientCert,
		NextProtos: []string{protocol},
	}
}

func newTemplate(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetInt64(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// issue makes a key and has the parent sign its certificate; without a parent it signs itself.
func issue(template *x509.Certificate, parent issued) (issued, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issued{}, err
	}
	if parent.cert == nil {
		parent = issued{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, &key.PublicKey, parent.key)
	if err != nil {
		return issued{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return issued{cert, key}, err
}

// ClientCertificate makes a client certificate for a user, as PEM text with its key, that AUTH EXTERNAL accepts.
func (srv *Server) ClientCertificate(user string) (certPEM, keyPEM string, err error) {
	certs, err := srv.pki.get()
	if err != nil {
		return "", "", err
	}
	template := newTemplate(user)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	client, err := issue(template, certs.ca)
	if err != nil {
		return "", "", err
	}
	key, err := x509.MarshalPKCS8PrivateKey(client.key)
	if err != nil {
		return "", "", err
	}
	return pemText("CERTIFICATE", client.cert.Raw), pemText("PRIVATE KEY", key), nil
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certified is the user whom the client's certificate names, empty without one that this server's CA has signed.
func (s *session) certified() string {
	if s.tls == nil || len(s.tls.PeerCertificates) == 0 {
		return ""
	}
	certs, err := s.srv.pki.get()
	if err != nil {
		return ""
	}
	leaf := s.tls.PeerCertificates[0]
	usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: certs.roots, KeyUsages: usage}); err != nil {
		return ""
	}
	return leaf.Subject.CommonName
}

// ServerTLS makes a CA, and with it a certificate for a server of another kind: for a name, for loopback, and for the address host if it is
// one. It gives what to serve with, and the certificate of the CA in PEM.
func ServerTLS(name, host, protocol string) (cfg *tls.Config, caPEM string, err error) {
	certs, err := makeCertificates(name, net.ParseIP(host))
	if err != nil {
		return nil, "", err
	}
	cfg = certs.smtp.Clone()
	cfg.NextProtos, cfg.ClientAuth = []string{protocol}, tls.NoClientCert
	return cfg, pemText("CERTIFICATE", certs.ca.cert.Raw), nil
}
