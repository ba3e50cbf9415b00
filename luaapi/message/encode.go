package message

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"
)

// The content transfer encodings (RFC 2045 6).
const (
	SevenBit        = "7bit"
	EightBit        = "8bit"
	QuotedPrintable = "quoted-printable"
	Base64          = "base64"
)

// crlfLines makes every line end CRLF, and ends the last line.
func crlfLines(s string) string {
	if s == "" {
		return ""
	}
	if n := strings.Count(s, "\r\n"); n != strings.Count(s, "\n") || n != strings.Count(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
		s = strings.ReplaceAll(s, "\n", "\r\n")
	}
	if !strings.HasSuffix(s, "\n") {
		s += crlf
	}
	return s
}

// textEncoding is how text is written best: as it is where all of it may stand in a message of lines, else the shorter of the two
// encodings.
func textEncoding(s string) string {
	if fitsLines(s) && isASCII(s) {
		return SevenBit
	}
	special := 0
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c == '=' || c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			special++
		}
	}
	if 3*2*special > len(s) { // two octets more for each of them, a third more for all
		return Base64
	}
	return QuotedPrintable
}

// fitsLines tells whether content is lines of at most 998 octets that end in CRLF, without control characters.
func fitsLines(s string) bool {
	for line := range strings.SplitSeq(s, crlf) {
		if len(line) > maxLine || hasControl(line) {
			return false
		}
	}
	return true
}

// encode writes content in an encoding.
func encode(content, encoding string, isText bool) string {
	switch encoding {
	case QuotedPrintable:
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Binary = !isText
		_, _ = w.Write([]byte(content))
		_ = w.Close() // neither fails on a buffer
		return b.String()
	case Base64:
		return base64Lines(content)
	}
	return content
}

// base64Lines is base64 in lines of 76.
func base64Lines(s string) string {
	const line = 76 / 4 * 3
	out := make([]byte, 0, len(s)/3*4+len(s)/line*2+8)
	for len(s) > 0 {
		n := min(line, len(s))
		out = base64.StdEncoding.AppendEncode(out, []byte(s[:n]))
		out = append(out, crlf...)
		s = s[n:]
	}
	return string(out)
}
