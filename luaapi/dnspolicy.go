package luaapi

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/policy"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type spfOptions struct {
	dnsOptions
	IP     string `lua:"ip" doc:"Address of a client: the policy is evaluated for it, into result." default:"none"`
	Sender string `lua:"sender" doc:"The address in MAIL FROM that ip sends with." default:"postmaster@ the domain"`
	Helo   string `lua:"helo" doc:"The name that ip gives in EHLO." default:"the domain"`
}

type stsOptions struct {
	dnsOptions
	Fetch     bool   `lua:"fetch" doc:"Fetches the policy from https://mta-sts.DOMAIN/.well-known/mta-sts.txt, which needs --allow mta-sts.DOMAIN." default:"false"`
	ConnectTo string `lua:"connect_to" doc:"host:port to connect to for that, in place of the policy's own host." default:"port 443 of mta-sts.DOMAIN"`
	CA        string `lua:"ca" doc:"The CA to trust for that: PEM text, or a file relative to the script." default:"the fact ca, or the system's"`
}

var (
	spfTable = bind.OptionsOf[spfOptions]("dns.SPFOptions", "How to ask for SPF, and for whom.")
	stsTable = bind.OptionsOf[stsOptions]("dns.MTASTSOptions", "How to ask for MTA-STS, and whether to fetch the policy.")
)

func policyFunctions() []*bind.Func {
	return []*bind.Func{
		bind.Fn("spf(domain: string, options?: dns.SPFOptions): dns.SPF", dnsSPF, "Reads and judges the SPF record of a domain with all that it includes (RFC 7208)."),
		bind.Fn("dkim(selector: string, domain: string, options?: dns.Options): dns.DKIM", dnsDKIM, "Reads and judges a DKIM key (RFC 6376 3.6)."),
		bind.Fn("dmarc(domain: string, options?: dns.Options): dns.DMARC", domainPolicy((*policy.Asker).DMARC, func(t classes) *bind.Class { return t.dmarc }), "Finds and judges the DMARC policy for a domain, by walking up the tree of names (RFC 9989)."),
		bind.Fn("mta_sts(domain: string, options?: dns.MTASTSOptions): dns.MTASTS", dnsMTASTS, "Reads and judges the MTA-STS record of a domain and, with fetch, its policy (RFC 8461)."),
		bind.Fn("tls_rpt(domain: string, options?: dns.Options): dns.TLSRPT", domainPolicy((*policy.Asker).TLSRPT, func(t classes) *bind.Class { return t.tlsrpt }), "Reads and judges where reports about TLS go (RFC 8460)."),
	}
}

// asker readies questions about the domain in argument i.
func (a *attempt) asker(c *bind.Call, o dnsOptions, i int) (*policy.Asker, error) {
	if problem := resolve.CheckName(c.String(i)); problem != "" {
		return nil, fmt.Errorf("%s: %q: %s", c.Name(), c.String(i), problem)
	}
	r, ask, err := a.asking(c, o)
	return &policy.Asker{Resolver: r, Options: ask}, err
}

// pushPolicy gives what was read, as an object of the class.
func (a *attempt) pushPolicy(c *bind.Call, class *bind.Class, p any, err error) error {
	if err != nil {
		return a.unanswered(c, err)
	}
	return c.Push(class.Object(p))
}

func dnsSPF(c *bind.Call) error {
	a := attemptOf(c.L)
	var o spfOptions
	spfTable.Decode(c.Table(1), &o)
	ask, err := a.asker(c, o.dnsOptions, 0)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(o.IP)
	if o.IP != "" && err != nil {
		return fmt.Errorf("%s: option ip: %q is no IP address", c.Name(), o.IP)
	}
	domain := c.String(0)
	p, err := ask.SPF(a.ctx, domain)
	if err == nil && o.IP != "" {
		helo, sender := o.Helo, o.Sender
		if helo == "" {
			helo = domain
		}
		if sender == "" {
			sender = "postmaster@" + domain
		}
		p.Result = ask.CheckSPF(a.ctx, ip, helo, sender)
		if a.ctx.Err() != nil {
			return a.cancelled(c.L)
		}
	}
	return a.pushPolicy(c, a.lang.types.spf, p, err)
}

func dnsDKIM(c *bind.Call) error {
	a := attemptOf(c.L)
	var o dnsOptions
	dnsTable.Decode(c.Table(2), &o)
	if problem := resolve.CheckName(c.String(0)); problem != "" {
		return fmt.Errorf("%s: selector %q: %s", c.Name(), c.String(0), problem)
	}
	ask, err := a.asker(c, o, 1)
	if err != nil {
		return err
	}
	p, err := ask.DKIM(a.ctx, c.String(0), c.String(1))
	return a.pushPolicy(c, a.lang.types.dkim, p, err)
}

