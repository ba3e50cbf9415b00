package luaapi

import (
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// timeModule is time.
func timeModule() *bind.Module {
	start := time.Now()
	return &bind.Module{
		Name: "time",
		Doc:  "Clocks and dates.",
		Funcs: []*bind.Func{
			bind.Fn("now(): number", func(c *bind.Call) error {
				return c.Push(lua.LNumber(float64(time.Now().UnixMicro()) / 1e6))
			}, "Seconds since 1970, with a fraction."),
			bind.Fn("monotonic(): number", func(c *bind.Call) error {
				return c.Push(lua.LNumber(time.Since(start).Seconds()))
			}, "Seconds of a clock that never jumps: for differences."),
			bind.Fn("date(seconds?: number): string", func(c *bind.Call) error {
				t := time.Now()
				if c.Has(0) {
					t = time.UnixMicro(int64(c.Number(0) * 1e6))
				}
				return c.Push(lua.LString(t.Format("Mon, 02 Jan 2006 15:04:05 -0700")))
			}, "A date and time as RFC 5322 3.3 writes it, by default now."),
		},
	}
}
