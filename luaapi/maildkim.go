package luaapi

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/message"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	lua "github.com/yuin/gopher-lua"
)

type signOptions struct {
	Domain           string   `lua:"domain" doc:"Who signs: the tag d." default:"required"`
	Selector         string   `lua:"selector" doc:"Which of the domain's keys it is: the tag s." default:"required"`
	Key              string   `lua:"key" doc:"The private key, RSA or Ed25519: PEM text, or a file relative to the script. It chooses the algorithm." default:"required"`
	Headers          []string `lua:"headers" doc:"Names of the fields to sign, From among them. One that is there twice is named twice; one that is not there may not be added later." default:"those of RFC 6376 5.4.1 that are there"`
	Canonicalization string   `lua:"canonicalization" doc:"What may change on the way without harm, in header and body: \"relaxed/relaxed\", \"relaxed/simple\", \"simple/relaxed\" or \"simple/simple\"." default:"\"relaxed/relaxed\""`
	Identity         string   `lua:"identity" doc:"For whom it is signed: the tag i, an address in the domain or below." default:"none"`
	Expires          *float64 `lua:"expires" doc:"When the signature expires, in seconds since 1970: the tag x." default:"never"`
}

type verifyOptions struct {
	Keys   *lua.LTable `lua:"keys" doc:"Records by their names, as in { [\"s1._domainkey.example.org\"] = \"v=DKIM1; …\" }. Nobody else is asked then." default:"those of DNS"`
	Server string      `lua:"server" doc:"Address of the resolver to ask, as of dns." default:"the run's"`
}

var (
	signTable   = bind.OptionsOf[signOptions]("mail.SignOptions", "How to sign a message.")
	verifyTable = bind.OptionsOf[verifyOptions]("mail.VerifyOptions", "Where the keys of signatures are.")
)

func dkimFunctions() []*bind.Func {
	return []*bind.Func{
		bind.Fn("dkim_sign(text: string, options: mail.SignOptions): string", dkimSign, "Puts a DKIM-Signature before a message (RFC 6376, RFC 8463)."),
		bind.Fn("dkim_verify(text: string, options?: mail.VerifyOptions): mail.Signature[]", dkimVerify, "Verifies the DKIM signatures of a message."),
		bind.Fn("dkim_key(type?: string): table", dkimKey, "Makes a key pair for DKIM."),
	}
}

func dkimSign(c *bind.Call) error {
	a := attemptOf(c.L)
	var o signOptions
	signTable.Decode(c.Table(1), &o)
	s, err := o.signing(a, filepath.Dir(a.caller(c.L)))
	if err == nil {
		defer room(c.L, c.Name(), 2*len(c.String(0)))()
		var text string
		if text, err = message.Sign(c.String(0), s); err == nil {
			return c.Push(lua.LString(text))
		}
	}
	return fmt.Errorf("%s: %w", c.Name(), err)
}

func (o *signOptions) signing(a *attempt, dir string) (s message.Signing, err error) {
	for _, required := range []struct{ name, value string }{{"domain", o.Domain}, {"selector", o.Selector}, {"key", o.Key}} {
		if required.value == "" {
			return s, fmt.Errorf("option %s is missing", required.name)
		}
	}
	if o.Canonicalization == "" {
		o.Canonicalization = "relaxed/relaxed"
	}
	if err := oneOf("option canonicalization", o.Canonicalization, "relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"); err != nil {
		return s, err
	}
	s = message.Signing{Domain: o.Domain, Selector: o.Selector, Identifier: o.Identity, Fields: o.Headers}
	s.Header, s.Body, _ = strings.Cut(o.Canonicalization, "/")
	if s.Expires, err = expiry(o.Expires); err != nil {
		return s, err
	}
	a.varies = true // it tells when it was made
	pem := []byte(o.Key)
	if !strings.Contains(o.Key, "-----BEGIN ") {
		if pem, err = a.file.readBeside("option key", dir, o.Key); err != nil {
			return s, err
		}
	}
	if s.Key, err = message.PrivateKey(pem); err != nil {
		return s, fmt.Errorf("option key: %w", err)
	}
	return s, nil
}

func expiry(seconds *float64) (t time.Time, err error) {
	if seconds == nil {
		return t, nil
	}
	if n := *seconds; n >= 0 && n <= maxSeconds {
		return time.Unix(int64(n), 0), nil
	}
	return t, fmt.Errorf("option expires: a number of seconds since 1970 expected, up to the year 9999, got %v", *seconds)
}

func dkimVerify(c *bind.Call) error {
	a := attemptOf(c.L)
	var o verifyOptions
	verifyTable.Decode(c.Table(1), &o)
	m := message.ParseText(c.String(0))
	ask, err := a.keyAsker(c, o)
	if err != nil {
		return err
	}
	a.varies = true // signatures expire
	list := m.Verify(ask)
	if a.ctx.Err() != nil {
		return a.cancelled(c.L)
	}
	t := c.L.CreateTable(len(list), 0)
	for _, s := range list {
		t.Append(a.lang.types.signature.Object(s))
	}
	return c.Push(t)
}

