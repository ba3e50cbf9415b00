package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

// manCommand prints the manual page, for who packages the program. The roff is our own: what the flag package has for it would
// bring a Markdown parser into the binary.
func manCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page, in roff", Hidden: true,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("as in smtpspec man > smtpspec.1", "no argument is expected, got %d", c.NArg())
			}
			fmt.Fprint(e.stdout, manPage(c.App, e.now().Format(time.DateOnly)))
			return nil
		},
	}
}

// exitCodes are what the program ends with.
var exitCodes = []struct {
	code int
	text string
}{
	{runner.ExitPassed, "Everything passed."},
	{runner.ExitFailed, "A scenario failed."},
	{runner.ExitUsage, "A flag, a target or the configuration is wrong."},
	{runner.ExitLoad, "A scenario file does not load, or check found a problem."},
	{runner.ExitErrors, "There were only errors, such as a server that does not answer."},
	{runner.ExitNothing, "Nothing was tested: no scenario was selected, or all were skipped."},
	{runner.ExitIncomplete, "A report is incomplete."},
	{runner.ExitInternal, "smtpspec itself went wrong."},
	{runner.ExitInterrupted, "The run was interrupted (SIGINT)."},
	{runner.ExitTerminated, "The run was terminated (SIGTERM)."},
}

// roff is a manual page that is being written (man 7).
type roff struct{ strings.Builder }

// text writes words as they are: backslashes, hyphens, quotes, and a dot that begins a line mean something in roff.
func (r *roff) text(s string) {
	line := ""
	flush := func() {
		if line = roffEscape(line); strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		r.WriteString(line + "\n")
		line = ""
	}
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+len(word) > 60 {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}

func roffEscape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...", "'", `\(aq`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`).Replace(s)
}

func (r *roff) section(title string) { r.WriteString(".SH " + title + "\n") }

// item writes a tagged paragraph.
func (r *roff) item(tag, text string) {
	r.WriteString(".TP\n\\fB" + roffEscape(tag) + "\\fR\n")
	r.text(text)
}

func manPage(app *cli.App, date string) string {
	r := &roff{}
	fmt.Fprintf(r, ".TH SMTPSPEC 1 %s %q \"User Commands\"\n", date, roffEscape("smtpspec "+app.Version))
	r.section("NAME")
	r.text("smtpspec - " + app.Usage)
	r.section("SYNOPSIS")
	for i, cmd := range app.VisibleCommands() {
		if i > 0 {
			r.WriteString(".br\n")
		}
		flags := ""
		if len(cmd.Flags) > 0 {
			flags = " [FLAG...]"
		}
		fmt.Fprintf(r, "\\fBsmtpspec %s\\fR%s\n", cmd.Name, roffEscape(strings.TrimRight(flags+" "+cmd.ArgsUsage, " ")))
	}
	r.section("DESCRIPTION")
	r.text("A scenario scripts an SMTP conversation and says what the server must reply. A run tells what passed and what failed, and how to\n" +
		"run just that again. Flags may stand before and behind the paths. A TIME is a number of seconds, or text such as 250ms and 2m.")
	r.section("COMMANDS")
	for _, cmd := range app.VisibleCommands() {
		r.command(cmd)
	}
	r.ends()
	return r.String()
}

// command writes a command with its flags.
func (r *roff) command(cmd *cli.Command) {
	fmt.Fprintf(r, ".SS \"smtpspec %s\"\n", roffEscape(strings.TrimRight(cmd.Name+" "+cmd.ArgsUsage, " ")))
	r.text(strings.ToUpper(cmd.Usage[:1]) + cmd.Usage[1:] + ".")
	if cmd.Description != "" {
		r.text(cmd.Description)
	}
	for _, f := range cmd.Flags {
		names, text := flagWords(f)
		r.item(names, text)
	}
}

// ends writes what concerns all commands.
func (r *roff) ends() {
	r.section(`"EXIT STATUS"`)
	for _, e := range exitCodes {
		r.item(fmt.Sprint(e.code), e.text)
	}
	r.section("ENVIRONMENT")
	r.item("SMTPSPEC_TARGET", "As --target, once.")
	r.item("SMTPSPEC_CONFIG, SMTPSPEC_REPLY_TIMEOUT, ...", "As --config and --reply-timeout: every flag that has one value has a variable.")
	r.item("NO_COLOR", "No colours, when it is not empty.")
	r.section("FILES")
	r.item("smtpspec.lua", "The configuration, in the working directory or above it.")
	r.item(".smtpspec/", "In the working directory: what --last-failed needs. Where stubs was told to write: definitions for editors.")
	r.section("EXAMPLES")
	for _, example := range []string{
		"smtpspec run scenarios --target smtp://127.0.0.1:25", "smtpspec run scenarios --target demo --report junit=results.xml",
		"smtpspec check scenarios", "smtpspec doc c:expect",
	} {
		fmt.Fprintf(r, ".nf\n%s\n.fi\n", roffEscape(example))
	}
}
