package scenarios_test

import "testing"

func TestRoles(t *testing.T) {
	suite(t, "rfc2142/roles.lua", []fault{
		{id: "ops-abuse-mailbox", name: "no abuse", fault: answer(`^RCPT TO:<abuse@`, "550 5.1.1 no such mailbox")},
		{id: "ops-abuse-mailbox", name: "no postmaster", fault: answer(`^RCPT TO:<postmaster@`, "550 5.1.1 no such mailbox")},
	})
}
