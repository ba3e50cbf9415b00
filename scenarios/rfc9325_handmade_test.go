package scenarios_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestHandmadeTLS(t *testing.T) {
	rsa2048 := keyed(t, rsaKey(t, 2048), nil)
	suite(t, "rfc9325/handmade.lua", []fault{
		{id: "tls-9325-no-sslv3", name: "SSL 3.0", fault: choosing(serverHello{version: 0x0300})},
		{id: "tls-9325-no-sslv3", name: "SSL 2.0", fault: faulty.Fault{Handshake: takesSSL2}},
		{id: "tls-9325-no-null", name: "taken", fault: choosing(serverHello{})},
		{id: "tls-9325-no-anon", name: "taken", to: "smtps", fault: choosing(serverHello{})},
		{id: "tls-9325-no-anon", name: "taken on port 25", fault: choosing(serverHello{}), level: "note"},
		{id: "tls-9325-no-export-rc4", name: "RC4", fault: faulty.Fault{TLS: suites12(rsa2048, tls.TLS_RSA_WITH_RC4_128_SHA)}},
		{id: "tls-9325-no-export-rc4", name: "DES", fault: choosing(serverHello{only: 0x0009})},
		{id: "tls-9325-no-export-rc4", name: "a key for export", fault: choosing(serverHello{only: 0x0003})},
		{id: "tls-9325-no-3des", name: "taken", fault: faulty.Fault{TLS: suites12(rsa2048, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA)}},
		{id: "tls-9325-no-compression", name: "DEFLATE", fault: choosing(serverHello{compression: 1})},
		{id: "tls-5746-secure-reneg", name: "not answered", fault: choosing(serverHello{extensions: []byte("\x00\x17\x00\x00")})},
		{id: "tls-7627-ems", name: "not answered", fault: choosing(serverHello{extensions: []byte("\xff\x01\x00\x01\x00")}), level: "warning"},
		{id: "tls-9325-dh-2048", name: "1024 bits", fault: choosing(serverHello{prime: 128})},
		{id: "tls-9325-dh-2048", name: "2048 bits", fault: choosing(serverHello{prime: 256}), right: true},
	})
}

// serverHello is what a server answers to a Client Hello: it takes the first suite, or the only one that it has.
type serverHello struct {
	version     uint16 // TLS 1.2 by default
	only        uint16
	compression byte
	extensions  []byte
	prime       int // octets of a Server Key Exchange, if there is one
}

// choosing answers Client Hellos so, and ends the connection.
func choosing(h serverHello) faulty.Fault {
	return faulty.Fault{Handshake: func(c *faulty.Conv, early []byte) bool {
		for len(early) < 5 || len(early) < 5+int(binary.BigEndian.Uint16(early[3:])) {
			if !c.More() {
				c.Close()
				return false
			}
			early = append(early, c.Take(len(c.Unread()))...)
		}
		if answer := h.answer(early[5:]); answer != nil {
			c.Say(string(answer))
		}
		c.Close()
		return false
	}}
}

func (h serverHello) answer(hello []byte) []byte {
	at := 4 + 2 + 32
	at += 1 + int(hello[at])
	suites := hello[at+2 : at+2+int(binary.BigEndian.Uint16(hello[at:]))]
	suite := suites[:2]
	if h.only != 0 {
		if suite = binary.BigEndian.AppendUint16(nil, h.only); !bytes.Contains(suites, suite) {
			return nil
		}
	}
	if h.version == 0 {
		h.version = tls.VersionTLS12
	}
	body := binary.BigEndian.AppendUint16(nil, h.version)
	body = append(body, make([]byte, 32+1)...) // a random, and no session
	body = append(body, suite...)
	body = append(body, h.compression)
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(h.extensions))), h.extensions...)
	said := handshakeMessage(2, body)
	if h.prime > 0 {
		said = append(said, handshakeMessage(12, append(binary.BigEndian.AppendUint16(nil, uint16(h.prime)), make([]byte, h.prime)...))...)
	}
	return append(binary.BigEndian.AppendUint16([]byte{22, 3, 3}, uint16(len(said))), said...)
}

func handshakeMessage(kind byte, body []byte) []byte {
	return append([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// takesSSL2 answers a Client Hello of SSL 2.0, and no other.
func takesSSL2(c *faulty.Conv, early []byte) bool {
	if len(early) == 0 && c.More() {
		early = c.Take(len(c.Unread()))
	}
	if len(early) > 2 && early[0] == 0x80 && early[2] == 1 {
		c.Say("\x80\x0b\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00")
	}
	c.Close()
	return false
}
