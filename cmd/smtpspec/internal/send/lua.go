package send

import (
	"fmt"
	"io"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// WriteLua writes the plan as a scenario file. The comment says in its first lines how to run it. The error is a *script.TooLongError, or out's.
func (p *Plan) WriteLua(out io.Writer, comment []string) error {
	var b strings.Builder
	for _, line := range comment {
		b.WriteString("-- " + line + "\n")
	}
	options := ""
	if p.Auth != nil && !p.Auth.NoSecret {
		options = map[bool]string{true: `{ requires = { "token" } }, `, false: `{ requires = { "password" } }, `}[p.Auth.Token]
	}
	fmt.Fprintf(&b, "\nscenario(%s, %sfunction()\n", script.Quote(p.name()), options)
	pieces, _ := p.script(false)
	for _, piece := range pieces {
		b.WriteString(indented(piece.lua))
	}
	b.WriteString("end)\n")
	if b.Len() > script.MaxSource {
		return &script.TooLongError{Bytes: b.Len()}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// name is what the scenario is called.
func (p *Plan) name() string {
	if s := p.Stop; s.How != 0 {
		return "stops after " + string(s.After)
	}
	if len(p.To) > 1 {
		return fmt.Sprintf("a message to %s and %d more", p.To[0], len(p.To)-1)
	}
	return "a message to " + p.To[0]
}

// indented is a piece as it stands in the scenario. The lines of a long string stay where they are.
func indented(lua string) string {
	var b strings.Builder
	closing := ""
	for line := range strings.SplitSeq(lua, "\n") {
		if closing == "" && line != "" {
			b.WriteString("  ")
		}
		b.WriteString(line + "\n")
		closing = stillOpen(line, closing)
	}
	return b.String()
}

// stillOpen is the bracket that ends the long string that goes on after a line, "" for none.
func stillOpen(line, closing string) string {
	if closing != "" {
		if strings.Contains(line, closing) {
			return ""
		}
		return closing
	}
	head := strings.TrimRight(line, "[")
	if len(line)-len(head) == 2 {
		return "]]"
	}
	if head, ok := strings.CutSuffix(line, "["); ok {
		level := len(head) - len(strings.TrimRight(head, "="))
		if level > 0 && strings.HasSuffix(head[:len(head)-level], "[") {
			return "]" + strings.Repeat("=", level) + "]"
		}
	}
	return ""
}
