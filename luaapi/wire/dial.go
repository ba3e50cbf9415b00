package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Where is what to connect to.
type Where struct {
	Network string // "tcp" or "unix"
	Address string // host:port, or a path
	Source  string // local IP address, with or without a port; "" for any
	LMTP    bool
	ID      int
	Spare   *Spare // a connection to Address that may be open already; nil for none
	Apart   bool   // dial on another goroutine: see dialApart

	Resolver *net.Resolver // for a host name in Address; nil: the system's ways
}

// DialError says why a connection did not come about.
type DialError struct {
	Kind   Kind
	Detail error
}

func (e *DialError) Error() string { return string(e.Kind) }
func (e *DialError) Unwrap() error { return e.Detail }

// ErrReset is what a DialError is, by errors.Is, when the peer reset the connection as soon as it was there.
var ErrReset = errors.New("reset")

// Is implements errors.Is.
func (e *DialError) Is(target error) bool { return target == ErrReset && e.Kind == Reset }

// Dial connects within ctx and the deadline. Nothing is read. The error is a *DialError.
func Dial(ctx context.Context, w Where, deadline time.Time, t *Transcript) (*Conn, error) {
	d := net.Dialer{Deadline: deadline, KeepAlive: -1, Resolver: w.Resolver} // a conversation has time limits of its own
	if w.Source != "" {
		local, err := sourceAddress(w.Source)
		if err != nil {
			return nil, &DialError{Local, err}
		}
		d.LocalAddr = local
	}
	if c := w.Spare.use(w, t); c != nil {
		return c, nil
	}
	dial := d.DialContext
	if w.Apart {
		dial = dialApart(&d)
	}
	nc, err := dial(ctx, w.Network, w.Address)
	if err != nil {
		kind := Classify(err)
		if ctx.Err() != nil || kind == Timeout && ended(ctx) {
			kind = Cancelled
		}
		t.add(event.Wire{Time: time.Now(), Conn: w.ID, Dir: event.Info, Data: []byte("connecting to " + w.Address + ": " + string(kind))})
		return nil, &DialError{kind, err}
	}
	return newConn(&sock{Conn: nc}, w, t, time.Now()), nil
}

// dialApart dials on another goroutine: that takes more stack than all else that a scenario does, and the stack of a goroutine that waits
// does not become smaller. With ten thousand connections that is 80 MB; with ten, it is the new stack that costs.
func dialApart(d *net.Dialer) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (nc net.Conn, err error) {
		done := make(chan struct{})
		go func() {
			nc, err = d.DialContext(ctx, network, address)
			close(done)
		}()
		<-done
		return nc, err
	}
}

func newConn(s *sock, w Where, t *Transcript, at time.Time) *Conn {
	t.add(event.Wire{Time: time.Now(), Conn: w.ID, Dir: event.Info, Data: []byte("connected to " + w.Address)})
	c := &Conn{ID: w.ID, transcript: t, sock: s, ready: at, lastWrite: at}
	c.stream = c.sock
	c.track.lmtp = w.LMTP
	c.track.push(Greeting)
	return c
}

// sourceAddress takes addresses only: a name would be looked up without regard to the scenario's time.
func sourceAddress(source string) (*net.TCPAddr, error) {
	if ip, err := netip.ParseAddr(strings.Trim(source, "[]")); err == nil {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)), nil
	}
	a, err := netip.ParseAddrPort(source)
	if err != nil {
		return nil, fmt.Errorf("source address %q: an IP address expected, with or without a port", source)
	}
	return net.TCPAddrFromAddrPort(a), nil
}
