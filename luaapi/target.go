package luaapi

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	lua "github.com/yuin/gopher-lua"
)

// factNames are the facts that the language knows, with what they are; any other name is the user's own.
var factNames = map[string]string{
	"host": "host name or address, from the URL", "port": "port, from the URL", "tls": `"none", "starttls" or "implicit", from the URL`,
	"protocol": `"smtp" or "lmtp", from the URL`, "user": "login name", "password": "its password, which is in no output",
	"token": "bearer token of XOAUTH2 and OAUTHBEARER, which is in no output", "valid_rcpt": "an address that takes mail",
	"valid_rcpt2": "a second address that takes mail", "invalid_rcpt": "a local address that does not exist",
	"local_domain": "a domain that it takes mail for", "relay_domain": "a domain that it does not take mail for", "from": "sender address to use",
	"hostname": "the server's own name", "ehlo": "the name that we give; by default the address literal of our end, as in [192.0.2.1]",
	"mailbox_user": "login name at the mailbox, where it is not user", "mailbox_password": "its password, which is in no output; password where it is not set",
	"ca": "PEM text or file of the CA that signs its certificate", "cert": "PEM text or file of our own certificate", "key": "PEM text or file of its key",
	"tls_verify": "false: a bad certificate does not break a handshake", "mailbox": "where its mail can be read, as in \"maildir:/path\"",
}

// Facts are named values that scripts read: what is known of a target, or the variables of a run. Reading a name that is
// not set is an error that says how to set it.
type Facts struct {
	what   string // "fact" or "variable", in messages
	flag   string // the flag that sets one
	key    string // where it stands in the configuration
	values map[string]any
	secret map[string]bool
}

// NewVars returns an empty set of variables.
func NewVars() *Facts { return &Facts{what: "variable", flag: "--var", key: "vars"} }

// Set gives a name a value: a string, a float64 or a bool.
func (f *Facts) Set(name string, value any) error {
	if !isName(name) {
		return fmt.Errorf("%q is no name of a %s: letters, digits and _ make one", name, f.what)
	}
	if f.what == "fact" {
		v, err := typedFact(name, value)
		if err != nil {
			return err
		}
		value = v
	}
	if f.values == nil {
		f.values = map[string]any{}
	}
	f.values[name] = value
	return nil
}

// SetText is Set for text that a person typed: "25" is a port.
func (f *Facts) SetText(name, text string) error {
	if f.what == "fact" {
		switch name {
		case "port":
			n, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("fact port: a number expected, got %q", text)
			}
			return f.Set(name, float64(n))
		case "tls_verify":
			b, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("fact tls_verify: true or false expected, got %q", text)
			}
			return f.Set(name, b)
		}
	}
	return f.Set(name, text)
}

func typedFact(name string, value any) (any, error) {
	_, text := value.(string)
	switch name {
	case "port":
		n, ok := value.(float64)
		if !ok || n != math.Trunc(n) || n < 1 || n > 65535 {
			return nil, fmt.Errorf("fact port: a number from 1 to 65535 expected, got %v", value)
		}
	case "tls_verify":
		if _, ok := value.(bool); !ok {
			return nil, fmt.Errorf("fact tls_verify: true or false expected, got %v", value)
		}
	case "tls":
		return value, oneOf("fact tls", value, "none", "starttls", "implicit")
	case "protocol":
		return value, oneOf("fact protocol", value, "smtp", "lmtp")
	case "mailbox":
		if _, err := mailbox.Parse(fmt.Sprint(value)); err != nil {
			return nil, fmt.Errorf("fact mailbox: %w", err)
		}
		fallthrough
	default:
		if factNames[name] != "" && !text {
			return nil, fmt.Errorf("fact %s: text expected, got %v", name, value)
		}
	}
	return value, nil
}

func oneOf(what string, value any, allowed ...string) error {
	s, _ := value.(string)
	if slices.Contains(allowed, s) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %s%s", what, fmt.Sprint(value), strings.Join(allowed, ", "), spell.Hint(s, allowed))
}

func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != ""
}

// Get returns a value.
func (f *Facts) Get(name string) (any, bool) {
	v, ok := f.values[name]
	return v, ok
}

// Text returns a value that is text, "" when it is not set.
func (f *Facts) Text(name string) string {
	s, _ := f.values[name].(string)
	return s
}

