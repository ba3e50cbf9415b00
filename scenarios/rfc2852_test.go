package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestDeliverBy(t *testing.T) {
	offers := func(text string) faulty.Fault {
		return say("EHLO", func(reply string) string { return strings.Replace(reply, "DELIVERBY 60", text, 1) })
	}
	suite(t, "rfc2852/deliverby.lua", []fault{
		{id: "rfc2852-2-keyword", name: "a unit", fault: offers("DELIVERBY 60s")},
		{id: "rfc2852-2-keyword", name: "ten digits", fault: offers("DELIVERBY 1000000000")},
		{id: "rfc2852-2-keyword", name: "two numbers", fault: offers("DELIVERBY 60 3600")},
		{id: "rfc2852-2-keyword", name: "none", fault: offers("DELIVERBY"), right: true},
		{id: "rfc2852-4-by-ok", name: "unknown", fault: answer(`^MAIL.* BY=`, "555 5.5.4 unknown parameter")},
		{id: "rfc2852-4-by-ok", name: "nothing late", fault: answer(`^MAIL.* BY=-`, "501 5.5.4 late")},
		{id: "rfc2852-4-by-ok", name: "no trace", fault: answer(`^MAIL.* BY=120;.T`, "501 5.5.4 bad value")},
		{id: "rfc2852-4-by-ok", name: "in upper case alone", fault: answer(`^MAIL.* BY=120;(?-i:n)`, "501 5.5.4 bad value")},
		{id: "rfc2852-4-by-r-nonpositive", name: "zero", fault: obey(` BY=0;R`, "")},
		{id: "rfc2852-4-by-r-nonpositive", name: "negative", fault: obey(` BY=-5;R`, "")},
		{id: "rfc2852-4-by-r-nonpositive", name: "another status", fault: replaced("MAIL", "501 5.5.4", "501 5.4.7"), level: "note"},
		{id: "rfc2852-3-by-min", name: "accepted", fault: obey(` BY=59;R`, "")},
		{id: "rfc2852-3-by-min", name: "501", fault: replaced("MAIL", "553", "501"), level: "warning"},
		{id: "rfc2852-4-by-syntax", name: "nothing", fault: obey(` BY=$`, "")},
		{id: "rfc2852-4-by-syntax", name: "no mode", fault: obey(` BY=120$`, "")},
		{id: "rfc2852-4-by-syntax", name: "any mode", fault: obey(` BY=120;X`, "")},
		{id: "rfc2852-4-by-syntax", name: "ten digits", fault: obey(` BY=1234567890;R`, "")},
		{id: "rfc2852-4-not-offered", name: "taken", fault: withoutBy(` BY=\S*`), level: "warning"},
		{id: "rfc2852-4-not-offered", name: "refused", to: "lmtp", right: true},
	})
}

// withoutBy does not offer DELIVERBY, and overlooks parameters that match.
func withoutBy(pattern string) faulty.Fault {
	f := unlisted("DELIVERBY")
	f.Command = obey(pattern, "").Command
	return f
}
