package luaapi

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// gopher-lua assigns several local variables one after the other: "a, b = b, a" makes both the same. Lua evaluates all expressions before
// it assigns, the objects and keys on the left too (manual 2.4.3). And "a = t.x and b" leaves a as it was where t.x is false. Such a
// statement is therefore compiled as a block that keeps all in variables of its own, under names that no script can write: what a
// new variable begins with is compiled right.

// blocksOf are the lists of statements directly in a node.
func blocksOf(n ast.PositionHolder) [][]ast.Stmt {
	switch n := n.(type) {
	case *ast.DoBlockStmt:
		return [][]ast.Stmt{n.Stmts}
	case *ast.WhileStmt:
		return [][]ast.Stmt{n.Stmts}
	case *ast.RepeatStmt:
		return [][]ast.Stmt{n.Stmts}
	case *ast.IfStmt:
		return [][]ast.Stmt{n.Then, n.Else}
	case *ast.NumberForStmt:
		return [][]ast.Stmt{n.Stmts}
	case *ast.GenericForStmt:
		return [][]ast.Stmt{n.Stmts}
	case *ast.FunctionExpr:
		return [][]ast.Stmt{n.Stmts}
	}
	return nil
}

// assignAtOnce puts a block in the place of each assignment in a list that needs one.
func assignAtOnce(list []ast.Stmt) {
	for i, s := range list {
		st, ok := s.(*ast.AssignStmt)
		if ok && assignsNames(st) && (len(st.Lhs) > 1 || isLogical(st.Rhs[0])) {
			b := &assignment{at: st}
			list[i] = b.block()
		}
	}
}

func assignsNames(st *ast.AssignStmt) bool {
	for _, e := range st.Lhs {
		if nameOf(e) != "" {
			return true
		}
	}
	return false
}

func isLogical(e ast.Expr) bool {
	_, ok := e.(*ast.LogicalOpExpr)
	return ok
}

// assignment makes the block of one statement.
type assignment struct {
	at    *ast.AssignStmt
	names []string // of the objects and keys on the left, and their values
	exprs []ast.Expr
}

func (b *assignment) block() ast.Stmt {
	targets := make([]ast.Expr, len(b.at.Lhs))
	values := make([]string, len(b.at.Lhs))
	for i, e := range b.at.Lhs {
		targets[i] = b.target(e)
		values[i] = "\x00value" + strconv.Itoa(i)
	}
	var out []ast.Stmt
	if len(b.names) > 0 {
		out = append(out, &ast.LocalAssignStmt{Names: b.names, Exprs: b.exprs})
	}
	out = append(out, &ast.LocalAssignStmt{Names: values, Exprs: b.at.Rhs})
	for i := len(targets) - 1; i >= 0; i-- { // the order that PUC Lua has
		out = append(out, &ast.AssignStmt{Lhs: []ast.Expr{targets[i]}, Rhs: []ast.Expr{b.placed(&ast.IdentExpr{Value: values[i]})}})
	}
	do := &ast.DoBlockStmt{Stmts: out}
	for _, s := range append(out, do) {
		s.SetLine(b.at.Line())
		s.SetLastLine(b.at.LastLine())
	}
	return do
}

// target is what is assigned to, with its object and key evaluated before.
func (b *assignment) target(e ast.Expr) ast.Expr {
	attr, ok := e.(*ast.AttrGetExpr)
	if !ok {
		return e
	}
	key := attr.Key
	if _, ok := key.(*ast.StringExpr); !ok {
		key = b.kept(key)
	}
	return b.placed(&ast.AttrGetExpr{Object: b.kept(attr.Object), Key: key})
}

// kept is a variable of the block's own that holds the value of e.
func (b *assignment) kept(e ast.Expr) ast.Expr {
	name := "\x00left" + strconv.Itoa(len(b.names))
	b.names, b.exprs = append(b.names, name), append(b.exprs, single(e))
	return b.placed(&ast.IdentExpr{Value: name})
}

func (b *assignment) placed(e ast.Expr) ast.Expr {
	e.SetLine(b.at.Line())
	e.SetLastLine(b.at.LastLine())
	return e
}
