package scenarios_test

import "testing"

func TestBis(t *testing.T) {
	suite(t, "rfc5321/bis.lua", []fault{
		{id: "bis-2.3.8-crlf", name: "LF", fault: endsAt("\n.\n")},
		{id: "bis-2.3.8-crlf", name: "CR", fault: endsAt("\r.\r")},
		{id: "bis-521-556", name: "a code of its own", fault: replaced("NOOP", "250", "299"), level: "note"},
		{id: "bis-521-556", name: "of another protocol", fault: replaced("VRFY", "252", "257"), level: "note"},
		{id: "bis-521-556", name: "521", fault: replaced("VRFY", "252", "521"), right: true},
		{id: "bis-quoted-nonempty", name: "accepted", fault: obey(`^RCPT TO:<""@`, "RCPT TO:<user@"), level: "note"},
		{id: "bis-quoted-nonempty", name: "closes", fault: hangUp(`^RCPT TO:<""@`)},
		{id: "bis-source-route", name: "closes", fault: hangUp(`^RCPT TO:<@`)},
		{id: "bis-source-route", name: "another code", fault: answer(`^RCPT TO:<@`, "503 5.5.1 what?")},
		{id: "bis-source-route", name: "refused", fault: answer(`^RCPT TO:<@`, "501 5.1.3 no routes"), right: true},
	})
}
