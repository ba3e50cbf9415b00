package luaapi

import (
	"sync"
	"unsafe"

	"github.com/smtpspec/smtpspec/luaapi/message"
	lua "github.com/yuin/gopher-lua"
)

// Sizes in bytes that things have in gopher-lua, roughly: what counts is the order of a million of them.
const (
	tableSize    = 160
	slotSize     = 16  // of an array
	entrySize    = 140 // of a hash: key and value, the key again in order, and its place there
	functionSize = 120
	upvalueSize  = 64
	threadSize   = 4096
	boxSize      = 16 // of a string's header
	recordSize   = 160
	objectSize   = 96
	replySize    = 400
)

// fewThings is how many values are weighed without waiting for others to be done.
const fewThings = 10000

// weight is roughly how many bytes the attempt keeps: what its Lua state reaches, and its record. It stops counting above maxScenario, and holds
// the lock while it looks at a large state, since to weigh one takes memory too. Only the scenario's own goroutine may call it.
func (a *attempt) weight(large sync.Locker) int64 {
	s := &scales{in: &a.lang.internals, most: maxScenario, seen: map[unsafe.Pointer]struct{}{}}
	s.total = int64(a.transcript.Size()+a.logged) + int64(len(a.result.Events)*recordSize)
	for _, c := range a.conns {
		s.total += c.size()
	}
	s.add(a.L)
	s.add(a.L.G.Global)
	for _, list := range [][]*lua.LFunction{a.before, a.after, a.cleanups, {a.selected}} {
		for _, fn := range list {
			if fn != nil {
				s.add(fn)
			}
		}
	}
	for _, v := range a.loaded {
		if v != nil {
			s.add(v)
		}
	}
	locked := false
	for len(s.todo) > 0 && s.total <= s.most {
		if !locked && len(s.seen) > fewThings {
			locked = true
			large.Lock()
			defer large.Unlock()
		}
		v := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		s.look(v)
	}
	return s.total
}

// scales goes through values, each once. What is nested is put off, as a script may nest deeper than a stack is.
type scales struct {
	in    *internals
	total int64
	most  int64
	seen  map[unsafe.Pointer]struct{}
	todo  []lua.LValue
}

// add weighs text at once, and puts off what holds other values.
func (s *scales) add(v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		s.text(string(v))
	case lua.LNumber:
		s.total += 8
	case *lua.LTable:
		s.later(unsafe.Pointer(v), v)
	case *lua.LFunction:
		s.later(unsafe.Pointer(v), v)
	case *lua.LState:
		s.later(unsafe.Pointer(v), v)
	case *lua.LUserData:
		s.later(unsafe.Pointer(v), v)
	}
}

// text counts long text once; to remember short text would cost more than it.
func (s *scales) text(t string) {
	s.total += boxSize
	if len(t) > 64 {
		p := unsafe.Pointer(unsafe.StringData(t))
		if _, ok := s.seen[p]; ok {
			return
		}
		s.seen[p] = struct{}{}
	}
	s.total += int64(len(t))
}

func (s *scales) later(p unsafe.Pointer, v lua.LValue) {
	if _, ok := s.seen[p]; ok || s.total > s.most {
		return
	}
	s.seen[p] = struct{}{}
	s.todo = append(s.todo, v)
}

func (s *scales) look(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		s.table(v)
	case *lua.LFunction:
		s.total += functionSize
		for _, uv := range v.Upvalues {
			if s.total += upvalueSize; uv != nil {
				s.add(uv.Value())
			}
		}
	case *lua.LState:
		s.total += threadSize
		registers := s.in.registers(v)
		s.total += int64(len(registers)) * slotSize
		for _, r := range registers {
			if r != nil {
				s.add(r)
			}
		}
	case *lua.LUserData:
		s.total += objectSize
		if m, ok := v.Value.(*message.Message); ok {
			s.text(m.Raw)
			s.total += int64(len(m.Raw)) // what was decoded, and the parts
		}
	}
}

func (s *scales) table(t *lua.LTable) {
	// A table keeps the keys that were set to nil again.
	s.total += tableSize + int64(s.in.slots(t))*slotSize + int64(s.in.keys(t))*entrySize
	if s.total > s.most {
		return
	}
	t.ForEach(func(k, v lua.LValue) {
		if s.total <= s.most {
			s.add(k)
			s.add(v)
		}
	})
	if t.Metatable != nil && t.Metatable != lua.LNil {
		s.add(t.Metatable)
	}
}
