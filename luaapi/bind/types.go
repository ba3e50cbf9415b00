package bind

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/spell"
	lua "github.com/yuin/gopher-lua"
)

// checker tells whether a value, which is not nil, is of a type.
type checker func(c *Call, v lua.LValue) error

// checker finds the check of a type as signatures write it. It panics for a type that does not exist.
func (r *Registry) checker(typ string) checker {
	if strings.Contains(typ, "|") {
		var alternatives []checker
		for t := range strings.SplitSeq(typ, "|") {
			alternatives = append(alternatives, r.checker(t))
		}
		return union(typ, r.words(typ), alternatives)
	}
	if elem, ok := strings.CutSuffix(typ, "[]"); ok {
		return list(elem, r.checker(elem))
	}
	if basic, ok := basics[typ]; ok {
		return basic
	}
	if c := r.classes[typ]; c != nil {
		return func(_ *Call, v lua.LValue) error {
			if c.Is(v) {
				return nil
			}
			return fmt.Errorf("%s expected, got %s", c.Name, Describe(v))
		}
	}
	if o := r.options[typ]; o != nil {
		return func(_ *Call, v lua.LValue) error {
			t, ok := v.(*lua.LTable)
			if !ok {
				return fmt.Errorf("table expected, got %s", Describe(v))
			}
			return o.check(t)
		}
	}
	panic("bind: unknown type " + typ)
}

// words is a type as messages write it: options are a table to who passes them.
func (r *Registry) words(typ string) string {
	names := strings.Split(typ, "|")
	for i, name := range names {
		elem, list := strings.CutSuffix(name, "[]")
		if r.options[elem] != nil {
			elem = "table"
		}
		if names[i] = elem; list {
			names[i] = "list of " + elem
		}
	}
	return strings.Join(names, " or ")
}

// basics is never written to.
var basics = map[string]checker{
	"any":      func(*Call, lua.LValue) error { return nil },
	"string":   kind(lua.LTString, "string"),
	"number":   kind(lua.LTNumber, "number"),
	"boolean":  kind(lua.LTBool, "boolean"),
	"function": kind(lua.LTFunction, "function"),
	"table":    kind(lua.LTTable, "table"),
	"integer": func(_ *Call, v lua.LValue) error {
		if n, ok := v.(lua.LNumber); ok && math.Trunc(float64(n)) == float64(n) && math.Abs(float64(n)) <= 1<<53 {
			return nil
		}
		return fmt.Errorf("whole number expected, got %s", Describe(v))
	},
	"duration": func(_ *Call, v lua.LValue) error {
		_, err := ParseDuration(v)
		return err
	},
}

var luaTypes = map[string]lua.LValueType{"string": lua.LTString, "number": lua.LTNumber, "boolean": lua.LTBool,
	"function": lua.LTFunction, "table": lua.LTTable}

func kind(t lua.LValueType, name string) checker {
	return func(_ *Call, v lua.LValue) error {
		if v.Type() != t {
			return fmt.Errorf("%s expected, got %s", name, Describe(v))
		}
		return nil
	}
}

func union(typ, words string, alternatives []checker) checker {
	var plain [lua.LTChannel + 1]bool // Lua types that are taken as they are: no failed alternative is put into words for them
	for t := range strings.SplitSeq(typ, "|") {
		if lt, ok := luaTypes[t]; ok {
			plain[lt] = true
		}
	}
	return func(c *Call, v lua.LValue) error {
		if plain[v.Type()] {
			return nil
		}
		var options error
		for _, check := range alternatives {
			err := check(c, v)
			if err == nil {
				return nil
			}
			if _, isTable := v.(*lua.LTable); isTable && errors.As(err, new(*optionError)) {
				options = err
			}
		}
		if options != nil {
			return options // the table was meant as options: say what is wrong in it
		}
		return fmt.Errorf("%s expected, got %s", words, Describe(v))
	}
}

func list(elem string, check checker) checker {
	return func(c *Call, v lua.LValue) error {
		t, ok := v.(*lua.LTable)
		if !ok {
			return fmt.Errorf("list of %s expected, got %s", elem, Describe(v))
		}
		n := t.Len()
		for i := 1; i <= n; i++ {
			if err := check(c, t.RawGetInt(i)); err != nil {
				return fmt.Errorf("item %d: %w", i, err)
			}
		}
		var err error
		t.ForEach(func(k, _ lua.LValue) {
			if i, ok := k.(lua.LNumber); err == nil && (!ok || float64(i) < 1 || float64(i) > float64(n)) {
				err = fmt.Errorf("list of %s expected, got a table with the key %s", elem, Describe(k))
			}
		})
		return err
	}
}

// Options is a table of named options, decoded into a Go struct. Its fields carry tags: lua (the name), type (as in
// signatures; by default that of the Go type), doc, and default, which says in words what holds where it is not given
// ("required" where it has to be). A *bool, *float64 or *string tells "not given" from zero.
type Options struct {
	Name   string
	Doc    string
	Fields []OptionField

	byName map[string]*OptionField
	goType reflect.Type
	once   sync.Once
}

// OptionField is one option.
type OptionField struct {
	Name    string
	Type    string
	Default string
	Doc     string

	index []int
	check checker
}

