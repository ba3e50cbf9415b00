package main

import (
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/scenarios"
	"github.com/urfave/cli/v2"
)

func explainCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "say what a check of the built-in suites requires, and which scenario it is", ArgsUsage: "ID",
		Description: "ID is the stable name that a report shows, such as rfc5321-4.1.1.5-rset-clears, or the beginning of several.",
		Action:      func(c *cli.Context) error { return explain(e, c) },
	}
}

func explain(e *env, c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("as in smtpspec explain rfc5321-4.1.1.5-rset-clears", "the id of one check is expected, got %d", c.NArg())
	}
	id := c.Args().First()
	var begin []scenarios.Requirement
	var ids []string
	for _, r := range scenarios.Catalogue() {
		if r.ID == id {
			return e.explain(c, r)
		}
		if strings.HasPrefix(r.ID, id) {
			begin = append(begin, r)
		}
		ids = append(ids, r.ID)
	}
	if len(begin) == 0 {
		return usage("smtpspec list builtin:all shows those that are checked", "there is no check with the id %q%s", id, spell.Hint(id, ids))
	}
	for _, r := range begin {
		fmt.Fprintf(e.stdout, "%-40s %-8s %s\n", r.ID, r.Level, r.Text)
	}
	return nil
}

// explain says all that is known of a requirement.
func (e *env) explain(c *cli.Context, r scenarios.Requirement) error {
	where, err := scenarioOf(c, r.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s\n\n%s\n\n", r.ID, r.Text)
	for _, row := range [][2]string{{"level", levels[r.Level]}, {"why", r.Why}, {"group", r.Group}, {"section", r.Section}, {"send", r.Send}, {"conforms", r.Conforms}, {"violates", r.Violates},
		{"needs", r.Needs}, {"skipped", r.Skip}, {"scenario", where}} {
		if row[1] != "-" && row[1] != "" {
			fmt.Fprintf(e.stdout, "%-9s %s\n", row[0], row[1])
		}
	}
	if short().MatchString(r.Send + r.Conforms + r.Violates) {
		fmt.Fprintf(e.stdout, "\n%s\n", scenarios.Notation)
	}
	return nil
}

// levels are what the levels of a scenario mean for a server that breaks the requirement.
var levels = map[string]string{
	"must":     "must: RFC 2119's MUST; a failure",
	"required": "required: stated as a fact, or by the grammar; a failure",
	"should":   "should: RFC 2119's SHOULD; a warning",
	"may":      "may: left to the server; a note",
	"security": "security: a known attack; a failure",
	"ops":      "ops: a matter of deployment; a warning",
}

// short finds the words of scenarios.Notation.
var short = lazyregexp.New(`\b[STA][0-4]\b|\$(?:S|V2?|I|R|D)\b|\bfetch\b`)

// scenarioOf is where the scenario of a check is declared, "" where it has none.
func scenarioOf(c *cli.Context, id string) (string, error) {
	cfg := &runner.Config{Lang: language(), Secrets: &wire.Secrets{}, Vars: luaapi.NewVars()}
	files, err := runner.Discover([]string{luaapi.ShippedRoot + "all"}, runner.Where{Shipped: scenarios.FS})
	if err != nil {
		return "", err
	}
	plan, err := runner.Load(c.Context, cfg, files)
	if err != nil {
		return "", err
	}
	for _, j := range plan.Jobs {
		if j.Decl.ID == id {
			return fmt.Sprintf("%s:%d  %s", j.Key.File, j.Decl.Line, j.Decl.Name), nil
		}
	}
	return "none: it is not checked", nil
}
