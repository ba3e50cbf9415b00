package script

import (
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// phrase is the longest part of a reply's text that another server of the same software would say too, as a Lua pattern, or "".
func (k *conn) phrase(text string) string {
	best, cur := "", []string{}
	keep := func() {
		if s := strings.Join(cur, " "); len(s) > len(best) {
			best = s
		}
		cur = nil
	}
	for _, word := range strings.Fields(text) {
		if k.volatile(word) {
			keep()
			continue
		}
		cur = append(cur, word)
		if strings.ContainsAny(word[len(word)-1:], ":;,") {
			keep()
		}
	}
	keep()
	best = strings.Trim(best, ":;,.!?()-")
	if len(best) < minPhrase {
		return ""
	}
	return escapePattern(best)
}

// minPhrase is how long a text has to be to tell one refusal from another.
const minPhrase = 6

// word is a word of language, with the punctuation around it: no name, number, address or id.
var word = lazyregexp.New(`^[("']*[A-Za-z]+(?:['/-][A-Za-z]+)*[)"']*[.,:;!?]*$`)

// calendar are the words of dates and times.
var calendar = lazyregexp.New(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|GMT|UTC|CET|CEST|[ECMP][SD]T)[.,:;]*$`)

// volatile tells whether a word may differ on another run or server: it is none of a language, of a date, or a name of the server.
func (k *conn) volatile(w string) bool {
	if !word().MatchString(w) || calendar().MatchString(w) {
		return true
	}
	bare := strings.Trim(w, `("').,:;!?`)
	return k.own[strings.ToLower(bare)] || mixed(bare)
}

// mixed tells whether capitals stand in the middle of a word, as they do in ids, while others are not.
func mixed(w string) bool {
	lower := strings.ToLower(w)
	if len(w) < 2 || strings.ToUpper(w) == w || strings.Contains(lower, "smtp") {
		return false
	}
	return len(w) > 5 && strings.ContainsFunc(w[1:], func(r rune) bool { return r >= 'A' && r <= 'Z' })
}

// escapePattern is a Lua pattern that matches exactly text.
func escapePattern(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte("^$()%.[]*+-?", c) >= 0 {
			b.WriteByte('%')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// blank parts the words of a line.
var blank = lazyregexp.New(`[ \t\r\n]+|[^ \t\r\n]+`)

// generalise makes of a line a pattern that is found in it whatever its dates, ids and names are. Changed is false where it has none.
func (k *conn) generalise(line string) (pattern string, changed bool) {
	var b strings.Builder
	b.WriteByte('^')
	for i, part := range blank().FindAllString(line, -1) {
		code := i == 0 && len(part) >= 3 && strings.Trim(part[:3], "0123456789") == ""
		if code {
			b.WriteString(escapePattern(part[:3]))
			if part = part[3:]; strings.HasPrefix(part, "-") {
				b.WriteString("%-")
				part = part[1:]
			}
		}
		switch {
		case strings.TrimSpace(part) == "" || !k.volatile(part) || strings.Trim(part, "-") == "":
			b.WriteString(escapePattern(part))
		default:
			b.WriteString("%S+")
			changed = true
		}
	}
	return strings.ReplaceAll(b.String(), "\x00", "%z") + "$", changed
}
