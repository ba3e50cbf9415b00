package wire

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strings"
	"time"
)

// TLSOptions are how to do a handshake.
type TLSOptions struct {
	ServerName   string         // for SNI and verification; an IP address is verified and not sent (RFC 6066 3)
	Roots        *x509.CertPool // nil for the system's
	Lenient      bool           // a bad certificate does not end the handshake
	Certificates []tls.Certificate
	Min, Max     uint16 // tls.VersionTLS10 and so on; 0 for the default
	Ciphers      []uint16
	ALPN         []string
	Sessions     tls.ClientSessionCache
}

// TLSState is what is known of a TLS connection.
type TLSState struct {
	tls.ConnectionState
	VerifyError          string // "" when the peer's chain and name are good
	CertificateRequested bool
}

// TLSError says why a handshake did not come about.
type TLSError struct {
	// Kind is TLS (the peer sent an alert), Close, Reset, Timeout, Cancelled, Garbage (no TLS came back) or Local (we ended it).
	Kind   Kind
	Alert  string // RFC 8446 6's name of the alert that was received
	Verify string // why the peer's certificate was not accepted; Kind is Local then
	Detail error
}

func (e *TLSError) Error() string {
	switch {
	case e.Alert != "":
		return "the server refused TLS with the alert " + e.Alert
	case e.Verify != "":
		return "the server's certificate is not good: " + e.Verify
	}
	switch e.Kind {
	case Close:
		return "the server closed the connection during the TLS handshake"
	case Reset:
		return "the server reset the connection during the TLS handshake"
	case Timeout:
		return "the TLS handshake did not end in time"
	case Garbage:
		return "the server did not answer with TLS"
	case Cancelled:
		return "the TLS handshake was cut short"
	}
	return "the TLS handshake failed on our side"
}

func (e *TLSError) Unwrap() error { return e.Detail }

// Refused tells whether the peer turned the handshake down: by an alert, a close or a reset. Neither a timeout nor our own check
// of the certificate is a refusal.
func (e *TLSError) Refused() bool { return e.Kind == TLS || e.Kind == Close || e.Kind == Reset }

// Handshake makes the connection a TLS one. Bytes that arrived and were not read are fed to the handshake. The error is a
// *TLSError; the connection is of no use afterwards.
func (c *Conn) Handshake(ctx context.Context, o TLSOptions, deadline time.Time) error {
	c.poll()
	c.mu.Lock()
	c.sock.back = append(c.in, c.sock.back...)
	c.base += int64(len(c.in))
	c.in, c.stamps = nil, nil
	c.mu.Unlock()
	state := &TLSState{}
	secure := tls.Client(c.sock, o.config(state))
	c.sock.records = &recordReader{}
	limit := earlier(ctx, deadline)
	_ = c.sock.SetReadDeadline(limit)
	c.sock.writeCtx, c.sock.idle = ctx, time.Until(limit)
	if ctx.Err() != nil {
		return &TLSError{Kind: Cancelled, Detail: ctx.Err()}
	}
	if c.ended != None && len(c.sock.back) == 0 {
		return c.failed(&TLSError{Kind: c.ended, Detail: c.detail})
	}
	if err := secure.Handshake(); err != nil {
		return c.failed(tlsError(ctx, err, state))
	}
	c.secure, c.stream = secure, secure
	state.ConnectionState = secure.ConnectionState()
	c.TLS = state
	c.Hello = nil
	c.track.reset()
	c.mu.Lock()
	c.ended = None // a FIN seen with bytes still to read ends the TLS stream in its own time
	c.mu.Unlock()
	c.lastWrite = time.Now()
	c.note("TLS %s, %s", VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	if c.Greeting == nil {
		c.track.pending = []string{Greeting}
	}
	return nil
}

func (c *Conn) failed(e *TLSError) *TLSError {
	c.mu.Lock()
	if e.Kind == Close || e.Kind == Reset {
		c.ended = e.Kind
	} else {
		c.ended = TLS
	}
	c.detail = e
	c.mu.Unlock()
	c.note("%s", e.Error())
	return e
}

func tlsError(ctx context.Context, err error, state *TLSState) *TLSError {
	e := &TLSError{Kind: Classify(err), Detail: err}
	var header tls.RecordHeaderError
	var op *net.OpError
	switch {
	case ctx.Err() != nil, e.Kind == Timeout && ended(ctx):
		e.Kind = Cancelled
	case state.VerifyError != "" && errors.Is(err, errBadCertificate):
		e.Kind, e.Verify = Local, state.VerifyError
	case errors.As(err, &header):
		e.Kind = Garbage
	case errors.As(err, &op) && op.Op == "remote error":
		e.Kind, e.Alert = TLS, alertOf(err)
	}
	return e
}

var errBadCertificate = errors.New("certificate not accepted")

func (o TLSOptions) config(state *TLSState) *tls.Config {
	cfg := &tls.Config{
		ServerName: o.ServerName,
		// Verification is always computed, in VerifyConnection, and sometimes ignored: crypto/tls knows only both or none.
		InsecureSkipVerify:          true,
		MinVersion:                  o.Min,
		MaxVersion:                  o.Max,
		CipherSuites:                o.Ciphers,
		NextProtos:                  o.ALPN,
		ClientSessionCache:          o.Sessions,
		DynamicRecordSizingDisabled: true, // a write goes out as one record
	}
	cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		state.CertificateRequested = true
		if len(o.Certificates) > 0 {
			return &o.Certificates[0], nil
		}
		return &tls.Certificate{}, nil
	}
	cfg.VerifyConnection = func(cs tls.ConnectionState) error {
		state.VerifyError = verify(cs.PeerCertificates, o)
		if state.VerifyError != "" && !o.Lenient {
			return errBadCertificate
		}
		return nil
	}
	return cfg
}

