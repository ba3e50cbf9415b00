package sasl

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"

	_ "crypto/sha256" // for crypto.Hash.New
	_ "crypto/sha512"
)

// Bindings gives the channel binding data of a connection as its client sees it, the best first. It is nil without TLS.
func Bindings(state *tls.ConnectionState) []Binding {
	if state == nil || len(state.PeerCertificates) == 0 {
		return ServerBindings(state, nil)
	}
	return ServerBindings(state, state.PeerCertificates[0])
}

// ServerBindings is Bindings as the server sees the connection: leaf is the certificate that it showed, which its own
// connection state does not hold.
func ServerBindings(state *tls.ConnectionState, leaf *x509.Certificate) []Binding {
	if state == nil || !state.HandshakeComplete {
		return nil
	}
	var all []Binding
	// With TLS 1.2 and an extended master secret RFC 9266 defines tls-exporter too, with an empty context. There, unlike
	// in TLS 1.3, that gives other keys than no context (RFC 5705 4), and implementations differ in what they do.
	if state.Version >= tls.VersionTLS13 {
		if data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32); err == nil {
			all = append(all, Binding{"tls-exporter", data})
		}
	}
	if data := endPoint(leaf); data != nil {
		all = append(all, Binding{"tls-server-end-point", data})
	}
	// crypto/tls gives none with TLS 1.3, which has no tls-unique (RFC 8446 C.5), nor for a session that was resumed
	// without an extended master secret.
	if len(state.TLSUnique) > 0 {
		all = append(all, Binding{"tls-unique", state.TLSUnique})
	}
	return all
}

// endPoint hashes the certificate with the hash of its signature, where SHA-256 stands in for MD5 and SHA-1 (RFC 5929
// 4.1). A signature that has no hash of its own (Ed25519) leaves the binding undefined.
func endPoint(leaf *x509.Certificate) []byte {
	if leaf == nil {
		return nil
	}
	var hash crypto.Hash
	switch leaf.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		hash = crypto.SHA256
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		hash = crypto.SHA512
	default:
		return nil
	}
	h := hash.New()
	h.Write(leaf.Raw)
	return h.Sum(nil)
}

// bestBinding chooses what a client binds to. With TLS 1.3 that is tls-exporter (RFC 9266 3); below it, the certificate
// goes before tls-unique, which is weak without an extended master secret.
func bestBinding(bindings []Binding) (Binding, bool) {
	for _, t := range []string{"tls-exporter", "tls-server-end-point", "tls-unique"} {
		if b, ok := bindingOf(bindings, t); ok {
			return b, true
		}
	}
	return Binding{}, false
}

func bindingOf(bindings []Binding, typ string) (Binding, bool) {
	for _, b := range bindings {
		if b.Type == typ && len(b.Data) > 0 {
			return b, true
		}
	}
	return Binding{}, false
}
