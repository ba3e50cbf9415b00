package luaapi

import "github.com/yuin/gopher-lua/ast"

// walk calls f for every statement and expression, parents first, and tells the line in which they are nested deeper than maxDepth, or 0.
func walk(stmts []ast.Stmt, f func(ast.PositionHolder)) (deep int) {
	w := &walker{visit: f}
	w.stmts(stmts)
	return w.deep
}

// rewrite puts what f gives in the place of every expression, children first.
func rewrite(stmts []ast.Stmt, f func(ast.Expr) ast.Expr) {
	(&walker{replace: f}).stmts(stmts)
}

// walker goes through a syntax tree.
type walker struct {
	visit   func(ast.PositionHolder)
	replace func(ast.Expr) ast.Expr
	depth   int
	deep    int // line of what was too deep to go into
}

// enter tells whether there is room to go into n, which leave ends.
func (w *walker) enter(n ast.PositionHolder) bool {
	if w.depth++; w.depth <= maxDepth {
		return true
	}
	w.deep = max(w.deep, n.Line(), 1)
	return false
}

func (w *walker) leave() { w.depth-- }

func (w *walker) stmts(list []ast.Stmt) {
	for _, s := range list {
		w.stmt(s)
	}
}

func (w *walker) stmt(s ast.Stmt) {
	defer w.leave()
	if !w.enter(s) {
		return
	}
	if w.visit != nil {
		w.visit(s)
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.list(s.Lhs)
		w.list(s.Rhs)
	case *ast.LocalAssignStmt:
		w.list(s.Exprs)
	case *ast.FuncCallStmt:
		w.exprs(&s.Expr)
	case *ast.DoBlockStmt:
		w.stmts(s.Stmts)
	case *ast.WhileStmt:
		w.exprs(&s.Condition)
		w.stmts(s.Stmts)
	case *ast.RepeatStmt:
		w.stmts(s.Stmts)
		w.exprs(&s.Condition)
	case *ast.IfStmt:
		w.exprs(&s.Condition)
		w.stmts(s.Then)
		w.stmts(s.Else)
	case *ast.NumberForStmt:
		w.exprs(&s.Init, &s.Limit, &s.Step)
		w.stmts(s.Stmts)
	case *ast.GenericForStmt:
		w.list(s.Exprs)
		w.stmts(s.Stmts)
	case *ast.FuncDefStmt:
		w.exprs(&s.Name.Func, &s.Name.Receiver)
		if w.visit != nil {
			w.visit(s.Func)
		}
		w.stmts(s.Func.Stmts)
	case *ast.ReturnStmt:
		w.list(s.Exprs)
	}
}

func (w *walker) list(list []ast.Expr) {
	for i := range list {
		w.expr(&list[i])
	}
}

func (w *walker) exprs(slots ...*ast.Expr) {
	for _, e := range slots {
		w.expr(e)
	}
}

// expr goes through the expression in a slot, which may be empty.
func (w *walker) expr(slot *ast.Expr) {
	if *slot == nil {
		return
	}
	defer w.leave()
	if !w.enter(*slot) {
		return
	}
	if w.visit != nil {
		w.visit(*slot)
	}
	switch e := (*slot).(type) {
	case *ast.AttrGetExpr:
		w.exprs(&e.Object, &e.Key)
	case *ast.TableExpr:
		for _, field := range e.Fields {
			w.exprs(&field.Key, &field.Value)
		}
	case *ast.FuncCallExpr:
		w.exprs(&e.Func, &e.Receiver)
		w.list(e.Args)
	case *ast.LogicalOpExpr:
		w.exprs(&e.Lhs, &e.Rhs)
	case *ast.RelationalOpExpr:
		w.exprs(&e.Lhs, &e.Rhs)
	case *ast.StringConcatOpExpr:
		w.exprs(&e.Lhs, &e.Rhs)
	case *ast.ArithmeticOpExpr:
		w.exprs(&e.Lhs, &e.Rhs)
	case *ast.UnaryMinusOpExpr:
		w.exprs(&e.Expr)
	case *ast.UnaryNotOpExpr:
		w.exprs(&e.Expr)
	case *ast.UnaryLenOpExpr:
		w.exprs(&e.Expr)
	case *ast.FunctionExpr:
		w.stmts(e.Stmts)
	}
	if w.replace != nil {
		*slot = w.replace(*slot)
	}
}
