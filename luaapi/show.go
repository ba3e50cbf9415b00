package luaapi

import (
	"crypto/sha256"
	"fmt"
	"sort"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// maxShown bounds what a message shows of a value; what is left out is counted.
const maxShown = 2000

// show writes a value as Lua would: text quoted, tables with their keys in order.
func show(v lua.LValue) string {
	var b strings.Builder
	showTo(&b, v, 0)
	return b.String()
}

func showTo(b *strings.Builder, v lua.LValue, depth int) {
	switch v := v.(type) {
	case lua.LString:
		if len(v) > maxFinding { // whole or not at all: half a password would not be masked
			fmt.Fprintf(b, "a text of %d bytes (SHA-256 %x)", len(v), sha256.Sum256([]byte(v)))
			return
		}
		b.WriteString(quote(string(v)))
	case *lua.LTable:
		showTable(b, v, depth)
	case *lua.LUserData:
		if r, ok := v.Value.(*reply); ok {
			b.WriteString("reply " + r.oneLine())
			return
		}
		b.WriteString("object")
	case *lua.LNilType, lua.LBool, lua.LNumber:
		b.WriteString(v.String())
	default:
		b.WriteString(v.Type().String())
	}
}

func showTable(b *strings.Builder, t *lua.LTable, depth int) {
	if depth > 4 || b.Len() > maxShown {
		b.WriteString("{…}")
		return
	}
	b.WriteString("{")
	first := true
	item := func(key string, v lua.LValue) {
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(key)
		showTo(b, v, depth+1)
	}
	n := t.Len()
	for i := 1; i <= n; i++ {
		item("", t.RawGetInt(i))
	}
	type pair struct {
		key   string
		value lua.LValue
	}
	var rest []pair
	t.ForEach(func(k, v lua.LValue) {
		if i, ok := k.(lua.LNumber); ok && float64(i) >= 1 && float64(i) <= float64(n) {
			return
		}
		key := "[" + show(k) + "] = "
		if s, ok := k.(lua.LString); ok && isName(string(s)) {
			key = string(s) + " = "
		}
		rest = append(rest, pair{key, v})
	})
	sort.Slice(rest, func(i, j int) bool { return rest[i].key < rest[j].key })
	for _, p := range rest {
		item(p.key, p.value)
	}
	b.WriteString("}")
}

// quote writes text in double quotes with what cannot be seen as escapes.
func quote(s string) string { return `"` + strings.ReplaceAll(visible([]byte(s)), `"`, `\"`) + `"` }

// visible writes bytes as text: control characters and bytes that are no UTF-8 become escapes.
func visible(b []byte) string { return event.Visible(b) }
