package bind

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Call is one call of a Func. Arguments are counted from 0, without self; they were checked against the signature.
type Call struct {
	L      *lua.LState
	F      *Func
	Self   any // of a method, the object's Go value
	first  int // stack index of argument 0
	pushed int
}

// StackOverflow is what gopher-lua panics with when Lua functions call each other too deep.
const StackOverflow = "lua callstack overflow"

// call is the Go function behind every function and method.
func (f *Func) call(L *lua.LState) int {
	if f.Pass != nil && f.Pass(L) {
		return 0
	}
	c := Call{L: L, F: f, first: 1}
	return f.run(&c, func() error {
		if f.Method {
			if err := c.self(); err != nil {
				return err
			}
		}
		return c.check()
	})
}

// callObject is the same for an object that is called itself.
func (f *Func) callObject(L *lua.LState) int {
	c := Call{L: L, F: f, first: 2}
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		c.Self = ud.Value
	}
	return f.run(&c, c.check)
}

// enter is the same for metamethods, whose arguments nobody types.
func (f *Func) enter(L *lua.LState) int {
	c := Call{L: L, F: f, first: 1}
	return f.run(&c, nil)
}

func (f *Func) run(c *Call, check func() error) int {
	var err error
	func() {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if api, ok := r.(*lua.ApiError); ok {
				panic(api) // Lua's own unwinding
			}
			if r == StackOverflow { // of the script, which called something through this function
				panic(r)
			}
			err = f.reg.host(c.L).Internal(r, debug.Stack())
		}()
		if check != nil {
			err = check()
		}
		if err == nil {
			err = f.Run(c)
		}
	}()
	if err != nil {
		raise(c.L, err)
	}
	return c.pushed
}

// raise unwinds with err: text gets the position of the call.
func raise(L *lua.LState, err error) {
	var r Raiser
	if errors.As(err, &r) {
		L.Error(r.Raise(L), 0)
	}
	L.Error(lua.LString(err.Error()), 1)
}

func (c *Call) self() error {
	ud, ok := c.L.Get(1).(*lua.LUserData)
	if !ok || ud.Metatable != lua.LValue(c.F.class.mt) {
		return fmt.Errorf("call %s with a colon: %s%s(...)", c.F.Name, c.F.owner, c.F.Name)
	}
	c.Self = ud.Value
	c.first = 2
	return nil
}

func (c *Call) check() error {
	f := c.F
	n := c.N()
	for i := range f.Params {
		p := &f.Params[i]
		v := c.Value(i)
		if v == lua.LNil {
			if p.Optional {
				continue
			}
			return fmt.Errorf("%s%s: argument %s is missing: %s", f.owner, f.Name, p.Name, f.reg.words(p.Type))
		}
		if i == 0 && !f.Method && f.class == nil && c.module(v) {
			return fmt.Errorf("call %s%s with a dot, not a colon", f.owner, f.Name)
		}
		if err := p.check(c, v); err != nil {
			return fmt.Errorf("%s%s: argument %s: %w", f.owner, f.Name, p.Name, err)
		}
	}
	if f.extra == nil && n > len(f.Params) {
		return c.tooMany(n)
	}
	for i := len(f.Params); f.extra != nil && i < n; i++ {
		if err := f.extra.check(c, c.Value(i)); err != nil {
			return fmt.Errorf("%s%s: argument %d: %w", f.owner, f.Name, i+1, err)
		}
	}
	return nil
}

func (c *Call) tooMany(n int) error {
	if n > 0 && c.module(c.Value(0)) {
		return fmt.Errorf("call %s%s with a dot, not a colon", c.F.owner, c.F.Name)
	}
	takes := fmt.Sprintf("%d arguments", len(c.F.Params))
	switch len(c.F.Params) {
	case 0:
		takes = "no argument"
	case 1:
		takes = "one argument"
	}
	return fmt.Errorf("%s%s takes %s, got %d", c.F.owner, c.F.Name, takes, n)
}

