package bind

import (
	"fmt"
	"sort"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	lua "github.com/yuin/gopher-lua"
)

// Registry holds every function, class and options table of the language. It is built once and never changes: its Lua
// values are shared by all states, which cannot change them either.
type Registry struct {
	Modules []*Module

	classes map[string]*Class
	options map[string]*Options
	globals map[string]lua.LValue
	later   map[string]string
	names   []string
	host    func(*lua.LState) Host
	maker   *lua.LState // makes tables; runs nothing
	env     *lua.LTable // of all functions, which have no use for it
}

// New checks the modules and makes a registry of them. It panics when the table is wrong: a type that does not exist, a
// name twice, an entry without documentation.
func New(modules []*Module, host func(*lua.LState) Host) *Registry {
	r := &Registry{Modules: modules, host: host, classes: map[string]*Class{}, options: map[string]*Options{},
		globals: map[string]lua.LValue{}, later: map[string]string{}, maker: lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: 64, CallStackSize: 8})}
	r.env = r.maker.CreateTable(0, 0)
	for _, m := range modules {
		for _, c := range m.Classes {
			r.classes[c.Name] = c
		}
		for _, o := range m.Options {
			r.options[o.Name] = o
		}
	}
	for _, m := range modules {
		r.module(m)
	}
	for name := range r.globals {
		r.names = append(r.names, name)
	}
	sort.Strings(r.names)
	return r
}

func (r *Registry) module(m *Module) {
	for _, o := range m.Options {
		o.resolve(r)
	}
	for _, c := range m.Classes {
		r.class(c)
	}
	if m.Name == "" {
		for _, f := range m.Funcs {
			r.function(f, "", nil)
			r.global(f.Name, f.fn)
		}
		for name, text := range m.Later {
			r.later[name] = text
		}
		return
	}
	r.global(m.Name, r.object(m, m.Name))
}

// object makes a module an object without methods: its functions are called with a dot, and it cannot be changed.
func (r *Registry) object(m *Module, path string) *lua.LUserData {
	m.path = path
	c := &Class{Name: path, Short: path, Doc: m.Doc, methods: map[string]*Func{}, fields: map[string]*Field{}}
	for _, f := range m.Funcs {
		if c.methods[f.Name] != nil {
			panic("bind: " + path + "." + f.Name + " is declared twice")
		}
		r.function(f, path+".", nil)
		c.methods[f.Name] = f
		if f.Name == path {
			c.CallSelf = f
		}
	}
	for _, part := range m.Parts {
		v := r.object(part, path+"."+part.Name)
		c.fields[part.Name] = &Field{Name: part.Name, Get: func(*Call, any) (lua.LValue, error) { return v, nil }}
	}
	c.Unknown = func(_ *Call, _ any, name string) (lua.LValue, error) {
		if text, ok := m.Later[name]; ok {
			return nil, fmt.Errorf("%s.%s %s", path, name, text)
		}
		return nil, fmt.Errorf("%s has no %q%s", path, name, spell.Hint(name, c.names()))
	}
	c.mt = r.metatable(c)
	return c.Object(m)
}

func (r *Registry) global(name string, v lua.LValue) {
	if _, ok := r.globals[name]; ok {
		panic("bind: global " + name + " is declared twice")
	}
	r.globals[name] = v
}

func (r *Registry) class(c *Class) {
	c.methods, c.fields = map[string]*Func{}, map[string]*Field{}
	for _, f := range c.Methods {
		if c.methods[f.Name] != nil {
			panic("bind: " + c.Name + "." + f.Name + " is declared twice")
		}
		r.function(f, c.Short+":", c)
		c.methods[f.Name] = f
	}
	if c.CallSelf != nil {
		r.function(c.CallSelf, "", c)
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Doc == "" {
			panic("bind: " + c.Name + "." + f.Name + " has no documentation")
		}
		if c.fields[f.Name] != nil || c.methods[f.Name] != nil {
			panic("bind: " + c.Name + "." + f.Name + " is declared twice")
		}
		c.fields[f.Name] = f
	}
	c.mt = r.metatable(c)
}

func (r *Registry) function(f *Func, owner string, c *Class) {
	if f.Doc == "" {
		panic("bind: " + owner + f.Name + " has no documentation")
	}
	f.owner, f.class, f.reg = owner, c, r
	for i := range f.Params {
		p := &f.Params[i]
		p.check = r.checker(p.Type)
		if p.Name == "..." {
			f.extra = p
			f.Params = f.Params[:i]
			break
		}
	}
	f.fn = &lua.LFunction{IsG: true, GFunction: f.call, Env: r.env}
}

// Function is the Lua value of an entry.
func (f *Func) Function() *lua.LFunction { return f.fn }

// Global returns the value of a global name of the language.
func (r *Registry) Global(name string) (lua.LValue, bool) {
	v, ok := r.globals[name]
	return v, ok
}

// Later says what is to be said of a name that is reserved for a later version.
func (r *Registry) Later(name string) (string, bool) {
	text, ok := r.later[name]
	return text, ok
}

// Globals are the global names, sorted.
func (r *Registry) Globals() []string { return r.names }

