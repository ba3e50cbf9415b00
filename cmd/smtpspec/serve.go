package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/demo"
	"github.com/smtpspec/smtpspec/runner/event"
	"github.com/urfave/cli/v2"
)

func serveCommand(e *env) *cli.Command {
	flags := fromEnvironment([]cli.Flag{
		&cli.StringFlag{Name: "listen", Usage: "`HOST:PORT` for SMTP; the other services have ports of the same host", Value: "127.0.0.1:0"},
		&cli.IntFlag{Name: "smtps", Usage: "`PORT` for submission in TLS from the start; 0 is a free one"},
		&cli.IntFlag{Name: "submission", Usage: "`PORT` for submission; 0 is a free one"},
		&cli.IntFlag{Name: "lmtp", Usage: "`PORT` for LMTP; 0 is a free one"},
		&cli.BoolFlag{Name: "allow-remote", Usage: "let --listen name an address that others can reach"},
		&cli.BoolFlag{Name: "auth-needs-tls", Usage: "offer no AUTH in clear that shows a password or token"},
		&cli.StringFlag{Name: "ca", Usage: "write the certificate of its CA to `FILE`, rather than to one that is removed at the end"},
		&cli.BoolFlag{Name: "print-facts", Usage: "print the facts for a program"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show what clients say and are answered"},
	})
	return &cli.Command{
		Name: "serve", Usage: "run the built-in demo server until it is interrupted",
		Flags: append(flags, &cli.StringFlag{Name: "format", Usage: "`FORMAT` of --print-facts: shell or json", Value: "shell"}),
		Description: "The demo server takes mail over SMTP, SMTPS, submission and LMTP, keeps it in memory and sends nothing out.\n" +
			"It says where it listens, and what it knows, before anything else.",
		Action: func(c *cli.Context) error { return serveDemo(e, c) },
	}
}

func serveDemo(e *env, c *cli.Context) error {
	if c.Args().Present() {
		return usage("smtpspec run runs scenarios", "serve takes no %q", c.Args().First())
	}
	format := c.String("format")
	if format != "shell" && format != "json" {
		return usage("write --format shell or json", "--format: %q is not one of shell, json", format)
	}
	if c.IsSet("format") && !c.Bool("print-facts") {
		return usage("add --print-facts", "--format is that of --print-facts")
	}
	cfg, err := demoConfig(e, c)
	if err != nil {
		return err
	}
	soft, _, _ := e.signals()
	server, err := demo.Start(cfg)
	if err != nil {
		return listenProblem(err)
	}
	defer server.Close()
	facts := server.Facts()
	remove, err := writeCA(facts, c.String("ca"))
	if err != nil {
		return err
	}
	defer remove()
	switch {
	case !c.Bool("print-facts"):
		printServices(e.stdout, facts)
	case format == "json":
		err = json.NewEncoder(e.stdout).Encode(facts)
	default:
		printFacts(e.stdout, facts)
	}
	if err == nil {
		<-soft.Done()
	}
	return err
}

// listenProblem says in our words why the server does not start.
func listenProblem(err error) error {
	var le *demo.ListenError
	if !errors.As(err, &le) {
		return err
	}
	return portProblem(le.Error(), le.Err)
}

// portProblem says why something cannot listen.
func portProblem(what string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return usage("with port 0 it takes a free one", "%s: the port is taken", what)
	case errors.Is(err, syscall.EACCES):
		return usage("with port 0 it takes a free one", "%s: this user may not take this port", what)
	}
	return usage("", "%s: this machine does not have this address", what)
}

