package policy

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// judged writes a judgement in one line: P for problems, W for warnings.
func judged(j Judgement) string {
	var out []string
	for _, p := range j.Problems {
		out = append(out, "P "+p)
	}
	for _, w := range j.Warnings {
		out = append(out, "W "+w)
	}
	return strings.Join(out, " | ")
}

// same tells whether each part of want begins a part of got, in order.
func same(got, want string) bool {
	g, w := strings.Split(got, " | "), strings.Split(want, " | ")
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		if !strings.HasPrefix(g[i], w[i]) || w[i] == "" && g[i] != "" {
			return false
		}
	}
	return true
}

func TestSPFRecords(t *testing.T) {
	for _, tt := range []struct{ record, all, want string }{
		{"v=spf1 -all", "fail", ""},
		{"V=SPF1 MX ~ALL", "softfail", ""},
		{"v=spf1 a mx/24 a:host.example/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.example.org exists:%{ir}.%{l1r+-}._spf.%{d} -all", "fail", ""},
		{"v=spf1 redirect=_spf.example.org", "", ""},
		{"v=spf1 -all exp=explain._spf.%{d}", "fail", ""},
		{"v=spf1 unknown=anything -all", "fail", ""},
		{"v=spf1 mx", "neutral", "W the record ends without all"},
		{"v=spf1", "neutral", "W the record ends without all"},
		{"v=spf1 ?all", "neutral", "W ?all says nothing"},
		{"v=spf1 +all", "pass", "P +all lets every host"},
		{"v=spf1 all", "pass", "P +all lets every host"},
		{"v=spf1 ip4:0.0.0.0/0 -all", "fail", `P "ip4:0.0.0.0/0" lets every host`},
		{"v=spf1 -all mx", "fail", `W "mx" stands after all`},
		{"v=spf1 redirect=a.example -all", "fail", "W redirect counts for nothing"},
		{"v=spf1 redirect=a.example redirect=b.example", "", "P redirect is there 2 times"},
		{"v=spf1 ptr -all", "fail", `W "ptr": ptr should not be used`},
		{"v=spf1 ipv4:192.0.2.1 -all", "fail", `P "ipv4:192.0.2.1": there is no mechanism "ipv4"`},
		{"v=spf1 ip4:192.0.2.256 -all", "fail", `P "ip4:192.0.2.256": "192.0.2.256" is no IPv4 address`},
		{"v=spf1 ip4:2001:db8::1 -all", "fail", `P "ip4:2001:db8::1": "2001:db8::1" is no IPv4`},
		{"v=spf1 ip6:192.0.2.1 -all", "fail", `P "ip6:192.0.2.1": "192.0.2.1" is no IPv6`},
		{"v=spf1 ip4:192.0.2.0/33 -all", "fail", `P "ip4:192.0.2.0/33": the prefix length`},
		{"v=spf1 a/33 -all", "fail", `P "a/33": the prefix length`},
		{"v=spf1 mx//129 -all", "fail", `P "mx//129": the prefix length`},
		{"v=spf1 include -all", "fail", `P "include": a domain expected`},
		{"v=spf1 include: -all", "fail", `P "include:": a domain expected`},
		{"v=spf1 include=_spf.example.org -all", "fail", `P "include=_spf.example.org": a mechanism takes a colon`},
		{"v=spf1 include:localhost -all", "fail", `P "include:localhost": "localhost" is no domain`},
		{"v=spf1 exists:%{x}.example.org -all", "fail", `P "exists:%{x}.example.org": the domain has a macro`},
		{"v=spf1 exists:100%.example.org -all", "fail", `P "exists:100%.example.org": the domain has a macro`},
		{"v=spf1 all:example.org", "pass", `P "all:example.org": all takes nothing | P +all`},
		{"v=spf1 - all", "pass", `P "-": there is no mechanism | P +all`},
	} {
		p, _ := parseSPF([]string{"unrelated", tt.record})
		if got := judged(p.Judgement); p.All != tt.all || !same(got, tt.want) || !p.Found || p.Record != tt.record {
			t.Errorf("%s: all %q, %s\nwant %q, %s", tt.record, p.All, got, tt.all, tt.want)
		}
	}
	if p, _ := parseSPF([]string{"v=spf10 -all", "v=spf"}); p.Found {
		t.Error("another version is taken for SPF")
	}
	if p, _ := parseSPF([]string{"v=spf1 -all", "v=spf1 mx -all"}); !p.Found || p.Record != "" || !strings.Contains(judged(p.Judgement), "2 SPF records") {
		t.Error("two records: " + judged(p.Judgement))
	}
}

