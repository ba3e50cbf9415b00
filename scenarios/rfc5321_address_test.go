package scenarios_test

import "testing"

func TestAddress(t *testing.T) {
	const syntax, fine = "501 5.1.7 syntax", "250 2.1.0 fine"
	suite(t, "rfc5321/address.lua", []fault{
		{id: "rfc5321-4.1.2-quoted-space", name: "refused", fault: answer(`"a b"`, syntax), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-space", name: "a space ends the argument", fault: answer(`"a b"`, "250 2.1.0 fine\r\n555 5.5.4 b")},
		{id: "rfc5321-4.1.2-quoted-at", name: "refused", fault: answer(`"a@b"`, syntax), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-at", name: "another domain", fault: answer(`"a@b"`, "556 5.1.10 b\"@example.org takes no mail")},
		{id: "rfc5321-4.1.2-quoted-at", name: "it ends the local part", fault: rewrites(`Return-Path: <"a@b"@example.org>`, "Return-Path: <a@example.org>")},
		{id: "rfc5321-4.1.2-quoted-gt", name: "refused", fault: answer(`"a>b"`, syntax), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-gt", name: "closes", fault: hangUp(`"a>b"`)},
		{id: "rfc5321-4.1.2-quoted-gt", name: "it ends the path", fault: rewrites(`Return-Path: <"a>b"@example.org>`, "Return-Path: <a@demo.test>")},
		{id: "rfc5321-4.1.2-quoted-pair", name: "refused", fault: answer(`"a\\"b"`, syntax), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-pair", name: "closes", fault: hangUp(`"a\\"b"`)},
		{id: "rfc5321-4.1.2-quoted-equivalent", name: "quotes are taken for the name", fault: answer(`^RCPT TO:<"user"`, "550 5.1.1 who?")},
		{id: "rfc5321-4.1.2-quoted-equivalent", name: "a backslash is", fault: answer(`^RCPT TO:<"use\\r"`, "550 5.1.1 who?")},
		{id: "rfc5321-4.1.2-quoted-equivalent", name: "no quotes", fault: answer(`^RCPT TO:<"`, syntax), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-empty", name: "closes", fault: hangUp(`<""`), level: "warning"},
		{id: "rfc5321-4.1.2-quoted-ctl", name: "accepted", fault: octets(1)},
		{id: "rfc5321-4.1.2-quoted-ctl", name: "CR accepted", fault: octets('\r')},
		{id: "rfc5321-4.1.2-quoted-ctl", name: "CR ends the line", fault: answer("\r", "501 no\r\n500 no")},
		{id: "rfc5321-4.1.2-atext-full", name: "refused", fault: answer(`!#`, syntax)},
		{id: "rfc5321-4.1.2-dot-atom-bad", name: "accepted", fault: answer(`a\.\.b`, fine), level: "note"},
		{id: "rfc5321-4.1.2-dot-atom-bad", name: "closes", fault: hangUp(`<\.a`)},
		{id: "rfc5321-4.1.2-space-unquoted", name: "accepted", fault: answer(`<a b`, fine), level: "warning"},
		{id: "rfc5321-4.1.2-space-unquoted", name: "two replies", fault: answer(`<a b`, syntax+"\r\n"+syntax)},
		{id: "rfc5321-4.1.2-two-at", name: "accepted", fault: answer(`a@b@`, fine), level: "warning"},
		{id: "rfc5321-4.1.2-two-at", name: "closes", fault: hangUp(`a@b@`)},
		{id: "rfc5321-4.1.2-no-domain", name: "MAIL accepted", fault: answer(`^MAIL FROM:<joe>`, fine), level: "warning"},
		{id: "rfc5321-4.1.2-no-domain", name: "RCPT accepted", fault: answer(`^RCPT TO:<joe>`, fine), level: "warning"},
		{id: "rfc5321-4.1.2-no-domain", name: "closes", fault: hangUp(`^RCPT TO:<joe>`)},
		{id: "rfc5321-4.1.2-domain-label", name: "accepted", fault: answer(`@-`, fine), level: "note"},
		{id: "rfc5321-4.1.2-domain-label", name: "closes", fault: hangUp(`example\.\.org`)},
		{id: "rfc5321-4.1.2-domain-underscore", name: "accepted", fault: answer(`ex_ample`, fine), level: "note"},
		{id: "rfc5321-4.1.2-domain-underscore", name: "354", fault: answer(`ex_ample`, "354 go on")},
		{id: "rfc5321-4.1.2-domain-trailing-dot", name: "accepted", fault: answer(`org\.>`, fine), level: "note"},
		{id: "rfc5321-4.1.2-domain-trailing-dot", name: "closes", fault: hangUp(`org\.>`)},
		{id: "rfc5321-4.1.2-tld-only", name: "closes", fault: hangUp(`a@example>`)},
		{id: "rfc5321-4.1.2-tld-only", name: "two replies", fault: answer(`a@example>`, fine+"\r\n"+syntax)},
		{id: "rfc5321-4.1.3-literal4", name: "refused", fault: answer(`@\[192\.0\.2\.1\]`, syntax), level: "warning"},
		{id: "rfc5321-4.1.3-literal4", name: "closes", fault: hangUp(`@\[192`)},
		{id: "rfc5321-4.1.3-literal6", name: "refused", fault: answer(`@\[IPv6:2001:db8::1\]`, syntax), level: "warning"},
		{id: "rfc5321-4.1.3-literal6", name: "closes", fault: hangUp(`@\[IPv6`)},
		{id: "rfc5321-4.1.3-literal6-forms", name: "the tag in lower case", fault: answerCase("[ipv6:", syntax)},
		{id: "rfc5321-4.1.3-literal6-forms", name: "IPv4 within", fault: answer(`::ffff:192`, syntax)},
		{id: "rfc5321-4.1.3-literal-invalid", name: "too large a number", fault: answer(`2\.300\]`, fine), level: "warning"},
		{id: "rfc5321-4.1.3-literal-invalid", name: "no tag", fault: answer(`\[2001:`, fine), level: "warning"},
		{id: "rfc5321-4.1.3-literal-invalid", name: "closes", fault: hangUp(`\[IPv6:1::2`)},
		{id: "rfc5321-4.1.3-general-literal", name: "closes", fault: hangUp(`\[X-foo`)},
		{id: "rfc5321-4.1.3-general-literal", name: "accepted", fault: answer(`\[X-foo`, fine), level: "note"},
		{id: "rfc5321-F.4-hash-literal", name: "accepted", fault: answer(`@#`, fine)},
		{id: "rfc5321-F.4-hash-literal", name: "another code", fault: answer(`@#`, "550 5.7.1 no relay"), level: "warning"},
	})
}

func TestExtensions(t *testing.T) {
	suite(t, "rfc5321/extensions.lua", []fault{
		{id: "rfc5321-2.2.1-params-need-ehlo", name: "closes", fault: hangUp(` SIZE=100`)},
		{id: "rfc5321-2.2.1-params-need-ehlo", name: "accepted", fault: obey(` SIZE=100`, ""), level: "note"},
		{id: "rfc5321-2.4-8bitmime-offered", name: "not offered", fault: unlisted("8BITMIME"), level: "note"},
		{id: "rfc5321-4.5.3.1.7-size-offered", name: "not offered", fault: unlisted("SIZE"), level: "note"},
		{id: "rfc5321-2.2.2-xparam", name: "accepted", fault: obey(` XFOO=1`, ""), level: "note"},
		{id: "rfc5321-2.2.2-xparam", name: "closes", fault: hangUp(` XFOO=1`)},
	})
}
