package bind

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// StubFile is a file for editors and linters, with a path below the directory that they are set up in.
type StubFile struct {
	Path    string
	Content string
	Ours    bool // nobody else writes a file of that name: it may be replaced
}

// StubDir is where the definitions lie. Its name begins with a dot, so that no run takes them for scenarios.
const StubDir = ".smtpspec/stubs"

// Stubs are definitions for lua-language-server (LuaCATS), its settings, and those of luacheck. Config is the name of the
// configuration file, which has functions of its own; by says who wrote the files.
func (ref *Reference) Stubs(config, by string) []StubFile {
	return []StubFile{
		{Path: StubDir + "/smtpspec.lua", Content: ref.definitions(by), Ours: true},
		{Path: ".luarc.json", Content: ref.serverSettings()},
		{Path: ".luacheckrc", Content: ref.luacheck(config, by)},
	}
}

// definitions is a file of annotations, which nobody runs.
func (ref *Reference) definitions(by string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---@meta\n-- %s: changes are lost when it does so again.\n\n", by)
	b.WriteString("---Seconds, or text such as \"250ms\", \"30s\" or \"2m\".\n---@alias duration number|string\n")
	for _, s := range ref.Sections {
		b.WriteByte('\n')
		switch s.Kind {
		case KindModule:
			s.stubModule(&b)
		case KindClass:
			s.stubClass(&b, ref.isGlobal(s))
		default:
			s.stubFields(&b)
			for _, m := range s.Members {
				m.stubFunction(&b, "")
			}
		}
	}
	return b.String()
}

// isGlobal tells whether a class is that of a global object: target and vars, which can be called.
func (ref *Reference) isGlobal(e *Entry) bool {
	return e.Kind == KindClass && ref.names[e.Name+"()"] != nil
}

func (e *Entry) stubModule(b *strings.Builder) {
	if e.Name != "" {
		comment(b, e.Doc)
		fmt.Fprintf(b, "---@class %slib\n", e.Name)
		e.stubCalls(b)
		fmt.Fprintf(b, "%s = {}\n", e.Name)
	}
	for _, m := range e.Members {
		if m.Name != e.Name+"()" {
			m.stubFunction(b, e.prefix())
		}
	}
}

func (e *Entry) prefix() string {
	if e.Name == "" {
		return ""
	}
	return e.Name + "."
}

// stubCalls says that a table can be called itself.
func (e *Entry) stubCalls(b *strings.Builder) {
	for _, m := range e.Members {
		if m.Name == e.Name+"()" {
			fmt.Fprintf(b, "---@overload %s\n", m.fn.funType(""))
		}
	}
}

func (e *Entry) stubClass(b *strings.Builder, global bool) {
	e.stubFields(b)
	if global {
		b.WriteString("---@field [string] any\n")
		e.stubCalls(b)
		fmt.Fprintf(b, "%s = {}\n", e.Name)
		return
	}
	local := e.Name[strings.LastIndex(e.Name, ".")+1:]
	fmt.Fprintf(b, "local %s = {}\n", local)
	for _, m := range e.Members {
		m.stubFunction(b, local+":")
	}
}

// stubFields writes a class with the fields that an entry's members are.
func (e *Entry) stubFields(b *strings.Builder) {
	comment(b, e.Doc)
	fmt.Fprintf(b, "---@class %s\n", e.Name)
	for _, m := range e.Members {
		if m.Kind != KindField && m.Kind != KindOption {
			continue
		}
		name, doc := m.Name[len(e.Name)+1:], m.Doc
		if m.Kind == KindOption && m.Default != "required" {
			name += "?"
		}
		if m.Default != "" && m.Default != "required" {
			doc = strings.TrimSuffix(doc, ".") + "; by default " + m.Default + "."
		}
		fmt.Fprintf(b, "---@field %s %s %s\n", name, m.Type, doc)
	}
}

// stubFunction writes a function without a body. Others than functions are written with their class.
func (e *Entry) stubFunction(b *strings.Builder, prefix string) {
	if e.fn == nil {
		return
	}
	b.WriteByte('\n')
	comment(b, e.Doc)
	for _, t := range e.Text {
		b.WriteString("---\n")
		comment(b, t)
	}
	if e.Fails != "" {
		b.WriteString("---\n")
		comment(b, "Fails: "+e.Fails)
	}
	if e.Refs != "" {
		b.WriteString("---\n")
		comment(b, "See "+e.Refs+".")
	}
	b.WriteString(e.stubSignature(prefix))
}

