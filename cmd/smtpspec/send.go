package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/send"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
)

func sendCommand(e *env) *cli.Command {
	flags := []cli.Flag{
		&cli.GenericFlag{Value: &texts{}, Name: "to", Usage: "`ADDRESS` of a recipient; may be repeated, or be several with commas"},
		&cli.StringFlag{Name: "from", Usage: "`ADDRESS` of the sender, <> for none; by default you at this host"},
		&cli.StringFlag{Name: "server", Aliases: []string{"s"}, Usage: "`HOST[:PORT]`, a URL, a target of the configuration, or demo; by default where the first recipient's MX says"},
		&cli.StringFlag{Name: "mx", Usage: "`DOMAIN` whose MX says where to go"},
		&cli.IntFlag{Name: "port", Aliases: []string{"p"}, Usage: "`PORT` of the server"},
		&cli.StringFlag{Name: "pipe", Usage: "a `COMMAND` that is the server, by its standard input and output"},
		&cli.StringFlag{Name: "config", Usage: "configuration `FILE`; by default smtpspec.lua here or in a parent directory"},
		dnsFlag(),
		&cli.StringFlag{Name: "ehlo", Usage: "`NAME` to give in EHLO"},
		&cli.BoolFlag{Name: "helo", Usage: "say HELO in place of EHLO"},
		&cli.BoolFlag{Name: "lmtp", Usage: "speak LMTP"},
		&cli.StringFlag{Name: "tls", Usage: "`MODE`: starttls, optional (STARTTLS where it is offered), implicit (from the first byte on) or none; by default as the URL of the server says"},
		&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any certificate"},
		&cli.StringFlag{Name: "ca", Usage: "`FILE` with the certificates that the server's has to come from"},
		&cli.StringFlag{Name: "cert", Usage: "`FILE` with our certificate"},
		&cli.StringFlag{Name: "key", Usage: "`FILE` with its key"},
		&cli.StringFlag{Name: "sni", Usage: "`NAME` that the certificate has to be for, and that is asked for"},
		&cli.StringFlag{Name: "auth", Usage: "`MECHANISM` to authenticate with, or auto"},
		&cli.StringFlag{Name: "auth-user", Usage: "login `NAME`; the password comes from the file, the variable, the configuration, or is asked for"},
		&cli.StringFlag{Name: "auth-password-file", Usage: "`FILE` whose first line is the password, or the token"},
		&cli.StringFlag{Name: "auth-password-env", Usage: "`VARIABLE` of the environment that holds the password, or the token"},
		&cli.StringFlag{Name: "authzid", Usage: "authorization `IDENTITY`: whom to act as"},
		&cli.StringFlag{Name: "realm", Usage: "`REALM` of DIGEST-MD5, or domain of NTLM"},
		&cli.GenericFlag{Value: &texts{}, Name: "xclient", Usage: "`NAME=VALUE` to tell by XCLIENT; may be repeated"},
		&cli.StringFlag{Name: "source", Usage: "local `ADDRESS` to connect from, with or without a port"},
		&cli.IntFlag{Name: "family", Usage: "`4` or 6: connect by this IP version alone"},
		&cli.StringFlag{Name: "socks", Usage: "SOCKS5 proxy to go through, `socks5://HOST:PORT`"},
		&cli.StringFlag{Name: "proxy", Usage: "begin with a PROXY header: `1` or 2 for its version, or local for that of a health check"},
		&cli.StringFlag{Name: "proxy-source", Usage: "`ADDRESS:PORT` of the client in it; by default our end"},
		&cli.StringFlag{Name: "proxy-destination", Usage: "`ADDRESS:PORT` that the client connected to; by default the server's end"},
		&cli.BoolFlag{Name: "pipelining", Usage: "send MAIL, RCPT and DATA in one write"},
		&cli.BoolFlag{Name: "prdr", Usage: "ask for a reply to the message for each recipient"},
		&cli.StringFlag{Name: "mail-params", Usage: "`TEXT` of parameters of MAIL, as in 'SIZE=1000 RET=HDRS'"},
		&cli.StringFlag{Name: "rcpt-params", Usage: "`TEXT` of parameters of each RCPT, as in NOTIFY=NEVER"},
		&cli.GenericFlag{Value: &texts{}, Name: "header", Usage: "`'Name: value'` of a header field; may be repeated"},
		&cli.StringFlag{Name: "subject", Usage: "`TEXT` of the Subject"},
		&cli.StringFlag{Name: "body", Usage: "`FILE` with the text, - for standard input"},
		&cli.StringFlag{Name: "html", Usage: "`FILE` with the text as HTML"},
		&cli.GenericFlag{Value: &texts{}, Name: "attach", Usage: "`FILE` to attach; may be repeated"},
		&cli.StringFlag{Name: "data", Usage: "`FILE` with a whole message to send as it is, - for standard input"},
		&cli.StringFlag{Name: "quit-after", Usage: "QUIT after this `PHASE`: banner, first-helo, xclient, tls, helo, auth, mail or rcpt"},
		&cli.StringFlag{Name: "drop-after", Usage: "close the connection after this `PHASE`, which may be data and dot besides"},
		&cli.StringFlag{Name: "drop-after-send", Usage: "close the connection once the command of this `PHASE` is sent"},
		&cli.StringFlag{Name: "reply-timeout", Usage: "`TIME` that a reply may take (30s), or rfc for RFC 5321's minutes"},
		&cli.StringFlag{Name: "connect-timeout", Usage: "`TIME` that a connect may take (10s)"},
		&cli.BoolFlag{Name: "json", Usage: "write what became of it as JSON in place of the transcript"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "show nothing but what went wrong"},
		&cli.BoolFlag{Name: "print-lua", Usage: "write the scenario that this is to standard output, and the transcript to standard error"},
		&cli.BoolFlag{Name: "dry-run", Usage: "send nothing"},
	}
	return &cli.Command{
		Name: "send", Usage: "send one message, or a part of a conversation, without a script", ArgsUsage: "[ADDRESS…]",
		Description: "The transcript has swaks' marks: -> for what was sent, <- for what came, with ~ in TLS and ** where it is a refusal.\n" +
			"The exit code tells the phase that failed, as swaks' does: docs/sending.md.",
		Flags:  flags,
		Action: func(c *cli.Context) error { return sendMessage(e, c) },
	}
}

