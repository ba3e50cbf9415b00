package importer

import (
	"errors"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxPatterns is how many Lua patterns may take the place of one regular expression.
const maxPatterns = 40

// errNoPattern says that a regular expression is no Lua pattern.
var errNoPattern = errors.New("no Lua pattern")

// any1 stands for one character that is no line end, until it is known what follows it.
const any1 = "\x01"

// luaPatterns are Lua patterns of which one is found in a line exactly when a regular expression matches it: all of it without its line end
// if whole, else from its beginning on. The language is what Perl, Python and Java have in common; an error says that it cannot be said.
func luaPatterns(expression string, whole bool) ([]string, error) {
	if strings.ContainsAny(expression, any1+begin+end) {
		return nil, errNoPattern
	}
	if _, err := syntax.Parse(expression, syntax.Perl); err != nil {
		return nil, errNoPattern // a bracket of it could close ours
	}
	if whole {
		expression = "^(?:" + expression + ")$"
	} else {
		expression = "^(?:" + expression + ")"
	}
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, errNoPattern
	}
	patterns, err := kind{whole}.alternatives(re)
	if err != nil {
		return nil, err
	}
	for i, p := range patterns {
		if patterns[i], err = anchored(p); err != nil {
			return nil, err
		}
	}
	return patterns, nil
}

// begin and end stand for the ends of a text, until it is known that nothing is outside of them.
const begin, end = "\x02", "\x03"

// anchored makes a pattern of what alternatives gave: with "^" in front, and with the line end where the expression has one.
func anchored(p string) (string, error) {
	p = strings.TrimLeft(p, begin)
	body := strings.TrimRight(p, end)
	if strings.ContainsAny(body, begin+end) {
		return "", errNoPattern
	}
	var b strings.Builder
	b.WriteByte('^')
	for i := range len(body) {
		switch {
		case body[i] != any1[0]:
			b.WriteByte(body[i])
		case takesLineEnd(body[i+1:]):
			b.WriteByte('.')
		default:
			b.WriteString("[^\r\n]")
		}
	}
	if body != p {
		b.WriteString(lineEnd)
	}
	return b.String(), nil
}

// takesLineEnd tells whether a dot before rest may be one that takes line ends too: none can be there, or it does not matter.
func takesLineEnd(rest string) bool {
	if rest == "" || strings.ContainsAny(rest[:1], "+?-%["+any1) {
		return false
	}
	return rest[0] == '*' || len(rest) == 1 || strings.IndexByte("*?-", rest[1]) < 0
}

// kind says what a line is to an expression: all of it without its line end, or its beginning with an LF at the end.
type kind struct{ whole bool }

// alternatives are the patterns for a part of an expression.
func (k kind) alternatives(re *syntax.Regexp) ([]string, error) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, nil
	case syntax.OpLiteral:
		return []string{literalPattern(re)}, nil
	case syntax.OpCharClass, syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		item, err := k.single(re, false)
		return []string{item}, err
	case syntax.OpBeginLine, syntax.OpBeginText:
		return []string{begin}, nil
	case syntax.OpEndLine, syntax.OpEndText:
		return []string{end}, nil
	case syntax.OpCapture:
		return k.alternatives(re.Sub[0])
	case syntax.OpConcat:
		return k.product(re.Sub)
	case syntax.OpAlternate:
		return k.union(re.Sub)
	case syntax.OpQuest, syntax.OpStar, syntax.OpPlus:
		return k.repeated(re)
	case syntax.OpRepeat:
		return k.counted(re)
	}
	return nil, errNoPattern
}

func literalPattern(re *syntax.Regexp) string {
	var b strings.Builder
	for _, r := range re.Rune {
		lower, upper := strings.ToLower(string(r)), strings.ToUpper(string(r))
		if re.Flags&syntax.FoldCase != 0 && lower != upper && len(lower) == 1 && len(upper) == 1 {
			b.WriteString("[" + upper + lower + "]")
			continue
		}
		b.WriteString(escaped(string(r)))
	}
	return b.String()
}

// product are the patterns of parts that follow each other.
func (k kind) product(parts []*syntax.Regexp) ([]string, error) {
	out := []string{""}
	for _, part := range parts {
		next, err := k.alternatives(part)
		if err != nil || len(out)*len(next) > maxPatterns {
			return nil, errNoPattern
		}
		var longer []string
		for _, head := range out {
			for _, tail := range next {
				longer = append(longer, head+tail)
			}
		}
		out = longer
	}
	return out, nil
}

func (k kind) union(parts []*syntax.Regexp) (out []string, err error) {
	for _, part := range parts {
		next, err := k.alternatives(part)
		if err != nil || len(out)+len(next) > maxPatterns {
			return nil, errNoPattern
		}
		out = append(out, next...)
	}
	return out, nil
}

