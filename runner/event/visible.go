package event

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes bytes that came from elsewhere fit for a terminal, a log and a careful reader: control characters, bytes
// that are no UTF-8, and code points that show nothing or turn the reading direction become the escapes that Go uses.
// Printable UTF-8 stays. A backslash is doubled only where it could be taken for the start of an escape, so nothing is
// lost and `<"a\"b"@example.org>` stays as it was sent.
func Visible[T string | []byte](s T) string { return visible(string(s), true) }

// Safe is Visible for text that smtpspec or a script wrote: messages, names, source lines. Backslashes stay as they are,
// because such text may hold escapes already.
func Safe(s string) string { return visible(s, false) }

func visible(s string, lossless bool) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\\' && lossless && readsAsEscape(s[i+1:]):
			b.WriteString(`\\`)
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case showable(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
		i += n
	}
	return b.String()
}

// plainASCII reports whether s needs no second look; nearly all text is such.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// readsAsEscape reports whether a single backslash before rest would be taken for an escape.
func readsAsEscape(rest string) bool {
	if rest == "" {
		return false
	}
	if strings.IndexByte(`\rntxuU`, rest[0]) >= 0 {
		return true
	}
	r, n := utf8.DecodeRuneInString(rest)
	return r == utf8.RuneError && n == 1 || !showable(r)
}

// showable reports whether r shows as itself. unicode.IsPrint rules out controls, format characters such as the
// bidirectional ones, and every space but U+0020; what it lets pass and shows nothing all the same is listed here.
func showable(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	const brailleBlank = '\u2800'
	return unicode.IsPrint(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func escape(r rune) string {
	switch {
	case r == '\r':
		return `\r`
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
