package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func initCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write smtpspec.lua for a server: what it offers, and what the suites need to know", ArgsUsage: "",
		Description: "It asks the server what it offers, before TLS and in it, and on a terminal it asks you for the facts that cannot be asked of a server.",
		Flags: []cli.Flag{
			&cli.GenericFlag{Value: &texts{}, Name: "target", Aliases: []string{"t"}, Usage: "`URL` of the server"},
			&cli.GenericFlag{Value: &texts{}, Name: "set", Usage: "`fact=value`: a fact of the target that is known already"},
			&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any certificate"},
			&cli.StringFlag{Name: "connect-timeout", Usage: "`TIME` that a connect may take (10s)"},
			&cli.StringFlag{Name: "reply-timeout", Usage: "`TIME` that a reply may take (30s)"},
			dnsFlag(),
			&cli.BoolFlag{Name: "force", Usage: "replace a smtpspec.lua that is there"},
		},
		Action: func(c *cli.Context) error { return initConfig(e, c) },
	}
}

// asked are the facts that suites need and no server tells, with the question for each.
var asked = [][2]string{
	{"valid_rcpt", "an address at this server that takes mail, for tests"},
	{"valid_rcpt2", "a second one"},
	{"invalid_rcpt", "an address in its domain that does not exist"},
	{"local_domain", "a domain that it takes mail for"},
	{"relay_domain", "a domain that it does not take mail for; no mail is sent there unless it relays"},
	{"from", "the sender to use, in a domain that exists"},
	{"user", "a login name; the password is taken from the variable SMTPSPEC_PASSWORD"},
	{"mailbox", "where the mail of valid_rcpt can be read, such as maildir:/path"},
	{"ca", "the file of the CA that signed its certificate, where this system does not know it"},
	{"submission_port", "the port where its users submit mail"},
	{"smtps_port", "its port that begins with TLS"},
	{"full_rcpt", "an address that exists and takes no mail now, as one over its quota"},
	{"list", "a mailing list or alias that EXPN expands"},
}

func initConfig(e *env, c *cli.Context) error {
	path := filepath.Join(e.dir, "smtpspec.lua")
	if _, err := os.Stat(path); err == nil && !c.Bool("force") {
		return usage("--force replaces it", "smtpspec.lua is there already")
	}
	s := &setup{e: e, c: c, lang: language()}
	s.cfg = &runner.Config{Lang: s.lang, Secrets: &wire.Secrets{}, Vars: luaapi.NewVars(), Tool: version()}
	defer s.close()
	for _, step := range []func() error{s.resolver, s.targets, s.times} {
		if err := step(); err != nil {
			return err
		}
	}
	if len(s.cfg.Targets) != 1 {
		return usage("as in smtpspec init --target smtp://mx.example.org:25", "one server is expected, got %d", len(s.cfg.Targets))
	}
	t := s.cfg.Targets[0]
	if t.Demo {
		return usage("smtpspec run builtin:core --target demo", "the demo server needs no configuration: it tells its facts itself")
	}
	if c.Bool("insecure") {
		_ = t.Set("tls_verify", false) // a value of the right type
	}
	soft, _, _ := e.signals()
	offer, err := s.interview(soft, t)
	if err != nil {
		e.errorf("smtpspec probe says more of a server that does not answer", "%s", err)
		return exitError(runner.ExitErrors)
	}
	if err := e.askFacts(t); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(configOf(t, offer)), 0o666); err != nil {
		return usage("", "smtpspec.lua: %s", luaapi.FileProblem(err))
	}
	fmt.Fprintf(e.stdout, "smtpspec.lua is written; smtpspec list builtin:core says which checks would be skipped for want of a fact\n")
	return nil
}

// offer is what a server says of itself.
type offer struct {
	greeting   string
	clear, tls map[string]string // keywords of EHLO; nil where there was none
}

