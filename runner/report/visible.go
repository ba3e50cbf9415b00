package report

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

// Lines that are longer than the limit lose their middle: what is long is padding, what tells stands at the ends.
const (
	lineLimit = 200
	lineHead  = 120
	lineTail  = 40
)

// visibleLine is Visible for one line of a conversation without its line end, of which a space at the end is shown too:
// "250 " and "250" are different replies.
func visibleLine(s string, full bool) string {
	if full || len(s) <= lineLimit {
		return showTrailingSpace(Visible(s))
	}
	head, tail := ends(s)
	left := len(s) - len(head) - len(tail)
	return Visible(head) + "… " + count(int64(left), "byte") + " …" + showTrailingSpace(Visible(tail))
}

// safeLine is Safe for one line, cut like visibleLine.
func safeLine(s string, full bool) string {
	if full || len(s) <= lineLimit {
		return Safe(s)
	}
	head, tail := ends(s)
	return Safe(head) + "… " + count(int64(len(s)-len(head)-len(tail)), "byte") + " …" + Safe(tail)
}

// ends cuts s between characters, so that the cut does not make bytes out of one.
func ends(s string) (head, tail string) {
	i, j := lineHead, len(s)-lineTail
	for n := 0; n < utf8.UTFMax && i > 0 && !utf8.RuneStart(s[i]); n++ {
		i--
	}
	for n := 0; n < utf8.UTFMax && j < len(s) && !utf8.RuneStart(s[j]); n++ {
		j++
	}
	return s[:i], s[j:]
}

func showTrailingSpace(s string) string {
	if strings.HasSuffix(s, " ") {
		return s[:len(s)-1] + `\x20`
	}
	return s
}

// splitLines cuts text that smtpspec made of several lines. A line feed is a break there and not shown, unless the text
// has CRLF line ends, where a bare one is remarkable, or it is the last byte, where no break would be.
func splitLines(s string) []string {
	if !strings.Contains(s, "\n") {
		return []string{strings.TrimSuffix(s, "\r\n")}
	}
	network := strings.Contains(s, "\r\n")
	var out []string
	for s != "" {
		line, rest, found := strings.Cut(s, "\n")
		switch {
		case found && network && strings.HasSuffix(line, "\r"):
			line = line[:len(line)-1]
		case found && (network || rest == ""):
			line += "\n"
		}
		out, s = append(out, line), rest
	}
	return out
}

// columns is the number of terminal cells that s takes, rather too many than too few. An ESC begins one of palette's
// codes, which take none: no other ESC gets past Visible and Safe.
func columns(s string) int {
	n, code := 0, false
	for _, r := range s {
		switch {
		case r == '\x1b':
			code = true
		case code:
			code = r != 'm'
		default:
			n += cells(r)
		}
	}
	return n
}

// cells takes every code point from Hangul Jamo on that could be wide for a wide one.
func cells(r rune) int {
	switch {
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2600 && r <= 0x27bf, r >= 0x2e80 && r <= 0xd7ff, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f000:
		return 2
	}
	return 1
}

// clip cuts s, which has no colour yet, to width cells, with an ellipsis as the last one where something was cut.
func clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	n := 0
	for i, r := range s {
		if n += cells(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}
