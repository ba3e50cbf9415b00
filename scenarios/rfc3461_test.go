package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestDSN(t *testing.T) {
	suite(t, "rfc3461/dsn.lua", []fault{
		{id: "rfc3461-5.1a-mail-params", name: "RET is unknown", fault: answer(`^MAIL.* RET=`, "555 5.5.4 unknown parameter")},
		{id: "rfc3461-5.1a-mail-params", name: "ENVID is unknown", fault: answer(`^MAIL.* ENVID=`, "501 5.5.4 unknown parameter")},
		{id: "rfc3461-5.1a-mail-params", name: "RET in upper case alone", fault: answer(`^MAIL.* RET=(?-i:hdrs)`, "501 5.5.4 bad parameter")},
		{id: "rfc3461-5.1a-bad-501", name: "any RET", fault: obey(` RET=FOO`, "")},
		{id: "rfc3461-5.1a-bad-501", name: "RET twice", fault: obey(` RET=FULL RET=HDRS`, "")},
		{id: "rfc3461-5.1a-bad-501", name: "any ENVID", fault: obey(` ENVID=a\+zz`, "")},
		{id: "rfc3461-5.1a-bad-501", name: "an empty ENVID", fault: obey(` ENVID=$`, "")},
		{id: "rfc3461-5.1a-bad-501", name: "ENVID twice", fault: obey(` ENVID=a ENVID=b`, "")},
		{id: "rfc3461-5.1a-bad-501", name: "another code", fault: replaced("MAIL", "501", "555"), level: "warning"},
		{id: "rfc3461-5.1b-rcpt-params", name: "NOTIFY is unknown", fault: answer(`^RCPT.* NOTIFY=`, "555 5.5.4 unknown parameter")},
		{id: "rfc3461-5.1b-rcpt-params", name: "ORCPT is unknown", fault: answer(`^RCPT.* ORCPT=`, "501 5.5.4 unknown parameter")},
		{id: "rfc3461-5.1b-rcpt-params", name: "NEVER is unknown", fault: answer(`^RCPT.* NOTIFY=NEVER`, "501 5.5.4 bad parameter")},
		{id: "rfc3461-5.1b-rcpt-params", name: "NOTIFY in upper case alone", fault: answer(`^RCPT.* NOTIFY=(?-i:success)`, "501 5.5.4 bad parameter")},
		{id: "rfc3461-5.1b-bad-501", name: "NEVER and more", fault: obey(` NOTIFY=NEVER,SUCCESS`, "")},
		{id: "rfc3461-5.1b-bad-501", name: "any NOTIFY", fault: obey(` NOTIFY=FOO`, "")},
		{id: "rfc3461-5.1b-bad-501", name: "NOTIFY twice", fault: obey(` NOTIFY=NEVER NOTIFY=NEVER`, "")},
		{id: "rfc3461-5.1b-bad-501", name: "an ORCPT without a type", fault: obey(` ORCPT=foo`, "")},
		{id: "rfc3461-5.1b-bad-501", name: "any xtext", fault: obey(` ORCPT=\S*\+zz`, "")},
		{id: "rfc3461-5.1b-bad-501", name: "another code", fault: replaced("RCPT", "501", "555")},
		{id: "rfc3461-5.1b-bad-501", name: "ORCPT twice", fault: obey(` ORCPT=\S* ORCPT=\S*`, "")},
		{id: "rfc3461-5.4-sizes", name: "ENVID of 64", fault: answer(`^MAIL.* ENVID=\S{65}`, "501 5.5.4 too long")},
		{id: "rfc3461-5.4-sizes", name: "ORCPT of 256", fault: answer(`^RCPT.* ORCPT=\S{257}`, "501 5.5.4 too long")},
		{id: "rfc3461-5.4-line-1036", name: "512", fault: shortLines(512)},
		{id: "rfc3461-5.4-line-1036", name: "1000", fault: shortLines(1000)},
		{id: "rfc3461-5.4-line-1036", name: "1036 without the line end", fault: shortLines(1036), right: true},
		{id: "rfc3461-5.4-line-1036", name: "closes", fault: hangUp(`^.{1000}`)},
		{id: "rfc3461-5.2.3-success", name: "none", fault: obey(` NOTIFY=SUCCESS`, "")},
		{id: "rfc3461-5.2.3-success", name: "no report", fault: keeps("multipart/report", "multipart/mixed")},
		{id: "rfc3461-5.2.3-success", name: "another type", fault: keeps("report-type=delivery-status", "report-type=feedback-report")},
		{id: "rfc3461-5.2.3-success", name: "of a failure", fault: keeps("Action: delivered", "Action: failed")},
		{id: "rfc3464-2-report-format", name: "no report", fault: keeps("multipart/report", "multipart/mixed")},
		{id: "rfc3464-2-report-format", name: "nothing for programs", fault: keeps("message/delivery-status", "text/plain")},
		{id: "rfc3464-2-report-format", name: "no type of a name", fault: keeps("Reporting-MTA: dns;", "Reporting-MTA:")},
		{id: "rfc3464-2-report-format", name: "no recipient", fault: keeps("Final-Recipient:", "X-Recipient:")},
		{id: "rfc3464-2-report-format", name: "a reply for a status", fault: keeps("Status: 2", "Status: 250 2")},
		{id: "rfc3461-5.2.3-no-success", name: "without NOTIFY", fault: obey(`^(RCPT TO:\S+)( ORCPT=\S+)$`, "$1 NOTIFY=SUCCESS$2")},
		{id: "rfc3461-5.2.3-no-success", name: "with FAILURE", fault: obey(` NOTIFY=FAILURE`, " NOTIFY=SUCCESS")},
		{id: "rfc3461-5.2.3-no-success", name: "with NEVER", fault: obey(` NOTIFY=NEVER`, " NOTIFY=SUCCESS")},
		{id: "rfc3461-5.2-null-no-dsn", name: "to the author", fault: obey(`^MAIL FROM:<>`, "MAIL FROM:<user@demo.test>")},
		{id: "rfc3461-6.3-envid-echo", name: "none", fault: obey(` ENVID=\S+`, "")},
		{id: "rfc3461-6.3-envid-echo", name: "another", fault: keeps("Original-Envelope-Id: ", "Original-Envelope-Id: x")},
		{id: "rfc3461-6.3-orcpt-echo", name: "none", fault: obey(` ORCPT=\S+`, "")},
		{id: "rfc3461-6.3-orcpt-echo", name: "the final one", fault: obey(` ORCPT=\S+`, " ORCPT=rfc822;user@demo.test")},
	})
}

// shortLines takes no line that has more octets, with its CRLF.
func shortLines(limit int) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if len(text)+len("\r\n") <= limit {
			return strings.TrimRight(text, " "), false
		}
		c.Say("500 5.5.2 Line too long\r\n")
		return text, true
	}}
}
