package script

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// reply writes what is required of a reply. Call is the sending of the command that it answers, where that came just before, or "".
func (w *writer) reply(k *conn, call string, a *Answer) {
	if a == nil {
		a = &Answer{Pattern: "?"}
	}
	w.asks = true
	note := ""
	if call == "" {
		call = k.name
		note = k.answers()
	}
	if a.Match != nil {
		w.match(k, call, a)
		return
	}
	if a.Code == 0 && a.Pattern == "" {
		w.malformed(k, call, a.Raw)
		return
	}
	command := k.ledger.replied(a.Code)
	k.learn(command, a)
	w.line("%s:expect%s%s", call, expectation(k, command, a), note)
	if a.Pattern == "" && a.Code == 250 {
		w.keywords(k, command, a)
	}
}

// answers is a comment that says what the next reply is to, where that was sent a while ago.
func (k *conn) answers() string {
	if len(k.ledger.pending) == 0 || k.ledger.pending[0] == greeting {
		return ""
	}
	line := k.ledger.pending[0]
	if verb, rest, ok := strings.Cut(line, ":"); ok && len(rest) > 0 && line != endOfData {
		line = verb // MAIL FROM, RCPT TO
	}
	line = strings.TrimSpace(plain(line))
	if len(line) > 30 || strings.EqualFold(wire.Verb(line), "AUTH") {
		line = wire.Verb(line)
	}
	return " -- " + line
}

// learn keeps the names that the server gives itself.
func (k *conn) learn(command string, a *Answer) {
	if command != greeting && !isHello(command) || len(a.Lines) == 0 {
		return
	}
	if word, _, _ := strings.Cut(a.Lines[0], " "); word != "" {
		k.own[strings.ToLower(word)] = true
	}
}

// expectation is the arguments of expect.
func expectation(k *conn, command string, a *Answer) string {
	code := codeOf(a)
	if code == "" {
		return " {}"
	}
	if a.Pattern != "" || len(a.Lines) == 0 || command == "" || command == greeting || isHello(command) || a.Code/100 == 3 {
		return "(" + code + ")"
	}
	enhanced, rest := splitEnhanced(a.Lines[0])
	phrase := ""
	if a.Code >= 400 {
		phrase = k.phrase(rest)
	}
	switch {
	case phrase != "" && enhanced != "":
		return fmt.Sprintf("(%s, %s, %s)", code, quote(enhanced), quote(phrase))
	case phrase != "":
		return fmt.Sprintf(" { code = %s, text = %s }", code, quote(phrase))
	case enhanced != "":
		return fmt.Sprintf("(%s, %s)", code, quote(enhanced))
	}
	return "(" + code + ")"
}

// codeOf is the code as expect takes it: 250, "2xx", "25x", or "" where any will do.
func codeOf(a *Answer) string {
	digits := a.Pattern
	if digits == "" {
		digits = strconv.Itoa(a.Code)
	}
	digits = strings.Map(func(r rune) rune {
		if r == '?' || r == 'X' {
			return 'x'
		}
		return r
	}, digits)
	digits += strings.Repeat("x", max(0, 3-len(digits)))
	switch {
	case digits == "xxx" || !codeForm().MatchString(digits):
		return ""
	case strings.Contains(digits, "x"):
		return `"` + digits + `"`
	}
	return digits
}

// codeForm is what expect takes for a code.
var codeForm = lazyregexp.New(`^[1-9]([0-9][0-9x]|xx)$`)

var enhancedForm = lazyregexp.New(`^([245]\.\d{1,3}\.\d{1,3})(?: (.*))?$`)

// splitEnhanced parts the enhanced status code that a text begins with (RFC 2034 section 4) from what follows.
func splitEnhanced(text string) (enhanced, rest string) {
	if m := enhancedForm().FindStringSubmatch(text); m != nil {
		return m[1], m[2]
	}
	return "", text
}

