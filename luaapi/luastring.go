package luaapi

import (
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/pattern"
	lua "github.com/yuin/gopher-lua"
)

// stringFunctions are those of Lua's string library that gopher-lua has otherwise than PUC Lua 5.1, or that run away with a
// pattern: see libraries.md 6. What they make is bounded by maxString.
func stringFunctions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"byte": stringByte, "char": stringChar, "find": stringFind, "format": stringFormat, "gmatch": stringGmatch, "gsub": stringGsub,
		"len": stringLen, "lower": mapBytes("lower", 'A', 'Z', 'a'-'A'), "match": stringMatch, "rep": stringRep, "reverse": stringReverse,
		"sub": stringSub, "upper": mapBytes("upper", 'a', 'z', 'A'-'a'),
	}
}

// pushCaptures adds the values of a match: its captures, or all of it.
func (a arguments) pushCaptures(subject string, m pattern.Match) int {
	for i := range m.Len() {
		a.Push(a.capture(subject, m, i))
	}
	return m.Len()
}

func (a arguments) capture(subject string, m pattern.Match, i int) lua.LValue {
	c, err := m.Capture(i)
	if err != nil {
		a.fail(err)
	}
	if c.Position {
		return lua.LNumber(c.Start + 1)
	}
	return lua.LString(c.Text(subject))
}

func stringFind(L *lua.LState) int {
	a := arguments{L, "find"}
	s, pat := a.text(1), a.text(2)
	init := pattern.Offset(a.optional(3, 1), len(s))
	var (
		m   pattern.Match
		ok  bool
		err error
	)
	if lua.LVAsBool(L.Get(4)) {
		m, ok = pattern.Plain(s, pat, init)
	} else if m, ok, err = attemptOf(L).patterns.Find(attemptOf(L).ctx, s, pat, init); err != nil {
		a.fail(err)
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(m.Start + 1))
	L.Push(lua.LNumber(m.End))
	if len(m.Captures) == 0 {
		return 2
	}
	return 2 + a.pushCaptures(s, m)
}

func stringMatch(L *lua.LState) int {
	a := arguments{L, "match"}
	s, pat := a.text(1), a.text(2)
	m, ok, err := attemptOf(L).patterns.Match(attemptOf(L).ctx, s, pat, pattern.Offset(a.optional(3, 1), len(s)))
	if err != nil {
		a.fail(err)
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	return a.pushCaptures(s, m)
}

func stringGmatch(L *lua.LState) int {
	a := arguments{L, "gmatch"}
	s, pat := a.text(1), a.text(2)
	it := attemptOf(L).patterns.Gmatch(s, pat)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		a := arguments{L, "gmatch"}
		m, ok, err := it.Next(attemptOf(L).ctx)
		if err != nil {
			a.fail(err)
		}
		if !ok {
			return 0
		}
		return a.pushCaptures(s, m)
	}))
	return 1
}

func stringGsub(L *lua.LState) int {
	a := arguments{L, "gsub"}
	sub := pattern.Sub{Subject: a.text(1), Pattern: a.text(2), Max: pattern.All, Limit: maxString}
	with := L.Get(3)
	if !canReplace(with) {
		a.bad(3, "string/function/table expected")
	}
	sub.Max = a.optional(4, pattern.All)
	var (
		out string
		n   int
		err error
	)
	patterns := &attemptOf(L).patterns
	if lua.LVCanConvToString(with) {
		out, n, err = patterns.GsubText(attemptOf(L).ctx, sub, textOf(with))
	} else {
		out, n, err = patterns.Gsub(attemptOf(L).ctx, sub, func(m pattern.Match) (string, bool, error) {
			return a.replacement(sub.Subject, m, with)
		})
	}
	if err != nil {
		a.fail(err)
	}
	L.Push(lua.LString(out))
	L.Push(lua.LNumber(n))
	return 2
}

func canReplace(v lua.LValue) bool {
	return lua.LVCanConvToString(v) || v.Type() == lua.LTTable || v.Type() == lua.LTFunction
}

// replacement asks a table or a function what to put in the place of a match; false leaves it.
func (a arguments) replacement(subject string, m pattern.Match, with lua.LValue) (string, bool, error) {
	top := a.GetTop()
	if fn, ok := with.(*lua.LFunction); ok {
		a.Push(fn)
		n := a.pushCaptures(subject, m)
		a.callback(n, 1)
	} else {
		a.Push(a.GetTable(with, a.capture(subject, m, 0)))
	}
	v := a.Get(-1)
	a.SetTop(top)
	switch {
	case lua.LVIsFalse(v):
		return "", false, nil
	case lua.LVCanConvToString(v):
		return textOf(v), true, nil
	}
	a.RaiseError("invalid replacement value (a %s)", v.Type().String())
	return "", false, nil
}

// slice is where Lua's positions first and last lie in size bytes.
func slice(first, last, size int) (from, to int) {
	if first < 0 {
		first = max(first+size+1, 1)
	}
	if last < 0 {
		last += size + 1
	}
	first, last = max(first, 1), min(last, size)
	if first > last {
		return 0, 0
	}
	return first - 1, last
}

func stringSub(L *lua.LState) int {
	a := arguments{L, "sub"}
	s := a.text(1)
	from, to := slice(a.integer(2), a.optional(3, -1), len(s))
	return a.pushText(s[from:to])
}

// maxResults is how many results string.byte and unpack give: the registry of a state grows in small steps, which takes the square of it.
const maxResults = 1 << 16

func stringByte(L *lua.LState) int {
	a := arguments{L, "byte"}
	s := a.text(1)
	first := a.optional(2, 1)
	from, to := slice(first, a.optional(3, first), len(s))
	if to-from > maxResults {
		L.RaiseError("string slice too long: string.byte gives at most %d values", maxResults)
	}
	for i := from; i < to; i++ {
		L.Push(lua.LNumber(s[i]))
	}
	return to - from
}

func stringChar(L *lua.LState) int {
	a := arguments{L, "char"}
	b := make([]byte, L.GetTop())
	for i := range b {
		n := a.integer(i + 1)
		if n < 0 || n > 255 {
			a.bad(i+1, "invalid value")
		}
		b[i] = byte(n)
	}
	return a.pushText(string(b))
}

func stringLen(L *lua.LState) int {
	a := arguments{L, "len"}
	L.Push(lua.LNumber(len(a.text(1))))
	return 1
}

func stringReverse(L *lua.LState) int {
	a := arguments{L, "reverse"}
	s := a.text(1)
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return a.pushText(string(b))
}

func stringRep(L *lua.LState) int {
	a := arguments{L, "rep"}
	s, n := a.text(1), a.integer(2)
	if n <= 0 || s == "" {
		return a.pushText("")
	}
	defer room(L, "string.rep", len(s)*min(n, maxString/len(s)+1))()
	return a.pushText(strings.Repeat(s, n))
}

// mapBytes is string.upper and string.lower on bytes: gopher-lua's go through UTF-8 and destroy other bytes.
func mapBytes(name string, from, to byte, delta int) lua.LGFunction {
	return func(L *lua.LState) int {
		a := arguments{L, name}
		b := []byte(a.text(1))
		for i, c := range b {
			if from <= c && c <= to {
				b[i] = byte(int(c) + delta)
			}
		}
		return a.pushText(string(b))
	}
}
