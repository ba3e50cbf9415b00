package luaapi

import (
	"fmt"
	"sort"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/yuin/gopher-lua/ast"
)

// Lint looks at the source of the file for what would go wrong when it runs: names that do not exist, globals assigned by
// accident, a dot for a colon, scenarios without an expectation, and comments that say what the file lacks. Problems come in the order of
// their lines.
func (f *File) Lint() []Problem {
	l := linter{lang: f.load.lang, chunk: f.chunk, stmts: f.chunk.stmts()}
	l.helpers(f)
	l.block(l.stmts, scope{})
	l.expectations(f)
	l.lost()
	sort.SliceStable(l.problems, func(i, j int) bool { return l.problems[i].Position.Line < l.problems[j].Position.Line })
	return l.problems
}

type linter struct {
	lang     *Language
	chunk    *chunk
	stmts    []ast.Stmt
	assigned map[string]bool // by the files that it requires
	problems []Problem
}

// scope is the local names that are in sight, with the class of the object that each was given, "" where that is not known.
type scope map[string]string

func (s scope) with(names ...string) scope {
	out := make(scope, len(s)+len(names))
	for n, class := range s {
		out[n] = class
	}
	for _, n := range names {
		out[n] = ""
	}
	return out
}

func (s scope) has(name string) bool {
	_, ok := s[name]
	return ok
}

// helpers finds the globals that required files set.
func (l *linter) helpers(f *File) {
	l.assigned = map[string]bool{}
	walk(l.stmts, func(n ast.PositionHolder) {
		call, ok := n.(*ast.FuncCallExpr)
		if !ok || nameOf(call.Func) != "require" || len(call.Args) != 1 {
			return
		}
		name, ok := call.Args[0].(*ast.StringExpr)
		if !ok {
			return
		}
		path, err := f.resolve(f.Path, name.Value)
		if err != nil {
			l.add(call, false, "%s", err)
			return
		}
		if c, err := f.load.chunk(path); err != nil {
			l.add(call, false, "%s", err)
		} else {
			for g := range c.globals {
				l.assigned[g] = true
			}
		}
	})
}

func (l *linter) add(at ast.PositionHolder, warning bool, format string, args ...any) {
	l.problems = append(l.problems, Problem{
		Position: event.Position{File: l.chunk.path, Line: at.Line()},
		Message:  fmt.Sprintf(format, args...), Warning: warning,
	})
}

func nameOf(e ast.Expr) string {
	if id, ok := e.(*ast.IdentExpr); ok {
		return id.Value
	}
	return ""
}

// block checks statements in order; local names count from where they are declared.
func (l *linter) block(stmts []ast.Stmt, s scope) {
	s = s.with()
	for _, st := range stmts {
		l.stmt(st, s)
	}
}

func (l *linter) stmt(st ast.Stmt, s scope) {
	switch st := st.(type) {
	case *ast.LocalAssignStmt:
		l.local(st, s)
	case *ast.AssignStmt:
		l.exprs(st.Rhs, s)
		for _, e := range st.Lhs {
			l.assign(e, s)
		}
	case *ast.FuncCallStmt:
		l.expr(st.Expr, s)
	case *ast.DoBlockStmt:
		l.block(st.Stmts, s)
	case *ast.WhileStmt:
		l.expr(st.Condition, s)
		l.block(st.Stmts, s)
	case *ast.RepeatStmt:
		inner := s.with()
		for _, b := range st.Stmts {
			l.stmt(b, inner)
		}
		l.expr(st.Condition, inner)
	case *ast.IfStmt:
		l.expr(st.Condition, s)
		l.block(st.Then, s)
		l.block(st.Else, s)
	case *ast.NumberForStmt:
		l.exprs([]ast.Expr{st.Init, st.Limit, st.Step}, s)
		l.block(st.Stmts, s.with(st.Name))
	case *ast.GenericForStmt:
		l.exprs(st.Exprs, s)
		l.block(st.Stmts, s.with(st.Names...))
	case *ast.FuncDefStmt:
		l.define(st, s)
	case *ast.ReturnStmt:
		l.exprs(st.Exprs, s)
	}
}

