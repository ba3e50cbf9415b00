package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
)

const world = `
example.test.           MX 20 mx2.example.test.
example.test.           MX 10 mx1.example.test.
mx1.example.test.       A 192.0.2.1
mx1.example.test.       A 192.0.2.2
mx1.example.test.       AAAA 2001:db8::1
1.2.0.192.in-addr.arpa. PTR mx1.example.test.
text.test.              TXT "v=one" " and two \"quoted\" \\ \200"
alias.test.             CNAME other.test.
other.test.             CNAME mx1.example.test.
round.test.             CNAME about.test.
about.test.             CNAME round.test.
null.test.              MX 0 .
_25._tcp.mx1.example.test. TLSA 3 1 1 AABBCC0000000000000000000000000000000000000000000000000000DDEEFF
example.test.           CAA 128 issue "ca.example; policy=x"
_submission._tcp.example.test. SRV 5 6 587 smtp.example.test.
bare.test.              A 192.0.2.9
@fault SERVFAIL broken.test.
@fault REFUSED refused.test.
@fault silent silent.test.
@fault truncate long.test.
long.test.              TXT "came by TCP"
@fault garbage garbage.test.
@fault mismatch mismatch.test.
@fault formerr old.test.
old.test.               A 192.0.2.7
@signed example.test.
`

func TestQuery(t *testing.T) {
	zone := resolvetest.Serve(t, world)
	r, err := resolve.New(zone.Address)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, typ, want string }{
		{"example.test", "MX", "NOERROR ad: 20 mx2.example.test | 10 mx1.example.test"},
		{"EXAMPLE.test.", "mx", "NOERROR ad: 20 mx2.example.test | 10 mx1.example.test"},
		{"mx1.example.test", "A", "NOERROR: 192.0.2.1 | 192.0.2.2"},
		{"mx1.example.test", "AAAA", "NOERROR: 2001:db8::1"},
		{"1.2.0.192.in-addr.arpa", "PTR", "NOERROR: mx1.example.test"},
		{"text.test", "TXT", `NOERROR: "v=one and two \"quoted\" \\ \xc8"`},
		{"alias.test", "A", "NOERROR other.test>mx1.example.test: 192.0.2.1 | 192.0.2.2"},
		{"alias.test", "CNAME", "NOERROR: other.test"},
		{"null.test", "MX", "NOERROR: 0 ."},
		{"_25._tcp.mx1.example.test", "TLSA", "NOERROR: 3 1 1 aabbcc0000000000000000000000000000000000000000000000000000ddeeff"},
		{"example.test", "CAA", `NOERROR ad: 128 issue "ca.example; policy=x"`},
		{"_submission._tcp.example.test", "SRV", "NOERROR: 5 6 587 smtp.example.test"},
		{"mx1.example.test", "MX", "NOERROR: "},
		{"nobody.test", "MX", "NXDOMAIN: "},
		{"long.test", "TXT", `NOERROR tcp: "came by TCP"`},
		{"old.test", "A", "NOERROR: 192.0.2.7"},
		{"old.test", "TYPE1", "NOERROR: 192.0.2.7"},
		{"broken.test", "A", "error SERVFAIL"},
		{"refused.test", "A", "error REFUSED"},
		{"silent.test", "A", "error timeout"},
		{"garbage.test", "A", "error garbage"},
		{"mismatch.test", "A", "error garbage"},
		{"round.test", "A", "error loop"},
		{"a..b", "A", "error local"},
		{"example.test", "XYZ", "error local"},
		{strings.Repeat("a", 64) + ".test", "A", "error local"},
	} {
		t.Run(tt.name+" "+tt.typ, func(t *testing.T) {
			t.Parallel()
			a, err := r.Query(t.Context(), tt.name, tt.typ, resolve.Options{Timeout: patience(tt.want)})
			if got := answerText(a, err); got != tt.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, tt.want)
			}
		})
	}
}

// patience is short only where waiting is what comes out.
func patience(want string) time.Duration {
	if want == "error timeout" || want == "error garbage" {
		return 300 * time.Millisecond
	}
	return 20 * time.Second
}

func answerText(a *resolve.Answer, err error) string {
	var e *resolve.Error
	if errors.As(err, &e) {
		return "error " + e.Reason
	}
	head := a.Rcode
	if a.AD {
		head += " ad"
	}
	if a.TCP {
		head += " tcp"
	}
	if len(a.Aliases) > 0 {
		head += " " + strings.Join(a.Aliases, ">")
	}
	var records []string
	for _, r := range a.Records {
		text := r.Address + r.Host
		switch r.Type {
		case "MX":
			text = fmt.Sprint(r.Preference, " ", r.Host)
		case "TXT":
			text = fmt.Sprintf("%q", r.Text)
		case "TLSA":
			text = fmt.Sprint(r.Usage, " ", r.Selector, " ", r.Matching, " ", r.Hex)
		case "CAA":
			text = fmt.Sprintf("%d %s %q", r.Flags, r.Tag, r.Value)
		case "SRV":
			text = fmt.Sprint(r.Priority, " ", r.Weight, " ", r.Port, " ", r.Host)
		}
		records = append(records, text)
	}
	return head + ": " + strings.Join(records, " | ")
}

