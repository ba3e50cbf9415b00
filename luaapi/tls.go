package luaapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type tlsOptions struct {
	Verify     *bool    `lua:"verify" doc:"Whether a bad certificate breaks the handshake. It is verified in any case, into c.tls." default:"true, but false where the host is loopback or the fact tls_verify is false"`
	CA         string   `lua:"ca" doc:"The CA to trust: PEM text, or a file relative to the script." default:"the fact ca, or the system's"`
	Cert       string   `lua:"cert" doc:"Our own certificate: PEM text, or a file relative to the script." default:"the fact cert, or none"`
	Key        string   `lua:"key" doc:"Its key: PEM text, or a file relative to the script." default:"the fact key"`
	ServerName string   `lua:"server_name" doc:"Name for SNI and verification." default:"the host that was connected to"`
	Min        string   `lua:"min" doc:"Lowest version: \"1.0\", \"1.1\", \"1.2\" or \"1.3\"." default:"\"1.2\", or what a lower max needs"`
	Max        string   `lua:"max" doc:"Highest version; alone it lowers min." default:"\"1.3\", or \"1.2\" with ciphers"`
	Ciphers    []string `lua:"ciphers" doc:"Cipher suites up to TLS 1.2, by their IANA names." default:"those that are thought safe"`
	ALPN       []string `lua:"alpn" doc:"Protocols to offer (RFC 7301)." default:"none"`
	Expect     string   `lua:"expect" doc:"\"ok\": anything else is a failure. \"refused\": the peer answers by alert, close or reset. \"any\": both will do." default:"\"ok\""`
}

var tlsTable = bind.OptionsOf[tlsOptions]("smtp.TLSOptions", "How to do a TLS handshake.")

// refusalTime is how long to wait, after a handshake that was to be refused, for the refusal that TLS 1.3 sends only
// then (RFC 8446 4.4.2.4: the server checks our certificate after it said Finished).
const refusalTime = time.Second

var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func (k *conn) starttls(c *bind.Call) error {
	if err := k.inClear(c); err != nil {
		return err
	}
	r, err := k.command(c, "STARTTLS", codes(220))
	if err != nil {
		return err
	}
	if expects(c.Table(0)) == "any" {
		return k.pushHandshake(c, lua.LTrue)
	}
	return k.pushHandshake(c, r.object())
}

func (k *conn) handshakeOnly(c *bind.Call) error {
	if err := k.inClear(c); err != nil {
		return err
	}
	return k.pushHandshake(c, lua.LTrue)
}

func (k *conn) inClear(c *bind.Call) error {
	if k.wire.TLS != nil {
		return fmt.Errorf("%s: the connection is in TLS already", c.Name())
	}
	return nil
}

// pushHandshake does the handshake and gives done, or what the options of the call make of another end.
func (k *conn) pushHandshake(c *bind.Call, done lua.LValue) error {
	ok, reason, err := k.handshake(c, c.Table(0), false)
	switch {
	case err != nil:
		return err
	case !ok:
		return c.PushAll(lua.LNil, lua.LString(reason))
	case reason != "":
		return c.PushAll(lua.LTrue, lua.LString(reason))
	}
	return c.Push(done)
}

func expects(t *lua.LTable) string {
	if t == nil {
		return ""
	}
	return lua.LVAsString(t.RawGetString("expect"))
}

// handshake does one and judges it. It gives true, or false and the reason where that is what the options allow; where a
// refusal was expected and came, true and the reason.
func (k *conn) handshake(c *bind.Call, t *lua.LTable, optional bool) (ok bool, reason string, err error) {
	var o tlsOptions
	tlsTable.Decode(k.opts.TLSOptions, &o)
	tlsTable.Decode(t, &o)
	if o.Expect == "" {
		o.Expect = "ok"
	}
	w, err := k.tlsOptions(c, o)
	if err == nil {
		err = oneOf("option expect", o.Expect, "ok", "refused", "any")
	}
	if err != nil {
		return false, "", fmt.Errorf("%s: %w", c.Name(), err)
	}
	limit := k.replyLimit("")
	k.a.meanwhile(k)
	herr := k.wire.Handshake(attemptOf(c.L).ctx, w, k.deadline(limit))
	if herr == nil && o.Expect == "refused" {
		herr = k.lateRefusal(c)
	}
	var e *wire.TLSError
	errors.As(herr, &e)
	if e != nil && e.Kind == wire.Cancelled {
		return false, "", k.a.cancelledWaiting(c.L, k, "the end of the TLS handshake")
	}
	return k.judgeTLS(c, o, e, optional)
}

// lateRefusal waits a moment for an alert that comes after the handshake.
func (k *conn) lateRefusal(c *bind.Call) error {
	said, kind := k.wire.WaitClose(attemptOf(c.L).ctx, k.deadline(refusalTime))
	switch kind {
	case wire.Cancelled:
		return &wire.TLSError{Kind: kind}
	case wire.Close, wire.Reset, wire.TLS:
		return &wire.TLSError{Kind: kind, Alert: k.wire.Alert()}
	}
	k.wire.GiveBack(said)
	return nil
}

