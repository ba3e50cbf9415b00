package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/probe"
	"github.com/smtpspec/smtpspec/luaapi/resolve/resolvetest"
)

// world is a domain with its DNS and its server, in which everything is as it should be, until a test changes something.
type world struct {
	t     *testing.T
	ca    *authority
	zone  map[string]string // by what it is about: the records, to be taken away or put in place of others
	mx    *mailServer       // STARTTLS
	smtps *mailServer       // TLS from the start
	args  []string          // besides
	where string
	port  string // of mx; PORT in texts

	down, downTLS bool   // a server is not started
	policy        string // of MTA-STS, as the web server answers
}

const (
	mxHost   = "127.0.0.23"
	otherMX  = "127.0.0.24"
	goodCert = 60 * 24 * time.Hour
)

func newWorld(t *testing.T) *world {
	ca := newAuthority(t)
	port := freePort(t, mxHost, otherMX)
	cert := ca.sign("mx.good.test", time.Now().Add(goodCert))
	w := &world{t: t, ca: ca, where: "good.test", port: port,
		mx:    &mailServer{address: net.JoinHostPort(mxHost, port), name: "mx.good.test", cert: cert, inTLS: "AUTH PLAIN"},
		smtps: &mailServer{address: net.JoinHostPort(mxHost, freePort(t, mxHost)), name: "mx.good.test", cert: cert, implicit: true, inTLS: "AUTH PLAIN LOGIN"}}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	w.policy = "HTTP/1.0 200 OK\r\n\r\nversion: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 604800\n"
	w.zone = map[string]string{
		"signed": "@signed *",
		"mx":     "good.test. MX 10 mx.good.test.",
		"a":      "mx.good.test. A " + mxHost,
		"ptr":    "23.0.0.127.in-addr.arpa. PTR mx.good.test.",
		"spf":    `good.test. TXT "v=spf1 mx -all"`,
		"dmarc":  `_dmarc.good.test. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@good.test"`,
		"dkim":   `s1._domainkey.good.test. TXT ` + strings255("v=DKIM1; p="+base64.StdEncoding.EncodeToString(der)),
		"sts":    `_mta-sts.good.test. TXT "v=STSv1; id=1"`,
		"rpt":    `_smtp._tls.good.test. TXT "v=TLSRPTv1; rua=mailto:tls@good.test"`,
		"tlsa25": "_25._tcp.mx.good.test. TLSA 3 1 1 " + pin(t, cert),
		"tlsa":   "_" + port + "._tcp.mx.good.test. TLSA 3 1 1 " + pin(t, cert),
	}
	w.args = []string{"--dkim-selector", "s1"}
	return w
}

// strings255 cuts a text into strings of a TXT record, of 255 bytes at most.
func strings255(text string) string {
	var out []string
	for len(text) > 200 {
		out, text = append(out, `"`+text[:200]+`"`), text[200:]
	}
	return strings.Join(append(out, `"`+text+`"`), " ")
}

// web serves the MTA-STS policy.
func (w *world) web() (address string) {
	cert := w.ca.sign("mta-sts.good.test", time.Now().Add(goodCert))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, w.policy)
			}()
		}
	}()
	return l.Addr().String()
}

// probe starts the world and probes it.
func (w *world) probe() (int, *probe.Report) {
	w.t.Helper()
	var lines []string
	for _, l := range w.zone {
		lines = append(lines, l)
	}
	zone := resolvetest.Serve(w.t, strings.Join(lines, "\n"))
	if !w.down {
		w.mx.serve(w.t)
	}
	if !w.downTLS {
		w.smtps.serve(w.t)
	}
	_, secure, _ := net.SplitHostPort(w.smtps.address)
	web := w.web()
	args := []string{"probe", w.where, "--format", "json", "--dns", zone.Address, "--set", "ca=" + w.ca.file, "--connect-timeout", "400ms",
		"--reply-timeout", "10s", "--var", "mta_sts_connect_to=" + web, "--allow", web, "--ports", w.port + "," + secure + "/tls"}
	code, out, errs := smtpspecRun(w.t.Context(), w.t, append(args, w.args...)...)
	var r probe.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		w.t.Fatalf("exit code %d, %s%s: %v", code, out, errs, err)
	}
	return code, &r
}

