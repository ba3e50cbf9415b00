package record

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// relay carries one conversation. A goroutine reads from each end; what they have in common is guarded by mu.
type relay struct {
	p *Proxy
	n int

	client, server net.Conn   // in TLS once that is done
	upgraded       chan error // what became of a STARTTLS; who waits for it may be gone

	mu     sync.Mutex
	follow *follower
	over   bool // an end was noted
}

// handshakeTime is how long a handshake may take.
const handshakeTime = 30 * time.Second

func newRelay(p *Proxy, n int, client, server net.Conn) *relay {
	t := p.cfg.Server
	to := &script.Connect{Host: t.Host(), Port: t.Port(), TLS: t.Text("tls") == "implicit", LMTP: t.LMTP()}
	r := &relay{p: p, n: n, client: client, server: server, upgraded: make(chan error, 1), follow: newFollower(to)}
	r.follow.secret = p.secrets.Add
	r.follow.show = func(mark string, line []byte) { p.show(n, mark, line) }
	return r
}

// begin does the handshakes that come before the greeting.
func (r *relay) begin(ctx context.Context) error {
	if r.p.cfg.Server.Text("tls") == "implicit" {
		if err := r.toServer(ctx); err != nil {
			return err
		}
	}
	if r.p.cfg.Implicit {
		return r.toClient(ctx)
	}
	return nil
}

func (r *relay) toServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	c := tls.Client(r.server, r.p.cfg.ToServer)
	if err := c.HandshakeContext(ctx); err != nil {
		return wire.TLSErrorOf(err, r.p.cfg.Server.Host())
	}
	r.server = c
	return nil
}

func (r *relay) toClient(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	c := tls.Server(r.client, r.p.cfg.ToClient)
	if err := c.HandshakeContext(ctx); err != nil {
		return clientProblem(wire.TLSErrorOf(err, ""))
	}
	r.client = c
	return nil
}

// clientProblem says why a handshake with a client did not come about.
func clientProblem(e *wire.TLSError) error {
	switch {
	case e.Alert != "":
		return fmt.Errorf("the client refused TLS with the alert %s: --ca writes the certificate that it has to trust", e.Alert)
	case e.Kind == wire.Garbage:
		return errors.New("the client did not begin with TLS")
	case e.Kind == wire.Timeout:
		return errors.New("the client did not end the TLS handshake in time")
	case e.Kind == wire.Close, e.Kind == wire.Reset:
		return errors.New("the client closed the connection during the TLS handshake")
	}
	return errors.New("the client and this end found no TLS that both speak")
}

// errRefused is sent to who waits at a STARTTLS that the server does not take.
var errRefused = errors.New("no TLS")

// run carries the conversation until both ends are done.
func (r *relay) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { r.fromClient() })
	r.fromServer(ctx)
	close(r.upgraded)    // the server is gone: no reply comes to a STARTTLS any more
	_ = r.client.Close() // and nothing for the client
	wg.Wait()
}

// fromClient passes on what the client writes.
func (r *relay) fromClient() {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.client.Read(buf)
		if n > 0 && !r.pass(buf[:n]) {
			return
		}
		if err != nil {
			r.end(script.Close)
			halfClose(r.server)
			_ = r.server.SetReadDeadline(time.Now().Add(handshakeTime)) // it may have something to say to that, and fails when it is gone
			return
		}
	}
}

// pass hands octets of the client to the server. At a STARTTLS it waits until the connection is in TLS, or is not going to be.
func (r *relay) pass(b []byte) bool {
	for len(b) > 0 {
		r.mu.Lock()
		n, starts := r.follow.sent(b)
		r.mu.Unlock()
		if _, err := r.server.Write(b[:n]); err != nil {
			return false // reading from the server tells how it ended
		}
		b = b[n:]
		if !starts {
			continue
		}
		switch err, ok := <-r.upgraded; {
		case !ok:
			return false
		case err == nil && len(b) > 0: // a server must not take what came before the handshake for what came after it (RFC 3207 section 4)
			r.mu.Lock()
			r.follow.steps = append(r.follow.steps, script.Step{Kind: script.Lost, Conn: 1,
				Text: fmt.Sprintf("%d octets that the client sent right behind STARTTLS, in clear, were not passed on", len(b))})
			r.mu.Unlock()
			return true
		}
	}
	return true
}

// fromServer passes on what the server says, and does the handshakes when it says yes to a STARTTLS.
func (r *relay) fromServer(ctx context.Context) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.server.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			line := rest
			if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				line = rest[:i+1]
			}
			rest = rest[len(line):]
			if !r.answer(ctx, line) {
				return
			}
		}
		switch {
		case ctx.Err() != nil: // we closed it
			r.end(script.Close)
			return
		case err != nil:
			r.end(script.Closed)
			return
		}
	}
}

// answer passes a line of the server on, or the part of one that is there.
func (r *relay) answer(ctx context.Context, line []byte) bool {
	r.mu.Lock()
	verb, code := "", 0
	if bytes.HasSuffix(line, []byte("\n")) {
		verb, code = r.follow.said(line)
	} else {
		r.follow.server = append(r.follow.server, line...)
	}
	r.mu.Unlock()
	r.p.show(r.n, "<", line)
	_, gone := r.client.Write(line) // its reader notes that; what the server still says is kept
	if verb != "STARTTLS" {
		return true
	}
	if code != 220 || gone != nil {
		r.upgraded <- errRefused
		return true
	}
	err := r.toServer(ctx)
	if err == nil {
		err = r.toClient(ctx)
	}
	if err != nil {
		r.p.cfg.Say("[%d] %s", r.n, err)
		r.end(script.Close)
		return false
	}
	r.mu.Lock()
	r.follow.secured()
	r.mu.Unlock()
	r.upgraded <- nil
	return true
}

// end notes who ended the conversation, the first time.
func (r *relay) end(kind script.Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over {
		r.over = true
		r.follow.end(kind)
	}
}

func halfClose(c net.Conn) {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite() // the server may be gone already
		return
	}
	_ = c.Close()
}

// scenario is the conversation.
func (r *relay) scenario() script.Scenario {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := fmt.Sprintf("conversation %d", r.n)
	if r.follow.hello != "" {
		name += " with " + r.follow.hello
	}
	return script.Scenario{Name: name, Steps: r.follow.steps}
}