// A lost packet is asked for again, and a server that says no is not asked twice.
func TestTries(t *testing.T) {
	zone := resolvetest.Serve(t, world)
	r, _ := resolve.New(zone.Address)
	_, _ = r.Query(t.Context(), "silent.test", "A", resolve.Options{Timeout: 200 * time.Millisecond})
	_, _ = r.Query(t.Context(), "broken.test", "A", resolve.Options{})
	want := []string{"silent.test A udp", "silent.test A udp", "broken.test A udp"}
	if got := zone.Asked(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	if _, err := r.Query(t.Context(), "bare.test", "A", resolve.Options{TCP: true}); err != nil || zone.Asked()[3] != "bare.test A tcp" {
		t.Errorf("by TCP: %v, asked %q", err, zone.Asked())
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.LocalAddr().String()
	l.Close()
	r, _ := resolve.New(address)
	_, err = r.Query(t.Context(), "example.test", "A", resolve.Options{Timeout: 10 * time.Second})
	if got := answerText(nil, err); got != "error refused" {
		t.Error(got)
	}
}

// The end of the context ends a wait at once, and is no answer of the resolver's.
func TestCancelled(t *testing.T) {
	zone := resolvetest.Serve(t, world)
	r, _ := resolve.New(zone.Address)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := r.Query(ctx, "silent.test", "A", resolve.Options{Timeout: time.Hour})
	if got := answerText(nil, err); got != "error cancelled" {
		t.Error(got)
	}
}

func TestRoute(t *testing.T) {
	zone := resolvetest.Serve(t, world)
	r, _ := resolve.New(zone.Address)
	for _, tt := range []struct{ domain, want string }{
		{"example.test", "{example.test [{mx1.example.test 10} {mx2.example.test 20}] false false true}"},
		{"bare.test", "{bare.test [{bare.test 0}] true false false}"},
		{"nobody.test", "{nobody.test [{nobody.test 0}] true false false}"},
		{"null.test", "{null.test [] false true false}"},
	} {
		got, err := r.Route(t.Context(), tt.domain, resolve.Options{})
		if err != nil || fmt.Sprint(*got) != tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.domain, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ host, want string }{
		{"mx1.example.test", "[192.0.2.1 192.0.2.2 2001:db8::1] <nil>"},
		{"[2001:db8::7]", "[2001:db8::7] <nil>"},
		{"nobody.test", "[] <nil>"},
		{"null.test", "[] <nil>"},
	} {
		got, err := r.Addresses(t.Context(), tt.host, resolve.Options{})
		if fmt.Sprint(got, err) != tt.want {
			t.Errorf("%s: %v %v, want %s", tt.host, got, err, tt.want)
		}
	}
	if _, err := r.Addresses(t.Context(), "broken.test", resolve.Options{}); answerText(nil, err) != "error SERVFAIL" {
		t.Error(err)
	}
}

func TestNew(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"192.0.2.53", "192.0.2.53:53"},
		{"192.0.2.53:5353", "192.0.2.53:5353"},
		{"2001:db8::53", "[2001:db8::53]:53"},
		{"[2001:db8::53]:5353", "[2001:db8::53]:5353"},
		{"localhost:5353", "127.0.0.1:5353"},
		{"", ""},
		{"dns.example.org", "error"},
		{"192.0.2.53:dns", "error"},
		{"192.0.2.53:70000", "error"},
	} {
		r, err := resolve.New(tt.text)
		if got := r.Named(); err == nil && got != tt.want || err != nil && tt.want != "error" {
			t.Errorf("%q: %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
}

// A connection's host is resolved by the server that was named, too.
func TestDialer(t *testing.T) {
	zone := resolvetest.Serve(t, world)
	r, _ := resolve.New(zone.Address)
	got, err := r.Dialer().LookupHost(t.Context(), "bare.test.")
	if err != nil || !slices.Equal(got, []string{"192.0.2.9"}) {
		t.Errorf("%q, %v", got, err)
	}
	if (&resolve.Resolver{}).Dialer() != nil {
		t.Error("the system's resolver has ways of its own")
	}
}

func TestReverse(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1", "1.2.0.192.in-addr.arpa"},
		{"[2001:db8::1]", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
		{"mx.example.test", ""},
	} {
		if got, ok := resolve.Reverse(tt.address); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q", tt.address, got)
		}
	}
}

// Every error is one line in our words.
func TestErrorText(t *testing.T) {
	for _, reason := range []string{"timeout", "refused", "unreachable", "garbage", "loop", "cancelled", "SERVFAIL", "NOTIMP"} {
		text := (&resolve.Error{Name: "example.test", Type: "MX", Server: "192.0.2.53:53", Reason: reason, Cause: errors.New("the system's words")}).Error()
		if !strings.HasPrefix(text, "the MX of example.test: ") || strings.Contains(text, "system's words") {
			t.Error(text)
		}
	}
}
