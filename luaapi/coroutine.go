package luaapi

import lua "github.com/yuin/gopher-lua"

// maxCoroutines is how deep coroutines may resume each other: what unwinds when one of them raises grows with the square of it,
// and no context ends that.
const maxCoroutines = 100

// resuming is coroutine.resume, and what coroutine.wrap returns, with a bound; what the coroutine had entered when it raised is left.
func resuming(resume lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		a := attemptOf(L)
		if a.coroutines >= maxCoroutines {
			L.RaiseError("coroutines resume each other more than %d deep", maxCoroutines)
		}
		a.coroutines++
		steps, levels, within := len(a.steps), len(a.levels), a.within
		a.within = 0
		raised := true
		defer func() {
			a.coroutines--
			a.within = within
			if raised {
				a.diedIn(L)
			}
		}()
		n := resume(L)
		raised = false
		if a.leave(steps, levels); n > 0 && L.Get(-n) == lua.LFalse {
			a.rethrown = nil // the script has the error now
		}
		return n
	}
}

// diedIn ends the coroutine that raised through what coroutine.wrap returned, which gopher-lua leaves running. The frames are still there:
// the error is placed where it came up, unless a protected call of L did so.
func (a *attempt) diedIn(L *lua.LState) {
	th := L.G.CurrentThread
	if th == nil || th == L || th.Parent != L {
		return
	}
	if a.rethrown == nil && a.guards[L] == 0 {
		a.rethrown = a.here(th)
	}
	th.Dead = true
	L.G.CurrentThread = L
}

// yield is coroutine.yield. gopher-lua lets a coroutine yield out of a Go function, whose rest is then lost: a check would hold without having
// run. PUC Lua 5.1 refuses, and so does this where a Go function of ours is in between.
func yield(L *lua.LState) int {
	if L == L.G.MainThread {
		L.RaiseError("attempt to yield from outside a coroutine")
	}
	if attemptOf(L).within > 0 {
		L.RaiseError("attempt to yield across a call of pcall, check, step or the like")
	}
	return -1
}

// creating is coroutine.create, and what coroutine.wrap begins with. gopher-lua gives each coroutine a context that stays with the scenario's
// until that ends, also when the coroutine is long forgotten: here they all have the scenario's own.
func creating(create lua.LGFunction, name string) lua.LGFunction {
	return func(L *lua.LState) int {
		if L.Get(1).Type() != lua.LTFunction {
			arguments{L, name}.bad(1, "Lua function expected")
		}
		ctx := L.RemoveContext()
		defer L.SetContext(ctx)
		n := create(L)
		thread(L.Get(-1)).SetContext(ctx)
		return n
	}
}

// thread is the coroutine itself, or the one that a function of coroutine.wrap resumes.
func thread(v lua.LValue) *lua.LState {
	if fn, ok := v.(*lua.LFunction); ok {
		v = fn.Upvalues[0].Value()
	}
	return v.(*lua.LState)
}

// resume is coroutine.resume.
func resume(call lua.LGFunction) lua.LGFunction {
	call = resuming(call)
	return func(L *lua.LState) int {
		th, ok := L.Get(1).(*lua.LState)
		if !ok {
			arguments{L, "resume"}.bad(1, "coroutine expected")
		}
		if s := status(L, th); s != "suspended" {
			L.Push(lua.LFalse)
			L.Push(lua.LString("cannot resume " + s + " coroutine"))
			return 2
		}
		return call(L)
	}
}

// wrapping is coroutine.wrap.
func wrapping(wrap lua.LGFunction) lua.LGFunction {
	wrap = creating(wrap, "wrap")
	return func(L *lua.LState) int {
		n := wrap(L)
		fn := L.Get(-1).(*lua.LFunction)
		th, call := thread(fn), resuming(fn.GFunction)
		fn.GFunction = func(L *lua.LState) int {
			if s := status(L, th); s != "suspended" {
				L.RaiseError("cannot resume %s coroutine", s)
			}
			return call(L)
		}
		return n
	}
}

// status is what a coroutine does. To gopher-lua one that has resumed others is suspended, from two levels on.
func status(L, th *lua.LState) string {
	switch {
	case th.Dead:
		return "dead"
	case th == L:
		return "running"
	}
	for up := L.Parent; up != nil; up = up.Parent {
		if up == th {
			return "normal"
		}
	}
	return "suspended"
}

// coroutineStatus is coroutine.status.
func coroutineStatus(L *lua.LState) int {
	a := arguments{L, "status"}
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		a.bad(1, "coroutine expected")
	}
	return a.pushText(status(L, th))
}
