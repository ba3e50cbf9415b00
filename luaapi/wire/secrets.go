package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Mask stands wherever a secret was.
const Mask = "‹password›"

// shortSecret is the length below which a secret is masked only as a whole token: "a" must not blot out every a.
const shortSecret = 6

// Secrets are the texts that no output may show: passwords, tokens and keys, in the forms in which scripts and servers
// pass them on (base64 at any alignment, hex, percent and quoted forms). The zero value masks nothing. It may be used from several
// goroutines.
type Secrets struct {
	mu     sync.RWMutex
	values []string
	forms  []form
}

// form is one spelling of a secret. A token form is masked with the whole run of base64 characters around it; a short
// one only where it stands alone.
type form struct {
	text  string
	token bool
	short bool
}

// Clone returns a copy that can be added to without changing s.
func (s *Secrets) Clone() *Secrets {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return &Secrets{values: slices.Clone(s.values), forms: slices.Clone(s.forms)}
}

// Add makes value a secret. The empty string is none.
func (s *Secrets) Add(value string) {
	if value == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.values, value) {
		return
	}
	s.values = append(s.values, value)
	short := len(value) < shortSecret
	s.add(form{text: value, short: short})
	for _, text := range spellings(value) {
		s.add(form{text: text, short: short})
	}
	for _, text := range []string{hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value)))} {
		s.add(form{text: text, token: !short, short: short})
	}
	for shift := range 3 {
		if core := base64Core(value, shift); len(core) >= shortSecret {
			s.add(form{text: core, token: true})
			s.add(form{text: base64URL.Replace(core), token: true})
		}
	}
	// Longest first, so that a form that contains another is replaced whole.
	slices.SortStableFunc(s.forms, func(a, b form) int { return len(b.text) - len(a.text) })
}

// Values are the secrets as they were added. They are for a process of ours that has to mask them too.
func (s *Secrets) Values() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.values)
}

func (s *Secrets) add(f form) {
	if f.text != "" && !slices.Contains(s.forms, f) {
		s.forms = append(s.forms, f)
	}
}

// spellings are the ways in which formats of text write a value that has characters special to them.
func spellings(value string) []string {
	quoted := strconv.Quote(value)
	ascii := strconv.QuoteToASCII(value)
	j, _ := json.Marshal(value) // a string always has a JSON form
	var xtext, qp, percent, lua strings.Builder
	for i := range len(value) {
		c := value[i]
		writeEscaped(&percent, c, !isWord(c) || c >= 0x80, "%")
		writeEscaped(&xtext, c, c < '!' || c > '~' || c == '+' || c == '=', "+")
		writeEscaped(&qp, c, c < ' ' || c > '~' || c == '=', "=")
		if c == '"' || c == '\\' {
			lua.WriteByte('\\')
		}
		lua.WriteByte(c)
	}
	return []string{
		quoted[1 : len(quoted)-1], ascii[1 : len(ascii)-1], string(j[1 : len(j)-1]),
		url.QueryEscape(value), url.PathEscape(value), percent.String(), lowerEscapes(percent.String()), xtext.String(), qp.String(),
		lua.String(),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.URLEncoding.EncodeToString([]byte(value)),
	}
}

func writeEscaped(b *strings.Builder, c byte, escape bool, mark string) {
	if escape {
		b.WriteString(mark + strings.ToUpper(hex.EncodeToString([]byte{c})))
		return
	}
	b.WriteByte(c)
}

// lowerEscapes writes the digits of percent escapes in lower case.
func lowerEscapes(text string) string {
	b := []byte(text)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], bytes.ToLower(b[i:i+3]))
		}
	}
	return string(b)
}

// base64URL turns base64 into its form for URLs (RFC 4648 5).
var base64URL = strings.NewReplacer("+", "-", "/", "_")

// base64Core is the part of base64(prefix+value+suffix) that value alone decides, for a prefix of shift bytes modulo 3: what SASL
// PLAIN and a script's own encoding have in common whatever stands around the value.
func base64Core(value string, shift int) string {
	padded := strings.Repeat("\x00", shift) + value
	text := base64.RawStdEncoding.EncodeToString([]byte(padded))
	start := (shift*8 + 5) / 6
	end := len(padded) * 8 / 6
	if start >= end {
		return ""
	}
	return text[start:end]
}

// Text returns text with every secret replaced.
func (s *Secrets) Text(text string) string {
	if s.Empty() || text == "" {
		return text
	}
	return string(replace([]byte(text), s.find([]byte(text))))
}

// Bytes returns b with every secret replaced; b itself where there is none.
func (s *Secrets) Bytes(b []byte) []byte {
	if s.Empty() {
		return b
	}
	return replace(b, s.find(b))
}

// Empty tells whether there is nothing to mask.
func (s *Secrets) Empty() bool {
	if s == nil {
		return true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.values) == 0
}

