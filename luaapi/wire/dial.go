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
	Network string // "tcp", "tcp4", "tcp6", "unix" or ProgramNetwork
	Address string // host:port, a path, or a command
	Dir     string // where a command runs; "" for here
	Source  string // local IP address, with or without a port; "" for any
	LMTP    bool
	ID      int
	Spare   *Spare // a connection to Address that may be open already; nil for none
	Apart   bool   // dial on another goroutine: see dialApart
	Socks   *Socks // a proxy to go through; nil for none

	Wait time.Duration // how long to try again while nobody listens there

	Resolver *net.Resolver // for a host name in Address; nil: the system's ways
}

// DialError says why a connection did not come about.
type DialError struct {
	Kind   Kind
	Detail error
	Proxy  string // what the SOCKS proxy did, where it is to blame; "" where the address is
}

func (e *DialError) Error() string { return string(e.Kind) }
func (e *DialError) Unwrap() error { return e.Detail }

// ErrReset is what a DialError is, by errors.Is, when the peer reset the connection as soon as it was there.
var ErrReset = errors.New("reset")

// Is implements errors.Is.
func (e *DialError) Is(target error) bool { return target == ErrReset && e.Kind == Reset }

// retryEvery is how long Where.Wait waits between two tries.
const retryEvery = 100 * time.Millisecond

// Dial connects within ctx and the deadline, which each try of w.Wait has anew. Nothing is read. The error is a *DialError.
func Dial(ctx context.Context, w Where, deadline time.Time, t *Transcript) (*Conn, error) {
	d := net.Dialer{KeepAlive: -1, Resolver: w.Resolver} // a conversation has time limits of its own
	if w.Source != "" {
		local, err := sourceAddress(w.Source)
		if err != nil {
			return nil, &DialError{Kind: Local, Detail: err}
		}
		d.LocalAddr = local
	}
	if c := w.Spare.use(w, t); c != nil {
		return c, nil
	}
	limit, until := time.Until(deadline), time.Now().Add(w.Wait)
	for {
		d.Deadline = deadline
		nc, de := w.dial(ctx, d)
		if de == nil {
			return newConn(&sock{Conn: nc}, w, t, time.Now()), nil
		}
		if !w.worthWaiting(de) || !pause(ctx, time.Until(until)) {
			t.add(event.Wire{Time: time.Now(), Conn: w.ID, Dir: event.Info, Data: []byte("connecting to " + w.place() + ": " + w.outcome(ctx, de))})
			return nil, de
		}
		deadline = time.Now().Add(limit)
	}
}

// dial tries once.
func (w *Where) dial(ctx context.Context, d net.Dialer) (nc net.Conn, de *DialError) {
	switch {
	case w.Socks != nil:
		nc, de = w.Socks.connect(ctx, d, w.Address)
	case w.Network == ProgramNetwork:
		nc, de = startProgram(w.Address, w.Dir)
	default:
		dial := d.DialContext
		if w.Apart {
			dial = dialApart(&d)
		}
		var err error
		if nc, err = dial(ctx, w.Network, w.Address); err != nil {
			de = &DialError{Kind: Classify(err), Detail: err}
		}
	}
	var noAddress *net.AddrError
	switch {
	case de == nil:
	case ctx.Err() != nil || de.Kind == Timeout && ended(ctx):
		de.Kind, de.Proxy = Cancelled, ""
	case w.Network != "tcp" && errors.As(de.Detail, &noAddress):
		de.Kind = DNS // of the family that is wanted there is none
	}
	return nc, de
}

// worthWaiting tells whether somebody may listen there soon: a server that is starting.
func (w *Where) worthWaiting(e *DialError) bool {
	return w.Wait > 0 && (e.Kind == Refused && (e.Proxy == "" || e.Proxy == proxyUnreached) || w.Network == "unix" && e.Kind == Unreachable)
}

// pause waits before the next try, and tells whether there is to be one: until then, at most left.
func pause(ctx context.Context, left time.Duration) bool {
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(min(left, retryEvery))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return true // the next try tells that ctx has ended
}

// place is what is connected to, and how, in words.
func (w *Where) place() string {
	if w.Network == ProgramNetwork {
		return "the program " + w.Address
	}
	if w.Socks != nil {
		return w.Address + " through the SOCKS proxy " + w.Socks.Address
	}
	return w.Address
}

// outcome is a failed connect in words.
func (w *Where) outcome(ctx context.Context, e *DialError) string {
	text := string(e.Kind)
	if e.Proxy != "" {
		text = "the proxy " + e.Proxy
	}
	if w.Wait > 0 && ctx.Err() == nil {
		text += fmt.Sprintf(", for %s", w.Wait)
	}
	return text
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
	t.add(event.Wire{Time: time.Now(), Conn: w.ID, Dir: event.Info, Data: []byte("connected to " + w.place())})
	if p, ok := s.Conn.(*programConn); ok {
		p.complaints.attach(t, w.ID)
	}
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
