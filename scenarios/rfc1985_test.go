package scenarios_test

import (
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestETRN(t *testing.T) {
	suite(t, "rfc1985/etrn.lua", []fault{
		{id: "rfc1985-etrn-codes", name: "unheard of", fault: answer(`^ETRN`, "354 go on")},
		{id: "rfc1985-etrn-codes", name: "another class", fault: answer(`^ETRN \S`, "220 turning round")},
		{id: "rfc1985-etrn-codes", name: "550", fault: answer(`^ETRN \S`, "550 5.7.1 no"), level: "warning"},
		{id: "rfc1985-etrn-codes", name: "TURN", fault: faulty.Fault{Command: turns}},
		{id: "rfc1985-etrn-codes", name: "without a domain", fault: answer(`^ETRN$`, "250 2.0.0 queuing started")},
		{id: "rfc1985-etrn-codes", name: "queuing started", fault: answer(`^ETRN \S`, "250 2.0.0 queuing started"), right: true},
	})
}

// turns becomes the client when it is asked for mail.
func turns(c *faulty.Conv, text string) (string, bool) {
	if line(`^ETRN \S`).MatchString(text) {
		c.Say("250 2.0.0 here it comes\r\nEHLO mx.demo.test\r\n")
		return text, true
	}
	return text, false
}
