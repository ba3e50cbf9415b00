package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// behaviour is what a recording server does otherwise than to offer and take everything.
type behaviour struct {
	hello    []string          // the keywords of EHLO in place of everything
	say      map[string]string // replies by their verbs, with "banner", "dot", "EHLO again", and "RCPT user2" for a recipient, among them; "close" closes, after a line before it too
	hold     string            // the verb that gets no reply
	implicit bool              // TLS from the first byte on
	proxy    bool              // what comes first is a PROXY header
	lmtp     bool
	each     []string // the replies to each recipient of a message with PRDR, or over LMTP, in place of 250
	inject   string   // comes in clear with the 220 to STARTTLS
}

// everything is what EHLO offers where a behaviour does not say otherwise.
var everything = []string{"PIPELINING", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "STARTTLS", "PRDR",
	"AUTH PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM CRAM-SHA1 X-PLAIN", "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT REVERSE_NAME"}

// swaksServer is a mail server that keeps every line that arrives, as Go quotes it. "+ " is before a line that came before the one
// ahead of it was answered.
type swaksServer struct {
	behaviour
	dir   string // where the socket and the certificates are
	ln    []net.Listener
	tls   *tls.Config
	wg    sync.WaitGroup
	mu    sync.Mutex
	lines [][]string // of each connection on which anything came
}

func startSwaksServer(t *testing.T, b behaviour, dir string, certificate tls.Certificate) *swaksServer {
	t.Helper()
	r := &swaksServer{behaviour: b, dir: dir}
	r.tls = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(dir, "server.sock")} {
		ln, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		r.ln = append(r.ln, ln)
		r.wg.Go(func() { r.accept(ln) })
	}
	return r
}

// port is where it listens.
func (r *swaksServer) port() string {
	for _, ln := range r.ln {
		if a, ok := ln.Addr().(*net.TCPAddr); ok {
			return strconv.Itoa(a.Port)
		}
	}
	return ""
}

// stop gives what was kept.
func (r *swaksServer) stop() []string {
	for _, ln := range r.ln {
		ln.Close()
	}
	r.wg.Wait()
	return slices.Concat(r.lines...)
}

func (s *swaksSession) keep(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (r *swaksServer) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		r.wg.Go(func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			s := &swaksSession{swaksServer: r, conn: conn, in: bufio.NewReader(conn)}
			from, port, _ := net.SplitHostPort(conn.RemoteAddr().String())
			switch {
			case ln.Addr().Network() == "unix":
				s.keep("<a UNIX socket>")
			case from != "127.0.0.1":
				s.keep("<from %s:%s>", from, port)
			}
			about := len(s.lines)
			s.serve()
			if len(s.lines) > about { // a run begins with a look whether anybody is there
				r.mu.Lock()
				r.lines = append(r.lines, append(s.lines, "<end>"))
				r.mu.Unlock()
			}
		})
	}
}

// swaksSession is a connection of it.
type swaksSession struct {
	*swaksServer
	conn       net.Conn
	in         *bufio.Reader
	secure     bool
	prdrOn     bool
	recipients []string
	open       bool // a line has come that is not answered
	greeted    int
	lines      []string
}

func (s *swaksSession) serve() {
	if s.proxy {
		header := make([]byte, 4096)
		n, _ := s.conn.Read(header)
		if n == 0 {
			return
		}
		s.keep("<PROXY %s>", strconv.Quote(string(header[:n])))
	}
	if s.implicit && !s.handshake() {
		return
	}
	for say := s.answer("banner", "220 mx.example.org ESMTP"); say != "close"; {
		said, ends := strings.CutSuffix(say, "close\r\n")
		if _, err := io.WriteString(s.conn, said); err != nil || ends {
			return
		}
		if say = s.command(); say == "221 bye\r\n" {
			io.WriteString(s.conn, say)
			return
		}
	}
}

// line reads one, and keeps it as show makes it.
func (s *swaksSession) line(show func(string) string) (string, bool) {
	mark := ""
	if s.in.Buffered() > 0 && s.open {
		mark = "+ "
	}
	line, err := s.in.ReadString('\n')
	s.open = s.in.Buffered() > 0
	if line == "" && err != nil {
		return "", false
	}
	text := strconv.Quote(line)
	s.keep("%s", mark+show(text[1:len(text)-1]))
	return strings.TrimRight(line, "\r\n"), err == nil
}

func same(text string) string { return text }

