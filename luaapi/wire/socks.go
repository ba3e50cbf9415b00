package wire

import (
	"context"
	"net"
	"time"

	"golang.org/x/net/proxy"
)

// Socks is a SOCKS5 proxy to connect through (RFC 1928). It looks up the host name of the destination.
type Socks struct {
	Address        string // host:port
	User, Password string // User is "" for none (RFC 1929)
}

// proxyUnreached is what a proxy does that is not there.
const proxyUnreached = "cannot be reached"

// socksDialer makes the connection to the proxy, and listens in on what the proxy answers.
type socksDialer struct {
	net.Dialer
	conn *overheard // nil while there is none
	err  error      // why there is none
}

// overheard keeps what is read from a connection.
type overheard struct {
	net.Conn
	read []byte
}

func (o *overheard) Read(b []byte) (int, error) {
	n, err := o.Conn.Read(b)
	o.read = append(o.read, b[:n]...)
	return n, err
}

// DialContext implements proxy.ContextDialer.
func (d *socksDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		d.err = err
		return nil, err
	}
	d.conn = &overheard{Conn: nc}
	return d.conn, nil
}

// connect gives the connection to an address that the proxy has made.
func (s *Socks) connect(ctx context.Context, d net.Dialer, address string) (net.Conn, *DialError) {
	ctx, cancel := context.WithDeadline(ctx, d.Deadline)
	defer cancel()
	var login *proxy.Auth
	if s.User != "" {
		login = &proxy.Auth{User: s.User, Password: s.Password}
	}
	forward := &socksDialer{Dialer: d}
	dialer, err := proxy.SOCKS5("tcp", s.Address, login, forward)
	if err == nil {
		_, err = dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	}
	switch {
	case forward.err != nil:
		return nil, &DialError{Kind: Classify(forward.err), Detail: forward.err, Proxy: proxyUnreached}
	case err == nil:
		_ = forward.conn.SetDeadline(time.Time{}) // fails only on a closed socket
		return forward.conn.Conn, nil
	}
	if forward.conn == nil {
		return nil, &DialError{Kind: Local, Detail: err, Proxy: "cannot be asked"}
	}
	_ = forward.conn.Close() // nothing was said over it
	return nil, socksError(forward.conn.read, err)
}

// socksError reads from the answers of a proxy why it did not connect: a method (RFC 1928 3), where it asked for a password the word on
// that (RFC 1929 2), and the reply (RFC 1928 6).
func socksError(said []byte, err error) *DialError {
	e := &DialError{Kind: Classify(err), Detail: err}
	if e.Kind == Close || e.Kind == Local { // the context's end has no kind of its own in some of its errors
		e.Kind = Garbage
	}
	const userPassword, noMethod = 2, 0xff
	reply := 2
	if len(said) >= 2 && said[1] == userPassword {
		reply = 4
	}
	switch {
	case len(said) > 0 && said[0] != 5:
		e.Kind, e.Proxy = Garbage, "is no SOCKS5 proxy"
	case len(said) >= 2 && said[1] == noMethod:
		e.Kind, e.Proxy = Refused, "wants another login than it was offered"
	case len(said) >= 4 && reply == 4 && said[3] != 0:
		e.Kind, e.Proxy = Refused, "refused the user name and password"
	case len(said) >= reply+2 && int(said[reply+1]) < len(socksReplies):
		r := socksReplies[said[reply+1]]
		e.Kind, e.Proxy = r.kind, r.proxy
	case e.Kind == Timeout:
		e.Proxy = "did not answer in time"
	default:
		e.Proxy = "broke off"
	}
	return e
}

// socksReplies are RFC 1928 6's, by their codes: what has become of the connect, and where it is the proxy's doing, what that is.
var socksReplies = []struct {
	kind  Kind
	proxy string
}{
	{Garbage, "gave a broken reply"},
	{Unreachable, "failed, it does not say at what"},
	{Refused, "is not allowed to connect there"},
	{Unreachable, ""},
	{Unreachable, ""},
	{Refused, ""},
	{Unreachable, ""}, // its TTL expired
	{Refused, "knows no CONNECT"},
	{Refused, "does not take such an address"},
}
