package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	lineLength    = 78  // what a line should not exceed (RFC 5322 2.1.1)
	maxLine       = 998 // what it never may
	encodedLine   = 76  // a line with encoded words (RFC 2047 2)
	maxEncodedLen = 75  // an encoded word
)

// fold writes a field of words, which a space parts, and breaks the line before those that do not fit.
func fold(name string, words []string) string {
	limit := lineLength
	if slices.ContainsFunc(words, isEncodedWord) {
		limit = encodedLine
	}
	var b strings.Builder
	b.WriteString(name + ":")
	at := len(name) + 1
	for i, w := range words {
		// The first word stays beside the name where it may: a first line without a value is read badly by many.
		if at+1+len(w) > limit && (i > 0 || at+1+len(w) > maxLine) {
			b.WriteString(crlf)
			at = 0
		}
		b.WriteString(" " + w)
		at += 1 + len(w)
	}
	b.WriteString(crlf)
	return b.String()
}

// isEncodedWord tells whether a word of a field is one, or has one before a comma.
func isEncodedWord(w string) bool { return strings.HasPrefix(w, "=?") }

// unstructured writes a field of free text (RFC 5322 2.2.1): as it is where that can be, else in encoded words.
func unstructured(name, value string, utf8Header bool) (string, error) {
	if utf8Header && !hasControl(value) && utf8.ValidString(value) {
		if words, ok := plainWords(name, value); ok {
			return fold(name, words), nil
		}
	}
	if isPlain(value) {
		if words, ok := plainWords(name, value); ok {
			return fold(name, words), nil
		}
	}
	if !utf8.ValidString(value) {
		return "", fmt.Errorf("%s is no UTF-8, which is what a header is encoded from: put such bytes into the finished text", name)
	}
	return fold(name, encodeWords(value, false, len(name)+2)), nil
}

// isPlain tells whether text can stand in a header as it is: nothing but printable ASCII and blanks, and nothing that would be decoded.
func isPlain(s string) bool {
	return isASCII(s) && !hasControl(s) && !strings.Contains(s, "=?")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// hasControl tells whether there are control characters other than tabs.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// plainWords splits text where its lines may be broken: before a single blank. Text is not plain when folding would lose a part
// of it, or could not keep its lines under 998 octets.
func plainWords(name, value string) ([]string, bool) {
	if value != strings.Trim(value, " \t") {
		return nil, false // blanks at the ends are lost
	}
	var words []string
	for word := range strings.SplitSeq(value, " ") {
		if len(words) > 0 && (word == "" || words[len(words)-1] == "" || strings.HasPrefix(word, "\t")) {
			words[len(words)-1] += " " + word // not between blanks: a line of nothing else would end the header for some
			continue
		}
		words = append(words, word)
	}
	for _, w := range words {
		if len(name)+3+len(w) > maxLine {
			return nil, false
		}
	}
	return words, true
}

// encodeWords writes text as encoded words (RFC 2047), in whichever of the two ways is shorter. Those of a phrase hold fewer characters as they are. The first of
// them has room for so many octets less.
func encodeWords(s string, phrase bool, before int) []string {
	q, b := qWords(s, phrase, before), bWords(s, before)
	if length(q) <= length(b) {
		return q
	}
	return b
}

func length(words []string) (n int) {
	for _, w := range words {
		n += len(w) + 1
	}
	return n
}
