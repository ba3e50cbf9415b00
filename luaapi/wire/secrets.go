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
		if core := base64Core(value, shift); len(core) >= 6 {
			s.add(form{text: core, token: true})
		}
	}
	// Longest first, so that a form that contains another is replaced whole.
	slices.SortStableFunc(s.forms, func(a, b form) int { return len(b.text) - len(a.text) })
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
	var xtext, qp, lua strings.Builder
	for i := 0; i < len(value); i++ {
		c := value[i]
		writeEscaped(&xtext, c, c < '!' || c > '~' || c == '+' || c == '=', "+")
		writeEscaped(&qp, c, c < ' ' || c > '~' || c == '=', "=")
		if c == '"' || c == '\\' {
			lua.WriteByte('\\')
		}
		lua.WriteByte(c)
	}
	return []string{
		quoted[1 : len(quoted)-1], ascii[1 : len(ascii)-1], string(j[1 : len(j)-1]),
		url.QueryEscape(value), url.PathEscape(value), xtext.String(), qp.String(), lua.String(),
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
	var found []span
	for _, v := range s.values {
		if len(v) >= shortSecret {
			continue
		}
		for i := 0; i < len(b); i++ {
			if !isBase64(b[i]) {
				continue
			}
			sp := wholeToken(b, span{i, i + 1})
			i = sp.end
			text := bytes.TrimRight(b[sp.start:sp.end], "=")
			raw, err := base64.RawStdEncoding.DecodeString(string(text))
			if at := bytes.Index(raw, []byte(v)); err == nil && at >= 0 && alone(raw, span{at, at + len(v)}) {
				found = append(found, sp)
			}
		}
	}
	return found
}

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