// Names are the names that have a value, sorted.
func (f *Facts) Names() []string {
	names := make([]string, 0, len(f.values))
	for n := range f.values {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// MarkSecret makes a value one that no output shows, whatever its name.
func (f *Facts) MarkSecret(name string) {
	if f.secret == nil {
		f.secret = map[string]bool{}
	}
	f.secret[name] = true
}

var secretName = regexp.MustCompile(`(?i)(^|_)(password|passwd|token|secret|key)[0-9]*$`)

// IsSecret tells whether no output may show the value of a name.
func (f *Facts) IsSecret(name string) bool { return f.secret[name] || secretName.MatchString(name) }

// AddSecrets makes every secret value known to s.
func (f *Facts) AddSecrets(s *wire.Secrets) {
	for n, v := range f.values {
		if text, ok := v.(string); ok && f.IsSecret(n) {
			s.Add(text)
		}
	}
}

// Public are the values without the secrets, for reports.
func (f *Facts) Public() map[string]any {
	out := map[string]any{}
	for n, v := range f.values {
		text, _ := v.(string)
		if !f.IsSecret(n) && !strings.Contains(text, "-----BEGIN ") { // a certificate is no secret, but no news either
			out[n] = v
		}
	}
	return out
}

// missing says how to set a name that has no value.
func (f *Facts) missing(name string) string {
	text := fmt.Sprintf("%s %s is not set%s: give it with %s %s=VALUE, or in %s of smtpspec.lua",
		f.what, name, spell.Hint(name, f.others(name)), f.flag, name, f.key)
	return text
}

func (f *Facts) others(name string) []string {
	names := f.Names()
	if f.what == "fact" && factNames[name] == "" {
		for n := range factNames {
			names = append(names, n)
		}
	}
	return names
}

func luaValue(v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	}
	return lua.LNil
}

// Target is a server under test.
type Target struct {
	Facts
	Name    string
	URL     string
	Unix    string // socket path, "" for TCP
	Program string // command whose standard input and output are the connection, "" for none
	Demo    bool
	Mail    mailbox.Store // what the server has, where it is the demo server of this process

	names *net.Resolver // of its host; nil: the system's ways
}

// schemes are those of target URLs: what they say of TLS, protocol and port.
var schemes = map[string]struct {
	tls, protocol string
	port          int
}{
	"smtp":          {"none", "smtp", 25},
	"smtp+starttls": {"starttls", "smtp", 25},
	"smtps":         {"implicit", "smtp", 465},
	"lmtp":          {"none", "lmtp", 24},
	"lmtp+unix":     {"none", "lmtp", 0},
	"smtp+unix":     {"none", "smtp", 0},
	"smtp+exec":     {"none", "smtp", 0},
	"lmtp+exec":     {"none", "lmtp", 0},
}

// ParseTarget reads a target URL, as in "smtp+starttls://mx.example.org:587".
func ParseTarget(text string) (*Target, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return nil, fmt.Errorf("%q is no target URL: write smtp://%s (or smtp+starttls://, smtps://, lmtp://)", mask(text), mask(text))
	}
	s, ok := schemes[strings.ToLower(scheme)]
	if !ok {
		names := []string{}
		for n := range schemes {
			names = append(names, n)
		}
		sort.Strings(names)
		return nil, fmt.Errorf("%q: unknown scheme %q%s; there are %s", mask(text), scheme, spell.Hint(scheme, names), strings.Join(names, ", "))
	}
	t := &Target{URL: text, Facts: targetFacts()}
	_ = t.Set("tls", s.tls)
	_ = t.Set("protocol", s.protocol)
	if s.port == 0 {
		_ = t.Set("host", "localhost")
		if strings.HasSuffix(strings.ToLower(scheme), "+exec") {
			if t.Program = rest; strings.TrimSpace(rest) == "" {
				return nil, fmt.Errorf("%q: a command expected, as in %s:///usr/sbin/sendmail -bs", mask(text), scheme)
			}
			return t, nil
		}
		if t.Unix = rest; !strings.HasPrefix(rest, "/") {
			return nil, fmt.Errorf("%q: the path of a socket expected, as in %s:///run/lmtp.sock", mask(text), scheme)
		}
		return t, nil
	}
	return t, t.address(text, s.port)
}

func targetFacts() Facts { return Facts{what: "fact", flag: "--set", key: "its target"} }

func (t *Target) address(text string, port int) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no target URL: host and port expected, as in smtp://mx.example.org:25", mask(text))
	case u.User != nil:
		return fmt.Errorf("%q: give the login with --set user=NAME and a password in smtpspec.lua, not in the URL", mask(text))
	case u.Hostname() == "":
		return fmt.Errorf("%q has no host", mask(text))
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q: nothing comes after the port", mask(text))
	case !isHost(u.Hostname()):
		return fmt.Errorf("%q: %q is neither a host name nor an address", mask(text), u.Hostname())
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return fmt.Errorf("%q: port %q is not a number from 1 to 65535", mask(text), u.Port())
		}
	}
	_ = t.Set("host", u.Hostname())
	return t.Set("port", float64(port))
}

