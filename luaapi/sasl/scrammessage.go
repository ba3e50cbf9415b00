package sasl

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The four messages of SCRAM (RFC 5802 7), read with all the strictness of the grammar.

type clientFirstMessage struct {
	header gs2Header
	bare   string
	user   string
	nonce  string
}

func parseClientFirst(message string) (m clientFirstMessage, err error) {
	if m.header, m.bare, err = cutGS2Header(message); err != nil {
		return m, err
	}
	values, err := attributes(m.bare, "nr")
	if err != nil {
		return m, err
	}
	if m.user, err = unescapeName(values[0]); err != nil {
		return m, fmt.Errorf("user name: %w", err)
	}
	m.nonce = values[1]
	return m, checkNonce(m.nonce)
}

type serverFirstMessage struct {
	nonce      string
	salt       []byte
	iterations int
}

func parseServerFirst(message string) (m serverFirstMessage, err error) {
	values, err := attributes(message, "rsi")
	if err != nil {
		return m, err
	}
	m.nonce = values[0]
	if err := checkNonce(m.nonce); err != nil {
		return m, err
	}
	if m.salt, err = decode64(values[1]); err != nil || len(m.salt) == 0 {
		return m, errors.New("salt is empty or not base64")
	}
	m.iterations, err = parseIterations(values[2])
	return m, err
}

type clientFinalMessage struct {
	binding      []byte // gs2 header and channel binding data
	nonce        string
	proof        []byte
	withoutProof string
}

func parseClientFinal(message string) (m clientFinalMessage, err error) {
	// The proof stands last, after any extension.
	i := strings.LastIndex(message, ",p=")
	if i < 0 {
		return m, errors.New("message has no proof")
	}
	m.withoutProof = message[:i]
	values, err := attributes(m.withoutProof, "cr")
	if err != nil {
		return m, err
	}
	if m.binding, err = decode64(values[0]); err != nil {
		return m, errors.New("channel binding is not base64")
	}
	if m.proof, err = decode64(message[i+len(",p="):]); err != nil {
		return m, errors.New("proof is not base64")
	}
	m.nonce = values[1]
	return m, checkNonce(m.nonce)
}

// serverFinalMessage has either a signature or an error.
type serverFinalMessage struct {
	failure   string
	signature []byte
}

func parseServerFinal(message string) (m serverFinalMessage, err error) {
	if strings.HasPrefix(message, "e=") {
		values, err := attributes(message, "e")
		if err != nil {
			return m, err
		}
		m.failure = values[0]
		return m, nil
	}
	values, err := attributes(message, "v")
	if err != nil {
		return m, err
	}
	if m.signature, err = decode64(values[0]); err != nil {
		return m, errors.New("server signature is not base64")
	}
	return m, nil
}

// attributes gives the values of the attributes that a message opens with, which have to have these names in this order.
// Extensions may follow and are skipped (RFC 5802 5.1); "m", an extension that must be understood, is an error.
func attributes(message, names string) ([]string, error) {
	if !utf8.ValidString(message) || strings.IndexByte(message, 0) >= 0 {
		return nil, errors.New("message is not UTF-8 without NUL")
	}
	parts := strings.Split(message, ",")
	for i, part := range parts {
		switch {
		case len(part) < 2 || !isAlpha(part[0]) || part[1] != '=':
			return nil, fmt.Errorf("part %d of the message is not an attribute", i+1)
		case part[0] == 'm':
			return nil, errors.New("message has a mandatory extension")
		case i < len(names) && part[0] != names[i]:
			return nil, fmt.Errorf("attribute %d of the message is %c, where %c is due", i+1, part[0], names[i])
		case len(part) == 2:
			return nil, fmt.Errorf("attribute %c is empty", part[0])
		}
		parts[i] = part[2:]
	}
	if len(parts) < len(names) {
		return nil, fmt.Errorf("message has no attribute %c", names[len(parts)])
	}
	return parts[:len(names)], nil
}

// checkNonce wants printable ASCII; attributes has seen to it that there is no comma and something at all.
func checkNonce(nonce string) error {
	for _, c := range []byte(nonce) {
		if c < 0x21 || c > 0x7e {
			return errors.New("nonce is not printable ASCII")
		}
	}
	return nil
}

func parseIterations(s string) (int, error) {
	// posit-number: no sign and no leading zero.
	if s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("iteration count %.100q is not a positive number", s)
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("iteration count %.100s is out of range", s)
	}
	return n, nil
}

// decode64 is strict where encoding/base64 is lenient: no line breaks, and no stray bits at the end.
func decode64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line break in base64")
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}