// local declares names for the rest of the block. A local function sees its own name.
func (l *linter) local(st *ast.LocalAssignStmt, s scope) {
	recursive := len(st.Names) == 1 && len(st.Exprs) == 1
	if recursive {
		if _, ok := st.Exprs[0].(*ast.FunctionExpr); ok {
			s[st.Names[0]] = ""
		}
	}
	l.exprs(st.Exprs, s)
	l.learn(st, s)
}

func (l *linter) define(st *ast.FuncDefStmt, s scope) {
	switch {
	case st.Name.Func != nil:
		l.assign(st.Name.Func, s)
	default:
		l.expr(st.Name.Receiver, s)
		s = s.with("self")
	}
	l.expr(st.Func, s)
}

func (l *linter) assign(e ast.Expr, s scope) {
	name := nameOf(e)
	if name == "" {
		if attr, ok := e.(*ast.AttrGetExpr); ok {
			l.exprs([]ast.Expr{attr.Object, attr.Key}, s)
		}
		return
	}
	if s.has(name) {
		return
	}
	if near, ok := spell.Nearest(name, keysOf(s)); ok && len(name) > 3 {
		l.add(e, true, "%s is assigned as a global: is the local %s meant, or is \"local\" missing?", name, near)
		return
	}
	l.add(e, true, "%s is assigned as a global: is \"local\" missing?", name)
}

func keysOf(s scope) []string {
	names := make([]string, 0, len(s))
	for n := range s {
		names = append(names, n)
	}
	return names
}

func (l *linter) exprs(es []ast.Expr, s scope) {
	for _, e := range es {
		l.expr(e, s)
	}
}

func (l *linter) expr(e ast.Expr, s scope) {
	switch e := e.(type) {
	case nil:
	case *ast.IdentExpr:
		l.name(e, s)
	case *ast.AttrGetExpr:
		l.member(e, s)
	case *ast.FuncCallExpr:
		l.call(e, s)
	case *ast.FunctionExpr:
		l.block(e.Stmts, s.with(e.ParList.Names...).with("arg"))
	case *ast.TableExpr:
		for _, f := range e.Fields {
			l.exprs([]ast.Expr{f.Key, f.Value}, s)
		}
	case *ast.LogicalOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs}, s)
	case *ast.RelationalOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs}, s)
	case *ast.StringConcatOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs}, s)
	case *ast.ArithmeticOpExpr:
		l.exprs([]ast.Expr{e.Lhs, e.Rhs}, s)
	case *ast.UnaryMinusOpExpr:
		l.expr(e.Expr, s)
	case *ast.UnaryNotOpExpr:
		l.expr(e.Expr, s)
	case *ast.UnaryLenOpExpr:
		l.expr(e.Expr, s)
	}
}

