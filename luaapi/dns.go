package luaapi

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type dnsOptions struct {
	Server  string        `lua:"server" doc:"Address of the resolver to ask, with or without a port. One that is not the run's needs --allow, unless it and the target are on loopback." default:"the run's: --dns, or the system's"`
	Timeout time.Duration `lua:"timeout" doc:"How long the question may take, with all its tries." default:"5 s"`
	TCP     bool          `lua:"tcp" doc:"Asks by TCP from the start, and not only when the answer does not fit into a packet." default:"false"`
}

var dnsTable = bind.OptionsOf[dnsOptions]("dns.Options", "How to ask a resolver.")

func (lang *Language) dnsModule() *bind.Module {
	list := func(name, param, result, doc string, give func(a *attempt, r resolve.Record) lua.LValue) *bind.Func {
		typ := strings.ToUpper(name)
		return bind.Fn(name+"("+param+": string, options?: dns.Options): "+result, func(c *bind.Call) error {
			return askDNS(c, c.String(0), typ, c.Table(1), give)
		}, doc)
	}
	funcs := []*bind.Func{
		list("mx", "name", "dns.Record[]", "Gives the MX records of a domain, as the resolver orders them: preference and host.", recordValue),
		list("a", "name", "string[]", "Gives the IPv4 addresses of a host.", addressValue),
		list("aaaa", "name", "string[]", "Gives the IPv6 addresses of a host.", addressValue),
		list("ptr", "address", "string[]", "Gives the names that an IP address has in reverse DNS; also takes the name of a PTR itself.", hostValue),
		list("txt", "name", "string[]", "Gives the TXT records of a name, each as one text.", func(_ *attempt, r resolve.Record) lua.LValue { return lua.LString(r.Text) }),
		list("tlsa", "name", "dns.Record[]", "Gives the TLSA records of a name such as \"_25._tcp.mx.example.org\" (RFC 6698).", recordValue),
		list("caa", "name", "dns.Record[]", "Gives the CAA records of a domain (RFC 8659).", recordValue),
		list("srv", "name", "dns.Record[]", "Gives the SRV records of a name such as \"_submission._tcp.example.org\" (RFC 6186).", recordValue),
		list("cname", "name", "string[]", "Gives what a name is an alias of.", hostValue),
		bind.Fn("query(name: string, type: string, options?: dns.Options): dns.Record[]", func(c *bind.Call) error {
			return askDNS(c, c.String(0), c.String(1), c.Table(2), recordValue)
		}, "Gives the records of a name, of any type."),
	}
	return &bind.Module{
		Name:    "dns",
		Doc:     "Questions to the resolver, and what a domain says of its mail.",
		Funcs:   append(funcs, policyFunctions()...),
		Classes: append([]*bind.Class{lang.types.record}, lang.types.policies...),
		Options: []*bind.Options{dnsTable, spfTable, stsTable},
	}
}

func recordValue(a *attempt, r resolve.Record) lua.LValue  { return a.lang.types.record.Object(&r) }
func addressValue(_ *attempt, r resolve.Record) lua.LValue { return lua.LString(r.Address) }
func hostValue(_ *attempt, r resolve.Record) lua.LValue    { return lua.LString(r.Host) }

// askDNS asks for records and gives a list of them, or nil, the reason and a sentence.
func askDNS(c *bind.Call, name, typ string, options *lua.LTable, give func(*attempt, resolve.Record) lua.LValue) error {
	a := attemptOf(c.L)
	var o dnsOptions
	dnsTable.Decode(options, &o)
	r, ask, err := a.asking(c, o)
	if err != nil {
		return err
	}
	if reversed, ok := resolve.Reverse(name); ok && typ == "PTR" {
		name = reversed
	}
	if err := checkQuestion(c, name, typ); err != nil {
		return err
	}
	answer, err := r.Query(a.ctx, name, typ, ask)
	if err != nil {
		return a.unanswered(c, err)
	}
	a.log(c.L, "log", fmt.Sprintf("dns: %s of %s: %s, %d records", answer.Type, answer.Name, answer.Rcode, len(answer.Records)))
	items := c.L.CreateTable(len(answer.Records), 0)
	for _, rec := range answer.Records {
		items.Append(give(a, rec))
	}
	items.Metatable = a.answerFields(c.L, answer)
	return c.Push(items)
}