// isHost tells whether text can be dialled: an address, or a name (a zone is one as well) of letters, digits, hyphens, underscores and dots, of any script.
func isHost(text string) bool {
	if a, err := netip.ParseAddr(text); err == nil {
		text = a.Zone()
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune("-_.", r)
	})
}

// mask hides what stands before the "@" of a URL, whether it parses or not.
func mask(text string) string {
	scheme := text[:strings.Index(text, "://")+1]
	if scheme != "" {
		scheme += "//"
	}
	if i := strings.LastIndex(text, "@"); i >= len(scheme) {
		return scheme + wire.Mask + text[i:]
	}
	return text
}

// Host is the target's host.
func (t *Target) Host() string { return t.Text("host") }

// Port is the target's port, 0 for a socket.
func (t *Target) Port() int {
	n, _ := t.values["port"].(float64)
	return int(n)
}

// Address is host:port, the path of the socket, or the command.
func (t *Target) Address() string {
	if !t.tcp() {
		return t.Unix + t.Program
	}
	return net.JoinHostPort(t.Host(), strconv.Itoa(t.Port()))
}

// Network is what Address is an address of: "tcp", "unix" or wire.ProgramNetwork.
func (t *Target) Network() string {
	switch {
	case t.Unix != "":
		return "unix"
	case t.Program != "":
		return wire.ProgramNetwork
	}
	return "tcp"
}

func (t *Target) tcp() bool { return t.Unix == "" && t.Program == "" }

// ResolveBy makes the resolver find the target's host, where it has to be found out of a connection. It is called before scenarios run.
func (t *Target) ResolveBy(r *resolve.Resolver) { t.names = r.Dialer() }

// Resolver is who finds the addresses of its host; nil stands for the system's ways.
func (t *Target) Resolver() *net.Resolver { return t.names }

// NoTarget stands for a target where none is needed: no fact is set.
func NoTarget() *Target { return &Target{Facts: targetFacts()} }

// LMTP tells whether the target speaks LMTP.
func (t *Target) LMTP() bool { return t.Text("protocol") == "lmtp" }

// Loopback tells whether the target is this machine.
func (t *Target) Loopback() bool { return !t.tcp() || isLoopback(t.Host()) }

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// fact is what a script reads; ehlo and tls_verify have a value of their own when none is set.
func (t *Target) fact(name string) (any, bool) {
	if v, ok := t.Get(name); ok {
		return v, true
	}
	switch name {
	case "ehlo":
		return addressLiteral(localAddress(t)), true
	case "tls_verify":
		return true, true
	}
	return nil, false
}

// localAddress is the address that the system would connect to the target from. No packet is sent.
func localAddress(t *Target) string {
	if !t.tcp() || t.Loopback() && net.ParseIP(t.Host()) == nil {
		return "127.0.0.1"
	}
	d := net.Dialer{Timeout: time.Second, Resolver: t.names}
	c, err := d.Dial("udp", t.Address())
	if err != nil {
		return "127.0.0.1"
	}
	defer c.Close()
	host, _, _ := net.SplitHostPort(c.LocalAddr().String())
	return host
}

// addressLiteral is RFC 5321 4.1.3's form of an address.
func addressLiteral(host string) string {
	host, _, _ = strings.Cut(host, "%")
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[IPv6:" + host + "]"
	}
	return "[" + host + "]"
}

func (lang *Language) factsClass(name, doc string, get func(self any, name string) (any, bool), set func(self any) *Facts) *bind.Class {
	missing := func(c *bind.Call, self any, fact string) error {
		return &missingFact{name: fact, text: set(self).missing(fact), lang: lang}
	}
	return &bind.Class{
		Name: name, Short: name, Doc: doc + ", read as " + name + ".NAME. Reading one that is not set is an error that says how to set it.",
		Text: func(any) string { return name },
		CallSelf: bind.Fn(name+"(name: string, default?: any): any", func(c *bind.Call) error {
			if v, ok := get(c.Self, c.String(0)); ok {
				return c.Push(luaValue(v))
			}
			return c.Push(c.Value(1))
		}, "Asks for a value that may not be set, without the error."),
		Unknown: func(c *bind.Call, self any, fact string) (lua.LValue, error) {
			if v, ok := get(self, fact); ok {
				return luaValue(v), nil
			}
			return nil, missing(c, self, fact)
		},
	}
}

// MarkSecrets marks the facts whose values are among those that must not be shown.
func (f *Facts) MarkSecrets(values []string) {
	for name, v := range f.values {
		if text, ok := v.(string); ok && slices.Contains(values, text) {
			f.MarkSecret(name)
		}
	}
}