// A world is changed in one thing. What is worse than ok is then exactly what it wants: the status, the question's first word or two, and a regexp.
func TestProbeWorlds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(w *world)
		want   []string
		ok     []string // among what is ok
		code   int
	}{
		{name: "good", ok: []string{
			`port PORT at 127.0.0.23: open, 220 mx.good.test ESMTP`, `greeting and EHLO give the name mx.good.test`, `mx.good.test, leads to 127.0.0.23`,
			`the PTR of 127.0.0.23 is mx.good.test, and leads back`, `port PORT: the certificate is for mx.good.test`, `offers STARTTLS .port PORT, in clear`,
			`offers AUTH PLAIN .port PORT, in TLS`, `port PORT: TLS 1.3 with`, `chain is valid`, `time ends in 59 days`, `the TLSA record .* is about the certificate`,
			`older than 1.2 is refused`, `port PORT: 11 of 11 forms are refused; RCPT is answered by 554 5.7.1`, `AUTH is not offered in clear`,
			`AUTH PLAIN LOGIN is offered in TLS`, `RCPT TO:<Postmaster> is answered by 250`, `RCPT TO:<postmaster@good.test> is answered by 250`,
			`mail for good.test goes to mx.good.test .10.`, `the MX mx.good.test has the addresses 127.0.0.23`, `SPF: v=spf1 mx -all; it costs 1 of 10`,
			`DMARC: reject, by the record of good.test`, `DKIM s1: a key of the type rsa with 2048 bits`, `MTA-STS: enforce for mx.good.test, to be kept 7 days`,
			`TLS-RPT: reports go to mailto:tls@good.test`, `TLSA: every MX has records`,
		}},

		// Is it up?
		{name: "refused", change: func(w *world) { w.down = true }, code: 1,
			want: []string{`problem Is it up: port PORT at 127.0.0.23: refused: nothing listens there`}},
		{name: "refused where nobody has to listen", change: func(w *world) { w.downTLS = true },
			ok: []string{`port \d+ at 127.0.0.23: refused`}},
		{name: "a firewall that drops", change: func(w *world) {
			w.down = true
			w.port = full(w.t, mxHost)
		}, code: 1, want: []string{`problem Is it up: port PORT at 127.0.0.23: timed out after 400ms: the host is down, or a firewall drops`}},
		{name: "unreachable", change: func(w *world) { w.zone["a2"] = "mx.good.test. A 255.255.255.255" }, code: 1, want: []string{
			`problem Is it up: port PORT at 255.255.255.255: unreachable`,
			`problem Does it answer: 255.255.255.255 has no PTR: many servers`}},
		{name: "closes", change: func(w *world) { w.mx.greeting = "close" }, code: 1,
			want: []string{`problem Is it up: port PORT at 127.0.0.23: open, and ends the connection without a word`}},
		{name: "says nothing", change: func(w *world) {
			w.mx.greeting = "silence"
			w.args = append(w.args, "--reply-timeout", "300ms")
		}, code: 1, want: []string{`problem Is it up: port PORT at 127.0.0.23: open, and says nothing`}},
		{name: "takes no mail", change: func(w *world) { w.mx.greeting = "554 5.7.1 you are on a list" }, code: 1,
			want: []string{`problem Is it up: port PORT at 127.0.0.23: open, and takes no mail from here: 554 5.7.1 you are on a list`}},
		{name: "not ready", change: func(w *world) { w.mx.greeting = "421 4.3.2 later" }, code: 1,
			want: []string{`problem Is it up: port PORT at 127.0.0.23: open, and not ready: 421 4.3.2 later`}},
		{name: "no SMTP", change: func(w *world) { w.mx.greeting = "SSH-2.0-OpenSSH" }, code: 1,
			want: []string{`problem Is it up: port PORT at 127.0.0.23: open, and speaks something that is no SMTP`}},
		{name: "no TLS from the start", change: func(w *world) { w.smtps.implicit = false }, code: 1,
			want: []string{`problem Is it up: port \d+ at 127.0.0.23: open, and the TLS handshake ends with`, `problem Is TLS: port \d+: the TLS handshake fails`}},

		// Does it answer with the right hostname?
		{name: "localhost", change: func(w *world) { w.mx.name, w.smtps.name = "localhost", "localhost" }, code: 1, want: []string{
			`problem Does it answer: port PORT: EHLO gives the name localhost, which is no full host name`,
			`problem Does it answer: port \d+: EHLO gives the name localhost`}},
		{name: "an address for a name", change: func(w *world) { w.mx.hello = "[127.0.0.23]" }, want: []string{
			`warning Does it answer: port PORT: EHLO gives an address, .127.0.0.23., in place of a name`,
			`warning Does it answer: port PORT: the greeting gives the name mx.good.test, and EHLO .127.0.0.23.`,
			`warning Does it answer: the server calls itself .127.0.0.23., which has no address`,
			`warning Does it answer: the PTR of 127.0.0.23 is mx.good.test, and the server calls itself`}},
		{name: "two names", change: func(w *world) { w.mx.greeting = "220 old.good.test ESMTP" },
			want: []string{`warning Does it answer: port PORT: the greeting gives the name old.good.test, and EHLO mx.good.test`}},
		{name: "a name without an address", change: func(w *world) { w.mx.name, w.smtps.name = "gone.good.test", "gone.good.test" }, want: []string{
			`warning Does it answer: the server calls itself gone.good.test, which has no address`,
			`warning Does it answer: the PTR of 127.0.0.23 is mx.good.test, and the server calls itself gone.good.test`}},
		{name: "a name that leads elsewhere", change: func(w *world) {
			w.mx.name, w.zone["other"] = "other.good.test", "other.good.test. A 127.0.0.99"
		}, want: []string{`warning Does it answer: 127.0.0.23 calls itself other.good.test, which leads to 127.0.0.99`,
			`warning Does it answer: the PTR of 127.0.0.23 is mx.good.test, and the server calls itself other.good.test`}},
		{name: "no PTR", change: func(w *world) { delete(w.zone, "ptr") },
			want: []string{`warning Does it answer: 127.0.0.23 has no PTR`}},
		{name: "a PTR that does not lead back", change: func(w *world) { w.zone["ptr"] = "23.0.0.127.in-addr.arpa. PTR host-23.provider.test." }, code: 1,
			want: []string{`problem Does it answer: the PTR of 127.0.0.23 is host-23.provider.test, which does not lead back to it`}},
		{name: "another name's certificate", change: func(w *world) {
			w.mx.cert = w.ca.sign("www.good.test", time.Now().Add(goodCert))
			w.zone["tlsa"] = "_" + w.port + "._tcp.mx.good.test. TLSA 3 1 1 " + pin(w.t, w.mx.cert)
		}, code: 1, want: []string{`problem Does it answer: port PORT: the certificate is not for mx.good.test but for www.good.test`}},
		{name: "a certificate with a wildcard", change: func(w *world) {
			w.mx.cert = w.ca.sign("*.good.test", time.Now().Add(goodCert))
			w.zone["tlsa"] = "_" + w.port + "._tcp.mx.good.test. TLSA 3 1 1 " + pin(w.t, w.mx.cert)
		}, ok: []string{`port PORT: the certificate is for mx.good.test`}},

		// What does it support?
		{name: "no EHLO", change: func(w *world) { w.mx.ehlo = "502 5.5.1 no" }, code: 1,
			want: []string{`problem What does it: port PORT: EHLO is answered by 502 5.5.1 no`}},
		{name: "STARTTLS in TLS", change: func(w *world) { w.mx.inTLS = "STARTTLS,AUTH PLAIN" }, code: 1,
			want: []string{`problem What does it: port PORT: STARTTLS is still offered in TLS`}},

		// Is TLS as it should be?
		{name: "no STARTTLS", change: func(w *world) { w.mx.noTLS = true },
			want: []string{`warning Is TLS: port PORT: STARTTLS is not offered: mail goes there in clear`}},
		{name: "STARTTLS refused", change: func(w *world) { w.mx.starttls = "454 4.7.0 not now" }, code: 1, want: []string{
			`problem Is TLS: port PORT: the TLS handshake fails: STARTTLS is answered by 454`}},
		{name: "an expired certificate", change: func(w *world) {
			w.mx.cert = w.ca.sign("mx.good.test", time.Now().Add(-48*time.Hour))
			delete(w.zone, "tlsa")
		}, code: 1, want: []string{`problem Is TLS: port PORT: the certificate is not valid: it expired on`}},
		{name: "a certificate that soon expires", change: func(w *world) {
			w.mx.cert = w.ca.sign("mx.good.test", time.Now().Add(73*time.Hour))
			delete(w.zone, "tlsa")
		}, want: []string{`warning Is TLS: port PORT: the certificate's time ends in 3 days`}},
		{name: "a stranger's certificate", change: func(w *world) {
			w.mx.cert = newAuthority(w.t).sign("mx.good.test", time.Now().Add(goodCert))
			delete(w.zone, "tlsa")
		}, code: 1, want: []string{`problem Is TLS: port PORT: the certificate is not valid: it is signed by an unknown authority`}},
		{name: "TLS 1.0 only", change: func(w *world) { w.mx.min, w.mx.max = tls.VersionTLS10, tls.VersionTLS10 }, code: 1,
			want: []string{`problem Is TLS: port PORT: only TLS 1.0 is offered`}},
		{name: "TLS 1.0 as well", change: func(w *world) { w.mx.min = tls.VersionTLS10 },
			want: []string{`warning Is TLS: port PORT: TLS 1.1 is taken as well`}},
		{name: "no TLSA", change: func(w *world) { delete(w.zone, "tlsa") }, ok: []string{`port PORT: there is no TLSA record`}},
		{name: "a TLSA of another certificate", change: func(w *world) {
			w.zone["tlsa"] = "_" + w.port + "._tcp.mx.good.test. TLSA 3 1 1 " + strings.Repeat("00", 32)
		}, code: 1, want: []string{`problem Is TLS: port PORT: no TLSA record is about the certificate`}},
		{name: "DNS without DNSSEC", change: func(w *world) { delete(w.zone, "signed") }, want: []string{
			`warning Is TLS: port PORT: there is a TLSA record, and the resolver has not verified it`,
			`warning Is the domain.s: TLSA: mx.good.test have records, and the domain's MX is not verified`}},

		// Does it relay?
		{name: "an open relay", change: func(w *world) {
			w.mx.rcpt = func(string) string { return "250 2.1.5 anything" }
		}, code: 1, want: slices.Repeat([]string{`problem Does it relay: port PORT: MAIL FROM:<.*> and RCPT TO:<.*@example.net> are taken: it relays`}, 4)},
		{name: "a percent sign", change: func(w *world) {
			w.mx.rcpt = func(to string) string {
				if strings.Contains(to, "%example.net@good.test") {
					return "250 2.1.5 ok"
				}
				return ""
			}
		}, want: []string{`warning Does it relay: port PORT: .*RCPT TO:<.*%example.net@good.test> are taken: it may be passed on`}},
		{name: "for now", change: func(w *world) {
			w.mx.rcpt = func(to string) string {
				if strings.HasPrefix(to, "smtpspec-probe") {
					return "450 4.7.1 greylisted"
				}
				return ""
			}
		}, want: []string{`warning Does it relay: port PORT: some are refused for now alone: 450 4.7.1 greylisted`}},

		// Are passwords safe?
		{name: "AUTH in clear", change: func(w *world) { w.mx.clear = "AUTH PLAIN CRAM-MD5" }, code: 1,
			want: []string{`problem Are passwords: port PORT: AUTH PLAIN is offered in clear`}},
		{name: "a digest in clear", change: func(w *world) { w.mx.clear = "AUTH SCRAM-SHA-256" },
			want: []string{`warning Are passwords: port PORT: AUTH SCRAM-SHA-256 is offered in clear`}},
		{name: "no AUTH", change: func(w *world) { w.mx.inTLS, w.smtps.inTLS = "", "" }, ok: []string{`port PORT: AUTH is not offered in TLS`}},

		// Does postmaster get mail?
		{name: "no postmaster", change: func(w *world) {
			w.mx.rcpt = func(to string) string { return "550 5.1.1 no such user" }
		}, code: 1, want: []string{`problem Does postmaster: port PORT: RCPT TO:<Postmaster> is answered by 550 5.1.1`,
			`problem Does postmaster: port PORT: RCPT TO:<postmaster@good.test> is answered by 550`}},
		{name: "postmaster later", change: func(w *world) {
			w.mx.rcpt = func(to string) string {
				if to == "postmaster@good.test" {
					return "451 4.7.1 later"
				}
				return ""
			}
		}, want: []string{`warning Does postmaster: port PORT: RCPT TO:<postmaster@good.test> is answered by 451`}},
		{name: "MAIL refused", change: func(w *world) { w.mx.mail = "550 5.7.1 no" }, code: 1, want: []string{
			`problem Does postmaster: port PORT: MAIL FROM:<> is answered by 550`}},
		{name: "a login first", change: func(w *world) { w.mx.mail = "530 5.7.0 log in" }, ok: []string{`mail is taken after a login alone`}},
		{name: "a resolver that fails for a host", change: func(w *world) {
			w.where = "127.0.0.23"
			w.zone = map[string]string{"fault": "@fault SERVFAIL *"}
			w.args = nil
		}, want: []string{`warning Does it answer: the address of mx.good.test cannot be found out`, `warning Does it answer: the PTR of 127.0.0.23 cannot be found out`}},
		{name: "no port open", change: func(w *world) {
			w.down, w.downTLS = true, true
			w.where, w.args = "127.0.0.23", nil
		}, code: 1, want: []string{`problem Is it up: port PORT at 127.0.0.23: refused`, `problem Is it up: port \d+ at 127.0.0.23: refused`}},

		// Is the domain's DNS right?
		{name: "null MX", change: func(w *world) { w.zone["mx"] = "good.test. MX 0 ."; w.zone["spf"] = `good.test. TXT "v=spf1 -all"` },
			ok: []string{`good.test takes no mail: it has a null MX`}},
		{name: "null MX beside another", change: func(w *world) { w.zone["null"] = "good.test. MX 0 ." }, code: 1,
			want: []string{`problem Is the domain.s: good.test has a null MX beside others`}},
		{name: "MX without an address", change: func(w *world) { w.zone["mx2"] = "good.test. MX 20 gone.good.test." }, code: 1, want: []string{
			`problem Is the domain.s: the MX gone.good.test has no address: there is no such name`,
			`warning Is the domain.s: TLSA: mx.good.test have records, gone.good.test have none`,
			`problem Is the domain.s: MTA-STS: the policy does not name the MX gone.good.test`}},
		{name: "MX with an address", change: func(w *world) {
			w.zone["mx2"] = "good.test. MX 20 127.0.0.23."
			delete(w.zone, "sts")
			delete(w.zone, "tlsa25")
		}, code: 1, want: []string{`problem Is the domain.s: the MX names the address 127.0.0.23`}},
		{name: "MX with an alias", change: func(w *world) {
			w.zone["mx"] = "good.test. MX 10 alias.good.test."
			w.zone["alias"] = "alias.good.test. CNAME mx.good.test."
			delete(w.zone, "sts")
			delete(w.zone, "tlsa")
			cert := w.ca.sign("*.good.test", time.Now().Add(goodCert))
			w.mx.cert, w.smtps.cert = cert, cert
			delete(w.zone, "tlsa25")
		}, code: 1, want: []string{`problem Is the domain.s: the MX alias.good.test is an alias of mx.good.test`}},
		{name: "looping CNAME", change: func(w *world) {
			w.zone["mx2"] = "good.test. MX 20 round.good.test."
			w.zone["round"] = "round.good.test. CNAME about.good.test."
			w.zone["about"] = "about.good.test. CNAME round.good.test."
			delete(w.zone, "sts")
			delete(w.zone, "tlsa25")
		}, code: 1, want: []string{`problem Is the domain.s: the MX round.good.test has CNAMEs that lead in a circle`}},
		{name: "no such domain", change: func(w *world) { w.zone = map[string]string{"other": "other.test. A 127.0.0.1"} }, code: 1, want: []string{
			`problem Is the domain.s: there is no domain good.test`, `warning Is the domain.s: SPF: there is no record`,
			`warning Is the domain.s: DMARC: there is no policy`, `problem Is the domain.s: DKIM s1: there is no key`}},
		{name: "a resolver that fails", change: func(w *world) { w.zone = map[string]string{"fault": "@fault SERVFAIL *"} }, code: 1, want: []string{
			`problem Is the domain.s: the MX of good.test cannot be found out: .*SERVFAIL`, `problem Is the domain.s: SPF cannot be found out`,
			`problem Is the domain.s: DMARC cannot be found out`, `problem Is the domain.s: DKIM s1 cannot be found out`,
			`problem Is the domain.s: MTA-STS cannot be found out`, `problem Is the domain.s: TLS-RPT cannot be found out`}},
		{name: "no SPF and the rest", change: func(w *world) {
			for _, k := range []string{"spf", "dmarc", "dkim", "sts", "rpt"} {
				delete(w.zone, k)
			}
		}, code: 1, want: []string{`warning Is the domain.s: SPF: there is no record`, `warning Is the domain.s: DMARC: there is no policy`,
			`problem Is the domain.s: DKIM s1: there is no key at s1._domainkey.good.test`},
			ok: []string{`MTA-STS: there is no policy`, `TLS-RPT: nobody is asked`}},
		{name: "bad policies", change: func(w *world) {
			w.zone["spf"] = `good.test. TXT "v=spf1 ipv4:192.0.2.1 -all"`
			w.zone["dmarc"] = `_dmarc.good.test. TXT "v=DMARC1; p=none; rua=mailto:d@good.test"`
			w.zone["dkim"] = `s1._domainkey.good.test. TXT "v=DKIM1; p="`
			w.zone["rpt"] = `_smtp._tls.good.test. TXT "v=TLSRPTv1;"`
			w.policy = "HTTP/1.0 404 Not Found\r\n\r\n"
		}, code: 1, want: []string{`problem Is the domain.s: SPF: "ipv4:192.0.2.1": there is no mechanism`, `warning Is the domain.s: DMARC: the policy is none`,
			`problem Is the domain.s: DKIM s1: p is empty: the key is revoked`, `problem Is the domain.s: MTA-STS: the policy cannot be fetched .*status 404`,
			`problem Is the domain.s: TLS-RPT: rua is missing`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.change != nil {
				tt.change(w)
			}
			code, r := w.probe()
			if code != tt.code || r.ExitCode != tt.code {
				t.Errorf("exit code %d and %d, want %d", code, r.ExitCode, tt.code)
			}
			w.compare(r, tt.want, tt.ok)
		})
	}
}

