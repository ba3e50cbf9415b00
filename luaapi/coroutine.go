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
	if attemptOf(L).within > 0 {
		L.RaiseError("attempt to yield across a call of pcall, check, step or the like")
	}
	return -1
}

// creating is coroutine.create. gopher-lua gives each coroutine a context that stays with the scenario's until that ends, also when the
// coroutine is long forgotten: here they all have the scenario's own.
func creating(create lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		ctx := L.RemoveContext()
		defer L.SetContext(ctx)
		n := create(L)
		L.CheckThread(L.GetTop()).SetContext(ctx)
		return n
	}
}

// wrapping is coroutine.wrap.
func wrapping(wrap lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) int {
		ctx := L.RemoveContext()
		defer L.SetContext(ctx)
		n := wrap(L)
		fn := L.Get(-1).(*lua.LFunction)
		fn.Upvalues[0].Value().(*lua.LState).SetContext(ctx)
		fn.GFunction = resuming(fn.GFunction)
		return n
	}
}
