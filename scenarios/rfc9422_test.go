package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestLimitsExtension(t *testing.T) {
	limits := func(text string) faulty.Fault {
		return say("EHLO", func(reply string) string {
			before, after, _ := strings.Cut(reply, "LIMITS ")
			_, after, _ = strings.Cut(after, "\r\n")
			return before + "LIMITS " + text + "\r\n" + after
		})
	}
	one := limits("RCPTDOMAINMAX=1")
	domains := func(reply string) faulty.Fault {
		return faulty.Fault{Reply: one.Reply, Command: answerIn(`^RCPT.*@\[`, reply).Command}
	}
	two := map[string]string{"valid_rcpt2": "user@[127.0.0.1]"}
	suite(t, "rfc9422/limits.lua", []fault{
		{id: "rfc9422-limits-syntax", name: "none", fault: limits("")},
		{id: "rfc9422-limits-syntax", name: "commas", fault: limits("RCPTMAX=100, MAILMAX=10")},
		{id: "rfc9422-limits-syntax", name: "no value", fault: limits("RCPTMAX 100")},
		{id: "rfc9422-limits-syntax", name: "zero", fault: limits("MAILMAX=0")},
		{id: "rfc9422-limits-syntax", name: "seven digits", fault: limits("RCPTMAX=1000000")},
		{id: "rfc9422-limits-syntax", name: "one of its own", fault: limits("X-TEA_CUPS=a,b RCPTMAX=100"), right: true},
		{id: "rfc9422-rcptmax", name: "fewer", fault: limits("RCPTMAX=120")},
		{id: "rfc9422-rcptmax", name: "5xx", fault: replaced("RCPT", "452", "554"), level: "warning"},
		{id: "rfc9422-rcptmax", name: "fewer than 100", fault: limits("RCPTMAX=10"), level: "warning"},
		{id: "rfc9422-mailmax", name: "fewer", fault: limits("MAILMAX=600")},
		{id: "rfc9422-mailmax", name: "another code", fault: replaced("MAIL", "452", "554"), level: "warning"},
		{id: "rfc9422-mailmax", name: "more", fault: limits("MAILMAX=10"), level: "note"},
		{id: "rfc9422-rcptdomainmax", name: "for good", fault: domains("550 5.7.1 another domain"), facts: two},
		{id: "rfc9422-rcptdomainmax", name: "for now", fault: domains("452 4.5.3 another domain"), facts: two, right: true},
		{id: "rfc9422-rcptdomainmax", name: "taken", fault: one, facts: two, level: "note"},
		{id: "rfc9422-limits-after-tls", name: "others", fault: inTLS(limits("RCPTMAX=200"))},
	})
}
