package scenarios_test

import "testing"

func TestRRVS(t *testing.T) {
	suite(t, "rfc7293/rrvs.lua", []fault{
		{id: "rfc7293-3.1-rrvs-ok", name: "unknown", fault: answer(`^RCPT.* RRVS=`, "555 5.5.4 unknown parameter")},
		{id: "rfc7293-3.1-rrvs-ok", name: "with an action unknown", fault: answer(`^RCPT.* RRVS=.*;C`, "501 5.5.4 bad parameter")},
		{id: "rfc7293-5.1-rrvs-550", name: "taken", fault: obey(` RRVS=1990\S*`, "")},
		{id: "rfc7293-5.1-rrvs-550", name: "553", fault: replaced("RCPT", "550", "553"), level: "warning"},
		{id: "rfc7293-5.1-rrvs-550", name: "another status", fault: replaced("RCPT", "550 5.7.17", "550 5.1.1"), level: "warning"},
		{id: "rfc7293-5.1-rrvs-role", name: "refused", fault: answer(`^RCPT TO:<postmaster.* RRVS=1990`, "550 5.7.17 somebody else's")},
		{id: "rfc7293-3.1-rrvs-secfrac", name: "taken", fault: obey(` RRVS=\S*\.5Z`, ""), level: "warning"},
		{id: "rfc7293-3.1-rrvs-secfrac", name: "closes", fault: hangUp(` RRVS=\S*\.5Z`)},
	})
}
