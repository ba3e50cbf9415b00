package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/send"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

// run is the program: it returns the exit code.
func run(e *env) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e.errorf("please report it with the text above", "smtpspec itself went wrong: %v\n%s", r, debug.Stack())
			code = runner.ExitInternal
		}
	}()
	return e.exitCode(dispatch(newApp(e), e.args))
}

// dispatch calls the command that the arguments name. The package's own App.Run is not for us: it takes flags behind a path for paths, and
// brings templates and a Markdown parser into the binary, 1.6 MB.
func dispatch(app *cli.App, args []string) error {
	if len(args) < 2 || args[1] == "-h" || args[1] == "--help" {
		fmt.Fprint(app.Writer, appHelp(app))
		return nil
	}
	var cmd *cli.Command
	for _, c := range app.Commands {
		if c.Name == args[1] {
			cmd = c
		}
	}
	switch {
	case cmd == nil && strings.HasPrefix(args[1], "-"):
		return usage("the command comes first, as in smtpspec run --target demo", "%s stands where a command is expected", args[1])
	case cmd == nil:
		return unknownCommand(app, args[1])
	}
	set, err := flagSet(cmd)
	if err == nil {
		args, err = arrange(cmd, args[2:])
	}
	if err == nil {
		err = set.Parse(args)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(app.Writer, commandHelp(cmd))
		return nil
	case err != nil:
		return err
	}
	c := cli.NewContext(app, set, nil)
	c.Command = cmd
	return cmd.Action(c)
}

// flagSet makes the flags of a command, with what the environment gives.
func flagSet(cmd *cli.Command) (*flag.FlagSet, error) {
	set := flag.NewFlagSet(cmd.Name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range cmd.Flags {
		if err := f.Apply(set); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// texts are the values of a flag that may be repeated. A comma parts nothing: --set k=a,b is one value.
type texts []string

// String implements cli.Generic.
func (t *texts) String() string { return strings.Join(*t, " ") }

// Set implements cli.Generic.
func (t *texts) Set(value string) error {
	*t = append(*t, value)
	return nil
}

// given are the values that a flag was given.
func given(c *cli.Context, name string) []string {
	t, ok := c.Generic(name).(*texts)
	if !ok {
		return nil
	}
	return *t
}

// exitCode says what went wrong and gives the code that design and docs/reports.md name.
func (e *env) exitCode(err error) int {
	var exit exitError
	var ue *usageError
	var le *luaapi.LoadError
	var pe *runner.PathError
	var se *runner.SelectError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &le):
		e.loadProblems(le)
		return runner.ExitLoad
	case errors.As(err, &ue):
		e.errorf(cmp.Or(ue.hint, "smtpspec "+e.command()+"--help lists the flags"), "%s", ue.text)
	case errors.As(err, &pe):
		e.errorf(pe.Hint, "%s", pe.Text)
	case errors.As(err, &se):
		e.errorf("smtpspec list shows what there is", "%s", se.Text)
	default:
		e.errorf("", "%s", flagProblem(err))
	}
	if len(e.args) > 1 && e.args[1] == "send" {
		return send.ExitUsage // as swaks has it
	}
	return runner.ExitUsage
}

// command is the command that was called, with a space, or nothing.
func (e *env) command() string {
	if len(e.args) < 2 || strings.HasPrefix(e.args[1], "-") {
		return ""
	}
	return e.args[1] + " "
}

func (e *env) loadProblems(le *luaapi.LoadError) {
	for _, p := range le.Problems {
		e.errorf(p.Hint, "%s", p)
	}
}

func newApp(e *env) *cli.App {
	return &cli.App{
		Name:    "smtpspec",
		Usage:   "run scenario files, written in Lua, against mail servers",
		Version: version(),
		Writer:  e.stdout,
		Commands: []*cli.Command{runCommand(e), listCommand(e), initCommand(e), checkCommand(e), reportCommand(e), explainCommand(e), knownCommand(e), probeCommand(e), sendCommand(e), talkCommand(e), recordCommand(e), importCommand(e), serveCommand(e), docCommand(e), stubsCommand(e),
			completionCommand(e), manCommand(e), workerCommand(e), versionCommand(e)},
	}
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, cmd := range app.Commands {
		names = append(names, cmd.Name)
	}
	hint := "smtpspec --help lists the commands"
	if strings.HasSuffix(name, ".lua") {
		hint = "smtpspec run " + name + " runs it"
	}
	return usage(hint, "unknown command %q%s", name, spell.Hint(name, names))
}

// flagProblem puts the flag package's complaint into our words.
func flagProblem(err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return "--" + strings.TrimLeft(rest, "-") + " needs a value"
	}
	if rest, ok := strings.CutPrefix(text, "invalid value "); ok {
		value, tail, _ := strings.Cut(rest, " for flag -")
		name, why, _ := strings.Cut(tail, ": ")
		if why == "parse error" {
			why = "not of the kind that it takes"
		}
		return "--" + name + ": " + value + ": " + why
	}
	if m := badVariable.FindStringSubmatch(text); m != nil {
		return m[2] + ": " + m[1] + " is not of the kind that --" + m[3] + " takes"
	}
	return text
}

// badVariable is what the flag package says of a variable of the environment.
var badVariable = regexp.MustCompile(`^could not parse (".*") as .* value from environment variable "(\w+)" for flag ([\w-]+): `)

// arrange puts the flags of a command before its paths, since the flag package stops at the first path, under their first names, and refuses
// those that do not exist with the nearest that does.
func arrange(cmd *cli.Command, args []string) ([]string, error) {
	known, names := flagsOf(cmd)
	hint := "smtpspec " + cmd.Name + " --help lists the flags"
	var flags, paths []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			paths = append(paths, args[i+1:]...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			paths = append(paths, arg)
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name == "help" || name == "h" {
			return nil, flag.ErrHelp
		}
		f := known[name]
		if f == nil {
			return nil, usage(hint, "unknown flag --%s%s", name, flagHint(name, names))
		}
		flags = append(flags, "--"+f.Names()[0])
		_, isSwitch := f.(*cli.BoolFlag)
		switch {
		case inline:
			flags[len(flags)-1] += "=" + value
		case isSwitch:
		case i+1 >= len(args):
			return nil, usage(hint, "--%s needs a value", name)
		default:
			i++
			flags = append(flags, args[i])
		}
	}
	return append(append(flags, "--"), paths...), nil
}

func flagHint(name string, names []string) string {
	if near, ok := spell.Nearest(name, names); ok {
		return " (did you mean --" + near + "?)"
	}
	return ""
}

// flagsOf are the flags of a command by each of their names.
func flagsOf(cmd *cli.Command) (known map[string]cli.Flag, names []string) {
	known = map[string]cli.Flag{}
	for _, f := range cmd.Flags {
		for _, n := range f.Names() {
			known[n] = f
			names = append(names, n)
		}
	}
	return known, names
}
