package luaapi

import (
	"context"
	"math"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// A scenario begins with the file's top level run again, in a state of its own. That costs a third of a microsecond for every
// scenario that the file declares, so that ten thousand of them would take a minute for nothing. From templateFrom scenarios on
// the top level runs once more for all, and each scenario gets a copy of what its function, the hooks and the globals
// reach of the state that it left: the same values, shared with nobody. Where the copy could tell (the top level logs, draws
// random numbers or looks at the clock, or something cannot be copied), the top level is run again as ever.
const templateFrom = 32

// template is the state that a file's top level left.
type template struct {
	once sync.Once
	a    *attempt // whose state nobody runs any more; nil where the file has to run again
}

// templates are those of the files of a run.
type templates struct {
	mu     sync.Mutex
	byFile map[*File]*template
}

func (t *templates) of(f *File) *template {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byFile == nil {
		t.byFile = map[*File]*template{}
	}
	if t.byFile[f] == nil {
		t.byFile[f] = &template{}
	}
	return t.byFile[f]
}

// template is the one that the attempt may begin with, nil for none.
func (a *attempt) template() *template {
	if a.decl.of < a.lang.templateFrom {
		return nil
	}
	t := a.env.templates.of(a.file)
	t.once.Do(func() { t.a = a.file.leave(a.env, a.decl.of) })
	if t.a == nil || t.a.named[a.decl.index].name != a.decl.Name {
		return nil // the error that follows is that of a top level that runs
	}
	return t
}

// leave runs the top level for a template. It is nil when nothing can be copied from it.
func (f *File) leave(env *Env, of int) *attempt {
	a := newAttempt(f, env, f.whole())
	a.phase, a.limit = declaring, collectTime
	a.named = make([]topScenario, 0, of)
	ctx, cancel := context.WithTimeout(context.Background(), collectTime)
	defer cancel()
	a.L = a.lang.newState()
	ok := false
	a.withContext(ctx, func() { ok = a.call(a.L.NewFunctionFromProto(f.chunk.proto)) })
	if r := &a.result; !ok || a.varies || len(a.named) != of || a.expectations > 0 || len(r.Events)+len(r.Notes)+len(r.Warnings)+len(r.Failures) > 0 {
		return nil
	}
	if !a.copies() {
		return nil
	}
	return a
}

// copies tells whether everything can be copied, by doing so once.
func (a *attempt) copies() bool {
	to := newAttempt(a.file, a.env, a.decl)
	to.L = a.lang.newState()
	defer to.L.Close()
	c := a.copier(to)
	c.deepest = maxDepth
	for i := range a.named {
		c.scenario(i)
	}
	return !c.failed
}

// topScenario is a scenario of a template.
type topScenario struct {
	name string
	fn   *lua.LFunction
}

// copier puts what all scenarios have in common into another attempt's state, which is new.
func (a *attempt) copier(to *attempt) *copier {
	c := &copier{in: &a.lang.internals, from: a, to: to, deepest: math.MaxInt, done: map[any]any{a.L.G.Global: to.L.G.Global}}
	c.fill(to.L.G.Global, a.L.G.Global)
	to.before, to.after = c.functions(a.before), c.functions(a.after)
	if len(a.loaded) > 0 {
		to.loaded = map[string]lua.LValue{}
		for path, v := range a.loaded {
			to.loaded[path] = c.value(v)
		}
	}
	to.required = a.required
	to.calls = len(a.named)
	return c
}

// scenario makes it the state of one of them.
func (c *copier) scenario(i int) { c.to.selected = c.function(c.from.named[i].fn) }

// copier copies values from one state to another, each once, so that what is shared among them is shared among their copies.
type copier struct {
	in       *internals
	from, to *attempt
	done     map[any]any // tables, functions and upvalues
	depth    int
	deepest  int
	failed   bool // something cannot be copied
}

func (c *copier) value(v lua.LValue) lua.LValue {
	switch v := v.(type) {
	case *lua.LTable:
		return c.table(v)
	case *lua.LFunction:
		return c.function(v)
	case *lua.LUserData: // objects of ours, which no script can change
		if t, ok := v.Metatable.(*lua.LTable); !ok || t.RawGetString("__metatable") != lua.LFalse {
			c.failed = true
		}
	case *lua.LState, *lua.LChannel:
		c.failed = true
	}
	return v
}

// enter goes one value deeper, which leave ends.
func (c *copier) enter() bool {
	c.depth++
	c.failed = c.failed || c.depth > c.deepest
	return !c.failed
}

func (c *copier) leave() { c.depth-- }

func (c *copier) table(t *lua.LTable) *lua.LTable {
	if made, ok := c.done[t]; ok {
		return made.(*lua.LTable)
	}
	made := c.to.L.CreateTable(0, 0)
	c.done[t] = made
	defer c.leave()
	if !c.enter() {
		return made
	}
	c.fill(made, t)
	if t.Metatable != lua.LNil {
		made.Metatable = c.value(t.Metatable)
	}
	return made
}

// fill copies entries in the order in which pairs gives them.
func (c *copier) fill(made, t *lua.LTable) {
	for k, v := t.Next(lua.LNil); k != lua.LNil && !c.failed; k, v = t.Next(k) {
		made.RawSet(c.value(k), c.value(v))
	}
}

func (c *copier) functions(list []*lua.LFunction) (made []*lua.LFunction) {
	for _, fn := range list {
		made = append(made, c.function(fn))
	}
	return made
}

// function copies a function of the script. One of ours is shared by all states, but where it was made for one, as an iterator is.
func (c *copier) function(fn *lua.LFunction) *lua.LFunction {
	if made, ok := c.done[fn]; ok {
		return made.(*lua.LFunction)
	}
	if fn.IsG {
		if fn.Env == c.from.L.G.Global {
			c.failed = true
		}
		return fn
	}
	made := c.to.L.NewFunctionFromProto(fn.Proto)
	c.done[fn] = made
	defer c.leave()
	if !c.enter() {
		return made
	}
	made.Env = c.table(fn.Env)
	for i, uv := range fn.Upvalues {
		made.Upvalues[i] = c.upvalue(uv)
	}
	return made
}

func (c *copier) upvalue(uv *lua.Upvalue) *lua.Upvalue {
	if made, ok := c.done[uv]; ok {
		return made.(*lua.Upvalue)
	}
	made := c.in.closedUpvalue()
	c.done[uv] = made
	if c.enter() {
		made.SetValue(c.value(uv.Value()))
	}
	c.leave()
	return made
}
