package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

func listCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the scenarios that run would run", ArgsUsage: "PATH…",
		Flags:  append(fromEnvironment(planFlags()), &cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"}),
		Action: func(c *cli.Context) error { return listScenarios(e, c) },
	}
}

// listed is a scenario in list --format json.
type listed struct {
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Suite      string   `json:"suite"`
	Name       string   `json:"name"`
	ID         string   `json:"id,omitempty"`
	Level      string   `json:"level"`
	Tags       []string `json:"tags"`
	Refs       []string `json:"refs"`
	Requires   []string `json:"requires"`
	Target     string   `json:"target,omitempty"`
	KnownIssue string   `json:"known_issue,omitempty"`
	Skip       string   `json:"skip,omitempty"`       // the fact for want of which it would be skipped
	Unresolved string   `json:"unresolved,omitempty"` // the fact or variable that the file needs to declare its scenarios
}

func listScenarios(e *env, c *cli.Context) error {
	format := c.String("format")
	if format != "text" && format != "json" {
		return usage("write --format text or json", "--format: %q is not one of text, json", format)
	}
	s, err := newSetup(e, c)
	if err != nil {
		return err
	}
	defer s.close()
	if _, given := e.getenv("GOGC"); !given {
		luaapi.CollectLate()
	}
	plan, err := s.plan()
	if err != nil {
		return err
	}
	if format == "json" {
		err = s.listJSON(plan)
	} else {
		listText(e, plan, len(s.cfg.Targets) > 1)
	}
	if err == nil && len(plan.Jobs) == 0 {
		return exitError(runner.ExitNothing)
	}
	return err
}

func (s *setup) listJSON(plan *runner.Plan) error {
	out := make([]listed, len(plan.Jobs))
	for i, j := range plan.Jobs {
		d := j.Decl
		out[i] = listed{File: j.Key.File, Line: d.Line, Suite: s.cfg.Secrets.Text(d.Suite), Name: j.Key.Name, ID: d.ID, Level: d.Level, Tags: list(d.Tags), Refs: list(d.Refs),
			Requires: list(d.Requires), Target: j.Key.Target, KnownIssue: s.cfg.Secrets.Text(d.KnownIssue), Skip: missing(j), Unresolved: d.Unresolved}
	}
	enc := json.NewEncoder(s.e.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// missing is why a scenario would be skipped, as far as that is known without asking the server.
func missing(j *runner.Job) string {
	if j.Target == nil || j.Withheld != "" {
		return j.Withheld
	}
	return j.Decl.MissingFact(j.Target)
}

func listText(e *env, plan *runner.Plan, targets bool) {
	var b strings.Builder
	skipped := 0
	for _, j := range plan.Jobs {
		d := j.Decl
		fmt.Fprintf(&b, "%s:%d  %s", j.Key.File, d.Line, event.Safe(j.Key.Name))
		if d.ID != "" {
			fmt.Fprintf(&b, "  #%s", d.ID)
		}
		if len(d.Tags) > 0 {
			fmt.Fprintf(&b, "  (%s)", strings.Join(d.Tags, ", "))
		}
		if targets {
			fmt.Fprintf(&b, "  [%s]", j.Key.Target)
		}
		if d.Unresolved != "" {
			fmt.Fprintf(&b, "  needs %s to say what it declares", d.Unresolved)
		}
		if skip := missing(j); skip != "" {
			fmt.Fprintf(&b, "  skipped: %s", skip)
			skipped++
		}
		b.WriteByte('\n')
	}
	b.WriteString(count(len(plan.Jobs), "scenario"))
	if skipped > 0 {
		fmt.Fprintf(&b, ", %d of which would be skipped", skipped)
	}
	b.WriteByte('\n')
	fmt.Fprint(e.stdout, b.String())
}
