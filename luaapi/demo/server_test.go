package demo

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"net"
	"net/smtp"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// fixed is a clock for exact trace fields.
func fixed() time.Time { return time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC) }

func TestFacts(t *testing.T) {
	srv := startServer(t, Config{})
	facts := srv.Facts()
	want := []string{"ca", "from", "host", "hostname", "invalid_rcpt", "lmtp_port", "local_domain", "password", "port",
		"protocol", "relay_domain", "smtps_port", "submission_port", "tls", "user", "valid_rcpt", "valid_rcpt2"}
	if got := slices.Sorted(maps.Keys(facts)); !slices.Equal(got, want) {
		t.Errorf("facts %q, want %q", got, want)
	}
	for name, value := range facts {
		if value == "" {
			t.Errorf("fact %s is empty", name)
		}
	}
	if got := net.JoinHostPort(facts["host"], facts["port"]); got != srv.SMTPAddr() {
		t.Errorf("host and port are %s, want %s", got, srv.SMTPAddr())
	}
	if other := startServer(t, Config{Hostname: "mail.example"}); other.Facts()["hostname"] != "mail.example" {
		t.Error("hostname is not that of the configuration")
	}
}

// roots is a pool of the CA that the facts show.
func roots(t *testing.T, srv *Server) *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(srv.Facts()["ca"])) {
		t.Fatal("the fact ca is not PEM")
	}
	return pool
}

// A client that is not ours delivers by STARTTLS, AUTH PLAIN and SMTPUTF8, with the certificate verified.
func TestNetSMTP(t *testing.T) {
	srv := startServer(t, Config{Now: fixed})
	facts := srv.Facts()
	c, err := smtp.Dial(srv.SubmissionAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	auth := smtp.PlainAuth("", facts["user"], facts["password"], "127.0.0.1")
	for _, err := range []error{
		c.Hello("client.example"),
		c.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: roots(t, srv)}),
		c.Auth(auth),
		c.Mail("sender@example.org"),
		c.Rcpt(facts["valid_rcpt"]),
		c.Rcpt("victim@" + facts["relay_domain"]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "Subject: x\nReturn-Path: <evil@example.net>\n\n.dot\n")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	messages := srv.Messages()
	if len(messages) != 1 {
		t.Fatalf("%d messages, want 1", len(messages))
	}
	m := messages[0]
	if m.From != "sender@example.org" || !slices.Equal(m.To, []string{"user@demo.test", "victim@example.net"}) {
		t.Errorf("from %q to %q", m.From, m.To)
	}
	want := regexp.MustCompile(`^Return-Path: <sender@example\.org>\r\n` +
		`Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n` +
		`\tby mx\.demo\.test with UTF8SMTPSA id D1\r\n\ttls TLS_\w+;\r\n\tTue, 03 Nov 2026 12:00:00 \+0000\r\n` +
		`Date: Tue, 03 Nov 2026 12:00:00 \+0000\r\nMessage-ID: <20261103120000\.000000000\.D1@mx\.demo\.test>\r\n` +
		`Subject: x\r\n\r\n\.dot\r\n$`)
	if !want.Match(m.Data) {
		t.Errorf("stored:\n%s", m.Data)
	}
}

// What is stored is what came, below the trace of a service that adds nothing else.
func TestStored(t *testing.T) {
	srv := startServer(t, Config{Now: fixed})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do(`> HELO [127.0.0.1]
		<* 250 mx.demo.test
		> MAIL FROM:<@a.test:MixedCase@example.org>
		<* 250 *
		> RCPT TO:<@b.test:User@demo.test>
		<* 250 *
		> DATA
		<* 354 *
		>> "..one\r\n...two\r\n..\r\n.x\r\na.\r\nb  \r\n\xe9\x01\r\n.\r\n"
		<* 250 *
		ehlo
		> MAIL FROM:<> SMTPUTF8
		<* 250 *
		rcpt
		> RCPT TO:<user2@demo.test>
		<* 250 *
		>> "BDAT 4\r\n..\r\nBDAT 5 LAST\r\n\n.\n\x00\r"
		<* 250 *
		<* 250 *`)
	const trace = ";\r\n\tTue, 03 Nov 2026 12:00:00 +0000\r\n"
	want := []string{
		"Return-Path: <MixedCase@example.org>\r\nReceived: from [127.0.0.1] ([127.0.0.1])\r\n" +
			"\tby mx.demo.test with SMTP id D1\r\n\tfor <User@demo.test>" + trace +
			".one\r\n..two\r\n.\r\nx\r\na.\r\nb  \r\n\xe9\x01\r\n",
		"Return-Path: <>\r\nReceived: from client.example ([127.0.0.1])\r\n" +
			"\tby mx.demo.test with UTF8SMTP id D2" + trace + "..\r\n\n.\n\x00\r",
	}
	for i, m := range srv.Messages() {
		if string(m.Data) != want[i] || !m.Received.Equal(fixed()) {
			t.Errorf("message %d at %v:\n%q\nwant\n%q", i, m.Received, m.Data, want[i])
		}
	}
}

