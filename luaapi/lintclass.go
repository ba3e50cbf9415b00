package luaapi

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/yuin/gopher-lua/ast"
)

// classOf is the class of the object that an expression gives, as far as the source tells: what smtp.session returned is a
// connection, what its expect returned is a reply. "" is for all that is not known.
func (l *linter) classOf(e ast.Expr, s scope) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return s[e.Value]
	case *ast.AttrGetExpr:
		key, ok := e.Key.(*ast.StringExpr)
		if c := l.lang.reg.Class(l.classOf(e.Object, s)); ok && c != nil {
			return c.MemberClass(key.Value)
		}
	case *ast.FuncCallExpr:
		return l.resultOf(e, s)
	}
	return ""
}

func (l *linter) resultOf(e *ast.FuncCallExpr, s scope) string {
	if e.Func == nil {
		if c := l.lang.reg.Class(l.classOf(e.Receiver, s)); c != nil {
			return c.MemberClass(e.Method)
		}
		return ""
	}
	attr, ok := e.Func.(*ast.AttrGetExpr)
	if !ok {
		return ""
	}
	key, ok := attr.Key.(*ast.StringExpr)
	module := nameOf(attr.Object)
	if !ok || s.has(module) || l.chunk.globals[module] {
		return ""
	}
	return l.lang.reg.ResultClass(module, key.Value)
}

// learn notes the classes of the names that a local statement declares. A name that the file assigns again may hold
// anything later.
func (l *linter) learn(st *ast.LocalAssignStmt, s scope) {
	classes := make([]string, len(st.Names))
	for i := range min(len(st.Names), len(st.Exprs)) {
		classes[i] = l.classOf(st.Exprs[i], s)
	}
	for i, n := range st.Names {
		if s[n] = classes[i]; l.chunk.globals[n] {
			s[n] = ""
		}
	}
}

// object checks object.name, where the object's class is known.
func (l *linter) object(e *ast.AttrGetExpr, s scope) {
	key, ok := e.Key.(*ast.StringExpr)
	c := l.lang.reg.Class(l.classOf(e.Object, s))
	if !ok || c == nil || c.HasMember(key.Value) {
		return
	}
	l.add(e, false, "%s has no field or method %q%s", c.Name, key.Value, spell.Hint(key.Value, c.Members()))
}

// method checks object:name(...) and finds object.name(...) where a colon is meant.
func (l *linter) method(e *ast.FuncCallExpr, s scope) {
	if e.Func == nil {
		c := l.lang.reg.Class(l.classOf(e.Receiver, s))
		if c != nil && !c.HasMethod(e.Method) {
			if c.HasMember(e.Method) {
				l.add(e, false, "%s is a value, not a function: read it without parentheses", e.Method)
				return
			}
			l.add(e, false, "%s has no method %q%s", c.Name, e.Method, spell.Hint(e.Method, c.Members()))
		}
		return
	}
	attr, ok := e.Func.(*ast.AttrGetExpr)
	if !ok {
		return
	}
	key, ok := attr.Key.(*ast.StringExpr)
	c := l.lang.reg.Class(l.classOf(attr.Object, s))
	if !ok || c == nil || !c.HasMethod(key.Value) {
		return
	}
	self := nameOf(attr.Object)
	if self == "" {
		self = c.Short
	}
	if len(e.Args) > 0 && self != "" && nameOf(e.Args[0]) == self {
		return // c.send(c, "NOOP") is what the colon is short for
	}
	l.add(e, false, "call %s with a colon: %s", key.Value, fmt.Sprintf("%s:%s(...)", strings.TrimSpace(self), key.Value))
}