// repeated is "?", "*" and "+": of one character they are Lua's own, of more only "?" can be said.
func (k kind) repeated(re *syntax.Regexp) ([]string, error) {
	mark := map[syntax.Op]string{syntax.OpQuest: "?", syntax.OpStar: "*", syntax.OpPlus: "+"}[re.Op]
	if item, err := k.single(inner(re.Sub[0]), true); err == nil {
		return []string{item + mark}, nil
	}
	if re.Op != syntax.OpQuest {
		return nil, errNoPattern
	}
	with, err := k.alternatives(re.Sub[0])
	return append(with, ""), err
}

func inner(re *syntax.Regexp) *syntax.Regexp {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	return re
}

// counted is "{n,m}", written out.
func (k kind) counted(re *syntax.Regexp) ([]string, error) {
	const most = 100
	if re.Min > most || re.Max > most {
		return nil, errNoPattern
	}
	var parts []*syntax.Regexp
	for range re.Min {
		parts = append(parts, re.Sub[0])
	}
	if re.Max < 0 {
		parts = append(parts, &syntax.Regexp{Op: syntax.OpStar, Sub: re.Sub})
	}
	for range re.Max - re.Min {
		parts = append(parts, &syntax.Regexp{Op: syntax.OpQuest, Sub: re.Sub})
	}
	return k.product(parts)
}

// single is the pattern of exactly one character. Those beyond ASCII have several bytes: where the pattern is to be repeated, a set of all of
// them takes them byte by byte.
func (k kind) single(re *syntax.Regexp, repeat bool) (string, error) {
	switch re.Op {
	case syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		return any1, nil
	case syntax.OpLiteral:
		if len(re.Rune) == 1 && re.Rune[0] < utf8.RuneSelf {
			return literalPattern(re), nil
		}
	case syntax.OpCharClass:
		return k.set(re.Rune, repeat)
	}
	return "", errNoPattern
}

// named are classes that Lua has a name for.
var named = map[string]string{"09": "%d", "09AZ__az": "[%w_]", "09AZaz": "%w", "AZaz": "%a", "az": "%l", "AZ": "%u",
	"\x00\x08\v\v\x0e\x1f!\U0010ffff": "%S"}

// blanks is the class \s.
const blanks = "\t\n\f\r  "

// set is the pattern of a character class: pairs of its first and last characters.
func (k kind) set(ranges []rune, repeat bool) (string, error) {
	if name, ok := named[string(ranges)]; ok {
		return name, nil
	}
	if string(ranges) == blanks && !k.whole {
		return "%s", nil
	}
	if n := len(ranges); n == 0 || ranges[0] != 0 || ranges[n-1] != utf8.MaxRune {
		return bytesOf("[", ranges, "]")
	}
	rest := "\r\n"
	if !k.whole {
		rest = "\n" // the CR stands for the LF that the expression sees
	}
	if !repeat {
		rest += "\x80-\xbf" // one character of UTF-8 is one of these bytes, or begins with it
	}
	source, err := bytesOf("[^", complement(ranges), rest+"]")
	if !repeat {
		source += "[\x80-\xbf]*"
	}
	return source, err
}

// complement is what a class leaves out that has both the first and the last of all characters.
func complement(ranges []rune) (out []rune) {
	for i := 1; i+1 < len(ranges); i += 2 {
		out = append(out, ranges[i]+1, ranges[i+1]-1)
	}
	return out
}

// bytesOf is a set of the ASCII characters in ranges.
func bytesOf(head string, ranges []rune, tail string) (string, error) {
	var b strings.Builder
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= utf8.RuneSelf {
			return "", errNoPattern
		}
		writeRange(&b, int(ranges[i]), int(ranges[i+1]))
	}
	if b.Len() == 0 && head == "[" {
		return "", errNoPattern // of a class that nothing is in
	}
	return head + b.String() + tail, nil
}

// writeRange adds bytes to a set. Line ends are no part of a line, and the first control characters stand for something else here: no server
// says them.
func writeRange(b *strings.Builder, lo, hi int) {
	lo = max(lo, 4)
	for _, c := range []int{'\n', '\r'} {
		if lo <= c && c <= hi {
			writePlain(b, lo, c-1)
			lo = c + 1
		}
	}
	writePlain(b, lo, hi)
}

func writePlain(b *strings.Builder, lo, hi int) {
	for lo <= hi && strings.IndexByte("^]%-", byte(lo)) >= 0 {
		b.WriteByte('%')
		b.WriteByte(byte(lo))
		lo++
	}
	last := ""
	for lo <= hi && strings.IndexByte("^]%-", byte(hi)) >= 0 {
		last += "%" + string(rune(hi))
		hi--
	}
	switch {
	case hi-lo > 2:
		b.WriteByte(byte(lo))
		b.WriteByte('-')
		b.WriteByte(byte(hi))
	default:
		for ; lo <= hi; lo++ {
			appendByte(b, byte(lo))
		}
	}
	b.WriteString(last)
}
