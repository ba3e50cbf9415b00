package wire

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain makes sure that no background reader outlives its connection.
func TestMain(m *testing.M) {
	code := m.Run()
	for range 100 {
		stacks := make([]byte, 1<<20)
		if stacks = stacks[:runtime.Stack(stacks, true)]; !strings.Contains(string(stacks), "readAhead") {
			os.Exit(code)
		}
		time.Sleep(10 * time.Millisecond)
	}
	println("a background reader was left running")
	os.Exit(1)
}

// patient is a deadline that no test reaches.
func patient() time.Time { return time.Now().Add(time.Minute) }

// server accepts connections on a listener and lets serve have each; serve's connection is closed when it returns.
func server(t testing.TB, network, address string, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("listening on %s %s: %v", network, address, err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer nc.Close()
				serve(nc)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		served.Wait()
	})
	return l
}

// dial connects to a server of one connection. It is closed before the server is waited for.
func dial(t testing.TB, serve func(net.Conn)) *Conn {
	t.Helper()
	return dialWith(t, &Transcript{Secrets: &Secrets{}}, serve)
}

func dialWith(t testing.TB, transcript *Transcript, serve func(net.Conn)) *Conn {
	t.Helper()
	l := server(t, "tcp", "127.0.0.1:0", serve)
	return connect(t, Where{Network: "tcp", Address: l.Addr().String(), ID: 1}, transcript)
}

func connect(t testing.TB, w Where, transcript *Transcript) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), w, patient(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// pipe connects to peer over an unbuffered pipe, for tests in a bubble of fake time.
func pipe(t testing.TB, serve func(net.Conn)) *Conn {
	t.Helper()
	near, far := net.Pipe()
	c := newConn(&sock{Conn: near}, Where{ID: 1}, &Transcript{}, time.Now())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer far.Close()
		serve(far)
	}()
	t.Cleanup(func() {
		c.Close()
		far.Close()
		<-done
	})
	return c
}

func say(nc net.Conn, text string) { _, _ = io.WriteString(nc, text) }

// line reads a line that the client wrote.
func line(nc net.Conn) string {
	text, _ := bufio.NewReader(nc).ReadString('\n')
	return text
}

// hold waits until the other end closes.
func hold(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }

func reset(nc net.Conn) {
	_ = nc.(*net.TCPConn).SetLinger(0)
	_ = nc.Close()
}

func read(t testing.TB, c *Conn) *Reply {
	t.Helper()
	return c.ReadReply(t.Context(), patient())
}

func write(t testing.TB, c *Conn, text string) {
	t.Helper()
	if kind := c.Write(t.Context(), []byte(text), WriteOptions{Idle: time.Minute}); kind != None {
		t.Errorf("Write(%.40q) = %s", text, kind)
	}
}

func wantReply(t testing.TB, r *Reply, raw string, code int, ended Kind) {
	t.Helper()
	if string(r.Raw) != raw || r.Code != code || r.Ended != ended {
		t.Errorf("reply %q code %d ended %q, want %q code %d ended %q", r.Raw, r.Code, r.Ended, raw, code, ended)
	}
}

// until waits for what another goroutine brings about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 6000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come about", what)
}

// scripted is a net.Conn that gives what it is told, a segment a read, and ends with an error.
type scripted struct {
	net.Conn
	segments [][]byte
	err      error
	written  []byte
}

func (s *scripted) Read(p []byte) (int, error) {
	for len(s.segments) > 0 && len(s.segments[0]) == 0 {
		s.segments = s.segments[1:]
	}
	if len(s.segments) == 0 {
		return 0, s.err
	}
	n := copy(p, s.segments[0])
	s.segments[0] = s.segments[0][n:]
	return n, nil
}

func (s *scripted) Write(p []byte) (int, error) {
	s.written = append(s.written, p...)
	return len(p), nil
}

func (*scripted) Close() error                     { return nil }
func (*scripted) SetDeadline(time.Time) error      { return nil }
func (*scripted) SetReadDeadline(time.Time) error  { return nil }
func (*scripted) SetWriteDeadline(time.Time) error { return nil }

func script(err error, segments ...string) *Conn {
	s := &scripted{err: err}
	for _, text := range segments {
		s.segments = append(s.segments, []byte(text))
	}
	return newConn(&sock{Conn: s}, Where{ID: 1}, &Transcript{Secrets: &Secrets{}}, time.Now())
}

func next(c *Conn) *Reply { return c.ReadReply(context.Background(), time.Time{}) }

// eachByte is text cut into its bytes.
func eachByte(text string) []string { return strings.Split(text, "") }
