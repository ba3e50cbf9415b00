package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/record"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

func recordCommand(e *env) *cli.Command {
	flags := fromEnvironment([]cli.Flag{
		&cli.StringFlag{Name: "listen", Usage: "`HOST:PORT` that clients connect to instead of the server", Value: "127.0.0.1:0"},
		&cli.StringFlag{Name: "out", Usage: "the `FILE` to write, FILE.lua; when it is full, FILE-2.lua and so on"},
		&cli.BoolFlag{Name: "implicit-tls", Usage: "clients begin with TLS"},
		&cli.StringFlag{Name: "ca", Usage: "write the certificate of the CA that clients have to trust to `FILE`"},
		&cli.IntFlag{Name: "conversations", Usage: "end after `N` of them, and not only when interrupted"},
		&cli.BoolFlag{Name: "force", Usage: "replace a file that is there"},
		&cli.BoolFlag{Name: "allow-remote", Usage: "let --listen name an address that others can reach"},
		&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any certificate of the server"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show what clients say and are answered"},
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`; by default smtpspec.lua here or in a parent directory"},
		&cli.GenericFlag{Value: &texts{}, Name: "set", Usage: "`fact=value`: a fact of the target, ca for one"},
		dnsFlag(),
	})
	flags = append(flags, &cli.GenericFlag{Value: &texts{}, Name: "target", Aliases: []string{"t"}, Usage: "the server: a `URL`, a name from the configuration, or demo"})
	return &cli.Command{
		Name: "record", Usage: "stand between a client and a server, and write their conversations as scenarios",
		Description: "Clients connect to --listen and talk to --target, through STARTTLS too. Each conversation becomes a scenario in --out that\n" +
			"passes when it is run against the server. Passwords become facts that it asks for. An interrupt ends it.",
		Flags:  flags,
		Action: func(c *cli.Context) error { return recordConversations(e, c) },
	}
}

func recordConversations(e *env, c *cli.Context) error {
	if c.Args().Present() {
		return usage("as in smtpspec record --target smtp://mx.example.org --out mail.lua", "record takes no %q", c.Args().First())
	}
	s := &setup{e: e, c: c, lang: luaapi.New()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Tool: version()}
	defer s.close()
	for _, step := range []func() error{s.readConfig, s.resolver, s.targets} {
		if err := step(); err != nil {
			return err
		}
	}
	switch n := len(s.cfg.Targets); {
	case n == 0:
		return usage("as in --target smtp://mx.example.org, or --target demo", "no server is named")
	case n > 1:
		return usage("", "record stands before one server, and %d are named", n)
	}
	cfg, err := s.recordConfig()
	if err != nil {
		return err
	}
	defer cfg.Listener.Close()
	s.sayDemo()
	fmt.Fprintf(e.stdout, "listening on %s for %s\n", cfg.Listener.Addr(), s.cfg.Targets[0].URL)
	soft, _, _ := e.signals()
	n, err := record.New(cfg).Run(soft)
	if err != nil {
		return err
	}
	if n == 0 {
		e.errorf("", "no client had a conversation: nothing was written")
		return exitError(runner.ExitNothing)
	}
	fmt.Fprintf(e.stdout, "%s in %s: smtpspec run %s --target %s\n", count(n, "conversation"), cfg.Out, luaapi.ShellWord(cfg.Out), luaapi.ShellWord(s.cfg.Targets[0].URL))
	return nil
}

// recordConfig reads the flags.
func (s *setup) recordConfig() (cfg record.Config, err error) {
	c, t := s.c, s.cfg.Targets[0]
	if t.Program != "" {
		return cfg, usage("", "a program cannot be recorded: record stands between a client and a server with an address")
	}
	if c.Bool("insecure") {
		_ = t.Set("tls_verify", false) // a value of the right type
	}
	cfg = record.Config{Server: t, Implicit: c.Bool("implicit-tls"), Out: c.String("out"), Most: c.Int("conversations"), Verbose: c.Bool("verbose"), Say: s.say()}
	if cfg.Most < 0 || cfg.Most == 0 && c.IsSet("conversations") {
		return cfg, usage("", "--conversations: a number from 1 expected, got %d", cfg.Most)
	}
	if cfg.Out == "" {
		return cfg, usage("as in --out session.lua", "--out: the file to write is not named")
	}
	if err := newScenarioFile("out", cfg.Out, c.Bool("force")); err != nil {
		return cfg, err
	}
	host, err := listenHost(c.String("listen"), c.Bool("allow-remote"))
	if err != nil {
		return cfg, err
	}
	if cfg.ToServer, err = t.TLSConfig(); err != nil {
		return cfg, usage("", "%s", err)
	}
	if cfg.ToClient, err = s.clientTLS(t, host); err != nil {
		return cfg, err
	}
	if cfg.Listener, err = net.Listen("tcp", c.String("listen")); err != nil {
		return cfg, portProblem("--listen "+c.String("listen"), err)
	}
	return cfg, nil
}

// listenHost is the host of an address to listen on.
func listenHost(listen string, remote bool) (string, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "" {
		return "", usage("as in --listen 127.0.0.1:2525, or with port 0 for a free one", "--listen: HOST:PORT expected, got %q", listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && !remote && (ip == nil || !ip.IsLoopback()) {
		return "", usage("--allow-remote allows it: whoever connects there speaks to the server from this machine", "--listen: %s can be reached from elsewhere", host)
	}
	return host, nil
}

// clientTLS is how clients are met in TLS: with a certificate for where they connect to, and for the server's name.
func (s *setup) clientTLS(t *luaapi.Target, host string) (*tls.Config, error) {
	protocol := "smtp"
	if t.LMTP() {
		protocol = "lmtp"
	}
	cfg, ca, err := demo.ServerTLS(t.Host(), host, protocol)
	if err != nil {
		return nil, errors.New("a certificate for clients cannot be made")
	}
	if name := s.c.String("ca"); name != "" {
		if err := os.WriteFile(name, []byte(ca), 0o644); err != nil {
			return nil, usage("", "--ca: %s cannot be written: %s", name, luaapi.FileProblem(err))
		}
	}
	return cfg, nil
}

// say writes lines about what goes on to stderr, from any goroutine.
func (s *setup) say() func(format string, args ...any) {
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(s.e.stderr, format+"\n", args...)
	}
}
