package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
)

// Place is what Where turned out to be.
type Place struct {
	Domain   string // to judge; "" for none
	Hosts    []Host
	Ports    string
	Required string // ports that have to be open: a list, "all", or "any" for one of them
	Said     string // in a sentence

	about *luaapi.Target // stands for the domain, which is no server; nil without one
}

// Host is a server to ask.
type Host struct {
	Name      string
	Addresses []string
	Target    *luaapi.Target
}

func (p *Place) hosts() (names []string) {
	for _, h := range p.Hosts {
		names = append(names, h.Name)
	}
	return names
}

// Targets are what is asked: the hosts, and what stands for the domain.
func (p *Place) Targets() (list []*luaapi.Target) {
	for _, h := range p.Hosts {
		list = append(list, h.Target)
	}
	if p.about == nil && p.Domain != "" {
		p.about = luaapi.NoTarget()
		p.about.Name = p.Domain
	}
	if p.about != nil {
		list = append(list, p.about)
	}
	return list
}

// Locate finds out what Where is: a target or a host is asked itself, of a domain the hosts that its MX records name.
func Locate(ctx context.Context, cfg *Config) (*Place, error) {
	p := &Place{Ports: cfg.Ports, Domain: cfg.Domain}
	if cfg.Target != nil {
		return p, cfg.target(ctx, p, cfg.Target)
	}
	host, port := cfg.Where, ""
	if h, n, err := net.SplitHostPort(cfg.Where); err == nil {
		host, port = h, n
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil || port != "" || strings.EqualFold(host, "localhost") {
		return p, cfg.host(ctx, p, host, port)
	}
	return p, cfg.name(ctx, p, strings.TrimSuffix(host, "."))
}

// target asks one that was described: its port alone, unless others are named.
func (cfg *Config) target(ctx context.Context, p *Place, t *luaapi.Target) error {
	if t.Network() != "tcp" || t.LMTP() {
		return errors.New("probe speaks SMTP over TCP: a target of that kind cannot be probed")
	}
	p.Required = "all"
	if p.Ports == "" {
		p.Ports = strconv.Itoa(t.Port())
		if t.Text("tls") == "implicit" {
			p.Ports += "/tls"
		}
	}
	p.Said = fmt.Sprintf("%s is a server at %s", cfg.Where, t.Host())
	return cfg.add(ctx, p, t.Host(), t)
}

// host asks a host that was named with a port, or by its address.
func (cfg *Config) host(ctx context.Context, p *Place, host, port string) error {
	p.Required = "any"
	if port != "" {
		ports, err := ParsePorts(port)
		if err != nil {
			return err
		}
		if p.Ports == "" {
			p.Ports = ports
		}
		p.Required = "all"
	}
	if cfg.Ports != "" {
		p.Required = "all"
	}
	p.Ports = cmp.Or(p.Ports, usualPorts)
	p.Said = host + " is probed as a host"
	return cfg.add(ctx, p, host, nil)
}

// name finds out whether a name is a domain or a host: a domain has an MX record, and a host has an address.
func (cfg *Config) name(ctx context.Context, p *Place, name string) error {
	if problem := resolve.CheckName(name); problem != "" {
		return fmt.Errorf("%q: %s", name, problem)
	}
	route, err := cfg.resolver().Route(ctx, name, resolve.Options{})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && route.Implicit {
		if addresses, aerr := cfg.resolver().Addresses(ctx, name, resolve.Options{}); aerr == nil && len(addresses) > 0 {
			if err := cfg.host(ctx, p, name, ""); err != nil {
				return err
			}
			p.Said = name + " has addresses and no MX, so it is probed as a host"
			if cfg.Domain == "" {
				p.Said += "; --domain " + name + " judges the DNS of the domain too"
			}
			return nil
		}
	}
	p.Domain = cmp.Or(cfg.Domain, name)
	p.Ports = cmp.Or(p.Ports, usualPorts)
	p.Required, _, _ = strings.Cut(strings.Fields(p.Ports)[0], "/")
	switch {
	case err != nil:
		p.Said = "where mail for " + name + " goes is not known: " + err.Error()
	case route.Null:
		p.Said = name + " takes no mail"
	case route.Implicit:
		p.Said = name + " has neither an MX nor an address"
	default:
		return cfg.exchangers(ctx, p, route)
	}
	return nil
}

// maxHosts is how many of a domain's exchangers are asked: some have dozens, all alike.
const maxHosts = 10

func (cfg *Config) exchangers(ctx context.Context, p *Place, route *resolve.Route) error {
	var names []string
	for i, x := range route.Exchangers {
		names = append(names, x.Host)
		if i >= maxHosts {
			continue
		}
		if _, err := netip.ParseAddr(x.Host); err == nil || slices.Contains(p.hosts(), x.Host) {
			continue // no host: the question about the domain says so; or one that is there twice
		}
		addresses, err := cfg.resolver().Addresses(ctx, x.Host, resolve.Options{})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || len(addresses) == 0 {
			continue // said there as well
		}
		if err := cfg.add(ctx, p, x.Host, nil); err != nil {
			return err
		}
	}
	p.Said = fmt.Sprintf("mail for %s goes to %s", route.Domain, strings.Join(names, ", "))
	if len(names) > maxHosts {
		p.Said += fmt.Sprintf("; the first %d are asked", maxHosts)
	}
	return nil
}

// add adds a host. Without a target of its own it gets one at the first port.
func (cfg *Config) add(ctx context.Context, p *Place, name string, t *luaapi.Target) error {
	if t == nil {
		port, tls, _ := strings.Cut(strings.Fields(p.Ports)[0], "/")
		scheme := "smtp"
		if tls != "" {
			scheme = "smtps"
		}
		var err error
		if t, err = luaapi.ParseTarget(scheme + "://" + net.JoinHostPort(name, port)); err != nil {
			return err
		}
		t.Name = name
	}
	// A host that DNS does not know is the system's to find: that it cannot be is what the questions tell then.
	addresses, _ := cfg.resolver().Addresses(ctx, name, resolve.Options{})
	p.Hosts = append(p.Hosts, Host{Name: name, Addresses: addresses, Target: t})
	return ctx.Err()
}
