package luaapi

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/quotedprintable"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// transform is a function from text to text.
type transform func(string) (string, error)

func text(name string, f transform) func(*bind.Call) error {
	return func(c *bind.Call) error {
		in := c.String(0)
		defer room(c.L, name, min(3*len(in), maxString))() // of three times the size at most
		out, err := f(in)
		if err != nil {
			return err
		}
		if len(out) > maxString {
			return tooLong(name)
		}
		return c.Push(lua.LString(out))
	}
}

// codecModule is codec: one object a format, each with encode and decode.
func codecModule() *bind.Module {
	formats := []struct {
		name, doc      string
		encode, decode transform
	}{
		{"base64", "Base64 (RFC 4648 4), on one line.", encodeBase64, decodeBase64},
		{"hex", "Hexadecimal, in lower case.", func(s string) (string, error) { return hex.EncodeToString([]byte(s)), nil }, decodeHex},
		{"quoted_printable", "Quoted-printable (RFC 2045 6.7).", encodeQP, decodeQP},
		{"percent", "Percent encoding (RFC 3986 2.1): all but letters, digits and -._~ are encoded.", encodePercent, decodePercent},
		{"xtext", "The xtext of DSN parameters (RFC 3461 4).", encodeXtext, decodeXtext},
	}
	m := &bind.Module{Name: "codec", Doc: "Encodings of bytes as text."}
	for _, f := range formats {
		m.Parts = append(m.Parts, &bind.Module{Name: f.name, Doc: f.doc, Funcs: []*bind.Func{
			bind.Fn("encode(bytes: string): string", text("codec."+f.name+".encode", f.encode), "Encodes bytes."),
			bind.Fn("decode(text: string): string", text("codec."+f.name+".decode", f.decode), "Decodes text; text that is not of the format is an error."),
		}})
	}
	return m
}

func encodeBase64(s string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func decodeBase64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(s))
	if err != nil {
		return "", fmt.Errorf("codec.base64.decode: %s is no base64", shown(s))
	}
	return string(b), nil
}

func decodeHex(s string) (string, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		return "", fmt.Errorf("codec.hex.decode: %s is no hexadecimal text", shown(s))
	}
	return string(b), nil
}

// shown is text in a message, whole or not at all: half a password would not be masked.
func shown(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("a text of %d bytes", len(s))
	}
	return quote(s)
}

func encodeQP(s string) (string, error) {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		return "", err
	}
	err := w.Close() // writes the rest
	return b.String(), err
}

// decodeQP is RFC 2045 6.7 without the leniency of the standard library: a "=" is followed by two digits or a line end.
func decodeQP(s string) (string, error) {
	var b strings.Builder
	for rest := s; rest != ""; {
		plain, after, found := strings.Cut(rest, "=")
		b.WriteString(plain)
		if !found {
			break
		}
		if end := len(after) - len(strings.TrimLeft(after, " \t")); strings.HasPrefix(after[end:], "\n") || strings.HasPrefix(after[end:], "\r\n") || end == len(after) {
			_, rest, _ = strings.Cut(after, "\n") // a soft line break, with the blanks that a relay may have put before it
			continue
		}
		c, err := hex.DecodeString(after[:min(2, len(after))])
		if err != nil || len(c) == 0 {
			return "", fmt.Errorf("codec.quoted_printable.decode: %s is no escape", quote("="+after[:min(2, len(after))]))
		}
		b.WriteByte(c[0])
		rest = after[2:]
	}
	return b.String(), nil
}

func encodePercent(s string) (string, error) {
	return escapeBytes(s, "%", func(c byte) bool {
		return isAlnum(c) || strings.IndexByte("-._~", c) >= 0
	}), nil
}

func decodePercent(s string) (string, error) { return unescapeBytes("codec.percent.decode", s, '%') }

// encodeXtext is RFC 3461 4: xchar is any ASCII character from "!" to "~" but "+" and "=".
func encodeXtext(s string) (string, error) {
	return escapeBytes(s, "+", func(c byte) bool { return c >= '!' && c <= '~' && c != '+' && c != '=' }), nil
}

func decodeXtext(s string) (string, error) { return unescapeBytes("codec.xtext.decode", s, '+') }

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func escapeBytes(s, mark string, plain func(byte) bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if plain(s[i]) {
			b.WriteByte(s[i])
			continue
		}
		b.WriteString(mark)
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

func unescapeBytes(who, s string, mark byte) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != mark {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%s: %s ends in the middle of an escape", who, shown(s))
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("%s: %s is no escape", who, quote(s[i:i+3]))
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), nil
}
