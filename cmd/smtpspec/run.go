package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/artifacts"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

func runCommand(e *env) *cli.Command {
	flags := append(planFlags(),
		&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any certificate"},
		&cli.GenericFlag{Value: &texts{}, Name: "allow", Usage: "`HOST[:PORT]` that scripts may connect to besides the target"},
		execFlag(),
		&cli.GenericFlag{Value: &texts{}, Name: "allow-read", Usage: "`DIR` in which scripts may read mailboxes besides the target's"},
		dnsFlag(),
		&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Usage: "run `N` scenarios at once (16)"},
		&cli.IntFlag{Name: "max-connections", Usage: "start no scenario while a target has `N` connections (50)"},
		&cli.StringFlag{Name: "timeout", Usage: "`TIME` that a scenario may take (60s)"},
		&cli.StringFlag{Name: "reply-timeout", Usage: "`TIME` that a reply may take (30s), or rfc for RFC 5321's minutes"},
		&cli.StringFlag{Name: "connect-timeout", Usage: "`TIME` that a connect may take (10s)"},
		&cli.StringFlag{Name: "wait-for-target", Usage: "wait up to `TIME` for a target that does not answer yet"},
		&cli.IntFlag{Name: "retries", Usage: "try a failed scenario again up to `N` times, after all others"},
		&cli.BoolFlag{Name: "fail-fast", Aliases: []string{"x"}, Usage: "start nothing more after the first failure"},
		&cli.IntFlag{Name: "max-failures", Usage: "start nothing more after `N` failures"},
		&cli.BoolFlag{Name: "strict", Usage: "warnings fail the run"},
		&cli.BoolFlag{Name: "fail-on-skip", Usage: "a skipped scenario fails the run"},
		&cli.BoolFlag{Name: "fail-on-flaky", Usage: "a scenario that passed only on a retry fails the run"},
		&cli.StringFlag{Name: "known", Usage: "`FILE` of known deviations: a listed failure is known, and one that passes fails"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would run, and run nothing"},
		&cli.StringFlag{Name: "artifacts", Usage: "keep the transcript of each failure, and a script that shows it again, below `DIR`"},
		&cli.BoolFlag{Name: "no-github", Usage: "add no annotations and no job summary where GitHub Actions runs this"},
	)
	flags = append(flags, reportFlags()...)
	return &cli.Command{
		Name: "run", Usage: "run scenarios and report what passed and failed", ArgsUsage: "PATH…",
		Description: "PATH is a scenario file, file.lua:LINE, a directory or a pattern such as 'scenarios/**/*.lua'.",
		Flags:       fromEnvironment(flags),
		Action:      func(c *cli.Context) error { return runScenarios(e, c) },
	}
}

// fromEnvironment lets SMTPSPEC_REPLY_TIMEOUT stand for --reply-timeout, and so on for every flag that has one value.
func fromEnvironment(flags []cli.Flag) []cli.Flag {
	for _, f := range flags {
		name := "SMTPSPEC_" + strings.ToUpper(strings.ReplaceAll(f.Names()[0], "-", "_"))
		switch f := f.(type) {
		case *cli.StringFlag:
			f.EnvVars = []string{name}
		case *cli.IntFlag:
			f.EnvVars = []string{name}
		case *cli.BoolFlag:
			f.EnvVars = []string{name}
		}
	}
	return flags
}

func runScenarios(e *env, c *cli.Context) error {
	s, err := newSetup(e, c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.runFlags(); err != nil {
		return err
	}
	if len(s.cfg.Targets) == 0 {
		return usage("name a server, as in --target smtp://127.0.0.1:25, or take the built-in demo server with --target demo", "there is no target to run against")
	}
	soft, hard, code := e.signals()
	c.Context, s.cfg.Hard, s.cfg.Signal = soft, hard, code
	plan, err := s.plan()
	if err != nil && soft.Err() != nil {
		e.errorf("", "interrupted while the files were loaded")
		return exitError(code())
	}
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return s.dryRun(plan)
	}
	out := &outputs{e: e, c: c, strict: s.cfg.Policy.Strict, github: e.onGitHub() && !c.Bool("no-github")}
	sinks, err := out.open()
	if err != nil {
		return err
	}
	kept, err := s.artifacts(plan)
	if err != nil {
		return err
	}
	if kept != nil {
		sinks = append([]event.Sink{kept}, sinks...)
	}
	s.listed = out.people
	s.cfg.Sink = event.Tee(sinks...)
	s.sayDemo()
	sum := runner.Run(soft, s.cfg, plan)
	err = s.conclude(sum)
	if kept != nil && kept.Count() > 0 {
		fmt.Fprintf(e.stderr, "%s: transcript.txt, transcript.json and repro.lua of %s\n", c.String("artifacts"), count(kept.Count(), "failure"))
	}
	return err
}

// artifacts is the sink of --artifacts, nil without.
func (s *setup) artifacts(plan *runner.Plan) (*artifacts.Sink, error) {
	dir := s.c.String("artifacts")
	if dir == "" {
		if s.c.IsSet("artifacts") {
			return nil, usage("as in --artifacts failures", "--artifacts: the name of a directory expected")
		}
		return nil, nil
	}
	kept, err := artifacts.New(artifacts.Config{Dir: dir, Plan: plan, Vars: s.cfg.Vars, Secrets: s.cfg.Secrets, Rerun: &s.cfg.Rerun, Tool: s.cfg.Tool})
	if err != nil {
		return nil, usage("", "--artifacts: %s", err)
	}
	return kept, nil
}

