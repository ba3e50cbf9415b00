// Package record is a proxy between any client and any mail server that keeps each conversation as a scenario.
package record

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Config is what a Proxy is told.
type Config struct {
	Listener net.Listener
	Server   *luaapi.Target
	ToServer *tls.Config // for handshakes with the server
	ToClient *tls.Config // for handshakes with clients
	Implicit bool        // clients begin with TLS
	Out      string      // where the scenarios go: FILE.lua, and then FILE-2.lua and so on
	Most     int         // conversations after which it ends; 0 for any number
	Verbose  bool        // show what is said
	Say      func(format string, args ...any)
}

// Proxy takes clients until its context ends.
type Proxy struct {
	cfg     Config
	secrets *wire.Secrets

	mu    sync.Mutex
	files []*script.File
	ended int // conversations
	err   error
	open  map[net.Conn]bool
}

// New makes a proxy. Nothing is written before the first conversation has ended.
func New(cfg Config) *Proxy {
	return &Proxy{cfg: cfg, secrets: &wire.Secrets{}, open: map[net.Conn]bool{}}
}

// Run takes clients until ctx ends, or so many conversations have. What goes on then is cut off and kept as it is. It returns the number of
// conversations that were written, and the first error of writing them.
func (p *Proxy) Run(ctx context.Context) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, p.close)
	defer stop()
	var wg sync.WaitGroup
	for n := 1; p.cfg.Most == 0 || n <= p.cfg.Most; n++ {
		client, err := p.cfg.Listener.Accept()
		if err != nil {
			break // it was closed; whatever else it is, nobody comes any more
		}
		wg.Go(func() { p.serve(ctx, n, client) })
	}
	_ = p.cfg.Listener.Close() // it takes no more
	wg.Wait()
	return p.ended, p.err
}

// close ends everything.
func (p *Proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cfg.Listener.Close()
	for c := range p.open {
		_ = c.Close() // whoever reads from it is told
	}
}

// track has a connection closed when the proxy ends. It is false when it has ended.
func (p *Proxy) track(ctx context.Context, c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		_ = c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
		_ = c.Close()
	}
}

// serve has one conversation.
func (p *Proxy) serve(ctx context.Context, n int, client net.Conn) {
	if !p.track(ctx, client) {
		return
	}
	defer p.drop(client)
	t := p.cfg.Server
	d := net.Dialer{Resolver: t.Resolver(), Timeout: luaapi.DefaultConnectTimeout}
	server, err := d.DialContext(ctx, t.Network(), t.Address())
	if err != nil {
		p.cfg.Say("[%d] %s", n, luaapi.DialText(wire.Classify(err), t.Address(), luaapi.DefaultConnectTimeout))
		return
	}
	if !p.track(ctx, server) {
		return
	}
	defer p.drop(server)
	r := newRelay(p, n, client, server)
	if err := r.begin(ctx); err != nil {
		p.cfg.Say("[%d] %s", n, err)
		return
	}
	p.cfg.Say("[%d] %s is connected", n, client.RemoteAddr())
	r.run(ctx)
	p.keep(n, r.scenario())
}

// keep writes a conversation that has ended.
func (p *Proxy) keep(n int, s script.Scenario) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	name := ""
	for range 2 { // into the newest file, or the next one when that is full
		last := len(p.files) - 1
		if last < 0 {
			p.files = append(p.files, &script.File{Secrets: p.secrets, Comment: []string{
				"Conversations of clients with " + p.cfg.Server.URL + ", kept by smtpspec record."}})
			last = 0
		}
		f := p.files[last]
		f.Scenarios = append(f.Scenarios, s)
		name = p.name(last)
		var full *script.TooLongError
		err := write(f, name)
		if !errors.As(err, &full) || len(f.Scenarios) == 1 {
			p.fail(err)
			break
		}
		f.Scenarios = f.Scenarios[:len(f.Scenarios)-1]
		p.files = append(p.files, &script.File{Secrets: p.secrets, Comment: f.Comment})
	}
	p.cfg.Say("[%d] %s, in %s", n, s.Name, name)
}

func (p *Proxy) fail(err error) {
	if err == nil {
		return
	}
	p.cfg.Say("%s", err)
	if p.err == nil {
		p.err = err
	}
}

func (p *Proxy) name(i int) string {
	if i == 0 {
		return p.cfg.Out
	}
	return fmt.Sprintf("%s-%d.lua", strings.TrimSuffix(p.cfg.Out, ".lua"), i+1)
}

// write puts a file in its place whole: who interrupts the program has what was there before, or all of it.
func write(f *script.File, name string) error {
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return err
	}
	part := name + ".part"
	err := os.WriteFile(part, b.Bytes(), 0o644)
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %s", name, luaapi.FileProblem(err))
	}
	return nil
}

// show tells what was said.
func (p *Proxy) show(n int, mark string, line []byte) {
	if p.cfg.Verbose {
		p.cfg.Say("[%d] %s %s", n, mark, event.Safe(p.secrets.Text(strings.TrimRight(string(line), "\r\n"))))
	}
}
