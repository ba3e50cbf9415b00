package bind

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// TextOptions are how the reference is written for a terminal.
type TextOptions struct {
	Width int // of a line, in characters
	// Heading and Code put escape codes around text; nil adds none.
	Heading, Code func(string) string
}

// page is text that is being written.
type page struct {
	strings.Builder
	o TextOptions
}

func newPage(o TextOptions) *page {
	same := func(s string) string { return s }
	if o.Heading == nil {
		o.Heading = same
	}
	if o.Code == nil {
		o.Code = same
	}
	return &page{o: o}
}

func (p *page) line(indent int, text string) {
	p.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+text, " ") + "\n")
}

// fill writes text with an indent, in lines of the page's width.
func (p *page) fill(indent int, text string) {
	var line []string
	length := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		if length > 0 && indent+length+1+n > p.o.Width {
			p.line(indent, strings.Join(line, " "))
			line, length = nil, 0
		}
		if length > 0 {
			length++
		}
		line, length = append(line, word), length+n
	}
	if length > 0 {
		p.line(indent, strings.Join(line, " "))
	}
}

// row writes a name and, behind it or beneath where it is long, a text.
func (p *page) row(indent, column int, name, text string) {
	if len([]rune(name))+2 > column {
		p.line(indent, p.o.Code(name))
		p.fill(indent+column, text)
		return
	}
	rest := newPage(p.o)
	rest.fill(indent+column, text)
	body := rest.String()
	if body == "" {
		p.line(indent, p.o.Code(name))
		return
	}
	p.WriteString(strings.Repeat(" ", indent) + p.o.Code(name) + body[indent+len([]rune(name)):])
}

// Overview is a list of everything, a line each.
func (ref *Reference) Overview(o TextOptions) string {
	p := newPage(o)
	for _, kind := range []struct {
		kind  Kind
		title string
	}{{KindModule, "Modules"}, {KindClass, "Objects"}, {KindOptions, "Tables of options"}} {
		p.line(0, p.o.Heading(kind.title))
		for _, s := range ref.Sections {
			if s.Kind == kind.kind && s.Name != "" {
				p.row(2, 24, s.Name, firstSentence(s.Doc))
			}
		}
		p.line(0, "")
	}
	p.line(0, p.o.Heading("Global functions"))
	for _, f := range ref.names[""].Members {
		p.row(2, 24, f.Title, firstSentence(f.Doc))
	}
	p.line(0, "")
	p.line(0, p.o.Heading("Lua 5.1"))
	p.fill(2, strings.Join(ref.Around.Lua[""], ", "))
	for _, library := range slices.Sorted(maps.Keys(ref.Around.Lua)) {
		if library != "" {
			p.row(2, 24, library, strings.Join(ref.Around.Lua[library], ", "))
		}
	}
	if len(ref.later) > 0 {
		p.line(0, "")
		p.line(0, p.o.Heading("Reserved for later versions"))
		p.fill(2, strings.Join(slices.Sorted(maps.Keys(ref.later)), ", "))
	}
	return p.String()
}

// List names entries, a line each.
func (ref *Reference) List(entries []*Entry, o TextOptions) string {
	p := newPage(o)
	for _, e := range entries {
		p.row(0, 32, e.Name, firstSentence(e.Doc))
	}
	return p.String()
}

// firstSentence is the beginning of a text, up to its first full stop.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

// Text is all that is said of an entry.
func (ref *Reference) Text(e *Entry, o TextOptions) string {
	p := newPage(o)
	p.heading(e)
	p.line(0, "")
	p.fill(2, e.Doc)
	for _, t := range e.Text {
		p.line(0, "")
		p.fill(2, t)
	}
	ref.items(p, "Arguments", e.Params)
	ref.items(p, "Result", e.Returns)
	p.remark("Fails", e.Fails)
	p.remark("See", e.Refs)
	ref.members(p, e)
	if e.Example.Text != "" {
		p.section("Example")
		for line := range strings.SplitSeq(e.Example.Text, "\n") {
			p.line(4, line)
		}
	}
	ref.types(p, e)
	return p.String()
}