// span is a half-open range of bytes.
type span struct{ start, end int }

// find returns the ranges of b to mask, in order, not overlapping.
func (s *Secrets) find(b []byte) []span {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []span
	for _, f := range s.forms {
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(f.text))
			if i < 0 {
				break
			}
			sp := span{at + i, at + i + len(f.text)}
			at = sp.start + 1
			if f.short && !alone(b, sp) {
				continue
			}
			if f.token {
				sp = wholeToken(b, sp)
			}
			found = append(found, sp)
			at = max(at, sp.end)
		}
	}
	found = append(found, s.shortTokens(b)...)
	return dropMarks(b, merge(found))
}

// shortTokens finds base64 words that decode to text with a short secret in it: such a secret is too short to be known by its
// own base64 characters.
func (s *Secrets) shortTokens(b []byte) []span {
	var short []string
	for _, v := range s.values {
		if len(v) < shortSecret {
			short = append(short, v)
		}
	}
	if short == nil {
		return nil
	}
	var found []span
	for i := 0; i < len(b); i++ {
		if !isBase64(b[i]) {
			continue
		}
		sp := wholeToken(b, span{i, i + 1})
		i = sp.end
		if text := decodeText(b[sp.start:sp.end]); holdsAlone(text, short) {
			found = append(found, sp)
		}
	}
	return found
}

// decodeText decodes base64 of printable text and NULs, what credentials are made of. Other words have a meaning in base64
// too, but by chance.
func decodeText(word []byte) []byte {
	text, err := base64.RawStdEncoding.DecodeString(string(bytes.TrimRight(word, "=")))
	if err != nil || bytes.ContainsFunc(text, func(r rune) bool { return r != 0 && (r < ' ' || r == 0x7f || r == utf8.RuneError) }) {
		return nil
	}
	return text
}

// holdsAlone tells whether one of values stands in text by itself.
func holdsAlone(text []byte, values []string) bool {
	for _, v := range values {
		for at := 0; at < len(text); at++ {
			i := bytes.Index(text[at:], []byte(v))
			if i < 0 {
				break
			}
			if at += i; alone(text, span{at, at + len(v)}) {
				return true
			}
		}
	}
	return false
}

// plainPassword is the password in base64 credentials of the mechanism PLAIN (RFC 4616 2), or "".
func plainPassword(credentials string) string {
	text, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil || bytes.Count(text, []byte{0}) != 2 {
		return ""
	}
	return string(text[bytes.LastIndexByte(text, 0)+1:])
}

// torn finds the pieces of a secret that was cut in two where the middle of a body was left out: how many bytes at the end
// of head begin one, and how many at the start of tail end one.
func (s *Secrets) torn(head, tail []byte) (begin, end int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.forms {
		for n := min(len(f.text)-1, len(head)); n > begin && n >= minTorn; n-- {
			if bytes.HasSuffix(head, []byte(f.text[:n])) {
				begin = n
			}
		}
		for n := min(len(f.text)-1, len(tail)); n > end && n >= minTorn; n-- {
			if bytes.HasPrefix(tail, []byte(f.text[len(f.text)-n:])) {
				end = n
			}
		}
	}
	return begin, end
}

// minTorn is how much of a secret gives something away.
const minTorn = 3

func merge(found []span) []span {
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	merged := found[:0]
	for _, sp := range found {
		if n := len(merged); n > 0 && sp.start < merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, sp.end)
			continue
		}
		merged = append(merged, sp)
	}
	return merged
}

// dropMarks leaves out what lies inside a Mask already there: a password may be the word "password".
func dropMarks(b []byte, found []span) []span {
	return slices.DeleteFunc(found, func(sp span) bool {
		from := max(0, sp.start-len(Mask))
		to := min(len(b), sp.end+len(Mask))
		i := bytes.Index(b[from:to], []byte(Mask))
		return i >= 0 && from+i <= sp.start && sp.end <= from+i+len(Mask)
	})
}

func replace(b []byte, found []span) []byte {
	if len(found) == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+len(found)*len(Mask))
	at := 0
	for _, sp := range found {
		out = append(out, b[at:sp.start]...)
		out = append(out, Mask...)
		at = sp.end
	}
	return append(out, b[at:]...)
}

func alone(b []byte, sp span) bool {
	return (sp.start == 0 || !isWord(b[sp.start-1])) && (sp.end == len(b) || !isWord(b[sp.end]))
}

func wholeToken(b []byte, sp span) span {
	for sp.start > 0 && isBase64(b[sp.start-1]) {
		sp.start--
	}
	for sp.end < len(b) && isBase64(b[sp.end]) {
		sp.end++
	}
	for sp.end < len(b) && b[sp.end] == '=' {
		sp.end++
	}
	return sp
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isBase64(c byte) bool {
	return c < 0x80 && isWord(c) || c == '+' || c == '/' || c == '-' || c == '_'
}
