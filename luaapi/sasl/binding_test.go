package sasl

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/xdg-go/scram"
)

// handshake gives both sides' view of one connection, and the certificate.
func handshake(t *testing.T, version uint16) (client, server tls.ConnectionState, leaf *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"mx"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	s := tls.Server(far, &tls.Config{
		Certificates:           []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		SessionTicketsDisabled: true, // which the server would write after the handshake, when nobody reads
	})
	serverErr := make(chan error, 1)
	go func() { serverErr <- s.Handshake() }()
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	c := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: "mx", MinVersion: version, MaxVersion: version})
	if err := errors.Join(c.Handshake(), <-serverErr); err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState(), s.ConnectionState(), leaf
}

func TestBindingsOfBothSidesAgree(t *testing.T) {
	for version, types := range map[uint16][]string{
		tls.VersionTLS12: {"tls-server-end-point", "tls-unique"},
		tls.VersionTLS13: {"tls-exporter", "tls-server-end-point"},
	} {
		client, server, leaf := handshake(t, version)
		ours, theirs := Bindings(&client), ServerBindings(&server, leaf)
		if !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%x: client %v, server %v", version, ours, theirs)
		}
		var got []string
		for _, b := range ours {
			got = append(got, b.Type)
			cred := full
			cred.Bindings = []Binding{b}
			c, s := newPair(t, "SCRAM-SHA-256-PLUS", cred, theirs)
			if cerr, serr := converse(t, c, s, false); cerr != nil || serr != nil {
				t.Errorf("%s: client: %v, server: %v", b.Type, cerr, serr)
			}
		}
		if !reflect.DeepEqual(got, types) {
			t.Errorf("%x: %v, want %v", version, got, types)
		}
		if b, _ := bestBinding(ours); b.Type != types[0] {
			t.Errorf("%x: best is %s", version, b.Type)
		}
		// The oracle.
		if cb, err := scram.NewTLSServerEndpointBinding(&client); err != nil || !endPointIs(ours, cb.Data) {
			t.Errorf("%x: tls-server-end-point differs from the oracle's: %v", version, err)
		}
		if cb, err := scram.NewTLSExporterBinding(&client); version == tls.VersionTLS13 &&
			(err != nil || !bytes.Equal(cb.Data, ours[0].Data)) {
			t.Errorf("tls-exporter differs from the oracle's: %v", err)
		}
	}
}

func endPointIs(bindings []Binding, data []byte) bool {
	b, ok := bindingOf(bindings, "tls-server-end-point")
	return ok && bytes.Equal(b.Data, data)
}

func TestNoBindings(t *testing.T) {
	if b := Bindings(nil); b != nil {
		t.Errorf("without TLS: %v", b)
	}
	if b := ServerBindings(nil, &x509.Certificate{SignatureAlgorithm: x509.SHA256WithRSA}); b != nil {
		t.Errorf("without TLS: %v", b)
	}
	if b := Bindings(&tls.ConnectionState{Version: tls.VersionTLS13}); b != nil {
		t.Errorf("before the end of the handshake: %v", b)
	}
	// A server's own state has the client's certificates or none.
	if b := Bindings(&tls.ConnectionState{Version: tls.VersionTLS12, HandshakeComplete: true}); b != nil {
		t.Errorf("without a certificate: %v", b)
	}
}

func TestEndPointHash(t *testing.T) {
	for algorithm, size := range map[x509.SignatureAlgorithm]int{
		x509.MD5WithRSA: 32, x509.SHA1WithRSA: 32, x509.ECDSAWithSHA1: 32, x509.SHA256WithRSAPSS: 32,
		x509.ECDSAWithSHA384: 48, x509.SHA512WithRSA: 64, x509.PureEd25519: 0, x509.UnknownSignatureAlgorithm: 0,
	} {
		if got := endPoint(&x509.Certificate{Raw: []byte("DER"), SignatureAlgorithm: algorithm}); len(got) != size {
			t.Errorf("%v: %d bytes, want %d", algorithm, len(got), size)
		}
	}
}

func TestChannelBindingMismatch(t *testing.T) {
	other := []Binding{{"tls-exporter", []byte("of another connection")}}
	c, s := newPair(t, "SCRAM-SHA-1-PLUS", full, other)
	if _, err := converse(t, c, s, false); !errors.Is(err, ErrCredentials) {
		t.Errorf("other data: %v", err)
	}
	c, s = newPair(t, "SCRAM-SHA-1-PLUS", full, []Binding{{"tls-unique", []byte("exported")}})
	if _, err := converse(t, c, s, false); !errors.Is(err, ErrCredentials) {
		t.Errorf("other type: %v", err)
	}
}
