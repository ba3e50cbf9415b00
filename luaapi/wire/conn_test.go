package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestClosedBy(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve func(net.Conn)
		ended Kind
		by    string
	}{
		{"fin", func(nc net.Conn) { say(nc, "220 hi\r\n") }, Close, "fin"},
		{"fin in the middle", func(nc net.Conn) { say(nc, "220 hi\r\n55") }, Close, "fin"},
		{"reset", func(nc net.Conn) { say(nc, "220 hi\r\n"); line(nc); reset(nc) }, Reset, "reset"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, tt.serve)
			wantReply(t, read(t, c), "220 hi\r\n", 220, None)
			if by := c.ClosedBy(); by != "" && tt.by == "reset" {
				t.Errorf("closed by %q already", by)
			}
			write(t, c, "NOOP\r\n")
			if r := read(t, c); r.Ended != tt.ended {
				t.Errorf("ended %s, want %s", r.Ended, tt.ended)
			}
			if c.ClosedBy() != tt.by {
				t.Errorf("closed by %q, want %q", c.ClosedBy(), tt.by)
			}
		})
	}
}

// The reset that our writing brings about after a FIN is not how the peer closed.
func TestWriteAfterFIN(t *testing.T) {
	c := dial(t, func(nc net.Conn) { say(nc, "221 bye\r\n") })
	wantReply(t, read(t, c), "221 bye\r\n", 221, None)
	wantReply(t, read(t, c), "", 0, Close)

	// The peer is gone when we write, so its kernel answers with a reset, and our next write with a broken pipe.
	gone := make(chan struct{})
	c = dial(t, func(nc net.Conn) { say(nc, "221 bye\r\n"); nc.Close(); close(gone) })
	<-gone
	for range 20 {
		write(t, c, "NOOP\r\n")
		time.Sleep(time.Millisecond)
	}
	wantReply(t, read(t, c), "221 bye\r\n", 221, None)
	wantReply(t, read(t, c), "", 0, Close)

	c = dial(t, func(nc net.Conn) { _ = nc.(*net.TCPConn).CloseWrite(); hold(nc) })
	until(t, "the FIN", func() bool { c.poll(); return c.ClosedBy() == "fin" })
	write(t, c, "NOOP\r\n")
	wantReply(t, read(t, c), "", 0, Close)
}

// The reset is told to whichever call comes first; the read that follows must know of it.
func TestWriteAfterReset(t *testing.T) {
	gone := make(chan struct{})
	c := dial(t, func(nc net.Conn) { line(nc); say(nc, "421 go away\r\n"); reset(nc); close(gone) })
	write(t, c, "NOOP\r\n")
	<-gone
	for range 20 {
		write(t, c, "NOOP\r\n")
		time.Sleep(time.Millisecond)
	}
	r := read(t, c)
	if r.Ended == None {
		wantReply(t, r, "421 go away\r\n", 421, None)
		r = read(t, c)
	}
	if r.Ended != Reset || c.ClosedBy() != "reset" {
		t.Errorf("ended %s, closed by %q", r.Ended, c.ClosedBy())
	}
}

func TestAbort(t *testing.T) {
	got := make(chan error, 1)
	c := dial(t, func(nc net.Conn) {
		say(nc, "220 hi\r\n")
		_, err := io.Copy(io.Discard, nc)
		got <- err
	})
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	c.StartBackground()
	c.Abort()
	c.Abort()
	if err := <-got; Classify(err) != Reset {
		t.Errorf("the peer saw %v, want a reset", err)
	}
	if unread := c.Close(); unread != nil {
		t.Errorf("unread %q", unread)
	}
	wantReply(t, read(t, c), "", 0, Local)
	if kind := c.Write(t.Context(), []byte("x"), WriteOptions{}); kind != Local {
		t.Errorf("Write = %s", kind)
	}
}

func TestCloseWrite(t *testing.T) {
	c := dial(t, func(nc net.Conn) {
		b, _ := io.ReadAll(nc)
		say(nc, "250 "+string(b)+"\r\n")
	})
	write(t, c, "all")
	c.CloseWrite(t.Context(), time.Second)
	c.CloseWrite(t.Context(), time.Second)
	if kind := c.Write(t.Context(), []byte("more"), WriteOptions{}); kind != Local {
		t.Errorf("Write = %s", kind)
	}
	wantReply(t, read(t, c), "250 all\r\n", 250, None)
	wantReply(t, read(t, c), "", 0, Close)
}

