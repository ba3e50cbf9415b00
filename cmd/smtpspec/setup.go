package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/scenarios"
	"github.com/urfave/cli/v2"
)

// loadFlags are the flags of every command that loads scenario files.
func loadFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`; by default smtpspec.lua here or in a parent directory"},
		&cli.GenericFlag{Value: &texts{}, Name: "target", Aliases: []string{"t"}, Usage: "`URL` of a server, name of a target of the configuration, or demo; may be repeated"},
		&cli.GenericFlag{Value: &texts{}, Name: "set", Usage: "`fact=value`: a fact of the target"},
		&cli.GenericFlag{Value: &texts{}, Name: "var", Usage: "`name=value`: a variable"},
	}
}

// dnsFlag names the resolver, for commands that run scripts.
func dnsFlag() cli.Flag {
	return &cli.StringFlag{Name: "dns", Usage: "`SERVER[:PORT]` to resolve names with; by default the system's resolver"}
}

// execFlag is that of the commands that may start programs.
func execFlag() cli.Flag {
	return &cli.BoolFlag{Name: "allow-exec", Usage: "let scripts and the target start programs, which may do whatever you may"}
}

// allowExec reads it. A target that is a program needs it, since its URL may come from a configuration that somebody else wrote.
func (s *setup) allowExec() error {
	s.cfg.AllowExec = s.c.Bool("allow-exec")
	switch {
	case s.cfg.AllowExec && s.cfg.Isolation != nil:
		return usage("leave one of them out", "--allow-exec and --isolate: a script from a stranger starts no programs")
	case s.cfg.AllowExec:
		s.rerun = append(s.rerun, "--allow-exec")
		return nil
	}
	for _, t := range s.cfg.Targets {
		if t.Program != "" {
			return usage("--allow-exec allows it", "the target %s is a program, which may do whatever you may", t.URL)
		}
	}
	return nil
}

// allowRead reads --allow-read: directories, relative to where the program was started.
func (s *setup) allowRead() error {
	for _, dir := range given(s.c, "allow-read") {
		path := dir
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.e.dir, path)
		}
		if dir == "" {
			return usage("as in --allow-read /var/mail", "--allow-read: the name of a directory or an mbox expected")
		}
		s.cfg.AllowRead = append(s.cfg.AllowRead, path)
		s.rerun = append(s.rerun, "--allow-read", dir)
	}
	return nil
}

// planFlags are those of the commands that select scenarios and put them in order, besides.
func planFlags() []cli.Flag {
	return append(loadFlags(),
		&cli.StringFlag{Name: "grep", Aliases: []string{"g"}, Usage: "only scenarios whose suite and name match this `REGEXP`"},
		&cli.StringFlag{Name: "grep-invert", Usage: "only scenarios that do not match this `REGEXP`"},
		&cli.StringFlag{Name: "tag", Usage: "only scenarios whose tags match, as in `'tls and not slow'`"},
		&cli.GenericFlag{Value: &texts{}, Name: "id", Usage: "only the scenario with this `ID`; may be repeated"},
		&cli.BoolFlag{Name: "intrusive", Usage: "let scenarios with the tag intrusive, which may harm a server, run against one that is not this machine"},
		&cli.BoolFlag{Name: "last-failed", Usage: "only what failed in the last run from this directory"},
		&cli.IntFlag{Name: "repeat", Usage: "run each scenario `N` times", Value: 1},
		&cli.BoolFlag{Name: "shuffle", Usage: "run in an order that --seed decides"},
		&cli.BoolFlag{Name: "isolate", Usage: "load and run each file in a process of its own, with hard limits: for scripts from strangers"},
		&cli.StringFlag{Name: "seed", Usage: "what random values and the order of --shuffle depend on, as a run prints it"},
	)
}

// language is that of scenario files, with those that are built in.
func language() *luaapi.Language {
	lang := luaapi.New()
	lang.Ship(scenarios.FS)
	return lang
}

// setup is what the flags, the environment and the configuration say together.
type setup struct {
	e      *env
	c      *cli.Context
	lang   *luaapi.Language
	file   *luaapi.Config // nil without one
	cfg    *runner.Config
	files  []*runner.Found
	rerun  []string
	closed []func()
	listed bool // a report for people has the screen
}

func (s *setup) close() {
	for _, f := range s.closed {
		f()
	}
}

// newSetup reads the configuration and the flags of planFlags.
func newSetup(e *env, c *cli.Context) (*setup, error) {
	s := &setup{e: e, c: c, lang: language()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Repeat: c.Int("repeat"), Tool: version()}
	if c.IsSet("repeat") && s.cfg.Repeat < 1 {
		return nil, usage("--repeat 1 runs each scenario once", "--repeat: a number from 1 expected, got %d", s.cfg.Repeat)
	}
	for _, step := range []func() error{s.readConfig, s.resolver, s.seed, s.variables, s.targets, s.paths, s.isolate} {
		if err := step(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *setup) readConfig() error {
	path := s.c.String("config")
	if path == "" {
		path = luaapi.FindConfig(s.e.dir)
	} else {
		s.rerun = append(s.rerun, "--config", path)
	}
	if path == "" {
		return nil
	}
	if rel, err := filepath.Rel(s.e.dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		path = rel
	}
	file, err := s.lang.LoadConfig(path, s.e.getenv)
	if err != nil {
		if le, ok := err.(*luaapi.LoadError); ok && len(le.Problems) > 0 {
			return usage(le.Problems[0].Hint, "%s", le.Problems[0])
		}
		return err
	}
	s.file = file
	s.cfg.ConfigPath = path
	for _, v := range file.Secrets {
		s.cfg.Secrets.Add(v)
	}
	limits, err := file.Limits()
	if err != nil {
		return usage("", "%s: reply_timeout: %s", path, err)
	}
	s.cfg.Vars, s.cfg.Limits, s.cfg.Allow = file.Vars, limits, file.Allow
	s.cfg.Jobs, s.cfg.MaxConnections, s.cfg.Retries, s.cfg.Policy.Strict = file.Jobs, file.MaxConnections, file.Retries, file.Strict
	return nil
}

// resolver is that of the command line, the environment or the configuration, in this order.
func (s *setup) resolver() error {
	server := s.c.String("dns")
	if server != "" {
		s.rerun = append(s.rerun, "--dns", server)
	} else if s.file != nil {
		server = s.file.DNS
	}
	r, err := resolve.New(server)
	if err != nil {
		return usage("as in --dns 127.0.0.1:5353", "--dns: %s", err)
	}
	s.cfg.DNS = r
	return nil
}

func (s *setup) seed() error {
	s.cfg.Seed = uint64(s.e.now().UnixNano()) % (36 * 36 * 36 * 36 * 36 * 36)
	s.cfg.RunID = runner.SeedText(uint64(s.e.now().UnixNano()))
	if text := s.c.String("seed"); text != "" {
		n, err := runner.ParseSeed(text)
		if err != nil {
			return usage("", "--seed: %s", err)
		}
		s.cfg.Seed = n
	}
	return nil
}

func (s *setup) variables() error {
	for _, arg := range given(s.c, "var") {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return usage("as in --var greylist_delay=30", "--var %s: name=value expected", arg)
		}
		if err := s.cfg.Vars.SetText(name, value); err != nil {
			return usage("", "--var: %s", err)
		}
		s.cfg.Vars.AddSecrets(s.cfg.Secrets) // a later --var may take its place, and the rerun line shows both
		s.rerun = append(s.rerun, "--var", arg)
	}
	s.cfg.Vars.AddSecrets(s.cfg.Secrets)
	return nil
}

// targets finds the targets of the command line, the environment or the configuration, in this order.
func (s *setup) targets() error {
	names := given(s.c, "target")
	if len(names) == 0 {
		if v, ok := s.e.getenv("SMTPSPEC_TARGET"); ok && v != "" {
			names = []string{v}
		} else if s.file != nil && s.file.Target != "" {
			names = []string{s.file.Target}
		}
	}
	seen := map[string]bool{}
	for _, name := range names {
		t, err := s.target(name)
		if err != nil {
			return err
		}
		label := t.Name
		if label == "" {
			label = t.URL
		}
		if seen[label] {
			return usage("", "--target %s is given twice", name)
		}
		seen[label] = true
		s.cfg.Targets = append(s.cfg.Targets, t)
	}
	return s.facts()
}

func (s *setup) target(name string) (*luaapi.Target, error) {
	var names []string
	if s.file != nil {
		if t := s.file.Targets[name]; t != nil {
			return t, nil
		}
		names = s.file.TargetNames()
	}
	switch {
	case name == "demo":
		return s.demo()
	case !strings.Contains(name, "://") && !strings.ContainsAny(name, ".:[") || slices.Contains(names, name):
		hint := fmt.Sprintf("write --target smtp://%s:25 for a host, --target demo for the built-in demo server", name)
		if len(names) > 0 {
			hint = "the configuration has " + strings.Join(names, ", ")
		}
		return nil, usage(hint, "there is no target %q%s", name, spell.Hint(name, append(names, "demo")))
	}
	t, err := luaapi.ParseTarget(name)
	if err != nil {
		return nil, usage("as in --target smtp://mx.example.org:25, smtp+starttls://, smtps:// or lmtp://", "--target: %s", err)
	}
	return t, nil
}

// demo starts the built-in server, which lives as long as the run.
func (s *setup) demo() (*luaapi.Target, error) {
	server, err := demo.Start(demo.Config{})
	if err != nil {
		return nil, fmt.Errorf("starting the demo server: %w", err)
	}
	s.closed = append(s.closed, func() { _ = server.Close() })
	facts := server.Facts()
	t, err := luaapi.ParseTarget(fmt.Sprintf("smtp://%s:%s", facts["host"], facts["port"]))
	if err != nil {
		return nil, err
	}
	t.Name, t.Demo = "demo", true
	if !s.c.Bool("isolate") { // scenarios are in other processes then
		t.Mail = func() []mailbox.Stored { return stored(server.Messages()) }
		facts["mailbox"] = "demo:"
	}
	for name, value := range facts {
		if err := t.SetText(name, value); err != nil {
			return nil, fmt.Errorf("the demo server's facts: %w", err)
		}
	}
	return t, nil
}

func stored(messages []demo.Message) []mailbox.Stored {
	list := make([]mailbox.Stored, len(messages))
	for i, m := range messages {
		list[i] = mailbox.Stored{From: m.From, To: m.To, Data: m.Data}
	}
	return list
}

// facts applies --set to every target.
func (s *setup) facts() error {
	for _, arg := range given(s.c, "set") {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return usage("as in --set valid_rcpt=probe@example.org", "--set %s: fact=value expected", arg)
		}
		for _, t := range s.cfg.Targets {
			if err := t.SetText(name, value); err != nil {
				return usage("", "--set: %s", err)
			}
			t.AddSecrets(s.cfg.Secrets) // a later --set may take its place, and the rerun line shows both
		}
		s.rerun = append(s.rerun, "--set", arg)
	}
	for _, t := range s.cfg.Targets {
		t.Anchor(s.e.dir)
		t.ResolveBy(s.cfg.DNS)
		if s.file != nil {
			t.MarkSecrets(s.file.Secrets)
		}
		t.AddSecrets(s.cfg.Secrets)
	}
	return nil
}

func (s *setup) paths() error {
	paths, home, roots := s.c.Args().Slice(), "", []string(nil)
	if s.file != nil {
		home, roots = filepath.Dir(s.file.Path), s.file.Paths
		if len(paths) == 0 {
			paths = s.file.Paths
		}
	}
	if len(paths) == 0 {
		return usage("as in smtpspec "+s.c.Command.Name+" scenarios/ --target smtp://127.0.0.1:25", "no scenario files are named")
	}
	files, err := runner.Discover(paths, runner.Where{Home: home, Roots: roots, Shipped: scenarios.FS})
	s.files = files
	return err
}

// plan loads the files and applies the selection.
func (s *setup) plan() (*runner.Plan, error) {
	sel, err := s.selection()
	if err != nil {
		return nil, err
	}
	plan, err := runner.Load(s.c.Context, s.cfg, s.files)
	if err != nil {
		return nil, err
	}
	if err := plan.Select(sel, s.files); err != nil {
		return nil, err
	}
	if s.c.Bool("shuffle") {
		plan.Shuffle(s.cfg.Seed)
	}
	return plan, nil
}
