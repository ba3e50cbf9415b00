package message

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// Signing is how to sign a message (RFC 6376).
type Signing struct {
	Domain, Selector string
	Identifier       string // the tag i, "" for none
	Key              crypto.Signer
	Header, Body     string // how they are canonicalized: "simple" or "relaxed"
	Fields           []string
	Expires          time.Time // the tag x; zero for none
}

// signedFields are signed where nothing else is asked for (RFC 6376 5.4.1), as often as they occur.
var signedFields = []string{"From", "Sender", "Reply-To", "To", "Cc", "Date", "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version",
	"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "Content-Description", "Resent-Date", "Resent-From", "Resent-Sender", "Resent-To",
	"Resent-Cc", "Resent-Message-ID", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe", "List-Post", "List-Owner", "List-Archive"}

// The library takes a time that grows with the square of these.
const (
	maxHeaderLines = 3000
	maxHeaderSize  = 512 << 10
	maxEmptyLines  = 1 << 20 // octets of line ends in a row, in a body to sign in the simple form
)

// maxNames is the length of the list of signed fields, which the library writes as one line: " h=", the names, and ";".
const maxNames = maxLine - len(" h=;")

// Sign puts a DKIM-Signature before a message, which is otherwise as it was.
func Sign(text string, s Signing) (string, error) {
	m := ParseText(text)
	if !strings.Contains(text, "\n\r\n") && !strings.Contains(text, "\n\n") {
		return "", errors.New("the message has no empty line after its header")
	}
	if s.Fields == nil {
		s.Fields = presentFields(m)
	}
	if err := s.check(m); err != nil {
		return "", err
	}
	signer, err := dkim.NewSigner(&dkim.SignOptions{Domain: s.Domain, Selector: s.Selector, Identifier: s.Identifier, Signer: s.Key, HeaderKeys: s.Fields, Expiration: s.Expires,
		HeaderCanonicalization: dkim.Canonicalization(s.Header), BodyCanonicalization: dkim.Canonicalization(s.Body)})
	if err != nil {
		return "", errors.New("the key cannot sign") // what else it refuses is checked already
	}
	_, err = io.Copy(signer, m.reader(-1))
	if closed := signer.Close(); err != nil || closed != nil {
		return "", errors.New("the key cannot sign")
	}
	return signer.Signature() + text, nil
}

// reader gives the message to the library: the same fields and the same body that we read. One field may be put before the others.
func (m *Message) reader(first int) io.Reader {
	var b strings.Builder
	add := func(raw string) { b.WriteString(strings.TrimRight(raw, crlf) + crlf) }
	if first >= 0 {
		add(m.Header[first].Raw)
	}
	for i, f := range m.Header {
		if i != first {
			add(f.Raw)
		}
	}
	b.WriteString(crlf)
	return io.MultiReader(strings.NewReader(b.String()), strings.NewReader(m.Body))
}

// tooLarge tells what is too large about the header for the library, "" for nothing.
func (m *Message) tooLarge() string {
	size, lines := 0, 0
	for _, f := range m.Header {
		size += len(f.Raw)
		lines += 1 + strings.Count(f.Raw, "\n")
	}
	if size > maxHeaderSize || lines > maxHeaderLines {
		return fmt.Sprintf("the header has more than %d lines or %d octets", maxHeaderLines, maxHeaderSize)
	}
	return ""
}

// endless tells whether too many empty lines follow each other.
func endless(body string) bool {
	run := 0
	for i := range len(body) {
		if run++; body[i] != '\r' && body[i] != '\n' {
			run = 0
		}
		if run > maxEmptyLines {
			return true
		}
	}
	return false
}

// presentFields are those of signedFields that are there, as far as they fit in.
func presentFields(m *Message) (names []string) {
	size := 0
	for _, name := range signedFields {
		for range m.Values(name) {
			if size += len(name) + len(":"); size > maxNames {
				return names
			}
			names = append(names, name)
		}
	}
	return names
}

func (s *Signing) check(m *Message) error {
	if problem := m.tooLarge(); problem != "" {
		return errors.New(problem)
	}
	if s.Body == "simple" && endless(m.Body) {
		return fmt.Errorf("more than %d octets of the body are empty lines in a row: relaxed canonicalization can sign that", maxEmptyLines)
	}
	for _, n := range s.Fields {
		if n == "" || strings.ContainsFunc(n, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' || r == ';' }) {
			return fmt.Errorf("%q is no name of a header field", short(n))
		}
	}
	if len(strings.Join(s.Fields, ":")) > maxNames {
		return fmt.Errorf("the names of the fields to sign have more than %d octets: name fewer", maxNames)
	}
	for _, tag := range []struct{ name, value string }{{"domain", s.Domain}, {"selector", s.Selector}, {"identity", s.Identifier}} {
		if len(tag.value) > 900 || strings.ContainsFunc(tag.value, func(r rune) bool { return r <= ' ' || r == ';' || r == 0x7f }) {
			return fmt.Errorf("the %s %q has blanks, semicolons or control characters, or is too long", tag.name, short(tag.value))
		}
	}
	if !slices.ContainsFunc(s.Fields, func(n string) bool { return strings.EqualFold(n, "From") }) {
		return errors.New("the field From has to be among what is signed (RFC 6376 5.4)")
	}
	if k, ok := s.Key.Public().(*rsa.PublicKey); ok && k.N.BitLen() < 1024 {
		return fmt.Errorf("the key has %d bits: 1024 at least are needed (RFC 8301 3.2)", k.N.BitLen())
	}
	return nil
}
