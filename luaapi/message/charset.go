package message

import (
	"strings"
	"unicode/utf8"
)

// upper1252 is what windows-1252 has from 0x80 to 0x9f; a zero is nothing.
var upper1252 = [32]rune{'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0, 0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ'}

// latin9 is what iso-8859-15 has in other places than iso-8859-1.
var latin9 = map[byte]rune{0xa4: '€', 0xa6: 'Š', 0xa8: 'š', 0xb4: 'Ž', 0xb8: 'ž', 0xbc: 'Œ', 0xbd: 'œ', 0xbe: 'Ÿ'}

// unknown is the charset of bytes that nobody knows the meaning of (RFC 1428).
const unknown = "unknown-8bit"

// charsetOf names the charset of text that has octets over 127.
func charsetOf(s string) string {
	if utf8.ValidString(s) {
		return "utf-8"
	}
	return unknown
}

// decodeCharset makes text of a charset UTF-8. Where it cannot, it gives the bytes as they are and what is wrong.
func decodeCharset(s, charset string) (text, problem string) {
	switch strings.ToLower(charset) {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968":
		if !isASCII(s) {
			return s, "text that is said to be us-ascii has octets over 127"
		}
		return s, ""
	case unknown:
		return s, ""
	case "utf-8", "utf8":
		if !utf8.ValidString(s) {
			return s, "text that is said to be utf-8 is none"
		}
		return s, ""
	case "iso-8859-1", "latin1", "l1", "iso_8859-1", "cp819":
		return singleBytes(s, func(c byte) rune { return rune(c) })
	case "iso-8859-15", "latin-9", "latin9", "iso_8859-15":
		return singleBytes(s, func(c byte) rune {
			if r, ok := latin9[c]; ok {
				return r
			}
			return rune(c)
		})
	case "windows-1252", "cp1252", "x-cp1252":
		return singleBytes(s, func(c byte) rune {
			if c >= 0x80 && c < 0xa0 {
				return upper1252[c-0x80]
			}
			return rune(c)
		})
	}
	return s, "the charset " + quote(charset) + " is not known here: the text is its bytes"
}

func singleBytes(s string, char func(byte) rune) (text, problem string) {
	if isASCII(s) {
		return s, ""
	}
	var b strings.Builder
	for i := range len(s) {
		r := rune(s[i])
		if s[i] >= 0x80 {
			if r = char(s[i]); r == 0 {
				r, problem = utf8.RuneError, "the text has octets that its charset does not have"
			}
		}
		b.WriteRune(r)
	}
	return b.String(), problem
}
