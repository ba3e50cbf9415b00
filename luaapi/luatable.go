package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// tableFunctions are Lua's table library. gopher-lua's sorts the holes of a list too, removes the last item for any position that is
// not in the list, and gives up on lists of some thousand items.
func tableFunctions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"concat": tableConcat, "foreach": tableForeach, "foreachi": tableForeachi, "getn": tableGetn, "insert": tableInsert, "maxn": tableMaxn,
		"remove": tableRemove, "setn": tableSetn, "sort": tableSort,
	}
}

// item is t[i], also where i is outside of the table's array.
func item(t *lua.LTable, i int) lua.LValue {
	if v := t.RawGetInt(i); v != lua.LNil {
		return v
	}
	return t.RawGet(lua.LNumber(i))
}

// maxIndex is the highest position that table.insert fills a table up to: gopher-lua makes room for all below it.
const maxIndex = 1 << 20

func tableInsert(L *lua.LState) int {
	a := arguments{L, "insert"}
	t := a.table(1)
	size := t.Len()
	if size+1 >= lua.MaxArrayIndex {
		L.RaiseError("table.insert: a list has at most %d items", lua.MaxArrayIndex-1)
	}
	switch L.GetTop() {
	case 2:
		t.Append(L.Get(2))
	case 3:
		at, v := a.integer(2), L.Get(3)
		switch {
		case at > maxIndex && at > size+1 || at < -maxIndex:
			a.bad(2, "position out of bounds")
		case at > size:
			t.RawSetInt(at, v)
		case at < 1:
			for i := size; i >= at; i-- {
				t.RawSetInt(i+1, item(t, i))
			}
			t.RawSetInt(at, v)
		default:
			t.Insert(at, v)
		}
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	return 0
}

func tableRemove(L *lua.LState) int {
	a := arguments{L, "remove"}
	t := a.table(1)
	size := t.Len()
	at := a.optional(2, size)
	if at < 1 || at > size {
		return 0
	}
	L.Push(t.Remove(at))
	return 1
}

func tableGetn(L *lua.LState) int {
	L.Push(lua.LNumber(arguments{L, "getn"}.table(1).Len()))
	return 1
}

func tableSetn(L *lua.LState) int {
	arguments{L, "setn"}.table(1)
	L.RaiseError("'setn' is obsolete")
	return 0
}

func tableMaxn(L *lua.LState) int {
	most := lua.LNumber(0)
	arguments{L, "maxn"}.table(1).ForEach(func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && n > most {
			most = n
		}
	})
	L.Push(most)
	return 1
}

func tableForeach(L *lua.LState) int {
	a := arguments{L, "foreach"}
	t, fn := a.table(1), a.function(2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if a.stops(fn, k, v) {
			return 1
		}
	}
	return 0
}

func tableForeachi(L *lua.LState) int {
	a := arguments{L, "foreachi"}
	t, fn := a.table(1), a.function(2)
	size := t.Len()
	for i := 1; i <= size; i++ {
		if a.stops(fn, lua.LNumber(i), item(t, i)) {
			return 1
		}
	}
	return 0
}

// stops calls fn for an item. What it returns, if not nil, ends the traversal and stays on the stack.
func (a arguments) stops(fn *lua.LFunction, k, v lua.LValue) bool {
	a.Push(fn)
	a.Push(k)
	a.Push(v)
	a.callback(2, 1)
	if a.Get(-1) != lua.LNil {
		return true
	}
	a.Pop(1)
	return false
}

func unpack(L *lua.LState) int {
	a := arguments{L, "unpack"}
	t := a.table(1)
	first, last := a.optional(2, 1), a.optional(3, t.Len())
	if first > last {
		return 0
	}
	if last-first < 0 || last-first >= maxResults {
		L.RaiseError("too many results to unpack: at most %d are given", maxResults)
	}
	for i := first; i <= last; i++ {
		L.Push(item(t, i))
	}
	return last - first + 1
}

// tableConcat is table.concat without gopher-lua's limit on the number of items.
func tableConcat(L *lua.LState) int {
	a := arguments{L, "concat"}
	t, sep := a.table(1), ""
	if L.Get(2) != lua.LNil {
		sep = a.text(2)
	}
	first, last := a.optional(3, 1), a.optional(4, t.Len())
	size := 0
	for i := first; i <= last && size <= maxString; i++ {
		v := item(t, i)
		if !lua.LVCanConvToString(v) {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if s, ok := v.(lua.LString); ok {
			size += len(s)
		} else {
			size += len(textOf(v))
		}
		if i < last {
			size += len(sep)
		}
	}
	defer room(L, "table.concat", size)()
	var b strings.Builder
	b.Grow(size)
	for i := first; i <= last; i++ {
		b.WriteString(textOf(item(t, i)))
		if i < last {
			b.WriteString(sep)
		}
	}
	return a.pushText(b.String())
}