func sendMessage(e *env, c *cli.Context) error {
	s := &setup{e: e, c: c, lang: luaapi.New()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Tool: version()}
	defer s.close()
	for _, step := range []func() error{s.readConfig, s.resolver, s.seed} {
		if err := step(); err != nil {
			return err
		}
	}
	if c.Bool("json") && c.Bool("print-lua") {
		return usage("leave one of them out", "--json and --print-lua both write to standard output")
	}
	soft, _, code := e.signals()
	w := &sender{setup: s, plan: &send.Plan{}}
	for _, step := range []func() error{w.envelope, w.server, w.tls, w.login, w.connect, w.content, w.stop, s.times} {
		if err := step(); err != nil {
			return err
		}
	}
	if c.Bool("print-lua") {
		if err := w.printLua(); err != nil {
			return err
		}
	}
	if c.Bool("dry-run") {
		return nil
	}
	w.exchangers(soft)
	env := &luaapi.Env{Target: w.target, Vars: s.cfg.Vars, Limits: s.cfg.Limits, Secrets: s.cfg.Secrets, Allow: w.allow, AllowExec: true, DNS: s.cfg.DNS,
		Run: s.cfg.RunID, Counter: &atomic.Uint64{}, Seed: s.cfg.Seed, Keywords: &luaapi.Keywords{}}
	out := send.Run(soft, w.plan, s.lang.Live(env, e.dir), w.screen())
	switch {
	case c.Bool("json"):
		if err := out.WriteJSON(e.stdout); err != nil {
			return fmt.Errorf("writing the outcome: %w", err)
		}
	case c.Bool("quiet") && out.Error != "":
		e.errorf("", "%s: %s", out.Phase, strings.ReplaceAll(out.Error, "\n", "; "))
	}
	if out.Interrupted {
		return exitError(code())
	}
	if out.ExitCode != 0 {
		return exitError(out.ExitCode)
	}
	return nil
}

// printLua writes the scenario.
func (w *sender) printLua() error {
	place := "smtp://HOST"
	if w.target.URL != "" {
		place = w.target.URL
	}
	if w.target.Name == "demo" {
		place = "demo"
	}
	words := "smtpspec run FILE --target " + luaapi.ShellWord(place)
	if w.target.Program != "" {
		words += " --allow-exec"
	}
	for _, word := range w.words {
		words += " " + luaapi.ShellWord(word)
	}
	var b strings.Builder
	err := w.plan.WriteLua(&b, []string{words})
	var long *script.TooLongError
	if errors.As(err, &long) {
		return usage("what lies in this directory is read from there, and what does not has to stand in the scenario: copy it here", "--print-lua: %s", long)
	}
	_, err = io.WriteString(w.e.stdout, w.cfg.Secrets.Text(b.String()))
	return err
}

// exchangers lets the message go where the MX says. What is wrong with it the connect says.
func (w *sender) exchangers(ctx context.Context) {
	if w.mx == "" {
		return
	}
	route, err := w.cfg.DNS.Route(ctx, w.mx, resolve.Options{})
	if err != nil {
		return
	}
	for _, x := range route.Exchangers {
		w.allow = append(w.allow, x.Host)
	}
}
