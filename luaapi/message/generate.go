package message

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generation is what kind of message to make up.
type Generation struct {
	Size        int // octets in all, with CRLF for each line end, before dots are stuffed
	LineLength  int // of the text's lines, without CRLF
	EightBit    bool
	Attachments int
	From, To    []Address
	Subject     string
	Date        string
	Random      *rand.Rand
}

// Generate makes up a message of exactly so many octets. What it says depends on the random values alone.
func Generate(g Generation) (string, error) {
	g.LineLength = max(g.LineLength, 1)
	id, err := (&builder{d: &Draft{From: g.From}, random: g.Random}).messageID()
	if err != nil {
		return "", err
	}
	header, err := (&builder{d: &Draft{From: g.From, To: g.To, Subject: &g.Subject, Date: g.Date, MessageID: id}}).header()
	if err != nil {
		return "", err
	}
	head := strings.Join(header, "") + "MIME-Version: 1.0\r\n"
	charset, encoding := "us-ascii", SevenBit
	if g.EightBit {
		charset, encoding = "utf-8", EightBit
	}
	text := "Content-Type: text/plain; charset=" + charset + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n"
	if g.Attachments == 0 {
		return g.whole(head+text, "", nil)
	}
	boundary := "=_" + randomText(g.Random, 24) // in neither base64 nor the text
	head += "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n"
	if g.EightBit {
		head += "Content-Transfer-Encoding: 8bit\r\n"
	}
	head += "\r\n--" + boundary + "\r\n" + text
	var heads []string
	for i := range g.Attachments {
		heads = append(heads, fmt.Sprintf("--%s\r\nContent-Type: application/octet-stream; name=file%d.bin\r\nContent-Transfer-Encoding: base64\r\n"+
			"Content-Disposition: attachment; filename=file%d.bin\r\n\r\n", boundary, i+1, i+1))
	}
	return g.whole(head, "--"+boundary+"--\r\n", heads)
}

// whole fills what is between head and tail: with text alone, or with as much text as each of the attachments has.
func (g *Generation) whole(head, tail string, heads []string) (string, error) {
	rest := g.Size - len(head) - len(tail)
	for _, h := range heads {
		rest -= len(h)
	}
	line := max(4, min(76, g.LineLength)/4*4)
	share := max(0, rest) / (len(heads) + 1)
	lines := share / (line + 2)
	if len(heads) > 0 && lines == 0 {
		lines = 1
	}
	rest -= lines * (line + 2) * len(heads)
	switch {
	case rest < 0:
		return "", fmt.Errorf("%d octets are not enough: header and structure take %d", g.Size, g.Size-rest)
	case rest == 1:
		return "", fmt.Errorf("%d octets leave one for the text, and a line end takes two: one more or less can be done", g.Size)
	}
	out := make([]byte, 0, g.Size)
	out = append(out, head...)
	out = g.text(out, rest)
	for _, h := range heads {
		out = append(out, h...)
		for range lines {
			out = append(g.letters(out, line, base64Alphabet), crlf...)
		}
	}
	out = append(out, tail...)
	return string(out), nil
}

const (
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	textAlphabet   = "abcdefghijklmnopqrstuvwxyz abcdefghijk mnopqrstuvwxyz 0123456789"
)

// letters adds n letters of an alphabet of 64.
func (g *Generation) letters(out []byte, n int, alphabet string) []byte {
	for n > 0 {
		bits := g.Random.Uint64()
		for range min(n, 10) {
			out = append(out, alphabet[bits&63])
			bits >>= 6
		}
		n -= 10
	}
	return out
}

// text adds lines of n octets in all, each with its CRLF. n is not 1.
func (g *Generation) text(out []byte, n int) []byte {
	for n > 0 {
		length := min(g.LineLength, n-2)
		if left := n - length - 2; left == 1 {
			length-- // what is left has room for a line end
		}
		if length < 0 {
			length = 0
		}
		out = append(g.line(out, length), crlf...)
		n -= length + 2
	}
	return out
}

// line adds text without blanks at its ends, which some servers take away.
func (g *Generation) line(out []byte, n int) []byte {
	start := len(out)
	out = g.letters(out, n, textAlphabet)
	if n == 0 {
		return out
	}
	line := out[start:]
	for _, i := range []int{0, n - 1} {
		if line[i] == ' ' {
			line[i] = 'e'
		}
	}
	for i := 8; g.EightBit && i+1 < n; i += 16 {
		copy(line[i:], "é")
	}
	if g.EightBit && n > 1 && n < 10 {
		copy(line, "é")
	}
	return out
}