// keywordForm is an EHLO keyword (RFC 5321 section 4.1.1.1).
var keywordForm = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

// keywords requires that the extensions are offered again. What they are offered with may differ: SIZE for one.
func (w *writer) keywords(k *conn, command string, a *Answer) {
	if verb := wire.Verb(command); verb != "EHLO" && verb != "LHLO" {
		return
	}
	var words []string
	for _, line := range a.Lines[min(1, len(a.Lines)):] {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		word = strings.ToUpper(word)
		if keywordForm().MatchString(word) && !contains(words, quote(word)) {
			words = append(words, quote(word))
		}
	}
	if words == nil {
		return
	}
	w.line("for _, keyword in ipairs %s do", wordList(words))
	w.line("%sassert.is_true(%s:supports(keyword), keyword)", indent, k.name)
	w.line("end")
}

// wordList is a table of expressions, on as many lines as it needs.
func wordList(words []string) string {
	one := "{ " + strings.Join(words, ", ") + " }"
	if len(one) <= column-30 {
		return one
	}
	var b strings.Builder
	width := column
	b.WriteString("{")
	for _, word := range words {
		if width+len(word) > column-10 {
			b.WriteString("\n" + indent + indent)
			width = 0
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(word + ",")
		width += len(word) + 2
	}
	return b.String() + "\n" + indent + "}"
}

// malformed requires the bytes of what is no well-formed reply. One that can be read as a reply all the same is, and its anomalies are
// required; anything else is read line by line.
func (w *writer) malformed(k *conn, call string, raw []byte) {
	if r := liberal(raw); r != nil {
		k.ledger.replied(r.Code)
		names := r.Anomalies()
		if len(names) == 0 {
			w.line("%s:expect(%d)", call, r.Code)
			return
		}
		for i := range names {
			names[i] = quote(names[i])
		}
		w.line("assert.same({ %s }, %s:expect(%d).anomalies)", strings.Join(names, ", "), call, r.Code)
		return
	}
	if call != k.name {
		w.line("%s", call)
	}
	for line := range bytes.Lines(raw) {
		w.rawLine(k, line)
	}
	k.ledger.read(raw)
}

// rawLine requires one line that the server sent, or the beginning of one that it did not end.
func (w *writer) rawLine(k *conn, line []byte) {
	read := k.name + ":read_line()"
	if !bytes.HasSuffix(line, []byte("\n")) {
		read = fmt.Sprintf("%s:read(%d)", k.name, len(line))
	}
	if pattern, changed := k.generalise(string(line)); changed && strings.HasSuffix(read, "read_line()") {
		w.line("assert.match(%s, %s)", literal([]byte(pattern), indent), read)
		return
	}
	w.line("assert.equal(%s, %s)", literal(line, indent), read)
}

// liberal reads one whole reply the way luaapi/wire does, or returns nil.
func liberal(raw []byte) *wire.Reply {
	r := &wire.Reply{Raw: raw}
	for rest := raw; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n') + 1
		code, more, ok := lineCode(rest[:i])
		if !ok {
			return nil
		}
		rest = rest[i:]
		r.Lines = append(r.Lines, wire.Line{Code: code})
		r.Code = code
		if !more {
			if len(rest) > 0 || code < 100 {
				return nil
			}
			return r
		}
	}
	return nil
}

// lineCode reads the code that a whole line begins with. More says that the reply goes on.
func lineCode(line []byte) (code int, more, ok bool) {
	if len(line) < 4 {
		return 0, false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		code = code*10 + int(c-'0')
	}
	return code, line[3] == '-', true
}

// read takes note of bytes that are read as bytes: where they make replies, those answer commands.
func (l *ledger) read(raw []byte) {
	for line := range bytes.Lines(raw) {
		if code, more, ok := lineCode(line); ok && !more && line[len(line)-1] == '\n' {
			l.replied(code)
		}
	}
}
