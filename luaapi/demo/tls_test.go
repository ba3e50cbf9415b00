package demo

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi/sasl"
)

// Every mechanism that is offered works with the client's half of package sasl.
func TestMechanisms(t *testing.T) {
	srv := startServer(t, Config{})
	certPEM, keyPEM, err := srv.ClientCertificate(firstUser)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, mechanism := range srv.mechs {
			if mechanism == "ANONYMOUS" {
				continue
			}
			t.Run(tls.VersionName(version)+"/"+mechanism, func(t *testing.T) {
				c := newClient(t, srv, srv.SubmissionAddr())
				c.do("ehlo\n> STARTTLS\n< 220 2.0.0 Go ahead")
				conn := tls.Client(c.conn, &tls.Config{ServerName: "mx.demo.test", RootCAs: roots(t, srv), MinVersion: version,
					MaxVersion: version, Certificates: []tls.Certificate{pair}, NextProtos: []string{"smtp"}})
				if err := conn.Handshake(); err != nil {
					t.Fatal(err)
				}
				c.use(conn)
				state := conn.ConnectionState()
				c.do("> EHLO client.example\n<* 250 AUTH *")
				cred := sasl.Credentials{User: firstUser, Password: firstPassword, Token: firstPassword,
					Host: "127.0.0.1", Port: 587}
				if strings.HasSuffix(mechanism, "-PLUS") {
					cred.Bindings = sasl.Bindings(&state)
				}
				authenticate(c, mechanism, cred)
				c.do("> MAIL FROM:<user@demo.test>\n< 250 2.1.0 Sender accepted\n> RCPT TO:<a@example.net>\n<* 250 *")
			})
		}
	}
}

// Behind a proxy that does TLS, SCRAM cannot be bound to the client's connection, and says so by not offering PLUS.
func TestNoBinding(t *testing.T) {
	srv := startServer(t, Config{NoBinding: true})
	c := newClient(t, srv, srv.SubmissionAddr())
	c.do("ehlo\n> STARTTLS\n< 220 2.0.0 Go ahead")
	conn := tls.Client(c.conn, &tls.Config{ServerName: "mx.demo.test", RootCAs: roots(t, srv), NextProtos: []string{"smtp"}})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	c.use(conn)
	c.do("> EHLO client.example\n<* 250 AUTH *\n> AUTH SCRAM-SHA-256-PLUS\n<* 504 *")
	state := conn.ConnectionState()
	cred := sasl.Credentials{User: firstUser, Password: firstPassword, Bindings: sasl.Bindings(&state)}
	authenticate(c, "SCRAM-SHA-256", cred)
}

func authenticate(c client, mechanism string, cred sasl.Credentials) {
	c.t.Helper()
	half, err := sasl.NewClient(mechanism, cred)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := half.Start()
	line := "AUTH " + mechanism
	if response != nil {
		line += " " + cmp.Or(base64.StdEncoding.EncodeToString(response), "=")
	}
	for err == nil {
		c.send(line + "\r\n")
		got := c.read()
		text, ok := strings.CutPrefix(got, "334 ")
		if !ok {
			if !strings.HasPrefix(got, "235 ") {
				c.t.Fatalf("%s: %q", mechanism, got)
			}
			err = half.Finish()
			break
		}
		var challenge []byte
		if challenge, err = base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
			response, err = half.Next(challenge)
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
	if err != nil {
		c.t.Fatalf("%s: %v", mechanism, err)
	}
}

// EXTERNAL is not offered to a certificate of another CA, and not for another user.
func TestExternal(t *testing.T) {
	srv, other := startServer(t, Config{}), startServer(t, Config{})
	for _, test := range []struct {
		from *Server
		user string
		want string
	}{
		{srv, firstUser, "535 5.7.8 Authentication credentials invalid"},
		{srv, "stranger", "504 5.5.4 Mechanism not available"},
		{other, firstUser, "504 5.5.4 Mechanism not available"},
	} {
		certPEM, keyPEM, err := test.from.ClientCertificate(test.user)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", srv.SMTPSAddr(), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		c := client{&talker{t: t, srv: srv, repeat: 1}}
		c.use(conn)
		c.do("<* 220 *\nehlo\n> AUTH EXTERNAL dXNlcjI=\n< %s", test.want) // user2
	}
}

func TestTLSRefusals(t *testing.T) {
	srv := startServer(t, Config{})
	for name, cfg := range map[string]*tls.Config{
		"TLS 1.1":                      {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"another application protocol": {NextProtos: []string{"http/1.1"}},
	} {
		cfg.InsecureSkipVerify = true
		if conn, err := tls.Dial("tcp", srv.SMTPSAddr(), cfg); err == nil {
			conn.Close()
			t.Errorf("%s was accepted", name)
		}
	}
}

// After close_notify nothing is obeyed in clear.
func TestCloseNotify(t *testing.T) {
	srv := startServer(t, Config{})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do("ehlo\n> STARTTLS\n< 220 2.0.0 Go ahead")
	raw := c.conn
	c.handshake()
	c.conn.(*tls.Conn).CloseWrite()
	io.WriteString(raw, "NOOP\r\n")
	if rest, _ := io.ReadAll(raw); bytes.Contains(rest, []byte("250")) {
		t.Errorf("after close_notify came %q", rest)
	}
}

// With AuthNeedsTLS nothing is offered, or taken, in clear that shows a secret (RFC 4954 4).
func TestAuthNeedsTLS(t *testing.T) {
	srv := startServer(t, Config{AuthNeedsTLS: true})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do("list\nhas AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 ANONYMOUS")
	for _, mechanism := range []string{"PLAIN AHVzZXIAZGVtby1wYXNzd29yZC0x", "LOGIN", "XOAUTH2", "OAUTHBEARER"} {
		c.do("> AUTH %s\n< 504 5.5.4 *", mechanism)
	}
	c.do("> STARTTLS\n< 220 2.0.0 *\ntls\nehlo\n> AUTH PLAIN AHVzZXIAZGVtby1wYXNzd29yZC0x\n< 235 2.7.0 *")
}
