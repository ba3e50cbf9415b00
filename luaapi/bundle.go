package luaapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/yuin/gopher-lua/ast"
)

// Bundle is a scenario as one plain script that needs no other file: what it requires stands in it, so do the variables that it was run with, and of the
// scenarios of its file it has this one alone. Secrets are facts that it asks for. It runs as the scenario does, and so fails as it does.
func (d *Declaration) Bundle(vars *Facts, secrets *wire.Secrets) (string, error) {
	if d.file.chunk == nil {
		return "", fmt.Errorf("--isolate loads %s in another process alone", d.file.Path)
	}
	b := &bundler{decl: d, vars: vars, modules: map[string]*chunk{}, asks: slices.Clone(d.Requires)}
	if err := b.collect(d.file.chunk, d.file.Path); err != nil {
		return "", err
	}
	body := b.modulesText() + b.main()
	if b.uses["vars"] {
		body = b.varsText() + body
	}
	if secrets != nil {
		body = secrets.Text(body)
		for _, quoted := range []string{`"` + wire.Mask + `"`, `'` + wire.Mask + `'`} {
			if strings.Contains(body, quoted) {
				body = strings.ReplaceAll(body, quoted, "target.password")
				b.ask("password")
			}
		}
	}
	return b.suite() + "\n" + body, nil
}

// bundler makes a bundle.
type bundler struct {
	decl    *Declaration
	vars    *Facts
	modules map[string]*chunk // by the name that require has for them
	order   []string
	uses    map[string]bool // names of the language that the files use
	asks    []string        // facts and keywords
}

// bundled are the names that stand for those of the language in a bundle.
var bundled = map[string]string{
	"require": "load_module", "scenario": "declare", "suite": "ignore", "before_each": "declare_before", "after_each": "declare_after", "vars": "variables",
}

func (b *bundler) ask(fact string) {
	if !slices.Contains(b.asks, fact) {
		b.asks = append(b.asks, fact)
	}
}

// collect finds all that a file requires, and what these require.
func (b *bundler) collect(c *chunk, path string) error {
	if b.uses == nil {
		b.uses = map[string]bool{}
	}
	var err error
	walk(c.stmts(), func(n ast.PositionHolder) {
		switch n := n.(type) {
		case *ast.IdentExpr:
			b.uses[n.Value] = true
		case *ast.FuncCallExpr:
			if nameOf(n.Func) == "require" && err == nil {
				err = b.module(n, path)
			}
		}
	})
	return err
}

func (b *bundler) module(call *ast.FuncCallExpr, from string) error {
	name, ok := (*ast.StringExpr)(nil), false
	if len(call.Args) == 1 {
		name, ok = call.Args[0].(*ast.StringExpr)
	}
	if !ok {
		return fmt.Errorf("%s:%d: what it requires is found out only when it runs", from, call.Line())
	}
	f := b.decl.file
	path, err := f.resolve(from, name.Value)
	if err != nil {
		return err
	}
	c, err := f.load.chunk(path)
	switch have := b.modules[name.Value]; {
	case err != nil:
		return err
	case have == c:
		return nil
	case have != nil:
		return fmt.Errorf("two files are required as %q: %s and %s", name.Value, have.path, path)
	}
	b.modules[name.Value] = c
	b.order = append(b.order, name.Value)
	return b.collect(c, path)
}

// suite is the statement that a plain script begins with.
func (b *bundler) suite() string {
	d := b.decl
	options := []string{"name = " + luaText(d.Name)}
	if len(b.asks) > 0 {
		asks := make([]string, len(b.asks))
		for i, a := range b.asks {
			asks[i] = luaText(a)
		}
		options = append(options, "requires = { "+strings.Join(asks, ", ")+" }")
	}
	if d.Level != "" && d.Level != "must" {
		options = append(options, "level = "+luaText(d.Level))
	}
	if d.Timeout > 0 {
		options = append(options, "timeout = "+luaDuration(d.Timeout))
	}
	return "suite { " + strings.Join(options, ", ") + " }\n"
}

