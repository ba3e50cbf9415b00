package policy

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// MTASTS is a domain's policy for TLS on the way to its mail servers (RFC 8461).
type MTASTS struct {
	Judgement
	ID string // changes when the policy does

	Policy string   // the text that was fetched, "" when it was not
	Mode   string   // "enforce", "testing" or "none"
	MX     []string // patterns of hosts: "mx.example.org", "*.example.org"
	MaxAge int      // seconds
}

// MTASTS reads the record at _mta-sts.domain. The policy itself is fetched by HTTPS: see Fetch.
func (a *Asker) MTASTS(ctx context.Context, domain string) (*MTASTS, error) {
	records, err := a.texts(ctx, "_mta-sts."+domain)
	if err != nil {
		return nil, err
	}
	return parseMTASTS(records), nil
}

var stsID = lazyregexp.New(`^[A-Za-z0-9]{1,32}$`)

func parseMTASTS(records []string) *MTASTS {
	p := &MTASTS{}
	text, ok := p.only("MTA-STS", ofVersion(records, "STSv1"))
	if !ok {
		return p
	}
	for _, t := range p.parseTags(text) {
		if t.name == "id" {
			p.ID = t.value
		}
	}
	switch {
	case p.ID == "":
		p.problem("id is missing: senders cannot tell when the policy changes")
	case !stsID().MatchString(p.ID):
		p.problem("id=%s: 1 to 32 letters and digits expected", p.ID)
	}
	return p
}

// maxAge is the largest that a policy may say, a year (RFC 8461 3.2).
const maxAge = 31557600

// Take reads a policy that was fetched (RFC 8461 3.2).
func (p *MTASTS) Take(text string) {
	p.Policy = text
	age, version := "", ""
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			p.problem("the line %q of the policy is not of the form name: value", line)
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "version":
			version = value
		case "mode":
			p.Mode = value
		case "max_age":
			age = value
		case "mx":
			p.MX = append(p.MX, value)
		}
	}
	p.judgePolicy(version, age)
}

func (p *MTASTS) judgePolicy(version, age string) {
	if version != "STSv1" {
		p.problem("the policy has no version: STSv1")
	}
	if !slices.Contains([]string{"enforce", "testing", "none"}, p.Mode) {
		p.problem("the policy's mode is %q: enforce, testing or none expected", p.Mode)
	}
	n, err := strconv.Atoi(age)
	switch p.MaxAge = n; {
	case err != nil || n < 0 || n > maxAge:
		p.problem("the policy's max_age is %q: seconds from 0 to %d expected", age, maxAge)
	case n < 86400 && p.Mode != "none":
		p.warning("the policy's max_age is %d seconds: with less than a day it protects from little", n)
	}
	if len(p.MX) == 0 && p.Mode != "none" {
		p.problem("the policy names no mx")
	}
	if p.Mode == "testing" {
		p.warning("the policy is in testing: nothing is refused")
	}
}

// Covers tells whether the policy names a host: itself, or by a pattern that stands for one label (RFC 8461 4.1).
func (p *MTASTS) Covers(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(p.MX, func(pattern string) bool {
		pattern = strings.ToLower(strings.TrimSuffix(pattern, "."))
		suffix, wild := strings.CutPrefix(pattern, "*.")
		return pattern == host || wild && parent == suffix
	})
}
