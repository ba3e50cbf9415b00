package luaapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/sasl"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type authOptions struct {
	Mechanism       string     `lua:"mechanism" doc:"PLAIN, LOGIN, CRAM-MD5, DIGEST-MD5, NTLM, SCRAM-SHA-1, SCRAM-SHA-256, their -PLUS forms, XOAUTH2, OAUTHBEARER, EXTERNAL or ANONYMOUS, in any case; auto takes the strongest that is offered and that the credentials serve." default:"required"`
	User            *string    `lua:"user" doc:"Login name." default:"the fact user"`
	Password        *string    `lua:"password" doc:"Password; it is in no output." default:"the fact password"`
	Token           *string    `lua:"token" doc:"Bearer token of XOAUTH2 and OAUTHBEARER, or the trace of ANONYMOUS." default:"the fact token; none for ANONYMOUS"`
	AuthzID         string     `lua:"authzid" doc:"Authorization identity: whom to act as." default:"none"`
	Realm           string     `lua:"realm" doc:"Realm of DIGEST-MD5, domain of NTLM." default:"the first that the server offers; for NTLM what user has before a backslash"`
	InitialResponse *bool      `lua:"initial_response" doc:"Whether the first response goes with the AUTH command; false waits for the 334." default:"true where the mechanism has one and the line stays within 512 bytes"`
	ChannelBinding  string     `lua:"channel_binding" doc:"What the -PLUS forms bind to: \"tls-exporter\" (TLS 1.3), \"tls-server-end-point\" or \"tls-unique\" (up to TLS 1.2)." default:"the first of these that there is"`
	Steps           lua.LValue `lua:"steps" type:"table" doc:"Numbers to what is sent in place of the n-th thing that the mechanism sends, where the initial response is the first: text is the line as it is (\"*\" cancels), a function (response, challenge) gives the bytes that go out in base64." default:"none"`
	Code            lua.LValue `lua:"code" type:"number|string|table" doc:"What to expect at the end, as in expect." default:"235; 501 where a step is \"*\""`
}

var authTable = bind.OptionsOf[authOptions]("smtp.AuthOptions", "How to authenticate.")

// maxCommand is RFC 5321 4.5.3.1.4's length of a command line, CRLF included: an initial response that does not fit waits for a 334.
const maxCommand = 512

func (k *conn) auth(c *bind.Call) error {
	var o authOptions
	if t := c.Table(0); t != nil {
		if c.Has(1) || c.Has(2) {
			return fmt.Errorf("c:auth: nothing comes after the table of options")
		}
		authTable.Decode(t, &o)
	} else {
		o.Mechanism = c.String(0)
		if c.Has(1) {
			user := c.String(1)
			o.User = &user
			if strings.EqualFold(o.Mechanism, "ANONYMOUS") {
				o.Token = &user // the trace (RFC 4505 2)
			}
		}
		if c.Has(2) {
			secret := c.String(2)
			switch strings.ToUpper(o.Mechanism) {
			case "XOAUTH2", "OAUTHBEARER":
				o.Token = &secret
			default:
				o.Password = &secret
			}
		}
	}
	r, err := k.authenticate(c, o)
	if err != nil {
		return err
	}
	return c.Push(r.object())
}

// authenticate goes through one exchange (RFC 4954 4) and judges how it ends.
func (k *conn) authenticate(c *bind.Call, o authOptions) (*reply, error) {
	want, err := parseCodes(o.Code)
	if err != nil {
		return nil, fmt.Errorf("c:auth: option code: %w", err)
	}
	steps, err := stepsOf(o.Steps)
	if err != nil {
		return nil, fmt.Errorf("c:auth: option steps: %w", err)
	}
	if want == nil {
		want = steps.code()
	}
	cred := k.credentials(o)
	if err := k.bindTo(o.ChannelBinding, o.Mechanism, &cred); err != nil {
		return nil, fmt.Errorf("c:auth: %w", err)
	}
	mechanism, err := k.mechanism(c, o, cred)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(mechanism, "-PLUS") && offers(k.keywords(), "AUTH", mechanism+"-PLUS") {
		// A client that could bind and says so while the server offers it is refused: this one chose not to (RFC 5802 6).
		cred.Bindings = nil
	}
	client, err := sasl.NewClient(mechanism, cred)
	if err != nil {
		return nil, k.authError(mechanism, err)
	}
	x := exchange{k: k, c: c, client: client, mechanism: mechanism, want: want, steps: steps, password: cred.Password}
	return x.run(o.InitialResponse)
}

