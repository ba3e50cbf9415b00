package bind

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// markdownIntro stands before the sections of the page. The types are those of signatures.
const markdownIntro = `# Reference

Everything that a scenario file can name. [Writing scenarios](writing-scenarios.md) is the tutorial, and every example
here is run by the project's tests on the built-in demo server. ` + "`smtpspec doc NAME`" + ` shows the same in a terminal,
and ` + "`smtpspec stubs DIR`" + ` gives it to editors.

In signatures ` + "`name?: type`" + ` may be left out, ` + "`a|b`" + ` is either, ` + "`type[]`" + ` a list, and ` + "`type?`" + ` may be nil. A ` + "`duration`" + ` is a
number of seconds, or text such as ` + "`\"250ms\"`" + `, ` + "`\"30s\"`" + ` or ` + "`\"2m\"`" + `. An argument that is missing, of another type or one too
many is an error that names it, and so is an option that does not exist.
`

// Markdown is the whole reference as one page. Command is what writes it.
func (ref *Reference) Markdown(command string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written by %s; do not edit. -->\n\n%s\n", command, markdownIntro)
	for _, s := range ref.Sections {
		paragraph(&b, "- ", fmt.Sprintf("[%s](#%s): %s", sectionTitle(s), anchor(sectionTitle(s)), prose(firstSentence(s.Doc))))
	}
	b.WriteString("- [Lua's own](#luas-own)\n")
	for _, s := range ref.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n", sectionTitle(s))
		ref.markdown(&b, s)
		for _, m := range s.Members {
			if m.fn != nil {
				fmt.Fprintf(&b, "\n### %s\n\n", m.Title)
				ref.markdown(&b, m)
			}
		}
	}
	ref.markdownLua(&b)
	return b.String()
}

func sectionTitle(e *Entry) string {
	if e.Name == "" {
		return "Global functions"
	}
	return e.Name
}

// anchor is the link that GitHub makes of a heading.
func anchor(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// markdown writes what is beneath an entry's heading.
func (ref *Reference) markdown(b *strings.Builder, e *Entry) {
	for _, s := range append([]string{e.Signature}, e.Also...) {
		if s != "" {
			fmt.Fprintf(b, "    %s\n", s)
		}
	}
	if e.Signature != "" {
		b.WriteByte('\n')
	}
	paragraph(b, "", prose(e.Doc))
	for _, t := range e.Text {
		paragraph(b, "\n", prose(t))
	}
	if len(e.Params)+len(e.Returns) > 0 {
		b.WriteByte('\n')
	}
	ref.markdownItems(b, e.Params, "")
	ref.markdownItems(b, e.Returns, "Gives ")
	if e.Fails != "" {
		paragraph(b, "\n", "Fails: "+prose(e.Fails))
	}
	if e.Refs != "" {
		paragraph(b, "\n", "See "+e.Refs+".")
	}
	e.markdownRows(b, KindField, "field", "type", "meaning")
	e.markdownRows(b, KindOption, "option", "type", "default", "meaning")
	if e.Example.Text != "" {
		b.WriteByte('\n')
		if e.Example.With != "" {
			fmt.Fprintf(b, "<!-- %s -->\n", e.Example.With)
		}
		fmt.Fprintf(b, "```lua\n%s\n```\n", e.Example.Text)
	}
}

func (ref *Reference) markdownItems(b *strings.Builder, items []Item, before string) {
	for _, i := range items {
		text := before
		if i.Name != "" {
			text += "`" + i.Name + "` "
		}
		text += ref.typeLinks(i.Type)
		if i.Optional && i.Name != "..." {
			text += ", optional"
		}
		if i.Doc != "" {
			text += ": " + prose(i.Doc)
		}
		paragraph(b, "- ", text)
	}
}

// typeLinks is a type whose parts lead to their sections.
func (ref *Reference) typeLinks(typ string) string {
	parts := strings.Split(typ, "|")
	for i, t := range parts {
		parts[i] = "`" + t + "`"
		if s := ref.names[strings.TrimSuffix(strings.TrimSuffix(t, "?"), "[]")]; s != nil && s.fn == nil {
			parts[i] = "[" + parts[i] + "](#" + anchor(s.Name) + ")"
		}
	}
	return strings.Join(parts, " or ")
}

// paragraph writes text in lines of 118 characters, as the other pages have them. What begins with "- " is indented.
func paragraph(b *strings.Builder, before, text string) {
	indent := 0
	if before == "- " {
		indent = 2
	}
	p := newPage(TextOptions{Width: 118})
	p.fill(indent, text)
	b.WriteString(before + p.String()[indent:])
}

// markdownRows writes the members of a kind as a table.
func (e *Entry) markdownRows(b *strings.Builder, kind Kind, columns ...string) {
	first := true
	for _, m := range e.Members {
		if m.Kind != kind {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
			first = false
		}
		name := m.Name[len(e.Name)+1:]
		cells := []string{"`" + name + "`", "`" + m.Type + "`"}
		if kind == KindOption {
			cells = append(cells, prose(m.Default))
		}
		cells = append(cells, prose(m.Doc))
		fmt.Fprintf(b, "| %s |\n", strings.ReplaceAll(strings.Join(cells, " | "), "string|", `string\|`))
	}
}

// prose keeps Markdown from taking what is text for markup.
func prose(text string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`).Replace(text)
}

// markdownLua lists what Lua has and what it lacks here.
func (ref *Reference) markdownLua(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Lua's own\n\nLua is 5.1; its [manual](%s) tells what these do:\n\n", luaManual)
	for _, library := range slices.Sorted(maps.Keys(ref.Around.Lua)) {
		name := "- "
		if library != "" {
			name = "- `" + library + "`: "
		}
		fmt.Fprintf(b, "%s`%s`\n", name, strings.Join(ref.Around.Lua[library], "`, `"))
	}
	b.WriteString("\nWho uses one of these is told what to do instead:\n\n")
	for _, name := range slices.Sorted(maps.Keys(ref.Around.Absent)) {
		fmt.Fprintf(b, "- `%s` %s\n", name, prose(ref.Around.Absent[name]))
	}
	if len(ref.later) > 0 {
		fmt.Fprintf(b, "\nReserved for later versions: `%s`.\n", strings.Join(slices.Sorted(maps.Keys(ref.later)), "`, `"))
	}
}
