package sasl

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const ntlmSignature = "NTLMSSP\x00"

// maxNTLMField is how long a field may be: it has two octets for that.
const maxNTLMField = 0xffff

// Flags of MS-NLMP 2.2.2.5.
const (
	ntlmUnicode         = 1 << 0
	ntlmOEM             = 1 << 1
	ntlmRequestTarget   = 1 << 2
	ntlmNTLM            = 1 << 9
	ntlmAlwaysSign      = 1 << 15
	ntlmExtendedSession = 1 << 19
	ntlmTargetInfo      = 1 << 23

	ntlmOffered = ntlmUnicode | ntlmOEM | ntlmRequestTarget | ntlmNTLM | ntlmAlwaysSign | ntlmExtendedSession
	ntlmFlags   = ntlmOffered&^ntlmOEM | ntlmTargetInfo // of those that the server sets, what the answer has
)

// ntlmNegotiate is a NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1) that names no domain and no workstation.
func ntlmNegotiate() []byte {
	b := append([]byte(ntlmSignature), 1, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, ntlmOffered)
	return append(b, make([]byte, 16)...)
}

// ntlmChallenge is what a client needs of a CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2).
type ntlmChallenge struct {
	flags     uint32
	challenge [8]byte
	info      avPairs
	time      *uint64 // of the server; nil where it does not say it
}

// avPair is an AV_PAIR (MS-NLMP 2.2.2.1).
type avPair struct {
	id    uint16
	value []byte
}

type avPairs []avPair

const (
	avEOL       = 0
	avFlags     = 6
	avTimestamp = 7

	avFlagMIC = 2 // the answer has a MIC
)

func parseNTLMChallenge(b []byte) (*ntlmChallenge, error) {
	const targetInfoAt, minimum, withInfo = 40, 32, 48
	switch {
	case len(b) < minimum || string(b[:8]) != ntlmSignature:
		return nil, errors.New("challenge is no message of NTLM")
	case binary.LittleEndian.Uint32(b[8:]) != 2:
		return nil, fmt.Errorf("challenge is a message of type %d, where 2 is due", binary.LittleEndian.Uint32(b[8:]))
	}
	m := &ntlmChallenge{flags: binary.LittleEndian.Uint32(b[20:])}
	copy(m.challenge[:], b[24:])
	if m.flags&ntlmUnicode == 0 {
		return nil, errors.New("the server does not take Unicode")
	}
	if m.flags&ntlmTargetInfo == 0 || len(b) < withInfo {
		return m, nil
	}
	n, at := uint64(binary.LittleEndian.Uint16(b[targetInfoAt:])), uint64(binary.LittleEndian.Uint32(b[targetInfoAt+4:]))
	if at+n > uint64(len(b)) {
		return nil, errors.New("TargetInfo lies outside of the challenge")
	}
	return m, m.read(b[at : at+n])
}

// read takes TargetInfo apart.
func (m *ntlmChallenge) read(b []byte) error {
	for len(b) >= 4 {
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return fmt.Errorf("AV_PAIR %d of TargetInfo is longer than what is there", id)
		}
		if id == avEOL {
			return nil
		}
		if id == avTimestamp {
			if n != 8 {
				return errors.New("MsvAvTimestamp has not 8 bytes")
			}
			t := binary.LittleEndian.Uint64(b)
			m.time = &t
		}
		m.info = append(m.info, avPair{id, b[:n]})
		b = b[n:]
	}
	if len(m.info) > 0 || len(b) > 0 {
		return errors.New("TargetInfo does not end")
	}
	return nil
}

// withMIC gives the pairs with the flag that the answer has a MIC (MS-NLMP 3.1.5.1.2).
func (p avPairs) withMIC() (out avPairs) {
	flags := uint32(avFlagMIC)
	for _, pair := range p {
		switch {
		case pair.id != avFlags:
			out = append(out, pair)
		case len(pair.value) == 4:
			flags |= binary.LittleEndian.Uint32(pair.value)
		}
	}
	return append(out, avPair{avFlags, binary.LittleEndian.AppendUint32(nil, flags)})
}

// bytes are the pairs with the end of the list, nothing where there is none.
func (p avPairs) bytes() (b []byte) {
	if len(p) == 0 {
		return nil
	}
	for _, pair := range append(p[:len(p):len(p)], avPair{id: avEOL}) {
		b = binary.LittleEndian.AppendUint16(b, pair.id)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(pair.value)))
		b = append(b, pair.value...)
	}
	return b
}

// ntlmAuthenticate is an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3).
type ntlmAuthenticate struct {
	user, domain string
	lm, nt       []byte
	flags        uint32
	withMIC      bool // leaves room for it, at ntlmMICAt
}

// ntlmMICAt is where the MIC stands: behind the fixed fields and an empty Version.
const ntlmMICAt = 72

func (m *ntlmAuthenticate) bytes() []byte {
	begin := 64
	if m.withMIC {
		begin = ntlmMICAt + 16
	}
	b := append([]byte(ntlmSignature), 3, 0, 0, 0)
	var payload []byte
	for _, field := range [][]byte{m.lm, m.nt, utf16LE(m.domain), utf16LE(m.user), nil, nil} { // the last two: workstation and session key
		b = binary.LittleEndian.AppendUint16(b, uint16(len(field)))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(field)))
		b = binary.LittleEndian.AppendUint32(b, uint32(begin+len(payload)))
		payload = append(payload, field...)
	}
	b = binary.LittleEndian.AppendUint32(b, m.flags)
	b = append(b, make([]byte, begin-len(b))...)
	return append(b, payload...)
}
