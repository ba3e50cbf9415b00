package scenarios_test

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestStartTLSAttacks(t *testing.T) {
	injected := faulty.Fault{Early: obeysEarly}
	suite(t, "security/starttls.lua", []fault{
		{id: "sec-starttls-inject-noop", name: "obeyed", fault: injected},
		{id: "sec-starttls-inject-noop", name: "answered in clear", fault: faulty.Fault{Handshake: answersEarly}},
		{id: "sec-starttls-inject-rset", name: "obeyed", fault: injected},
		{id: "sec-starttls-inject-rset", name: "half of one is kept", fault: faulty.Fault{Early: obeysHalf}},
		{id: "sec-starttls-inject-separate", name: "obeyed", fault: faulty.Fault{Early: obeysLines}},
		{id: "sec-starttls-inject-before-220", name: "commands", fault: faulty.Fault{Handshake: answersHello}},
		{id: "sec-starttls-no-extra-plaintext", name: "a reply more", fault: replaced("STARTTLS", "220 ", "220 2.0.0 Go ahead\r\n220 ")},
		{id: "sec-starttls-no-extra-plaintext", name: "a reply to the handshake", fault: faulty.Fault{Handshake: speaksFirst}},
		{id: "sec-starttls-buffer-bound", name: "hangs", fault: faulty.Fault{Handshake: waits}, waits: true, level: "warning"},
		{id: "sec-starttls-buffer-bound", name: "nobody else is served", fault: goneAtTLS()},
		{id: "sec-starttls-buffer-bound", name: "refused", fault: answer(`^STARTTLS`, "454 4.7.0 not now"), right: true},
		{id: "sec-starttls-inject-noop", name: "refused", fault: answer(`^STARTTLS`, "454 4.7.0 not now"), right: true},
		{id: "sec-starttls-buffer-bound", name: "answered", fault: faulty.Fault{Handshake: goesOn}},
		{id: "sec-starttls-downgrade-visible", name: "passwords in clear", fault: say("EHLO", func(reply string) string {
			return strings.Replace(strings.Replace(reply, " PLAIN", "", 1), "AUTH ", "AUTH PLAIN ", 1)
		}), level: "warning"},
		{id: "sec-starttls-downgrade-visible", name: "no AUTH in TLS", fault: onceSecure(say("EHLO", func(reply string) string {
			return strings.Replace(reply, "AUTH ", "X-AUTH ", 1)
		}))},
		{id: "sec-starttls-plaintext-fallback", name: "goes on", fault: faulty.Fault{Handshake: goesOn}},
		{id: "sec-starttls-closenotify", name: "goes on", fault: faulty.Fault{Plain: true}},
		{id: "sec-starttls-bdat-closenotify", name: "goes on", fault: faulty.Fault{Plain: true}},
	})
}

// obeysHalf keeps what is no whole line for TLS.
func obeysHalf(_ *faulty.Conv, early []byte) (handshake, obeyed []byte) {
	return nil, early[bytes.LastIndexByte(early, '\n')+1:]
}

// obeysLines waits for the handshake, and keeps the lines before it.
func obeysLines(c *faulty.Conv, early []byte) (handshake, obeyed []byte) {
	for {
		if i := bytes.IndexByte(early, 0x16); i >= 0 {
			return early[i:], early[:i]
		}
		if !c.More() {
			return early, nil
		}
		early = append(early, c.Take(len(c.Unread()))...)
	}
}

// answersHello takes a handshake that came early for a command.
func answersHello(c *faulty.Conv, early []byte) bool {
	if len(early) > 0 {
		c.Say("500 5.5.1 What?\r\n")
	}
	return true
}

// speaksFirst says something when the handshake has begun.
func speaksFirst(c *faulty.Conv, _ []byte) bool {
	if c.More() {
		c.Say("250 2.0.0 OK\r\n")
	}
	c.Close()
	return false
}

// goneAtTLS is gone at the first STARTTLS.
func goneAtTLS() faulty.Fault {
	gone := new(atomic.Bool)
	return faulty.Fault{
		Connected: func(c *faulty.Conv) bool {
			if gone.Load() {
				c.Close()
			}
			return gone.Load()
		},
		Handshake: func(c *faulty.Conv, _ []byte) bool {
			gone.Store(true)
			c.Close()
			return false
		},
	}
}

// waits takes in everything and does nothing.
func waits(c *faulty.Conv, _ []byte) bool {
	for c.More() {
		c.Take(len(c.Unread()))
	}
	c.Close()
	return false
}
