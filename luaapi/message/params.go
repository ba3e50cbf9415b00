package message

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// parseParams reads a value with parameters, as of Content-Type: the value and the names in lower case. Parameters in pieces, encoded or both
// (RFC 2231) are put together; so are encoded words, which have no place in them and are there all the same.
func parseParams(s string) (value string, params []Param, problem string) {
	p := addressParser{s: unfold(s)} // its quoted strings and comments are the same
	value = strings.ToLower(p.paramText(";"))
	pieces := map[string][]piece{}
	var order []string
	for n := 0; p.at < len(p.s); n++ {
		if n == maxParams {
			problem = fmt.Sprintf("more than %d parameters: the rest is not read", maxParams)
			break
		}
		name := strings.ToLower(p.paramText("=;"))
		if p.at == 0 || p.s[p.at-1] != '=' {
			if name != "" {
				problem = "a parameter has no value: " + quote(name)
			}
			continue
		}
		text := p.paramText(";")
		name, part := pieceOf(name, text)
		if _, ok := pieces[name]; !ok {
			order = append(order, name)
		}
		pieces[name] = append(pieces[name], part)
	}
	for _, name := range order {
		text, wrong := joined(pieces[name])
		if wrong != "" {
			problem = "the parameter " + quote(name) + ": " + wrong
		}
		params = append(params, Param{name, text})
	}
	return value, params, problem
}

// paramText reads up to one of the ends, takes quotes and comments away, and the blanks around it that are not quoted.
func (p *addressParser) paramText(ends string) string {
	var b []byte
	keep := 0 // up to here nothing is a blank that means nothing
	for p.at < len(p.s) {
		c := p.s[p.at]
		p.at++
		switch {
		case strings.IndexByte(ends, c) >= 0:
			return string(b[:keep])
		case c == '"':
			b = append(b, unescape(p.upTo('"'))...)
			keep = len(b)
		case c == '(':
			p.comment()
		case c == ' ' || c == '\t':
			if len(b) > 0 {
				b = append(b, c)
			}
		default:
			b = append(b, c)
			keep = len(b)
		}
	}
	return string(b[:keep])
}

// piece is one occurrence of a parameter.
type piece struct {
	number  int // -1 when it is whole
	encoded bool
	text    string
}

func pieceOf(name, text string) (string, piece) {
	p := piece{number: -1, text: text}
	if before, ok := strings.CutSuffix(name, "*"); ok {
		name, p.encoded = before, true
	}
	if before, number, ok := cutLast(name, "*"); ok {
		if n, err := strconv.Atoi(number); err == nil && n >= 0 {
			name, p.number = before, n
		}
	}
	return name, p
}

// joined is the value of a parameter: of its encoded form where there is one, else of its pieces, else of the first that is whole.
func joined(pieces []piece) (text, problem string) {
	sort.SliceStable(pieces, func(i, j int) bool { return rank(pieces[i]) < rank(pieces[j]) })
	first := pieces[0]
	if first.number < 0 {
		if len(pieces) > 1 && pieces[1].number < 0 && first.encoded == pieces[1].encoded {
			problem = "given twice"
		}
		if first.encoded {
			return decodeExtended(first.text)
		}
		return DecodeWords(first.text), problem
	}
	var b strings.Builder
	charset := ""
	for i, p := range pieces {
		if p.number != i {
			if p.number >= 0 {
				problem = "a piece of it is missing or given twice"
			}
			break
		}
		if p.encoded {
			if i == 0 {
				charset, p.text = charsetPart(p.text)
			}
			p.text = unpercent(p.text)
		}
		b.WriteString(p.text)
	}
	text, wrong := decodeCharset(b.String(), charset)
	if charset == "" {
		text, wrong = b.String(), ""
	}
	if wrong != "" {
		problem = wrong
	}
	return text, problem
}

// rank puts the encoded whole first, then the pieces in order, then what is whole.
func rank(p piece) int {
	switch {
	case p.number < 0 && p.encoded:
		return -1
	case p.number < 0:
		return 1 << 30
	}
	return p.number
}

func decodeExtended(s string) (text, problem string) {
	charset, rest := charsetPart(s)
	return decodeCharset(unpercent(rest), charset)
}

// charsetPart parts "charset'language'text".
func charsetPart(s string) (charset, rest string) {
	parts := strings.SplitN(s, "'", 3)
	if len(parts) < 3 {
		return "utf-8", s
	}
	return parts[0], parts[2]
}

func unpercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			b.WriteByte(byte(unhex(s[i+1])<<4 | unhex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func find(params []Param, name string) (string, bool) {
	for _, p := range params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}
