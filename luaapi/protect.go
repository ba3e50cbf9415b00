package luaapi

import (
	"reflect"
	"unsafe"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	lua "github.com/yuin/gopher-lua"
)

// gopher-lua's protected call gets upvalues wrong. When an error is raised it closes the open upvalues of every frame, also of
// those that go on: after a pcall that caught something, a closure and the function around it no longer share their
// variables. With an error function it closes none: closures made in the call then read whatever the registers hold next. The right thing (lua_pcall
// of PUC Lua 5.1: luaF_close at the level of the call) needs some fields that gopher-lua does not export; their places are
// looked up once, and New panics when a version of it has other ones.
type internals struct {
	reg, uvcache, hasErrorFunc uintptr // in LState
	current                    uintptr // in LState: its frame
	fn, parent, pc, idx        uintptr // in a frame
	top, registry              uintptr // in registry
	next, index, closed        uintptr // in Upvalue
	array, keyList             uintptr // in LTable
}

func findInternals() internals {
	state, upvalue, table := reflect.TypeFor[lua.LState](), reflect.TypeFor[lua.Upvalue](), reflect.TypeFor[lua.LTable]()
	registry := field(state, "reg", reflect.Pointer).Type.Elem()
	call := field(state, "currentFrame", reflect.Pointer).Type.Elem()
	return internals{
		reg:          field(state, "reg", reflect.Pointer).Offset,
		current:      field(state, "currentFrame", reflect.Pointer).Offset,
		fn:           field(call, "Fn", reflect.Pointer).Offset,
		parent:       field(call, "Parent", reflect.Pointer).Offset,
		pc:           field(call, "Pc", reflect.Int).Offset,
		idx:          field(call, "Idx", reflect.Int).Offset,
		top:          field(registry, "top", reflect.Int).Offset,
		registry:     field(registry, "array", reflect.Slice).Offset,
		uvcache:      field(state, "uvcache", reflect.Pointer).Offset,
		hasErrorFunc: field(state, "hasErrorFunc", reflect.Bool).Offset,
		next:         field(upvalue, "next", reflect.Pointer).Offset,
		index:        field(upvalue, "index", reflect.Int).Offset,
		closed:       field(upvalue, "closed", reflect.Bool).Offset,
		array:        field(table, "array", reflect.Slice).Offset,
		keyList:      field(table, "keys", reflect.Slice).Offset,
	}
}

func field(t reflect.Type, name string, kind reflect.Kind) reflect.StructField {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != kind {
		panic("luaapi: this version of gopher-lua has no " + t.Name() + "." + name + " of kind " + kind.String())
	}
	return f
}

func (in *internals) registryTop(L *lua.LState) int {
	reg := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), in.reg))
	return *(*int)(unsafe.Add(reg, in.top))
}

// registers are all registers of a thread, those included that no function uses any more: they keep what is in them.
func (in *internals) registers(L *lua.LState) []lua.LValue {
	reg := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), in.reg))
	return *(*[]lua.LValue)(unsafe.Add(reg, in.registry))
}

// innermost is the frame of the function that runs in L, and caller the one that called it; nil where there is none. LState.GetStack is the
// same, for two allocations a frame: every expectation asks where it stands.
func (in *internals) innermost(L *lua.LState) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), in.current))
}

func (in *internals) caller(f unsafe.Pointer) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Add(f, in.parent))
}

// line is where a frame is in its file; nowhere for a Go function.
func (in *internals) line(f unsafe.Pointer) frame {
	fn := *(**lua.LFunction)(unsafe.Add(f, in.fn))
	pc := *(*int)(unsafe.Add(f, in.pc))
	if fn == nil || fn.IsG || pc < 1 || pc > len(fn.Proto.DbgSourcePositions) {
		return frame{}
	}
	return frame{fn.Proto.SourceName, fn.Proto.DbgSourcePositions[pc-1]}
}

// full says whether no further function can be called in L.
func (in *internals) full(L *lua.LState) bool {
	f := in.innermost(L)
	return f != nil && *(*int)(unsafe.Add(f, in.idx))+1 >= stateOptions.CallStackSize
}

// slots is how many places a table's array has, and keys how many keys its hash ever had.
func (in *internals) slots(t *lua.LTable) int {
	return cap(*(*[]lua.LValue)(unsafe.Add(unsafe.Pointer(t), in.array)))
}

func (in *internals) keys(t *lua.LTable) int {
	return cap(*(*[]lua.LValue)(unsafe.Add(unsafe.Pointer(t), in.keyList)))
}

func (in *internals) errorFunc(L *lua.LState) *bool {
	return (*bool)(unsafe.Add(unsafe.Pointer(L), in.hasErrorFunc))
}

// strip takes all values out of a state in which nothing runs. It is false for one that is not as small any more as it began, or in which
// something is left to end.
func (in *internals) strip(L *lua.LState) bool {
	registers := in.registers(L)
	if in.innermost(L) != nil || L.Parent != nil || L.Dead || cap(registers) > stateOptions.RegistrySize {
		return false
	}
	L.SetTop(0)
	clear(registers)
	*(**lua.Upvalue)(unsafe.Add(unsafe.Pointer(L), in.uvcache)) = nil
	*in.errorFunc(L) = false
	L.Panic = panicWith
	return true
}

