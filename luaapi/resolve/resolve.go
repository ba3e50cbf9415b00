// Package resolve asks a DNS resolver. It hides the library that speaks DNS: what it gives are plain values, and its errors are in words of our own.
//
//	Resolver.Query -> *Answer, an NXDOMAIN included, or *Error
//	Resolver.Route -> where mail for a domain goes (RFC 5321 5.1)
//
// Questions go to one resolver and to nobody else. Names are sent as they are given: IDNA is the caller's.
package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// DefaultTimeout is how long a question may take, with all its tries.
const DefaultTimeout = 5 * time.Second

// systemFile names the system's resolvers (resolv.conf(5)).
const systemFile = "/etc/resolv.conf"

// Resolver asks the servers that it was made of, in turn. It may be used from several goroutines. The zero value is the system's.
type Resolver struct {
	named string // host:port that the user gave; "" for the system's

	once    sync.Once
	servers []string
	err     error
}

// New makes a resolver of text as a user gives it: an address, with or without a port, as in "192.0.2.53", "[2001:db8::53]:5353" or
// "localhost:5353". "" is the system's.
func New(server string) (*Resolver, error) {
	if server == "" {
		return &Resolver{}, nil
	}
	host, port := server, "53"
	if h, p, err := net.SplitHostPort(server); err == nil {
		host, port = h, p
	}
	host = strings.Trim(host, "[]")
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return nil, fmt.Errorf("%q: port %q is not a number from 1 to 65535", server, port)
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return nil, fmt.Errorf("%q: the IP address of a DNS server expected, with or without a port, as in 127.0.0.1:5353", server)
	}
	return &Resolver{named: net.JoinHostPort(host, port)}, nil
}

// Named is the server that the user gave, as host:port, "" for the system's.
func (r *Resolver) Named() string {
	if r == nil {
		return ""
	}
	return r.named
}

// Servers are who is asked, as host:port.
func (r *Resolver) Servers() ([]string, error) {
	r.once.Do(func() {
		if r.named != "" {
			r.servers = []string{r.named}
			return
		}
		conf, err := dns.ClientConfigFromFile(systemFile)
		if err != nil {
			r.err = fmt.Errorf("the system's resolver is not known, since %s cannot be read", systemFile)
			return
		}
		for _, s := range conf.Servers {
			r.servers = append(r.servers, net.JoinHostPort(s, conf.Port))
		}
		if len(r.servers) == 0 { // as resolv.conf(5) has it
			r.servers = []string{"127.0.0.1:53"}
		}
	})
	return slices.Clone(r.servers), r.err
}

// Dialer resolves host names for connections by the server that the user gave. It is nil for the system's resolver, whose ways are the
// system's too: /etc/hosts, nsswitch and the rest.
func (r *Resolver) Dialer() *net.Resolver {
	if r.Named() == "" {
		return nil
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, r.named)
	}}
}

// Options say how to ask.
type Options struct {
	Timeout time.Duration // with all tries; 0: DefaultTimeout
	TCP     bool          // not by UDP first
}

// Answer is what a resolver said. Records is empty when the name does not exist, and when it has nothing of the type: Rcode tells.
type Answer struct {
	Name    string // that was asked for, without the last dot
	Type    string
	Rcode   string   // "NOERROR" or "NXDOMAIN"
	AD      bool     // the resolver says that it has verified the answer (RFC 4035 3.2.3)
	Aliases []string // what the name is an alias of, by CNAME, in order
	Records []Record // of the type, of the name or of its last alias
	Server  string   // host:port
	TCP     bool     // it came by TCP
}

// Error is why there is no answer.
type Error struct {
	Name, Type string
	Server     string // the last that was asked
	// Reason is the resolver's code in upper case, as in "SERVFAIL", or our word: "timeout", "refused" or "unreachable" (nobody is there),
	// "garbage" (no DNS, or no answer to the question), "loop" (of CNAMEs), "local" (this machine's fault), "cancelled" (the context ended).
	Reason string
	Cause  error // the system's words, or nil
}

func (e *Error) Error() string {
	what := "the " + e.Type + " of " + e.Name + ": "
	switch e.Reason {
	case "timeout":
		return what + "the resolver " + e.Server + " did not answer in time"
	case "refused":
		return what + "nobody listens for DNS at " + e.Server
	case "unreachable":
		return what + "the resolver " + e.Server + " is unreachable from here"
	case "garbage":
		return what + "what " + e.Server + " sent is no answer to the question"
	case "loop":
		return what + "its CNAMEs lead in a circle"
	case "cancelled":
		return what + "there was no time left to ask"
	case "local":
		return what + "it could not be asked for: " + e.Cause.Error()
	case "SERVFAIL":
		return what + "the resolver " + e.Server + " failed (SERVFAIL): it got no answer from the domain's servers, or none that DNSSEC lets pass"
	}
	return what + "the resolver " + e.Server + " answered " + e.Reason
}

func (e *Error) Unwrap() error { return e.Cause }

// CheckName says what is wrong with a name, "" when nothing is (RFC 1035 2.3.4).
func CheckName(name string) string {
	trimmed := strings.TrimSuffix(name, ".")
	switch {
	case name == "":
		return "the name is empty"
	case len(trimmed) > 253:
		return "the name is longer than 253 bytes"
	case strings.HasPrefix(trimmed, ".") && trimmed != "" || strings.Contains(trimmed, ".."):
		return "a label is empty"
	}
	for label := range strings.SplitSeq(trimmed, ".") {
		if len(label) > 63 {
			return fmt.Sprintf("the label %q is longer than 63 bytes", label)
		}
	}
	if _, ok := dns.IsDomainName(dns.Fqdn(name)); !ok {
		return "it is no domain name"
	}
	return ""
}

// Types are the names of the types that can be asked for, besides TYPE123.
func Types() []string {
	names := make([]string, 0, len(dns.StringToType))
	for n := range dns.StringToType {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// CheckType tells whether a type can be asked for.
func CheckType(typ string) bool {
	_, ok := typeNumber(typ)
	return ok
}

func typeNumber(typ string) (uint16, bool) {
	if n, ok := dns.StringToType[strings.ToUpper(typ)]; ok {
		return n, true
	}
	digits, ok := strings.CutPrefix(strings.ToUpper(typ), "TYPE")
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), ok && err == nil
}

// Reverse is the name under which an address has its PTR (RFC 1035 3.5, RFC 3596 2.5). ok tells whether it is an address.
func Reverse(address string) (name string, ok bool) {
	a, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if err != nil {
		return "", false
	}
	name, err = dns.ReverseAddr(a.WithZone("").String())
	return strings.TrimSuffix(name, "."), err == nil
}
