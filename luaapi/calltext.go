package luaapi

import (
	"strconv"
	"strings"
	"time"
)

// call is how Lua requires the same of the next reply.
func (q requirement) call() string {
	if len(q.code) > 0 && q.enhanced == "" && q.text == "" && q.within == nil && len(q.weak) == 0 {
		return "expect(" + q.code.lua() + ")"
	}
	var options []string
	add := func(name, value string) { options = append(options, name+" = "+value) }
	if len(q.code) > 0 {
		add("code", q.code.lua())
	}
	if len(q.weak) > 0 {
		add("weak", q.weak.lua())
	}
	if q.enhanced != "" {
		add("enhanced", strconv.Quote(q.enhanced))
	}
	if q.text != "" {
		add("text", luaText(q.text))
	}
	if q.within != nil {
		add("within", luaDuration(*q.within))
	}
	return "expect { " + strings.Join(options, ", ") + " }"
}

// lua is the set as expect takes it.
func (s codeSpec) lua() string {
	words := make([]string, len(s))
	for i, w := range s {
		if words[i] = w; strings.Trim(w, "0123456789") != "" {
			words[i] = strconv.Quote(w)
		}
	}
	if len(words) == 1 {
		return words[0]
	}
	return "{ " + strings.Join(words, ", ") + " }"
}

func luaDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.Itoa(int(d / time.Second))
	}
	return strconv.Quote(d.String())
}

// luaText is any text as a literal of Lua 5.1, in one line.
func luaText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			b.WriteString("\\" + threeDigits[c])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
