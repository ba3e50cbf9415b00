package wire

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"
)

// secure serves TLS and then what serve does.
func secure(cfg *tls.Config, serve func(*tls.Conn)) func(net.Conn) {
	return func(nc net.Conn) {
		s := tls.Server(nc, cfg)
		if s.Handshake() != nil {
			hold(nc) // let the client read the alert
			return
		}
		if serve != nil {
			serve(s)
		}
	}
}

func shake(t testing.TB, c *Conn, o TLSOptions) *TLSError {
	t.Helper()
	err := c.Handshake(t.Context(), o, patient())
	if err == nil {
		return nil
	}
	return err.(*TLSError)
}

func TestHandshake(t *testing.T) {
	ca := newAuthority(t)
	cfg := &tls.Config{Certificates: []tls.Certificate{ca.sign(nil)}, NextProtos: []string{"smtp"}}
	c := dial(t, secure(cfg, func(s *tls.Conn) {
		say(s, "220 hi\r\n")
		for range 2 {
			text, _ := bufio.NewReader(s).ReadString('\n')
			say(s, "250 "+text)
		}
		s.Close()
	}))
	if e := shake(t, c, TLSOptions{ServerName: "mx.test", Roots: ca.pool, ALPN: []string{"smtp"}}); e != nil {
		t.Fatal(e, e.Detail)
	}
	if c.TLS.VerifyError != "" || VersionName(c.TLS.Version) != "1.3" || c.TLS.NegotiatedProtocol != "smtp" || c.TLS.CertificateRequested {
		t.Errorf("state %+v", c.TLS)
	}
	r := read(t, c)
	wantReply(t, r, "220 hi\r\n", 220, None)
	if r.Verb != Greeting || c.Greeting != r {
		t.Errorf("it answers %q", r.Verb)
	}
	write(t, c, "EHLO x\r\n")
	wantReply(t, read(t, c), "250 EHLO x\r\n", 250, None)
	if c.Hello == nil {
		t.Error("no Hello")
	}
	c.StartBackground()
	write(t, c, strings.Repeat("y", 100000)+"\r\n")
	if r := read(t, c); len(r.Raw) != 100006 {
		t.Errorf("%d bytes", len(r.Raw))
	}
	wantReply(t, read(t, c), "", 0, Close)
	if c.ClosedBy() != "close_notify" {
		t.Errorf("closed by %q", c.ClosedBy())
	}
	if e := shake(t, c, TLSOptions{}); e == nil || e.Kind != Local {
		t.Errorf("a handshake in TLS: %v", e)
	}
}

func TestTLSEnds(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	for _, tt := range []struct {
		name  string
		serve func(*tls.Conn)
		raw   string
		ended Kind
		by    string
	}{
		{"close_notify", func(s *tls.Conn) { _, _ = s.Read(make([]byte, 1)); say(s, "220 h"); s.Close() }, "220 h", Close, "close_notify"},
		{"close_notify alone", func(s *tls.Conn) { _ = s.CloseWrite(); hold(s) }, "", Close, "close_notify"},
		{"fin", func(s *tls.Conn) { _, _ = s.Read(make([]byte, 1)); say(s, "220 h"); s.NetConn().Close() }, "220 h", Close, "fin"},
		{"fin in a record", func(s *tls.Conn) {
			_, _ = s.Read(make([]byte, 1))
			say(s.NetConn(), "\x17\x03\x03\x00\x20abc")
			s.NetConn().Close()
		}, "", Close, "fin"},
		{"reset", func(s *tls.Conn) { say(s, "220 h"); _, _ = s.Read(make([]byte, 1)); reset(s.NetConn()) }, "220 h", Reset, "reset"},
		{"clear text", func(s *tls.Conn) { say(s.NetConn(), "220 hi\r\n220 hi\r\n"); hold(s) }, "", TLS, ""},
		{"a broken record", func(s *tls.Conn) { say(s.NetConn(), "\x17\x03\x03\x00\x20"+strings.Repeat("a", 32)); hold(s) }, "", TLS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, secure(cfg, tt.serve))
			if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
				t.Fatal(e)
			}
			write(t, c, "x") // what closes has read it: bytes unread would make its close a reset
			wantReply(t, read(t, c), tt.raw, 0, tt.ended)
			if c.ClosedBy() != tt.by {
				t.Errorf("closed by %q, want %q", c.ClosedBy(), tt.by)
			}
			if c.Alert() != "" {
				t.Errorf("alert %q, which is ours", c.Alert())
			}
		})
	}
}

