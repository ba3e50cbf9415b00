package luaapi

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// connectOptions say what to connect to, and how; what is not given comes from the target.
type connectOptions struct {
	Host           *string        `lua:"host" doc:"Host name or address. It is the target's, a loopback one where the target is on loopback, or what --allow names." default:"the target's"`
	Port           *int           `lua:"port" doc:"Port, from 1 to 65535." default:"the target's; 25 with mx"`
	MX             string         `lua:"mx" doc:"A domain: connects to where mail for it goes, by its MX records as a sender does (RFC 5321 5.1). A null MX is a failure." default:"none"`
	TLS            *string        `lua:"tls" doc:"\"none\", \"starttls\" or \"implicit\"; connect acts on \"implicit\" alone." default:"the target's"`
	Ehlo           string         `lua:"ehlo" doc:"The name to give in EHLO." default:"the fact ehlo, or our address literal, as in [192.0.2.1]"`
	Auth           bool           `lua:"auth" doc:"session authenticates by the strongest mechanism, with the facts user and password, or token." default:"false"`
	LMTP           *bool          `lua:"lmtp" doc:"Speaks LMTP (RFC 2033): LHLO, and a reply for each recipient at the end of a message." default:"what the target's protocol is"`
	Source         string         `lua:"source" doc:"Local IP address to connect from, with or without a port, as in \"192.0.2.1\" and \"[2001:db8::1]:2525\"." default:"the system's choice"`
	Family         int            `lua:"family" doc:"4 or 6: connects to an address of this IP version alone." default:"any"`
	Socks          string         `lua:"socks" doc:"A SOCKS5 proxy to go through: \"socks5://user:password@host:port\", or without the login. It looks up the host name. --allow may have to name it." default:"none"`
	Wait           *time.Duration `lua:"wait" doc:"How long to try again while nobody listens there, as where a server is starting." default:"not at all"`
	Proxy          *lua.LTable    `lua:"proxy" type:"smtp.ProxyOptions" doc:"PROXY protocol header to begin with, before TLS and everything else." default:"none"`
	Unix           string         `lua:"unix" doc:"Path of a UNIX socket to connect to instead of host and port." default:"the target's"`
	Program        lua.LValue     `lua:"program" type:"string|string[]" doc:"A program whose standard input and output are the connection: a list of its name and arguments, or a command for the shell. Its standard error goes into the transcript. A path with a slash, and what the program does, is relative to the file's directory. Only with --allow-exec." default:"the target's"`
	ConnectTimeout *time.Duration `lua:"connect_timeout" doc:"Limit for the connect." default:"the run's, 10 s"`
	ReplyTimeout   *time.Duration `lua:"reply_timeout" doc:"Limit for each reply on this connection." default:"the run's, 30 s"`
	TLSOptions     *lua.LTable    `lua:"tls_options" type:"smtp.TLSOptions" doc:"How to do every TLS handshake of this connection; what a handshake itself says wins."`
	Policy         lua.LValue     `lua:"policy" type:"number|string|table" doc:"Codes by which a server says that its policy is in the way, as {421, 450}: a reply with one of them ends the scenario as inconclusive wherever code has another." default:"none"`
	Optional       bool           `lua:"optional" doc:"A connect that fails gives nil and the reason, and changes no verdict." default:"false"`
}

var connectTable = bind.OptionsOf[connectOptions]("smtp.ConnectOptions", "What to connect to, and how.")

func (lang *Language) smtpModule() *bind.Module {
	return &bind.Module{
		Name: "smtp",
		Doc:  "Connections to mail servers, byte by byte.",
		Funcs: []*bind.Func{
			bind.Fn("connect(options?: smtp.ConnectOptions): smtp.Conn", connect, "Opens a connection and reads nothing: the greeting is yours to expect. With tls = \"implicit\" the TLS handshake is done."),
			bind.Fn("session(options?: smtp.ConnectOptions): smtp.Conn", session, "Opens a connection and makes it ready for MAIL: greeting, EHLO (LHLO for LMTP), STARTTLS and EHLO again where the target says so, AUTH with auth = true."),
		},
		Classes: []*bind.Class{lang.types.conn, lang.types.reply, lang.types.tls, lang.types.certificate},
		Options: []*bind.Options{connectTable, tlsTable, sendTable, writeTable, expectTable, authTable, deliverTable, dataTable, proxyTable},
		Later:   map[string]string{"listen": notBuilt},
	}
}