func TestUnread(t *testing.T) {
	c := dial(t, func(nc net.Conn) {
		say(nc, "220 hi\r\n250 more\r\n")
		line(nc)
		say(nc, "251 yet more")
	})
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	if got := string(c.Unread()); got != "250 more\r\n" {
		t.Errorf("unread %q", got)
	}
	write(t, c, "NOOP\r\n")
	until(t, "the rest", func() bool { return string(c.Unread()) == "250 more\r\n251 yet more" })
	wantReply(t, read(t, c), "250 more\r\n", 250, None)
	until(t, "the close", func() bool { c.poll(); return c.ClosedBy() == "fin" })
	if got := string(c.Close()); got != "251 yet more" {
		t.Errorf("unread at the close %q", got)
	}
	if !c.Closed() || c.Close() != nil {
		t.Error("it closed twice")
	}
}

// What has arrived is read even when there is no time left to wait for it.
func TestNoTimeLeft(t *testing.T) {
	said := make(chan struct{})
	c := dial(t, func(nc net.Conn) { say(nc, "220 hi\r\n"); close(said); hold(nc) })
	<-said
	until(t, "the greeting", func() bool {
		r := c.ReadReply(t.Context(), time.Now())
		return r.Ended == None && r.Code == 220
	})
	if _, kind := c.WaitSilence(t.Context(), time.Now()); kind != Timeout {
		t.Errorf("WaitSilence = %s", kind)
	}
}

// What arrives between a look at the buffer and the end of reading in the background must not be waited for.
func TestBackgroundHandsOver(t *testing.T) {
	const rounds = 300
	c := dial(t, func(nc net.Conn) {
		for range rounds {
			line(nc)
			say(nc, "250 ok\r\n")
		}
	})
	for range rounds {
		c.StartBackground()
		write(t, c, "NOOP\r\n")
		if r := read(t, c); r.Ended != None {
			t.Fatalf("ended %s", r.Ended)
		}
	}
}

// Interrupt comes from another goroutine at any time.
func TestInterruptRace(t *testing.T) {
	c := dial(t, func(nc net.Conn) {
		for line(nc) != "" {
			say(nc, "250 ok\r\n")
		}
	})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				c.Interrupt()
				runtime.Gosched()
			}
		}
	}()
	for range 100 {
		write(t, c, "NOOP\r\n")
		c.StartBackground()
		wantReply(t, read(t, c), "250 ok\r\n", 250, None)
		c.Unread()
	}
	close(stop)
	<-stopped
}

func TestCancelOnSocket(t *testing.T) {
	c := dial(t, hold)
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(ctx, c.Interrupt)
	time.AfterFunc(5*time.Millisecond, cancel)
	wantReply(t, c.ReadReply(ctx, time.Time{}), "", 0, Cancelled)
}

// Both ends write before they read.
func TestBothWrite(t *testing.T) {
	const ours, theirs = 50 << 20, 16 << 20
	c := dial(t, func(nc net.Conn) {
		if _, err := nc.Write(bytes.Repeat([]byte("y"), theirs)); err != nil {
			return
		}
		if n, _ := io.CopyN(io.Discard, nc, ours); n == ours {
			say(nc, "\r\n250 ok\r\n")
		}
	})
	write(t, c, strings.Repeat("x", ours))
	if b, kind := c.ReadN(t.Context(), theirs+2, patient()); len(b) != theirs+2 || kind != None {
		t.Fatalf("%d bytes %s", len(b), kind)
	}
	r := read(t, c)
	wantReply(t, r, "250 ok\r\n", 250, None)
	wantReply(t, read(t, c), "", 0, Close)
	size := 0
	for _, rec := range c.transcript.Records() {
		size += len(rec.Data)
	}
	if size > 4*maxBody {
		t.Errorf("the transcript holds %d bytes", size)
	}
}

func TestWriteCutShort(t *testing.T) {
	c := dial(t, func(nc net.Conn) {
		say(nc, "220 hi\r\n")
		_, _ = io.ReadFull(nc, make([]byte, 10))
		say(nc, "552 too much\r\n")
		_ = nc.(*net.TCPConn).CloseWrite()
	})
	wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	write(t, c, strings.Repeat("x", 50<<20))
	r := read(t, c)
	wantReply(t, r, "552 too much\r\n", 552, None)
	if r := read(t, c); r.Ended != Close && r.Ended != Reset {
		t.Errorf("ended %s", r.Ended)
	}
	if !strings.Contains(transcriptText(c), "cut the write short: ") {
		t.Error("the transcript does not say that the write was cut short")
	}
}

func transcriptText(c *Conn) string {
	var b strings.Builder
	for _, r := range c.transcript.Records() {
		b.WriteString(r.Dir + " " + string(r.Data) + "\n")
	}
	return b.String()
}
