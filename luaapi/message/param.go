package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Param is a parameter of Content-Type or Content-Disposition.
type Param struct{ Name, Value string }

// paramField writes a field with parameters (RFC 2045 5.1). What is not ASCII is in RFC 2231's form; so is what is too long for a
// line, in pieces. So it is with SMTPUTF8 too, where it may be as it is: then few can read it.
func paramField(name, value string, params []Param) (string, error) {
	words := []string{value}
	for _, p := range params {
		words[len(words)-1] += ";"
		words = append(words, paramWords(p)...)
	}
	for _, w := range words {
		if len(name)+3+len(w) > maxLine {
			return "", fmt.Errorf("%s: %d octets without a place to break the line", name, len(w))
		}
	}
	return fold(name, words), nil
}

func paramWords(p Param) []string {
	const room = lineLength - 2 // the blank before it, the semicolon after it
	if isASCII(p.Value) && !hasControl(p.Value) && !strings.Contains(p.Value, "=?") && p.Value == strings.TrimSpace(p.Value) {
		w := p.Name + "=" + p.Value
		if !isToken(p.Value) {
			w = p.Name + "=" + quote(p.Value)
		}
		if len(w) <= room {
			return []string{w}
		}
	}
	if w := p.Name + "*=utf-8''" + percent(p.Value); len(w) <= room {
		return []string{w}
	}
	// Not inside of a character: some decode each piece by itself.
	words := []string{p.Name + "*0*=utf-8''"}
	for rest := p.Value; rest != ""; {
		_, n := utf8.DecodeRuneInString(rest)
		coded := percent(rest[:n])
		if len(words[len(words)-1])+len(coded) > room {
			words = append(words, fmt.Sprintf("%s*%d*=", p.Name, len(words)))
		}
		words[len(words)-1] += coded
		rest = rest[n:]
	}
	for i := range words[:len(words)-1] {
		words[i] += ";"
	}
	return words
}

// isToken tells whether text needs no quotes (RFC 2045 5.1, and the marks of RFC 2231).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("()<>@,;:\\\"/[]?=*'%", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// percent writes text as RFC 2231 has it.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isAlnum(c) || strings.IndexByte("-._~!#$&+^`{}|", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// asciiName is a file name for those who cannot read the real one.
func asciiName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '?' {
			return '_'
		}
		return r
	}, strings.TrimSpace(s))
}