func TestDMARCRecords(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{"v=DMARC1; p=reject; rua=mailto:d@example.org", ""},
		{"v = DMARC1 ; p = Quarantine;sp=none;np=reject;adkim=s;aspf=r;psd=n;t=y;fo=1;rua=mailto:a@example.org,mailto:b@example.net;", ""},
		{"v=DMARC1; rua=mailto:d@example.org", "W p is missing"},
		{"v=DMARC1; p=none", "W rua is missing"},
		{"v=DMARC1; p=rejected; rua=mailto:d@example.org", "P p=rejected: none, quarantine, reject expected | W p is missing"},
		{"v=DMARC1; p=none; rua=d@example.org", `P rua: "d@example.org" is no URI | W rua`},
		{"v=DMARC1; p=none; rua=mailto:postmaster", `P rua: "mailto:postmaster" has no mail address | W rua`},
		{"v=DMARC1; p=none; rua=https://example.org/", `W rua: nobody sends reports to "https://example.org/"`},
		{"v=DMARC1; p=reject; pct=50; rua=mailto:d@example.org", "W pct is a tag of RFC 7489"},
		{"v=DMARC1; p=reject; pp=none; rua=mailto:d@example.org", "W the tag pp is not known"},
		{"v=DMARC1; p=reject; p=none; rua=mailto:d@example.org", "P the tag p is there twice"},
		{"v=DMARC1; p=reject; nonsense; rua=mailto:d@example.org", `P "nonsense" is no tag`},
		{"v=dmarc1; p=reject", "P the record does not begin with v=DMARC1"},
		{"V=DMARC; p=reject", "P the record does not begin with v=DMARC1"},
	} {
		p := parseDMARC([]string{tt.record, "google-site-verification=1"})
		if got := judged(p.Judgement); !same(got, tt.want) || !p.Found {
			t.Errorf("%s: %s\nwant %s", tt.record, got, tt.want)
		}
	}
	p := parseDMARC([]string{"v=DMARC1;p=Reject;sp=none;np=quarantine;t=y;psd=y;adkim=s;aspf=s;ruf=mailto:f@example.org"})
	if got := fmt.Sprintln(p.P, p.SP, p.NP, p.Testing, p.PSD, p.ADKIM, p.ASPF, p.RUF); got != "reject none quarantine true y s s [mailto:f@example.org]\n" {
		t.Error(got)
	}
	if p := parseDMARC([]string{"p=reject", "v=spf1"}); p.Found {
		t.Error("something else is taken for DMARC")
	}
}

func TestWalk(t *testing.T) {
	for _, tt := range []struct{ domain, want string }{
		{"example.org", "example.org org"},
		{"a.b.example.org", "a.b.example.org b.example.org example.org org"},
		{"a.b.c.d.e.f.g.h.example.org", "a.b.c.d.e.f.g.h.example.org d.e.f.g.h.example.org e.f.g.h.example.org f.g.h.example.org " +
			"g.h.example.org h.example.org example.org org"},
		{"org", "org"},
	} {
		if got := strings.Join(walk(tt.domain), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.domain, got, tt.want)
		}
	}
}

