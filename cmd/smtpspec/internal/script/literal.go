package script

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// column is how wide a line of a scenario file should be, and longest how wide it may be (luacheck's limit).
const (
	column  = 100
	longest = 120
)

// quote is text as a Lua string on one line, whatever its length. It stands for the same bytes.
func quote(text string) string { return string(appendQuoted(nil, []byte(text))) }

// Quote is text as a Lua string on one line: the same bytes.
func Quote(text string) string { return quote(text) }

// Literal is data as a Lua expression: the same bytes. Text that looks like text stays so; what does not fit on a line goes on several, each after the
// first indented by margin.
func Literal(data []byte, margin string) string {
	if text, ok := longString(data); ok {
		return text
	}
	return literal(data, margin)
}

func appendQuoted(out, data []byte) []byte {
	out = append(out, '"')
	for len(data) > 0 {
		n := symbol(data)
		out = appendSymbol(out, data[:n], data[n:])
		data = data[n:]
	}
	return append(out, '"')
}

// symbol is the length of what data begins with: a printable character, or one byte that is none.
func symbol(data []byte) int {
	r, n := utf8.DecodeRune(data)
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return 1
	}
	return n
}

// appendSymbol writes one symbol of a quoted string. What follows it decides how many digits an escape needs.
func appendSymbol(out, sym, next []byte) []byte {
	c := sym[0]
	switch {
	case c == '"' || c == '\\':
		return append(out, '\\', c)
	case c == '\r':
		return append(out, `\r`...)
	case c == '\n':
		return append(out, `\n`...)
	case c == '\t':
		return append(out, `\t`...)
	case len(sym) > 1 || c >= ' ' && c < 0x7f:
		return append(out, sym...)
	case len(next) > 0 && next[0] >= '0' && next[0] <= '9':
		return fmt.Appendf(out, `\%03d`, c)
	}
	return fmt.Appendf(out, `\%d`, c)
}

// repeated is how many equal bytes are worth a call of rep.
const repeated = 40

// pieces are expressions whose texts make up data: strings that end where lines do, or before the line of the file gets long, and repetitions
// of a byte or of a line.
func pieces(data []byte) []string {
	p := piecer{}
	for len(data) > 0 {
		n := symbol(data)
		if source, taken := repetition(data, p.atLineStart()); taken > 0 {
			p.flush()
			p.out = append(p.out, source)
			p.last = data[taken-1]
			data = data[taken:]
			continue
		}
		p.take(data[:n])
		data = data[n:]
	}
	p.flush()
	return p.out
}

// piecer collects the pieces.
type piecer struct {
	out   []string
	cur   []byte // of the piece so far
	width int
	last  byte
}

func (p *piecer) atLineStart() bool {
	return p.last == '\n' || p.last == 0 && p.out == nil && p.cur == nil
}

func (p *piecer) take(sym []byte) {
	p.cur = append(p.cur, sym...)
	p.width += len(appendSymbol(nil, sym, []byte("0")))
	p.last = sym[len(sym)-1]
	if p.last == '\n' || p.width > column-len(indent)-20 {
		p.flush()
	}
}

func (p *piecer) flush() {
	if len(p.cur) > 0 {
		p.out = append(p.out, string(appendQuoted(nil, p.cur)))
	}
	p.cur, p.width = nil, 0
}

// repetition is a call of rep that makes the first bytes of data, and how many: 0 where nothing is repeated often enough.
func repetition(data []byte, lines bool) (source string, taken int) {
	if end := lineLength(data); lines && end > 0 {
		n := 1
		for bytes.HasPrefix(data[n*end:], data[:end]) {
			n++
		}
		if n >= 4 && n*end >= 2*repeated {
			if parts := pieces(data[:end]); len(parts) <= 5 {
				return fmt.Sprintf("(%s):rep(%d)", strings.Join(parts, " .. "), n), n * end
			}
		}
	}
	if n := run(data); n >= repeated {
		return fmt.Sprintf("(%s):rep(%d)", appendQuoted(nil, data[:1]), n), n
	}
	return "", 0
}

// lineLength is the length of the line that data begins with, 0 where it does not end soon.
func lineLength(data []byte) int { return bytes.IndexByte(data[:min(len(data), maxLine)], '\n') + 1 }

// maxLine is the longest line whose repetition is looked for.
const maxLine = 4096

// run is how often data repeats its first byte.
func run(data []byte) int {
	n := 1
	for n < len(data) && data[n] == data[0] {
		n++
	}
	return n
}

// literal is data as a Lua expression. It goes on one line where it fits, and on several, each after the first indented by margin, where
// it does not.
func literal(data []byte, margin string) string {
	if one := string(appendQuoted(nil, data)); len(one) <= column-30 && run2(data) < repeated {
		return one
	}
	parts := pieces(data)
	one := strings.Join(parts, " .. ")
	switch {
	case len(parts) == 0:
		return `""`
	case len(one) <= column-30:
		return one
	case len(parts) <= 20:
		return strings.Join(parts, "\n"+margin+indent+".. ")
	}
	return "table.concat({\n" + margin + indent + strings.Join(parts, ",\n"+margin+indent) + ",\n" + margin + "})"
}

// run2 is the longest run of one byte in data.
func run2(data []byte) int {
	most := 0
	for len(data) > 0 {
		n := run(data)
		most, data = max(most, n), data[n:]
	}
	return most
}

// longString is text of lines, each with LF, as a Lua long string. Ok is false for text that would not survive that, or would not look
// like text.
func longString(body []byte) (text string, ok bool) {
	if len(body) == 0 || len(body) > maxKept || body[len(body)-1] != '\n' || !utf8.Valid(body) || run2(body) >= repeated {
		return "", false
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) > longest || len(bytes.TrimRight(line, " \t")) < len(line) {
			return "", false
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }) {
			return "", false
		}
	}
	level := ""
	if bytes.Contains(body, []byte("[[")) {
		level = "=" // Lua 5.1 itself takes none within a string of that kind
	}
	for bytes.Contains(body, []byte("]"+level+"]")) || bytes.HasSuffix(body, []byte("]"+level+"\n")) {
		level += "="
	}
	return "[" + level + "[\n" + string(body) + "]" + level + "]", true
}

// plain is text for a comment or a name: what is no printable character, a line end included, is a blank.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// comment writes text as comment lines, broken between words.
func comment(b *bytes.Buffer, margin, text string) {
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(plain(line), " ")
		first := true
		for line != "" || first {
			var rest string
			line, rest = breakLine(line, column-len(margin)-3)
			b.WriteString(strings.TrimRight(margin+"-- "+line, " ") + "\n")
			line, first = rest, false
		}
	}
}

// breakLine cuts a line in two at the last blank before a width.
func breakLine(line string, width int) (head, rest string) {
	if utf8.RuneCountInString(line) <= width {
		return line, ""
	}
	cut := -1
	n := 0
	for i, r := range line {
		if n > width && cut >= 0 {
			break
		}
		if n++; r == ' ' && strings.TrimSpace(line[:i]) != "" {
			cut = i
		}
	}
	if cut < 0 {
		return line, ""
	}
	return line[:cut], strings.TrimLeft(line[cut:], " ")
}