func (k *conn) judgeTLS(c *bind.Call, o tlsOptions, e *wire.TLSError, optional bool) (bool, string, error) {
	got := "the handshake succeeded"
	if e != nil {
		got = e.Error()
	}
	ok := o.Expect == "any" || o.Expect == "ok" && e == nil || o.Expect == "refused" && e != nil && e.Refused()
	if optional && !ok {
		return false, tlsReason(e), nil
	}
	want := map[string]string{"ok": "a TLS handshake", "refused": "the handshake refused by alert, close or reset", "any": "a handshake, or a refusal"}[o.Expect]
	k.a.expected(c.L, event.Expectation{What: "handshake", OK: ok, Want: want, Got: got})
	switch {
	case !ok:
		f := event.Failure{Kind: "tls", Message: got, Want: want, Got: got, Conn: k.wire.ID, Wire: k.a.transcript.Len(), Address: k.address}
		if e != nil {
			f.Detail = k.a.detail(e.Detail)
			if e.Kind == wire.Timeout {
				f.Kind = "timeout"
			}
			f.Hint = certificateHint(e.Verify)
		}
		return false, "", k.a.failed(c.L, f)
	case o.Expect == "refused":
		return true, tlsReason(e), nil
	case e != nil:
		return false, tlsReason(e), nil
	}
	return true, "", nil
}

// certificateHint says what to do about a certificate that is not good, where something can be done on this side.
func certificateHint(problem string) string {
	switch {
	case strings.Contains(problem, "authority"), strings.Contains(problem, "self-signed"):
		return "the fact ca, or the TLS option ca, names who signed it"
	case strings.Contains(problem, "it is not for"):
		return "the TLS option server_name is the name that the certificate has to be for"
	}
	return ""
}

// tlsReason is what a script gets to read of a handshake that failed.
func tlsReason(e *wire.TLSError) string {
	switch {
	case e == nil:
		return ""
	case e.Alert != "":
		return "alert: " + e.Alert
	case e.Verify != "":
		return "certificate: " + e.Verify
	}
	return string(e.Kind)
}

// tlsOptions makes a handshake's options of the script's and the target's.
func (k *conn) tlsOptions(c *bind.Call, o tlsOptions) (w wire.TLSOptions, err error) {
	t := k.a.env.Target
	w.ServerName, w.ALPN, w.Sessions = o.ServerName, o.ALPN, k.a.sessions()
	if w.ServerName == "" {
		w.ServerName = k.host
	}
	verify, given := t.Get("tls_verify")
	w.Lenient = k.onLoopback() && (!given || verify == false) || verify == false
	if o.Verify != nil {
		w.Lenient = !*o.Verify
	}
	dir := filepath.Dir(k.a.caller(c.L))
	if w.Roots, err = k.roots(o, dir); err != nil {
		return w, err
	}
	if w.Certificates, err = k.certificate(o, dir); err != nil {
		return w, err
	}
	if w.Min, w.Max, err = versions(o); err != nil {
		return w, err
	}
	w.Ciphers, err = ciphers(o.Ciphers)
	if len(w.Ciphers) > 0 && w.Max == 0 {
		w.Max = tls.VersionTLS12 // the list says nothing of TLS 1.3, which would be taken first
	}
	return w, err
}

// onLoopback tells whether the peer is on this machine.
func (k *conn) onLoopback() bool {
	host, _, _ := net.SplitHostPort(k.address) // the address of an exchanger that only has a name in DNS
	return isLoopback(k.host) || isLoopback(host)
}

func versions(o tlsOptions) (low, high uint16, err error) {
	for _, v := range []struct {
		option, text string
		to           *uint16
	}{{"min", o.Min, &low}, {"max", o.Max, &high}} {
		if v.text == "" {
			continue
		}
		n, ok := tlsVersions[v.text]
		if !ok {
			return 0, 0, fmt.Errorf("option %s: %q is no TLS version: write \"1.0\", \"1.1\", \"1.2\" or \"1.3\"", v.option, v.text)
		}
		*v.to = n
	}
	if high != 0 && low == 0 && high < tls.VersionTLS12 {
		low = tls.VersionTLS10
	}
	if high != 0 && low > high {
		return 0, 0, fmt.Errorf("option min is above option max")
	}
	return low, high, nil
}

func ciphers(names []string) ([]uint16, error) {
	known := map[string]*tls.CipherSuite{}
	var all []string
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range list {
			known[s.Name] = s
			all = append(all, s.Name)
		}
	}
	var ids []uint16
	for _, n := range names {
		s := known[n]
		switch {
		case s == nil:
			return nil, fmt.Errorf("option ciphers: unknown cipher suite %q%s", n, spell.Hint(n, all))
		case s.SupportedVersions[0] == tls.VersionTLS13:
			return nil, fmt.Errorf("option ciphers: %s is a suite of TLS 1.3, which cannot be chosen here", n)
		}
		ids = append(ids, s.ID)
	}
	return ids, nil
}