func (l *linter) name(e *ast.IdentExpr, s scope) {
	if s.has(e.Value) || l.chunk.globals[e.Value] || l.assigned[e.Value] {
		return
	}
	known := l.lang.globalNames()
	for _, n := range known {
		if n == e.Value {
			return
		}
	}
	text := l.lang.unknownGlobal(e.Value)
	if near, ok := spell.Nearest(e.Value, keysOf(s)); ok && !strings.Contains(text, "did you mean") {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	l.add(e, false, "%s", text)
}

// member checks module.name; what an object has is known only when it runs.
func (l *linter) member(e *ast.AttrGetExpr, s scope) {
	l.exprs([]ast.Expr{e.Object, e.Key}, s)
	l.object(e, s)
	key, ok := e.Key.(*ast.StringExpr)
	module := nameOf(e.Object)
	if !ok || module == "" || s.has(module) || l.chunk.globals[module] {
		return
	}
	members, ok := l.lang.members(module)
	if !ok || contains(members, key.Value) {
		return
	}
	if text, ok := absentMembers[module+"."+key.Value]; ok {
		l.add(e, false, "%s.%s %s", module, key.Value, text)
		return
	}
	l.add(e, false, "%s has no %q%s", module, key.Value, spell.Hint(key.Value, members))
}

// members are the names in a module or library.
func (lang *Language) members(module string) ([]string, bool) {
	if lib, ok := lang.libs[module]; ok {
		names := make([]string, 0, len(lib))
		for n := range lib {
			names = append(names, n)
		}
		return names, true
	}
	return lang.reg.Members(module)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (l *linter) call(e *ast.FuncCallExpr, s scope) {
	l.exprs(e.Args, s)
	l.method(e, s)
	if e.Func != nil {
		l.expr(e.Func, s)
		return
	}
	l.expr(e.Receiver, s)
	module := nameOf(e.Receiver)
	if module == "" || s.has(module) || l.chunk.globals[module] {
		return
	}
	if _, ok := l.lang.members(module); ok {
		l.add(e, false, "call %s.%s with a dot, not a colon", module, e.Method)
	}
}

// expectations warns of scenarios whose functions contain nothing that could be an expectation. What a helper does is not
// known, so a scenario that calls one is not warned of.
func (l *linter) expectations(f *File) {
	local := localFunctions(l.stmts)
	walk(l.stmts, func(n ast.PositionHolder) {
		call, ok := n.(*ast.FuncCallExpr)
		if !ok || nameOf(call.Func) != "scenario" || len(call.Args) < 2 {
			return
		}
		fn, ok := call.Args[len(call.Args)-1].(*ast.FunctionExpr)
		if ok && !l.requires(fn.Stmts, local) {
			l.add(call, true, "the scenario has no expectation: it would end as an error")
		}
	})
	if !f.chunk.declares && !l.requires(l.stmts, local) {
		l.problems = append(l.problems, Problem{Position: event.Position{File: l.chunk.path, Line: 1}, Warning: true,
			Message: "the file has no expectation: it would end as an error"})
	}
}

func localFunctions(stmts []ast.Stmt) map[string]bool {
	names := map[string]bool{}
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.LocalAssignStmt:
			for _, n := range st.Names {
				names[n] = true
			}
		case *ast.FuncDefStmt:
			names[nameOf(st.Name.Func)] = true
		}
	}
	return names
}

// neutral are calls that require nothing.
var neutral = map[string]bool{"connect": true, "send": true, "write": true, "reply": true, "read": true, "read_line": true, "close": true,
	"close_write": true, "abort": true, "stop_tls": true, "supports": true, "log": true, "print": true, "note": true, "warn": true, "sleep": true,
	"unique": true, "read_file": true, "format": true, "step": true, "cleanup": true, "ipairs": true, "pairs": true, "tostring": true, "tonumber": true}

// requires tells whether a call in the statements may evaluate an expectation, or skips.
func (l *linter) requires(stmts []ast.Stmt, local map[string]bool) bool {
	found := false
	walk(stmts, func(n ast.PositionHolder) {
		call, ok := n.(*ast.FuncCallExpr)
		if !ok {
			return
		}
		name := call.Method
		if attr, ok := call.Func.(*ast.AttrGetExpr); ok {
			if key, ok := attr.Key.(*ast.StringExpr); ok {
				name = key.Value
			}
			if nameOf(attr.Object) == "assert" {
				found = true
			}
		}
		if id := nameOf(call.Func); id != "" {
			name = id
		}
		found = found || !neutral[name] || local[name]
	})
	return found
}

// lostMark begins a comment that smtpspec leaves in a file that it writes, where something of what happened is missing.
const lostMark = " lost: "

// lost warns of such comments: the scenario requires less than its name promises.
func (l *linter) lost() {
	s := scanner{src: l.chunk.source, line: 1}
	s.comment = func(line int, text string) {
		if what, ok := strings.CutPrefix(text, lostMark); ok {
			l.problems = append(l.problems, Problem{Position: event.Position{File: l.chunk.path, Line: line}, Warning: true,
				Message: "was not carried over: " + strings.TrimSpace(what)})
		}
	}
	for s.i < len(s.src) {
		s.token()
	}
}
