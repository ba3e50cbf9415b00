package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// Exchanger is a host that takes mail for a domain.
type Exchanger struct {
	Host       string
	Preference int
}

// Route is where mail for a domain goes (RFC 5321 5.1).
type Route struct {
	Domain     string
	Exchangers []Exchanger // by preference; those of the same one in the order of the answer
	Implicit   bool        // the domain has no MX, and is its own (RFC 5321 5.1)
	Null       bool        // the domain says that it takes no mail (RFC 7505): there are no exchangers
	AD         bool        // the resolver has verified the MX
}

// Route finds the hosts that take mail for a domain. That the domain has no MX is no error here, nor that it does not exist, since that shows when the
// address of its only exchanger, itself, is asked for. The error is a *Error.
func (r *Resolver) Route(ctx context.Context, domain string, o Options) (*Route, error) {
	a, err := r.Query(ctx, domain, "MX", o)
	if err != nil {
		return nil, err
	}
	route := &Route{Domain: a.Name, AD: a.AD}
	for _, mx := range a.Records {
		route.Exchangers = append(route.Exchangers, Exchanger{mx.Host, mx.Preference})
	}
	slices.SortStableFunc(route.Exchangers, func(a, b Exchanger) int { return a.Preference - b.Preference })
	switch {
	case len(a.Records) == 1 && a.Records[0].Host == ".":
		route.Null, route.Exchangers = true, nil
	case len(a.Records) == 0:
		route.Implicit, route.Exchangers = true, []Exchanger{{Host: a.Name}}
	}
	return route, nil
}

// Addresses are the IPv4 and then the IPv6 addresses of a host, of which there may be none. An address is its own. Where only one of the two questions
// fails, the answer to the other is taken. The error is a *Error.
func (r *Resolver) Addresses(ctx context.Context, host string, o Options) ([]string, error) {
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []string{ip.String()}, nil
	}
	var all []string
	var failed error
	for _, typ := range []string{"A", "AAAA"} {
		a, err := r.Query(ctx, host, typ, o)
		var e *Error
		if errors.As(err, &e) {
			failed = err
			if e.Reason == "cancelled" || e.Reason == "timeout" {
				break // the next would take as long
			}
			continue
		}
		for _, rec := range a.Records {
			all = append(all, rec.Address)
		}
		if a.Rcode == "NXDOMAIN" {
			break
		}
	}
	if len(all) > 0 {
		failed = nil
	}
	return all, failed
}
