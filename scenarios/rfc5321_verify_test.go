package scenarios_test

import (
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestVerify(t *testing.T) {
	members := "250-User <user@demo.test>\r\n250 <user2@demo.test>"
	list := map[string]string{"list": "staff"}
	suite(t, "rfc5321/verify.lua", []fault{
		{id: "rfc5321-4.1.1.6-vrfy-supported", name: "354", fault: answer(`^VRFY`, "354 go on")},
		{id: "rfc5321-4.1.1.6-vrfy-supported", name: "502", fault: answer(`^VRFY`, "502 5.5.1 no"), level: "warning"},
		{id: "rfc5321-7.3-vrfy-disabled-252", name: "550 for all", fault: answer(`^VRFY`, "550 5.1.1 who?")},
		{id: "rfc5321-7.3-vrfy-disabled-252", name: "502", fault: answer(`^VRFY`, "502 5.5.1 no"), level: "warning"},
		{id: "rfc5321-3.5.3-vrfy-no-false-250", name: "250 for all", fault: answer(`^VRFY`, "250 2.1.5 <user@demo.test>")},
		{id: "rfc5321-3.5.2-vrfy-mailbox-form", name: "a mailbox", fault: answer(`^VRFY`, "250 2.1.5 User <user@demo.test>"), right: true},
		{id: "rfc5321-3.5.2-vrfy-mailbox-form", name: "no domain", fault: answer(`^VRFY`, "250 2.1.5 User <user>")},
		{id: "rfc5321-3.5.2-vrfy-no-route", name: "none", fault: answer(`^VRFY`, "250 2.1.5 <user@demo.test>"), right: true},
		{id: "rfc5321-3.5.2-vrfy-no-route", name: "one", fault: answer(`^VRFY`, "250 2.1.5 <@relay.demo.test:user@demo.test>")},
		{id: "rfc5321-4.1.1.6-vrfy-noarg", name: "accepted", fault: answer(`^VRFY$`, "250 2.0.0 fine")},
		{id: "rfc5321-4.1.1.6-vrfy-noarg", name: "another code", fault: answer(`^VRFY$`, "550 5.1.1 who?"), level: "warning"},
		{id: "rfc5321-4.1.1.6-vrfy-no-effect", name: "it resets", fault: first(`^VRFY`, "RSET")},
		{id: "rfc5321-3.5.2-expn-listed", name: "listed", fault: expands(lists("EXPN"), members), right: true},
		{id: "rfc5321-3.5.2-expn-listed", name: "unlisted", fault: answer(`^EXPN`, "252 2.0.0 perhaps")},
		{id: "rfc5321-4.1.1.7-expn-format", name: "one a line", fault: expands(lists("EXPN"), members), facts: list, right: true},
		{id: "rfc5321-4.1.1.7-expn-format", name: "two in a line", fault: expands(lists("EXPN"), "250 <user@demo.test>, <user2@demo.test>"), facts: list},
		{id: "rfc5321-4.1.1.7-expn-format", name: "a line without", fault: expands(lists("EXPN"), "250-Members:\r\n250 <user@demo.test>"), facts: list},
		{id: "rfc5321-4.1.1.7-expn-format", name: "a source route", fault: expands(lists("EXPN"), "250 <@hop.example.org:user@demo.test>"), facts: list},
	})
}

// expands answers EXPN.
func expands(f faulty.Fault, reply string) faulty.Fault {
	f.Command = answer(`^EXPN`, reply).Command
	return f
}
