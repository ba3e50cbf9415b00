package luaapi

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// hintAt is what can be said by looking at a line where Lua called or indexed what cannot be: its own message names nothing.
func (f *File) hintAt(line int, message string) string {
	called := strings.Contains(message, "attempt to call")
	if !called && !strings.Contains(message, "attempt to index") {
		return ""
	}
	for _, p := range f.Lint() {
		if p.Position.Line == line && !p.Warning {
			return p.Message
		}
	}
	if called {
		return f.calledAt(line)
	}
	return ""
}

// calledAt names what a line calls, where it calls one thing.
func (f *File) calledAt(line int) string {
	var names []string
	walk(f.chunk.stmts(), func(n ast.PositionHolder) {
		call, ok := n.(*ast.FuncCallExpr)
		if !ok || call.Line() != line {
			return
		}
		name := call.Method
		if attr, ok := call.Func.(*ast.AttrGetExpr); ok {
			if key, ok := attr.Key.(*ast.StringExpr); ok {
				name = key.Value
			}
		}
		if id := nameOf(call.Func); id != "" {
			name = id
		}
		if name != "" && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	})
	for _, name := range names {
		if f.load.lang.isField(name) {
			return fmt.Sprintf("%s is a value, not a function: read it without parentheses", name)
		}
	}
	if len(names) == 1 {
		return names[0] + " is no function"
	}
	return ""
}

// isField tells whether objects have a field of that name and none has such a method; facts are fields of target.
func (lang *Language) isField(name string) bool {
	found := factNames[name] != ""
	for _, m := range lang.reg.Modules {
		for _, c := range m.Classes {
			for _, f := range c.Methods {
				if f.Name == name {
					return false
				}
			}
			for _, f := range c.Fields {
				found = found || f.Name == name
			}
		}
	}
	return found
}
