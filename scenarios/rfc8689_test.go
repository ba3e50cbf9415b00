package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestRequireTLS(t *testing.T) {
	nowhere := say("EHLO", func(reply string) string { return strings.Replace(reply, "250-REQUIRETLS\r\n", "", 1) })
	suite(t, "rfc8689/requiretls.lua", []fault{
		{id: "rfc8689-2-only-in-tls", name: "in clear, too", fault: lists("REQUIRETLS"), level: "warning"},
		{id: "rfc8689-2-only-in-tls", name: "in clear alone", fault: faulty.Fault{Reply: func(c *faulty.Conv, verb, reply string) string {
			if c.Secure {
				return nowhere.Reply(c, verb, reply)
			}
			return lists("REQUIRETLS").Reply(c, verb, reply)
		}}},
		{id: "rfc8689-2-only-in-tls", name: "with a parameter", fault: say("EHLO", func(reply string) string { return strings.Replace(reply, "REQUIRETLS", "REQUIRETLS yes", 1) })},
		{id: "rfc8689-2-mail-param", name: "not taken", fault: answer(`^MAIL.* REQUIRETLS$`, "555 5.5.4 Unsupported")},
		{id: "rfc8689-2-mail-param", name: "with a value", fault: obey(`(^MAIL.*) REQUIRETLS=.*`, "$1")},
		{id: "rfc8689-2-mail-param", name: "another code", fault: answer(`^MAIL.* REQUIRETLS=`, "555 5.5.4 Unsupported"), level: "warning"},
		{id: "rfc8689-2-clear-refused", name: "taken", fault: obey(`(^MAIL.*) REQUIRETLS$`, "$1"), level: "warning"},
		{id: "rfc8689-2-clear-refused", name: "hangs up", fault: hangUp(`^MAIL.* REQUIRETLS$`)},
	})
}
