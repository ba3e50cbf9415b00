package luaapi

import (
	"fmt"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// body is the function of scenario(name, [options,] fn) and of check.
func body(c *bind.Call) (*lua.LFunction, error) {
	what := fmt.Sprintf("%s %q", c.F.Name, c.String(0))
	switch {
	case c.Function(1) != nil && c.Has(2):
		return nil, fmt.Errorf("%s: nothing comes after the function", what)
	case c.Function(1) != nil:
		return c.Function(1), nil
	case c.Function(2) != nil:
		return c.Function(2), nil
	}
	return nil, fmt.Errorf("%s has no function: %s(name, [options,] function() ... end)", what, c.F.Name)
}

func step(c *bind.Call) error {
	a := attemptOf(c.L)
	if err := a.live("step"); err != nil {
		return err
	}
	a.log(c.L, "step", c.String(0))
	depth := len(a.steps)
	a.steps = append(a.steps, c.String(0))
	top := c.L.GetTop()
	c.L.Push(c.Function(1))
	a.within++
	c.L.Call(0, lua.MultRet)
	a.within--
	a.steps = a.steps[:depth]
	return c.Returned(c.L.GetTop() - top)
}

func softCheck(c *bind.Call) error {
	a := attemptOf(c.L)
	var o checkOptions
	fn, err := body(c)
	if err != nil {
		return err
	}
	if err := a.live("check"); err != nil {
		return err
	}
	checkTable.Decode(c.Table(1), &o)
	if o.Level != "" {
		if err := oneOf("check: option level", o.Level, levels...); err != nil {
			return err
		}
	} else {
		o.Level = a.level()
	}
	a.log(c.L, "step", c.String(0))
	depth, ldepth := len(a.steps), len(a.levels)
	a.steps, a.levels = append(a.steps, c.String(0)), append(a.levels, o.Level)
	c.L.Push(fn)
	err = a.lang.protect(c.L, 0, 0, a.keepStack)
	a.leave(depth, ldepth)
	if err == nil {
		return c.Push(lua.LTrue)
	}
	if s, ok := raisedValue(err).(*stop); ok && !s.skip && a.ctx.Err() == nil {
		return c.Push(lua.LFalse)
	}
	return reraise(c.L, err)
}

// reraise goes on with an error that a protected call caught with keepStack: it is still placed where it came up.
func reraise(L *lua.LState, err error) error {
	if api, ok := err.(*lua.ApiError); ok {
		a := attemptOf(L)
		a.rethrown = a.lastErr
		L.Error(api.Object, 0)
	}
	return err
}
