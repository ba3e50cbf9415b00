package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSolicit(t *testing.T) {
	classes := func(text string) faulty.Fault {
		return say("EHLO", func(reply string) string {
			return strings.Replace(reply, "NO-SOLICITING org.example:ADV", "NO-SOLICITING"+text, 1)
		})
	}
	suite(t, "rfc3865/solicit.lua", []fault{
		{id: "rfc3865-2-solicit", name: "spaces", fault: classes(" org.example:ADV org.example:ADLT")},
		{id: "rfc3865-2-solicit", name: "an empty one", fault: classes(" org.example:ADV,,org.example:ADLT")},
		{id: "rfc3865-2-solicit", name: "none", fault: classes(""), right: true},
		{id: "rfc3865-2-solicit", name: "two", fault: classes(" org.example:ADV,org.example:ADLT"), right: true},
		{id: "rfc3865-2-solicit", name: "unknown", fault: answer(`^MAIL.* SOLICIT=`, "555 5.5.4 unknown parameter")},
		{id: "rfc3865-2-solicit", name: "bad", fault: answer(`^MAIL.* SOLICIT=`, "501 5.5.4 bad value")},
		{id: "rfc3865-2-solicit", name: "unwanted", fault: answer(`^MAIL.* SOLICIT=`, "550 5.7.1 SOLICIT=org.example:ADV:ADLT"), right: true},
	})
}