// conn is a connection as scripts see it.
type conn struct {
	wire         *wire.Conn
	a            *attempt
	opts         connectOptions
	host         string
	address      string
	lmtp         bool
	proxy        *proxyHeader
	socks        *wire.Socks
	exec         bool          // address is a command
	replyTimeout time.Duration // 0: what the run says
	policy       codeSpec
	opened       raised
	shut         bool // the script closed it
}

func connect(c *bind.Call) error {
	k, reason, err := open(c)
	if err != nil {
		return err
	}
	if k == nil {
		return c.PushAll(lua.LNil, lua.LString(reason))
	}
	return c.Push(k.object())
}

func (k *conn) object() lua.LValue { return k.a.lang.types.conn.Object(k) }

// open connects as the options of a call say. Without a connection it gives the reason that an optional one has.
func open(c *bind.Call) (*conn, string, error) {
	a := attemptOf(c.L)
	if err := a.live("smtp." + c.F.Name); err != nil {
		return nil, "", err
	}
	k := &conn{a: a}
	connectTable.Decode(c.Table(0), &k.opts)
	if err := k.resolve(); err != nil {
		err = fmt.Errorf("%s: %w", c.Name(), err)
		var forbidden *notAllowed
		if errors.As(err, &forbidden) { // a wrong argument is the script's to catch, this is not
			return nil, "", a.broken(c.L, event.Failure{Kind: "lua", Message: err.Error()}, true)
		}
		return nil, "", err
	}
	at, helper := a.position(c.L)
	k.opened = raised{at: at, helper: helper}
	if k.opts.MX != "" {
		if reason, err := k.walk(c); err != nil || reason != "" {
			return nil, reason, err
		}
	} else if reason, err := k.dial(c); err != nil || reason != "" {
		return nil, reason, err
	}
	if err := k.introduce(c); err != nil {
		return nil, "", err
	}
	if k.tlsMode() != "implicit" {
		return k, "", nil
	}
	ok, reason, err := k.handshake(c, k.opts.TLSOptions, k.opts.Optional)
	switch {
	case err != nil:
		return nil, "", err
	case !ok && k.opts.Optional:
		return nil, "tls", nil
	case !ok:
		return nil, reason, nil
	}
	return k, "", nil
}

// reasonOf is the word for a connect that failed.
func reasonOf(e *wire.DialError) string {
	switch {
	case e.Proxy != "":
		return "proxy"
	case e.Kind == wire.DNS || e.Kind == wire.Local:
		return "unreachable"
	}
	return string(e.Kind)
}

func (k *conn) tlsMode() string {
	if k.opts.TLS != nil {
		return *k.opts.TLS
	}
	return k.a.env.Target.Text("tls")
}

// resolve fills in from the target what the options leave open, and refuses what may not be connected to.
func (k *conn) resolve() error {
	t, o := k.a.env.Target, &k.opts
	if t == nil {
		return fmt.Errorf("there is no target to connect to")
	}
	if o.TLS != nil {
		if err := oneOf("option tls", *o.TLS, "none", "starttls", "implicit"); err != nil {
			return err
		}
	}
	for name, d := range map[string]*time.Duration{"connect_timeout": o.ConnectTimeout, "reply_timeout": o.ReplyTimeout, "wait": o.Wait} {
		if d != nil && *d <= 0 {
			return fmt.Errorf("option %s: more than nothing is needed", name)
		}
	}
	if err := k.way(); err != nil {
		return err
	}
	policy, err := parseCodes(o.Policy)
	if err != nil {
		return fmt.Errorf("option policy: %w", err)
	}
	k.policy, k.lmtp = policy, t.LMTP()
	if o.LMTP != nil {
		k.lmtp = *o.LMTP
	}
	if o.ReplyTimeout != nil {
		k.replyTimeout = *o.ReplyTimeout
	}
	if done, err := k.program(); done || err != nil {
		return err
	}
	if o.MX != "" {
		return k.exchange()
	}
	k.host = t.Host()
	if o.Unix == "" && o.Host == nil && o.Port == nil {
		o.Unix = t.Unix
	}
	if o.Unix != "" {
		k.host, k.address = "localhost", o.Unix
		return k.a.allowed(k.address, "")
	}
	port := t.Port()
	if o.Port != nil {
		port = *o.Port
	}
	if o.Host != nil {
		k.host = strings.Trim(*o.Host, "[]")
	}
	if !k.ofFamily(k.host) {
		return fmt.Errorf("option family: %s is no IPv%d address", k.host, o.Family)
	}
	if port < 1 || port > 65535 {
		return fmt.Errorf("option port: a number from 1 to 65535 expected, got %d", port)
	}
	k.address = net.JoinHostPort(k.host, strconv.Itoa(port))
	return k.a.allowed(k.host, strconv.Itoa(port))
}

