package bind

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind tells what an entry of the reference is.
type Kind int

// The kinds of entries.
const (
	KindModule Kind = iota
	KindClass
	KindOptions
	KindFunction
	KindMethod
	KindField
	KindOption
)

// Entry is one thing of the language, with all that is said of it.
type Entry struct {
	Kind      Kind
	Name      string // "smtp.Conn:expect", "smtp.ConnectOptions.port"; "" is the module of the global names
	Title     string // as scripts write it: "c:expect", "port"
	Signature string // of functions and methods, beginning with Title
	Also      []string
	Type      string // of fields and options
	Default   string // of options, in words
	Doc       string // a sentence or two
	Text      []string
	Params    []Item
	Returns   []Item
	Fails     string
	Refs      string
	Example   Example
	Members   []*Entry

	class string // of classes and their members: what scripts call such a thing
	fn    *Func
	also  []*Func
}

// Reference is the language as its documentation has it.
type Reference struct {
	Sections []*Entry // modules, classes and tables of options, in the order of the page
	Around   Around

	names map[string]*Entry
	later map[string]string
}

// Around is what scripts meet that no table of functions has.
type Around struct {
	Manual  string              // what is said of entries beyond the table
	Lua     map[string][]string // Lua's own names: "" has the globals, "string" what is in string, …
	Absent  map[string]string   // names of Lua that are missing, with what to say
	Members map[string][]Field  // of objects that answer for names which nobody declares
	Config  map[string][]*Func  // functions that only the configuration has, by the options table that they stand with
}

// Reference puts the table and what surrounds it into the order of a page. It fails where the manual speaks of what does not
// exist.
func (r *Registry) Reference(around Around) (*Reference, error) {
	ref := &Reference{Around: around, names: map[string]*Entry{}, later: map[string]string{}}
	for _, m := range r.Modules {
		ref.module(m, m.Name)
	}
	// What few ask for comes last.
	slices.SortStableFunc(ref.Sections, func(a, b *Entry) int { return len(around.Config[a.Name]) - len(around.Config[b.Name]) })
	sections, err := parseManual(around.Manual)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		e := ref.names[name]
		if e == nil {
			return nil, fmt.Errorf("there is no %s to speak of", name)
		}
		if err := e.enrich(sections[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return ref, nil
}

func (ref *Reference) module(m *Module, path string) {
	e := ref.section(&Entry{Kind: KindModule, Name: path, Title: path, Doc: m.Doc})
	prefix := ""
	if path != "" {
		prefix = path + "."
	}
	for _, f := range m.Funcs {
		ref.function(e, f, prefix)
	}
	for name, text := range m.Later {
		ref.later[prefix+name] = text
	}
	for _, part := range m.Parts {
		ref.module(part, prefix+part.Name)
	}
	for _, c := range m.Classes {
		ref.class(c)
	}
	for _, o := range m.Options {
		ref.options(o)
	}
}

func (ref *Reference) class(c *Class) {
	e := ref.section(&Entry{Kind: KindClass, Name: c.Name, Title: c.Name, Doc: c.Doc, class: c.Short})
	for _, f := range c.Methods {
		m := ref.function(e, f, c.Name+":")
		m.Kind, m.class = KindMethod, c.Short
		m.Title = c.Short + ":" + f.Name
		m.Signature = c.Short + ":" + f.Signature()
	}
	if c.CallSelf != nil {
		ref.function(e, c.CallSelf, "")
	}
	for _, f := range append(c.Fields[:len(c.Fields):len(c.Fields)], ref.Around.Members[c.Name]...) {
		ref.member(e, &Entry{Kind: KindField, Name: c.Name + "." + f.Name, Title: c.Short + "." + f.Name, Type: f.Type, Doc: f.Doc, class: c.Short})
	}
}

func (ref *Reference) options(o *Options) {
	e := ref.section(&Entry{Kind: KindOptions, Name: o.Name, Title: o.Name, Doc: o.Doc})
	for _, f := range ref.Around.Config[o.Name] {
		ref.function(e, f, "")
	}
	for _, f := range o.Fields {
		ref.member(e, &Entry{Kind: KindOption, Name: o.Name + "." + f.Name, Title: f.Name, Type: f.Type, Default: f.Default, Doc: f.Doc})
	}
}

func (ref *Reference) section(e *Entry) *Entry {
	ref.Sections = append(ref.Sections, e)
	ref.names[e.Name] = e
	return e
}

func (ref *Reference) member(of, e *Entry) *Entry {
	of.Members = append(of.Members, e)
	ref.names[e.Name] = e
	return e
}

func (ref *Reference) function(of *Entry, f *Func, prefix string) *Entry {
	name := prefix + f.Name
	if of.Name == f.Name { // called as the thing that it belongs to
		prefix, name = "", f.Name+"()"
	}
	e := &Entry{Kind: KindFunction, Name: name, Title: prefix + f.Name, Signature: prefix + f.Signature(), Doc: f.Doc, fn: f}
	for _, p := range f.parameters() {
		e.Params = append(e.Params, Item{Name: p.Name, Type: p.Type, Optional: p.Optional || p.Name == "..."})
	}
	if f.Result != "" {
		e.Returns = []Item{{Type: f.Result}}
	}
	return ref.member(of, e)
}

// enrich adds what the manual says.
func (e *Entry) enrich(m *manual) error {
	for name, doc := range m.params {
		i := slices.IndexFunc(e.Params, func(p Item) bool { return p.Name == name })
		if i < 0 {
			return fmt.Errorf("it has no parameter %s", name)
		}
		e.Params[i].Doc = *doc
	}
	if m.returns != nil {
		e.Returns = m.returns
	}
	for _, signature := range m.also {
		f := &Func{}
		if err := f.parse(signature); err != nil || e.fn == nil || f.Name != e.fn.Name {
			return fmt.Errorf("%q is no other form of it", signature)
		}
		e.also = append(e.also, f)
		e.Also = append(e.Also, strings.TrimSuffix(e.Title, e.fn.Name)+signature)
	}
	e.Fails, e.Refs, e.Text, e.Example = m.fails, m.refs, m.text, m.example
	return nil
}

// Each calls f for every entry, sections before their members.
func (ref *Reference) Each(f func(*Entry)) {
	for _, s := range ref.Sections {
		f(s)
		for _, m := range s.Members {
			f(m)
		}
	}
}
