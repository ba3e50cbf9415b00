package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// helpFlags is the column that the descriptions of flags begin in; helpWidth is how wide a line may be.
const (
	helpFlags = 30
	helpWidth = 100
)

// appHelp lists the commands.
func appHelp(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nusage: %s COMMAND [FLAG…] [PATH…]\n\nCommands:\n", app.Name, app.Usage, app.Name)
	for _, cmd := range app.VisibleCommands() {
		fmt.Fprintf(&b, "  %-11s %s\n", cmd.Name, cmd.Usage)
	}
	b.WriteString("\nsmtpspec COMMAND --help lists the flags of a command.\n")
	return b.String()
}

// commandHelp tells how to call a command, with its flags.
func commandHelp(cmd *cli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "smtpspec %s: %s\n\nusage: smtpspec %s", cmd.Name, cmd.Usage, cmd.Name)
	if len(cmd.Flags) > 0 {
		b.WriteString(" [FLAG…]")
	}
	if cmd.ArgsUsage != "" {
		b.WriteString(" " + cmd.ArgsUsage)
	}
	b.WriteByte('\n')
	if cmd.Description != "" {
		fmt.Fprintf(&b, "\n%s\n", cmd.Description)
	}
	if len(cmd.Flags) > 0 {
		where := "Flags"
		if strings.HasSuffix(cmd.ArgsUsage, "…") && !strings.HasPrefix(cmd.ArgsUsage, "[") {
			where += " may stand before and behind the paths"
		}
		fmt.Fprintf(&b, "\n%s:\n", where)
		for _, f := range cmd.Flags {
			b.WriteString(flagHelp(f))
		}
	}
	if slices.ContainsFunc(cmd.Flags, hasVariable) {
		b.WriteString("\nThe environment can give a flag of one value: SMTPSPEC_REPLY_TIMEOUT for --reply-timeout.\n")
	}
	return b.String()
}

// hasVariable tells whether the environment can give a flag.
func hasVariable(f cli.Flag) bool {
	doc, ok := f.(cli.DocGenerationFlag)
	return ok && len(doc.GetEnvVars()) > 0
}

func flagHelp(f cli.Flag) string {
	left, usage := flagWords(f)
	indent := "  "
	if strings.HasPrefix(left, "--") {
		indent = "      "
	}
	left = indent + left
	return left + wrap(usage, len([]rune(left))) + "\n"
}

// flagWords are a flag's names with what stands for its value, and its description.
func flagWords(f cli.Flag) (names, text string) {
	var all []string
	for _, n := range f.Names() {
		if len(n) == 1 {
			all = append([]string{"-" + n}, all...)
		} else {
			all = append(all, "--"+n)
		}
	}
	names = strings.Join(all, ", ")
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return names, ""
	}
	value, text := placeholder(doc.GetUsage())
	if doc.TakesValue() {
		names += " " + value
	}
	return names, text
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
