// Package probe asks a mail server, or all of a domain, the questions that one has at first contact, and shows the answers on one screen. The
// questions are scenarios, those in scenarios/probe or a copy of them: this package finds out where mail goes, runs them, and renders
// what they noted, warned of and failed with.
//
//	Locate -> Place -> Run (runner) -> Report -> Text | JSON
package probe

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/policy"
	"github.com/smtpspec/smtpspec/runner"
)

// Config is what a probe is told.
type Config struct {
	Run       *runner.Config // its targets, ports and variables are set here
	Files     []*runner.Found
	Where     string
	Target    *luaapi.Target // where Where is a target of the configuration or a URL; nil for a name
	Ports     string         // as in "25 465/tls"; "" for the usual ones, or the target's
	Domain    string         // to judge besides, where Where is a host; "" for none
	Selectors []string       // of DKIM
}

// usualPorts are those of mail: relaying, submission in TLS from the start, submission (RFC 5321, RFC 8314, RFC 6409).
const usualPorts = "25 465/tls 587"

// Connections that a server gets at once: many servers count those from one client.
const maxConnections = 4

// domainTag tells the questions about a domain from those that are asked of each of its servers.
const domainTag = "domain"

// Run asks the questions. The error is about scenarios that do not load.
func Run(ctx context.Context, cfg *Config, place *Place) (*Report, error) {
	rc := cfg.Run
	rc.NoPreflight, rc.MaxConnections = true, maxConnections
	if err := cfg.variables(place); err != nil {
		return nil, err
	}
	if err := cfg.targets(place); err != nil {
		return nil, err
	}
	plan, err := runner.Load(ctx, rc, cfg.Files)
	if err != nil {
		return nil, err
	}
	plan.Jobs = slices.DeleteFunc(plan.Jobs, func(j *runner.Job) bool {
		return slices.Contains(j.Decl.Tags, domainTag) != (j.Target == place.about)
	})
	c := &collector{report: &Report{Where: cfg.Where, Domain: place.Domain, Hosts: place.hosts(), Said: place.Said, Time: time.Now()}}
	rc.Sink = c
	sum := runner.Run(ctx, rc, plan)
	c.report.finish(sum)
	return c.report, nil
}

// variables tells the scenarios what the command line says.
func (cfg *Config) variables(place *Place) error {
	values := map[string]string{"ports": place.Ports, "required": place.Required, "selectors": strings.Join(cfg.Selectors, " "),
		"connect_timeout": cfg.Run.Limits.ConnectLimit().String(), "domain": place.Domain}
	for name, value := range values {
		if err := cfg.Run.Vars.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// targets takes over those of the place, and allows what their questions connect to.
func (cfg *Config) targets(place *Place) error {
	rc := cfg.Run
	rc.Targets = place.Targets()
	for _, h := range place.Hosts {
		rc.Allow = append(append(rc.Allow, h.Name), h.Addresses...)
		if _, given := h.Target.Get("local_domain"); place.Domain == "" || given {
			continue
		}
		if err := h.Target.Set("local_domain", place.Domain); err != nil {
			return err
		}
	}
	if place.Domain != "" {
		rc.Allow = append(rc.Allow, net.JoinHostPort(policy.StsHost(place.Domain), "443"))
	}
	return nil
}

// ParsePorts reads a list of ports as people write it: "25,465/tls,2525".
func ParsePorts(text string) (string, error) {
	var out []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		number, suffix, _ := strings.Cut(word, "/")
		n := 0
		if _, err := fmt.Sscanf(number+"\n", "%d\n", &n); err != nil || n < 1 || n > 65535 {
			return "", fmt.Errorf("%q is no port: a number from 1 to 65535 expected, with /tls after it for TLS from the start", word)
		}
		if suffix != "" && suffix != "tls" {
			return "", fmt.Errorf("%q: /tls is what may come after a port, for TLS from the start", word)
		}
		if n == 465 {
			suffix = "tls" // RFC 8314 3.3
		}
		port := fmt.Sprint(n)
		if suffix != "" {
			port += "/tls"
		}
		if !slices.Contains(out, port) {
			out = append(out, port)
		}
	}
	if len(out) == 0 {
		return "", fmt.Errorf("no port is named")
	}
	return strings.Join(out, " "), nil
}

// resolver is the run's, or the system's.
func (cfg *Config) resolver() *resolve.Resolver {
	if cfg.Run.DNS != nil {
		return cfg.Run.DNS
	}
	return &resolve.Resolver{}
}
