package resolve

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// udpSize is what we take by UDP: what fits every path without fragments.
const udpSize = 1232

// Query asks for the records of a name. The error is a *Error.
func (r *Resolver) Query(ctx context.Context, name, typ string, o Options) (*Answer, error) {
	q := &question{r: r, name: strings.TrimSuffix(name, "."), typ: strings.ToUpper(typ), tcp: o.TCP}
	number, ok := typeNumber(typ)
	if problem := CheckName(name); problem != "" {
		return nil, q.failed("local", errors.New(problem))
	}
	if !ok {
		return nil, q.failed("local", errors.New("there is no such type"))
	}
	servers, err := r.Servers()
	if err != nil {
		return nil, q.failed("local", err)
	}
	q.msg = new(dns.Msg)
	q.msg.SetQuestion(dns.Fqdn(name), number)
	q.msg.AuthenticatedData = true // asks for the AD bit without the signatures (RFC 6840 5.7)
	q.msg.SetEdns0(udpSize, false)
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	return q.ask(ctx, servers, time.Now().Add(o.Timeout))
}

// question is one that is being asked.
type question struct {
	r         *Resolver
	name, typ string
	msg       *dns.Msg
	tcp       bool
	server    string // that was asked last
}

func (q *question) failed(reason string, cause error) *Error {
	return &Error{Name: q.name, Type: q.typ, Server: q.server, Reason: reason, Cause: cause}
}

// ask tries each server, and a single one twice, each for its share of the time: a packet may be lost.
func (q *question) ask(ctx context.Context, servers []string, until time.Time) (*Answer, error) {
	if len(servers) == 1 {
		servers = append(servers, servers[0])
	}
	var last *Error
	for i, server := range servers {
		if last != nil && last.Reason != "timeout" && server == q.server {
			break // it did say something
		}
		q.server = server
		share := time.Until(until) / time.Duration(len(servers)-i)
		a, err := q.once(ctx, time.Now().Add(share))
		if err == nil {
			return a, nil
		}
		last = err
		if last.Reason == "cancelled" || last.Reason == "loop" {
			break
		}
	}
	return nil, last
}

// once asks one server, by TCP when the answer does not fit into a packet, and without EDNS0 when it does not know that (RFC 6891 7).
func (q *question) once(ctx context.Context, until time.Time) (*Answer, *Error) {
	reply, err := q.exchange(ctx, until, q.tcp)
	if err == nil && (reply.Rcode == dns.RcodeFormatError || reply.Rcode == dns.RcodeNotImplemented) && q.msg.IsEdns0() != nil {
		q.msg.Extra = nil
		reply, err = q.exchange(ctx, until, q.tcp)
	}
	tcp := q.tcp
	if err == nil && reply.Truncated && !tcp {
		tcp = true
		reply, err = q.exchange(ctx, until, true)
	}
	if err != nil {
		return nil, err
	}
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return nil, q.failed(rcodeName(reply.Rcode), nil)
	}
	a := &Answer{Name: q.name, Type: q.typ, Rcode: rcodeName(reply.Rcode), AD: reply.AuthenticatedData, Server: q.server, TCP: tcp}
	if !a.take(reply.Answer, q.msg.Question[0]) {
		return nil, q.failed("loop", nil)
	}
	return a, nil
}

func rcodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return "RCODE" + dns.Type(code).String()
}

// exchange sends the question and reads what comes.
func (q *question) exchange(ctx context.Context, until time.Time, tcp bool) (*dns.Msg, *Error) {
	network := "udp"
	if tcp {
		network = "tcp"
	}
	d := net.Dialer{Deadline: until}
	nc, err := d.DialContext(ctx, network, q.server)
	if err != nil {
		return nil, q.failed(reasonOf(ctx, err), err)
	}
	conn := &dns.Conn{Conn: nc}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })()
	c := dns.Client{Net: network, Timeout: time.Until(until)}
	reply, _, err := c.ExchangeWithConnContext(ctx, q.msg, conn)
	if err != nil {
		return nil, q.failed(reasonOf(ctx, err), err)
	}
	if !reply.Response || len(reply.Question) > 1 || len(reply.Question) == 1 && !sameQuestion(reply.Question[0], q.msg.Question[0]) {
		return nil, q.failed("garbage", nil)
	}
	return reply, nil
}

func sameQuestion(a, b dns.Question) bool {
	return strings.EqualFold(a.Name, b.Name) && a.Qtype == b.Qtype && a.Qclass == b.Qclass
}

// The system's numbers; those above 10000 are Winsock's.
var (
	refusedErrors     = []syscall.Errno{syscall.ECONNREFUSED, syscall.ECONNRESET, 10061, 10054}
	unreachableErrors = []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, 10049, 10051, 10065}
)

// reasonOf is our word for why there is no answer.
func reasonOf(ctx context.Context, err error) string {
	var nerr net.Error
	var errno syscall.Errno
	deadline, limited := ctx.Deadline()
	switch {
	case ctx.Err() != nil, limited && !time.Now().Before(deadline): // the socket may notice first
		return "cancelled"
	case errors.As(err, &nerr) && nerr.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &errno) && slices.Contains(refusedErrors, errno):
		return "refused"
	case errors.As(err, &errno) && slices.Contains(unreachableErrors, errno):
		return "unreachable"
	case errors.As(err, &errno):
		return "local"
	}
	return "garbage" // neither the network nor this machine: it is what came
}

// take follows the CNAMEs of an answer to its end, and takes the records there. It gives false when they lead in a circle.
func (a *Answer) take(section []dns.RR, q dns.Question) bool {
	owner := dns.CanonicalName(q.Name)
	seen := []string{owner}
	for q.Qtype != dns.TypeCNAME && q.Qtype != dns.TypeANY {
		alias := ""
		for _, rr := range section {
			if c, ok := rr.(*dns.CNAME); ok && dns.CanonicalName(c.Hdr.Name) == owner {
				alias = c.Target
			}
		}
		if alias == "" {
			break
		}
		owner = dns.CanonicalName(alias)
		if slices.Contains(seen, owner) {
			return false
		}
		seen = append(seen, owner)
		a.Aliases = append(a.Aliases, strings.TrimSuffix(alias, "."))
	}
	for _, rr := range section {
		h := rr.Header()
		if dns.CanonicalName(h.Name) == owner && (h.Rrtype == q.Qtype || q.Qtype == dns.TypeANY) {
			a.Records = append(a.Records, recordOf(rr))
		}
	}
	return true
}
