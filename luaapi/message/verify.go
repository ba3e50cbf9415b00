package message

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// Signature is a DKIM-Signature of a message, and what became of it.
type Signature struct {
	Domain, Selector, Identifier string
	Algorithm                    string // "rsa-sha256", "ed25519-sha256"
	Canonicalization             string // as in "relaxed/simple", in full
	Fields                       []string
	Length                       int       // how much of the body is signed (the tag l), -1 for all of it
	Time, Expires                time.Time // zero where nothing is said, or it was not looked at
	Result                       string    // "pass", "fail", "permerror" or "temperror" (RFC 8601 2.7.1)
	Problem                      string    // why it is not "pass"

	at int // which field of the header it is
}

// KeyAnswer is what came of the question for a key: the texts of its TXT records, or why there are none.
type KeyAnswer struct {
	Records   []string
	Problem   string
	Temporary bool // asking again may help
}

const (
	maxSignatures   = 20      // how many of a message are verified: each means to hash all of it again
	maxSignedFields = 1000    // of one signature: each means to look through the header
	maxKeyRecord    = 8 << 10 // more than a key of 16384 bits takes
)

// Signatures are those of a message, in the order of its header, not verified.
func (m *Message) Signatures() (list []*Signature) {
	for i, f := range m.Header {
		if strings.EqualFold(f.Name, "DKIM-Signature") {
			s := readSignature(f.Raw)
			s.at = i
			list = append(list, s)
		}
	}
	return list
}

// readSignature reads what the library does not tell of a signature, or tells of good ones alone.
func readSignature(raw string) *Signature {
	_, value, _ := strings.Cut(raw, ":")
	tags := readTags(value)
	s := &Signature{Length: -1, Domain: tags["d"], Selector: tags["s"], Algorithm: tags["a"], Identifier: tags["i"]}
	if s.Identifier == "" {
		s.Identifier = "@" + s.Domain
	}
	if tags["h"] != "" {
		s.Fields = strings.Split(tags["h"], ":")
	}
	header, body, _ := strings.Cut(tags["c"], "/")
	if header == "" {
		header = "simple"
	}
	if body == "" {
		body = "simple" // RFC 6376 3.5
	}
	s.Canonicalization = header + "/" + body
	if n, err := strconv.Atoi(tags["l"]); err == nil && n >= 0 {
		s.Length = n
	}
	if hasSecondB(value) {
		s.permanent("b= is in the value of another tag, and such signatures cannot be verified here")
	}
	return s
}

// readTags reads a list of tags (RFC 6376 3.2), as far as it is one. The blanks in the values, which mean nothing in any tag that is
// used here, are gone.
func readTags(s string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(s, ";") {
		name, value, _ := strings.Cut(tag, "=")
		tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
	}
	return tags
}

// hasSecondB tells whether "b=" and a value stand inside of a tag that is not b. The library takes that value away too before it hashes the
// field, as copies of header fields (z) may have it.
func hasSecondB(value string) bool {
	for tag := range strings.SplitSeq(value, ";") {
		name, _, _ := strings.Cut(tag, "=")
		_, after, _ := strings.Cut(strings.Join(strings.Fields(tag), ""), "b=")
		if strings.TrimSpace(name) != "b" && after != "" {
			return true
		}
	}
	return false
}

func (s *Signature) permanent(problem string) { s.Result, s.Problem = "permerror", problem }

// Verify verifies the signatures of a message. ask gives the record of a key, by its name.
func (m *Message) Verify(ask func(name string) KeyAnswer) []*Signature {
	list := m.Signatures()
	large := m.tooLarge()
	for i, s := range list {
		switch {
		case i >= maxSignatures:
			s.permanent(fmt.Sprintf("it is not verified: there are more than %d", maxSignatures))
		case large != "":
			s.permanent("it is not verified: " + large)
		case len(s.Fields) > maxSignedFields:
			s.permanent(fmt.Sprintf("it is not verified: it names more than %d fields", maxSignedFields))
		case s.Result == "":
			s.verify(m, ask)
		}
	}
	return list
}

// verify has the library verify this signature alone, which is made the first for that: more than one it verifies in goroutines, where
// nobody could catch a panic. The order of the others, of which it may have signed some (from the last up), stays.
func (s *Signature) verify(m *Message, ask func(name string) KeyAnswer) {
	defer func() {
		if recover() != nil {
			s.permanent(notVerified)
		}
	}()
	lookup := func(name string) ([]string, error) { return s.keys(name, ask(name)) }
	list, err := dkim.VerifyWithOptions(m.reader(s.at), &dkim.VerifyOptions{LookupTXT: lookup, MaxVerifications: 1})
	if len(list) != 1 || err != nil && err != dkim.ErrTooManySignatures {
		s.permanent(notVerified)
		return
	}
	v := list[0]
	s.Time, s.Expires = v.Time, v.Expiration
	switch {
	case v.Err == nil:
		s.Result = "pass"
	case dkim.IsTempFail(v.Err):
		s.Result, s.Problem = "temperror", ownWords(v.Err)
	case dkim.IsPermFail(v.Err):
		s.permanent(ownWords(v.Err))
	default:
		s.Result, s.Problem = "fail", ownWords(v.Err)
	}
}

// keyProblem is why there is no key, to the library an error of the network (net.Error).
type keyProblem struct {
	text      string
	temporary bool
}

func (p keyProblem) Error() string   { return p.text }
func (p keyProblem) Timeout() bool   { return false }
func (p keyProblem) Temporary() bool { return p.temporary }

// keys gives the library the records of a key, when there is one that it may use.
func (s *Signature) keys(name string, a KeyAnswer) ([]string, error) {
	_, domain, _ := cutLast(s.Identifier, "@")
	switch {
	case a.Problem != "":
		a.Problem = "there is no key: " + a.Problem
	case len(a.Records) == 0:
		a.Problem = "there is no key: " + name + " has no TXT record"
	case len(a.Records) > 1:
		a.Problem = "there is more than one key: " + name + " has several TXT records"
	case len(a.Records[0]) > maxKeyRecord:
		a.Problem = fmt.Sprintf("the key's record has more than %d octets", maxKeyRecord)
	case slices.Contains(strings.Split(readTags(a.Records[0])["t"], ":"), "s") && !strings.EqualFold(domain, s.Domain):
		a.Problem = "the key is for its own domain alone, and the tag i is below that" // RFC 6376 3.6.1
	default:
		return a.Records, nil
	}
	return nil, keyProblem{a.Problem, a.Temporary}
}
