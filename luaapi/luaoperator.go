package luaapi

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// Some operators of the VM are not Lua's, or cannot be bounded. They are compiled as calls: a call's function is a text constant of the
// syntax tree, in whose place the function is put once the constants are there.
const (
	concatMark = "\x00..\x00"
	moduloMark = "\x00%\x00"
	forMark    = "\x00for\x00"
)

// operators are the functions that stand in for the marks. L is the state that makes them.
func operators(L *lua.LState) map[lua.LValue]*lua.LFunction {
	return map[lua.LValue]*lua.LFunction{
		lua.LString(concatMark): L.NewFunction(concat),
		lua.LString(moduloMark): L.NewFunction(moduloOperator),
		lua.LString(forMark):    L.NewFunction(loopNumber),
	}
}

// toLua51 changes a syntax tree so that gopher-lua compiles it to what it means in Lua 5.1: it makes calls of every ".." and "%", and
// numbers of what a loop counts with; it writes numbers as gopher-lua reads them right, and assigns to several variables at once. The
// error is a *LoadError, of a number that is none.
func toLua51(path string, stmts []ast.Stmt) error {
	var malformed error
	lists, loops := [][]ast.Stmt{stmts}, []*ast.NumberForStmt(nil)
	walk(stmts, func(n ast.PositionHolder) {
		lists = append(lists, blocksOf(n)...)
		if loop, ok := n.(*ast.NumberForStmt); ok {
			loops = append(loops, loop)
		}
	})
	rewrite(stmts, func(e ast.Expr) ast.Expr {
		switch e := e.(type) {
		case *ast.NumberExpr:
			n, ok := numberOf(e.Value)
			if !ok {
				malformed = loadError(path, e.Line(), "malformed number near %q", e.Value)
			}
			// gopher-lua reads "010" as octal, and what is too large as no number.
			e.Value = strconv.FormatFloat(n, 'g', -1, 64)
		case *ast.StringConcatOpExpr:
			return callConcat(e)
		case *ast.ArithmeticOpExpr:
			if e.Operator == "%" {
				return callOf(moduloMark, e, single(e.Lhs), single(e.Rhs))
			}
		}
		return e
	})
	// These come last, for they make the tree deeper, and rewrite goes no deeper than it was.
	for _, loop := range loops {
		loop.Init, loop.Limit, loop.Step = loopBound(loop.Init, "initial value"), loopBound(loop.Limit, "limit"), loopBound(loop.Step, "step")
	}
	for _, list := range lists {
		assignAtOnce(list)
	}
	return malformed
}

// callOf is the call of an operator, at the place of e.
func callOf(mark string, e ast.Expr, args ...ast.Expr) ast.Expr {
	name := &ast.StringExpr{Value: mark}
	call := &ast.FuncCallExpr{Func: name, Args: args, AdjustRet: true}
	for _, n := range []ast.PositionHolder{name, call} {
		n.SetLine(e.Line())
		n.SetLastLine(e.LastLine())
	}
	return call
}

// single keeps an operand to one value where it is the last argument of the call.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

// loopBound wraps what may be no number: Lua reads text as one there, gopher-lua does not.
func loopBound(e ast.Expr, what string) ast.Expr {
	switch e.(type) {
	case nil, *ast.NumberExpr, *ast.UnaryLenOpExpr:
		return e
	}
	return callOf(forMark, e, e, &ast.StringExpr{Value: what})
}

// loopNumber is the value that a loop begins with, ends at or steps by.
func loopNumber(L *lua.LState) int {
	n, ok := numeral(L.Get(1))
	if !ok {
		L.RaiseError("'for' %s must be a number", L.Get(2))
	}
	L.Push(lua.LNumber(n))
	return 1
}

// moduloOperator is "%".
func moduloOperator(L *lua.LState) int {
	a, okA := L.Get(1).(lua.LNumber)
	b, okB := L.Get(2).(lua.LNumber)
	if okA && okB {
		L.Push(lua.LNumber(modulo(float64(a), float64(b))))
		return 1
	}
	return arithmetic(L, "__mod", modulo)
}

// bindOperators puts the functions in the places of their marks.
func bindOperators(p *lua.FunctionProto, functions map[lua.LValue]*lua.LFunction) {
	for i, c := range p.Constants {
		if fn := functions[c]; fn != nil {
			p.Constants[i] = fn
		}
	}
}
