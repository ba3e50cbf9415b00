package luaapi

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

func (k *conn) mail(c *bind.Call) error { return k.path(c, "MAIL FROM:") }
func (k *conn) rcpt(c *bind.Call) error { return k.path(c, "RCPT TO:") }

func (k *conn) path(c *bind.Call, verb string) error {
	params, err := parameters(c.Value(1))
	if err != nil {
		return fmt.Errorf("c:%s: argument params: %w", c.F.Name, err)
	}
	return k.pushCommand(c, verb+angle(c.String(0))+params, success)
}

// angle puts a path in angle brackets, unless it has them.
func angle(path string) string {
	if strings.HasPrefix(path, "<") && strings.HasSuffix(path, ">") {
		return path
	}
	return "<" + path + ">"
}

// parameters writes MAIL and RCPT parameters with a space before each: text as it is, a table as keywords with values.
func parameters(v lua.LValue) (string, error) {
	switch v := v.(type) {
	case lua.LString:
		if v == "" {
			return "", nil
		}
		return " " + strings.TrimLeft(string(v), " "), nil
	case *lua.LTable:
		list, err := parameterList(v)
		return list.String(), err
	}
	return "", nil
}

// parameter is one word: what it is written as, and its keyword, which is empty for text that the script wrote.
type parameter struct{ keyword, text string }

type parameterWords []parameter

// String has them in the same order however the table was made.
func (l parameterWords) String() string {
	words := make([]string, len(l))
	for i, p := range l {
		words[i] = " " + p.text
	}
	sort.Strings(words)
	return strings.Join(words, "")
}

// with adds parameters to those of l, which they replace where the keyword is the same.
func (l parameterWords) with(own parameterWords) (all parameterWords) {
	for _, p := range l {
		if p.keyword == "" || !own.has(p.keyword) {
			all = append(all, p)
		}
	}
	return append(all, own...)
}

func (l parameterWords) has(keyword string) bool {
	return slices.ContainsFunc(l, func(p parameter) bool { return p.keyword == keyword })
}

// parameterList reads a table: items are words as they are, names keywords in any case, with "_" where the keyword has "-".
func parameterList(t *lua.LTable) (list parameterWords, err error) {
	for i := 1; i <= t.Len(); i++ {
		word, ok := t.RawGetInt(i).(lua.LString)
		if !ok {
			return nil, fmt.Errorf("item %d: a parameter as text expected, got %s", i, bind.Describe(t.RawGetInt(i)))
		}
		list = append(list, parameter{text: string(word)})
	}
	t.ForEach(func(key, value lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok || err != nil || value == lua.LFalse {
			return
		}
		var p parameter
		if p, err = parameterOf(string(name), value); err != nil {
			return
		}
		if list.has(p.keyword) {
			err = fmt.Errorf("%s is there twice, in two spellings", p.keyword)
		}
		list = append(list, p)
	})
	return list, err
}

func parameterOf(name string, v lua.LValue) (parameter, error) {
	p := parameter{keyword: strings.ToUpper(strings.ReplaceAll(name, "_", "-"))}
	if !isParameterKeyword(p.keyword) {
		return p, fmt.Errorf("%s is no keyword: letters, digits and dashes make one", quote(name))
	}
	if v == lua.LTrue {
		p.text = p.keyword
		return p, nil
	}
	form, ok := parameterForms[p.keyword]
	if !ok {
		form = parameterForm{plainParameter, "text, a number or true"}
	}
	value, ok := form.write(v)
	switch {
	case !ok:
		return p, fmt.Errorf("%s: %s expected, got %s", p.keyword, form.wants, bind.Describe(v))
	case !isParameterValue(value):
		return p, fmt.Errorf("%s: a value is not empty and has no space, control character or \"=\" in it; parameters given as text are sent as they are", p.keyword)
	}
	p.text = p.keyword + "=" + value
	return p, nil
}

// isParameterKeyword tells whether a word is an esmtp-keyword (RFC 5321 4.1.2).
func isParameterKeyword(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && (s[i] != '-' || i == 0) {
			return false
		}
	}
	return s != ""
}

// isParameterValue tells whether text is an esmtp-value, which RFC 6531 3.3 lets have UTF-8.
func isParameterValue(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '=' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

// parameterForm is how a value is written, and what has to be given for it.
type parameterForm struct {
	write func(lua.LValue) (string, bool)
	wants string
}

// parameterForms are the keywords whose values have a form of their own.
var parameterForms = map[string]parameterForm{
	"SIZE":        {wholeParameter, "a whole number of octets"},
	"ENVID":       {xtextParameter, "text"},
	"AUTH":        {authParameter, "a mailbox or \"<>\""},
	"NOTIFY":      {notifyParameter, "\"NEVER\", or a list of \"SUCCESS\", \"FAILURE\" and \"DELAY\","},
	"ORCPT":       {orcptParameter, "an address, or text such as \"rfc822;user@example.org\","},
	"MT-PRIORITY": {wholeParameter, "a whole number"},
	"HOLDFOR":     {holdForParameter, "whole seconds, or text such as \"10m\","},
	"HOLDUNTIL":   {timeParameter, "seconds since 1970, or text such as \"2030-01-31T12:00:00Z\","},
	"RRVS":        {timeParameter, "seconds since 1970, or text such as \"2030-01-31T12:00:00Z\","},
	"BY":          {deliverByParameter, "text such as \"120;R\", or a table such as { seconds = 120, mode = \"R\", trace = true },"},
}

func plainParameter(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return v.String(), true
	}
	return "", false
}

