package main

import (
	"context"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/talk"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func talkCommand(e *env) *cli.Command {
	flags := fromEnvironment([]cli.Flag{
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`; by default smtpspec.lua here or in a parent directory"},
		&cli.GenericFlag{Value: &texts{}, Name: "set", Usage: "`fact=value`: a fact of the target"},
		&cli.GenericFlag{Value: &texts{}, Name: "var", Usage: "`name=value`: a variable, for /lua"},
		&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any certificate"},
		&cli.GenericFlag{Value: &texts{}, Name: "allow", Usage: "`HOST[:PORT]` that /lua may connect to besides the target"},
		execFlag(),
		dnsFlag(),
		&cli.StringFlag{Name: "reply-timeout", Usage: "`TIME` that a reply may take (30s), or rfc for RFC 5321's minutes"},
		&cli.StringFlag{Name: "connect-timeout", Usage: "`TIME` that a connect may take (10s)"},
		&cli.StringFlag{Name: "hold", Usage: "`TIME` that a pipe waits for the reply to MAIL, RCPT or RSET before it goes on: some servers hold it back until DATA", Value: "10s"},
		&cli.StringFlag{Name: "record", Usage: "write the session to `FILE`, a scenario, at its end"},
		&cli.BoolFlag{Name: "force", Usage: "let --record overwrite a file"},
		&cli.BoolFlag{Name: "no-history", Usage: "neither read nor write the file of lines typed before"},
		&cli.StringFlag{Name: "color", Usage: "colours: auto, always or never", Value: "auto"},
	})
	return &cli.Command{
		Name: "talk", Usage: "talk to a mail server by hand, as with telnet", ArgsUsage: "[WHERE]",
		Description: "WHERE is a host, host:port, a URL such as smtps://mx.example.org, a target of the configuration, or demo.\n" +
			"Lines go to the server as they are typed; /help lists the commands of talk itself. From a pipe it takes the same lines.",
		Flags:  flags,
		Action: func(c *cli.Context) error { return talkTo(e, c) },
	}
}

func talkTo(e *env, c *cli.Context) error {
	s := &setup{e: e, c: c, lang: luaapi.New()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Tool: version()}
	defer s.close()
	for _, step := range []func() error{s.readConfig, s.resolver, s.seed, s.variables, s.where, s.times} {
		if err := step(); err != nil {
			return err
		}
	}
	cfg, err := s.talkConfig()
	if err != nil {
		return err
	}
	s.sayDemo()
	soft, _, code := e.signals()
	ctx, stop := signal.NotifyContext(soft, syscall.SIGHUP) // the terminal went away
	defer stop()
	how, problem := talk.Run(ctx, cfg)
	if problem != nil {
		e.errorf(problem.Hint, "%s", problem.Text)
	}
	return ended(ctx, how, code)
}

// ended is the exit code of a session, as an error.
func ended(ctx context.Context, how talk.End, code func() int) error {
	switch how {
	case talk.Erred:
		return exitError(runner.ExitErrors)
	case talk.Broken:
		return exitError(runner.ExitFailed)
	case talk.Misused:
		return exitError(runner.ExitUsage)
	case talk.Stopped:
		return exitError(code())
	}
	return nil
}

// where finds the one target to talk to.
func (s *setup) where() error {
	if s.c.NArg() > 1 {
		return usage("as in smtpspec talk mx.example.org:25", "talk takes one server, got %q too", s.c.Args().Get(1))
	}
	name := s.c.Args().First()
	if name == "" {
		if err := s.targets(); err != nil {
			return err
		}
		if len(s.cfg.Targets) == 0 {
			return usage("as in smtpspec talk mx.example.org:25, or smtpspec talk demo for the built-in demo server", "there is no server to talk to")
		}
	} else {
		if s.file == nil || s.file.Targets[name] == nil {
			name = urlOf(name)
		}
		t, err := s.target(name)
		if err != nil {
			return err
		}
		s.cfg.Targets = append(s.cfg.Targets, t)
		if err := s.facts(); err != nil {
			return err
		}
	}
	if err := s.allowExec(); err != nil {
		return err
	}
	if s.c.Bool("insecure") {
		_ = s.cfg.Targets[0].Set("tls_verify", false) // a value of the right type
	}
	return nil
}

// urlOf makes a URL of a host, with or without a port; what is one already, or demo, stays.
func urlOf(where string) string {
	if where == "demo" || strings.Contains(where, "://") {
		return where
	}
	if ip := net.ParseIP(where); ip != nil && strings.Contains(where, ":") {
		return "smtp://[" + where + "]"
	}
	switch _, port, _ := net.SplitHostPort(where); port {
	case "465":
		return "smtps://" + where
	case "24":
		return "lmtp://" + where
	}
	return "smtp://" + where
}

// talkConfig reads what only talk has.
func (s *setup) talkConfig() (talk.Config, error) {
	e, c, t := s.e, s.c, s.cfg.Targets[0]
	cfg := talk.Config{Target: t, In: e.stdin, Out: e.stdout, Record: c.String("record"), Force: c.Bool("force"), Label: t.Name}
	if cfg.Label == "" {
		cfg.Label = t.URL
	}
	var err error
	if cfg.Color, err = e.color(c.String("color")); err != nil {
		return cfg, err
	}
	if cfg.Hold, err = luaapi.ParseSeconds(c.String("hold")); err != nil || cfg.Hold <= 0 {
		return cfg, usage("as in --hold 2s", "--hold: %q is no time", c.String("hold"))
	}
	if err := newScenarioFile("record", cfg.Record, cfg.Force); err != nil {
		return cfg, err
	}
	if in, ok := e.stdin.(*os.File); ok && e.terminal && term.IsTerminal(int(in.Fd())) {
		cfg.Screen = &talk.Screen{FD: int(in.Fd()), Size: e.size}
		cfg.Editor = e.editor()
		if !c.Bool("no-history") {
			cfg.History = e.historyFile()
		}
	}
	env := &luaapi.Env{Target: t, Vars: s.cfg.Vars, Limits: s.cfg.Limits, Secrets: s.cfg.Secrets, Allow: append(s.cfg.Allow, given(c, "allow")...), AllowExec: s.cfg.AllowExec, DNS: s.cfg.DNS,
		Run: s.cfg.RunID, Counter: &atomic.Uint64{}, Seed: s.cfg.Seed, FullTranscript: true, Keywords: &luaapi.Keywords{}}
	cfg.Live = s.lang.Live(env, e.dir)
	return cfg, nil
}

// historyFile is where the lines typed before are (XDG Base Directory Specification), "" where there is no place for it.
func (e *env) historyFile() string {
	dir, _ := e.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, _ := e.getenv("HOME")
		if !filepath.IsAbs(home) {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "smtpspec", "talk_history")
}

// editor is the user's, taken apart at blanks as other programs do.
func (e *env) editor() []string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if v, _ := e.getenv(name); strings.TrimSpace(v) != "" {
			return strings.Fields(v)
		}
	}
	return nil
}