// domainPolicy asks for what a domain alone names.
func domainPolicy[P any](ask func(*policy.Asker, context.Context, string) (P, error), class func(classes) *bind.Class) func(*bind.Call) error {
	return func(c *bind.Call) error {
		a := attemptOf(c.L)
		var o dnsOptions
		dnsTable.Decode(c.Table(1), &o)
		asker, err := a.asker(c, o, 0)
		if err != nil {
			return err
		}
		p, err := ask(asker, a.ctx, c.String(0))
		return a.pushPolicy(c, class(a.lang.types), p, err)
	}
}

func dnsMTASTS(c *bind.Call) error {
	a := attemptOf(c.L)
	var o stsOptions
	stsTable.Decode(c.Table(1), &o)
	ask, err := a.asker(c, o.dnsOptions, 0)
	if err != nil {
		return err
	}
	web, err := a.web(c, o)
	if err != nil {
		return err
	}
	p, err := ask.MTASTS(a.ctx, c.String(0))
	if err == nil && o.Fetch && p.Found {
		if ask.Fetch(a.ctx, p, c.String(0), web) != nil {
			return a.cancelled(c.L)
		}
	}
	return a.pushPolicy(c, a.lang.types.mtasts, p, err)
}

// web says how the policy is fetched, and refuses what scripts may not connect to.
func (a *attempt) web(c *bind.Call, o stsOptions) (w policy.Web, err error) {
	if !o.Fetch {
		return w, nil
	}
	w.Address = o.ConnectTo
	place := w.Address
	if place == "" {
		place = net.JoinHostPort(policy.StsHost(c.String(0)), "443")
	}
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		return w, fmt.Errorf("%s: option connect_to: %q: host:port expected", c.Name(), o.ConnectTo)
	}
	if err := a.allowed(host, port); err != nil {
		return w, a.broken(c.L, event.Failure{Kind: "lua", Message: fmt.Sprintf("%s: %s", c.Name(), err)}, true)
	}
	if w.Roots, err = (&conn{a: a}).roots(tlsOptions{CA: o.CA}, filepath.Dir(a.caller(c.L))); err != nil {
		return w, fmt.Errorf("%s: %w", c.Name(), err)
	}
	return w, nil
}

// policyClass declares what was read of one of the records: the judgement's fields, and its own.
func policyClass[T any](name, short, doc string, judgement func(T) *policy.Judgement, fields ...bind.Field) *bind.Class {
	field := func(name, typ, doc string, get func(j *policy.Judgement, c *bind.Call) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(judgement(self.(T)), c), nil
		}}
	}
	return &bind.Class{
		Name: name, Short: short, Doc: doc,
		Text: func(self any) string { return judgement(self.(T)).Record },
		Fields: append([]bind.Field{
			field("record", "string?", "The record's text; nil where there is none, or more than one.", func(j *policy.Judgement, _ *bind.Call) lua.LValue { return optional(j.Record) }),
			field("found", "boolean", "Whether there is a record, good or bad.", func(j *policy.Judgement, _ *bind.Call) lua.LValue { return lua.LBool(j.Found) }),
			field("valid", "boolean", "Whether there is one without problems.", func(j *policy.Judgement, _ *bind.Call) lua.LValue { return lua.LBool(j.Valid()) }),
			field("problems", "string[]", "What makes it invalid or useless, in sentences.", func(j *policy.Judgement, c *bind.Call) lua.LValue { return stringList(c.L, j.Problems) }),
			field("warnings", "string[]", "What is allowed and unwise, in sentences.", func(j *policy.Judgement, c *bind.Call) lua.LValue { return stringList(c.L, j.Warnings) }),
		}, fields...),
	}
}

func optional(text string) lua.LValue {
	if text == "" {
		return lua.LNil
	}
	return lua.LString(text)
}

// fieldOf declares a field of a policy, whose value is a string ("" is nil), a list of them, a number or a boolean.
func fieldOf[T any](name, typ, doc string, get func(T) any) bind.Field {
	return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
		switch v := get(self.(T)).(type) {
		case string:
			return optional(v), nil
		case []string:
			return stringList(c.L, v), nil
		case int:
			return lua.LNumber(v), nil
		case bool:
			return lua.LBool(v), nil
		}
		return lua.LNil, nil
	}}
}

// declarePolicies makes the classes of what dns reads of a domain.
func (lang *Language) declarePolicies() {
	t := &lang.types
	t.spf, t.dkim, t.dmarc, t.mtasts, t.tlsrpt = declareSPF(), declareDKIM(), declareDMARC(), declareMTASTS(), declareTLSRPT()
	t.policies = []*bind.Class{t.spf, t.dkim, t.dmarc, t.mtasts, t.tlsrpt}
}

