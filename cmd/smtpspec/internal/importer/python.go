package importer

import (
	"errors"
	"strconv"
	"strings"
)

// errNoText says that an expression of Python is not one of those that can be evaluated here.
var errNoText = errors.New("no text of Python")

// maxText is the longest text that an expression may have.
const maxText = 16 << 20

// pythonText evaluates an expression of Python that gives text: literals, "+", "*" with a number, and brackets.
func pythonText(expression string) ([]byte, error) {
	p := &python{rest: expression}
	v, err := p.sum()
	if p.blanks(); err != nil || p.rest != "" || v.number {
		return nil, errNoText
	}
	return []byte(v.text), nil
}

type python struct {
	rest  string
	depth int
}

// value is text, or a number.
type value struct {
	text   string
	n      int
	number bool
}

func (p *python) blanks() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take takes a mark, if it comes next.
func (p *python) take(mark string) bool {
	p.blanks()
	rest, ok := strings.CutPrefix(p.rest, mark)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *python) sum() (value, error) {
	v, err := p.product()
	for err == nil && p.take("+") {
		var w value
		if w, err = p.product(); err != nil || v.number != w.number || len(v.text)+len(w.text) > maxText {
			return value{}, errNoText
		}
		v.text, v.n = v.text+w.text, v.n+w.n
	}
	return v, err
}

func (p *python) product() (value, error) {
	v, err := p.term()
	for err == nil && p.take("*") {
		var w value
		if w, err = p.term(); err != nil || v.number && w.number || !v.number && !w.number {
			return value{}, errNoText
		}
		if v.number {
			v, w = w, v
		}
		if w.n < 0 || w.n > maxText || len(v.text)*w.n > maxText {
			return value{}, errNoText
		}
		v = value{text: strings.Repeat(v.text, w.n)}
	}
	return v, err
}

func (p *python) term() (value, error) {
	p.blanks()
	const deepest = 50
	switch {
	case p.rest == "" || p.depth > deepest:
	case p.take("("):
		p.depth++
		v, err := p.sum()
		p.depth--
		if err != nil || !p.take(")") {
			return value{}, errNoText
		}
		return v, nil
	case p.rest[0] == '\'' || p.rest[0] == '"':
		return p.quoted()
	case p.rest[0] >= '0' && p.rest[0] <= '9':
		digits := p.rest[:len(p.rest)-len(strings.TrimLeft(p.rest, "0123456789"))]
		p.rest = p.rest[len(digits):]
		n, err := strconv.Atoi(digits)
		return value{n: n, number: true}, err
	}
	return value{}, errNoText
}

// quoted is a literal, and those that follow it directly.
func (p *python) quoted() (value, error) {
	quote := p.rest[0]
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			p.rest = p.rest[i+1:]
			return value{text: b.String()}, nil
		case c == '\\':
			char, tail, ok := unescape(p.rest[i:])
			if !ok {
				return value{}, errNoText
			}
			b.WriteString(char)
			i = len(p.rest) - len(tail) - 1
		default:
			b.WriteByte(c)
		}
	}
	return value{}, errNoText
}

// unescape reads the escape that text begins with.
func unescape(text string) (char, tail string, ok bool) {
	if len(text) > 1 && strings.IndexByte("'\"", text[1]) >= 0 {
		return text[1:2], text[2:], true
	}
	if strings.HasPrefix(text, `\0`) && (len(text) == 2 || text[2] < '0' || text[2] > '7') {
		return "\x00", text[2:], true // octal, which Go writes with three digits
	}
	r, _, tail, err := strconv.UnquoteChar(text, 0)
	return string(r), tail, err == nil
}
