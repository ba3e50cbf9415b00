package luaapi

import (
	"errors"
	"fmt"
	"math"

	"github.com/smtpspec/smtpspec/luaapi/pattern"
	lua "github.com/yuin/gopher-lua"
)

// arguments reads the arguments of a library function the way luaL_check* does, with its messages.
type arguments struct {
	*lua.LState
	name string
}

// bad raises what is wrong with argument i. Like luaL_argerror it names the function as the script does, and does not count the object of
// a method.
func (a arguments) bad(i int, format string, values ...any) {
	name, method := calledAs(a.LState)
	if name == "" {
		name = a.name
	}
	what := fmt.Sprintf(format, values...)
	if method {
		if i--; i == 0 {
			a.RaiseError("calling '%s' on bad self (%s)", name, what)
		}
	}
	a.RaiseError("bad argument #%d to '%s' (%s)", i, name, what)
}

// calledAs is how the script names the function that runs, "" where it has no name there, and whether it calls it as a method.
func calledAs(L *lua.LState) (name string, method bool) {
	called, ok := L.GetStack(0)
	caller, above := L.GetStack(1)
	if !ok || !above {
		return "", false
	}
	fn, err := L.GetInfo("fl", caller, lua.LNil)
	f, ok := fn.(*lua.LFunction)
	if err != nil || !ok || f.IsG {
		return "", false
	}
	if _, err := L.GetInfo("n", called, lua.LNil); err != nil || called.Name == "?" || called.Name == "(anonymous)" {
		return "", false
	}
	method = true // unless a call by that name in the line is none: which of them runs is not known
	for _, call := range f.Proto.DbgCalls {
		if call.Name == called.Name && f.Proto.DbgSourcePositions[call.Pc] == caller.CurrentLine {
			method = method && isMethod(f.Proto, call.Pc)
		}
	}
	return called.Name, method
}

// isMethod tells whether the call at pc takes its function with OP_SELF: what it calls is in a register that its arguments lie above.
func isMethod(p *lua.FunctionProto, pc int) bool {
	register := p.Code[pc] >> 18 & 0xff
	for pc--; pc >= 0; pc-- {
		if p.Code[pc]>>18&0xff == register {
			return p.Code[pc]>>opcodeShift == uint32(lua.OP_SELF)
		}
	}
	return false
}

func (a arguments) wrong(i int, want string) {
	got := "no value"
	if i <= a.GetTop() {
		got = a.Get(i).Type().String()
	}
	a.bad(i, "%s expected, got %s", want, got)
}

// any takes any value, but there must be one.
func (a arguments) any(i int) lua.LValue {
	if i > a.GetTop() {
		a.bad(i, "value expected")
	}
	return a.Get(i)
}

// text takes a string, or a number as text.
func (a arguments) text(i int) string {
	v := a.Get(i)
	if !lua.LVCanConvToString(v) {
		a.wrong(i, "string")
	}
	return textOf(v)
}

func (a arguments) table(i int) *lua.LTable {
	t, ok := a.Get(i).(*lua.LTable)
	if !ok {
		a.wrong(i, "table")
	}
	return t
}

func (a arguments) function(i int) *lua.LFunction {
	f, ok := a.Get(i).(*lua.LFunction)
	if !ok {
		a.wrong(i, "function")
	}
	return f
}

// number takes a number, or text that is one.
func (a arguments) number(i int) float64 {
	n, ok := numeral(a.Get(i))
	if !ok {
		a.wrong(i, "number")
	}
	return n
}

// integer takes a number without its fraction; what no int holds becomes the nearest one.
func (a arguments) integer(i int) int { return toInt(a.number(i)) }

func toInt(n float64) int {
	switch {
	case n != n:
		return 0
	case n >= math.MaxInt64:
		return math.MaxInt
	case n <= math.MinInt64:
		return math.MinInt
	}
	return int(n)
}

func (a arguments) optional(i, fallback int) int {
	if a.Get(i) == lua.LNil {
		return fallback
	}
	return a.integer(i)
}

// fail raises what a pattern ended with.
func (a arguments) fail(err error) {
	if errors.Is(err, pattern.ErrTooLarge) {
		a.RaiseError("%s", tooLong("string."+a.name))
	}
	a.RaiseError("%s", err)
}

// pushText adds a result, and returns the number of results.
func (a arguments) pushText(s string) int {
	a.Push(lua.LString(s))
	return 1
}

// callback calls what is on the stack, with n arguments above it, from a function that goes on afterwards: nothing yields out of it.
func (a arguments) callback(n, results int) {
	host := attemptOf(a.LState)
	host.within++
	a.Call(n, results)
	host.within--
}
