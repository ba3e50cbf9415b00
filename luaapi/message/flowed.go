package message

import "strings"

// flowedLine is how long lines of flowed text may be (RFC 3676 4.2 says 66 to 78).
const flowedLine = 72

// flow makes text, whose lines end in CRLF, format=flowed (RFC 3676 4): long lines are broken after a blank, which says that they go on.
func flow(text string) string {
	var b strings.Builder
	if text == "" {
		return ""
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, crlf), crlf) {
		if line != "-- " { // what comes before a signature (RFC 3676 4.3)
			line = strings.TrimRight(line, " ")
		}
		quotes := line[:len(line)-len(strings.TrimLeft(line, ">"))]
		rest := line[len(quotes):]
		if quotes != "" {
			rest = strings.TrimPrefix(rest, " ")
		}
		for {
			n := flowBreak(rest, flowedLine-len(quotes)-1)
			b.WriteString(quotes + stuffed(rest[:n], quotes != "") + crlf)
			if rest = rest[n:]; rest == "" {
				break
			}
		}
	}
	return b.String()
}

// flowBreak is how much of a line goes on this one: up to and with the last blank that fits, else up to the first.
func flowBreak(s string, room int) int {
	if len(s) <= room || s == "-- " {
		return len(s)
	}
	if i := strings.LastIndexByte(s[:max(room, 1)], ' '); i >= 0 && strings.Trim(s[:i], " ") != "" {
		return runEnd(s, i)
	}
	start := len(s) - len(strings.TrimLeft(s, " "))
	if i := strings.IndexByte(s[start:], ' '); i >= 0 {
		return runEnd(s, start+i)
	}
	return len(s)
}

// runEnd is the end of the blanks at i: a line that begins with one would not be told from a stuffed one.
func runEnd(s string, i int) int { return len(s) - len(strings.TrimLeft(s[i:], " ")) }

// stuffed puts a blank before what else would mean something (RFC 3676 4.4), and after quote marks.
func stuffed(s string, quoted bool) string {
	if quoted && s != "" || strings.HasPrefix(s, " ") || strings.HasPrefix(s, ">") || strings.HasPrefix(s, "From ") {
		return " " + s
	}
	return s
}

// unflow joins the lines that flow broke. The line ends of text are LF.
func unflow(text string, delSp bool) string {
	var b strings.Builder
	open, depth := false, 0
	for line := range strings.Lines(text) {
		body, ended := strings.CutSuffix(line, "\n")
		quotes := len(body) - len(strings.TrimLeft(body, ">"))
		rest := strings.TrimPrefix(body[quotes:], " ")
		if open && (quotes != depth || rest == "-- ") {
			b.WriteByte('\n')
			open = false
		}
		if !open && quotes > 0 {
			b.WriteString(body[:quotes] + map[bool]string{true: " "}[rest != ""])
		}
		open, depth = strings.HasSuffix(rest, " ") && rest != "-- ", quotes
		if open && delSp {
			rest = rest[:len(rest)-1]
		}
		if b.WriteString(rest); ended && !open {
			b.WriteByte('\n')
		}
	}
	if open {
		b.WriteByte('\n')
	}
	return b.String()
}