// allowed tells whether a script may connect there: to the target's host, to loopback when the target is there, and to what
// --allow names. An empty port says that host is the path of a socket.
func (a *attempt) allowed(host, port string) error {
	t := a.env.Target
	switch {
	case port == "" && host == t.Unix, port != "" && t.tcp() && strings.EqualFold(host, t.Host()),
		port != "" && isLoopback(host) && t.Loopback():
		return nil
	}
	full := host
	if port != "" {
		full = net.JoinHostPort(host, port)
	}
	for _, allowed := range a.env.Allow {
		if strings.EqualFold(allowed, host) || strings.EqualFold(allowed, full) {
			return nil
		}
	}
	return &notAllowed{fmt.Sprintf("a script may not connect to %s, which is not the target's host: --allow %s allows it", full, full)}
}

// notAllowed is what scripts may do only where a flag says so; the text names it.
type notAllowed struct{ text string }

func (e *notAllowed) Error() string { return e.text }

// session is connect and all that comes before MAIL.
func session(c *bind.Call) error {
	k, reason, err := open(c)
	if err != nil {
		return err
	}
	if k == nil {
		return c.PushAll(lua.LNil, lua.LString(reason))
	}
	if err := k.prepare(c); err != nil {
		return err
	}
	return c.Push(k.object())
}

func (k *conn) prepare(c *bind.Call) error {
	if _, err := k.require(c, "the greeting", codes(220)); err != nil {
		return err
	}
	if err := k.hello(c); err != nil {
		return err
	}
	if k.tlsMode() == "starttls" {
		if _, err := k.command(c, "STARTTLS", codes(220)); err != nil {
			return err
		}
		ok, reason, err := k.handshake(c, k.opts.TLSOptions, false)
		if err != nil {
			return err
		}
		if !ok {
			return k.a.failed(c.L, event.Failure{Kind: "tls", Message: "the session needs TLS, and its handshake ended with: " + reason, Conn: k.wire.ID})
		}
		if err := k.hello(c); err != nil {
			return err
		}
	}
	if k.opts.Auth {
		_, err := k.authenticate(c, authOptions{Mechanism: "auto"})
		return err
	}
	return nil
}

func (k *conn) hello(c *bind.Call) error {
	_, err := k.command(c, helloVerb(k.lmtp)+" "+k.name(), codes(250))
	return err
}

// helloVerb is how a session begins: LMTP has a verb of its own (RFC 2033 4.1).
func helloVerb(lmtp bool) string {
	if lmtp {
		return "LHLO"
	}
	return "EHLO"
}

// name is what to say in EHLO: the option's, the target's, or the address literal of our end.
func (k *conn) name() string {
	if k.opts.Ehlo != "" {
		return k.opts.Ehlo
	}
	if name := k.a.env.Target.Text("ehlo"); name != "" {
		return name
	}
	host, _, err := net.SplitHostPort(k.wire.LocalAddr())
	if err != nil {
		return "localhost" // a socket has no address
	}
	return addressLiteral(host)
}

// keywords are what the latest EHLO offered, by keyword in upper case.
func (k *conn) keywords() map[string]string {
	if k.wire.Hello == nil {
		return nil
	}
	return keywordsOf(k.wire.Hello)
}

func keywordsOf(hello *wire.Reply) map[string]string {
	out := map[string]string{}
	for i, l := range hello.Lines {
		if i == 0 {
			continue // the server's name
		}
		word, param, _ := strings.Cut(strings.TrimSpace(l.Text), " ")
		word = strings.ToUpper(word)
		if word == "" {
			continue
		}
		param = strings.TrimSpace(param)
		if old, ok := out[word]; ok && old != "" {
			param = strings.TrimSpace(old + " " + param)
		}
		out[word] = param
	}
	return out
}

// offers tells whether keywords have one with, where it is given, a parameter.
func offers(keywords map[string]string, keyword, parameter string) bool {
	have, ok := keywords[strings.ToUpper(keyword)]
	if !ok || parameter == "" {
		return ok
	}
	return slices.Contains(strings.Fields(strings.ToUpper(have)), strings.ToUpper(parameter))
}

// size is roughly how many bytes the connection keeps, less its transcript.
func (k *conn) size() (n int64) {
	for _, r := range k.wire.Replies {
		n += int64(len(r.Raw)) + replySize
	}
	return n + int64(k.wire.Held())
}
