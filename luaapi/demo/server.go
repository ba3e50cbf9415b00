package demo

import (
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/sasl"
)

// Config says what may differ from one demo server to another. The zero value works.
type Config struct {
	Host          string           // the address or name of this machine to listen on; 127.0.0.1 by default
	Ports         Ports            // where each service listens
	Hostname      string           // the server's own name; mx.demo.test by default
	IdleTimeout   time.Duration    // how long a client may be silent; 5 minutes by default (RFC 5321 4.5.3.2.7)
	MaxSize       int64            // largest message in octets, offered with SIZE; 10 MiB by default
	MaxRecipients int              // recipients a transaction; 100 by default, the least there may be (RFC 5321 4.5.3.1.8)
	AuthNeedsTLS  bool             // in clear no mechanism is offered that shows a password or token (RFC 4954 4)
	NoBinding     bool             // the client's TLS ends before us, so that AUTH cannot be bound to it (RFC 5802 6)
	Now           func() time.Time // the clock of trace fields and Message.Received; time.Now by default
	// Log, unless nil, is told what the numbered session says, a line a call: "C: " or "S: " and a command, reply or size of
	// message, with what AUTH carries as "***". Many sessions call it at once, and lines are as hostile as clients are.
	Log func(session uint64, text string)
}

// Ports are TCP ports of the services; 0 stands for a free one.
type Ports struct {
	SMTP, SMTPS, Submission, LMTP int
}

// List has them in the order of their names above.
func (p Ports) List() []int { return []int{p.SMTP, p.SMTPS, p.Submission, p.LMTP} }

// Server is a running demo server.
type Server struct {
	cfg      Config
	commands []command
	mechs    []string // SASL mechanisms, strongest first
	pki      pki
	store    store
	buffers  sync.Pool // of *buffers

	listeners [numServices]net.Listener
	tasks     sync.WaitGroup // accept loops and sessions
	closing   atomic.Bool
	sessions  atomic.Uint64 // all that there ever were

	mu    sync.Mutex
	wires map[*wire]struct{}
}

// service is one of the ways in which a server can be spoken to. Its value is the index of its listener.
type service int

const (
	serviceSMTP service = iota
	serviceSMTPS
	serviceSubmission
	serviceLMTP
	numServices
)

// String is what the service is called.
func (s service) String() string { return [...]string{"SMTP", "SMTPS", "submission", "LMTP"}[s] }

// submission tells whether the service takes mail from users only (RFC 6409 4.3).
func (s service) submission() bool { return s == serviceSubmission || s == serviceSMTPS }

// ListenError says where a server could not listen.
type ListenError struct {
	Addr string // host:port
	Err  error
}

func (e *ListenError) Error() string { return "the demo server cannot listen on " + e.Addr }

// Unwrap gives the system's error.
func (e *ListenError) Unwrap() error { return e.Err }

// Start listens and serves until Close. An error is a *ListenError.
func Start(cfg Config) (*Server, error) {
	srv := newServer(cfg)
	ports := cfg.Ports.List()
	for i := range srv.listeners {
		addr := net.JoinHostPort(srv.cfg.Host, strconv.Itoa(ports[i]))
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, errors.Join(&ListenError{addr, err}, srv.Close())
		}
		srv.listeners[i] = ln
	}
	for i, ln := range srv.listeners {
		srv.tasks.Go(func() { srv.accept(ln, service(i)) })
	}
	return srv, nil
}

func newServer(cfg Config) *Server {
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	if cfg.Hostname == "" {
		cfg.Hostname = "mx." + localDomain
	}
	if cfg.IdleTimeout <= 0 {
		cfg.IdleTimeout = 5 * time.Minute
	}
	if cfg.MaxSize <= 0 {
		cfg.MaxSize = 10 << 20
	}
	if cfg.MaxRecipients <= 0 {
		cfg.MaxRecipients = 100
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	srv := &Server{cfg: cfg, commands: commands(), mechs: sasl.ServerMechanisms(), wires: make(map[*wire]struct{})}
	srv.pki.hostname, srv.pki.host = cfg.Hostname, cfg.Host
	srv.buffers.New = func() any { return newBuffers() }
	return srv
}

// Close ends the server: whoever is connected gets a 421 (RFC 5321 3.8) and the connection is closed. It returns when
// all connections have ended, after a second at the most.
func (srv *Server) Close() error {
	srv.closing.Store(true)
	var errs []error
	for _, ln := range srv.listeners {
		if ln == nil {
			continue
		}
		if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	srv.eachWire((*wire).interrupt)
	deadline := time.AfterFunc(goodbyeTime, func() { srv.eachWire(func(w *wire) { w.raw.Close() }) })
	srv.tasks.Wait()
	deadline.Stop()
	return errors.Join(errs...)
}

// goodbyeTime is how long a client may keep a closing server waiting that does not read its 421.
const goodbyeTime = time.Second

func (srv *Server) eachWire(do func(*wire)) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for w := range srv.wires {
		do(w)
	}
}

func (srv *Server) accept(ln net.Listener, svc service) {
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			srv.tasks.Go(func() { srv.serve(conn, svc) })
		case srv.closing.Load() || errors.Is(err, net.ErrClosed):
			return
		default: // too many open files, or a client that was gone at once
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// serve holds one conversation and closes conn.
func (srv *Server) serve(conn net.Conn, svc service) {
	b := srv.buffers.Get().(*buffers)
	w := newWire(srv, conn, b)
	srv.mu.Lock()
	srv.wires[w] = struct{}{}
	srv.mu.Unlock()

	s := &session{wire: w, svc: svc}
	w.say(svc.String(), " from ", conn.RemoteAddr().String())
	s.run()
	w.say("closed")

	srv.mu.Lock()
	delete(srv.wires, w)
	srv.mu.Unlock()
	b.release()
	srv.buffers.Put(b)
}

// SMTPAddr is the address, host:port, of the service that takes mail from other servers.
func (srv *Server) SMTPAddr() string { return srv.addr(serviceSMTP) }

// SMTPSAddr is the address of the submission service that begins with TLS.
func (srv *Server) SMTPSAddr() string { return srv.addr(serviceSMTPS) }

// SubmissionAddr is the address of the submission service that begins in clear.
func (srv *Server) SubmissionAddr() string { return srv.addr(serviceSubmission) }

// LMTPAddr is the address of the LMTP service.
func (srv *Server) LMTPAddr() string { return srv.addr(serviceLMTP) }

func (srv *Server) addr(svc service) string { return srv.listeners[svc].Addr().String() }
