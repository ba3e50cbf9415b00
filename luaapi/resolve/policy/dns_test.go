package policy_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/resolve/policy"
	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
)

func asker(t *testing.T, zone string) *policy.Asker {
	t.Helper()
	r, err := resolve.New(resolvetest.Serve(t, zone).Address)
	if err != nil {
		t.Fatal(err)
	}
	return &policy.Asker{Resolver: r, Options: resolve.Options{Timeout: 10 * time.Second}}
}

func TestDMARC(t *testing.T) {
	a := asker(t, `
_dmarc.example.test. TXT "v=DMARC1; p=reject; sp=quarantine; np=none; rua=mailto:d@example.test"
www.example.test. A 192.0.2.1
_dmarc.own.example.test. TXT "v=DMARC1; p=none; rua=mailto:d@example.test"
_dmarc.bad.example.test. TXT "v=DMARC1; p=maybe"
_dmarc.two.example.test. TXT "v=DMARC1; p=none"
_dmarc.two.example.test. TXT "v=DMARC1; p=reject"
_dmarc.bank. TXT "v=DMARC1; p=reject; psd=y; rua=mailto:d@bank"
_dmarc.sub.split.bank. TXT "v=DMARC1; p=none; psd=n; rua=mailto:d@split.bank"
a.sub.split.bank. A 192.0.2.1
@fault SERVFAIL _dmarc.broken.test.
`)
	for _, tt := range []struct{ domain, want string }{
		{"example.test", "example.test of example.test reject true"},
		{"WWW.example.test.", "example.test of example.test quarantine true"},
		{"gone.example.test", "example.test of example.test none true"},
		{"own.example.test", "own.example.test of example.test none true"},
		{"bad.example.test", "bad.example.test of   false"},
		{"two.example.test", "two.example.test of   false"},
		{"other.test", " of other.test  false"},
		{"shop.bank", "bank of shop.bank reject true"},
		{"www.shop.bank", "bank of shop.bank reject true"},
		{"bank", "bank of bank reject true"},
		{"a.sub.split.bank", "sub.split.bank of sub.split.bank none true"},
	} {
		p, err := a.DMARC(t.Context(), tt.domain)
		if err != nil {
			t.Errorf("%s: %v", tt.domain, err)
			continue
		}
		if got := fmt.Sprintf("%s of %s %s %v", p.Domain, p.Organizational, p.Policy, p.Valid()); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.domain, got, tt.want)
		}
	}
	if _, err := a.DMARC(t.Context(), "broken.test"); err == nil {
		t.Error("a resolver that fails is no answer")
	}
}