func TestHandshakeFails(t *testing.T) {
	cert := selfSigned(t)
	for _, tt := range []struct {
		name    string
		serve   func(net.Conn)
		o       TLSOptions
		kind    Kind
		alert   string
		refused bool
	}{
		{"alert", func(nc net.Conn) { say(nc, "\x15\x03\x01\x00\x02\x02\x28"); hold(nc) }, TLSOptions{}, TLS, "handshake_failure", true},
		{"alert unknown", func(nc net.Conn) { say(nc, "\x15\x03\x01\x00\x02\x02\xc8"); hold(nc) }, TLSOptions{}, TLS, "number 200", true},
		{"close_notify", func(nc net.Conn) { say(nc, "\x15\x03\x01\x00\x02\x01\x00"); hold(nc) }, TLSOptions{}, Close, "", true},
		{"close", func(nc net.Conn) { _, _ = nc.Read(make([]byte, 4096)) }, TLSOptions{}, Close, "", true},
		{"reset", func(nc net.Conn) { _, _ = nc.Read(make([]byte, 1)); reset(nc) }, TLSOptions{}, Reset, "", true},
		{"clear text", func(nc net.Conn) { say(nc, "554 no TLS here\r\n"); hold(nc) }, TLSOptions{}, Garbage, "", false},
		{"wrong message", func(nc net.Conn) { say(nc, "\x16\x03\x03\x00\x04\x0e\x00\x00\x00"); hold(nc) }, TLSOptions{}, Local, "", false},
		{"certificate", secure(&tls.Config{Certificates: []tls.Certificate{cert}}, nil), TLSOptions{}, Local, "", false},
		{"old server", secure(&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, nil),
			TLSOptions{Lenient: true}, TLS, "protocol_version", true},
		{"no common cipher", secure(&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, nil),
			TLSOptions{Lenient: true, Max: tls.VersionTLS12, Ciphers: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}, TLS, "handshake_failure", true},
		{"no common protocol", secure(&tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"a"}}, nil),
			TLSOptions{Lenient: true, ALPN: []string{"b"}}, TLS, "no_application_protocol", true},
		{"client certificate, TLS 1.2", secure(&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12,
			ClientAuth: tls.RequireAnyClientCert}, nil), TLSOptions{Lenient: true}, TLS, "handshake_failure", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, tt.serve)
			e := shake(t, c, tt.o)
			if e == nil {
				t.Fatal("the handshake succeeded")
			}
			if e.Kind != tt.kind || e.Alert != tt.alert || e.Refused() != tt.refused {
				t.Errorf("kind %s, alert %q, refused %v; want %s %q %v (%v)", e.Kind, e.Alert, e.Refused(), tt.kind, tt.alert, tt.refused, e.Detail)
			}
			if c.Alert() != tt.alert {
				t.Errorf("Alert() = %q", c.Alert())
			}
			if tt.name == "clear text" && !strings.Contains(transcriptText(c), "in 554 no TLS here\r\n") {
				t.Error("what came instead of TLS is not in the transcript")
			}
			if unread := c.Close(); len(unread) > 0 {
				t.Errorf("unread %q", unread)
			}
		})
	}
}

// In TLS 1.3 the server looks at our certificate when the handshake is over for us (RFC 8446 4.4.2.4).
func TestLateAlert(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, ClientAuth: tls.RequireAnyClientCert}
	c := dial(t, secure(cfg, nil))
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	if !c.TLS.CertificateRequested {
		t.Error("it was not noticed that the server asked for a certificate")
	}
	if said, kind := c.WaitClose(t.Context(), patient()); kind != TLS {
		t.Errorf("%q %s", said, kind)
	}
	if c.Alert() != "certificate_required" {
		t.Errorf("alert %q", c.Alert())
	}
	client := selfSigned(t)
	c = dial(t, secure(cfg, func(s *tls.Conn) { say(s, "220 hi\r\n"); hold(s) }))
	if e := shake(t, c, TLSOptions{Lenient: true, Certificates: []tls.Certificate{client}}); e != nil {
		t.Fatal(e)
	}
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
}