// answer is what is said to a verb: where the behaviour has nothing else, the usual.
func (s *swaksSession) answer(verb, usual string) string {
	if verb == s.hold && verb != "" {
		return ""
	}
	if other, ok := s.say[verb]; ok {
		if other == "close" {
			return other
		}
		usual = other
	}
	return usual + "\r\n"
}

// command reads a command and what belongs to it, and gives what to say.
func (s *swaksSession) command() string {
	line, ok := s.line(same)
	if !ok {
		return "close"
	}
	verb, arg, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	if slices.Contains([]string{"STARTTLS", "AUTH", "XCLIENT"}, verb) && !s.offers(verb) {
		return "502 what\r\n"
	}
	switch verb {
	case "EHLO", "LHLO":
		if s.greeted++; s.greeted > 1 && s.say["EHLO again"] != "" {
			verb = "EHLO again"
		}
		return s.answer(verb, s.helloReply())
	case "STARTTLS":
		return s.starttls()
	case "AUTH":
		return s.authenticate(arg)
	case "XCLIENT":
		return s.answer(verb, "220 again")
	case "MAIL":
		s.prdrOn, s.recipients = strings.HasSuffix(line, " PRDR"), nil
	case "RCPT":
		return s.recipient(arg)
	case "DATA":
		return s.data()
	case "QUIT":
		return s.answer(verb, "221 bye")
	}
	return s.answer(verb, "250 fine")
}

func (s *swaksSession) helloReply() string {
	return "250-" + strings.Join(append([]string{"mx.example.org"}, s.keywords()...), "\r\n250-") + "\r\n250 HELP"
}

func (s *swaksSession) keywords() (out []string) {
	offered := s.hello
	if offered == nil {
		offered = everything
	}
	return slices.DeleteFunc(slices.Clone(offered), func(k string) bool { return s.secure && strings.EqualFold(k, "STARTTLS") })
}

func (s *swaksSession) offers(verb string) bool {
	return slices.ContainsFunc(s.keywords(), func(k string) bool {
		word, _, _ := strings.Cut(k, " ")
		return strings.EqualFold(word, verb)
	})
}

func (s *swaksSession) recipient(arg string) string {
	local, _, _ := strings.Cut(strings.TrimPrefix(arg, "TO:<"), "@")
	say := s.answer("RCPT", "250 fine")
	if _, ok := s.say["RCPT "+local]; ok {
		say = s.answer("RCPT "+local, "")
	}
	if say != "" && say[0] == '2' {
		s.recipients = append(s.recipients, local)
	}
	return say
}

func (s *swaksSession) starttls() string {
	say := s.answer("STARTTLS", "220 go")
	if !strings.HasPrefix(say, "220") {
		return say
	}
	if _, err := io.WriteString(s.conn, say+s.inject); err != nil || !s.handshake() {
		return "close"
	}
	return s.command()
}

func (s *swaksSession) handshake() bool {
	c := tls.Server(s.conn, s.tls)
	if err := c.Handshake(); err != nil {
		s.keep("<no TLS>")
		return false
	}
	state := c.ConnectionState()
	about := tls.VersionName(state.Version)
	if state.Version < tls.VersionTLS13 {
		about += " " + tls.CipherSuiteName(state.CipherSuite)
	}
	if state.ServerName != "" {
		about += " to " + state.ServerName
	}
	if len(state.PeerCertificates) > 0 {
		about += " of " + state.PeerCertificates[0].Subject.CommonName
	}
	s.keep("<%s>", about)
	s.conn, s.in, s.secure, s.open = c, bufio.NewReader(c), true, false
	return true
}

// data reads a message. Its lines are kept without a mark.
func (s *swaksSession) data() string {
	say := s.answer("DATA", "354 go")
	if !strings.HasPrefix(say, "354") {
		return say
	}
	if _, err := io.WriteString(s.conn, say); err != nil {
		return "close"
	}
	for {
		s.open = false
		line, ok := s.line(same)
		switch {
		case !ok:
			return "close"
		case line == ".":
			s.open = false
			return s.taken()
		}
	}
}

// taken is what is said to a message: over LMTP and with PRDR a reply for each recipient.
func (s *swaksSession) taken() string {
	usual := "250 taken"
	if !s.lmtp && !s.prdrOn {
		return s.answer("dot", usual)
	}
	if say := s.answer("dot", usual); say != usual+"\r\n" {
		return say
	}
	var lines []string
	for i := range s.recipients {
		if i < len(s.each) {
			lines = append(lines, s.each[i])
		} else {
			lines = append(lines, usual)
		}
	}
	if !s.lmtp {
		lines = append(append([]string{"353 one by one"}, lines...), usual)
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}
