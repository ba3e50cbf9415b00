// Package resolvetest serves DNS zones on loopback, for tests. It is both the zone's server and the resolver: it answers what its records say,
// follows CNAMEs as a resolver does, and misbehaves where it is told to.
package resolvetest

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// Zone is a server of records.
type Zone struct {
	Address string // host:port, by UDP and TCP

	mu      sync.Mutex
	records map[string][]dns.RR // by lower-case name with the last dot
	faults  map[string]string   // by the same: "SERVFAIL", "REFUSED", "silent", "truncate", "garbage" or "formerr"
	signed  map[string]bool     // names that the AD bit is set for
	asked   []string
}

// Serve serves records, one a line, as a zone file has them, with names that are taken to end with the dot. Besides there are lines of another form:
//
//	@fault SERVFAIL name     also REFUSED, silent (no answer), truncate (by UDP), garbage, formerr (to EDNS0) and mismatch (another question); "*" is every name
//	@signed name             the AD bit is set; "*" is every name
func Serve(t testing.TB, text string) *Zone {
	t.Helper()
	z := &Zone{records: map[string][]dns.RR{}, faults: map[string]string{}, signed: map[string]bool{}}
	for line := range strings.Lines(text) {
		z.line(t, strings.TrimSpace(line))
	}
	z.listen(t)
	return z
}

// Add adds a line to what is served.
func (z *Zone) Add(t testing.TB, line string) {
	t.Helper()
	z.mu.Lock()
	defer z.mu.Unlock()
	z.line(t, line)
}

func (z *Zone) line(t testing.TB, line string) {
	words := strings.Fields(line)
	switch {
	case len(words) == 0 || strings.HasPrefix(line, ";"):
	case words[0] == "@fault" && len(words) == 3:
		z.faults[key(words[2])] = words[1]
	case words[0] == "@signed" && len(words) == 2:
		z.signed[key(words[1])] = true
	default:
		rr, err := dns.NewRR("$ORIGIN .\n$TTL 300\n" + line)
		if err != nil || rr == nil {
			t.Fatalf("zone: %s: %v", line, err)
		}
		name := key(rr.Header().Name)
		z.records[name] = append(z.records[name], rr)
	}
}

func key(name string) string { return dns.CanonicalName(name) }

// listen takes a port that is free for both protocols.
func (z *Zone) listen(t testing.TB) {
	for range 20 {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err != nil {
			pc.Close()
			continue
		}
		z.Address = pc.LocalAddr().String()
		for _, s := range []*dns.Server{{PacketConn: pc, Handler: z}, {Listener: l, Handler: z}} {
			started := make(chan struct{})
			s.NotifyStartedFunc = func() { close(started) }
			done := make(chan struct{})
			go func() { _ = s.ActivateAndServe(); close(done) }()
			<-started
			t.Cleanup(func() { _ = s.Shutdown(); <-done })
		}
		return
	}
	t.Fatal("no port is free for both UDP and TCP")
}

// Asked are the questions so far, as "name TYPE udp".
func (z *Zone) Asked() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return append([]string(nil), z.asked...)
}

// ServeDNS implements dns.Handler.
func (z *Zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	network := w.RemoteAddr().Network()
	question := q.Question[0]
	z.asked = append(z.asked, strings.TrimSuffix(question.Name, ".")+" "+dns.Type(question.Qtype).String()+" "+network)
	m := new(dns.Msg)
	m.SetReply(q)
	m.RecursionAvailable = true
	fault := z.faults[key(question.Name)]
	if fault == "" {
		fault = z.faults["*."]
	}
	switch fault {
	case "silent":
		return
	case "SERVFAIL", "REFUSED":
		m.Rcode = dns.StringToRcode[fault]
		_ = w.WriteMsg(m)
		return
	case "garbage":
		_, _ = w.Write(append([]byte{byte(q.Id >> 8), byte(q.Id)}, "no DNS at all"...))
		return
	case "mismatch":
		m.Question[0].Name = "another.example."
	case "formerr":
		if q.IsEdns0() != nil {
			m.Rcode = dns.RcodeFormatError
			_ = w.WriteMsg(m)
			return
		}
	}
	z.answer(m, question)
	if fault == "truncate" && network == "udp" {
		m.Truncated, m.Answer = true, nil
	}
	_ = w.WriteMsg(m)
}

// answer follows the CNAMEs that it has, each once: what loops is answered with the whole circle, as resolvers do.
func (z *Zone) answer(m *dns.Msg, q dns.Question) {
	name := key(q.Name)
	m.AuthenticatedData = z.signed[name] || z.signed["*."]
	seen := map[string]bool{}
	for !seen[name] {
		seen[name] = true
		alias := ""
		for _, rr := range z.records[name] {
			if c, ok := rr.(*dns.CNAME); ok && q.Qtype != dns.TypeCNAME {
				m.Answer = append(m.Answer, rr)
				alias = key(c.Target)
			} else if rr.Header().Rrtype == q.Qtype || q.Qtype == dns.TypeANY {
				m.Answer = append(m.Answer, rr)
			}
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if len(m.Answer) == 0 && !z.exists(name) {
		m.Rcode = dns.RcodeNameError
	}
}

// exists tells whether there is such a name, or one below it (RFC 8020).
func (z *Zone) exists(name string) bool {
	for n := range z.records {
		if n == name || strings.HasSuffix(n, "."+name) {
			return true
		}
	}
	return false
}
