package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpFlags is the column that the descriptions of flags begin in; helpWidth is how wide a line may be.
const (
	helpFlags = 30
	helpWidth = 100
)

// withHelp gives a command our own help: the package's names a flag that may be repeated twice, and tells that a switch is
// off by default.
func withHelp(cmd *cli.Command) *cli.Command {
	var b strings.Builder
	fmt.Fprintf(&b, "smtpspec %s: %s\n\nusage: smtpspec %s", cmd.Name, cmd.Usage, cmd.Name)
	if len(cmd.Flags) > 0 {
		b.WriteString(" [FLAG…]")
	}
	fmt.Fprintf(&b, " %s\n", cmd.ArgsUsage)
	if cmd.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", cmd.Description)
	}
	if len(cmd.Flags) > 0 {
		b.WriteString("\nFlags may stand before and behind the paths:\n")
		for _, f := range cmd.Flags {
			b.WriteString(flagHelp(f))
		}
		b.WriteString("\nThe environment can give a flag of one value: SMTPSPEC_REPLY_TIMEOUT for --reply-timeout.\n")
	}
	cmd.CustomHelpTemplate = strings.ReplaceAll(b.String(), "{{", `{{"{{"}}`)
	return cmd
}

func flagHelp(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	value, usage := placeholder(doc.GetUsage())
	if !doc.TakesValue() {
		value = ""
	}
	var names []string
	for _, n := range f.Names() {
		if len(n) == 1 {
			names = append([]string{"-" + n}, names...)
		} else {
			names = append(names, "--"+n)
		}
	}
	left := strings.Join(names, ", ")
	if len(names) == 1 {
		left = "    " + left
	}
	left = strings.TrimRight("  "+left+" "+value, " ")
	return left + wrap(usage, len([]rune(left))) + "\n"
}

// placeholder takes the word in backquotes out of a flag's description: it stands for the value.
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	if !ok {
		return "VALUE", usage
	}
	value, after, _ := strings.Cut(rest, "`")
	return value, before + value + after
}

// wrap puts text into the column of descriptions, behind a left part of some length.
func wrap(text string, left int) string {
	var b strings.Builder
	indent := "\n" + strings.Repeat(" ", helpFlags)
	if left+2 > helpFlags {
		b.WriteString(indent)
	} else {
		b.WriteString(strings.Repeat(" ", helpFlags-left))
	}
	at := helpFlags
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i > 0 && at+1+n > helpWidth:
			b.WriteString(indent)
			at = helpFlags
		case i > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}