// compare pairs what is worse than ok with what is wanted: nothing may be left on either side.
func (w *world) compare(r *probe.Report, want, ok []string) {
	w.t.Helper()
	var worse, good []string
	for _, f := range r.Findings {
		text := fmt.Sprintf("%s %s: %s", f.Status, f.Question, f.Text)
		if f.Status == probe.OK {
			good = append(good, text)
			continue
		}
		worse = append(worse, text)
		if f.Reference == "" || f.Status == probe.Problem && f.Todo == "" {
			w.t.Errorf("%s: the reference %q and what to do %q", text, f.Reference, f.Todo)
		}
	}
	for _, text := range want {
		head, rest, _ := strings.Cut(text, ": ")
		re := w.regexp(head + `[^:]*\?: ` + rest)
		i := slices.IndexFunc(worse, re.MatchString)
		if i < 0 {
			w.t.Errorf("%s is not found", re)
			continue
		}
		worse = slices.Delete(worse, i, i+1)
	}
	for _, text := range worse {
		w.t.Errorf("not wanted: %s", text)
	}
	for _, text := range ok {
		if !slices.ContainsFunc(good, w.regexp(text).MatchString) {
			w.t.Errorf("not among what is ok: %s", text)
		}
	}
	if w.t.Failed() {
		w.t.Log(strings.Join(good, "\n"))
	}
}

func (w *world) regexp(text string) *regexp.Regexp {
	return regexp.MustCompile(strings.ReplaceAll(text, "PORT", w.port))
}

// A resolver that says nothing is a finding too, and the probe ends.
func TestProbeSilentResolver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone = map[string]string{"fault": "@fault silent *"}
	w.args = nil
	code, r := w.probe()
	if code != 1 || r.Problems == 0 || !strings.Contains(r.Findings[0].Text, "did not answer in time") {
		t.Errorf("exit code %d, %+v", code, r)
	}
}

// An interrupt ends the probe with the signal's code, and what is known is shown.
func TestProbeInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	url := serve(t, func(c *net.TCPConn) {
		cancel() // by now it asks
		wait(c)
	})
	code, out, _ := smtpspecRun(ctx, t, "probe", strings.TrimPrefix(url, "smtp://"))
	if code != 130 || !strings.Contains(out, "interrupted, so some questions are open") {
		t.Errorf("exit code %d, %s", code, out)
	}
}
