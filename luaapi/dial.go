package luaapi

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// connectLimit is how long the connect may take.
func (k *conn) connectLimit() time.Duration {
	if k.opts.ConnectTimeout != nil {
		return *k.opts.ConnectTimeout
	}
	return k.a.env.Limits.ConnectLimit()
}

// dial opens the connection. What an optional one fails with is returned as a reason.
func (k *conn) dial(c *bind.Call) (reason string, err error) {
	limit := k.connectLimit()
	k.a.meanwhile(nil)
	de := k.dialOnce(limit)
	switch {
	case de == nil:
		return "", nil
	case de.Kind == wire.Cancelled:
		return "", k.a.cancelled(c.L)
	case k.opts.Optional:
		return reasonOf(de), nil
	}
	return reasonOf(de), k.unconnected(c, de, limit)
}

// dialOnce connects to the address. It gives nil when the connection is there.
func (k *conn) dialOnce(limit time.Duration) *wire.DialError {
	a := k.a
	w := k.where()
	if k.plain() && w.Network == a.env.Target.Network() && w.Address == a.env.Target.Address() {
		w.Spare = a.env.Spare
	}
	wc, err := wire.Dial(a.ctx, w, time.Now().Add(limit), a.transcript)
	if err != nil {
		var de *wire.DialError
		errors.As(err, &de)
		return de
	}
	a.dials[k.address] = true
	k.wire = wc
	a.mu.Lock()
	a.conns, a.reading = append(a.conns, k), append(a.reading, k)
	a.mu.Unlock()
	a.count(1)
	return nil
}

func (k *conn) where() wire.Where {
	a := k.a
	w := wire.Where{Network: "tcp", Address: k.address, Source: k.opts.Source, LMTP: k.lmtp, ID: len(a.conns) + 1, Apart: a.env.Crowded,
		Socks: k.socks, Resolver: a.env.DNS.Dialer()}
	switch {
	case k.exec:
		w.Network, w.Dir = wire.ProgramNetwork, k.programDir()
	case k.opts.Unix != "":
		w.Network = "unix"
	case k.opts.Family != 0:
		w.Network += strconv.Itoa(k.opts.Family)
	}
	if k.opts.Wait != nil {
		w.Wait = *k.opts.Wait
	}
	return w
}

// plain tells whether the connection is like the one that was opened to see whether the target answers.
func (k *conn) plain() bool { return k.opts.Source == "" && k.proxy == nil && k.socks == nil }

// unconnected records that a connect did not come about. It is apart, as all that makes failures is: they are large, and what is on the stack while
// a scenario waits is there ten thousand times.
func (k *conn) unconnected(c *bind.Call, de *wire.DialError, limit time.Duration) error {
	a := k.a
	f := event.Failure{Kind: string(de.Kind), Message: k.dialText(de, limit), Address: k.address, Detail: a.detail(de.Detail)}
	switch {
	case de.Proxy != "": // the server has no part in it
		return a.broken(c.L, f, true)
	case de.Kind == wire.Reset:
		// The server took the connection and threw it away: whether that is seen here or at the first read is a matter of microseconds.
		return a.failed(c.L, f)
	case a.dials[k.address]:
		f.Message += "; an earlier connection came about"
		return a.failed(c.L, f)
	}
	return a.broken(c.L, f, true)
}

// dialText says in words why the connect did not come about.
func (k *conn) dialText(de *wire.DialError, limit time.Duration) string {
	text := DialText(de.Kind, k.address, limit)
	switch o := k.opts; {
	case de.Proxy != "":
		text = fmt.Sprintf("no way to %s: the SOCKS proxy %s %s", k.address, k.socks.Address, de.Proxy)
	case k.socks != nil:
		text += fmt.Sprintf("; the SOCKS proxy %s says so", k.socks.Address)
	case de.Kind == wire.Local && o.Source != "":
		text = fmt.Sprintf("connecting to %s from %s failed on this machine: the address has to be its own, and the port free", k.address, o.Source)
	case de.Kind == wire.DNS && o.Family != 0:
		text = fmt.Sprintf("the host name of %s has no %s", k.address, k.addressWord())
	}
	if k.opts.Wait != nil {
		text += fmt.Sprintf("; tried for %s", durationText(*k.opts.Wait))
	}
	return text
}

// detail keeps the system's words apart from the message.
func (a *attempt) detail(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return "" // a close has no other cause
	}
	return err.Error()
}

// DialText says in words why a connect to address did not come about.
func DialText(kind wire.Kind, address string, limit time.Duration) string {
	switch kind {
	case wire.Refused:
		return fmt.Sprintf("%s refused the connection: nothing listens there, or a firewall rejects", address)
	case wire.Timeout:
		return fmt.Sprintf("%s did not answer the connect within %s: it is down, or a firewall drops", address, durationText(limit))
	case wire.Unreachable:
		return fmt.Sprintf("%s is unreachable from here", address)
	case wire.Reset:
		return fmt.Sprintf("%s reset the connection at once", address)
	case wire.DNS:
		return fmt.Sprintf("the host name of %s has no address", address)
	}
	return fmt.Sprintf("connecting to %s failed on this machine", address)
}