// module tells whether v is the module that the function is of: the sign of a colon in place of a dot.
func (c *Call) module(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return false
	}
	m, ok := ud.Value.(*Module)
	return ok && m.path+"." == c.F.owner
}

// Name is the function as messages name it.
func (c *Call) Name() string { return c.F.owner + c.F.Name }

// N is the number of arguments, trailing nils included.
func (c *Call) N() int { return max(0, c.L.GetTop()-c.first+1-c.pushed) }

// Value is argument i, or nil.
func (c *Call) Value(i int) lua.LValue {
	if i >= c.N() {
		return lua.LNil
	}
	return c.L.Get(c.first + i)
}

// Has tells whether argument i was given and is not nil.
func (c *Call) Has(i int) bool { return c.Value(i) != lua.LNil }

// String is argument i as text, "" when it was left out.
func (c *Call) String(i int) string {
	s, _ := c.Value(i).(lua.LString)
	return string(s)
}

// Number is argument i as a number, 0 when it was left out.
func (c *Call) Number(i int) float64 {
	n, _ := c.Value(i).(lua.LNumber)
	return float64(n)
}

// Int is argument i as a whole number, 0 when it was left out.
func (c *Call) Int(i int) int { return int(c.Number(i)) }

// Bool is argument i as a boolean, false when it was left out.
func (c *Call) Bool(i int) bool { return lua.LVAsBool(c.Value(i)) }

// Table is argument i, or nil when it is no table.
func (c *Call) Table(i int) *lua.LTable {
	t, _ := c.Value(i).(*lua.LTable)
	return t
}

// Function is argument i, or nil when it is no function.
func (c *Call) Function(i int) *lua.LFunction {
	f, _ := c.Value(i).(*lua.LFunction)
	return f
}

// Duration is argument i as a duration, or fallback when it was left out.
func (c *Call) Duration(i int, fallback time.Duration) time.Duration {
	if !c.Has(i) {
		return fallback
	}
	d, _ := ParseDuration(c.Value(i)) // checked by the signature
	return d
}

// Push adds a result. It returns nil, so that a function can end with it.
func (c *Call) Push(v lua.LValue) error {
	c.L.Push(v)
	c.pushed++
	return nil
}

// PushAll adds results.
func (c *Call) PushAll(vs ...lua.LValue) error {
	for _, v := range vs {
		_ = c.Push(v)
	}
	return nil
}

// ParseDuration reads a number of seconds, or text such as "250ms".
func ParseDuration(v lua.LValue) (time.Duration, error) {
	switch v := v.(type) {
	case lua.LNumber:
		if s := float64(v); s >= 0 && s <= 1e9 {
			return time.Duration(math.Round(s * float64(time.Second))), nil
		}
		return 0, fmt.Errorf("%v is not a number of seconds from 0 to 1e9", float64(v))
	case lua.LString:
		return DurationText(string(v))
	}
	return 0, fmt.Errorf(`duration expected (seconds, or text such as "250ms"), got %s`, Describe(v))
}

// DurationText reads text such as "250ms", "2s" or "1m30s".
func DurationText(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is not a duration: write seconds, or text such as "250ms", "30s" or "2m"`, s)
	}
	return d, nil
}

// Describe names a value with its type, for messages.
func Describe(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return "nil"
	case lua.LBool:
		return "boolean " + v.String()
	case lua.LNumber:
		return "number " + v.String()
	case lua.LString:
		if len(v) > 40 {
			return fmt.Sprintf("a string of %d bytes", len(v)) // not its beginning: half a password would not be masked
		}
		return fmt.Sprintf("string %q", string(v))
	case *lua.LUserData:
		if m, ok := v.Value.(*Module); ok {
			return "the module " + m.path
		}
		return "userdata"
	}
	return v.Type().String()
}

// Returned says that the n topmost values of the stack are the results.
func (c *Call) Returned(n int) error {
	c.pushed = n
	return nil
}
