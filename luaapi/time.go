package luaapi

import (
	"fmt"
	"math"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// maxSeconds is the end of the year 9999: RFC 5322 3.3 has four digits for it.
const maxSeconds = 253402300799

// timeModule is time.
func timeModule() *bind.Module {
	start := time.Now()
	return &bind.Module{
		Name: "time",
		Doc:  "Clocks and dates.",
		Funcs: []*bind.Func{
			bind.Fn("now(): number", func(c *bind.Call) error {
				attemptOf(c.L).varies = true
				return c.Push(lua.LNumber(float64(time.Now().UnixMicro()) / 1e6))
			}, "Gives the seconds since 1970, with a fraction."),
			bind.Fn("monotonic(): number", func(c *bind.Call) error {
				attemptOf(c.L).varies = true
				return c.Push(lua.LNumber(time.Since(start).Seconds()))
			}, "Gives the seconds of a clock that never jumps: for differences."),
			bind.Fn("date(seconds?: number): string", func(c *bind.Call) error {
				t := time.Now()
				attemptOf(c.L).varies = true
				if c.Has(0) {
					n := c.Number(0)
					if !(math.Abs(n) <= maxSeconds) {
						return fmt.Errorf("time.date: a number of seconds since 1970 expected, up to the year 9999, got %v", n)
					}
					t = time.UnixMicro(int64(n * 1e6))
				}
				return c.Push(lua.LString(t.Format("Mon, 02 Jan 2006 15:04:05 -0700")))
			}, "Gives a date and time as RFC 5322 3.3 writes it."),
		},
	}
}
