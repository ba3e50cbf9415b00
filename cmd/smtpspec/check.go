package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/report"
	"github.com/urfave/cli/v2"
)

func checkCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "parse, load and lint scenario files, without a network", ArgsUsage: "PATH…",
		Description: "Finds unknown names, \\x escapes, accidental globals, names and ids declared twice, scenarios without an expectation, and what an import left out.",
		Flags:       append(fromEnvironment(loadFlags()), &cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or github", Value: "text"}),
		Action:      func(c *cli.Context) error { return checkFiles(e, c) },
	}
}

func checkFiles(e *env, c *cli.Context) error {
	format := c.String("format")
	if format != "text" && format != "github" {
		return usage("write --format text or github", "--format: %q is not one of text, github", format)
	}
	s, err := newSetup(e, c)
	if err != nil {
		return err
	}
	defer s.close()
	problems, err := s.problems()
	if err != nil {
		return err
	}
	wrong := 0
	for _, p := range problems {
		if !p.Warning {
			wrong++
		}
		if format == "github" {
			fmt.Fprintln(e.stdout, annotation(p))
		} else {
			fmt.Fprintln(e.stdout, problemText(p))
		}
	}
	fmt.Fprintf(e.stderr, "%s checked: %s, %s\n", count(len(s.files), "file"), count(wrong, "problem"), count(len(problems)-wrong, "warning"))
	switch {
	case wrong > 0:
		return exitError(runner.ExitLoad)
	case len(s.files) == 0:
		return exitError(runner.ExitNothing)
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// problems loads every file and lints those that load.
func (s *setup) problems() ([]luaapi.Problem, error) {
	loader := s.lang.NewLoader(nil)
	var all []luaapi.Problem
	for _, found := range s.files {
		f, err := loader.Load(found.Path, found.Place)
		var le *luaapi.LoadError
		switch {
		case errors.As(err, &le):
			all = append(all, le.Problems...)
		case err != nil:
			return nil, err
		default:
			all = append(all, f.Lint()...)
		}
	}
	_, err := runner.Load(s.c.Context, s.cfg, s.files)
	var le *luaapi.LoadError
	if !errors.As(err, &le) {
		return all, err
	}
	for _, p := range le.Problems {
		if !reported(all, p) {
			all = append(all, p)
		}
	}
	return all, nil
}

// reported tells whether lint found the same: it names the line of a name that does not exist, and so does the load that
// stumbled over it.
func reported(all []luaapi.Problem, p luaapi.Problem) bool {
	for _, q := range all {
		if q.Position.File == p.Position.File && q.Position.Line == p.Position.Line && !q.Warning {
			return true
		}
	}
	return false
}

func problemText(p luaapi.Problem) string {
	kind := ""
	if p.Warning {
		kind = "warning: "
	}
	text := p.String()
	at := strings.Index(text, ": ")
	text = text[:at+2] + kind + text[at+2:]
	if p.Hint != "" {
		text += "\n    " + p.Hint
	}
	return text
}

// annotation is a workflow command of GitHub Actions.
func annotation(p luaapi.Problem) string {
	level := "error"
	if p.Warning {
		level = "warning"
	}
	text := p.Message
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return report.Annotation{Level: level, File: p.Position.File, Line: max(1, p.Position.Line), Column: p.Position.Column, Message: text}.String()
}