func checkQuestion(c *bind.Call, name, typ string) error {
	if problem := resolve.CheckName(name); problem != "" {
		return fmt.Errorf("%s: %q: %s", c.Name(), name, problem)
	}
	if !resolve.CheckType(typ) {
		return fmt.Errorf("%s: there is no type %q%s", c.Name(), typ, spell.Hint(strings.ToUpper(typ), resolve.Types()))
	}
	return nil
}

// asking readies a question: whom to ask, and how. Other connections are read meanwhile.
func (a *attempt) asking(c *bind.Call, o dnsOptions) (*resolve.Resolver, resolve.Options, error) {
	ask := resolve.Options{Timeout: o.Timeout, TCP: o.TCP}
	if err := a.live(c.Name()); err != nil {
		return nil, ask, err
	}
	r := a.env.resolver()
	if o.Server != "" {
		own, err := resolve.New(o.Server)
		if err != nil {
			return nil, ask, fmt.Errorf("%s: option server: %w", c.Name(), err)
		}
		if err := a.mayAsk(own, r); err != nil {
			return nil, ask, a.broken(c.L, event.Failure{Kind: "lua", Message: fmt.Sprintf("%s: %s", c.Name(), err)}, true)
		}
		r = own
	}
	a.meanwhile(nil)
	return r, ask, nil
}

// mayAsk tells whether a script may ask a resolver: the run's own, and what it may connect to.
func (a *attempt) mayAsk(own, run *resolve.Resolver) error {
	if servers, err := run.Servers(); err == nil && slices.Contains(servers, own.Named()) {
		return nil
	}
	host, port, err := net.SplitHostPort(own.Named())
	if err != nil {
		return err
	}
	return a.allowed(host, port)
}

// resolver is the run's, or the system's.
func (e *Env) resolver() *resolve.Resolver {
	if e.DNS != nil {
		return e.DNS
	}
	return &resolve.Resolver{}
}

// unanswered gives nil, the reason and a sentence; the end of the scenario's time is no answer.
func (a *attempt) unanswered(c *bind.Call, err error) error {
	var e *resolve.Error
	if !errors.As(err, &e) || e.Reason == "cancelled" {
		return a.cancelled(c.L)
	}
	a.log(c.L, "log", "dns: "+e.Error())
	return c.PushAll(lua.LNil, lua.LString(e.Reason), lua.LString(e.Error()))
}

// answerNames are what a list of records has besides.
var answerNames = []string{"rcode", "ad", "aliases", "server", "tcp"}

// answerFields is the metatable of a list of records: its fields are no entries, so that the list is what it seems to pairs and assert.same.
func (a *attempt) answerFields(L *lua.LState, answer *resolve.Answer) *lua.LTable {
	return hidden(L, map[string]lua.LGFunction{"__index": func(L *lua.LState) int {
		name, ok := L.Get(2).(lua.LString)
		if !ok {
			L.Push(lua.LNil)
			return 1
		}
		switch string(name) {
		case "rcode":
			L.Push(lua.LString(answer.Rcode))
		case "ad":
			L.Push(lua.LBool(answer.AD))
		case "aliases":
			L.Push(stringList(L, answer.Aliases))
		case "server":
			L.Push(lua.LString(answer.Server))
		case "tcp":
			L.Push(lua.LBool(answer.TCP))
		default:
			L.RaiseError("an answer of dns has no %q%s", string(name), spell.Hint(string(name), answerNames))
		}
		return 1
	}})
}

