package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
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
	return "we ended the TLS handshake: what the server chose or said in it was not acceptable"
}

func (e *TLSError) Unwrap() error { return e.Detail }

// Refused tells whether the peer turned the handshake down: by an alert, a close or a reset. Neither a timeout nor our own check
// of the certificate is a refusal.
func (e *TLSError) Refused() bool { return e.Kind == TLS || e.Kind == Close || e.Kind == Reset }

// Handshake makes the connection a TLS one. Bytes that arrived and were not read are fed to the handshake. The error is a
// *TLSError; the connection is of no use afterwards.
func (c *Conn) Handshake(ctx context.Context, o TLSOptions, deadline time.Time) error {
	if c.closed || c.secure != nil {
		return &TLSError{Kind: Local, Detail: errors.New("the connection is closed, or in TLS already")}
	}
	c.poll()
	if ended(ctx) {
		return &TLSError{Kind: Cancelled, Detail: context.Cause(ctx)}
	}
	if c.end.kind != None && len(c.in) == 0 {
		return c.failed(&TLSError{Kind: c.end.kind, Detail: c.end.detail})
	}
	c.feed()
	state := &TLSState{}
	secure := tls.Client(c.sock, o.config(state))
	limit := earlier(ctx, deadline)
	c.sock.readCtx, c.sock.readLimit = ctx, limit
	// Nothing is read meanwhile when a write blocks: what comes is the handshake's.
	c.sock.setPatience(ctx, untilLimit(limit), nil)
	if err := secure.Handshake(); err != nil {
		return c.failed(c.tlsError(ctx, err, state))
	}
	c.secure, c.stream = secure, secure
	state.ConnectionState = secure.ConnectionState()
	c.TLS = state
	c.Hello = nil
	c.mu.Lock()
	c.end = end{} // a FIN seen with bytes still to read ends the TLS stream in its own time
	c.mu.Unlock()
	c.lastWrite = time.Now()
	c.note("TLS %s, %s", VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	c.track.reset()
	if c.Greeting == nil {
		c.track.push(Greeting)
		c.ready = c.lastWrite
	}
	return nil
}

// feed gives what arrived and was not read to the TLS layer.
func (c *Conn) feed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sock.back = append(bytes.Clone(c.in), c.sock.back...)
	c.base += int64(len(c.in))
	c.in, c.stamps = nil, nil
	c.sock.records = &recordReader{fed: len(c.sock.back) > 0}
}

// untilLimit is the time until a deadline; there is always some end to it.
func untilLimit(limit time.Time) time.Duration {
	if limit.IsZero() {
		return 24 * time.Hour
	}
	return time.Until(limit)
}

func (c *Conn) failed(e *TLSError) *TLSError {
	if e.Kind == Garbage && len(c.sock.records.first) > 0 {
		// What came instead of TLS is as good as a reply, to a reader of the transcript.
		c.transcript.in(c.ID, c.sock.records.first, time.Now(), 0, nil)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = end{kind: TLS, at: time.Now(), detail: e, cause: e.Detail}
	if e.Kind == Close || e.Kind == Reset {
		c.end.kind = e.Kind
	}
	c.end.record = c.transcript.add(event.Wire{Time: c.end.at, Conn: c.ID, Dir: event.Info, Data: []byte(e.Error())})
	return e
}

func (c *Conn) tlsError(ctx context.Context, err error, state *TLSState) *TLSError {
	e := &TLSError{Kind: c.classify(err), Detail: err}
	var header tls.RecordHeaderError
	var op *net.OpError
	var bad *badCertificateError
	switch {
	case ended(ctx):
		e.Kind = Cancelled
	case errors.As(err, &bad):
		e.Kind, e.Verify, e.Detail = Local, state.VerifyError, bad.cause
	case errors.As(err, &header):
		e.Kind = Garbage
	case errors.As(err, &op) && op.Op == "remote error":
		e.Kind, e.Alert = TLS, alertOf(err)
	}
	return e
}

// TLSErrorOf is what a handshake that crypto/tls did on its own ended with; name is the one that the certificate was to be for.
func TLSErrorOf(err error, name string) *TLSError {
	e := &TLSError{Kind: Classify(err), Detail: err}
	var cert *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind = Timeout
	case errors.As(err, &cert) && len(cert.UnverifiedCertificates) > 0:
		e.Kind, e.Verify = Local, verifyText(cert.Err, cert.UnverifiedCertificates[0], name)
	case errors.As(err, &header):
		e.Kind = Garbage
	case errors.As(err, &op) && op.Op == "remote error":
		e.Kind, e.Alert = TLS, alertOf(err)
	}
	return e
}

// badCertificateError is how our check of the certificate ends the handshake.
type badCertificateError struct{ cause error }

func (*badCertificateError) Error() string { return "certificate not accepted" }

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
		var cause error
		state.VerifyError, cause = verify(cs.PeerCertificates, o)
		if state.VerifyError != "" && !o.Lenient {
			return &badCertificateError{cause}
		}
		return nil
	}
	return cfg
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
	if c.closed || c.secure == nil {
		return Local
	}
	c.sock.setPatience(ctx, untilLimit(earlier(ctx, deadline)), c.readMeanwhile)
	_ = c.secure.CloseWrite() // a peer that is gone is seen by the read that follows
	c.stopBackground()
	kind := None
	for kind == None && len(c.in) < maxAheadBlocked {
		kind = c.more(ctx, deadline)
	}
	if kind == Cancelled {
		return kind
	}
	c.mu.Lock()
	if c.end.notified {
		c.end = end{} // the TLS stream ended, the TCP one did not
	}
	c.mu.Unlock()
	c.sock.back = append(bytes.Clone(c.sock.records.ahead), c.sock.back...)
	c.sock.records = nil
	c.secure, c.stream, c.TLS, c.Hello = nil, c.sock, nil, nil
	c.track.reset()
	if c.Greeting == nil {
		c.track.push(Greeting)
	}
	c.note("TLS ended, on in clear")
	return None
}
