package wire

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestDialErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		w    Where
		want Kind
	}{
		{"nobody listens", t.Context(), Where{Network: "tcp", Address: nobody}, Refused},
		{"no such name", t.Context(), Where{Network: "tcp", Address: "nosuchhost.invalid:25"}, DNS},
		{"no socket", t.Context(), Where{Network: "unix", Address: filepath.Join(t.TempDir(), "none")}, Unreachable},
		{"cancelled", dead, Where{Network: "tcp", Address: nobody}, Cancelled},
		{"bad source", t.Context(), Where{Network: "tcp", Address: nobody, Source: "here"}, Local},
		{"foreign source", t.Context(), Where{Network: "tcp", Address: nobody, Source: "192.0.2.1"}, Local},
		{"source of another family", t.Context(), Where{Network: "tcp", Address: nobody, Source: "::1"}, Local},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Dial(tt.ctx, tt.w, patient(), &Transcript{})
			var e *DialError
			if !errors.As(err, &e) || e.Kind != tt.want || e.Detail == nil {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	_, err = Dial(t.Context(), Where{Network: "tcp", Address: nobody}, time.Now().Add(-time.Second), &Transcript{})
	var e *DialError
	if !errors.As(err, &e) || e.Kind != Timeout {
		t.Errorf("after the deadline: %v", err)
	}
}

func TestUNIXSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "wire") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	server(t, "unix", path, func(nc net.Conn) { say(nc, "220 hi\r\n"); line(nc) })
	c := connect(t, Where{Network: "unix", Address: path, ID: 1}, &Transcript{})
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	if c.RemoteAddr() != path {
		t.Errorf("remote address %q", c.RemoteAddr())
	}
	_ = c.LocalAddr()
	if got := c.Unread(); len(got) != 0 {
		t.Errorf("unread %q", got)
	}
	write(t, c, "QUIT\r\n")
	wantReply(t, read(t, c), "", 0, Close)
	if kind := c.Write(t.Context(), []byte("x"), WriteOptions{}); kind != None {
		t.Errorf("Write = %s", kind)
	}
	wantReply(t, read(t, c), "", 0, Close)

	c = connect(t, Where{Network: "unix", Address: path, ID: 2}, &Transcript{})
	c.Abort()
}

func TestIPv6(t *testing.T) {
	l := server(t, "tcp", "[::1]:0", func(nc net.Conn) { say(nc, "220 "+nc.RemoteAddr().String()+"\r\n") })
	for _, source := range []string{"", "::1", "[::1]", "[::1]:0"} {
		c := connect(t, Where{Network: "tcp", Address: l.Addr().String(), ID: 1, Source: source}, &Transcript{})
		if r := read(t, c); r.Text() != c.LocalAddr() || !strings.HasPrefix(r.Text(), "[::1]:") {
			t.Errorf("source %q: %q, local address %s", source, r.Raw, c.LocalAddr())
		}
	}
}

func TestSource(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.2 is an address of this machine on Linux alone")
	}
	l := server(t, "tcp", "127.0.0.1:0", func(nc net.Conn) { say(nc, "220 "+nc.RemoteAddr().String()+"\r\n") })
	for _, source := range []string{"127.0.0.2", "127.0.0.2:0"} {
		c := connect(t, Where{Network: "tcp", Address: l.Addr().String(), ID: 1, Source: source}, &Transcript{})
		if r := read(t, c); !strings.HasPrefix(r.Text(), "127.0.0.2:") || c.RemoteAddr() != l.Addr().String() {
			t.Errorf("source %s: %q", source, r.Raw)
		}
	}
}

func TestSpare(t *testing.T) {
	gone := make(chan struct{})
	l := server(t, "tcp", "127.0.0.1:0", func(nc net.Conn) {
		say(nc, "220 hi\r\n")
		if line(nc) == "" {
			close(gone)
		}
	})
	w := Where{Network: "tcp", Address: l.Addr().String(), ID: 1}
	var err error
	if w.Spare, err = DialSpare(t.Context(), w, patient()); err != nil {
		t.Fatal(err)
	}
	first := connect(t, w, &Transcript{})
	second := connect(t, w, &Transcript{})
	wantReply(t, read(t, first), "220 hi\r\n", 220, None)
	wantReply(t, read(t, second), "220 hi\r\n", 220, None)
	if first.LocalAddr() == second.LocalAddr() {
		t.Error("both got the spare")
	}
	w.Spare.Close()
	write(t, first, "QUIT\r\n")
	write(t, second, "QUIT\r\n")

	spare, err := DialSpare(t.Context(), w, patient())
	if err != nil {
		t.Fatal(err)
	}
	spare.Close()
	<-gone
	(*Spare)(nil).Close()

	closing := server(t, "tcp", "127.0.0.1:0", func(nc net.Conn) {})
	w.Address = closing.Addr().String()
	if w.Spare, err = DialSpare(t.Context(), w, patient()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	connect(t, w, &Transcript{})
}