// keyAsker looks for keys among those of the options, or asks DNS.
func (a *attempt) keyAsker(c *bind.Call, o verifyOptions) (func(string) message.KeyAnswer, error) {
	if o.Keys != nil {
		keys := map[string]string{}
		for _, name := range sortedNames(o.Keys) {
			text, ok := o.Keys.RawGetString(name).(lua.LString)
			if !ok {
				return nil, fmt.Errorf("%s: option keys: %s: the text of a record expected, got %s", c.Name(), quote(name), bind.Describe(o.Keys.RawGetString(name)))
			}
			keys[strings.ToLower(strings.TrimSuffix(name, "."))] = string(text)
		}
		return func(name string) message.KeyAnswer {
			if text, ok := keys[strings.ToLower(name)]; ok {
				return message.KeyAnswer{Records: []string{text}}
			}
			return message.KeyAnswer{Problem: name + " is not in the option keys"}
		}, nil
	}
	r, options, err := a.asking(c, dnsOptions{Server: o.Server})
	if err != nil {
		return nil, err
	}
	return func(name string) message.KeyAnswer { return a.askKey(c, r, options, name) }, nil
}

func (a *attempt) askKey(c *bind.Call, r *resolve.Resolver, options resolve.Options, name string) (k message.KeyAnswer) {
	if problem := resolve.CheckName(name); problem != "" {
		return message.KeyAnswer{Problem: quote(name) + ": " + problem}
	}
	answer, err := r.Query(a.ctx, name, "TXT", options)
	var e *resolve.Error
	if errors.As(err, &e) {
		a.log(c.L, "log", "dns: "+e.Error())
		return message.KeyAnswer{Problem: e.Error(), Temporary: true}
	}
	if err != nil {
		return message.KeyAnswer{Problem: "nobody answers", Temporary: true}
	}
	a.log(c.L, "log", fmt.Sprintf("dns: %s of %s: %s, %d records", answer.Type, answer.Name, answer.Rcode, len(answer.Records)))
	for _, rec := range answer.Records {
		k.Records = append(k.Records, rec.Text)
	}
	return k
}

// dkimKey makes a key: an Ed25519 one of the scenario's random values, an RSA one that is new each time.
func dkimKey(c *bind.Call) error {
	a := attemptOf(c.L)
	kind := c.String(0)
	if kind == "" {
		kind = "ed25519"
	}
	if err := oneOf(c.Name()+": argument type", kind, "ed25519", "rsa"); err != nil {
		return err
	}
	if err := a.live(c.Name()); err != nil {
		return err
	}
	var k crypto.Signer
	if kind == "rsa" {
		made, err := message.NewRSAKey()
		if err != nil {
			return fmt.Errorf("%s: no key could be made", c.Name())
		}
		k = made
	} else {
		seed := slices.Repeat([]byte{0}, ed25519.SeedSize)
		for i := range seed {
			seed[i] = byte(a.random().Uint32())
		}
		k = ed25519.NewKeyFromSeed(seed)
	}
	pem, err := message.KeyPEM(k)
	if err != nil {
		return err
	}
	record, err := message.KeyRecord(k)
	if err != nil {
		return err
	}
	t := c.L.CreateTable(0, 2)
	t.RawSetString("key", lua.LString(pem))
	t.RawSetString("record", lua.LString(record))
	return c.Push(t)
}

func declareSignature() *bind.Class {
	seconds := func(t time.Time) lua.LValue {
		if t.IsZero() {
			return lua.LNil
		}
		return lua.LNumber(t.Unix())
	}
	field := func(name, typ, doc string, get func(*message.Signature) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(_ *bind.Call, self any) (lua.LValue, error) { return get(self.(*message.Signature)), nil }}
	}
	return &bind.Class{
		Name: "mail.Signature", Short: "signature", Doc: "A DKIM signature, and what became of it.",
		Text: func(self any) string {
			s := self.(*message.Signature)
			return strings.TrimSpace("dkim=" + s.Result + " " + s.Problem)
		},
		Fields: []bind.Field{
			field("valid", "boolean", "Whether it holds.", func(s *message.Signature) lua.LValue { return lua.LBool(s.Result == "pass") }),
			fieldOf("result", "string", "\"pass\", \"fail\", \"permerror\" or \"temperror\" (RFC 8601 2.7.1).", func(s *message.Signature) any { return s.Result }),
			fieldOf("error", "string?", "Why it does not hold, in a sentence.", func(s *message.Signature) any { return s.Problem }),
			fieldOf("domain", "string?", "Who signed: the tag d.", func(s *message.Signature) any { return s.Domain }),
			fieldOf("selector", "string?", "With which key: the tag s.", func(s *message.Signature) any { return s.Selector }),
			fieldOf("identifier", "string?", "For whom: the tag i, or \"@\" and the domain.", func(s *message.Signature) any { return s.Identifier }),
			fieldOf("algorithm", "string?", "\"rsa-sha256\" or \"ed25519-sha256\": the tag a.", func(s *message.Signature) any { return s.Algorithm }),
			fieldOf("canonicalization", "string?", "As in \"relaxed/simple\", in full.", func(s *message.Signature) any { return s.Canonicalization }),
			fieldOf("headers", "string[]", "The names of the fields that are signed: the tag h.", func(s *message.Signature) any { return s.Fields }),
			field("body_length", "integer?", "How many octets of the body are signed, where it is not all of it: the tag l. Such a signature is never valid here.", func(s *message.Signature) lua.LValue {
				if s.Length < 0 {
					return lua.LNil
				}
				return lua.LNumber(s.Length)
			}),
			field("time", "number?", "When it was signed, in seconds since 1970: the tag t, where the signature could be read.", func(s *message.Signature) lua.LValue { return seconds(s.Time) }),
			field("expires", "number?", "When it expires: the tag x, likewise.", func(s *message.Signature) lua.LValue { return seconds(s.Expires) }),
		},
	}
}
