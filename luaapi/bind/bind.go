// Package bind turns one table entry per Lua function into the function that scripts call, with its arguments checked by name, into
// a LuaCATS stub and into a page of the reference. An entry is a signature, a Go function and a sentence of documentation:
//
//	bind.Fn("connect(opts?: smtp.ConnectOptions): smtp.Conn", connect, "Opens a connection and reads nothing.")
//
// The signature is the one place that says what a function takes: calls are checked against it before the Go function
// runs, so the function reads its arguments without asking. Types are string, number, integer, boolean, function, table, any,
// duration (a number of seconds or text such as "250ms"), the name of a class, and the name of an options table; "|" makes
// unions, "T[]" is a list, and a last parameter "...: T" takes any number.
//
// With luaapi it is the only package that imports gopher-lua.
package bind

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Module is a global table of functions; Name "" is the global names themselves.
type Module struct {
	Name    string
	Doc     string
	Funcs   []*Func
	Classes []*Class
	Options []*Options
	Parts   []*Module         // modules in it, as base64 is in codec
	Later   map[string]string // names that are reserved, with what to say to who uses them

	path string // the name with those of the modules around it
}

// Func is a function or a method.
type Func struct {
	Name   string
	Params []Param
	Result string
	Doc    string
	Run    func(*Call) error
	Method bool
	// Pass, when it is set, may answer a call before anything of it is checked: for calls that are made ten thousand times to
	// do nothing.
	Pass func(*lua.LState) bool

	owner string // "smtp." or "Conn:", as in messages
	class *Class
	reg   *Registry
	fn    *lua.LFunction
	extra *Param // takes the rest of the arguments
}

// Param is a parameter.
type Param struct {
	Name     string
	Type     string
	Optional bool

	check checker
}

// Field is something that an object has: an attribute, computed when it is read.
type Field struct {
	Name string
	Type string
	Doc  string
	Get  func(c *Call, self any) (lua.LValue, error)
}

// Class is a type of objects.
type Class struct {
	Name    string // "smtp.Conn"
	Short   string // what scripts call such a thing, as in "c:send(...)"
	Doc     string
	Methods []*Func
	Fields  []Field
	Text    func(self any) string // tostring
	// CallSelf makes objects callable; Unknown answers for names that are neither method nor field.
	CallSelf *Func
	Unknown  func(c *Call, self any, name string) (lua.LValue, error)

	methods map[string]*Func
	fields  map[string]*Field
	mt      *lua.LTable
}

// Fn declares a function. It panics when the signature does not parse, which any test finds out.
func Fn(signature string, run func(*Call) error, doc string) *Func {
	f := &Func{Run: run, Doc: doc}
	if err := f.parse(signature); err != nil {
		panic("bind: " + signature + ": " + err.Error())
	}
	return f
}

// Method declares a method, called with a colon.
func Method(signature string, run func(*Call) error, doc string) *Func {
	f := Fn(signature, run, doc)
	f.Method = true
	return f
}

// Signature is the text that Fn took, normalised.
func (f *Func) Signature() string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, p := range f.parameters() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name)
		if p.Optional {
			b.WriteByte('?')
		}
		b.WriteString(": " + p.Type)
	}
	b.WriteByte(')')
	if f.Result != "" {
		b.WriteString(": " + f.Result)
	}
	return b.String()
}

// parameters are all that the signature names, the last "..." included.
func (f *Func) parameters() []Param {
	if f.extra == nil {
		return f.Params
	}
	return append(f.Params[:len(f.Params):len(f.Params)], *f.extra)
}

func (f *Func) parse(signature string) error {
	name, rest, ok := strings.Cut(signature, "(")
	end := strings.LastIndex(rest, ")")
	if !ok || end < 0 || name == "" {
		return fmt.Errorf("not of the form name(param: type): result")
	}
	f.Name = name
	f.Result = strings.TrimSpace(strings.TrimPrefix(rest[end+1:], ":"))
	if strings.TrimSpace(rest[:end]) == "" {
		return nil
	}
	for part := range strings.SplitSeq(rest[:end], ",") {
		pname, typ, ok := strings.Cut(part, ":")
		if !ok {
			return fmt.Errorf("parameter %q has no type", part)
		}
		p := Param{Name: strings.TrimSpace(pname), Type: strings.TrimSpace(typ)}
		p.Name, p.Optional = strings.CutSuffix(p.Name, "?")
		if len(f.Params) > 0 && f.Params[len(f.Params)-1].Optional && !p.Optional && p.Name != "..." {
			return fmt.Errorf("parameter %s: a required one after an optional one", p.Name)
		}
		f.Params = append(f.Params, p)
	}
	return nil
}

// Host is what bind needs of the scenario that a state runs: ways to report.
type Host interface {
	// Internal records a panic of ours. The error that it returns is raised.
	Internal(recovered any, stack []byte) error
}

// Raiser is an error that is raised as a value of its own rather than as text with a position.
type Raiser interface {
	error
	Raise(*lua.LState) lua.LValue
}
