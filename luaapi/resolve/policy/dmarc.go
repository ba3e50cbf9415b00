package policy

import (
	"context"
	"slices"
	"strings"
)

// DMARC is what a domain wants done with mail that only claims to be from it (RFC 9989).
type DMARC struct {
	Judgement
	Domain         string // that the record is of: the domain itself, or one above it
	Organizational string // the domain's organizational domain (RFC 9989 4.10.2)
	Policy         string // that holds for the domain: "none", "quarantine" or "reject"; "" without a record
	P, SP, NP      string // for the domain of the record, its subdomains, and names below it that do not exist; "" where they are not given
	Testing        bool   // t=y: receivers apply the next lower policy
	PSD            string // "y", "n" or "u"
	ADKIM, ASPF    string // "r" or "s"
	RUA, RUF       []string
}

// maxWalk is how many labels of a name the walk begins with, at most: a name of any length then costs eight questions (RFC 9989 4.10).
const maxWalk = 8

// DMARC finds the policy for mail from a domain by walking up the tree of names (RFC 9989 4.10).
func (a *Asker) DMARC(ctx context.Context, domain string) (*DMARC, error) {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	var found []*DMARC // from the domain up
	for _, name := range walk(domain) {
		records, err := a.texts(ctx, "_dmarc."+name)
		if err != nil {
			return nil, err
		}
		p := parseDMARC(records)
		p.Domain = name
		if name == domain && (len(p.Problems) > 0 || p.Found && p.Record == "") {
			return p, nil // what is wrong here is what the domain has to know
		}
		if !p.Valid() {
			continue
		}
		found = append(found, p)
		if p.PSD != "u" {
			break
		}
	}
	return a.decide(ctx, domain, found)
}

// walk are the names to ask, from the domain to the top.
func walk(domain string) []string {
	labels := strings.Split(domain, ".")
	names := []string{domain}
	start := 1
	if len(labels) > maxWalk {
		start = len(labels) - maxWalk + 1
	}
	for i := start; i < len(labels); i++ {
		names = append(names, strings.Join(labels[i:], "."))
	}
	return names
}

// decide takes the organizational domain and the policy from the records that were found.
func (a *Asker) decide(ctx context.Context, domain string, found []*DMARC) (*DMARC, error) {
	if len(found) == 0 {
		return &DMARC{Organizational: domain}, nil
	}
	last := found[len(found)-1]
	organizational := last.Domain
	if last.PSD == "y" && last.Domain != domain { // one label below the public suffix
		below := strings.Split(strings.TrimSuffix(domain, "."+last.Domain), ".")
		organizational = below[len(below)-1] + "." + last.Domain
	}
	var p *DMARC
	for _, name := range []string{domain, organizational, last.Domain} {
		if i := slices.IndexFunc(found, func(f *DMARC) bool { return f.Domain == name }); i >= 0 && p == nil {
			p = found[i]
		}
	}
	p.Organizational, p.Policy = organizational, p.P
	if p.Domain == domain {
		return p, nil
	}
	if p.SP != "" {
		p.Policy = p.SP
	}
	if p.NP != "" {
		exists, err := a.query(ctx, domain, "A")
		if err != nil {
			return nil, err
		}
		if exists.Rcode == "NXDOMAIN" {
			p.Policy = p.NP
		}
	}
	return p, nil
}

var dmarcPolicies = []string{"none", "quarantine", "reject"}

func parseDMARC(records []string) *DMARC {
	p := &DMARC{PSD: "u", ADKIM: "r", ASPF: "r"}
	text, ok := p.only("DMARC", ofVersion(records, "DMARC1"))
	if !ok {
		if len(records) > 0 && !p.Found {
			p.misnamed(records)
		}
		return p
	}
	tags := p.parseTags(text)
	for _, t := range tags {
		p.tag(t)
	}
	if p.P == "" {
		p.P = "none"
		p.warning("p is missing: receivers take it for none, or, by the older RFC 7489, the record for invalid")
	}
	if len(p.RUA) == 0 {
		p.warning("rua is missing: nobody reports what is sent in the domain's name")
	}
	return p
}

// misnamed finds records that are meant as DMARC and are not.
func (p *DMARC) misnamed(records []string) {
	for _, r := range records {
		if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(r)), "V=DMARC") {
			p.Found, p.Record = true, r
			p.problem("the record does not begin with v=DMARC1: it counts for nothing")
			return
		}
	}
}

func (p *DMARC) tag(t tag) {
	switch t.name {
	case "p":
		p.choice(t, &p.P, dmarcPolicies...)
	case "sp":
		p.choice(t, &p.SP, dmarcPolicies...)
	case "np":
		p.choice(t, &p.NP, dmarcPolicies...)
	case "adkim":
		p.choice(t, &p.ADKIM, "r", "s")
	case "aspf":
		p.choice(t, &p.ASPF, "r", "s")
	case "psd":
		p.choice(t, &p.PSD, "y", "n", "u")
	case "t":
		var v string
		p.choice(t, &v, "y", "n")
		p.Testing = v == "y"
	case "rua":
		p.RUA = p.uris("rua", t.value, "mailto")
	case "ruf":
		p.RUF = p.uris("ruf", t.value, "mailto")
	case "pct", "ri", "rf":
		p.warning("%s is a tag of RFC 7489 that RFC 9989 has removed", t.name)
	case "v", "fo":
	default:
		p.warning("the tag %s is not known: receivers pass over it", t.name)
	}
}

func (p *DMARC) choice(t tag, to *string, allowed ...string) {
	if v := strings.ToLower(t.value); slices.Contains(allowed, v) {
		*to = v
		return
	}
	p.problem("%s=%s: %s expected", t.name, t.value, strings.Join(allowed, ", "))
}