func TestDKIMRecords(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{"v=DKIM1; k=rsa; p=" + rsaKey(t, 2048), ""},
		{"p=" + rsaKey(t, 2048), ""},
		{"v=DKIM1; h=sha256:sha1; s=email:x; t=s; n=a note; p=" + rsaKey(t, 2048), ""},
		{"v=DKIM1; k=ed25519; p=" + ed25519Key(t), ""},
		{"v=DKIM1; p=" + rsaKey(t, 1024), "W the key has 1024 bits"},
		{"v=DKIM1; p=" + pkcs1Key(t), "W the key has 1024 bits"},
		{"v=DKIM1; p=", "P p is empty: the key is revoked"},
		{"v=DKIM1; k=rsa", "P p is missing"},
		{"v=DKIM1; p=!!!", "P p is no base64"},
		{"v=DKIM1; p=AAAA", "P p is no RSA key"},
		{"v=DKIM1; p=" + rsaKey(t, 2048)[:200], "P p is no RSA key"},
		{"v=DKIM1; p=" + ecKey(t), "P p is no RSA key"},
		{"v=DKIM1; k=ed25519; p=AAAA", "P an Ed25519 key has 32 bytes, this one has 3"},
		{"v=DKIM1; k=dsa; p=AAAA", "P k=dsa: rsa or ed25519 expected"},
		{"v=DKIM2; p=" + rsaKey(t, 2048), "P v=DKIM2: DKIM1 expected"},
		{"p=" + rsaKey(t, 2048) + "; v=DKIM1", "P v=DKIM1 has to come first"},
		{"v=DKIM1; h=sha1; p=" + rsaKey(t, 2048), "P h=sha1 leaves out sha256"},
		{"v=DKIM1; s=tlsrpt; p=" + rsaKey(t, 2048), "P s=tlsrpt: the key is not for mail"},
		{"v=DKIM1; t=y:s; p=" + rsaKey(t, 2048), "W t=y: the domain only tests DKIM"},
		{"v=spf1 -all", `P v=spf1 -all: DKIM1 expected | P p is missing`},
	} {
		p := parseDKIM([]string{tt.record})
		if got := judged(p.Judgement); !same(got, tt.want) {
			t.Errorf("%.60s: %s\nwant %s", tt.record, got, tt.want)
		}
	}
	if p := parseDKIM([]string{"v=DKIM1; p=", "v=DKIM1; p="}); !strings.Contains(judged(p.Judgement), "2 DKIM key records") {
		t.Error(judged(p.Judgement))
	}
}

func rsaKey(t *testing.T, bits int) string { return spki(t, &rsaPrivate(t, bits).PublicKey) }

func rsaPrivate(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pkcs1Key(t *testing.T) string {
	return base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&rsaPrivate(t, 1024).PublicKey))
}

func ed25519Key(t *testing.T) string {
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(pub)
}

func ecKey(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return spki(t, &key.PublicKey)
}

func spki(t *testing.T, key any) string {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestMTASTSRecords(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{"v=STSv1; id=20260101T000000;", ""},
		{"v=STSv1;id=1", ""},
		{"v=STSv1;", "P id is missing"},
		{"v=STSv1; id=2026-01-01", "P id=2026-01-01: 1 to 32 letters"},
	} {
		p := parseMTASTS([]string{tt.record})
		if got := judged(p.Judgement); !same(got, tt.want) || !p.Found {
			t.Errorf("%s: %s, want %s", tt.record, got, tt.want)
		}
	}
	if p := parseMTASTS([]string{"v=STSv2; id=1"}); p.Found {
		t.Error("another version is taken")
	}
}

