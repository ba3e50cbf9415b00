package wire

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// startTLS answers one line in clear, then says what is injected, then does the handshake.
func startTLS(cfg *tls.Config, injected string, serve func(*tls.Conn)) func(net.Conn) {
	return func(nc net.Conn) {
		say(nc, "220 hi\r\n")
		line(nc)
		say(nc, "220 go\r\n"+injected)
		secure(cfg, serve)(nc)
	}
}

// Bytes that a server, or someone on the way, sends in clear behind the 220 belong to the handshake (CVE-2011-0411): they
// break it, and are never taken for something said in TLS.
func TestInjectedBeforeHandshake(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	for _, read1 := range []bool{false, true} {
		c := dial(t, startTLS(cfg, "250 injected\r\n", func(s *tls.Conn) { hold(s) }))
		wantReply(t, read(t, c), "220 hi\r\n", 220, None)
		write(t, c, "STARTTLS\r\n")
		wantReply(t, read(t, c), "220 go\r\n", 220, None)
		if read1 {
			until(t, "the injected line", func() bool { return len(c.Unread()) > 0 })
		}
		if e := shake(t, c, TLSOptions{Lenient: true}); e == nil || e.Kind != Garbage {
			t.Fatalf("the handshake gave %v", e)
		}
		if text := transcriptText(c); strings.Count(text, "250 injected") != 1 {
			t.Errorf("the transcript: %s", text)
		}
		wantReply(t, read(t, c), "", 0, TLS)
	}
}

// A close behind the 220 that was seen before the handshake began is a refusal by close.
func TestCloseBeforeHandshake(t *testing.T) {
	c := dial(t, func(nc net.Conn) { say(nc, "220 hi\r\n") })
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	wantReply(t, read(t, c), "", 0, Close)
	if e := shake(t, c, TLSOptions{}); e == nil || e.Kind != Close {
		t.Errorf("%v", e)
	}
}

// A server that speaks its first TLS bytes before we do: they are fed to the handshake too.
func TestFedRecords(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := newConn(&sock{Conn: near}, Where{ID: 1}, &Transcript{}, time.Now())
	c.in = []byte("\x15\x03\x03\x00\x02\x02")
	go func() {
		_, _ = far.Read(make([]byte, 4096))
		say(far, "\x28")
		hold(far)
	}()
	if e := shake(t, c, TLSOptions{}); e == nil || e.Alert != "handshake_failure" {
		t.Errorf("%v", e)
	}
	c.Close()
}

func TestStopTLS(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	c := dial(t, startTLS(cfg, "", func(s *tls.Conn) {
		nc := s.NetConn()
		say(s, "250 in TLS\r\n")
		_, _ = io.Copy(io.Discard, s) // up to the client's close_notify
		_ = s.CloseWrite()
		_ = nc.SetWriteDeadline(time.Time{}) // crypto/tls means to write no more
		say(nc, "250 in clear\r\n")
		line(nc)
		say(nc, "220 again\r\n")
		secure(cfg, func(s *tls.Conn) { say(s, "250 in TLS again\r\n"); hold(s) })(nc)
	}))
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	write(t, c, "STARTTLS\r\n")
	wantReply(t, read(t, c), "220 go\r\n", 220, None)
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	if kind := c.StopTLS(t.Context(), patient()); kind != None {
		t.Fatalf("StopTLS = %s", kind)
	}
	if c.TLS != nil || c.ClosedBy() != "" {
		t.Errorf("TLS %v, closed by %q", c.TLS, c.ClosedBy())
	}
	wantReply(t, read(t, c), "250 in TLS\r\n", 250, None)
	wantReply(t, read(t, c), "250 in clear\r\n", 250, None)
	write(t, c, "STARTTLS\r\n")
	r := read(t, c)
	wantReply(t, r, "220 again\r\n", 220, None)
	if r.Verb != "STARTTLS" {
		t.Errorf("it answers %q", r.Verb)
	}
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	wantReply(t, read(t, c), "250 in TLS again\r\n", 250, None)
	if kind := c.StopTLS(t.Context(), time.Now().Add(50*time.Millisecond)); kind != None {
		t.Errorf("StopTLS of a peer that does not answer = %s", kind)
	}
	if kind := c.StopTLS(t.Context(), patient()); kind != Local {
		t.Errorf("StopTLS in clear = %s", kind)
	}
}

func TestHalfCloseInTLS(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	got := make(chan string, 1)
	c := dial(t, secure(cfg, func(s *tls.Conn) {
		b, _ := io.ReadAll(s)
		say(s, "250 "+string(b)+"\r\n")
		n, err := s.NetConn().Read(make([]byte, 1))
		if n == 0 && err == io.EOF {
			got <- "fin"
		}
		close(got)
		s.Close()
	}))
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	write(t, c, "all")
	c.CloseWrite(t.Context(), time.Minute)
	wantReply(t, read(t, c), "250 all\r\n", 250, None)
	if <-got != "fin" {
		t.Error("no FIN followed the close_notify")
	}
	wantReply(t, read(t, c), "", 0, Close)
	if c.ClosedBy() != "close_notify" {
		t.Errorf("closed by %q", c.ClosedBy())
	}
}

func TestUnreadInTLS(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	c := dial(t, secure(cfg, func(s *tls.Conn) {
		for range 3 {
			say(s, "250 more\r\n")
		}
		hold(s)
	}))
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	until(t, "all", func() bool { return len(c.Unread()) == 30 })
	c.StartBackground()
	for range 3 {
		wantReply(t, read(t, c), "250 more\r\n", 250, None)
	}
}

// Both ends write before they read, in TLS.
func TestBothWriteInTLS(t *testing.T) {
	const much = 8 << 20
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	c := dial(t, secure(cfg, func(s *tls.Conn) {
		say(s, strings.Repeat("y", much))
		_, _ = io.CopyN(io.Discard, s, much)
		say(s, "\r\n")
		hold(s)
	}))
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	write(t, c, strings.Repeat("x", much))
	if b, kind := c.ReadN(t.Context(), much+2, patient()); len(b) != much+2 || kind != None {
		t.Errorf("%d bytes %s", len(b), kind)
	}
}

func TestAbortInTLS(t *testing.T) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	got := make(chan error, 1)
	c := dial(t, secure(cfg, func(s *tls.Conn) {
		_, err := s.Read(make([]byte, 1))
		got <- err
	}))
	if e := shake(t, c, TLSOptions{Lenient: true}); e != nil {
		t.Fatal(e)
	}
	c.Abort()
	if err := <-got; Classify(err) != Reset {
		t.Errorf("the peer saw %v", err)
	}
}
