package scenarios_test

import "testing"

func TestTracking(t *testing.T) {
	suite(t, "rfc3885/mtrk.lua", []fault{
		{id: "rfc3885-3.1-mtrk", name: "unknown", fault: answer(`^MAIL.* MTRK=`, "555 5.5.4 unknown parameter")},
		{id: "rfc3885-3.1-mtrk", name: "no times", fault: answer(`^MAIL.* MTRK=\S*:`, "501 5.5.4 bad value")},
		{id: "rfc3885-3.2-needs-envid", name: "accepted", fault: obey(` MTRK=\S*$`, ""), level: "note"},
		{id: "rfc3885-3.2-needs-envid", name: "closes", fault: hangUp(` MTRK=\S*$`)},
		{id: "rfc3885-2-needs-dsn", name: "none", fault: unlisted("DSN")},
	})
}
