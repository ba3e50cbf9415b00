package mailbox

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/message"
)

// Message is one of a mailbox.
type Message struct {
	*message.Message
	exact bool // the envelope has every recipient
}

// Config says what to look at.
type Config struct {
	Address
	Since    time.Time // what came before is not read
	Password string
	TLS      *tls.Config // of IMAP and POP3
	Dial     func(ctx context.Context, network, address string) (net.Conn, error)
	Store    Store // of "demo:"
}

// Error is why a mailbox could not be read, in words for people.
type Error struct {
	Text    string
	Missing bool // there is nothing at the path
	Passing bool // it may be otherwise the next time
}

func (e *Error) Error() string { return e.Text }

// found is a message as a source gives it.
type found struct {
	text  string
	from  string   // envelope sender, where known is set
	to    []string // envelope recipients
	known bool
	exact bool // these are all recipients
}

// source is a kind of mailbox. Its methods are called by one goroutine at a time.
type source interface {
	// look gives the messages that were not given before, and the number of those that it left unread because they are old.
	look(ctx context.Context) ([]found, int, error)
	// leave closes connections; look opens them again.
	leave()
}

// maxBytes is how much of messages a box keeps: the oldest give way.
const maxBytes = 64 << 20

// perMessage is roughly what a message takes besides its text.
const perMessage = 4 << 10

// Box is a mailbox that is being looked at, by any number of goroutines.
type Box struct {
	source source
	Period time.Duration // between two looks of somebody who waits
	turn   chan struct{} // full while somebody looks

	mu       sync.Mutex // guards what follows
	messages []*Message
	first    int // number of messages[0]: so many gave way
	bytes    int
	older    int
	began    time.Time // the latest look
	err      error     // what it ended with
	users    int
}

// Open makes a Box, and looks at nothing yet.
func Open(cfg Config) *Box {
	b := &Box{Period: 100 * time.Millisecond, turn: make(chan struct{}, 1)}
	switch cfg.Kind {
	case "maildir":
		b.source = newMaildir(cfg)
	case "mbox":
		b.source = &mbox{path: cfg.Path, since: cfg.Since}
	case "files":
		b.source = &files{root: cfg.Path, since: cfg.Since}
	case "demo":
		b.source = &storeSource{store: cfg.Store}
	case "imap", "imaps":
		b.source, b.Period = &imapSource{cfg: cfg}, servicePeriod
	default:
		b.source, b.Period = &pop3Source{cfg: cfg}, servicePeriod
	}
	return b
}

// servicePeriod spares servers.
const servicePeriod = 500 * time.Millisecond

// Join says that somebody uses the box, until Leave.
func (b *Box) Join() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users++
}

// Leave closes the connections of the box when nobody uses it any more. What it has read stays.
func (b *Box) Leave() {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.mu.Lock()
	b.users--
	last := b.users == 0
	b.mu.Unlock()
	if last {
		b.source.leave()
	}
}

// Look reads what has come, unless somebody else does so after Look was called. An error is the context's or an *Error.
func (b *Box) Look(ctx context.Context) error {
	asked := time.Now()
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if done, err := b.lookedSince(asked); done {
		return err
	}
	began := time.Now()
	list, older, err := b.source.look(ctx)
	read := make([]*Message, len(list))
	for i, f := range list {
		read[i] = f.message()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(read)
	b.older += older
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // nobody else's concern
	}
	b.began, b.err = began, err
	return err
}

func (b *Box) lookedSince(t time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.began.After(t), b.err
}

func (b *Box) keep(list []*Message) {
	for _, m := range list {
		b.messages = append(b.messages, m)
		b.bytes += len(m.Raw) + perMessage
	}
	for b.bytes > maxBytes && len(b.messages) > 1 {
		b.bytes -= len(b.messages[0].Raw) + perMessage
		b.messages[0] = nil // for the garbage collector
		b.messages = b.messages[1:]
		b.first++
	}
}

// From gives the messages from number n on, which are counted from 0 as they are read, and the number of the next to come.
func (b *Box) From(n int) (list []*Message, next int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next = b.first + len(b.messages)
	at := min(max(n-b.first, 0), len(b.messages))
	return b.messages[at:len(b.messages):len(b.messages)], next
}

// Older is the number of messages that are left unread because they were there long before.
func (b *Box) Older() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.older
}

// message reads it. Where the source does not know the envelope, the fields that servers add at the delivery tell what they can.
func (f *found) message() *Message {
	m := &Message{Message: message.ParseText(f.text), exact: f.exact}
	e := &message.Envelope{From: f.from, To: f.to}
	if path := m.Addresses("Return-Path"); !f.known && len(path) > 0 { // RFC 5321 4.4
		e.From, f.known = path[0].Address, true
	}
	if _, given := m.Value("Return-Path"); given {
		f.known = true // "<>" has no address
	}
	if !f.exact {
		for _, name := range []string{"X-Original-To", "Envelope-To", "Delivered-To"} {
			for _, a := range m.Addresses(name) {
				e.To = append(e.To, a.Address)
			}
		}
	}
	if f.known || len(e.To) > 0 {
		m.Envelope = e
	}
	return m
}
