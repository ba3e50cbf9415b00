package scenarios_test

import (
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func greets(text string) faulty.Fault {
	return faulty.Fault{Greeting: func(*faulty.Conv, string) string { return text }}
}

func TestGreeting(t *testing.T) {
	suite(t, "rfc5321/greeting.lua", []fault{
		{id: "rfc5321-3.1-greeting-220", name: "another code", fault: greets("250 mx.demo.test here\r\n")},
		{id: "rfc5321-3.1-greeting-220", name: "two replies", fault: greets("220 mx.demo.test one\r\n220 mx.demo.test two\r\n")},
		{id: "rfc5321-4.2-greeting-domain", name: "no domain", fault: greets("220 *** ESMTP\r\n")},
		{id: "rfc5321-4.2-greeting-domain", name: "no address literal", fault: greets("220 [300.1.1.1] ESMTP\r\n")},
		{id: "rfc5321-4.2-greeting-domain", name: "a word", fault: greets("220 ESMTP ready\r\n"), level: "warning"},
		{id: "rfc5321-2.3.5-greeting-fqdn", name: "a local name", fault: greets("220 localhost ESMTP\r\n")},
		{id: "rfc5321-4.2-greeting-multiline", name: "two codes", fault: greets("554-mx.demo.test\r\n220 ready\r\n")},
		{id: "rfc5321-4.2-greeting-ascii", name: "8 bits", fault: greets("220 mx.demo.test gr\xfc\xdfe\r\n")},
		{id: "rfc5321-7.5-greeting-version", name: "Postfix's", fault: greets("220 mx.demo.test ESMTP Postfix 3.7.11\r\n"), level: "note"},
		{id: "rfc5321-7.5-greeting-version", name: "an address", fault: greets("220 mx.demo.test ESMTP 192.0.2.1\r\n"), right: true},
		{id: "rfc5321-3.1-554-waits-quit", name: "it does", fault: closedToMail("503 5.5.1 no"), right: true},
		{id: "rfc5321-3.1-554-waits-quit", name: "closes", fault: faulty.Fault{Connected: refusesAndCloses}},
		{id: "rfc5321-3.1-554-503", name: "503", fault: closedToMail("503 5.5.1 no"), right: true},
		{id: "rfc5321-3.1-554-503", name: "accepted", fault: closedToMail("250 2.0.0 fine")},
		{id: "rfc5321-4.5.4.2-parallel", name: "one at a time", fault: oneAtATime()},
	})
}

// closedToMail greets with 554, and answers all but QUIT.
func closedToMail(reply string) faulty.Fault {
	f := answer(`^(EHLO|MAIL)`, reply)
	f.Greeting = greets("554 mx.demo.test takes no mail\r\n").Greeting
	return f
}

func refusesAndCloses(c *faulty.Conv) bool {
	c.Say("554 mx.demo.test takes no mail\r\n")
	c.Close()
	return true
}

// oneAtATime lets every client but the first wait.
func oneAtATime() faulty.Fault {
	first := make(chan bool, 1)
	return faulty.Fault{Connected: func(c *faulty.Conv) bool {
		select {
		case first <- true:
			return false
		default:
			return !c.More() // until it gives up
		}
	}}
}
