package luaapi

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

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
	Code            lua.LValue `lua:"code" type:"number|string|table" doc:"What to expect at the end, as in expect." default:"235"`
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
	if want == nil {
		want = codes(235)
	}
	cred := k.credentials(o)
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
	x := exchange{k: k, c: c, client: client, mechanism: mechanism, want: want}
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

// exchange is one run of a mechanism over the connection.
type exchange struct {
	k         *conn
	c         *bind.Call
	client    sasl.Client
	mechanism string
	want      codeSpec
	held      []byte // the initial response, when it waits for the first 334
	holding   bool
}

func (x *exchange) run(initial *bool) (*reply, error) {
	line, err := x.start(initial)
	if err != nil {
		return nil, fmt.Errorf("c:auth: %w", err)
	}
	for {
		if err := x.k.put(x.c, line+"\r\n", sendOptions{}); err != nil {
			return nil, err
		}
		r, within, err := x.k.read1(x.c, byDefault)
		if err != nil {
			return nil, err
		}
		if r.Code != 334 || r.Ended != "" || x.want.match(r.Reply) {
			return r, x.end(r, within)
		}
		response, err := x.answer(r)
		if err != nil {
			return r, x.cancel(err, r)
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
}

// start is the AUTH command.
func (x *exchange) start(initial *bool) (string, error) {
	line := "AUTH " + x.mechanism
	if first, ok := x.client.(sasl.UserFirst); ok && initial != nil && *initial {
		ir, err := first.StartWithUser()
		return line + " " + initialText(ir), err
	}
	ir, err := x.client.Start()
	if err != nil || ir == nil {
		return line, err
	}
	with := line + " " + initialText(ir)
	if initial != nil && *initial || initial == nil && len(with)+2 <= maxCommand {
		return with, nil
	}
	x.held, x.holding = ir, true
	return line, nil
}

func initialText(ir []byte) string {
	if len(ir) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(ir)
}

func (x *exchange) answer(r *reply) ([]byte, error) {
	if x.holding {
		x.holding = false
		return x.held, nil
	}
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
	if err != nil {
		return nil, errors.New("the challenge is no base64")
	}
	return x.client.Next(challenge)
}

// cancel ends an exchange that the server made impossible (RFC 4954 4: a line with a single "*").
func (x *exchange) cancel(cause error, r *reply) error {
	k := x.k
	if err := k.put(x.c, "*\r\n", sendOptions{}); err != nil {
		return err
	}
	if _, _, err := k.read1(x.c, byDefault); err != nil {
		return err
	}
	return x.broken(r, "authentication by "+x.mechanism+" cannot go on", cause)
}

func (x *exchange) broken(r *reply, message string, cause error) error {
	f := event.Failure{Kind: "auth", Message: message, Want: x.want.String(), Got: cause.Error(), Conn: x.k.wire.ID, Wire: r.Wire, Address: x.k.address}
	x.k.a.expected(x.c.L, event.Expectation{What: "auth", Want: f.Want, Got: f.Got})
	return x.k.a.failed(x.c.L, f)
}

// end judges the final reply. A server that says yes without having proved itself fails too.
func (x *exchange) end(r *reply, within time.Duration) error {
	if r.Code/100 == 2 && x.want.match(r.Reply) {
		if err := x.client.Finish(); err != nil {
			return x.broken(r, "the server accepted, but authentication by "+x.mechanism+" is not complete", err)
		}
	}
	return x.k.judge(x.c, requirement{code: x.want, what: "auth"}, r, within)
}
