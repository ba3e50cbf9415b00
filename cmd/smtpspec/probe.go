package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/probe"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/scenarios"
	"github.com/urfave/cli/v2"
)

// probeConnectTimeout is shorter than that of scenarios: a port that a firewall drops is an answer here, and there may be many.
const probeConnectTimeout = "5s"

func probeCommand(e *env) *cli.Command {
	flags := fromEnvironment([]cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`; by default smtpspec.lua here or in a parent directory"},
		&cli.GenericFlag{Value: &texts{}, Name: "set", Usage: "`fact=value`: a fact of each server that is asked, such as relay_domain"},
		&cli.GenericFlag{Value: &texts{}, Name: "var", Usage: "`name=value`: a variable of the scenarios, such as days"},
		dnsFlag(),
		&cli.StringFlag{Name: "ports", Usage: "`LIST` of ports to ask, as in 25,465/tls,2525; /tls is for TLS from the start (25,465/tls,587)"},
		&cli.StringFlag{Name: "domain", Usage: "judge the DNS of this `DOMAIN` too, and ask the server about its postmaster"},
		&cli.GenericFlag{Value: &texts{}, Name: "dkim-selector", Usage: "`SELECTOR` of a DKIM key of the domain; may be repeated"},
		&cli.GenericFlag{Value: &texts{}, Name: "allow", Usage: "`HOST[:PORT]` that scenarios of --scenarios may connect to besides the servers that are asked"},
		&cli.StringFlag{Name: "connect-timeout", Usage: "`TIME` that a connect may take", Value: probeConnectTimeout},
		&cli.StringFlag{Name: "reply-timeout", Usage: "`TIME` that a reply may take (30s), or rfc for RFC 5321's minutes"},
		&cli.StringFlag{Name: "scenarios", Usage: "ask the questions in this `DIRECTORY`, a copy of those that are built in"},
		&cli.StringFlag{Name: "copy-to", Usage: "write the questions that are built in into this `DIRECTORY`, and ask nothing"},
		&cli.StringFlag{Name: "format", Usage: "`FORMAT` of the report: text or json", Value: "text"},
		&cli.StringFlag{Name: "color", Usage: "colours: auto, always or never", Value: "auto"},
	})
	return &cli.Command{
		Name: "probe", Usage: "ask a mail server, or all of a domain, what one asks at first contact", ArgsUsage: "WHERE…",
		Description: "WHERE is a domain, a host, host:port, a URL such as smtps://mx.example.org, a target of the configuration, or demo.\n" +
			"It never delivers a message. The exit code is 0 when nothing is worse than a warning, and 1 when there is a problem.",
		Flags:  flags,
		Action: func(c *cli.Context) error { return probePlaces(e, c) },
	}
}

func probePlaces(e *env, c *cli.Context) error {
	if dir := c.String("copy-to"); dir != "" {
		return copyQuestions(e, dir)
	}
	if c.NArg() == 0 {
		return usage("as in smtpspec probe example.org, or smtpspec probe mx.example.org:587", "nobody is named to probe")
	}
	if f := c.String("format"); f != "text" && f != "json" {
		return usage("write --format text or --format json", "--format: %q is not one of text, json", f)
	}
	dir, remove, err := questions(c.String("scenarios"))
	if err != nil {
		return err
	}
	defer remove()
	soft, hard, code := e.signals()
	worst := 0
	for i, where := range c.Args().Slice() {
		if i > 0 && c.String("format") == "text" {
			fmt.Fprintln(e.stdout)
		}
		p := &prober{e: e, c: c, dir: dir, hard: hard, code: code}
		exit, err := p.probe(soft, where)
		if err != nil {
			return err
		}
		if worst = worse(worst, exit); soft.Err() != nil {
			break
		}
	}
	if worst != 0 {
		return exitError(worst)
	}
	return nil
}

// worse is the exit code of two places together, by the precedence that runs have.
func worse(a, b int) int {
	order := []int{130, 143, runner.ExitInternal, runner.ExitFailed, runner.ExitErrors, runner.ExitNothing, 0}
	if slices.Index(order, a) < slices.Index(order, b) {
		return a
	}
	return b
}

func copyQuestions(e *env, dir string) error {
	files, err := fs.Sub(scenarios.FS, "probe")
	if err != nil {
		return err
	}
	if err := probe.Copy(files, dir); err != nil {
		return usage("an empty directory, or a new one, takes them", "--copy-to: %s", pathProblem(err))
	}
	fmt.Fprintf(e.stdout, "smtpspec probe --scenarios %s WHERE asks the questions in %s\n", luaapi.ShellWord(dir), dir)
	return nil
}

// pathProblem puts what the system says of a path into our words.
func pathProblem(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Path + ": " + luaapi.FileProblem(err)
	}
	return err.Error()
}

// questions is the directory of the scenarios: the user's, or one of those that are built in, which remove takes away.
func questions(own string) (dir string, remove func(), err error) {
	if own != "" {
		return own, func() {}, nil
	}
	files, err := fs.Sub(scenarios.FS, "probe")
	if err != nil {
		return "", nil, err
	}
	dir, err = os.MkdirTemp("", "smtpspec-probe-")
	if err != nil {
		return "", nil, usage("TMPDIR names another directory", "the questions cannot be written to a temporary directory: %s", pathProblem(err))
	}
	remove = func() { _ = os.RemoveAll(dir) }
	if err := probe.Copy(files, dir); err != nil {
		remove()
		return "", nil, usage("TMPDIR names another directory", "the questions cannot be written to a temporary directory: %s", pathProblem(err))
	}
	return dir, remove, nil
}

// prober asks about one place.
type prober struct {
	e    *env
	c    *cli.Context
	dir  string
	hard context.Context
	code func() int
}

func (p *prober) probe(ctx context.Context, where string) (int, error) {
	c := p.c
	s := &setup{e: p.e, c: c, lang: luaapi.New()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Tool: version(), Hard: p.hard, Signal: p.code}
	defer s.close()
	for _, step := range []func() error{s.readConfig, s.resolver, s.seed, s.variables, s.times} {
		if err := step(); err != nil {
			return 0, err
		}
	}
	cfg, err := s.probeConfig(where)
	if err != nil {
		return 0, err
	}
	if cfg.Files, err = runner.Discover([]string{p.dir}, runner.Where{}); err != nil {
		return 0, err
	}
	place, err := probe.Locate(ctx, cfg)
	if err != nil && ctx.Err() != nil {
		return p.code(), nil
	}
	if err != nil {
		return 0, usage("as in smtpspec probe example.org, or smtpspec probe mx.example.org:587", "%s: %s", where, err)
	}
	if err := s.factsOf(place); err != nil {
		return 0, err
	}
	s.sayDemo()
	report, err := probe.Run(ctx, cfg, place)
	if err != nil {
		return 0, err
	}
	return report.ExitCode, p.write(report)
}

func (p *prober) write(r *probe.Report) error {
	color, err := p.e.color(p.c.String("color"))
	if err != nil {
		return err
	}
	if p.c.String("format") == "json" {
		return r.JSON(p.e.stdout)
	}
	columns, _ := p.e.size()
	return r.Text(p.e.stdout, probe.Style{Color: color, Width: columns})
}

// probeConfig reads what only probe has.
func (s *setup) probeConfig(where string) (*probe.Config, error) {
	s.cfg.Allow = append(s.cfg.Allow, given(s.c, "allow")...)
	cfg := &probe.Config{Run: s.cfg, Where: where, Domain: s.c.String("domain"), Selectors: given(s.c, "dkim-selector")}
	if list := s.c.String("ports"); list != "" {
		ports, err := probe.ParsePorts(list)
		if err != nil {
			return nil, usage("as in --ports 25,465/tls,2525", "--ports: %s", err)
		}
		cfg.Ports = ports
	}
	named := s.file != nil && s.file.Targets[where] != nil
	if !named && where != "demo" && !strings.Contains(where, "://") {
		return cfg, nil
	}
	t, err := s.target(where)
	if err != nil {
		return nil, err
	}
	cfg.Target = t
	return cfg, nil
}

// factsOf applies --set to the servers that are asked.
func (s *setup) factsOf(place *probe.Place) error {
	s.cfg.Targets = place.Targets()
	return s.facts()
}