func (p *page) section(title string) {
	p.line(0, "")
	p.line(2, p.o.Heading(title))
}

func (p *page) remark(title, text string) {
	if text != "" {
		p.section(title)
		p.fill(4, text)
	}
}

func (p *page) heading(e *Entry) {
	switch e.Kind {
	case KindFunction, KindMethod:
		p.line(0, p.o.Heading(e.Signature))
		for _, also := range e.Also {
			p.line(0, p.o.Heading(also))
		}
	case KindField, KindOption:
		p.line(0, p.o.Heading(e.Name+": "+typeWords(e)))
	case KindClass:
		p.line(0, p.o.Heading(e.Name)+" ("+e.class+")")
	default:
		p.line(0, p.o.Heading(e.Title))
	}
}

// typeWords is the type of a field or an option, with what holds where an option is not given.
func typeWords(e *Entry) string {
	switch {
	case e.Default == "required":
		return e.Type + ", required"
	case e.Default != "":
		return e.Type + ", by default " + e.Default
	}
	return e.Type
}

func (ref *Reference) items(p *page, title string, items []Item) {
	if len(items) == 0 {
		return
	}
	p.section(title)
	for _, i := range items {
		words := i.Type
		if i.Optional && i.Name != "..." {
			words += ", optional"
		}
		if i.Name != "" {
			words = i.Name + ": " + words
		}
		p.line(4, p.o.Code(words))
		p.fill(6, i.Doc)
	}
}

// members lists what a module, a class or a table of options has.
func (ref *Reference) members(p *page, e *Entry) {
	for _, kind := range []struct {
		kind  Kind
		title string
	}{{KindFunction, "Functions"}, {KindMethod, "Methods"}, {KindField, "Fields"}, {KindOption, "Options"}} {
		first := true
		for _, m := range e.Members {
			if m.Kind != kind.kind {
				continue
			}
			if first {
				p.section(kind.title)
				first = false
			}
			ref.memberLine(p, m)
		}
	}
}

func (ref *Reference) memberLine(p *page, m *Entry) {
	switch m.Kind {
	case KindField, KindOption:
		p.line(4, p.o.Code(m.Title)+"  "+typeWords(m))
		p.fill(6, m.Doc)
	default:
		p.line(4, p.o.Code(m.Signature))
		p.fill(6, firstSentence(m.Doc))
	}
}

// types shows the tables of options that a function takes, and names the fields of what it gives.
func (ref *Reference) types(p *page, e *Entry) {
	for _, s := range ref.typesOf(e) {
		switch s.Kind {
		case KindOptions:
			p.line(0, "")
			p.line(0, p.o.Heading("Options: "+s.Name))
			for _, m := range s.Members {
				ref.memberLine(p, m)
			}
		case KindClass:
			var names []string
			for _, m := range s.Members {
				if m.Kind == KindField {
					names = append(names, m.Title[strings.LastIndex(m.Title, ".")+1:])
				}
			}
			if len(names) > 0 {
				p.remark(fmt.Sprintf("Fields of %s", s.Name), strings.Join(names, ", "))
			}
		}
	}
}

// typesOf are the sections of the types that an entry's signatures name.
func (ref *Reference) typesOf(e *Entry) (found []*Entry) {
	var types []string
	for _, f := range append([]*Func{e.fn}, e.also...) {
		if f == nil {
			continue
		}
		for _, p := range f.parameters() {
			types = append(types, p.Type)
		}
	}
	for _, r := range e.Returns {
		types = append(types, r.Type)
	}
	for _, typ := range types {
		for t := range strings.SplitSeq(typ, "|") {
			s := ref.names[strings.TrimSuffix(strings.TrimSuffix(t, "?"), "[]")]
			if s != nil && s != ref.names[""] && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	return found
}
