package luaapi

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// The VM joins text in one instruction that nothing can stop or bound, so that "s = s .. s" fills any memory in thirty of them. Every
// ".." of a script is therefore compiled as a call of concat.

// maxOperands is how many operands one call takes; more are calls in calls. The registers of a function end at 255.
const maxOperands = 50

func callConcat(op *ast.StringConcatOpExpr) ast.Expr {
	// It is right-associative, and what is on the right was rewritten already: its operands become operands of this one.
	args := []ast.Expr{single(op.Lhs)}
	if rest, ok := op.Rhs.(*ast.FuncCallExpr); ok && isConcat(rest) && len(rest.Args) < maxOperands {
		args = append(args, rest.Args...)
	} else {
		args = append(args, single(op.Rhs))
	}
	return callOf(concatMark, op, args...)
}

func isConcat(call *ast.FuncCallExpr) bool {
	mark, ok := call.Func.(*ast.StringExpr)
	return ok && mark.Value == concatMark
}

// concat is "..", of two operands or more, from the right as PUC Lua 5.1's luaV_concat: text and numbers at once, anything else by its
// metamethod.
func concat(L *lua.LState) int {
	for L.GetTop() > 1 {
		n := textsOnTop(L)
		if n < 2 {
			joinOther(L)
			continue
		}
		joined := joinTexts(L, n)
		L.SetTop(L.GetTop() - n)
		L.Push(lua.LString(joined))
	}
	return 1
}

// textsOnTop is how many of the last operands are text.
func textsOnTop(L *lua.LState) int {
	n := 0
	for n < L.GetTop() && lua.LVCanConvToString(L.Get(-1-n)) {
		n++
	}
	return n
}

func joinTexts(L *lua.LState, n int) string {
	if n == 2 {
		if a, ok := L.Get(-2).(lua.LString); ok {
			b := textOf(L.Get(-1))
			defer room(L, "..", len(a)+len(b))()
			return string(a) + b
		}
	}
	parts, size := make([]string, n), 0
	for i := range parts {
		parts[i] = textOf(L.Get(i - n))
		size += len(parts[i])
	}
	defer room(L, "..", size)()
	return strings.Join(parts, "")
}

// joinOther replaces the last two operands, one of which is no text, by what their metamethod gives.
func joinOther(L *lua.LState) {
	lhs, rhs := L.Get(-2), L.Get(-1)
	op := metamethod(lhs, "__concat")
	if op == lua.LNil {
		op = metamethod(rhs, "__concat")
	}
	if op == lua.LNil {
		bad := lhs
		if lua.LVCanConvToString(lhs) {
			bad = rhs
		}
		L.RaiseError("attempt to concatenate a %s value", bad.Type())
	}
	L.SetTop(L.GetTop() - 2)
	L.Push(op)
	L.Push(lhs)
	L.Push(rhs)
	arguments{LState: L}.callback(2, 1)
}

// metamethod is what a value's metatable has under a name, also where scripts may not see that table.
func metamethod(v lua.LValue, name string) lua.LValue {
	var mt lua.LValue = lua.LNil
	switch v := v.(type) {
	case *lua.LTable:
		mt = v.Metatable
	case *lua.LUserData:
		mt = v.Metatable
	}
	if t, ok := mt.(*lua.LTable); ok {
		return t.RawGetString(name)
	}
	return lua.LNil
}

// textOf is text, or a number as text.
func textOf(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok {
		return numberText(float64(n))
	}
	return lua.LVAsString(v)
}

// numberText writes a number as Lua 5.1 does: with 14 significant digits (LUAI_NUMFFORMAT).
func numberText(n float64) string {
	if i := int64(n); float64(i) == n && i > -1e14 && i < 1e14 && (i != 0 || !math.Signbit(n)) {
		return strconv.FormatInt(i, 10)
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		var b strings.Builder
		formatItem{precision: 14, verb: 'g'}.float(&b, n)
		return b.String()
	}
	return strconv.FormatFloat(n, 'g', 14, 64)
}

// described is a value as tostring gives it: what its metamethod makes of it.
func described(L *lua.LState, v lua.LValue) lua.LValue {
	if n, ok := v.(lua.LNumber); ok {
		return lua.LString(numberText(float64(n)))
	}
	host := attemptOf(L)
	host.within++
	text := L.ToStringMeta(v)
	host.within--
	return text
}
