package luaapi

import lua "github.com/yuin/gopher-lua"

// sorter sorts a list the way PUC Lua 5.1 does, comparison by comparison (auxsort of ltablib.c): what is equal comes out in the same order, and
// an order function sees the same pairs.
type sorter struct {
	arguments
	list  *lua.LTable
	order *lua.LFunction // nil for "<"
	count int            // of comparisons
}

func tableSort(L *lua.LState) int {
	s := &sorter{arguments: arguments{L, "sort"}}
	s.list = s.table(1)
	if L.Get(2) != lua.LNil {
		s.order = s.function(2)
	}
	L.SetTop(2)
	s.sort(1, s.list.Len())
	return 0
}

// sort orders the items from low to high.
func (s *sorter) sort(low, high int) {
	for low < high {
		middle := s.ends(low, high)
		if high-low < 3 {
			return
		}
		pivot := item(s.list, middle)
		s.swap(middle, high-1)
		at := s.partition(low, high, pivot)
		s.swap(high-1, at)
		if at-low < high-at { // the smaller part by recursion, which bounds its depth
			s.sort(low, at-1)
			low = at + 1
		} else {
			s.sort(at+1, high)
			high = at - 1
		}
	}
}

// ends puts the first, the middle and the last item in order, and returns the middle's place.
func (s *sorter) ends(low, high int) (middle int) {
	s.order2(low, high)
	middle = (low + high) / 2
	if high-low == 1 {
		return middle
	}
	if s.less(item(s.list, middle), item(s.list, low)) {
		s.swap(middle, low)
	} else {
		s.order2(middle, high)
	}
	return middle
}

// order2 swaps two items where the second comes before the first.
func (s *sorter) order2(i, j int) {
	if s.less(item(s.list, j), item(s.list, i)) {
		s.swap(i, j)
	}
}

// partition puts what comes before the pivot, which lies at high-1, before what does not, and returns where that begins.
func (s *sorter) partition(low, high int, pivot lua.LValue) int {
	i, j := low, high-1
	for {
		for i++; s.less(item(s.list, i), pivot); i++ {
			s.inside(i <= high)
		}
		for j--; s.less(pivot, item(s.list, j)); j-- {
			s.inside(j >= low)
		}
		if j < i {
			return i
		}
		s.swap(i, j)
	}
}

func (s *sorter) inside(ok bool) {
	if !ok {
		s.RaiseError("invalid order function for sorting")
	}
}

func (s *sorter) swap(i, j int) {
	a, b := item(s.list, i), item(s.list, j)
	s.list.RawSetInt(i, b)
	s.list.RawSetInt(j, a)
}

// pollEvery is how many comparisons go by between two looks at the scenario's end.
const pollEvery = 1 << 14

func (s *sorter) less(x, y lua.LValue) bool {
	if s.order != nil {
		s.Push(s.order)
		s.Push(x)
		s.Push(y)
		s.callback(2, 1)
		v := s.Get(-1)
		s.Pop(1)
		return lua.LVAsBool(v)
	}
	if s.count++; s.count%pollEvery == 0 {
		if a := attemptOf(s.LState); a.ctx.Err() != nil {
			s.RaiseError("%s", a.timeoutText())
		}
	}
	return s.lessThan(x, y)
}

// lessThan is "<".
func (a arguments) lessThan(x, y lua.LValue) bool {
	if n, ok := x.(lua.LNumber); ok {
		if m, ok := y.(lua.LNumber); ok {
			return n < m
		}
	}
	if x.Type() == y.Type() && x.Type() != lua.LTString {
		if order := metamethod(x, "__lt"); order == lua.LNil || order != metamethod(y, "__lt") {
			a.RaiseError("attempt to compare two %s values", x.Type())
		}
	}
	host := attemptOf(a.LState)
	host.within++
	defer func() { host.within-- }()
	return a.LessThan(x, y)
}