// closedUpvalue makes an upvalue that has its value itself, and not in a register.
func (in *internals) closedUpvalue() *lua.Upvalue {
	uv := &lua.Upvalue{}
	*(*bool)(unsafe.Add(unsafe.Pointer(uv), in.closed)) = true
	return uv
}

// closeUpvalues closes the open upvalues at or above a register, and those alone.
func (in *internals) closeUpvalues(L *lua.LState, from int) {
	link := (**lua.Upvalue)(unsafe.Add(unsafe.Pointer(L), in.uvcache))
	for *link != nil {
		uv := *link
		next := (**lua.Upvalue)(unsafe.Add(unsafe.Pointer(uv), in.next))
		if *(*int)(unsafe.Add(unsafe.Pointer(uv), in.index)) < from {
			link = next
			continue
		}
		*link = *next
		uv.Close()
		if uv.Value() == nil { // its register was cleared already
			uv.SetValue(lua.LNil)
		}
	}
}

// protect is LState.PCall with the upvalues right. raised, which may be nil, is called where an error came up, while the stack is
// still there, with the thread that raised it; what it returns takes the error value's place.
//
// It has no error function either: PCall calls that with a full registry, which then panics out of the PCall and ends the program.
//
// Nor may PCall begin on a full stack: what it restores is eight frames short then, and their memory goes to other states.
func (lang *Language) protect(L *lua.LState, nargs, nret int, raised func(L *lua.LState, value lua.LValue) lua.LValue) error {
	in := &lang.internals
	if in.full(L) {
		L.Pop(nargs + 1)
		return &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(tooDeep)}
	}
	base := in.registryTop(L) - nargs - 1
	before := *in.errorFunc(L)
	a := attemptOf(L)
	depth := a.within
	a.within++
	a.guarded(L, 1)
	L.Insert(L.NewFunction(func(L *lua.LState) int {
		*in.errorFunc(L) = true // what is raised closes no upvalue by itself
		L.Panic = func(th *lua.LState) {
			value := th.Get(-1)
			L.Panic = panicWith // an error in raised is no matter for it
			in.closeUpvalues(L, base)
			if raised != nil {
				value = raised(th, value)
			}
			panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: value})
		}
		L.Call(L.GetTop()-1, nret)
		return L.GetTop()
	}), L.GetTop()-nargs)
	err := L.PCall(nargs+1, nret, nil)
	a.guarded(L, -1)
	a.within = depth
	*in.errorFunc(L) = before // PCall leaves false, though a call around this one needs it
	if err == nil {
		return nil
	}
	in.closeUpvalues(L, base) // a panic of Go's asked nobody
	if api, ok := err.(*lua.ApiError); ok && api.Object == lua.LString(bind.StackOverflow) {
		api.Object = lua.LString(tooDeep)
	}
	return err
}

const tooDeep = "stack overflow: functions call each other more than 1000 deep"

// panicWith is gopher-lua's own way to raise what is on top of the stack.
func panicWith(L *lua.LState) { panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: L.Get(-1)}) }

// guarded counts the protected calls that L is in.
func (a *attempt) guarded(L *lua.LState, n int) {
	if a.guards == nil {
		a.guards = map[*lua.LState]int{}
	}
	if a.guards[L] += n; a.guards[L] == 0 {
		delete(a.guards, L)
	}
}

// pcall and xpcall are Lua's own, and leave the steps again that the failed call had entered.
func (lang *Language) pcall(L *lua.LState) int {
	arguments{L, "pcall"}.any(1)
	return lang.results(L, lang.protectSteps(L, L.GetTop()-1, nil))
}

func (lang *Language) xpcall(L *lua.LState) int {
	handler := L.CheckFunction(2)
	L.SetTop(1)
	return lang.results(L, lang.protectSteps(L, 0, func(_ *lua.LState, value lua.LValue) lua.LValue {
		L.Push(handler)
		L.Push(value)
		L.Call(1, 1)
		v := L.Get(-1)
		L.Pop(1)
		return v
	}))
}

func (lang *Language) protectSteps(L *lua.LState, nargs int, raised func(*lua.LState, lua.LValue) lua.LValue) error {
	a := attemptOf(L)
	steps, levels := len(a.steps), len(a.levels)
	err := lang.protect(L, nargs, lua.MultRet, func(th *lua.LState, value lua.LValue) lua.LValue {
		if a.ctx.Err() != nil {
			a.over(a.here(th)) // the script will not go far: this is where it was
		} else if raised != nil {
			value = raised(th, value)
		}
		return value
	})
	a.leave(steps, levels)
	a.rethrown = nil
	return err
}

// results leaves true and what the call returned, or false and the error, on the stack.
func (lang *Language) results(L *lua.LState, err error) int {
	if err == nil {
		L.Insert(lua.LTrue, 1)
		return L.GetTop()
	}
	L.SetTop(0)
	L.Push(lua.LFalse)
	L.Push(errorValue(err))
	return 2
}

// errorValue is what Lua code gets to see of an error.
func errorValue(err error) lua.LValue {
	if api, ok := err.(*lua.ApiError); ok && api.Object != nil {
		return api.Object
	}
	return lua.LString(err.Error())
}
