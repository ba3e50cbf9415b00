package luaapi

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// What the script leaves to smtpspec is done, and nothing else.
func TestDataContent(t *testing.T) {
	const content = ".a\n.b\r\nc\r.d\r\n.\r\ne"
	for _, c := range []struct {
		off  []string
		want string
	}{
		{nil, "..a\r\n..b\r\nc\r\n..d\r\n..\r\ne\r\n.\r\n"},
		{[]string{"stuff"}, ".a\r\n.b\r\nc\r\n.d\r\n.\r\ne\r\n.\r\n"},
		{[]string{"line_ends"}, "..a\n.b\r\nc\r.d\r\n..\r\ne\r\n.\r\n"},
		{[]string{"terminate"}, "..a\r\n..b\r\nc\r\n..d\r\n..\r\ne"},
		{[]string{"stuff", "line_ends"}, content + "\r\n.\r\n"},
		{[]string{"stuff", "line_ends", "terminate"}, content},
	} {
		options := &lua.LTable{Metatable: lua.LNil}
		for _, name := range c.off {
			options.RawSetString(name, lua.LFalse)
		}
		if got := dataContent(content, options); got != c.want {
			t.Errorf("without %v: %q, want %q", c.off, got, c.want)
		}
	}
	if got := dataContent("", nil); got != ".\r\n" {
		t.Errorf("nothing: %q", got)
	}
}
