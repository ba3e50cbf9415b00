package message

import (
	"encoding/base64"
	"strings"
)

// unfold takes the line ends out of a folded value.
func unfold(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.NewReplacer("\r\n", "", "\n", "").Replace(s)
}

// DecodeWords decodes the encoded words in text (RFC 2047). What is no such word, or is of a charset that is not known, stays as it is.
func DecodeWords(s string) string {
	text, _ := decodeWords(s)
	return text
}

func decodeWords(s string) (text string, problems []string) {
	if !strings.Contains(s, "=?") {
		return s, nil
	}
	var b, run strings.Builder // run: bytes of neighbouring words of one charset, which others split inside of characters
	charset, last := "", 0
	flush := func() {
		decoded, problem := decodeCharset(run.String(), charset)
		if problem != "" {
			problems = append(problems, "an encoded word: "+problem)
		}
		b.WriteString(decoded)
		run.Reset()
	}
	for at := 0; ; {
		i := strings.Index(s[at:], "=?")
		if i < 0 {
			break
		}
		at += i
		cs, content, n := encodedWord(s[at:])
		if n == 0 {
			at += 2
			continue
		}
		between := s[last:at]
		joined := charset != "" && strings.Trim(between, " \t") == ""
		if charset != "" && (!joined || !strings.EqualFold(charset, cs)) {
			flush()
		}
		if !joined {
			b.WriteString(between)
		}
		charset = cs
		run.WriteString(content)
		at += n
		last = at
	}
	if charset != "" {
		flush()
	}
	b.WriteString(s[last:])
	return b.String(), problems
}

// encodedWord reads the word that s begins with, and tells how long it is: 0 when it is none.
func encodedWord(s string) (charset, content string, n int) {
	parts := strings.SplitN(s[2:], "?", 4)
	if len(parts) < 4 || !strings.HasPrefix(parts[3], "=") || parts[0] == "" || strings.ContainsAny(parts[0], " \t") {
		return "", "", 0
	}
	charset, _, _ = strings.Cut(parts[0], "*") // a language (RFC 2231 5)
	switch parts[1] {
	case "b", "B":
		decoded, _ := decodeBase64(parts[2])
		content = decoded
	case "q", "Q":
		content, _ = decodeQP(strings.ReplaceAll(parts[2], "_", " "))
	default:
		return "", "", 0
	}
	return charset, content, len("=?") + len(parts[0]) + 1 + len(parts[1]) + 1 + len(parts[2]) + len("?=")
}

// decodeBase64 decodes what there is of base64, and tells what is wrong with it.
func decodeBase64(s string) (content, problem string) {
	out := make([]byte, 0, len(s)/4*3+3)
	clean := make([]byte, 0, len(s))
	padding := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isAlnum(c) || c == '+' || c == '/':
			if padding > 0 {
				problem = "base64 goes on after its end"
				out, _ = appendBase64(out, clean, padding)
				padding = 0
				clean = clean[:0]
			}
			clean = append(clean, c)
		case c == '=':
			padding++
		case c != '\r' && c != '\n' && c != ' ' && c != '\t':
			problem = "base64 has characters that are none of it"
		}
	}
	out, end := appendBase64(out, clean, padding)
	if end != "" {
		problem = end
	}
	return string(out), problem
}

func appendBase64(out, clean []byte, padding int) (_ []byte, problem string) {
	switch rest := len(clean) % 4; {
	case rest == 1:
		clean, problem = clean[:len(clean)-1], "base64 ends in the middle of an octet"
	case (rest+padding)%4 != 0 || rest == 0 && padding > 0:
		problem = "base64 does not end with the padding that it needs"
	}
	out, _ = base64.RawStdEncoding.AppendDecode(out, clean) // what it would not take was left out
	return out, problem
}

// decodeQP decodes quoted-printable; what is no escape stays as it is.
func decodeQP(s string) (content, problem string) {
	out := make([]byte, 0, len(s))
	for line := range strings.Lines(s) {
		body := strings.TrimRight(line, "\r\n")
		end := line[len(body):]
		if end != "" {
			body = strings.TrimRight(body, " \t") // blanks at the end are no part of it (RFC 2045 6.7)
		}
		for i := 0; i < len(body); i++ {
			if body[i] != '=' {
				out = append(out, body[i])
				continue
			}
			if i == len(body)-1 {
				end = ""
				break
			}
			if i+2 < len(body) {
				hi, lo := unhex(body[i+1]), unhex(body[i+2])
				if hi >= 0 && lo >= 0 {
					out = append(out, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
			out = append(out, '=')
			problem = "quoted-printable has an \"=\" that is no escape"
		}
		out = append(out, end...)
	}
	return string(out), problem
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