func (k *conn) roots(o tlsOptions, dir string) (*x509.CertPool, error) {
	text, err := k.pem("ca", o.CA, dir)
	if err != nil || text == nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("ca: there is no certificate in PEM form in it")
	}
	return pool, nil
}

func (k *conn) certificate(o tlsOptions, dir string) ([]tls.Certificate, error) {
	cert, err := k.pem("cert", o.Cert, dir)
	if err != nil || cert == nil {
		return nil, err
	}
	key, err := k.pem("key", o.Key, dir)
	if err != nil {
		return nil, err
	}
	return keyPair(cert, key)
}

// pem is PEM text given as an option (a path is relative to the script), or else as a fact (already absolute).
func (k *conn) pem(name, value, dir string) ([]byte, error) {
	switch {
	case value == "":
		return k.a.env.Target.pem(name)
	case strings.Contains(value, "-----BEGIN "):
		return []byte(value), nil
	}
	return k.a.file.readBeside("option "+name, dir, value)
}

// sessions lets connections of one scenario resume each other's TLS sessions.
func (a *attempt) sessions() tls.ClientSessionCache {
	if a.tlsSessions == nil {
		a.tlsSessions = tls.NewLRUClientSessionCache(8)
	}
	return a.tlsSessions
}

func (lang *Language) declareTLS() *bind.Class {
	field := func(name, typ, doc string, get func(s *wire.TLSState, c *bind.Call) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(self.(*wire.TLSState), c), nil
		}}
	}
	text := func(s string) lua.LValue {
		if s == "" {
			return lua.LNil
		}
		return lua.LString(s)
	}
	return &bind.Class{
		Name: "smtp.TLS", Short: "tls", Doc: "What is known of a TLS connection.",
		Fields: []bind.Field{
			field("version", "string", "1.0, 1.1, 1.2 or 1.3.", func(s *wire.TLSState, _ *bind.Call) lua.LValue {
				return lua.LString(wire.VersionName(s.Version))
			}),
			field("cipher", "string", "The cipher suite's IANA name.", func(s *wire.TLSState, _ *bind.Call) lua.LValue {
				return lua.LString(tls.CipherSuiteName(s.CipherSuite))
			}),
			field("alpn", "string?", "The protocol that was agreed on.", func(s *wire.TLSState, _ *bind.Call) lua.LValue { return text(s.NegotiatedProtocol) }),
			field("server_name", "string?", "The name that we gave.", func(s *wire.TLSState, _ *bind.Call) lua.LValue { return text(s.ServerName) }),
			field("verified", "boolean", "Whether the peer's chain and name are good.", func(s *wire.TLSState, _ *bind.Call) lua.LValue { return lua.LBool(s.VerifyError == "") }),
			field("verify_error", "string?", "What is wrong with them.", func(s *wire.TLSState, _ *bind.Call) lua.LValue { return text(s.VerifyError) }),
			field("resumed", "boolean", "Whether an earlier session was resumed.", func(s *wire.TLSState, _ *bind.Call) lua.LValue { return lua.LBool(s.DidResume) }),
			field("client_certificate_requested", "boolean", "Whether the server asked for our certificate.", func(s *wire.TLSState, _ *bind.Call) lua.LValue {
				return lua.LBool(s.CertificateRequested)
			}),
			field("peer_certificates", "smtp.Certificate[]", "The server's chain, its own certificate first.", func(s *wire.TLSState, c *bind.Call) lua.LValue {
				t := c.L.CreateTable(0, 0)
				for _, cert := range s.PeerCertificates {
					t.Append(lang.types.certificate.Object(cert))
				}
				return t
			}),
		},
	}
}

func (lang *Language) declareCertificate() *bind.Class {
	field := func(name, typ, doc string, get func(x *x509.Certificate, c *bind.Call) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(self.(*x509.Certificate), c), nil
		}}
	}
	return &bind.Class{
		Name: "smtp.Certificate", Short: "certificate", Doc: "A certificate of the server's chain.",
		Fields: []bind.Field{
			field("subject", "string", "Whom it is for.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LString(x.Subject.String()) }),
			field("issuer", "string", "Who signed it.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LString(x.Issuer.String()) }),
			field("names", "string[]", "The host names and addresses that it is for.", func(x *x509.Certificate, c *bind.Call) lua.LValue {
				return stringList(c.L, wire.Names(x))
			}),
			field("not_before", "number", "When its time begins, in seconds since 1970.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LNumber(x.NotBefore.Unix()) }),
			field("not_after", "number", "When its time ends, in seconds since 1970.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LNumber(x.NotAfter.Unix()) }),
			field("fingerprint", "string", "SHA-256 in hex.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LString(wire.Fingerprint(x)) }),
			field("key", "string", "Its key, as in RSA 2048 or ECDSA P-256.", func(x *x509.Certificate, _ *bind.Call) lua.LValue { return lua.LString(wire.KeyName(x)) }),
		},
	}
}
