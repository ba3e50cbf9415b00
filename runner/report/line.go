package report

import (
	"strings"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/runner/event"
)

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
		return showTrailingSpace(event.Visible(s))
	}
	head, tail := ends(s)
	left := len(s) - len(head) - len(tail)
	return event.Visible(head) + "… " + count(int64(left), "byte") + " …" + showTrailingSpace(event.Visible(tail))
}

// safeLine is Safe for one line, cut like visibleLine.
func safeLine(s string, full bool) string {
	if full || len(s) <= lineLimit {
		return event.Safe(s)
	}
	head, tail := ends(s)
	return event.Safe(head) + "… " + count(int64(len(s)-len(head)-len(tail)), "byte") + " …" + event.Safe(tail)
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