// wholeParameter is a whole number; as text any, for a SIZE may have more digits than a number of Lua's.
func wholeParameter(v lua.LValue) (string, bool) {
	n, ok := v.(lua.LNumber)
	if !ok {
		text, isText := v.(lua.LString)
		return string(text), isText
	}
	return wholeText(float64(n))
}

func wholeText(n float64) (string, bool) {
	return strconv.FormatFloat(n, 'f', 0, 64), n == math.Trunc(n) && math.Abs(n) <= 1<<53
}

// xtextParameter is RFC 3461 4's xtext.
func xtextParameter(v lua.LValue) (string, bool) {
	text, ok := plainParameter(v)
	encoded, err := encodeXtext(text)
	return encoded, ok && err == nil
}

// authParameter is RFC 4954 5: a mailbox in xtext, or "<>" for one that nobody knows.
func authParameter(v lua.LValue) (string, bool) {
	if v == lua.LString("<>") || v == lua.LString("") {
		return "<>", true
	}
	if v.Type() != lua.LTString {
		return "", false
	}
	return xtextParameter(v)
}

// notifyParameter is RFC 3461 4.1.
func notifyParameter(v lua.LValue) (string, bool) {
	t, ok := v.(*lua.LTable)
	if !ok {
		text, isText := v.(lua.LString)
		return string(text), isText
	}
	words := bind.Strings(t)
	return strings.Join(words, ","), len(words) > 0 && !slices.Contains(words, "")
}

// orcptParameter is RFC 3461 4.2: the type of the address, and the address in xtext, or for "utf-8" in what RFC 6533 3 has for it.
func orcptParameter(v lua.LValue) (string, bool) {
	text, ok := v.(lua.LString)
	if !ok {
		return "", false
	}
	typ, address, typed := strings.Cut(string(text), ";")
	if !typed {
		typ, address = "rfc822", string(text)
	}
	if strings.EqualFold(typ, "utf-8") {
		return typ + ";" + unitext(address), true
	}
	encoded, err := encodeXtext(address)
	return typ + ";" + encoded, err == nil
}

// unitext is an address as RFC 6533 3 has it between servers that know SMTPUTF8; one that has its escapes already stays as it is.
func unitext(address string) string {
	if strings.Contains(address, `\x{`) {
		return address
	}
	var b strings.Builder
	for i := range len(address) {
		switch c := address[i]; {
		case c <= ' ', c == '+', c == '=', c == '\\', c == 0x7f:
			fmt.Fprintf(&b, `\x{%02X}`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// holdForParameter is RFC 4865 4: whole seconds.
func holdForParameter(v lua.LValue) (string, bool) {
	if text, ok := v.(lua.LString); ok && strings.Trim(string(text), "0123456789") == "" {
		return string(text), true
	}
	d, err := bind.ParseDuration(v)
	return strconv.FormatInt(int64(d/time.Second), 10), err == nil && d%time.Second == 0
}

// timeParameter is a date-time of RFC 3339, as in RFC 4865 4 and RFC 7293 3.1.
func timeParameter(v lua.LValue) (string, bool) {
	n, ok := v.(lua.LNumber)
	if !ok {
		text, isText := v.(lua.LString)
		return string(text), isText
	}
	const lastOfYear9999 = 253402300799
	if !(n >= 0 && n <= lastOfYear9999) { // no number at all is refused too
		return "", false
	}
	return time.Unix(int64(n), 0).UTC().Format(time.RFC3339), true
}

// deliverByParameter is RFC 2852 4: seconds, which may be negative, ";", the mode, and T for a trace.
func deliverByParameter(v lua.LValue) (string, bool) {
	t, ok := v.(*lua.LTable)
	if !ok {
		text, isText := v.(lua.LString)
		return string(text), isText
	}
	seconds, isNumber := t.RawGetString("seconds").(lua.LNumber)
	mode, isText := t.RawGetString("mode").(lua.LString)
	trace := t.RawGetString("trace")
	text, whole := wholeText(float64(seconds))
	ok = isNumber && isText && whole && (trace == lua.LNil || trace.Type() == lua.LTBool)
	t.ForEach(func(key, _ lua.LValue) {
		ok = ok && slices.Contains([]string{"seconds", "mode", "trace"}, key.String())
	})
	if text += ";" + strings.ToUpper(string(mode)); trace == lua.LTrue {
		text += "T"
	}
	return text, ok
}
