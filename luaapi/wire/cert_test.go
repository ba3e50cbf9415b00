package wire

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, pool: x509.NewCertPool()}
	pair := a.sign(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid = true, true
		c.Subject.CommonName = "Test CA"
		c.DNSNames, c.IPAddresses, c.ExtKeyUsage = nil, nil, nil
	})
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	a.pool.AddCert(a.cert)
	return a
}

// sign makes a certificate for mx.test and 127.0.0.1, but for what change says; without a certificate of its own yet, self-signed.
func (a *authority) sign(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "mx.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"mx.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(c)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func selfSigned(t testing.TB) tls.Certificate {
	return (&authority{t: t}).sign(nil)
}

func TestCertificateFacts(t *testing.T) {
	leaf := newAuthority(t).sign(nil).Leaf
	if got := Fingerprint(leaf); len(got) != 64 {
		t.Errorf("fingerprint %s", got)
	}
	for want, key := range map[string]any{
		"ECDSA P-256": leaf.PublicKey, "Ed25519": ed25519.PublicKey{}, "unknown": nil,
		"RSA 2048": &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047)},
	} {
		if got := KeyName(&x509.Certificate{PublicKey: key}); got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	}
	for want, c := range map[string]*x509.Certificate{
		"mx.test 127.0.0.1": leaf, "cn.test": {Subject: pkix.Name{CommonName: "cn.test"}}, "no name at all": {},
	} {
		if got := strings.Join(Names(c), " "); got != want {
			t.Errorf("names %q, want %q", got, want)
		}
	}
}