// authError says what is missing, and how to give it.
func (k *conn) authError(mechanism string, err error) error {
	if errors.Is(err, sasl.ErrUnknownMechanism) {
		known := append(sasl.Mechanisms(), "auto")
		return fmt.Errorf("c:auth: unknown mechanism %q%s; there are %s", mechanism, spell.Hint(mechanism, known), strings.Join(known, ", "))
	}
	return fmt.Errorf("c:auth: %w", err)
}

// credentials are the options', or else the target's. Whatever they are, no output shows the secret ones.
func (k *conn) credentials(o authOptions) sasl.Credentials {
	t := k.a.env.Target
	pick := func(own *string, fact string) string {
		if own != nil {
			return *own
		}
		return t.Text(fact)
	}
	cred := sasl.Credentials{User: pick(o.User, "user"), Password: pick(o.Password, "password"), Token: pick(o.Token, "token"),
		AuthzID: o.AuthzID, Realm: o.Realm, Host: k.host, Port: t.Port()}
	if k.lmtp {
		cred.Service = "lmtp"
	}
	if strings.EqualFold(o.Mechanism, "ANONYMOUS") && o.Token == nil {
		cred.Token = "" // its trace goes out in clear
	}
	k.a.secrets.Add(cred.Password)
	k.a.secrets.Add(cred.Token)
	if k.wire.TLS != nil {
		cred.Bindings = sasl.Bindings(&k.wire.TLS.ConnectionState)
	}
	return cred
}

// bindingTypes are the channel bindings, and what keeps a connection from having one.
var bindingTypes = map[string]string{
	"tls-exporter":         "it takes TLS 1.3 (RFC 9266)",
	"tls-server-end-point": "the signature of the server's certificate has no hash of its own (RFC 5929 4.1)",
	"tls-unique":           "TLS 1.3 has none (RFC 8446 C.5)",
}

// bindTo keeps the one channel binding that the script asks for.
func (k *conn) bindTo(typ, mechanism string, cred *sasl.Credentials) error {
	if typ == "" {
		return nil
	}
	const option = "option channel_binding"
	if err := oneOf(option, typ, slices.Sorted(maps.Keys(bindingTypes))...); err != nil {
		return err
	}
	mechanism = strings.ToUpper(mechanism)
	if mechanism != "AUTO" && !strings.HasSuffix(mechanism, "-PLUS") {
		return fmt.Errorf("%s: the -PLUS mechanisms have it, and not %s", option, mechanism)
	}
	cred.Bindings = slices.DeleteFunc(cred.Bindings, func(b sasl.Binding) bool { return b.Type != typ })
	switch {
	case k.wire.TLS == nil:
		return fmt.Errorf("%s: there is no TLS to bind to", option)
	case len(cred.Bindings) == 0:
		return fmt.Errorf("%s: the connection has no %s: %s", option, typ, bindingTypes[typ])
	}
	return nil
}

func (k *conn) mechanism(c *bind.Call, o authOptions, cred sasl.Credentials) (string, error) {
	if o.Mechanism == "" {
		return "", fmt.Errorf("c:auth: option mechanism is missing")
	}
	if !strings.EqualFold(o.Mechanism, "auto") {
		return strings.ToUpper(o.Mechanism), nil
	}
	offered := strings.Fields(strings.ToUpper(k.keywords()["AUTH"]))
	if m, ok := sasl.Strongest(offered, cred); ok {
		return m, nil
	}
	if len(offered) > 0 && cred.User == "" && cred.Token == "" {
		return "", &missingFact{name: "user", text: k.a.env.Target.missing("user"), lang: k.a.lang}
	}
	got := "AUTH " + strings.Join(offered, " ")
	if len(offered) == 0 {
		got = "no AUTH in the reply to EHLO"
	}
	f := event.Failure{Kind: "auth", Message: "the server offers no way to authenticate that the credentials serve", Want: "AUTH with a mechanism that is known",
		Got: got, Conn: k.wire.ID, Address: k.address}
	k.a.expected(c.L, event.Expectation{What: "auth", Want: f.Want, Got: f.Got})
	return "", k.a.failed(c.L, f)
}
