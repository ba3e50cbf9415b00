package luaapi

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// degree is an angle of one degree in radians.
const degree = math.Pi / 180

// mathFunctions are Lua's math library but for its two values. gopher-lua's math.huge is no infinity, its math.mod is "%", its
// log10(1000) is below 3.
func mathFunctions() map[string]lua.LGFunction {
	out := map[string]lua.LGFunction{
		"frexp": mathFrexp, "ldexp": mathLdexp, "modf": mathModf, "random": mathRandom,
		"max":        extreme("max", func(a, b float64) bool { return a > b }),
		"min":        extreme("min", func(a, b float64) bool { return a < b }),
		"randomseed": mathRandomseed,
	}
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos, "cosh": math.Cosh,
		"deg": func(x float64) float64 { return x / degree }, "exp": math.Exp, "floor": math.Floor, "log": math.Log, "log10": log10,
		"rad": func(x float64) float64 { return x * degree }, "sin": math.Sin, "sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
	} {
		out[name] = func(L *lua.LState) int {
			L.Push(lua.LNumber(f(arguments{L, name}.number(1))))
			return 1
		}
	}
	for name, f := range map[string]func(x, y float64) float64{"atan2": math.Atan2, "fmod": math.Mod, "mod": math.Mod, "pow": math.Pow} {
		out[name] = func(L *lua.LState) int {
			a := arguments{L, name}
			x, y := a.number(1), a.number(2)
			L.Push(lua.LNumber(f(x, y)))
			return 1
		}
	}
	return out
}

// log10 is exact for powers of ten, which Go's is not.
func log10(x float64) float64 {
	n := math.Log10(x)
	if whole := math.Round(n); math.Abs(n-whole) < 1e-9 && math.Pow10(int(whole)) == x {
		return whole
	}
	return n
}

func extreme(name string, beats func(a, b float64) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		a := arguments{L, name}
		best := a.number(1)
		for i := 2; i <= L.GetTop(); i++ {
			if n := a.number(i); beats(n, best) {
				best = n
			}
		}
		L.Push(lua.LNumber(best))
		return 1
	}
}

func mathFrexp(L *lua.LState) int {
	fraction, exponent := math.Frexp(arguments{L, "frexp"}.number(1))
	L.Push(lua.LNumber(fraction))
	L.Push(lua.LNumber(exponent))
	return 2
}

func mathLdexp(L *lua.LState) int {
	a := arguments{L, "ldexp"}
	fraction, exponent := a.number(1), a.integer(2)
	L.Push(lua.LNumber(math.Ldexp(fraction, exponent)))
	return 1
}

// mathModf keeps the sign in both parts, as C does.
func mathModf(L *lua.LState) int {
	n := arguments{L, "modf"}.number(1)
	whole, fraction := math.Modf(n)
	if math.IsInf(n, 0) {
		fraction = 0
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(math.Copysign(fraction, n)))
	return 2
}

// mathRandom is Lua's math.random over the scenario's own source, which --seed decides.
func mathRandom(L *lua.LState) int {
	host := attemptOf(L)
	host.varies = true
	a := arguments{L, "random"}
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(host.random().Float64()))
		return 1
	case 1:
		high = a.integer(1)
	case 2:
		low, high = a.integer(1), a.integer(2)
	default:
		L.RaiseError("wrong number of arguments")
	}
	if low > high {
		a.bad(L.GetTop(), "interval is empty")
	}
	if low < -1<<53 || high > 1<<53 {
		a.bad(L.GetTop(), "interval is too large")
	}
	L.Push(lua.LNumber(low + host.random().IntN(high-low+1)))
	return 1
}

// mathRandomseed does nothing: --seed decides.
func mathRandomseed(L *lua.LState) int {
	arguments{L, "randomseed"}.number(1)
	return 0
}
