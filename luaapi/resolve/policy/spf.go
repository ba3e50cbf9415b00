package policy

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// SPF says which hosts may send mail in a domain's name (RFC 7208).
type SPF struct {
	Judgement
	Terms   []string // of the record, after its version
	All     string   // what becomes of a host that nothing else matches: "pass", "fail", "softfail", "neutral"; "" where a redirect decides
	Lookups int      // terms that cost a question to DNS, those of included records too: 10 are allowed (RFC 7208 4.6.4)
	Void    int      // names that were asked for in vain: 2 are allowed
	Result  string   // for the address that was asked about: "pass", "fail", "softfail", "neutral", "none", "temperror" or "permerror"

	redirect string
}

var qualifiers = map[byte]string{'+': "pass", '-': "fail", '~': "softfail", '?': "neutral"}

// term is one of a record.
type term struct {
	text      string
	qualifier byte   // 0 of a modifier
	name      string // in lower case
	arg       string // after the colon, or of a modifier after the equals sign
	given     bool   // there was a colon
	cidr      string // "/24//64"
}

// isSPF tells whether a TXT record is one of SPF: the version, and then a blank or the end (RFC 7208 4.5).
func isSPF(record string) bool {
	return strings.EqualFold(record, "v=spf1") || len(record) > 6 && strings.EqualFold(record[:7], "v=spf1 ")
}

// parseSPF reads the record of a domain without asking anything.
func parseSPF(records []string) (*SPF, []term) {
	p := &SPF{}
	text, ok := p.only("SPF", slices.DeleteFunc(slices.Clone(records), func(r string) bool { return !isSPF(r) }))
	if !ok {
		return p, nil
	}
	p.Terms = strings.Fields(text)[1:]
	var terms []term
	for _, word := range p.Terms {
		t := parseTerm(word)
		p.checkTerm(t)
		if t.name == "redirect" && t.qualifier == 0 {
			p.redirect = t.arg
		}
		terms = append(terms, t)
	}
	p.judgeOrder(terms)
	return p, terms
}

var modifierForm = lazyregexp.New(`^([A-Za-z][A-Za-z0-9_.-]*)=(.*)$`)

func parseTerm(word string) term {
	if m := modifierForm().FindStringSubmatch(word); m != nil {
		return term{text: word, name: strings.ToLower(m[1]), arg: m[2]}
	}
	t := term{text: word, qualifier: '+'}
	rest := word
	if _, ok := qualifiers[rest[0]]; ok {
		t.qualifier, rest = rest[0], rest[1:]
	}
	end := strings.IndexAny(rest, ":/")
	if end < 0 {
		t.name = strings.ToLower(rest)
		return t
	}
	t.name = strings.ToLower(rest[:end])
	rest = rest[end:]
	if t.name == "ip4" || t.name == "ip6" {
		t.arg, t.given = strings.CutPrefix(rest, ":")
		return t
	}
	if rest[0] == ':' {
		t.given = true
		rest = rest[1:]
		t.arg = rest
		if i := cidrAt(rest); i >= 0 {
			t.arg, t.cidr = rest[:i], rest[i:]
		}
		return t
	}
	t.cidr = rest
	return t
}

// cidrAt is where the length of a prefix begins, which is after the last macro: those may hold a slash.
func cidrAt(s string) int {
	last := strings.LastIndexByte(s, '}') + 1
	if i := strings.IndexByte(s[last:], '/'); i >= 0 {
		return last + i
	}
	return -1
}

var cidrForm = lazyregexp.New(`^(?:/(0|[1-9][0-9]{0,2}))?(?://(0|[1-9][0-9]{0,2}))?$`)

