package report

import (
	"fmt"
	"strings"
)

// yaml writes the mapping of a TAP diagnostic. What it is given has passed Safe or Visible, so there are no control
// characters in it, no tabs and no line ends.
type yaml struct {
	b      strings.Builder
	indent string
}

func (y *yaml) line(s string) { y.b.WriteString(y.indent + s + "\n") }

// plain writes a value that needs no quotes.
func (y *yaml) plain(name, value string) { y.line(name + ": " + value) }

func (y *yaml) text(name, value string) {
	if value != "" {
		y.plain(name, quoted(value))
	}
}

// block writes text of one line as a string, of several as a literal.
func (y *yaml) block(name string, lines []string) {
	if len(lines) == 1 {
		y.plain(name, quoted(lines[0]))
		return
	}
	y.literal(name, lines)
}

// literal writes lines as they are. Their indentation is named where the first begins with spaces of its own, and nowhere
// else, for Perl's harness knows no number there.
func (y *yaml) literal(name string, lines []string) {
	if len(lines) == 0 {
		return
	}
	mark := "|"
	if lines[0] == "" || lines[0][0] == ' ' {
		mark = "|2"
	}
	y.line(name + ": " + mark)
	for _, l := range lines {
		y.line("  " + l)
	}
}

func (y *yaml) list(name string, n int, item func(i int) string) {
	if n <= 0 {
		return
	}
	y.line(name + ":")
	for i := range n {
		y.line("  - " + quoted(item(i)))
	}
}

var yamlEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quoted is a double-quoted scalar (YAML 1.2 7.3.1).
func quoted(s string) string { return fmt.Sprintf(`"%s"`, yamlEscapes.Replace(s)) }
