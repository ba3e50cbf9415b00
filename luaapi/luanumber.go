package luaapi

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	blanks    = " \t\n\v\f\r" // isspace of the C locale
	decDigits = "0123456789"
	hexDigits = decDigits + "abcdefABCDEF"
)

// numberOf reads text as PUC Lua 5.1 does where a number is needed, which is C's strtod: blanks around it, decimal or hexadecimal, with a
// fraction and an exponent, "inf" and "nan". As there, text ends at a NUL. gopher-lua takes "010" for 8 and "1_0" for 10.
func numberOf(s string) (float64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Trim(s, blanks)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	n, ok := magnitude(s)
	if negative {
		n = -n
	}
	return n, ok
}

func magnitude(s string) (float64, bool) {
	if s == "" {
		return 0, false
	}
	if s[0]|0x20 == 'i' || s[0]|0x20 == 'n' {
		return named(strings.ToLower(s))
	}
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		return hexadecimal(s)
	}
	rest, digits := mantissa(s, decDigits)
	if !digits || !exponent(rest, 'e') {
		return 0, false
	}
	n, _ := strconv.ParseFloat(s, 64) // what it reports is a range error, whose value is the right one
	return n, true
}

func hexadecimal(s string) (float64, bool) {
	rest, digits := mantissa(s[2:], hexDigits)
	if !digits || !exponent(rest, 'p') {
		return 0, false
	}
	if rest == "" {
		s += "p0"
	}
	n, _ := strconv.ParseFloat(s, 64)
	return n, true
}

func named(s string) (float64, bool) {
	switch {
	case s == "inf", s == "infinity":
		return math.Inf(1), true
	case s == "nan":
		return math.NaN(), true
	}
	inside, ok := strings.CutPrefix(s, "nan(")
	inside, closed := strings.CutSuffix(inside, ")")
	return math.NaN(), ok && closed && strings.Trim(inside, "0123456789abcdefghijklmnopqrstuvwxyz_") == ""
}

// mantissa takes digits with at most one point off the beginning of s.
func mantissa(s, set string) (rest string, digits bool) {
	rest = strings.TrimLeft(s, set)
	digits = len(rest) < len(s)
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		rest = strings.TrimLeft(fraction, set)
		digits = digits || len(rest) < len(fraction)
	}
	return rest, digits
}

// exponent tells whether s is an exponent, or nothing.
func exponent(s string, letter byte) bool {
	if s == "" {
		return true
	}
	if s[0]|0x20 != letter {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && strings.TrimLeft(s, decDigits) == ""
}

// numeral is the value as a number, if it is one or text that reads as one.
func numeral(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return numberOf(string(v))
	}
	return 0, false
}

// toNumber is tonumber.
func toNumber(L *lua.LState) int {
	a := arguments{L, "tonumber"}
	base := a.optional(2, 10)
	if base == 10 {
		v := a.any(1)
		if n, ok := numeral(v); ok {
			L.Push(lua.LNumber(n))
		} else {
			L.Push(lua.LNil)
		}
		return 1
	}
	s := a.text(1)
	if base < 2 || base > 36 {
		a.bad(2, "base out of range")
	}
	if n, ok := wholeNumber(s, base); ok {
		L.Push(lua.LNumber(n))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

// wholeNumber reads digits of a base as C's strtoul: a negative number wraps around, what is too large is the largest.
func wholeNumber(s string, base int) (uint64, bool) {
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Trim(s, blanks)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	n := uint64(0)
	tooLarge := false
	for i := range len(s) {
		d := digitOf(s[i])
		if d >= base {
			return 0, false
		}
		tooLarge = tooLarge || n > (math.MaxUint64-uint64(d))/uint64(base)
		n = n*uint64(base) + uint64(d)
	}
	switch {
	case tooLarge:
		n = math.MaxUint64
	case negative:
		n = -n
	}
	return n, s != ""
}

// digitOf is the value of a digit or letter, 36 for anything else.
func digitOf(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 36
}

// modulo is a % b of Lua 5.1 (luai_nummod). gopher-lua's gives another remainder of infinity and of fractions, and "-0" for -4 % 2.
func modulo(a, b float64) float64 { return a - float64(math.Floor(a/b)*b) }

// operatorEvents are the operators as the metatables of all that is no table have them: the VM asks there before it reads text as numbers
// by itself, or complains in words of its own.
func operatorEvents() map[string]lua.LGFunction {
	events := map[string]lua.LGFunction{"__unm": negate, "__len": noLength, "__lt": noOrder, "__le": noOrder}
	for event, op := range map[string]func(a, b float64) float64{
		"__add": func(a, b float64) float64 { return a + b },
		"__sub": func(a, b float64) float64 { return a - b },
		"__mul": func(a, b float64) float64 { return a * b },
		"__div": func(a, b float64) float64 { return a / b },
		"__mod": modulo,
		"__pow": math.Pow,
	} {
		events[event] = func(L *lua.LState) int { return arithmetic(L, event, op) }
	}
	return events
}

// arithmetic is an operator with two operands of which one at least is no number: text that reads as one is, then metamethods decide.
func arithmetic(L *lua.LState, event string, op func(a, b float64) float64) int {
	lhs, rhs := L.Get(1), L.Get(2)
	a, okA := numeral(lhs)
	b, okB := numeral(rhs)
	if okA && okB {
		L.Push(lua.LNumber(op(a, b)))
		return 1
	}
	handler := metamethod(lhs, event)
	if handler == lua.LNil {
		handler = metamethod(rhs, event)
	}
	if handler == lua.LNil {
		if okA {
			lhs = rhs
		}
		L.RaiseError("attempt to perform arithmetic on a %s value", lhs.Type())
	}
	L.Push(handler)
	L.Push(lhs)
	L.Push(rhs)
	arguments{LState: L}.callback(2, 1)
	return 1
}

func negate(L *lua.LState) int {
	n, ok := numeral(L.Get(1))
	if !ok {
		L.RaiseError("attempt to perform arithmetic on a %s value", L.Get(1).Type())
	}
	L.Push(lua.LNumber(-n))
	return 1
}

func noLength(L *lua.LState) int {
	L.RaiseError("attempt to get length of a %s value", L.Get(1).Type())
	return 0
}

// noOrder is asked for two values of one type, neither numbers nor strings.
func noOrder(L *lua.LState) int {
	L.RaiseError("attempt to compare two %s values", L.Get(1).Type())
	return 0
}