// verify says what is wrong with a chain, or "".
func verify(chain []*x509.Certificate, o TLSOptions) string {
	if len(chain) == 0 {
		return "the server sent no certificate"
	}
	opts := x509.VerifyOptions{Roots: o.Roots, DNSName: o.ServerName, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(opts)
	return verifyText(err, chain[0], o.ServerName)
}

func verifyText(err error, leaf *x509.Certificate, name string) string {
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	now := time.Now()
	switch {
	case err == nil:
		return ""
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

// VersionName is "1.3" for tls.VersionTLS13 and so on.
func VersionName(v uint16) string {
	switch v {
	case tls.VersionTLS10:
		return "1.0"
	case tls.VersionTLS11:
		return "1.1"
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return "unknown"
}

// StopTLS says close_notify, waits for the peer's until the deadline, and goes on in clear. What the peer still says in
// TLS stays unread.
func (c *Conn) StopTLS(ctx context.Context, deadline time.Time) Kind {
	if c.secure == nil {
		return Local
	}
	c.sock.writeCtx, c.sock.idle = ctx, time.Until(earlier(ctx, deadline))
	_ = c.secure.CloseWrite() // a peer that is gone is seen by the read that follows
	kind := None
	for kind == None {
		kind = c.more(ctx, deadline)
	}
	if kind == Cancelled {
		return kind
	}
	c.mu.Lock()
	if c.ended == Close && c.notified {
		c.ended = None // the TLS stream ended, the TCP one did not
		c.notified = false
	}
	c.mu.Unlock()
	c.sock.back = append(c.sock.records.ahead, c.sock.back...)
	c.sock.records = nil
	c.secure, c.stream, c.TLS, c.Hello = nil, c.sock, nil, nil
	c.track.reset()
	c.note("TLS ended, on in clear")
	return None
}

// alertOf is the name of the alert that the peer sent, by RFC 8446 6 and, for the older ones, RFC 5246 7.2. crypto/tls keeps the
// number in an unexported type of kind uint8.
func alertOf(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) || op.Err == nil {
		return "unknown"
	}
	v := reflect.ValueOf(op.Err)
	if v.Kind() != reflect.Uint8 {
		return "unknown"
	}
	if name, ok := alerts[uint8(v.Uint())]; ok {
		return name
	}
	return fmt.Sprintf("number %d", v.Uint())
}

var alerts = map[uint8]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
	30: "decompression_failure", 40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate",
	44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter",
	48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error", 60: "export_restriction",
	70: "protocol_version", 71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback",
	90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
	112: "unrecognized_name", 113: "bad_certificate_status_response", 115: "unknown_psk_identity",
	116: "certificate_required", 120: "no_application_protocol",
}

// Alert is the name of the alert that ended the TLS connection, or "".
func (c *Conn) Alert() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name := alertOf(c.cause); name != "unknown" {
		return name
	}
	return ""
}

// GiveBack puts bytes that were read back in front of what is unread.
func (c *Conn) GiveBack(b []byte) {
	if len(b) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in = append(bytes.Clone(b), c.in...)
	c.base -= int64(len(b))
}