func (lang *Language) declareRecord() *bind.Class {
	field := func(types, name, typ, doc string, get func(r *resolve.Record) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ + "?", Doc: doc, Get: func(_ *bind.Call, self any) (lua.LValue, error) {
			r := self.(*resolve.Record)
			if types != "" && !slices.Contains(strings.Fields(types), r.Type) {
				return lua.LNil, nil
			}
			return get(r), nil
		}}
	}
	text := func(types, name, doc string, get func(r *resolve.Record) string) bind.Field {
		return field(types, name, "string", doc, func(r *resolve.Record) lua.LValue { return lua.LString(get(r)) })
	}
	number := func(types, name, doc string, get func(r *resolve.Record) int) bind.Field {
		return field(types, name, "integer", doc, func(r *resolve.Record) lua.LValue { return lua.LNumber(get(r)) })
	}
	return &bind.Class{
		Name: "dns.Record", Short: "record", Doc: "A DNS record. What its type does not have is nil.",
		Text: func(self any) string { r := self.(*resolve.Record); return r.Name + " " + r.Type + " " + r.Data },
		Methods: []*bind.Func{
			bind.Method("matches(certificate: smtp.Certificate): boolean", recordMatches, "Tells whether a TLSA record is about a certificate (RFC 6698 2.1)."),
		},
		Fields: []bind.Field{
			text("", "name", "Whose record it is.", func(r *resolve.Record) string { return r.Name }),
			text("", "type", "Its type, as in \"MX\".", func(r *resolve.Record) string { return r.Type }),
			number("", "ttl", "How many seconds it may be kept.", func(r *resolve.Record) int { return int(r.TTL) }),
			text("", "data", "What it says, as a zone file has it.", func(r *resolve.Record) string { return r.Data }),
			text("A AAAA", "address", "Of A and AAAA: the address.", func(r *resolve.Record) string { return r.Address }),
			text("MX PTR CNAME NS SRV", "host", "Of MX, PTR, CNAME, NS and SRV: the host, without the last dot; \".\" of a null MX (RFC 7505).", func(r *resolve.Record) string { return r.Host }),
			text("TXT", "text", "Of TXT: its strings, joined.", func(r *resolve.Record) string { return r.Text }),
			number("MX", "preference", "Of MX: the lowest is tried first.", func(r *resolve.Record) int { return r.Preference }),
			number("SRV", "priority", "Of SRV: the lowest is tried first.", func(r *resolve.Record) int { return r.Priority }),
			number("SRV", "weight", "Of SRV: its share among those of the same priority.", func(r *resolve.Record) int { return r.Weight }),
			number("SRV", "port", "Of SRV: the port.", func(r *resolve.Record) int { return r.Port }),
			number("TLSA", "usage", "Of TLSA: 3 is for the server's own certificate, 2 for one that signs it.", func(r *resolve.Record) int { return r.Usage }),
			number("TLSA", "selector", "Of TLSA: 0 is the whole certificate, 1 its key.", func(r *resolve.Record) int { return r.Selector }),
			number("TLSA", "matching", "Of TLSA: 0 is the thing itself, 1 its SHA-256, 2 its SHA-512.", func(r *resolve.Record) int { return r.Matching }),
			text("TLSA", "hex", "Of TLSA: the certificate, the key or the hash, in hex.", func(r *resolve.Record) string { return r.Hex }),
			number("CAA", "flags", "Of CAA: 128 is critical.", func(r *resolve.Record) int { return r.Flags }),
			text("CAA", "tag", "Of CAA: what it is about, as in \"issue\".", func(r *resolve.Record) string { return r.Tag }),
			text("CAA", "value", "Of CAA: what it says.", func(r *resolve.Record) string { return r.Value }),
		},
	}
}

func recordMatches(c *bind.Call) error {
	r := c.Self.(*resolve.Record)
	if r.Type != "TLSA" {
		return fmt.Errorf("record:matches: a TLSA record expected, this one is of the type %s", r.Type)
	}
	x := objectOf(c.Value(0)).(*x509.Certificate)
	data := x.Raw
	if r.Selector == 1 {
		data = x.RawSubjectPublicKeyInfo
	}
	switch r.Matching {
	case 1:
		sum := sha256.Sum256(data)
		data = sum[:]
	case 2:
		sum := sha512.Sum512(data)
		data = sum[:]
	}
	known := r.Selector <= 1 && r.Matching <= 2
	return c.Push(lua.LBool(known && hex.EncodeToString(data) == r.Hex))
}