func TestCertificates(t *testing.T) {
	ca := newAuthority(t)
	stranger := newAuthority(t)
	hours := func(from, to int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.NotBefore = time.Now().Add(time.Duration(from) * time.Hour)
			c.NotAfter = time.Now().Add(time.Duration(to) * time.Hour)
		}
	}
	for _, tt := range []struct {
		name   string
		cert   tls.Certificate
		server string
		want   string // beginning of the error, "" for none
	}{
		{"good", ca.sign(nil), "mx.test", ""},
		{"good in capitals, with a dot", ca.sign(nil), "MX.test.", ""},
		{"good address", ca.sign(nil), "127.0.0.1", ""},
		{"wrong address", ca.sign(nil), "127.0.0.2", "it is not for 127.0.0.2 but for mx.test, 127.0.0.1"},
		{"wrong name", ca.sign(nil), "other.test", "it is not for other.test but for mx.test, 127.0.0.1"},
		{"expired", ca.sign(hours(-48, -24)), "mx.test", "it expired on 2"},
		{"not yet", ca.sign(hours(24, 48)), "mx.test", "it is not valid before 2"},
		{"self-signed", selfSigned(t), "mx.test", "it is self-signed and not trusted"},
		{"unknown authority", stranger.sign(nil), "mx.test", "it is signed by an unknown authority: CN=Test CA"},
		{"for clients", ca.sign(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), "mx.test",
			"it is not meant for servers"},
		{"common name alone", ca.sign(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }), "mx.test",
			"it has no subject alternative name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, lenient := range []bool{false, true} {
				cfg := &tls.Config{Certificates: []tls.Certificate{tt.cert}}
				c := dial(t, secure(cfg, func(s *tls.Conn) { hold(s) }))
				e := shake(t, c, TLSOptions{ServerName: tt.server, Roots: ca.pool, Lenient: lenient})
				got := ""
				switch {
				case e == nil:
					got = c.TLS.VerifyError
				case lenient:
					t.Errorf("lenient, and yet: %v", e)
				default:
					got = e.Verify
					if e.Kind != Local || e.Refused() || e.Detail == nil {
						t.Errorf("kind %s, refused %v, detail %v", e.Kind, e.Refused(), e.Detail)
					}
				}
				if (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
					t.Errorf("lenient %v: %q, want %q", lenient, got, tt.want)
				}
			}
		})
	}
}

func TestOldVersions(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, MinVersion: v, MaxVersion: v}
		c := dial(t, secure(cfg, func(s *tls.Conn) { say(s, "220 hi\r\n"); hold(s) }))
		if e := shake(t, c, TLSOptions{Lenient: true, Min: tls.VersionTLS10}); e != nil {
			t.Fatal(e)
		}
		if c.TLS.Version != v {
			t.Errorf("version %s, want %s", VersionName(c.TLS.Version), VersionName(v))
		}
		wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	}
}

func TestResumption(t *testing.T) {
	ca := newAuthority(t)
	cfg := &tls.Config{Certificates: []tls.Certificate{ca.sign(nil)}}
	l := server(t, "tcp", "127.0.0.1:0", secure(cfg, func(s *tls.Conn) { say(s, "220 hi\r\n"); hold(s) }))
	sessions := tls.NewLRUClientSessionCache(1)
	for i := range 2 {
		c := connect(t, Where{Network: "tcp", Address: l.Addr().String(), ID: 1}, &Transcript{})
		if e := shake(t, c, TLSOptions{ServerName: "mx.test", Roots: ca.pool, Sessions: sessions}); e != nil {
			t.Fatal(e)
		}
		wantReply(t, read(t, c), "220 hi\r\n", 220, None)
		if c.TLS.DidResume != (i == 1) || c.TLS.VerifyError != "" {
			t.Errorf("connection %d: resumed %v, verify error %q", i, c.TLS.DidResume, c.TLS.VerifyError)
		}
		c.Close()
	}
}
