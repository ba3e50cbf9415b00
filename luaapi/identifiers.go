package luaapi

import "strings"

// identifiers calls f for each word of a Lua source that is no part of a string or comment, with its offset. Where f gives another offset than 0, it goes
// on from there.
func identifiers(source string, f func(at int, word string) (next int)) {
	s := scanner{src: source, line: 1}
	for s.i < len(source) {
		if c := source[s.i]; !isWordByte(c) || isDigit(c) {
			s.depth = 0 // it is no matter here how deep brackets are
			s.token()
			for isDigit(c) && s.i < len(source) && isWordByte(source[s.i]) {
				s.i++ // 0xff has no word in it
			}
			continue
		}
		at := s.i
		for s.i < len(source) && isWordByte(source[s.i]) {
			s.i++
		}
		if next := f(at, source[at:s.i]); next > s.i {
			s.i = next
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

// isField tells whether a word is the name of a field, a method or a key of a table: t.name, t:name, { name = 1 }. What is assigned to is taken for a key.
func isField(source string, at, length int) bool {
	before := strings.TrimRight(source[:at], " \t\r\n")
	if strings.HasSuffix(before, ":") || strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "..") {
		return true
	}
	after := strings.TrimLeft(source[at+length:], " \t\r\n")
	return strings.HasPrefix(after, "=") && !strings.HasPrefix(after, "==")
}

// beginsStatement tells whether a call at an offset is a statement, and no value of something.
func beginsStatement(source string, at int) bool {
	before := strings.TrimRight(source[:at], " \t\r\n")
	if before == "" {
		return true
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	if strings.Contains(line, "--") {
		return true // it ends in a comment, most likely
	}
	if strings.ContainsAny(before[len(before)-1:], "=,({[.:+-*/%^#<>~") {
		return false
	}
	last := before[strings.LastIndexFunc(before, func(r rune) bool { return r > 0x7f || !isWordByte(byte(r)) })+1:]
	return last != "return" && last != "and" && last != "or" && last != "not" && last != "in"
}

// callLength is the length of the arguments in brackets that source begins with, brackets included; 0 where it begins otherwise.
func callLength(source string) int {
	s := scanner{src: source, line: 1}
	for s.i < len(source) && strings.IndexByte(" \t\r\n", source[s.i]) >= 0 {
		s.i++
	}
	if s.i >= len(source) || source[s.i] != '(' {
		return 0
	}
	for s.i < len(source) {
		if s.token(); s.depth == 0 {
			return s.i
		}
	}
	return 0
}

// firstText is the text that the first of several arguments is, when it is plain text in quotes.
func firstText(arguments string) (string, bool) {
	rest := strings.TrimLeft(strings.TrimLeft(arguments, " \t\r\n")[1:], " \t\r\n")
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return "", false
	}
	text, more, ok := strings.Cut(rest[1:], rest[:1])
	more = strings.TrimLeft(more, " \t\r\n")
	return text, ok && !strings.ContainsRune(text, '\\') && strings.HasPrefix(more, ",")
}
