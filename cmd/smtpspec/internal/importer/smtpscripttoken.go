package importer

import "strings"

// token is a word of an smtpscript, a quoted string, or a mark: a bracket, "%", "=", or a line end.
type token struct {
	text   string
	quoted bool
}

// tokensOf parts a script. Comments and line ends behind a backslash are left out, and variables are replaced by what they were set to.
func tokensOf(text string) (out []token) {
	l := &lexer{text: text, variables: map[string]string{}}
	for l.at < len(l.text) {
		l.next()
	}
	return l.out
}

type lexer struct {
	text      string
	at        int
	out       []token
	variables map[string]string
}

func (l *lexer) next() {
	switch c := l.text[l.at]; {
	case c == ' ' || c == '\t' || c == '\r':
		l.at++
	case strings.HasPrefix(l.text[l.at:], "\\\n"):
		l.at += 2
	case c == '#':
		if i := strings.IndexByte(l.text[l.at:], '\n'); i >= 0 {
			l.at += i
		} else {
			l.at = len(l.text)
		}
	case c == '"' || c == '\'':
		l.quoted(c)
	case c == '$':
		l.at++
		name := l.run()
		if value, ok := l.variables[name]; ok {
			l.out = append(l.out, token{value, true})
		} else {
			l.out = append(l.out, token{"$" + name, false})
		}
	case isWord(c):
		l.out = append(l.out, token{l.run(), false})
	default:
		l.out = append(l.out, token{string(rune(c)), false})
		l.at++
	}
}

// run takes a word.
func (l *lexer) run() string {
	from := l.at
	for l.at < len(l.text) && isWord(l.text[l.at]) {
		l.at++
	}
	return l.text[from:l.at]
}

// isWord tells what a word without quotes may be made of: letters, digits, and the marks that mean nothing else.
func isWord(c byte) bool {
	return c > ' ' && c < 0x7f && strings.IndexByte("(){}<>!=#,'\"%$\\", c) < 0
}

// quoted takes a string: line ends in it are left out, and a backslash makes a quote part of it.
func (l *lexer) quoted(quote byte) {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == quote:
			l.at++
			l.store(b.String())
			return
		case c == '\n':
		case c == '\\' && l.at+1 < len(l.text) && (l.text[l.at+1] == quote || l.text[l.at+1] == '\n'):
			l.at++
			if l.text[l.at] == quote {
				b.WriteByte(quote)
			}
		default:
			b.WriteByte(c)
		}
	}
	l.store(b.String())
}

// store adds a quoted string, which is the value of a variable where a name and "=" stand before it.
func (l *lexer) store(text string) {
	if n := len(l.out); n > 1 && l.out[n-1] == (token{"=", false}) && !l.out[n-2].quoted {
		l.variables[l.out[n-2].text] = text
		l.out = l.out[:n-2]
		return
	}
	l.out = append(l.out, token{text, true})
}
