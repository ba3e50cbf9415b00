package luaapi

import (
	_ "embed" // the manual
	"maps"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
)

// manual is what the reference says of entries beyond their line in the table. Its form is that of bind's manuals.
//
//go:embed reference.txt
var manual string

// What the reference is made of, for those who show it.
type (
	// Reference is the language as its documentation has it.
	Reference = bind.Reference
	// TextOptions are how it is written for a terminal.
	TextOptions = bind.TextOptions
	// StubFile is a file of it for editors and linters.
	StubFile = bind.StubFile
)

// StubDir is where definitions for editors lie, below the directory of a suite.
const StubDir = bind.StubDir

// Reference is the language as its documentation has it: the table, the manual, and what scripts have besides.
func (lang *Language) Reference() (*bind.Reference, error) {
	around := bind.Around{
		Manual:  manual,
		Lua:     map[string][]string{},
		Absent:  maps.Clone(absent),
		Members: map[string][]bind.Field{"target": factFields()},
		Config: map[string][]*bind.Func{"Config": {bind.Fn("env(name: string, default?: string): string", nil,
			"Gives a variable of the environment. It exists in the configuration alone, and what it gave is in no output.")}},
	}
	maps.Copy(around.Absent, absentMembers)
	delete(around.Absent, "env")
	for name := range lang.base {
		if _, ours := lang.reg.Global(name); !ours {
			around.Lua[""] = append(around.Lua[""], name)
		}
	}
	around.Lua[""] = append(around.Lua[""], "_G")
	slices.Sort(around.Lua[""])
	for library, functions := range lang.libs {
		for name := range functions {
			if !strings.HasPrefix(name, "__") {
				around.Lua[library] = append(around.Lua[library], name)
			}
		}
		slices.Sort(around.Lua[library])
	}
	return lang.reg.Reference(around)
}

// factFields are the facts that have a type of their own, in the order of their names.
func factFields() []bind.Field {
	var fields []bind.Field
	for _, name := range slices.Sorted(maps.Keys(factNames)) {
		typ := "string"
		switch name {
		case "port":
			typ = "integer"
		case "tls_verify":
			typ = "boolean"
		}
		fields = append(fields, bind.Field{Name: name, Type: typ, Doc: strings.ToUpper(factNames[name][:1]) + factNames[name][1:] + "."})
	}
	return fields
}