func TestSPF(t *testing.T) {
	zone := `
example.test. TXT "v=spf1 mx include:_spf.provider.test -all"
example.test. MX 10 mx.example.test.
mx.example.test. A 192.0.2.1
_spf.provider.test. TXT "v=spf1 ip4:198.51.100.0/24 a:out.provider.test ~all"
out.provider.test. A 203.0.113.5
moved.test. TXT "v=spf1 redirect=example.test"
empty.test. TXT "v=spf1 include:nothing.test -all"
sick.test. TXT "v=spf1 include:broken.test -all"
round.test. TXT "v=spf1 include:about.test -all"
about.test. TXT "v=spf1 include:round.test -all"
void.test. TXT "v=spf1 a:no1.test a:no2.test mx:no3.test -all"
many.test. MX 10 mx.example.test.
wrong.test. TXT "v=spf1 include:bad.test -all"
bad.test. TXT "v=spf1 ip4:nonsense -all"
macro.test. TXT "v=spf1 exists:%{i}._spf.test include:%{d2}.test ptr -all"
heavy.test. TXT "v=spf1 include:heavy1.test include:heavy2.test include:heavy3.test -all"
@fault SERVFAIL broken.test.
`
	for i := range 3 {
		zone += fmt.Sprintf("heavy%d.test. TXT \"v=spf1 a:out.provider.test a:out.provider.test a:out.provider.test -all\"\n", i+1)
	}
	for range 11 {
		zone += fmt.Sprintf("many.test. MX 20 mx%d.example.test.\n", len(zone))
	}
	zone += "many.test. TXT \"v=spf1 mx -all\"\n"
	a := asker(t, zone)
	for _, tt := range []struct {
		domain  string
		lookups int
		all     string
		want    string
	}{
		{"example.test", 3, "fail", ""},
		{"moved.test", 4, "fail", ""},
		{"empty.test", 1, "fail", "nothing.test has no SPF record"},
		{"sick.test", 1, "fail", "SERVFAIL"},
		{"round.test", 2, "fail", "leads back"},
		{"void.test", 3, "fail", "3 of the names"},
		{"many.test", 1, "fail", "12 MX records"},
		{"wrong.test", 1, "fail", "the record of bad.test"},
		{"macro.test", 3, "fail", ""},
		{"heavy.test", 12, "fail", "more than 10 questions"},
		{"provider.test", 0, "", ""},
	} {
		p, err := a.SPF(t.Context(), tt.domain)
		if err != nil {
			t.Errorf("%s: %v", tt.domain, err)
			continue
		}
		problems := strings.Join(p.Problems, " | ")
		if p.Lookups != tt.lookups || p.All != tt.all || (problems == "") != (tt.want == "") || !strings.Contains(problems, tt.want) {
			t.Errorf("%s: %d questions, all %q, %s; want %d, %q, %s", tt.domain, p.Lookups, p.All, problems, tt.lookups, tt.all, tt.want)
		}
	}
	for _, tt := range []struct{ ip, domain, want string }{
		{"192.0.2.1", "example.test", "pass"},
		{"203.0.113.5", "example.test", "pass"},
		{"203.0.113.6", "example.test", "fail"},
		{"2001:db8::1", "example.test", "fail"},
		{"203.0.113.6", "empty.test", "permerror"},
		{"203.0.113.6", "sick.test", "temperror"},
		{"203.0.113.6", "provider.test", "none"},
	} {
		if got := a.CheckSPF(t.Context(), netip.MustParseAddr(tt.ip), "client.test", "a@"+tt.domain); got != tt.want {
			t.Errorf("%s for %s: %s, want %s", tt.ip, tt.domain, got, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.SPF(ctx, "example.test"); err == nil {
		t.Error("a question that was not asked has no answer")
	}
}

func TestOthers(t *testing.T) {
	a := asker(t, `
s1._domainkey.example.test. TXT "v=DKIM1; p="
_smtp._tls.example.test. TXT "v=TLSRPTv1; rua=mailto:t@example.test"
_mta-sts.example.test. TXT "v=STSv1; id=1"
`)
	dkim, err1 := a.DKIM(t.Context(), "s1", "example.test")
	none, err2 := a.DKIM(t.Context(), "s2", "example.test")
	rpt, err3 := a.TLSRPT(t.Context(), "example.test")
	sts, err4 := a.MTASTS(t.Context(), "example.test")
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		t.Fatal(err1, err2, err3, err4)
	}
	if !dkim.Revoked || none.Found || !rpt.Valid() || !sts.Valid() || sts.ID != "1" {
		t.Errorf("%+v %+v %+v %+v", dkim, none, rpt, sts)
	}
}

// webServer answers every HTTPS request for a host with text.
func webServer(t *testing.T, host, text string, until time.Time) policy.Web {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: until.Add(-24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) {
				defer c.Close()
				b := make([]byte, 4096)
				n, _ := c.Read(b)
				if strings.HasPrefix(string(b[:n]), "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: mta-sts.example.test\r\n") {
					_, _ = io.WriteString(c, text)
				}
			}(c)
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return policy.Web{Roots: roots, Address: l.Addr().String()}
}

func TestFetch(t *testing.T) {
	a := asker(t, "_mta-sts.example.test. TXT \"v=STSv1; id=1\"\nmta-sts.example.test. A 192.0.2.1\n")
	good := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\nmode: enforce\nmx: mx.example.test\nmax_age: 604800\n"
	later := time.Now().Add(time.Hour)
	stranger := webServer(t, "mta-sts.example.test", good, later)
	stranger.Roots = x509.NewCertPool()
	for _, tt := range []struct {
		name string
		web  policy.Web
		want string
	}{
		{"good", webServer(t, "mta-sts.example.test", good, later), ""},
		{"another name", webServer(t, "www.example.test", good, later), "certificate is not for mta-sts.example.test"},
		{"expired", webServer(t, "mta-sts.example.test", good, time.Now().Add(-time.Hour)), "certificate has expired"},
		{"stranger", stranger, "signed by nobody that is trusted"},
		{"moved", webServer(t, "mta-sts.example.test", "HTTP/1.1 302 Found\r\n\r\n", later), "status 302"},
		{"long", webServer(t, "mta-sts.example.test", good+strings.Repeat("#", 70000), later), "more than 65536 bytes"},
		{"silent", webServer(t, "mta-sts.example.test", "", later), "closed the connection"},
		{"down", policy.Web{Address: "127.0.0.1:1"}, "nobody answers at 127.0.0.1:1"},
	} {
		p := &policy.MTASTS{}
		p.Found = true
		if err := a.Fetch(t.Context(), p, "example.test", tt.web); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		problems := strings.Join(p.Problems, " | ")
		if (problems == "") != (tt.want == "") || !strings.Contains(problems, tt.want) || tt.want == "" && p.Mode != "enforce" {
			t.Errorf("%s: %s, want %s", tt.name, problems, tt.want)
		}
	}
	p := &policy.MTASTS{}
	if err := asker(t, "example.test. A 192.0.2.1\n").Fetch(t.Context(), p, "example.test", policy.Web{}); err != nil || !strings.Contains(p.Problems[0], "has no address") {
		t.Error(err, p.Problems)
	}
}
