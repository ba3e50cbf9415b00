package scenarios_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/scenarios"
)

func TestCatalogue(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range scenarios.Catalogue() {
		if ids[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		ids[r.ID] = true
		for what, text := range map[string]string{"group": r.Group, "why": r.Why, "section": r.Section, "text": r.Text, "send": r.Send, "conforms": r.Conforms, "violates": r.Violates} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", r.ID, what)
			}
		}
	}
	if len(ids) != 659 {
		t.Errorf("%d requirements, want 659", len(ids))
	}
}

// all are the scenarios of all suites.
func all(t *testing.T) []*runner.Job {
	t.Helper()
	lang := luaapi.New()
	lang.Ship(scenarios.FS)
	files, err := runner.Discover([]string{"builtin:all"}, runner.Where{Shipped: scenarios.FS})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := runner.Load(context.Background(), &runner.Config{Lang: lang, Secrets: &wire.Secrets{}}, files)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Jobs
}

// Each scenario of the suites is one of the catalogue, at its level, and is in a suite.
func TestScenariosAreOfTheCatalogue(t *testing.T) {
	levels := map[string]string{}
	for _, r := range scenarios.Catalogue() {
		levels[r.ID] = r.Level
	}
	jobs := all(t)
	for _, j := range jobs {
		d := j.Decl
		switch level, ok := levels[d.ID]; {
		case !ok:
			t.Errorf("%s:%d: %q is no id of the catalogue", j.Key.File, d.Line, d.ID)
		case level != d.Level:
			t.Errorf("%s:%d: %s has the level %s, and in the catalogue %s", j.Key.File, d.Line, d.ID, d.Level, level)
		case len(d.Tags) == 0 || len(d.Refs) == 0:
			t.Errorf("%s:%d: %s has no tags, or no refs", j.Key.File, d.Line, d.ID)
		}
	}
	t.Logf("%d of %d requirements are checked", len(jobs), len(levels))
	if len(jobs) < 580 {
		t.Errorf("%d scenarios are not nearly six hundred, as the README says", len(jobs))
	}
}

// docs/matrix.md is of the scenarios that there are.
func TestMatrixIsNotStale(t *testing.T) {
	page, err := os.ReadFile("../docs/matrix.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\S+-\S+) `).FindAllStringSubmatch(strings.ReplaceAll(string(page), `\`, ""), -1) {
		rows[m[1]] = true
	}
	for _, j := range all(t) {
		if !rows[j.Decl.ID] {
			t.Errorf("docs/matrix.md lacks %s: .ci/matrix and .ci/picture make it anew", j.Decl.ID)
		}
		delete(rows, j.Decl.ID)
	}
	for id := range rows {
		t.Errorf("docs/matrix.md has %s, which is no scenario", id)
	}
}
