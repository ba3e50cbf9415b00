package scenarios_test

import (
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestNoMail(t *testing.T) {
	never := map[string]string{"no_mail": "yes"}
	domain := map[string]string{"null_mx_domain": "null.example"}
	refused := func(then string) faulty.Fault {
		f := answer(`.*`, then)
		f.Greeting = func(*faulty.Conv, string) string { return "521 mx.demo.test takes no mail\r\n" }
		return f
	}
	closing := lastWord(`.*`, "521 mx.demo.test takes no mail")
	closing.Greeting = refused("").Greeting
	suite(t, "rfc7504/nomail.lua", []fault{
		{id: "rfc7504-3-521-greeting", name: "521", fault: refused("521 no"), facts: never, right: true},
		{id: "rfc7504-3-521-greeting", name: "554", fault: greets("554 mx.demo.test takes no mail\r\n"), facts: never},
		{id: "rfc7504-3-521-greeting", name: "220", facts: never},
		{id: "rfc7504-3-521-then", name: "again and again", fault: refused("521 mx.demo.test takes no mail"), right: true},
		{id: "rfc7504-3-521-then", name: "goodbye", fault: closing, right: true},
		{id: "rfc7504-3-521-then", name: "EHLO is accepted", fault: refused("250 mx.demo.test")},
		{id: "rfc7505-4.1-nullmx-rcpt-556", name: "556", fault: answer(`^RCPT`, "556 5.1.10 takes no mail"), facts: domain, right: true},
		{id: "rfc7505-4.1-nullmx-rcpt-556", name: "accepted", facts: domain},
		{id: "rfc7505-4.1-nullmx-rcpt-556", name: "5.1.2", fault: answer(`^RCPT`, "556 5.1.2 takes no mail"), facts: domain},
		{id: "rfc7505-4.1-nullmx-from-550", name: "accepted", facts: domain, right: true},
		{id: "rfc7505-4.1-nullmx-from-550", name: "5.7.27", fault: answer(`^MAIL`, "550 5.7.27 takes no mail"), facts: domain, right: true},
		{id: "rfc7505-4.1-nullmx-from-550", name: "5.1.8", fault: answer(`^MAIL`, "550 5.1.8 takes no mail"), facts: domain},
		{id: "rfc7505-4.1-nullmx-from-550", name: "553", fault: answer(`^MAIL`, "553 5.7.27 takes no mail"), facts: domain},
	})
}
