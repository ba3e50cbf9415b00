package message

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// room is how many octets of encoded text fit into word number i of a field: never more than 75 in all, and the first has the
// field's name before it.
func wordRoom(i, before int) int {
	room := maxEncodedLen - len("=?utf-8?q??=")
	if i == 0 {
		room = max(12, min(room, encodedLine-before-len("=?utf-8?q??=")))
	}
	return room
}

func qWords(s string, phrase bool, before int) (words []string) {
	var word strings.Builder
	flush := func() {
		words = append(words, "=?utf-8?q?"+word.String()+"?=")
		word.Reset()
	}
	for len(s) > 0 {
		_, n := utf8.DecodeRuneInString(s)
		coded := qCode(s[:n], phrase)
		if word.Len()+len(coded) > wordRoom(len(words), before) {
			flush()
		}
		word.WriteString(coded)
		s = s[n:]
	}
	flush()
	return words
}

// qCode is a character in the Q encoding (RFC 2047 4.2 and 5).
func qCode(char string, phrase bool) string {
	const hex = "0123456789ABCDEF"
	c := char[0]
	switch {
	case c == ' ':
		return "_"
	case isAlnum(c), strings.IndexByte("!*+-/", c) >= 0, !phrase && c > ' ' && c < 0x7f && strings.IndexByte("=?_\"", c) < 0:
		return char
	}
	var b strings.Builder
	for i := range len(char) {
		b.WriteString("=" + string(hex[char[i]>>4]) + string(hex[char[i]&15]))
	}
	return b.String()
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func bWords(s string, before int) (words []string) {
	for len(s) > 0 {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if base64.StdEncoding.EncodedLen(n+size) > wordRoom(len(words), before) {
				break
			}
			n += size
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return words
}
