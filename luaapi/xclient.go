package luaapi

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// unavailable stands for what the proxy does not know (Postfix's XCLIENT_README and XFORWARD_README).
const unavailable = "[UNAVAILABLE]"

// xclient says whom the server is to take us for. The server begins anew, with a greeting.
func (k *conn) xclient(c *bind.Call) error { return k.attributes(c, "XCLIENT", codes(220)) }

// xforward says whom the server is to log as the client.
func (k *conn) xforward(c *bind.Call) error { return k.attributes(c, "XFORWARD", codes(250)) }

func (k *conn) attributes(c *bind.Call, verb string, want codeSpec) error {
	words, err := attributeWords(c.Table(0))
	if err != nil {
		return fmt.Errorf("c:%s: argument attributes: %w", c.F.Name, err)
	}
	var last *reply
	for _, line := range attributeLines(verb, words) {
		if last, err = k.command(c, line, want); err != nil {
			return err
		}
	}
	return c.Push(last.object())
}

// attributeLines are as few commands as possible, each within the length of a command line unless one attribute alone is longer.
func attributeLines(verb string, words []string) (lines []string) {
	line := verb
	for _, w := range words {
		if line != verb && len(line)+1+len(w)+len("\r\n") > maxCommand {
			lines = append(lines, line)
			line = verb
		}
		line += " " + w
	}
	return append(lines, line)
}

// attributeOrder is that of the READMEs; names that are not in it come last.
var attributeOrder = []string{"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE", "LOGIN", "DESTADDR", "DESTPORT"}

// attributeWords are NAME=value, the value in xtext (RFC 3461 4).
func attributeWords(t *lua.LTable) (words []string, err error) {
	var names []string
	t.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok || !isName(string(name)) {
			err = fmt.Errorf("names to values expected, as in { NAME = \"mx.example\", PORT = 25 }, got %s", bind.Describe(k))
			return
		}
		names = append(names, string(name))
	})
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, fmt.Errorf("one attribute at least, as in { NAME = \"mx.example\", ADDR = \"192.0.2.1\" }")
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := attributeRank(names[i]), attributeRank(names[j])
		return a < b || a == b && names[i] < names[j]
	})
	for _, name := range names {
		value, err := attributeValue(name, t.RawGetString(name))
		if err != nil {
			return nil, err
		}
		words = append(words, name+"="+value)
	}
	return words, nil
}

func attributeRank(name string) int {
	if i := slices.Index(attributeOrder, strings.ToUpper(name)); i >= 0 {
		return i
	}
	return len(attributeOrder)
}

func attributeValue(name string, v lua.LValue) (string, error) {
	switch v := v.(type) {
	case lua.LBool:
		if !v {
			return unavailable, nil
		}
	case lua.LNumber:
		return v.String(), nil
	case lua.LString:
		text := string(v)
		if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() && strings.HasSuffix(strings.ToUpper(name), "ADDR") {
			text = "IPV6:" + text
		}
		return encodeXtext(text)
	}
	return "", fmt.Errorf("%s: text, a number, or false for %s expected, got %s", name, unavailable, bind.Describe(v))
}