func TestMTASTSPolicies(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"version: STSv1\r\nmode: enforce\r\nmx: mx1.example.org\r\nmx: *.mail.example.org\r\nmax_age: 604800\r\n", ""},
		{"version: STSv1\nmode: none\nmax_age: 0\n", ""},
		{"version: STSv1\nmode: testing\nmx: mx1.example.org\nmax_age: 604800\n", "W the policy is in testing"},
		{"version: STSv1\nmode: enforce\nmx: mx1.example.org\nmax_age: 60\n", "W the policy's max_age is 60 seconds"},
		{"version: STSv1\nmode: enforce\nmx: mx1.example.org\n", `P the policy's max_age is ""`},
		{"version: STSv1\nmode: enforce\nmx: mx1.example.org\nmax_age: 99999999\n", `P the policy's max_age is "99999999"`},
		{"version: STSv1\nmode: enforced\nmx: mx1.example.org\nmax_age: 604800\n", `P the policy's mode is "enforced"`},
		{"version: STSv1\nmode: enforce\nmax_age: 604800\n", "P the policy names no mx"},
		{"mode: enforce\nmx: mx1.example.org\nmax_age: 604800\n", "P the policy has no version"},
		{"version: STSv1\nmode: enforce\nmx: mx1.example.org\nmax_age: 604800\nnonsense\n", `P the line "nonsense"`},
	} {
		p := &MTASTS{}
		p.Take(tt.text)
		if got := judged(p.Judgement); !same(got, tt.want) {
			t.Errorf("%q: %s\nwant %s", tt.text, got, tt.want)
		}
	}
	p := &MTASTS{}
	p.Take("version: STSv1\nmode: enforce\nmx: mx1.example.org\nmx: *.mail.example.org\nmax_age: 604800\n")
	for host, want := range map[string]bool{"mx1.example.org": true, "MX1.example.org.": true, "mx2.example.org": false,
		"a.mail.example.org": true, "a.b.mail.example.org": false, "mail.example.org": false} {
		if p.Covers(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

func TestTLSRPTRecords(t *testing.T) {
	for _, tt := range []struct{ record, want string }{
		{"v=TLSRPTv1; rua=mailto:tls@example.org", ""},
		{"v=TLSRPTv1;rua=mailto:tls@example.org,https://reports.example.org/tls;", ""},
		{"v=TLSRPTv1;", "P rua is missing"},
		{"v=TLSRPTv1; rua=ftp://example.org/", `W rua: nobody sends reports to "ftp://example.org/"`},
		{"v=TLSRPTv1; rua=nonsense", `P rua: "nonsense" is no URI`},
	} {
		p := parseTLSRPT([]string{tt.record})
		if got := judged(p.Judgement); !same(got, tt.want) || !p.Found {
			t.Errorf("%s: %s, want %s", tt.record, got, tt.want)
		}
	}
}

func TestBody(t *testing.T) {
	for _, tt := range []struct{ answer, want, err string }{
		{"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nversion: STSv1\n", "version: STSv1\n", ""},
		{"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\n\r\n", "", "status 301"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde", "", "transfer encoding chunked"},
		{"hello", "", "no HTTP answer"},
		{"HTTP/1.1 200 OK\r\n", "", "no HTTP answer"},
	} {
		got, err := body(tt.answer)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v", tt.answer, got, err)
		}
	}
}

// Whatever a domain publishes, reading it ends, and a record with a problem is not valid.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"v=spf1 a:%{ir}/24//64 -all", "v=DMARC1; p=none; rua=mailto:a@b", "v=DKIM1; p=AAAA", "v=STSv1; id=1", "v=TLSRPTv1; rua=https://a", "v=spf1 :/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, record string) {
		spf, _ := parseSPF([]string{record})
		sts := parseMTASTS([]string{record})
		sts.Take(record)
		for _, j := range []Judgement{spf.Judgement, parseDMARC([]string{record}).Judgement, parseDKIM([]string{record}).Judgement,
			sts.Judgement, parseTLSRPT([]string{record}).Judgement} {
			if j.Valid() && len(j.Problems) > 0 {
				t.Errorf("%q is valid with %q", record, j.Problems)
			}
		}
	})
}
