package luaapi

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// mxPort is where senders connect to (RFC 5321 4.5.4.2).
const mxPort = 25

// hop is a place where mail for a domain may go, or why there is none.
type hop struct {
	host, address string // the exchanger, and one of its addresses
	problem       string
}

// exchange begins a connection to where mail for the domain goes: there is no address yet.
func (k *conn) exchange() error {
	o := &k.opts
	port := mxPort
	if o.Port != nil {
		port = *o.Port
	}
	problem := resolve.CheckName(o.MX)
	switch _, err := netip.ParseAddr(strings.Trim(o.MX, "[]")); {
	case o.Host != nil || o.Unix != "":
		return fmt.Errorf("options mx and host: one of them says where to connect to")
	case err == nil:
		return fmt.Errorf("option mx: a domain expected, got the address %q", o.MX)
	case problem != "":
		return fmt.Errorf("option mx: %q: %s", o.MX, problem)
	case port < 1 || port > 65535:
		return fmt.Errorf("option port: a number from 1 to 65535 expected, got %d", port)
	}
	k.host, k.address = o.MX, net.JoinHostPort(o.MX, strconv.Itoa(port))
	return nil
}

// walk connects to the first address of the domain's mail exchangers that answers, as a sender does (RFC 5321 5.1): by preference, those of the same one
// in random order, each with all its addresses. The reason is what an optional connect fails with.
func (k *conn) walk(c *bind.Call) (reason string, err error) {
	a := k.a
	a.meanwhile(nil)
	route, err := a.env.resolver().Route(a.ctx, k.opts.MX, resolve.Options{})
	var re *resolve.Error
	switch {
	case errors.As(err, &re) && re.Reason == "cancelled":
		return "", a.cancelled(c.L)
	case err != nil:
		return k.noExchanger(c, &wire.DialError{Kind: wire.DNS}, err.Error())
	case route.Null && k.opts.Optional:
		return "null-mx", nil
	case route.Null:
		return "", a.failed(c.L, event.Failure{Kind: "dns", Message: k.opts.MX + " takes no mail: it has a null MX (RFC 7505)"})
	}
	hops := k.hops(route)
	if a.ctx.Err() != nil {
		return "", a.cancelled(c.L)
	}
	if err := k.mayWalk(hops); err != nil {
		return "", a.broken(c.L, event.Failure{Kind: "lua", Message: fmt.Sprintf("%s: %s", c.Name(), err)}, true)
	}
	return k.try(c, hops)
}

// hops are all addresses of all exchangers, in the order to try them.
func (k *conn) hops(route *resolve.Route) (hops []hop) {
	a := k.a
	list := route.Exchangers
	a.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(x, y resolve.Exchanger) int { return x.Preference - y.Preference })
	for _, x := range list {
		if _, err := netip.ParseAddr(x.Host); err == nil {
			hops = append(hops, hop{host: x.Host, problem: "an address, where an MX has to name a host"})
			continue
		}
		addresses, err := a.env.resolver().Addresses(a.ctx, x.Host, resolve.Options{})
		addresses = k.familyOf(addresses)
		switch {
		case err != nil:
			hops = append(hops, hop{host: x.Host, problem: err.Error()})
		case len(addresses) == 0 && route.Implicit:
			hops = append(hops, hop{host: x.Host, problem: "it has neither an MX nor an " + k.addressWord()})
		case len(addresses) == 0:
			hops = append(hops, hop{host: x.Host, problem: "it has no " + k.addressWord()})
		}
		for _, ip := range addresses {
			hops = append(hops, hop{host: x.Host, address: ip})
		}
	}
	return hops
}

// mayWalk refuses the whole walk when one of its hosts may not be connected to: which of them answers is chance.
func (k *conn) mayWalk(hops []hop) error {
	_, port, _ := net.SplitHostPort(k.address)
	var places []string
	for _, h := range hops {
		if h.address == "" || k.a.allowed(h.host, port) == nil || k.a.allowed(h.address, port) == nil || slices.Contains(places, h.host) {
			continue
		}
		places = append(places, h.host)
	}
	if len(places) == 0 {
		return nil
	}
	return fmt.Errorf("a script may not connect to %s, which the MX of %s names: --allow %s allows it",
		strings.Join(places, " and "), k.opts.MX, strings.Join(places, " --allow "))
}

// try connects to one after the other.
func (k *conn) try(c *bind.Call, hops []hop) (reason string, err error) {
	domain, first := k.address, (*wire.DialError)(nil)
	_, port, _ := net.SplitHostPort(k.address)
	var tried []string
	for _, h := range hops {
		if h.problem != "" {
			tried = append(tried, h.host+": "+h.problem)
			continue
		}
		k.host, k.address = h.host, net.JoinHostPort(h.address, port)
		limit := k.connectLimit()
		de := k.dialOnce(limit)
		if de == nil {
			k.a.dials[domain] = true
			return "", nil
		}
		if de.Kind == wire.Cancelled {
			return "", k.a.cancelled(c.L)
		}
		if first == nil {
			first = de
		}
		tried = append(tried, h.host+": "+k.dialText(de, limit))
	}
	if first == nil {
		first = &wire.DialError{Kind: wire.DNS}
	}
	k.address = domain
	return k.noExchanger(c, first, fmt.Sprintf("no mail server of %s was reached: %s", k.opts.MX, strings.Join(tried, "; ")))
}

// noExchanger records that nobody was reached, as for any connect that does not come about.
func (k *conn) noExchanger(c *bind.Call, de *wire.DialError, message string) (string, error) {
	if k.opts.Optional {
		return reasonOf(de), nil
	}
	f := event.Failure{Kind: string(de.Kind), Message: message, Address: k.address}
	if de.Proxy == "" && k.a.dials[k.address] {
		f.Message += "; an earlier connection came about"
		return "", k.a.failed(c.L, f)
	}
	return "", k.a.broken(c.L, f, true)
}