// sayDemo says on stderr that the demo server is no server of the user's, where the report on the screen has no line for it.
func (s *setup) sayDemo() {
	if s.listed {
		return
	}
	for _, t := range s.cfg.Targets {
		if t.Demo {
			fmt.Fprintln(s.e.stderr, "demo is the demo server that is built into smtpspec, not a server of yours.")
		}
	}
}

// conclude finishes the reports and turns the summary into the exit code. A report that was lost is a failure of its own.
func (s *setup) conclude(sum *runner.Summary) error {
	code := sum.ExitCode
	if err := s.cfg.Sink.Close(); err != nil {
		s.e.errorf("", "%s", err)
		if code == runner.ExitPassed || code == runner.ExitFailed || code == runner.ExitErrors || code == runner.ExitNothing {
			code = runner.ExitIncomplete
		}
	}
	if err := s.e.keepFailed(sum); err != nil {
		s.e.errorf("", "keeping the failures for --last-failed: %s", err)
	}
	if code == 0 {
		return nil
	}
	return exitError(code)
}

// runFlags reads the flags that only run has.
func (s *setup) runFlags() error {
	c, cfg := s.c, s.cfg
	if _, err := s.e.color(c.String("color")); err != nil {
		return err
	}
	for _, n := range []struct {
		flag string
		to   *int
	}{{"jobs", &cfg.Jobs}, {"max-connections", &cfg.MaxConnections}, {"retries", &cfg.Retries}, {"max-failures", &cfg.MaxFailures}} {
		if !c.IsSet(n.flag) {
			continue
		}
		if *n.to = c.Int(n.flag); *n.to < 0 || *n.to == 0 && n.flag != "retries" {
			return usage("", "--%s: a number from 1 expected, got %d", n.flag, *n.to)
		}
	}
	if _, given := s.e.getenv("GOGC"); !given && cfg.Jobs > runner.Crowd {
		luaapi.CollectEarly()
	}
	cfg.FailFast = c.Bool("fail-fast")
	cfg.Policy.Strict = cfg.Policy.Strict || c.Bool("strict")
	cfg.Policy.FailOnSkip, cfg.Policy.FailOnFlaky = c.Bool("fail-on-skip"), c.Bool("fail-on-flaky")
	cfg.FullTranscript = c.Bool("full-transcript")
	cfg.Host, _ = os.Hostname() // an unknown name is left out
	cfg.Allow = append(cfg.Allow, given(c, "allow")...)
	for _, a := range given(c, "allow") {
		s.rerun = append(s.rerun, "--allow", a)
	}
	if err := s.allowExec(); err != nil {
		return err
	}
	if err := s.allowRead(); err != nil {
		return err
	}
	if err := s.known(); err != nil {
		return err
	}
	if c.Bool("insecure") {
		s.rerun = append(s.rerun, "--insecure")
		for _, t := range cfg.Targets {
			_ = t.Set("tls_verify", false) // a value of the right type
		}
	}
	if c.Bool("intrusive") {
		s.rerun = append(s.rerun, "--intrusive")
	}
	if err := s.times(); err != nil {
		return err
	}
	s.rerunLine()
	return nil
}

// known reads the list of known deviations.
func (s *setup) known() (err error) {
	path := s.c.String("known")
	if path == "" {
		return nil
	}
	s.rerun = append(s.rerun, "--known", path)
	s.cfg.Known, err = s.lang.LoadKnown(path)
	return err
}

func (s *setup) times() error {
	c, cfg := s.c, s.cfg
	for _, t := range []struct {
		flag string
		set  func(text string) error
	}{
		{"timeout", seconds(&cfg.Limits.Scenario)},
		{"connect-timeout", seconds(&cfg.Limits.Connect)},
		{"reply-timeout", cfg.Limits.SetReply},
		{"wait-for-target", seconds(&cfg.WaitForTarget)},
	} {
		if !c.IsSet(t.flag) {
			continue
		}
		if err := t.set(c.String(t.flag)); err != nil {
			return usage("", "--%s: %s", t.flag, err)
		}
		if d, err := luaapi.ParseSeconds(c.String(t.flag)); err == nil && d == 0 && t.flag != "wait-for-target" {
			return usage("", "--%s: more than no time is needed", t.flag)
		}
		if t.flag != "wait-for-target" {
			s.rerun = append(s.rerun, "--"+t.flag, c.String(t.flag))
		}
	}
	return nil
}

// rerunLine collects what makes a scenario run again in the same way.
func (s *setup) rerunLine() {
	flags := append(s.rerun, "--seed", runner.SeedText(s.cfg.Seed))
	for i := range flags {
		flags[i] = s.cfg.Secrets.Text(flags[i])
	}
	s.cfg.Rerun = runner.Rerun{Program: "smtpspec", Flags: flags, Target: func(t *luaapi.Target) string {
		if t.Name != "" {
			return t.Name
		}
		return s.cfg.Secrets.Text(t.URL)
	}}
}

func (s *setup) dryRun(plan *runner.Plan) error {
	for _, j := range plan.Jobs {
		fmt.Fprintf(s.e.stdout, "%s:%d  %s", j.Key.File, j.Decl.Line, event.Safe(j.Key.Name))
		if len(s.cfg.Targets) > 1 {
			fmt.Fprintf(s.e.stdout, "  [%s]", j.Key.Target)
		}
		fmt.Fprintln(s.e.stdout)
	}
	fmt.Fprintf(s.e.stdout, "%s would run; the selection leaves %d out\n", count(len(plan.Jobs), "scenario"), plan.Deselected)
	if len(plan.Jobs) == 0 {
		return exitError(runner.ExitNothing)
	}
	return nil
}