// Nothing of a message that was not complete, refused or abandoned is stored.
func TestNotStored(t *testing.T) {
	srv := startServer(t, Config{MaxSize: 100})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do(`data
		>> "{{x*48}\r\n*2}.\r\n"
		<* 250 *
		data
		>> "{..{x*47}\r\n*2}.\r\n"
		<* 250 *
		data
		>> "{{x*48}\r\n*2}y\r\n.\r\n"
		<* 552 *
		data
		>> "a\nb\r\n.\r\n"
		<* 554 *
		mail
		rcpt
		>> "BDAT 3\r\nabcRSET\r\n"
		<* 250 2.0.0 Chunk accepted
		<* 250 *
		data
		>> "lost\r\n."`)
	c.conn.(*net.TCPConn).CloseWrite()
	c.expectClose()
	if n := len(srv.Messages()); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

func TestStoreIsBounded(t *testing.T) {
	var st store
	for range storeMessages + 5 {
		st.add(Message{From: st.newID(), Data: []byte("x")})
	}
	if len(st.messages) != storeMessages || st.messages[0].From != "D6" {
		t.Errorf("%d messages, the first %s", len(st.messages), st.messages[0].From)
	}
	st.add(Message{Data: make([]byte, storeBytes-1)})
	if len(st.messages) != 2 || st.bytes != storeBytes {
		t.Errorf("%d messages of %d bytes", len(st.messages), st.bytes)
	}
}

func TestDeliveryReport(t *testing.T) {
	srv := startServer(t, Config{Now: fixed})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do(`ehlo
		> MAIL FROM:<user2@demo.test> RET=FULL ENVID=a+2Bb+20c
		<* 250 *
		> RCPT TO:<user@demo.test> NOTIFY=SUCCESS ORCPT=rfc822;old+2B1@example.org
		<* 250 *
		> RCPT TO:<user+x@demo.test> NOTIFY=FAILURE
		<* 250 *
		> DATA
		<* 354 *
		>> "Subject: x\r\n\r\nbody\r\n.\r\n"
		<* 250 *
		> MAIL FROM:<>
		<* 250 *
		> RCPT TO:<user@demo.test> NOTIFY=SUCCESS
		<* 250 *
		> DATA
		<* 354 *
		>> ".\r\n"
		<* 250 *`)
	messages := srv.Messages()
	if len(messages) != 3 {
		t.Fatalf("%d messages, want two and one report", len(messages))
	}
	report := messages[1]
	if report.From != "" || !slices.Equal(report.To, []string{"user2@demo.test"}) {
		t.Errorf("report from %q to %q", report.From, report.To)
	}
	for _, want := range []string{
		"\r\nOriginal-Envelope-Id: a+b c\r\n",
		"\r\n\r\nOriginal-Recipient: rfc822;old+1@example.org\r\nFinal-Recipient: rfc822;user@demo.test\r\nAction: delivered\r\n",
		"\r\nSubject: x\r\n",
	} {
		if !bytes.Contains(report.Data, []byte(want)) {
			t.Errorf("the report lacks %q:\n%s", want, report.Data)
		}
	}
	for _, never := range []string{"user+x", "body\r\n"} {
		if bytes.Contains(report.Data, []byte(never)) {
			t.Errorf("the report contains %q:\n%s", never, report.Data)
		}
	}
}

func TestIdle(t *testing.T) {
	srv := startServer(t, Config{IdleTimeout: 50 * time.Millisecond})
	for _, steps := range []string{"ehlo", "ehlo\n> AUTH PLAIN\n<< \"334 \"", "data", "data\n>> \"a\\r\\n.\"",
		"ehlo\nmail\nrcpt\n>> \"BDAT 5\\r\\nabc\"", ">> \"NOO\""} {
		c := newClient(t, srv, srv.SMTPAddr())
		c.do("%s\n< 421 4.4.2 mx.demo.test Idle for too long, closing connection\nclose", steps)
	}
	c := newClient(t, srv, srv.SMTPAddr())
	c.do("ehlo\n> STARTTLS\n< 220 2.0.0 Go ahead\nclose") // a handshake that does not begin
}

// The pending command of a client that has sent its FIN is answered.
func TestHalfClose(t *testing.T) {
	srv := startServer(t, Config{})
	c := newClient(t, srv, srv.SMTPAddr())
	c.do("> NOOP")
	c.conn.(*net.TCPConn).CloseWrite()
	c.do("< 250 2.0.0 Nothing done\nclose")
}

// Close says 421 to all who are connected, whatever they are in the middle of, and leaves no goroutine behind.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	srv, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var clients []client
	for _, steps := range []string{"# idle", "ehlo", "ehlo\nmail", "data", "data\n>> \"x\"", "ehlo\n> AUTH PLAIN\n<< \"334 \"",
		"ehlo\nmail\nrcpt\n>> \"BDAT 5\\r\\nabc\"", "ehlo\n> STARTTLS\n< 220 2.0.0 Go ahead\ntls\nehlo"} {
		c := newClient(t, srv, srv.SMTPAddr())
		if steps[0] != '#' {
			c.do("%s", steps)
		}
		clients = append(clients, c)
	}
	handshaking, err := net.Dial("tcp", srv.SMTPSAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer handshaking.Close()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range clients {
		c.do("< 421 4.3.2 mx.demo.test Service shutting down\nclose")
	}
	if err := srv.Close(); err != nil {
		t.Error("closed twice:", err)
	}
	if conn, err := net.Dial("tcp", srv.SMTPAddr()); err == nil {
		conn.Close()
		t.Error("still listening after Close")
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 1000 {
			buf := make([]byte, 1<<16)
			t.Fatalf("goroutines left:\n%s", buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// A client that never reads cannot keep the server from closing.
func TestCloseOnDeafClient(t *testing.T) {
	srv, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", srv.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	for err == nil { // until both directions are full
		_, err = io.WriteString(conn, strings.Repeat("HELP\r\n", 10000))
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartFailure(t *testing.T) {
	srv := newServer(Config{})
	if err := srv.Close(); err != nil { // without listeners
		t.Error(err)
	}
}
