// Package faulty serves mail with one thing wrong: a relay before the demo server, which is careful, changes what is said. The tests of the conformance
// suites hold each scenario against the faults that it is there to find. It is no part of the program.
package faulty

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
)

// Fault is what the relay does wrong. What is nil is done right.
type Fault struct {
	// Connected is called when a client has connected. It may say something before the greeting, or take over the whole conversation by returning true.
	Connected func(c *Conv) bool
	// Greeting changes the greeting.
	Greeting func(c *Conv, greeting string) string
	// Command is given each command line without its CRLF, AUTH responses and messages excluded. True says that it has been answered, and goes no further;
	// otherwise the line that it returns goes to the server.
	Command func(c *Conv, line string) (string, bool)
	// Reply changes a reply to a command, the whole of it with all line ends; verb is in upper case, "." for the reply to a message.
	Reply func(c *Conv, verb, reply string) string
	// Response is given each line that answers a 334. True says that the exchange is over; otherwise the line that it returns goes to the server.
	Response func(c *Conv, line string) (string, bool)
	// Octets writes each octet to the client by itself.
	Octets bool
	// EndOfData finds where a message ends: at is the index of the first octet that is none of it, next that of what comes after. It is asked whenever
	// more has come, with all octets since the 354. Ok is false as long as there is no end.
	EndOfData func(data []byte) (at, next int, ok bool)
	// Message changes a message as it came, dots still stuffed, before it goes to the server, which is given the end of data besides.
	Message func(c *Conv, data []byte) []byte
	// EndOfLine finds where a command line ends: its length without the line end, and with it. Ok is false as long as there is no end.
	EndOfLine func(data []byte) (length, whole int, ok bool)
	// Lost is called when the client is gone, and where: "command", "data" or "bdat" with what of a message had come.
	Lost func(c *Conv, where string, data []byte)
	// Handshake is called before the TLS handshake, with what the client had sent in clear behind STARTTLS. False says that there is none.
	Handshake func(c *Conv, early []byte) bool
	// Early splits what the client had sent in clear behind STARTTLS, and may wait for more: what the handshake begins with, and what is obeyed in TLS.
	// All of it is the handshake's otherwise.
	Early func(c *Conv, early []byte) (handshake, obeyed []byte)
	// Plain goes on in clear when the client has ended TLS.
	Plain bool
	// Delivered changes what is in the mailbox of a message that the server has delivered: the first field is Return-Path, and dots are unstuffed. Nothing
	// is left of one for which it gives none.
	Delivered func(data []byte) [][]byte
	// TLS changes the configuration that handshakes are done with.
	TLS func(cfg *tls.Config)
}

// Server is a relay with a fault, one port for each service of the demo server.
type Server struct {
	fault     *Fault
	backend   *demo.Server
	tls       *tls.Config
	ca        string
	listeners map[string]net.Listener // by fact: "port", "smtps_port" …
	tasks     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	mail  map[*byte][][]byte // what Delivered made of messages, by their first octets
}

// Start begins to relay to a demo server of its own, with a fault; a nil one is none.
func Start(f *Fault) (*Server, error) {
	if f == nil {
		f = &Fault{}
	}
	cfg, ca, err := demo.ServerTLS("mx.demo.test", "127.0.0.1", "smtp")
	if err != nil {
		return nil, err
	}
	b, err := demo.Start(demo.Config{NoBinding: true, AuthNeedsTLS: true})
	if err != nil {
		return nil, err
	}
	s := &Server{fault: f, backend: b, tls: cfg, ca: ca, listeners: map[string]net.Listener{}, conns: map[net.Conn]bool{}, mail: map[*byte][][]byte{}}
	if f.TLS != nil {
		f.TLS(s.tls)
	}
	for fact, address := range map[string]string{"port": b.SMTPAddr(), "smtps_port": b.SMTPSAddr(), "submission_port": b.SubmissionAddr(), "lmtp_port": b.LMTPAddr()} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, err
		}
		s.listeners[fact] = ln
		s.tasks.Go(func() { s.accept(ln, address, fact) })
	}
	return s, nil
}

// Facts are those of the demo server, with the ports of this one.
func (s *Server) Facts() map[string]string {
	facts := s.backend.Facts()
	facts["ca"] = s.ca
	facts["mailbox"] = "demo:"
	for fact, ln := range s.listeners {
		_, facts[fact], _ = net.SplitHostPort(ln.Addr().String())
	}
	return facts
}

// Mailbox is what has been delivered, by whatever way.
func (s *Server) Mailbox() []mailbox.Stored {
	var list []mailbox.Stored
	for _, m := range s.backend.Messages() {
		for _, data := range s.delivered(m.Data) {
			list = append(list, mailbox.Stored{From: m.From, To: m.To, Data: data})
		}
	}
	return list
}

// delivered is what is made of a message, once.
func (s *Server) delivered(data []byte) [][]byte {
	if s.fault.Delivered == nil {
		return [][]byte{data}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, done := s.mail[&data[0]]
	if !done {
		made = s.fault.Delivered(bytes.Clone(data))
		s.mail[&data[0]] = made
	}
	return made
}

// Close ends the relay and all its conversations.
func (s *Server) Close() {
	for _, ln := range s.listeners {
		_ = ln.Close()
	}
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.tasks.Wait()
	_ = s.backend.Close() // nobody is there any more to be told
}

func (s *Server) accept(ln net.Listener, address, fact string) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		s.tasks.Go(func() {
			defer client.Close()
			server, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			defer server.Close()
			if !s.track(client, server) {
				return
			}
			defer s.forget(client, server)
			c := newConv(s, client, server)
			c.Service = map[string]string{"port": "smtp", "smtps_port": "smtps", "submission_port": "submission", "lmtp_port": "lmtp"}[fact]
			c.run()
		})
	}
}

func (s *Server) track(conns ...net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	for _, c := range conns {
		s.conns[c] = true
	}
	return true
}

func (s *Server) forget(conns ...net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range conns {
		delete(s.conns, c)
	}
}
