package main

import (
	"cmp"
	"errors"
	"flag"
	"io"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

// run is the program: it returns the exit code.
func run(e *env) (code int) {
	app := newApp(e)
	defer func() {
		if r := recover(); r != nil {
			e.errorf("please report it with the text above", "smtpspec itself went wrong: %v\n%s", r, debug.Stack())
			code = runner.ExitInternal
		}
	}()
	args, err := arrange(app, e.args)
	if err == nil {
		err = app.Run(args)
	}
	return e.exitCode(err)
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
		Name:                      "smtpspec",
		Usage:                     "run scenario files, written in Lua, against mail servers",
		Version:                   version(),
		HideVersion:               true,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true, // --set k=a,b is one value
		Writer:                    e.stdout,
		ErrWriter:                 e.stderr,
		Reader:                    e.stdin,
		Commands: []*cli.Command{withHelp(runCommand(e)), withHelp(listCommand(e)), withHelp(checkCommand(e)),
			withHelp(versionCommand(e))},
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return unknownCommand(c.App, c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
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

func onUsageError(c *cli.Context, err error, _ bool) error {
	where := "smtpspec"
	if c.Command != nil && c.Command.Name != "" {
		where = "smtpspec " + c.Command.Name
	}
	return usage(where+" --help lists the flags", "%s", flagProblem(err))
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

// arrange puts the flags of a command before its paths, since the flag package stops at the first path, and refuses flags that do
// not exist with the nearest that does.
func arrange(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	var cmd *cli.Command
	for _, c := range app.Commands {
		if c.Name == args[1] {
			cmd = c
		}
	}
	if cmd == nil {
		return args, nil
	}
	takes, names := flagsOf(cmd)
	var flags, paths []string
	for i := 2; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			paths = append(paths, args[i+1:]...)
			i = len(args)
		case !strings.HasPrefix(arg, "-") || arg == "-":
			paths = append(paths, arg)
		default:
			name, _, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
			value, known := takes[name]
			if !known {
				return nil, usage("smtpspec "+cmd.Name+" --help lists the flags", "unknown flag --%s%s", name, flagHint(name, names))
			}
			flags = append(flags, arg)
			if value && !inline {
				if i++; i >= len(args) {
					return nil, usage("smtpspec "+cmd.Name+" --help lists the flags", "--%s needs a value", name)
				}
				flags = append(flags, args[i])
			}
		}
	}
	out := append([]string{args[0], args[1]}, flags...)
	return append(append(out, "--"), paths...), nil
}

func flagHint(name string, names []string) string {
	if near, ok := spell.Nearest(name, names); ok {
		return " (did you mean --" + near + "?)"
	}
	return ""
}

// flagsOf tells of each flag of a command whether it takes a value.
func flagsOf(cmd *cli.Command) (takes map[string]bool, names []string) {
	takes = map[string]bool{"help": false, "h": false}
	for _, f := range cmd.Flags {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		_ = f.Apply(set) // a default that does not parse would be a fault that every run shows
		_, isBool := f.(*cli.BoolFlag)
		for _, n := range f.Names() {
			takes[n] = !isBool
			names = append(names, n)
		}
	}
	return takes, names
}