func declareSPF() *bind.Class {
	return policyClass("dns.SPF", "spf", "Which hosts may send mail in a domain's name (RFC 7208).", func(p *policy.SPF) *policy.Judgement { return &p.Judgement },
		fieldOf("terms", "string[]", "The record's terms, after its version.", func(p *policy.SPF) any { return p.Terms }),
		fieldOf("all", "string?", "What becomes of a host that nothing else names: \"pass\", \"fail\", \"softfail\" or \"neutral\".", func(p *policy.SPF) any { return p.All }),
		fieldOf("lookups", "integer", "How many questions to DNS it costs; 10 are allowed (RFC 7208 4.6.4).", func(p *policy.SPF) any { return p.Lookups }),
		fieldOf("void_lookups", "integer", "How many names it asks for that have nothing; 2 are allowed.", func(p *policy.SPF) any { return p.Void }),
		fieldOf("result", "string?", "With the option ip, what it says of that: \"pass\", \"fail\", \"softfail\", \"neutral\", \"none\", \"permerror\" or \"temperror\".", func(p *policy.SPF) any { return p.Result }))
}

func declareDKIM() *bind.Class {
	return policyClass("dns.DKIM", "dkim", "A key that DKIM signatures are verified with (RFC 6376 3.6.1).", func(p *policy.DKIM) *policy.Judgement { return &p.Judgement },
		fieldOf("key_type", "string", "\"rsa\" or \"ed25519\".", func(p *policy.DKIM) any { return p.KeyType }),
		fieldOf("bits", "integer", "The length of the key; 0 where it cannot be read.", func(p *policy.DKIM) any { return p.Bits }),
		fieldOf("revoked", "boolean", "Whether the key was taken back, by an empty p.", func(p *policy.DKIM) any { return p.Revoked }),
		fieldOf("testing", "boolean", "Whether the domain only tests: t=y.", func(p *policy.DKIM) any { return p.Testing }))
}

func declareDMARC() *bind.Class {
	return policyClass("dns.DMARC", "dmarc", "What a domain wants done with mail that only claims to be from it (RFC 9989).", func(p *policy.DMARC) *policy.Judgement { return &p.Judgement },
		fieldOf("domain", "string?", "Whose record it is: the domain itself, or one above it.", func(p *policy.DMARC) any { return p.Domain }),
		fieldOf("organizational_domain", "string?", "The domain's organizational domain (RFC 9989 4.10.2).", func(p *policy.DMARC) any { return p.Organizational }),
		fieldOf("policy", "string?", "What holds for the domain: \"none\", \"quarantine\" or \"reject\".", func(p *policy.DMARC) any { return p.Policy }),
		fieldOf("p", "string?", "The policy for the record's own domain.", func(p *policy.DMARC) any { return p.P }),
		fieldOf("sp", "string?", "That for its subdomains.", func(p *policy.DMARC) any { return p.SP }),
		fieldOf("np", "string?", "That for names below it that do not exist.", func(p *policy.DMARC) any { return p.NP }),
		fieldOf("testing", "boolean", "Whether receivers are to apply the next lower policy: t=y.", func(p *policy.DMARC) any { return p.Testing }),
		fieldOf("psd", "string?", "Whether the domain is a public suffix: \"y\", \"n\" or \"u\".", func(p *policy.DMARC) any { return p.PSD }),
		fieldOf("adkim", "string?", "How exactly DKIM's domain has to fit: \"r\" or \"s\".", func(p *policy.DMARC) any { return p.ADKIM }),
		fieldOf("aspf", "string?", "How exactly SPF's domain has to fit: \"r\" or \"s\".", func(p *policy.DMARC) any { return p.ASPF }),
		fieldOf("rua", "string[]", "Where aggregate reports go.", func(p *policy.DMARC) any { return p.RUA }),
		fieldOf("ruf", "string[]", "Where failure reports go.", func(p *policy.DMARC) any { return p.RUF }))
}

func declareMTASTS() *bind.Class {
	c := policyClass("dns.MTASTS", "mta_sts", "A domain's policy for TLS on the way to its servers (RFC 8461).", func(p *policy.MTASTS) *policy.Judgement { return &p.Judgement },
		fieldOf("id", "string?", "Changes when the policy does.", func(p *policy.MTASTS) any { return p.ID }),
		fieldOf("policy", "string?", "The text of the policy that was fetched.", func(p *policy.MTASTS) any { return p.Policy }),
		fieldOf("mode", "string?", "\"enforce\", \"testing\" or \"none\".", func(p *policy.MTASTS) any { return p.Mode }),
		fieldOf("mx", "string[]", "The hosts, or patterns such as \"*.example.org\".", func(p *policy.MTASTS) any { return p.MX }),
		fieldOf("max_age", "integer", "How many seconds senders keep it.", func(p *policy.MTASTS) any { return p.MaxAge }))
	c.Methods = []*bind.Func{bind.Method("covers(host: string): boolean", func(c *bind.Call) error {
		return c.Push(lua.LBool(c.Self.(*policy.MTASTS).Covers(c.String(0))))
	}, "Tells whether the policy names a host (RFC 8461 4.1).")}
	return c
}

func declareTLSRPT() *bind.Class {
	return policyClass("dns.TLSRPT", "tls_rpt", "Where reports about TLS go (RFC 8460).", func(p *policy.TLSRPT) *policy.Judgement { return &p.Judgement },
		fieldOf("rua", "string[]", "Where reports go.", func(p *policy.TLSRPT) any { return p.RUA }))
}
