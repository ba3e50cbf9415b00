package luaapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// scan looks at the source for what the parser would take silently or not survive: "\x" escapes, which Lua 5.1 reads as other bytes,
// and brackets nested beyond reason.
func scan(path, src string) []Problem {
	s := scanner{path: path, src: src, line: 1}
	for s.i < len(s.src) {
		s.token()
	}
	return s.problems
}

type scanner struct {
	path, src string
	i, line   int
	depth     int
	problems  []Problem
	comment   func(line int, text string) // is told of comments that end with their line, unless nil
}

func (s *scanner) problem(line int, message, hint string) {
	s.problems = append(s.problems, Problem{Position: event.Position{File: s.path, Line: line}, Message: message, Hint: hint})
}

func (s *scanner) token() {
	switch c := s.src[s.i]; {
	case c == '\n':
		s.line++
		s.i++
	case strings.HasPrefix(s.src[s.i:], "--"):
		s.i += 2
		if !s.long() {
			begin := s.i
			for s.i < len(s.src) && s.src[s.i] != '\n' {
				s.i++
			}
			if s.comment != nil {
				s.comment(s.line, s.src[begin:s.i])
			}
		}
	case c == '"' || c == '\'':
		s.quoted(c)
	case c == '[' && s.long():
	case strings.IndexByte("([{", c) >= 0:
		if s.depth++; s.depth == maxNesting {
			s.problem(s.line, fmt.Sprintf("brackets are nested more than %d deep", maxNesting), "")
			s.i = len(s.src)
			return
		}
		s.i++
	case strings.IndexByte(")]}", c) >= 0:
		s.depth--
		s.i++
	default:
		s.i++
	}
}

// long takes a long bracket, [[…]] or [=[…]=], if there is one here.
func (s *scanner) long() bool {
	rest := s.src[s.i:]
	if !strings.HasPrefix(rest, "[") {
		return false
	}
	level := len(rest[1:]) - len(strings.TrimLeft(rest[1:], "="))
	if !strings.HasPrefix(rest[1+level:], "[") {
		return false
	}
	end := strings.Index(rest, "]"+strings.Repeat("=", level)+"]")
	if end < 0 {
		s.problem(s.line, "the long string or comment that begins here does not end", "")
		end = len(rest)
	}
	text := rest[:min(len(rest), end+level+2)]
	s.line += strings.Count(text, "\n")
	s.i += len(text)
	return true
}

func (s *scanner) quoted(quote byte) {
	begin := s.line
	s.i++
	for s.i < len(s.src) && s.src[s.i] != quote {
		switch s.src[s.i] {
		case '\\':
			s.i++
			if s.i < len(s.src) {
				s.escape(s.src[s.i])
			}
		case '\n':
			s.problem(begin, "the string that begins here has no closing quote", "")
			return
		}
		s.i++
	}
	if s.i >= len(s.src) {
		s.problem(begin, "the string that begins here has no closing quote", "")
	}
	s.i++
}

func (s *scanner) escape(c byte) {
	switch c {
	case 'x':
		s.problem(s.line, `"\x" is no escape in Lua 5.1: it would be read as the letter x`,
			`write the byte in decimal, as in "\255", or codec.hex.decode("ff")`)
	case 'u', 'z':
		s.problem(s.line, fmt.Sprintf(`"\%c" is no escape in Lua 5.1: it would be read as the letter %c`, c, c),
			`write bytes in decimal, as in "\195\164", or the character itself`)
	case '\n':
		s.line++
	}
	if !isDigit(c) {
		return
	}
	if n, _ := strconv.Atoi(s.src[s.i:min(s.i+3, len(s.src))]); n > 255 {
		s.problem(s.line, fmt.Sprintf(`"\%d" is no escape: a byte is 255 at most`, n), "")
	}
}
