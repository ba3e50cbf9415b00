package luaapi

import "github.com/yuin/gopher-lua/ast"

// gopher-lua looks through all constants of a function for each that is added, so a file with ten thousand statements, each of which declares
// a scenario, takes most of a second to compile. From manyStatements on such statements are therefore compiled in functions of
// groupSize, each of which is called where it stands: that changes nothing but how many constants there are together.
const (
	manyStatements = 300
	groupSize      = 100
)

// inGroups puts calls of such functions in the place of runs of declarations.
func inGroups(stmts []ast.Stmt) []ast.Stmt {
	if len(stmts) < manyStatements {
		return stmts
	}
	var out, group []ast.Stmt
	flush := func() {
		if len(group) > 1 {
			group = []ast.Stmt{called(group)}
		}
		out, group = append(out, group...), nil
	}
	for _, s := range stmts {
		if !isDeclaration(s) {
			flush()
			out = append(out, s)
			continue
		}
		if group = append(group, s); len(group) == groupSize {
			flush()
		}
	}
	flush()
	return out
}

// isDeclaration tells whether a statement is scenario("name", ..., function ... end), with nothing in it that means something else in another
// function.
func isDeclaration(s ast.Stmt) bool {
	st, ok := s.(*ast.FuncCallStmt)
	if !ok {
		return false
	}
	call, ok := st.Expr.(*ast.FuncCallExpr)
	if !ok || nameOf(call.Func) != "scenario" || len(call.Args) < 2 {
		return false
	}
	for i, arg := range call.Args {
		switch arg := arg.(type) {
		case *ast.StringExpr, *ast.FunctionExpr:
		case *ast.TableExpr:
			if i != 1 || !isPlainTable(arg) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isPlainTable tells whether a table holds text, numbers, names and tables of these.
func isPlainTable(t *ast.TableExpr) bool {
	for _, f := range t.Fields {
		switch v := f.Value.(type) {
		case *ast.StringExpr, *ast.NumberExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.IdentExpr:
		case *ast.TableExpr:
			if !isPlainTable(v) {
				return false
			}
		default:
			return false
		}
		if _, ok := f.Key.(*ast.StringExpr); f.Key != nil && !ok {
			return false
		}
	}
	return true
}

// called is a statement that calls a function with the group for its body.
func called(group []ast.Stmt) ast.Stmt {
	fn := &ast.FunctionExpr{ParList: &ast.ParList{}, Stmts: group}
	call := &ast.FuncCallExpr{Func: fn}
	st := &ast.FuncCallStmt{Expr: call}
	for _, n := range []ast.PositionHolder{fn, call, st} {
		n.SetLine(group[0].Line())
		n.SetLastLine(group[len(group)-1].LastLine())
	}
	return st
}