// demoConfig reads the flags.
func demoConfig(e *env, c *cli.Context) (demo.Config, error) {
	cfg := demo.Config{AuthNeedsTLS: c.Bool("auth-needs-tls")}
	cfg.Ports = demo.Ports{SMTPS: c.Int("smtps"), Submission: c.Int("submission"), LMTP: c.Int("lmtp")}
	listen := c.String("listen")
	host, port, err := net.SplitHostPort(listen)
	if err == nil {
		cfg.Ports.SMTP, err = strconv.Atoi(port)
	}
	if err != nil || host == "" {
		return cfg, usage("as in --listen 127.0.0.1:2525, or with port 0 for a free one", "--listen: HOST:PORT expected, got %q", listen)
	}
	cfg.Host = host
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		switch {
		case ip == nil:
			return cfg, usage("as in --listen 127.0.0.1:2525", "--listen: an address or localhost expected, got %q", host)
		case !c.Bool("allow-remote"):
			return cfg, usage("--allow-remote allows it: everybody knows the password of this server", "--listen: %s can be reached from elsewhere", host)
		}
	}
	for _, p := range cfg.Ports.List() {
		if p < 0 || p > 65535 {
			return cfg, usage("", "%d is not a port", p)
		}
	}
	if c.Bool("verbose") {
		cfg.Log = sessionLog(e.stderr)
	}
	return cfg, nil
}

// sessionLog writes a line at a time, with the number of its session.
func sessionLog(w io.Writer) func(uint64, string) {
	var mu sync.Mutex
	return func(session uint64, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "[%d] %s\n", session, event.Safe(text))
	}
}

// writeCA puts the fact ca into a file, whose name becomes the fact, and gives what removes it: nothing when the user named it.
func writeCA(facts map[string]string, name string) (remove func(), err error) {
	pem := []byte(facts["ca"])
	if name != "" {
		facts["ca"] = name
		if err := os.WriteFile(name, pem, 0o644); err != nil {
			return nil, usage("", "--ca: %s cannot be written", name)
		}
		return func() {}, nil
	}
	f, err := os.CreateTemp("", "smtpspec-ca-*.pem")
	if err != nil {
		return nil, usage("name one with --ca FILE", "the temporary file for the CA cannot be made")
	}
	facts["ca"] = f.Name()
	_, err = f.Write(pem)
	if errors.Join(err, f.Close()) != nil {
		return nil, usage("name one with --ca FILE", "%s cannot be written", f.Name())
	}
	return func() { os.Remove(f.Name()) }, nil
}

// printFacts prints a line each that a shell can read.
func printFacts(w io.Writer, facts map[string]string) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		fmt.Fprintf(&b, "%s=%s\n", name, luaapi.ShellWord(facts[name]))
	}
	io.WriteString(w, b.String())
}

// printServices prints what somebody wants to know who is going to talk to the server.
func printServices(w io.Writer, facts map[string]string) {
	at := func(port string) string { return net.JoinHostPort(facts["host"], facts[port]) }
	var b strings.Builder
	fmt.Fprintf(&b, "The demo server %s listens.\n\n", facts["hostname"])
	for _, line := range [][2]string{
		{"SMTP", at("port") + ", with STARTTLS"},
		{"SMTPS", at("smtps_port") + ", submission in TLS from the start"},
		{"submission", at("submission_port") + ", with STARTTLS"},
		{"LMTP", at("lmtp_port") + ", with STARTTLS"},
		{"login", facts["user"] + ", password " + facts["password"]},
		{"takes mail for", facts["valid_rcpt"] + " and " + facts["valid_rcpt2"]},
		{"refuses", facts["invalid_rcpt"] + ", and " + facts["relay_domain"] + " without a login"},
		{"CA", facts["ca"]},
	} {
		fmt.Fprintf(&b, "  %-16s%s\n", line[0], line[1])
	}
	fmt.Fprintf(&b, "\n%s\n\nAn interrupt ends it.\n", runLine(at("port"), facts))
	io.WriteString(w, b.String())
}

// runLine is a command that runs scenarios against the server, to paste.
func runLine(address string, facts map[string]string) string {
	line := "smtpspec run --target smtp://" + address
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		switch name {
		case "host", "port", "tls", "protocol": // the target says them
		default:
			line += " --set " + luaapi.ShellWord(name+"="+facts[name])
		}
	}
	return line + " scenarios"
}
