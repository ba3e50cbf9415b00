package scenarios_test

import (
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// offering lists a keyword besides, and answers the commands that match.
func offering(keyword, pattern, reply string) faulty.Fault {
	f := lists(keyword)
	f.Command = answer(pattern, reply).Command
	return f
}

func TestATRN(t *testing.T) {
	suite(t, "rfc2645/atrn.lua", []fault{
		{id: "rfc2645-atrn-auth", name: "250", fault: offering("ATRN", `^ATRN`, "250 2.0.0 now turning")},
		{id: "rfc2645-atrn-auth", name: "250 without a domain", fault: bothOffering(offering("ATRN", `^ATRN$`, "250 2.0.0 now turning"), answer(`^ATRN`, "530 5.7.0 login first"))},
		{id: "rfc2645-atrn-auth", name: "502", fault: offering("ATRN", `^ATRN`, "502 5.5.1 not implemented"), level: "warning"},
		{id: "rfc2645-atrn-auth", name: "530", fault: offering("ATRN", `^ATRN`, "530 5.7.0 login first"), right: true},
	})
}

// bothOffering does what two faults do to commands, and what the first does to replies.
func bothOffering(a, b faulty.Fault) faulty.Fault {
	f := both(a, b)
	f.Reply = a.Reply
	return f
}

func TestBURL(t *testing.T) {
	user := answer(`^BURL`, "250 2.5.0 fetched")
	user.Reply = lists("BURL imap").Reply
	stranger := user.Command
	user.Command = func(c *faulty.Conv, text string) (string, bool) {
		if c.User {
			return stranger(c, text)
		}
		return text, false
	}
	suite(t, "rfc4468/burl.lua", []fault{
		{id: "rfc4468-burl-auth", name: "for everybody", fault: offering("BURL imap", `^BURL`, "250 2.5.0 fetched")},
		{id: "rfc4468-burl-auth", name: "for users", fault: user},
		{id: "rfc4468-burl-auth", name: "tried", fault: offering("BURL imap", `^BURL`, "451 4.4.1 connection refused"), level: "warning"},
		{id: "rfc4468-burl-auth", name: "refused", fault: offering("BURL imap", `^BURL`, "554 5.7.0 not from there"), right: true},
	})
}
