package pattern

import "math/bits"

// set is a set of bytes.
type set [4]uint64

func (t *set) has(c byte) bool { return t[c>>6]&(1<<(c&63)) != 0 }

func (t *set) add(c byte) { t[c>>6] |= 1 << (c & 63) }

// addRange adds the bytes from lo to hi, none if they are the wrong way round.
func (t *set) addRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		t.add(byte(c))
	}
}

func (t *set) union(u set) {
	for i := range t {
		t[i] |= u[i]
	}
}

func (t *set) complement() {
	for i := range t {
		t[i] = ^t[i]
	}
}

func (t *set) size() int {
	n := 0
	for _, word := range t {
		n += bits.OnesCount64(word)
	}
	return n
}

// first is the smallest member of a set that is not empty.
func (t *set) first() byte {
	for i, word := range t {
		if word != 0 {
			return byte(i<<6 + bits.TrailingZeros64(word))
		}
	}
	return 0
}

// class is what "%c" stands for: a class of the C locale, its complement for a capital, or c itself.
func class(c byte) set {
	var t set
	lower := c
	if 'A' <= c && c <= 'Z' {
		lower += 'a' - 'A'
	}
	ranges := classRanges(lower)
	if ranges == "" {
		t.add(c)
		return t
	}
	for i := 0; i < len(ranges); i += 2 {
		t.addRange(ranges[i], ranges[i+1])
	}
	if lower != c {
		t.complement()
	}
	return t
}

// classRanges has the members of a class as pairs of bytes, first and last; "" where c names no class.
func classRanges(c byte) string {
	switch c {
	case 'a':
		return "AZaz"
	case 'c':
		return "\x00\x1f\x7f\x7f"
	case 'd':
		return "09"
	case 'l':
		return "az"
	case 'p':
		return "!/:@[`{~"
	case 's':
		return "\t\r  "
	case 'u':
		return "AZ"
	case 'w':
		return "09AZaz"
	case 'x':
		return "09AFaf"
	case 'z':
		return "\x00\x00"
	}
	return ""
}

// bracketEnd is the index after the "]" that ends the set at pat[i] == '['.
func bracketEnd(pat string, i int) (int, error) {
	i++
	if i < len(pat) && pat[i] == '^' {
		i++
	}
	for first := true; first || i >= len(pat) || pat[i] != ']'; first = false {
		if i >= len(pat) {
			return 0, errBracket
		}
		escape := pat[i] == '%'
		i++
		if escape && i < len(pat) {
			i++
		}
	}
	return i + 1, nil
}

// bracket is the set written as text, from '[' to ']'. It reads ranges before escapes, where bracketEnd knows of no ranges: in "[a-%%]"
// that leaves "%]", and so a "]" in the set. Lua does the same.
func bracket(text string) set {
	var t set
	i, end := 1, len(text)-1
	negated := text[i] == '^'
	if negated {
		i++
	}
	for ; i < end; i++ {
		switch {
		case text[i] == '%':
			i++
			t.union(class(text[i]))
		case text[i+1] == '-' && i+2 < end:
			t.addRange(text[i], text[i+2])
			i += 2
		default:
			t.add(text[i])
		}
	}
	if negated {
		t.complement()
	}
	return t
}