// stubSignature is what of a function the server reads.
func (e *Entry) stubSignature(prefix string) string {
	var b strings.Builder
	var names []string
	for _, p := range e.Params {
		names = append(names, p.Name)
		name := p.Name
		if p.Optional && name != "..." {
			name += "?"
		}
		fmt.Fprintf(&b, "---@param %s\n", strings.TrimSpace(name+" "+p.Type+" "+p.Doc))
	}
	for _, r := range e.Returns {
		text := "---@return " + r.Type
		if r.Doc != "" {
			text += " # " + r.Doc
		}
		b.WriteString(text + "\n")
	}
	self := ""
	if e.Kind == KindMethod {
		self = e.Name[:strings.LastIndex(e.Name, ":")]
	}
	for _, f := range e.also {
		fmt.Fprintf(&b, "---@overload %s\n", f.funType(self))
	}
	fmt.Fprintf(&b, "function %s%s(%s) end\n", prefix, e.fn.Name, strings.Join(names, ", "))
	return b.String()
}

// funType is the type of a function as annotations write it. Self is the class of a method's object.
func (f *Func) funType(self string) string {
	var params []string
	if self != "" {
		params = append(params, "self: "+self)
	}
	for _, p := range f.parameters() {
		name := p.Name
		if p.Optional && name != "..." {
			name += "?"
		}
		params = append(params, name+": "+p.Type)
	}
	text := "fun(" + strings.Join(params, ", ") + ")"
	if f.Result != "" {
		text += ": " + f.Result
	}
	return text
}

func comment(b *strings.Builder, text string) {
	fmt.Fprintf(b, "---%s\n", text)
}

// serverSettings is .luarc.json: the version, the definitions, and which of Lua's libraries there are not.
func (ref *Reference) serverSettings() string {
	absent := []string{"bit", "bit32", "debug", "ffi", "io", "jit", "package", "table.clear", "table.new", "utf8"}
	var b strings.Builder
	b.WriteString("{\n  \"$schema\": \"https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json\",\n")
	fmt.Fprintf(&b, "  \"runtime.version\": \"Lua 5.1\",\n  \"runtime.path\": [\"?.lua\", \"lib/?.lua\"],\n  \"runtime.builtin\": {\n")
	for i, name := range absent {
		comma := ","
		if i == len(absent)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "    %q: \"disable\"%s\n", name, comma)
	}
	fmt.Fprintf(&b, "  },\n  \"workspace.library\": [%q],\n  \"workspace.checkThirdParty\": false\n}\n", StubDir)
	return b.String()
}

// luacheck is .luacheckrc: exactly the names that scripts have, and no others.
func (ref *Reference) luacheck(config, by string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- %s.\n", by)
	b.WriteString("-- The globals are listed whole: io, debug and most of os are not there for scenarios.\n")
	b.WriteString("std = \"none\"\nmax_line_length = false\nread_globals = {\n")
	tables := map[string]string{"_G": "other_fields = true"}
	for _, name := range ref.Around.Lua[""] {
		if name != "_G" {
			tables[name] = ""
		}
	}
	for library, names := range ref.Around.Lua {
		if library != "" {
			tables[library] = luacheckFields(names)
		}
	}
	for _, s := range ref.Sections {
		ref.luacheckSection(tables, s)
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		fmt.Fprintf(&b, "  %s = { %s },\n", name, tables[name])
	}
	b.WriteString("}\n")
	for _, functions := range ref.Around.Config {
		for _, f := range functions {
			fmt.Fprintf(&b, "files[\"**/%s\"].read_globals = { %q }\n", config, f.Name)
		}
	}
	return strings.ReplaceAll(b.String(), "{  }", "{}")
}

func (ref *Reference) luacheckSection(tables map[string]string, s *Entry) {
	switch {
	case ref.isGlobal(s):
		tables[s.Name] = "other_fields = true"
	case s.Name == "":
		for _, m := range s.Members {
			tables[m.Name] = ""
		}
	case s.Kind == KindModule && !strings.Contains(s.Name, "."):
		tables[s.Name] = luacheckFields(ref.luacheckMembers(s))
	}
}

// luacheckMembers are the fields of a module, with those of the modules in it.
func (ref *Reference) luacheckMembers(s *Entry) []string {
	var fields []string
	for _, m := range s.Members {
		if m.Name != s.Name+"()" {
			fields = append(fields, m.fn.Name)
		}
	}
	for _, part := range ref.Sections {
		if name, ok := strings.CutPrefix(part.Name, s.Name+"."); ok && part.Kind == KindModule {
			fields = append(fields, name+" = { "+luacheckFields(ref.luacheckMembers(part))+" }")
		}
	}
	return fields
}

func luacheckFields(names []string) string {
	var fields []string
	for _, n := range names {
		if !strings.Contains(n, " ") {
			n += " = {}"
		}
		fields = append(fields, n)
	}
	return "fields = { " + strings.Join(fields, ", ") + " }"
}
