package bind

import (
	"maps"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
)

// luaManual is where Lua's own functions are documented.
const luaManual = "https://www.lua.org/manual/5.1/manual.html"

// Found is what there is to say of a name that a person gave: entries, or a sentence.
type Found struct {
	Entries []*Entry
	Several bool // the entries are different things, of which a person wants one
	Text    string
	Near    string // the nearest name, where there is neither
}

// Find looks a name up as people write it: whole, as scripts write it ("c:expect", "reply.code"), or its end.
func (ref *Reference) Find(name string) Found {
	q := plainName(name)
	entries, whole := ref.matching(q)
	found := Found{Entries: entries, Several: !whole && len(entries) > 1, Text: ref.textOf(strings.TrimSuffix(strings.ReplaceAll(name, ":", "."), "()"))}
	if found.Entries == nil && found.Text == "" && name != "" {
		found.Near, _ = spell.Nearest(name, ref.allNames())
	}
	return found
}

// plainName takes from a name what people write in one way or another.
func plainName(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.ReplaceAll(name, ":", "."), "()"))
}

// matching are the entries that are called q as a whole, or where there are none those whose name ends with it.
func (ref *Reference) matching(q string) (found []*Entry, whole bool) {
	var ends []*Entry
	ref.Each(func(e *Entry) {
		name, title := plainName(e.Name), plainName(e.Title)
		switch {
		case q == "":
		case name == q, title == q && e.Kind != KindOption:
			found = append(found, e)
		case strings.HasSuffix(name, "."+q):
			ends = append(ends, e)
		}
	})
	if found != nil {
		return found, true
	}
	return ends, false
}

// textOf says what is to be said of names that have no entry.
func (ref *Reference) textOf(name string) string {
	if text, ok := ref.later[name]; ok {
		return name + " " + text
	}
	if text, ok := ref.Around.Absent[name]; ok {
		return name + " " + text
	}
	library, function, inLibrary := strings.Cut(name, ".")
	switch names, isLibrary := ref.Around.Lua[library]; {
	case name == "":
	case isLibrary && !inLibrary:
		return name + " is Lua 5.1's library, with " + strings.Join(names, ", ") + "; see " + luaManual + "#5"
	case !inLibrary && slices.Contains(ref.Around.Lua[""], name), inLibrary && slices.Contains(names, function):
		return name + " is Lua 5.1's; see " + luaManual + "#pdf-" + name
	}
	return ""
}

// allNames are the names that a misspelt one is held against.
func (ref *Reference) allNames() []string {
	names := map[string]bool{}
	ref.Each(func(e *Entry) {
		full := strings.TrimSuffix(e.Name, "()")
		for _, n := range []string{full, strings.TrimSuffix(e.Title, "()"), full[strings.LastIndexAny(full, ".:")+1:]} {
			names[n] = true
		}
	})
	for library, members := range ref.Around.Lua {
		for _, m := range members {
			names[strings.TrimPrefix(library+"."+m, ".")] = true
		}
	}
	for n := range ref.later {
		names[n] = true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// Names are the names of all entries, as people write them.
func (ref *Reference) Names() []string {
	names := map[string]bool{}
	ref.Each(func(e *Entry) {
		if e.Kind != KindOption {
			names[e.Title] = true
		}
	})
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// Fields are the names of what an object, or a table of options, has.
func (ref *Reference) Fields(of string) []string {
	var names []string
	if e := ref.names[of]; e != nil {
		for _, m := range e.Members {
			if m.Kind == KindField || m.Kind == KindOption {
				names = append(names, m.Name[len(e.Name)+1:])
			}
		}
	}
	return names
}
