package scenarios_test

import "testing"

func TestMail(t *testing.T) {
	const nested = "503 5.5.1 not now"
	suite(t, "rfc5321/mail.lua", []fault{
		{id: "rfc5321-4.1.1.2-mail-250", name: "251", fault: answer(`^MAIL`, "251 2.1.0 fine")},
		{id: "rfc5321-4.1.1.2-mail-250", name: "354", fault: answer(`^MAIL`, "354 go on")},
		{id: "rfc5321-4.1.1.2-mail-250", name: "refused", fault: answer(`^MAIL`, "550 5.7.1 never")},
		{id: "rfc5321-3.6.3-mail-null", name: "MAIL refused", fault: answer(`^MAIL FROM:<>`, "501 5.1.7 who?")},
		{id: "rfc5321-3.6.3-mail-null", name: "RCPT refused", fault: nullSender("550 5.7.1 no bounces")},
		{id: "rfc5321-4.1.4-nested-mail-503", name: "recipients are kept", fault: answerIn(`^MAIL`, "250 2.1.0 fine")},
		{id: "rfc5321-4.1.4-nested-mail-503", name: "502", fault: answerIn(`^MAIL`, "502 5.5.1 no"), level: "warning"},
		{id: "rfc5321-4.1.4-nested-mail-503", name: "the refusal resets", fault: both(first(`^MAIL.*another`, "RSET"), answer(`^MAIL.*another`, nested))},
		{id: "rfc5321-4.1.4-nested-mail-503", name: "it begins another", fault: first(`^MAIL`, "RSET"), right: true},
		{id: "rfc5321-3.3-nested-mail-clears", name: "it begins another", fault: first(`^MAIL`, "RSET"), right: true},
		{id: "rfc5321-3.3-nested-mail-clears", name: "recipients are kept", fault: answerIn(`^MAIL`, "250 2.1.0 fine")},
		{id: "rfc5321-4.1.4-bad-mail-501-state", name: "it begins a transaction", fault: first(`^MAIL FROM:<a@@>`, "MAIL FROM:<>")},
		{id: "rfc5321-4.1.4-bad-mail-501-state", name: "accepted", fault: obey(`a@@`, ""), level: "warning"},
		{id: "rfc5321-4.1.4-bad-mail-501-state", name: "RCPT 502", fault: replaced("RCPT", "503", "502"), level: "warning"},
		{id: "rfc5321-4.1.4-mail-before-ehlo", name: "accepted", fault: first(`^MAIL`, "HELO x"), level: "warning"},
		{id: "rfc5321-4.1.4-mail-before-ehlo", name: "a temporary failure", fault: replaced("MAIL", "503", "455")},
		{id: "rfc5321-4.1.4-mail-before-ehlo", name: "502", fault: replaced("MAIL", "503", "502"), level: "warning"},
		{id: "rfc5321-3.3-mail-no-brackets", name: "closes", fault: hangUp(`^MAIL FROM:[^<]`)},
		{id: "rfc5321-3.3-mail-no-brackets", name: "accepted", fault: obey(`^MAIL FROM:[^<].*`, "MAIL FROM:<>"), level: "note"},
		{id: "rfc5321-4.1.2-mail-unclosed", name: "at the end", fault: obey(`^MAIL FROM:<[^>]*$`, "MAIL FROM:<>"), level: "warning"},
		{id: "rfc5321-4.1.2-mail-unclosed", name: "at the beginning", fault: obey(`^MAIL FROM:[^<].*>$`, "MAIL FROM:<>"), level: "warning"},
		{id: "rfc5321-4.1.2-mail-unclosed", name: "closes", fault: hangUp(`^MAIL FROM:<[^>]*$`)},
		{id: "rfc5321-4.1.2-mail-junk-after", name: "accepted", fault: obey(`>xyz$`, ">"), level: "warning"},
		{id: "rfc5321-4.1.2-mail-junk-after", name: "two replies", fault: answer(`>xyz$`, "250 2.1.0 fine\r\n500 xyz?")},
		{id: "rfc5321-4.1.2-mail-param-nospace", name: "accepted", fault: obey(`>SIZE`, "> SIZE"), level: "warning"},
		{id: "rfc5321-4.1.2-mail-param-nospace", name: "another class", fault: answer(`>SIZE`, "354 go on")},
		{id: "rfc5321-4.1.1.11-mail-unknown-param-555", name: "ignored", fault: obey(` FOO=bar`, ""), level: "warning"},
		{id: "rfc5321-4.1.1.11-mail-unknown-param-555", name: "501", fault: answer(` FOO=bar`, "501 5.5.4 no"), level: "warning"},
		{id: "rfc5321-4.1.1.11-mail-unknown-param-555", name: "closes", fault: hangUp(` FOO=bar`)},
		{id: "rfc5321-4.1.1.11-mail-unknown-flag-555", name: "ignored", fault: obey(` FOO$`, ""), level: "warning"},
		{id: "rfc5321-4.1.1.11-mail-unknown-flag-555", name: "closes", fault: hangUp(` FOO$`)},
		{id: "rfc5321-4.1.2-esmtp-param-syntax", name: "ignored", fault: obey(` F@O=1$`, ""), level: "warning"},
		{id: "rfc5321-4.1.2-esmtp-param-syntax", name: "no value", fault: obey(` FOO=$`, ""), level: "warning"},
		{id: "rfc5321-4.1.2-esmtp-param-syntax", name: "closes", fault: hangUp(` SIZE=1=2$`)},
		{id: "rfc5321-3.3-mail-fail-class", name: "closes", fault: hangUp(`nonexistent`)},
		{id: "rfc5321-3.3-mail-fail-class", name: "354", fault: answer(`nonexistent`, "354 go on")},
		{id: "rfc5321-4.5.1-mail-multi-per-session", name: "one only", fault: onlyOne()},
	})
}