// interview asks the server. What fails is the server's: without an answer there is nothing to write.
func (s *setup) interview(ctx context.Context, t *luaapi.Target) (*offer, error) {
	env := &luaapi.Env{Target: t, Vars: s.cfg.Vars, Limits: s.cfg.Limits, Secrets: s.cfg.Secrets, DNS: s.cfg.DNS, Counter: &atomic.Uint64{}, Keywords: &luaapi.Keywords{}}
	live := s.lang.Live(env, s.e.dir)
	defer live.Close()
	do := func(lua string) error {
		said := live.Do(ctx, lua)
		if len(said.Failures) > 0 {
			return fmt.Errorf("asking the server: %s", strings.TrimSpace(said.Failures[0].Message+" "+said.Failures[0].Got))
		}
		return nil
	}
	for _, lua := range []string{"c = smtp.connect()", "c:expect(220)", "c:ehlo()"} {
		if err := do(lua); err != nil {
			return nil, err
		}
	}
	o := &offer{greeting: live.Conn().Greeting.Text()}
	if live.Conn().TLS != nil {
		o.tls = live.Keywords()
	} else {
		o.clear = live.Keywords()
		if _, ok := o.clear["STARTTLS"]; ok && do("c:starttls { verify = false }") == nil && do("c:ehlo()") == nil {
			o.tls = live.Keywords()
		}
	}
	_ = do("c:quit()") // it was polite
	return o, nil
}

// askFacts asks for what is not known, where somebody can answer.
func (e *env) askFacts(t *luaapi.Target) error {
	in, ok := e.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	lines := bufio.NewReader(in)
	fmt.Fprintln(e.stdout, "What is left empty stays open, and its checks are skipped.")
	for _, q := range asked {
		if _, known := t.Get(q[0]); known {
			continue
		}
		fmt.Fprintf(e.stdout, "%s (%s): ", q[0], q[1])
		line, err := lines.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			if err := t.SetText(q[0], line); err != nil {
				return usage("", "%s", err)
			}
		}
		if err == io.EOF {
			return nil
		}
	}
	return nil
}

// configOf is the configuration as Lua.
func configOf(t *luaapi.Target, o *offer) string {
	var b strings.Builder
	b.WriteString("-- What smtpspec knows of a server; docs/configuration.md says what each fact is.\n")
	fmt.Fprintf(&b, "-- It greeted with: %s\n", plainLine(o.greeting))
	for _, part := range []struct {
		when     string
		keywords map[string]string
	}{{"in clear", o.clear}, {"in TLS", o.tls}} {
		if part.keywords != nil {
			fmt.Fprintf(&b, "-- It offers %s: %s\n", part.when, keywordList(part.keywords))
		}
	}
	name := cmp.Or(t.Name, "server")
	fmt.Fprintf(&b, "\nreturn {\n  target = %s,\n  targets = {\n    [%s] = {\n      url = %s,\n", script.Quote(name), script.Quote(name), script.Quote(t.URL))
	words := strings.Fields(o.greeting)
	if t.Text("hostname") == "" && len(words) > 0 && strings.Contains(words[0], ".") {
		fmt.Fprintf(&b, "      hostname = %s, -- as it says itself\n", script.Quote(words[0]))
	}
	if v, ok := t.Get("tls_verify"); ok && v == false {
		b.WriteString("      tls_verify = false,\n")
	}
	for _, q := range asked {
		if value := t.Text(q[0]); value != "" {
			fmt.Fprintf(&b, "      %s = %s,\n", q[0], script.Quote(value))
		} else {
			fmt.Fprintf(&b, "      -- %s = \"\", -- %s\n", q[0], q[1])
		}
		if q[0] == "user" {
			comment := ""
			if t.Text("user") == "" {
				comment = "-- "
			}
			fmt.Fprintf(&b, "      %spassword = env(\"SMTPSPEC_PASSWORD\", \"\"), -- in no output\n", comment)
		}
	}
	for _, name := range t.Names() {
		if value := t.Text(name); value != "" && !t.IsSecret(name) && !slices.Contains(inURL, name) && !isAsked(name) {
			fmt.Fprintf(&b, "      %s = %s,\n", name, script.Quote(value))
		}
	}
	b.WriteString("    },\n  },\n}\n")
	return b.String()
}

// inURL are the facts that the URL has.
var inURL = []string{"url", "name", "host", "protocol", "tls"}

func isAsked(name string) bool {
	return slices.ContainsFunc(asked, func(q [2]string) bool { return q[0] == name })
}

func plainLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func keywordList(keywords map[string]string) string {
	var list []string
	for k, v := range keywords {
		list = append(list, plainLine(k+" "+v))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