// checkTerm judges the form of a term (RFC 7208 5, 6, 12).
func (p *SPF) checkTerm(t term) {
	switch t.name {
	case "all":
		if t.given || t.cidr != "" {
			p.problem("%q: all takes nothing", t.text)
		}
	case "include", "exists":
		if t.cidr != "" {
			p.problem("%q: %s takes no prefix length", t.text, t.name)
		}
		p.domainSpec(t, true)
	case "a", "mx":
		m := cidrForm().FindStringSubmatch(t.cidr)
		if m == nil || atoi(m[1]) > 32 || atoi(m[2]) > 128 {
			p.problem("%q: the prefix length is wrong: /0 to /32, and //0 to //128 for IPv6", t.text)
		}
		p.domainSpec(t, t.given)
	case "ptr":
		p.warning("%q: ptr should not be used: it is slow, and many receivers pass over it (RFC 7208 5.5)", t.text)
		p.domainSpec(t, t.given)
	case "ip4", "ip6":
		p.network(t)
	case "redirect", "exp":
		p.domainSpec(t, true)
	default:
		if t.qualifier != 0 {
			p.problem("%q: there is no mechanism %q", t.text, t.name)
		}
	}
	if t.qualifier == 0 && slices.Contains([]string{"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}, t.name) {
		p.problem("%q: a mechanism takes a colon, not an equals sign", t.text)
	}
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func (p *SPF) network(t term) {
	address, length, prefixed := strings.Cut(t.arg, "/")
	ip, err := netip.ParseAddr(address)
	n, nerr := strconv.Atoi(length)
	switch {
	case err != nil || ip.Is4() != (t.name == "ip4") || ip.Zone() != "":
		p.problem("%q: %q is no %s address", t.text, address, map[string]string{"ip4": "IPv4", "ip6": "IPv6"}[t.name])
	case prefixed && (nerr != nil || n < 0 || n > ip.BitLen()):
		p.problem("%q: the prefix length is wrong: /0 to /%d", t.text, ip.BitLen())
	case prefixed && n == 0 && t.qualifier == '+':
		p.problem("%q lets every host of the Internet send in the domain's name", t.text)
	}
}

var (
	macroForm = lazyregexp.New(`^(?:[!-$&-~]|%%|%_|%-|%\{[SLODIPHCRTVslodiphcrtv][0-9]*[Rr]?[-.+,/_=]*\})*$`)
	topLabel  = lazyregexp.New(`(?i)\.(?:[0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?$`)
)

// domainSpec judges the domain of a term (RFC 7208 7.1).
func (p *SPF) domainSpec(t term, needed bool) {
	switch {
	case !needed && t.arg == "":
	case t.arg == "":
		p.problem("%q: a domain expected", t.text)
	case !macroForm().MatchString(t.arg):
		p.problem("%q: the domain has a macro or a character that is not allowed", t.text)
	case !topLabel().MatchString(t.arg) && !strings.HasSuffix(t.arg, "}"):
		p.problem("%q: %q is no domain", t.text, t.arg)
	}
}

// judgeOrder judges what the terms say together.
func (p *SPF) judgeOrder(terms []term) {
	count := map[string]int{}
	all := -1
	for i, t := range terms {
		if t.qualifier == 0 {
			count[t.name]++
			continue
		}
		if t.name == "all" && all < 0 {
			all, p.All = i, qualifiers[t.qualifier]
		}
		if all >= 0 && i > all {
			p.warning("%q stands after all, and counts for nothing", t.text)
		}
	}
	for _, name := range []string{"redirect", "exp"} {
		if count[name] > 1 {
			p.problem("%s is there %d times", name, count[name])
		}
	}
	switch {
	case p.All == "pass":
		p.problem("+all lets every host of the Internet send in the domain's name")
	case p.All == "neutral":
		p.warning("?all says nothing about other hosts")
	case p.All != "" && count["redirect"] > 0:
		p.warning("redirect counts for nothing beside all")
	case p.All == "" && count["redirect"] == 0:
		p.All = "neutral"
		p.warning("the record ends without all or redirect: it says nothing about other hosts")
	}
}