type optionError struct{ error }

// OptionsOf declares the options table that T describes.
func OptionsOf[T any](name, doc string) *Options {
	o := &Options{Name: name, Doc: doc, byName: map[string]*OptionField{}, goType: reflect.TypeFor[T]()}
	for _, f := range reflect.VisibleFields(o.goType) {
		tag := f.Tag.Get("lua")
		if tag == "" {
			continue
		}
		typ := f.Tag.Get("type")
		if typ == "" {
			typ = goTypes[f.Type.String()]
		}
		if typ == "" || f.Tag.Get("doc") == "" {
			panic("bind: " + name + "." + tag + " needs a type and a doc")
		}
		o.Fields = append(o.Fields, OptionField{Name: tag, Type: typ, Default: f.Tag.Get("default"), Doc: f.Tag.Get("doc"), index: f.Index})
	}
	for i := range o.Fields {
		o.byName[o.Fields[i].Name] = &o.Fields[i]
	}
	return o
}

var goTypes = map[string]string{"string": "string", "*string": "string", "bool": "boolean", "*bool": "boolean",
	"float64": "number", "*float64": "number", "int": "integer", "*int": "integer", "time.Duration": "duration", "*time.Duration": "duration",
	"[]string": "string[]", "*lua.LFunction": "function", "*lua.LTable": "table"}

// resolve finds the checks of the options' types, once: the table is shared by all registries, which is why no option is of a class's type.
func (o *Options) resolve(r *Registry) {
	o.once.Do(func() {
		for i := range o.Fields {
			if r.classes[o.Fields[i].Type] != nil {
				panic("bind: " + o.Name + "." + o.Fields[i].Name + " is of a class, which belongs to one registry")
			}
			o.Fields[i].check = r.checker(o.Fields[i].Type)
		}
	})
}

// names are the option names, sorted.
func (o *Options) names() []string {
	var names []string
	for n := range o.byName {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (o *Options) check(t *lua.LTable) error {
	var err error
	t.ForEach(func(k, v lua.LValue) {
		if err != nil {
			return
		}
		name, ok := k.(lua.LString)
		if !ok {
			err = &optionError{fmt.Errorf("options are named, got %s", Describe(v))}
			return
		}
		f := o.byName[string(name)]
		if f == nil {
			err = &optionError{fmt.Errorf("unknown option %q%s", string(name), spell.Hint(string(name), o.names()))}
			return
		}
		if cerr := f.check(nil, v); cerr != nil {
			err = &optionError{fmt.Errorf("option %s: %w", f.Name, cerr)}
		}
	})
	return err
}

// Has tells whether the table has at least one of the options: what tells such a table from a list.
func (o *Options) Has(t *lua.LTable) bool {
	for n := range o.byName {
		if t.RawGetString(n) != lua.LNil {
			return true
		}
	}
	return false
}

// Check tells what is wrong with a table as these options, for tables that no signature checks.
func (o *Options) Check(t *lua.LTable) error { return o.check(t) }

// Unknown is Check with the key that is wrong.
func (o *Options) Unknown(t *lua.LTable) (key string, err error) {
	t.ForEach(func(k, v lua.LValue) {
		if err != nil {
			return
		}
		one := o.maker(k, v)
		if err = o.check(one); err != nil {
			key = k.String()
		}
	})
	return key, err
}

func (o *Options) maker(k, v lua.LValue) *lua.LTable {
	t := &lua.LTable{Metatable: lua.LNil}
	t.RawSet(k, v)
	return t
}

// Decode sets the fields of dst, a pointer to the struct, from a table that was checked. A nil table changes nothing.
func (o *Options) Decode(t *lua.LTable, dst any) {
	if t == nil {
		return
	}
	rv := reflect.ValueOf(dst).Elem()
	t.ForEach(func(k, v lua.LValue) {
		if f := o.byName[k.String()]; f != nil && v != lua.LNil {
			setField(rv.FieldByIndex(f.index), v)
		}
	})
}

func setField(field reflect.Value, v lua.LValue) {
	if field.Kind() == reflect.Pointer && field.Type() != reflect.TypeFor[*lua.LFunction]() && field.Type() != reflect.TypeFor[*lua.LTable]() {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	switch dst := field.Addr().Interface().(type) {
	case *time.Duration:
		*dst, _ = ParseDuration(v) // checked before
	case *lua.LValue:
		*dst = v
	case *string:
		*dst = lua.LVAsString(v)
	case *bool:
		*dst = lua.LVAsBool(v)
	case *float64:
		*dst = float64(lua.LVAsNumber(v))
	case *int:
		*dst = int(lua.LVAsNumber(v))
	case *[]string:
		*dst = Strings(v)
	case **lua.LFunction:
		*dst, _ = v.(*lua.LFunction)
	case **lua.LTable:
		*dst, _ = v.(*lua.LTable)
	default:
		panic("bind: no way to set a " + field.Type().String())
	}
}

// Strings is a Lua list of strings as a slice.
func Strings(v lua.LValue) []string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil
	}
	out := make([]string, 0, t.Len())
	for i := 1; i <= t.Len(); i++ {
		out = append(out, lua.LVAsString(t.RawGetInt(i)))
	}
	return out
}
