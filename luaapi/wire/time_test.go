package wire

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReplyInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			time.Sleep(2 * time.Second)
			say(nc, "220 hi\r\n")
			line(nc)
			time.Sleep(3 * time.Second)
			say(nc, "250-a\r\n2")
			time.Sleep(3 * time.Second)
			say(nc, "50 b\r\n")
			hold(nc)
		})
		write(t, c, "EHLO early\r\n")
		r := read(t, c)
		wantReply(t, r, "220 hi\r\n", 220, None)
		if r.Elapsed != 2*time.Second {
			t.Errorf("the greeting came %s after the connect, want 2s", r.Elapsed)
		}
		r = c.ReadReply(t.Context(), time.Now().Add(4*time.Second))
		wantReply(t, r, "250-a\r\n2", 0, Timeout)
		if r.Verb != "EHLO" || len(r.Lines) != 1 || r.Elapsed != 4*time.Second {
			t.Errorf("verb %s, %d lines, after %s", r.Verb, len(r.Lines), r.Elapsed)
		}
		if string(c.arrived()) != "250-a\r\n2" {
			t.Errorf("unread %q", c.arrived())
		}
		r = c.ReadReply(t.Context(), time.Now().Add(4*time.Second))
		wantReply(t, r, "250-a\r\n250 b\r\n", 250, None)
		if r.Elapsed != 6*time.Second {
			t.Errorf("elapsed %s, want 6s", r.Elapsed)
		}
	})
}

// The greeting's time counts from the connect although something was written meanwhile.
func TestGreetingFromConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			line(nc)
			time.Sleep(time.Second)
			say(nc, "220 hi\r\n")
			hold(nc)
		})
		time.Sleep(time.Second)
		write(t, c, "EHLO x\r\n")
		if r := read(t, c); r.Elapsed != 2*time.Second || r.Verb != Greeting {
			t.Errorf("%s after %s, want the greeting after 2s", r.Verb, r.Elapsed)
		}
	})
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, hold)
		start := time.Now()

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if r := c.ReadReply(ctx, time.Now().Add(5*time.Second)); r.Ended != Cancelled {
			t.Errorf("at a context's deadline: %s", r.Ended)
		}
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("it took %s", d)
		}
		if r := c.ReadReply(ctx, patient()); r.Ended != Cancelled {
			t.Errorf("after the context: %s", r.Ended)
		}

		ctx, stop := context.WithCancel(t.Context())
		context.AfterFunc(ctx, c.Interrupt)
		time.AfterFunc(time.Second, stop)
		start = time.Now()
		if _, kind := c.WaitSilence(ctx, patient()); kind != Cancelled || time.Since(start) != time.Second {
			t.Errorf("interrupted: %s after %s", kind, time.Since(start))
		}
		if kind := c.Write(ctx, []byte("x"), WriteOptions{}); kind != Cancelled {
			t.Errorf("writing after the context: %s", kind)
		}
	})
}

// An interrupt that was meant for an earlier wait and comes late must not look like a timeout.
func TestLateInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			time.Sleep(5 * time.Second)
			say(nc, "220 hi\r\n")
			hold(nc)
		})
		for i := range 9 {
			time.AfterFunc(time.Duration(i)*500*time.Millisecond, c.Interrupt)
		}
		c.StartBackground()
		time.Sleep(2 * time.Second)
		wantReply(t, read(t, c), "220 hi\r\n", 220, None)
	})
}

// A context that learns of its end only after the interrupt is noticed all the same.
func TestInterruptBeforeContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, hold)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, c.Interrupt)
		time.AfterFunc(time.Second+time.Millisecond, cancel)
		start := time.Now()
		wantReply(t, c.ReadReply(ctx, patient()), "", 0, Cancelled)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// What arrives while the scenario sleeps has the time at which it arrived.
func TestArrivalInBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			time.Sleep(1 * time.Second)
			say(nc, "220 hi\r\n250 on")
			time.Sleep(1 * time.Second)
			say(nc, "e\r\n250 two\r\n")
			time.Sleep(1 * time.Second)
		})
		c.track.push("A")
		c.track.push("B")
		c.StartBackground()
		c.StartBackground()
		time.Sleep(10 * time.Second)
		for i, want := range []struct {
			raw   string
			after time.Duration
		}{{"220 hi\r\n", 1}, {"250 one\r\n", 2}, {"250 two\r\n", 2}} {
			r := read(t, c)
			wantReply(t, r, want.raw, r.Code, None)
			if r.Elapsed != want.after*time.Second {
				t.Errorf("reply %d: after %s, want %ds", i, r.Elapsed, want.after)
			}
			if got := string(c.transcript.Records()[r.Wire-1].Data); got != want.raw {
				t.Errorf("reply %d is in the record %q", i, got)
			}
		}
		r := read(t, c)
		wantReply(t, r, "", 0, Close)
		if r.Elapsed != 3*time.Second {
			t.Errorf("closed after %s, want 3s", r.Elapsed)
		}
		if got := string(c.transcript.Records()[r.Wire-1].Data); got != "the server closed the connection" {
			t.Errorf("the close is in the record %q", got)
		}
	})
}

func TestGiveBackKeepsTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			time.Sleep(time.Second)
			say(nc, "220 hi\r\n2")
			time.Sleep(time.Second)
			say(nc, "50 ok\r\n")
			hold(nc)
		})
		said, kind := c.WaitClose(t.Context(), patient())
		if kind != None {
			t.Fatal(kind)
		}
		time.Sleep(3 * time.Second)
		c.GiveBack(said)
		r := read(t, c)
		wantReply(t, r, "220 hi\r\n", 220, None)
		if r.Elapsed != time.Second {
			t.Errorf("elapsed %s, want 1s", r.Elapsed)
		}
		wantReply(t, read(t, c), "250 ok\r\n", 250, None)
	})
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			time.Sleep(2 * time.Second)
			say(nc, "421 bye\r\n")
			time.Sleep(2 * time.Second)
		})
		start := time.Now()
		wait := func(d time.Duration, want string, wantKind Kind) {
			t.Helper()
			b, kind := c.WaitSilence(t.Context(), start.Add(d))
			if string(b) != want || kind != wantKind {
				t.Errorf("until %s: %q %s, want %q %s", d, b, kind, want, wantKind)
			}
		}
		wait(1*time.Second, "", Timeout)
		wait(3*time.Second, "421 bye\r\n", None)
		wait(3*time.Second, "", Timeout)
		wait(5*time.Second, "", Close)
		wait(6*time.Second, "", Close)
	})
}

func TestPeerNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		c := pipe(t, func(net.Conn) { <-stop })
		defer close(stop)
		start := time.Now()
		if kind := c.Write(t.Context(), []byte("NOOP\r\n"), WriteOptions{Idle: 5 * time.Second}); kind != Timeout {
			t.Errorf("Write = %s", kind)
		}
		if d := time.Since(start).Round(time.Second); d != 5*time.Second {
			t.Errorf("given up after %s", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		context.AfterFunc(ctx, c.Interrupt)
		start = time.Now()
		if kind := c.Write(ctx, []byte("NOOP\r\n"), WriteOptions{Idle: time.Hour}); kind != Cancelled {
			t.Errorf("Write = %s", kind)
		}
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("given up after %s", d)
		}
	})
}

// A peer that reads a little now and then is slow, not silent.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, func(nc net.Conn) {
			for range 10 {
				time.Sleep(4 * time.Second)
				_, _ = io.ReadFull(nc, make([]byte, 10))
			}
		})
		if kind := c.Write(t.Context(), []byte(strings.Repeat("x", 100)), WriteOptions{Idle: 5 * time.Second}); kind != None {
			t.Errorf("Write = %s", kind)
		}
	})
}

// A peer that writes before it reads must not block our write, however much was read ahead before.
func TestPeerWritesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const much = 3 * maxAhead
		c := pipe(t, func(nc net.Conn) {
			say(nc, strings.Repeat("x", much))
			_, _ = io.ReadFull(nc, make([]byte, 1000))
			say(nc, "\r\n")
			hold(nc)
		})
		c.StartBackground()
		synctest.Wait()
		if n := len(c.arrived()); n < maxAhead || n > maxAhead+maxRoom {
			t.Errorf("%d bytes were read ahead, want about %d", n, maxAhead)
		}
		write(t, c, strings.Repeat("y", 1000))
		if b, kind := c.ReadN(t.Context(), much, patient()); len(b) != much || kind != None {
			t.Errorf("%d bytes %s", len(b), kind)
		}
	})
}

func TestHandshakeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipe(t, hold)
		e := c.Handshake(t.Context(), TLSOptions{}, time.Now().Add(3*time.Second)).(*TLSError)
		if e.Kind != Timeout || e.Refused() {
			t.Errorf("silence: %s, refused %v", e.Kind, e.Refused())
		}
		wantReply(t, read(t, c), "", 0, TLS)

		c = pipe(t, hold)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		context.AfterFunc(ctx, c.Interrupt)
		e = c.Handshake(ctx, TLSOptions{}, patient()).(*TLSError)
		if e.Kind != Cancelled || e.Refused() {
			t.Errorf("cancelled: %s, refused %v", e.Kind, e.Refused())
		}
		e = c.Handshake(ctx, TLSOptions{}, patient()).(*TLSError)
		if e.Kind != Cancelled {
			t.Errorf("cancelled before: %s", e.Kind)
		}

		stop := make(chan struct{})
		c = pipe(t, func(net.Conn) { <-stop })
		e = c.Handshake(t.Context(), TLSOptions{}, time.Now().Add(3*time.Second)).(*TLSError)
		if e.Kind != Timeout {
			t.Errorf("a peer that does not read: %s", e.Kind)
		}
		close(stop)
	})
}
