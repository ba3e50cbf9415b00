package scenarios_test

import "testing"

func TestPriority(t *testing.T) {
	suite(t, "rfc6710/priority.lua", []fault{
		{id: "rfc6710-4.1-priority-ok", name: "unknown", fault: answer(`^MAIL.* MT-PRIORITY=`, "555 5.5.4 unknown parameter")},
		{id: "rfc6710-4.1-priority-ok", name: "nothing below zero", fault: answer(`^MAIL.* MT-PRIORITY=-`, "501 5.5.2 bad priority")},
		{id: "rfc6710-4.1-priority-ok", name: "refused for another reason", fault: answer(`^MAIL.* MT-PRIORITY=9`, "550 5.7.1 no")},
		{id: "rfc6710-4.1-priority-ok", name: "busy", fault: answer(`^MAIL.* MT-PRIORITY=-`, "550 5.7.15 too low"), right: true},
		{id: "rfc6710-4.1-priority-bad", name: "ten", fault: obey(` MT-PRIORITY=10`, "")},
		{id: "rfc6710-4.1-priority-bad", name: "a word", fault: obey(` MT-PRIORITY=abc`, "")},
		{id: "rfc6710-4.1-priority-bad", name: "nothing", fault: obey(` MT-PRIORITY=?$`, "")},
		{id: "rfc6710-4.1-priority-bad", name: "twice", fault: obey(` MT-PRIORITY=1 MT-PRIORITY=2`, "")},
		{id: "rfc6710-4.1-priority-bad", name: "another code", fault: replaced("MAIL", "501", "504"), level: "warning"},
		{id: "rfc6710-4.1-no-upgrade", name: "in Received", fault: rewrites(`(with \S+ id \S+)`, "$1 PRIORITY 9")},
		{id: "rfc6710-4.1-no-upgrade", name: "in MT-Priority", fault: rewrites(`From: `, "MT-Priority: 9\r\nFrom: ")},
		{id: "rfc6710-4.1-no-upgrade", name: "lowered", fault: rewrites(`(with \S+ id \S+)`, "$1 PRIORITY 0"), right: true},
	})
}