// Members returns the names that a module has, and whether there is such a module.
func (r *Registry) Members(module string) ([]string, bool) {
	for _, m := range r.Modules {
		if m.Name != module || module == "" {
			continue
		}
		names := []string{}
		for _, f := range m.Funcs {
			names = append(names, f.Name)
		}
		for _, part := range m.Parts {
			names = append(names, part.Name)
		}
		for name := range m.Later {
			names = append(names, name)
		}
		return names, true
	}
	return nil, false
}

// ClassNames returns every method and field name of every class: what may follow a colon or a dot somewhere.
func (r *Registry) ClassNames() map[string]bool {
	names := map[string]bool{}
	for _, c := range r.classes {
		for _, n := range c.names() {
			names[n] = true
		}
	}
	return names
}

// Object wraps a Go value as an object of the class.
func (c *Class) Object(v any) *lua.LUserData {
	ud := &lua.LUserData{}
	c.Wrap(ud, v)
	return ud
}

// Wrap makes ud, which has its memory elsewhere, an object of the class.
func (c *Class) Wrap(ud *lua.LUserData, v any) { ud.Value, ud.Metatable = v, c.mt }

// Is tells whether v is an object of the class.
func (c *Class) Is(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	return ok && ud.Metatable == lua.LValue(c.mt)
}

func (c *Class) names() []string {
	var names []string
	for n := range c.methods {
		names = append(names, n)
	}
	for n := range c.fields {
		names = append(names, n)
	}
	return names
}

func (r *Registry) metatable(c *Class) *lua.LTable {
	mt := r.maker.CreateTable(0, 8)
	set := func(name string, run func(*Call) error) {
		f := &Func{Name: name, Run: run, Doc: name, owner: c.Name + ".", reg: r}
		mt.RawSetString(name, &lua.LFunction{IsG: true, GFunction: f.enter, Env: r.env})
	}
	set("__index", c.index)
	slow := mt.RawGetString("__index").(*lua.LFunction).GFunction
	mt.RawSetString("__index", &lua.LFunction{IsG: true, Env: r.env, GFunction: func(L *lua.LState) int {
		// Methods are looked up more often than all else: they need no Call.
		if name, ok := L.Get(2).(lua.LString); ok && c.methods[string(name)] != nil && c.Is(L.Get(1)) {
			L.Push(c.methods[string(name)].fn)
			return 1
		}
		return slow(L)
	}})
	set("__newindex", func(call *Call) error {
		return fmt.Errorf("%s cannot be changed: no field %q can be set", c.Name, call.L.Get(2).String())
	})
	set("__tostring", func(call *Call) error {
		ud, _ := call.L.Get(1).(*lua.LUserData)
		if c.Text == nil || ud == nil {
			return call.Push(lua.LString(c.Name))
		}
		return call.Push(lua.LString(c.Text(ud.Value)))
	})
	if c.CallSelf != nil {
		mt.RawSetString("__call", &lua.LFunction{IsG: true, GFunction: c.CallSelf.callObject, Env: r.env})
	}
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

// index answers for object.name.
func (c *Class) index(call *Call) error {
	ud, ok := call.L.Get(1).(*lua.LUserData)
	if !ok {
		return fmt.Errorf("not a %s", c.Name)
	}
	key, ok := call.L.Get(2).(lua.LString)
	if !ok {
		return fmt.Errorf("%s has only named fields, not %s", c.Name, Describe(call.L.Get(2)))
	}
	name := string(key)
	if f := c.methods[name]; f != nil {
		return call.Push(f.fn)
	}
	if f := c.fields[name]; f != nil {
		v, err := f.Get(call, ud.Value)
		if err != nil {
			return err
		}
		return call.Push(v)
	}
	if c.Unknown != nil {
		v, err := c.Unknown(call, ud.Value, name)
		if err != nil {
			return err
		}
		return call.Push(v)
	}
	return fmt.Errorf("%s has no field or method %q%s", c.Name, name, spell.Hint(name, c.names()))
}

// Class returns a class by its name, nil when there is none.
func (r *Registry) Class(name string) *Class { return r.classes[name] }

// ResultClass is the class of what a module's function returns, "" when that is no object.
func (r *Registry) ResultClass(module, function string) string {
	for _, m := range r.Modules {
		if m.Name != module {
			continue
		}
		for _, f := range m.Funcs {
			if f.Name == function && r.classes[f.Result] != nil {
				return f.Result
			}
		}
	}
	return ""
}

// HasMethod tells whether objects of the class have a method of that name.
func (c *Class) HasMethod(name string) bool { return c.methods[name] != nil }

// HasMember tells whether objects of the class have a method or field of that name. Classes that answer for any name have.
func (c *Class) HasMember(name string) bool {
	return c.Unknown != nil || c.methods[name] != nil || c.fields[name] != nil
}

// Members are the names of the methods and fields.
func (c *Class) Members() []string { return c.names() }

// MemberClass is the type of what a method returns or a field holds.
func (c *Class) MemberClass(name string) string {
	if m := c.methods[name]; m != nil {
		return m.Result
	}
	if f := c.fields[name]; f != nil {
		return strings.TrimSuffix(f.Type, "?")
	}
	return ""
}
