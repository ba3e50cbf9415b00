package policy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
)

// Limits of an evaluation (RFC 7208 4.6.4).
const (
	maxLookups = 10
	maxVoid    = 2
	maxMX      = 10
)

// SPF reads the record of a domain and all that it includes, and counts what it costs. The error is a *resolve.Error about the domain's own record: one
// about an included record is a problem.
func (a *Asker) SPF(ctx context.Context, domain string) (*SPF, error) {
	domain = strings.TrimSuffix(domain, ".")
	records, err := a.texts(ctx, domain)
	if err != nil {
		return nil, err
	}
	p, terms := parseSPF(records)
	w := &spfWalk{a: a, ctx: ctx, p: p}
	if p.Valid() {
		w.terms(terms, domain, []string{strings.ToLower(domain)})
	}
	if p.Lookups > maxLookups {
		p.problem("it costs more than %d questions to DNS, at least %d: receivers give up with permerror (RFC 7208 4.6.4)", maxLookups, p.Lookups)
	}
	if p.Void > maxVoid {
		p.problem("%d of the names that it asks for have nothing, and %d are allowed: receivers may give up with permerror (RFC 7208 4.6.4)", p.Void, maxVoid)
	}
	return p, w.cancelled()
}

// spfWalk walks from record to record.
type spfWalk struct {
	a   *Asker
	ctx context.Context
	p   *SPF
}

func (w *spfWalk) cancelled() error {
	if w.ctx.Err() != nil {
		return &resolve.Error{Type: "TXT", Reason: "cancelled", Cause: w.ctx.Err()}
	}
	return nil
}

// terms counts the terms of one record; path are the domains that led there. What is far beyond the limit is not walked any more.
func (w *spfWalk) terms(terms []term, domain string, path []string) {
	for _, t := range terms {
		if w.p.Lookups > 2*maxLookups || w.ctx.Err() != nil {
			return
		}
		switch target := strings.TrimSuffix(t.arg, "."); {
		case t.name == "include" || t.name == "redirect" && t.qualifier == 0:
			w.p.Lookups++
			if !strings.Contains(target, "%") {
				w.follow(t, target, path)
			}
		case t.qualifier != 0 && slices.Contains([]string{"a", "mx", "ptr", "exists"}, t.name):
			w.p.Lookups++
			if target == "" {
				target = domain
			}
			if !strings.Contains(target, "%") && t.name != "ptr" {
				w.probe(t, target)
			}
		}
	}
}

// follow reads the record that a term leads to.
func (w *spfWalk) follow(t term, target string, path []string) {
	if slices.Contains(path, strings.ToLower(target)) {
		w.p.problem("%q leads back to a record that led here", t.text)
		return
	}
	records, err := w.a.texts(w.ctx, target)
	if err != nil {
		w.p.problem("%q: %s", t.text, err)
		return
	}
	if len(records) == 0 {
		w.p.Void++
	}
	sub, terms := parseSPF(records)
	switch {
	case !sub.Found:
		w.p.problem("%q: %s has no SPF record: that is a permerror (RFC 7208 5.2)", t.text, target)
		return
	case len(sub.Problems) > 0:
		w.p.problem("%q: the record of %s: %s", t.text, target, sub.Problems[0])
		return
	}
	if t.name == "redirect" && w.p.redirect == t.arg && w.p.All == "" {
		w.p.All = sub.All
	}
	w.terms(terms, target, append(slices.Clone(path), strings.ToLower(target)))
}

// probe asks for what a, mx or exists names, since names without anything are limited.
func (w *spfWalk) probe(t term, target string) {
	if t.name == "mx" {
		answer, err := w.a.query(w.ctx, target, "MX")
		if err != nil {
			w.p.problem("%q: %s", t.text, err)
			return
		}
		if len(answer.Records) > maxMX {
			w.p.problem("%q: %s has %d MX records, and more than %d are a permerror (RFC 7208 4.6.4)", t.text, target, len(answer.Records), maxMX)
		}
		if len(answer.Records) == 0 {
			w.p.Void++
		}
		return
	}
	addresses, err := w.a.Resolver.Addresses(w.ctx, target, w.a.Options)
	if err != nil {
		w.p.problem("%q: %s", t.text, err)
		return
	}
	if len(addresses) == 0 {
		w.p.Void++
	}
}

// CheckSPF says what the policy of a sender's domain makes of a client (RFC 7208 2.6).
func (a *Asker) CheckSPF(ctx context.Context, ip netip.Addr, helo, sender string) string {
	result, _ := spf.CheckHostWithSender(net.IP(ip.AsSlice()), helo, sender, spf.WithContext(ctx), spf.WithResolver(lookup{a}))
	return string(result)
}

// lookup is the resolver as the library for SPF wants one.
type lookup struct{ a *Asker }

func (l lookup) query(ctx context.Context, name, typ string) ([]resolve.Record, error) {
	answer, err := l.a.query(ctx, name, typ)
	var e *resolve.Error
	switch {
	case errors.As(err, &e):
		return nil, &net.DNSError{Err: e.Reason, Name: name, IsTemporary: true}
	case len(answer.Records) == 0:
		return nil, &net.DNSError{Err: answer.Rcode, Name: name, IsNotFound: true}
	}
	return answer.Records, nil
}

// LookupTXT implements spf.DNSResolver.
func (l lookup) LookupTXT(ctx context.Context, name string) (out []string, err error) {
	records, err := l.query(ctx, name, "TXT")
	for _, r := range records {
		out = append(out, r.Text)
	}
	return out, err
}

// LookupMX implements spf.DNSResolver.
func (l lookup) LookupMX(ctx context.Context, name string) (out []*net.MX, err error) {
	records, err := l.query(ctx, name, "MX")
	for _, r := range records {
		out = append(out, &net.MX{Host: r.Host, Pref: uint16(r.Preference)})
	}
	return out, err
}

// LookupIPAddr implements spf.DNSResolver.
func (l lookup) LookupIPAddr(ctx context.Context, host string) (out []net.IPAddr, err error) {
	addresses, err := l.a.Resolver.Addresses(ctx, host, l.a.Options)
	switch {
	case err != nil:
		return nil, &net.DNSError{Err: "no answer", Name: host, IsTemporary: true}
	case len(addresses) == 0:
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	for _, ip := range addresses {
		out = append(out, net.IPAddr{IP: net.ParseIP(ip)})
	}
	return out, nil
}

// LookupAddr implements spf.DNSResolver.
func (l lookup) LookupAddr(ctx context.Context, address string) (out []string, err error) {
	name, ok := resolve.Reverse(address)
	if !ok {
		return nil, &net.DNSError{Err: "no address", Name: address, IsNotFound: true}
	}
	records, err := l.query(ctx, name, "PTR")
	for _, r := range records {
		out = append(out, r.Host+".")
	}
	return out, err
}