func (b *bundler) varsText() string {
	lines := "local variables = {\n"
	for _, name := range slices.Sorted(maps.Keys(b.vars.values)) {
		value := fmt.Sprint(b.vars.values[name])
		switch v := b.vars.values[name].(type) {
		case string:
			value = luaText(v)
		case float64, bool:
		default:
			continue
		}
		if b.vars.secret[name] {
			value = "target." + name
			b.ask(name)
		}
		lines += fmt.Sprintf("  [%s] = %s,\n", luaText(name), value)
	}
	return lines + "}\n\n"
}

const loadModule = `local modules, loaded = {}, {}
local function load_module(name)
  if loaded[name] == nil then
    local value = modules[name](name)
    if value == nil then value = true end
    loaded[name] = value
  end
  return loaded[name]
end

`

func (b *bundler) modulesText() string {
	if len(b.order) == 0 {
		return ""
	}
	text := loadModule
	for _, name := range slices.Backward(b.order) {
		c := b.modules[name]
		text += fmt.Sprintf("-- %s\nmodules[%s] = function(...)\n%s\nend\n\n", c.path, luaText(name), strings.TrimRight(renamed(c.source, bundled), "\n"))
	}
	return text
}

const hooks = `local before, after = {}, {}
local function declare_before(fn) before[#before + 1] = fn end
local function declare_after(fn) after[#after + 1] = fn end
`

const runAll = `for i = #after, 1, -1 do cleanup(after[i]) end
for _, fn in ipairs(before) do fn() end
`

// main is the file itself, and then the scenario.
func (b *bundler) main() string {
	d := b.decl
	source := strings.TrimRight(d.file.chunk.source, "\n")
	if d.Plain {
		ignore := ""
		if b.uses["suite"] {
			ignore = "local function ignore() end\n"
		}
		return ignore + "-- " + d.file.Path + "\n" + renamed(source, bundled) + "\n"
	}
	source = strings.TrimRight(renamed(without(source, d), bundled), "\n")
	var text strings.Builder
	text.WriteString("local function ignore() end\n")
	hooked := b.uses["before_each"] || b.uses["after_each"]
	if hooked {
		text.WriteString(hooks)
	}
	fmt.Fprintf(&text, "local run\nlocal function declare(name, options, fn)\n  if name == %s then run = fn or options end\nend\n\n", luaText(d.Name))
	fmt.Fprintf(&text, "-- %s:%d\nlocal function file()\n%s\nend\nfile()\n\n", d.file.Path, d.Line, source)
	if hooked {
		text.WriteString(runAll)
	}
	text.WriteString("run()\n")
	return text.String()
}

// renamed puts other names in the place of global ones. Fields and keys of that name stay.
func renamed(source string, names map[string]string) string {
	var out strings.Builder
	from := 0
	identifiers(source, func(at int, word string) int {
		to, ok := names[word]
		if !ok || isField(source, at, len(word)) {
			return 0
		}
		out.WriteString(source[from:at] + to)
		from = at + len(word)
		return 0
	})
	return out.String() + source[from:]
}

// without leaves the other scenarios of the file out, as far as their names are plain text.
func without(source string, d *Declaration) string {
	var out strings.Builder
	from := 0
	identifiers(source, func(at int, word string) int {
		if word != "scenario" || isField(source, at, len(word)) || !beginsStatement(source, at) {
			return 0
		}
		length := callLength(source[at+len(word):])
		name, ok := firstText(source[at+len(word):])
		if length == 0 || !ok || name == d.Name {
			return 0
		}
		out.WriteString(source[from:at])
		from = at + len(word) + length
		return from
	})
	text := out.String() + source[from:]
	for strings.Contains(text, "\n\n\n") {
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return text
}
