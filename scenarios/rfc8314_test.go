package scenarios_test

import (
	"crypto/tls"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSubmissionTLS(t *testing.T) {
	suite(t, "rfc8314/submissions.lua", []fault{
		{id: "rfc8314-3.3-implicit-tls", name: "a greeting in clear", fault: faulty.Fault{Handshake: greetsInClear}},
		{id: "rfc8314-3.3-implicit-tls", name: "no handshake", fault: faulty.Fault{Handshake: hangUpInTLS}},
		{id: "rfc8314-3.3-implicit-tls", name: "no greeting", fault: greets("")},
		{id: "rfc8314-3.3-implicit-tls", name: "the target's port", to: "smtps", fault: faulty.Fault{Handshake: greetsInClear}},
		{id: "rfc8314-3.3-both", name: "no STARTTLS", fault: unlisted("STARTTLS"), level: "note"},
		{id: "rfc8314-3.3-both", name: "no TLS", fault: faulty.Fault{Handshake: hangUpInTLS}, level: "note"},
		{id: "rfc8314-3.3-both", name: "a port that is not open", to: "submission", facts: map[string]string{"submission": "yes", "smtps_port": "1"}, level: "note"},
		{id: "rfc8314-3.3-no-starttls-465", name: "offered", fault: onceSecure(lists("STARTTLS"))},
		{id: "rfc8314-3.3-auth-465", name: "not offered", to: "smtps", fault: hidesMechanisms("")},
		{id: "rfc8314-3.3-auth-465", name: "not offered, and elsewhere it is", fault: hidesMechanisms("smtps")},
		{id: "rfc8314-3.4-close-notify", name: "none", fault: faulty.Fault{Reply: cutsAtQuit}, level: "note"},
		{id: "rfc8314-3.4-close-notify", name: "the connection stays open", fault: answer(`^QUIT`, "221 2.0.0 Bye"), level: "warning"},
		{id: "rfc8314-4.1-cleartext-auth-same", name: "another code", fault: tellsPasswords("538 5.7.11 Encryption required", "535 5.7.8 Wrong")},
		{id: "rfc8314-4.1-cleartext-auth-same", name: "another enhanced code", fault: tellsPasswords("538 5.7.11 Encryption required", "538 5.7.8 Wrong")},
		{id: "rfc8314-4.2-no-client-cert-request", name: "asked for", fault: faulty.Fault{TLS: asksForCertificate}, level: "warning"},
		{id: "rfc8314-4.2-no-client-cert-request", name: "asked for, of use", right: true, fault: faulty.Fault{TLS: asksForCertificate, Reply: offersExternal}},
		{id: "rfc8314-4.3-received-tls", name: "no clause", fault: faulty.Fault{Delivered: without(`(?m)\s+tls \S+;`, ";")}, level: "note"},
		{id: "rfc8314-4.4-cert-valid", name: "signed by itself", fault: faulty.Fault{TLS: certified(t, nil)}},
		{id: "rfc8314-4.4-cert-valid", name: "out of date", fault: faulty.Fault{TLS: certified(t, expired)}, to: "submission", facts: map[string]string{"submission": "yes"}},
		{id: "rfc8314-4.4-cert-valid", name: "another name", to: "smtps", facts: map[string]string{"hostname": "other.demo.test"}},
	})
}

// greetsInClear says the greeting before the handshake.
func greetsInClear(c *faulty.Conv, _ []byte) bool {
	c.Say("220 mx.demo.test ESMTP\r\n")
	return true
}

func asksForCertificate(cfg *tls.Config) { cfg.ClientAuth = tls.RequestClientCert }

func offersExternal(_ *faulty.Conv, verb, reply string) string {
	if verb == "EHLO" {
		return strings.Replace(reply, "AUTH ", "AUTH EXTERNAL ", 1)
	}
	return reply
}

// hidesMechanisms does not offer AUTH on a service, or anywhere.
func hidesMechanisms(service string) faulty.Fault {
	return faulty.Fault{Reply: func(c *faulty.Conv, verb, reply string) string {
		if verb == "EHLO" && (service == "" || c.Service == service) {
			return strings.Replace(reply, "AUTH ", "X-AUTH ", 1)
		}
		return reply
	}}
}

// cutsAtQuit closes the connection under TLS.
func cutsAtQuit(c *faulty.Conv, verb, reply string) string {
	if verb != "QUIT" {
		return reply
	}
	c.Say(reply)
	c.Cut()
	return ""
}

// tellsPasswords answers AUTH PLAIN in clear, in one way where the password is right, and in another where it is not.
func tellsPasswords(right, wrong string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Secure || !strings.HasPrefix(text, "AUTH PLAIN") {
			return text, false
		}
		if text == authPlain {
			c.Say(right + "\r\n")
		} else {
			c.Say(wrong + "\r\n")
		}
		return text, true
	}}
}

// without has something else in place of what matches in a delivered message.
func without(pattern, other string) func(data []byte) [][]byte {
	re := regexp.MustCompile(pattern)
	return func(data []byte) [][]byte { return [][]byte{re.ReplaceAll(data, []byte(other))} }
}
