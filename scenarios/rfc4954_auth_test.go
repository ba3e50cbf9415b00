package scenarios_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestAuth(t *testing.T) {
	suite(t, "rfc4954/auth.lua", []fault{
		{id: "rfc4954-3-keyword", name: "nothing behind it", fault: mechanisms(` .*`, "")},
		{id: "rfc4954-3-keyword", name: "for old clients alone", fault: say("EHLO", func(reply string) string { return strings.ReplaceAll(reply, "AUTH ", "AUTH=") })},
		{id: "rfc4954-3-keyword", name: "commas", fault: mechanisms(` CRAM`, ",CRAM")},
		{id: "rfc4954-3-keyword", name: "a long name", fault: mechanisms(`$`, " X-MECHANISM-WITH-A-LONG-NAME")},
		{id: "rfc4954-4-auth-ok-235", name: "another code", fault: replaced("AUTH", "235", "250")},
		{id: "rfc4954-4-auth-ok-235", name: "refused", fault: replaced("AUTH", "235 2.7.0", "535 5.7.8")},
		{id: "rfc4954-4-auth-no-ir", name: "no space", fault: replaced("AUTH", "334 \r\n", "334\r\n")},
		{id: "rfc4954-4-auth-no-ir", name: "text", fault: replaced("AUTH", "334 \r\n", "334 Go ahead\r\n")},
		{id: "rfc4954-4-auth-no-ir", name: "needed with the command", fault: answer(`^AUTH PLAIN$`, "501 5.5.4 No initial response")},
		{id: "rfc4954-4-challenge-base64-only", name: "a prompt in clear", fault: replaced("AUTH", "334 VXNlcm5hbWU6", "334 Username:")},
		{id: "rfc4954-4-challenge-base64-only", name: "a second prompt in clear", fault: replaced("AUTH", "334 UGFzc3dvcmQ6", "334 Password:")},
		{id: "rfc4954-4-challenge-base64-only", name: "an enhanced code", fault: replaced("AUTH", "334 ", "334 3.7.0 ")},
		{id: "rfc4954-4-bad-creds-535", name: "temporary", fault: replaced("AUTH", "535 5.7.8", "454 4.7.0")},
		{id: "rfc4954-4-bad-creds-535", name: "another code", fault: replaced("AUTH", "535 5.7.8", "550 5.7.1")},
		{id: "rfc4954-4-bad-creds-535", name: "any password", fault: replaced("AUTH", "535 5.7.8", "235 2.7.0"), level: "failure"},
		{id: "rfc4954-4-bad-creds-535", name: "any password by LOGIN", fault: faulty.Fault{Response: anyLogin}, level: "failure"},
		{id: "rfc4954-4-bad-creds-535", name: "a letter more", fault: obey(login("demo-password-1x"), authPlain), level: "failure"},
		{id: "rfc4954-4-bad-creds-535", name: "a letter less", fault: obey(login("demo-password-"), authPlain), level: "failure"},
		{id: "rfc4954-4-bad-creds-535", name: "upper case", fault: obey(login("DEMO-PASSWORD-1"), authPlain), level: "failure"},
		{id: "rfc4954-4-cancel-501", name: "goes on", fault: replaced("AUTH", "501 5.7.0", "334 ")},
		{id: "rfc4954-4-cancel-501", name: "a wrong password", fault: replaced("AUTH", "501 5.7.0", "535 5.7.8"), level: "warning"},
		{id: "rfc4954-4-cancel-501", name: "hangs up", fault: faulty.Fault{Response: hangUpAt("*")}},
		{id: "rfc4954-4-bad-base64-501", name: "goes on", fault: replaced("AUTH", "501 5.5.2", "334 ")},
		{id: "rfc4954-4-bad-base64-501", name: "a wrong password", fault: replaced("AUTH", "501 5.5.2", "535 5.7.8"), level: "warning"},
		{id: "rfc4954-4-base64-strict-pad", name: "padding within", fault: responses(unpad)},
		{id: "rfc4954-4-base64-strict-alphabet", name: "skipped", fault: responses(func(line string) string { return regexp.MustCompile(`[^\w+/=]`).ReplaceAllString(line, "") })},
		{id: "rfc4954-4-unknown-mech-504", name: "begins", fault: answer(`^AUTH FOO`, "334 ")},
		{id: "rfc4954-4-unknown-mech-504", name: "a wrong password", fault: answer(`^AUTH FOO`, "535 5.7.8 No"), level: "warning"},
		{id: "rfc4954-4-nomech-501", name: "begins", fault: answer(`^AUTH$`, "334 ")},
		{id: "rfc4954-8-case", name: "upper case alone", fault: exactly(`^(?i:AUTH) .*\p{Ll}`, "504 5.5.4 Unrecognized")},
		{id: "rfc4954-8-case", name: "AUTH in upper case alone", fault: exactly(`^(auth|Auth)`, "500 5.5.1 Unrecognized")},
		{id: "rfc4954-4-twice-503", name: "a second login", fault: inState(func(c *faulty.Conv) bool { return c.User }, "235 2.7.0 Again")},
		{id: "rfc4954-4-retry-after-fail", name: "one attempt", fault: oneAttempt()},
		{id: "rfc4954-4-in-transaction-503", name: "a login", fault: inState(func(c *faulty.Conv) bool { return c.Mail }, "235 2.7.0 Welcome")},
		{id: "rfc4954-4-in-transaction-503", name: "begins", fault: inState(func(c *faulty.Conv) bool { return c.Mail }, "334 ")},
		{id: "rfc4954-4-before-ehlo", name: "begins", fault: inState(func(c *faulty.Conv) bool { return c.Hello == "" }, "334 "), level: "warning"},
		{id: "rfc4954-4-ir-eq", name: "as if it was not there", fault: obey(`^AUTH PLAIN =$`, "AUTH PLAIN")},
		{id: "rfc4954-4-ir-server-first-501", name: "ignored", fault: obey(`^(AUTH CRAM-MD5) .*`, "$1")},
		{id: "rfc4954-4-line-12288", name: "too long", fault: tooLong(2048, "500 5.5.6 Line too long\r\n")},
		{id: "rfc4954-4-line-12288", name: "hangs up", fault: faulty.Fault{Response: hangUpOver(2048)}},
		{id: "rfc4954-4-line-too-long-500", name: "the rest is commands", fault: tooLong(12288, "500 5.5.6 Line too long\r\n500 5.5.1 Unrecognized\r\n500 5.5.1 Unrecognized\r\n")},
		{id: "rfc4954-6-530", name: "as is right", to: "submission", right: true},
		{id: "rfc4954-6-530", name: "another code", to: "submission", fault: replaced("MAIL", "530 5.7.0", "550 5.7.1")},
		{id: "rfc4954-6-530", name: "NOOP, too", to: "submission", fault: answer(`^NOOP`, "530 5.7.0 Authentication required")},
		{id: "rfc4954-6-538-not-advertised", name: "PLAIN", fault: clearPlain("538 5.7.11 Encryption required")},
		{id: "rfc4954-6-538-not-advertised", name: "PLAIN, which is not there", fault: clearPlain("")},
		{id: "rfc4954-4-plain-over-tls", name: "not offered", fault: mechanisms(` PLAIN`, ""), level: "note"},
		{id: "rfc4954-5-mail-auth-param", name: "unknown", fault: answer(`^MAIL.* AUTH=`, "555 5.5.4 Unsupported")},
		{id: "rfc4954-5-mail-auth-param", name: "not with an address", fault: answer(`^MAIL.* AUTH=e`, "501 5.5.4 Syntax")},
		{id: "rfc4954-5-mail-auth-param", name: "for users alone", fault: inMail(func(c *faulty.Conv) bool { return !c.User }, "AUTH=", "550 5.7.1 Log in")},
		{id: "rfc4954-5-mail-auth-param", name: "a login is wanted", fault: inMail(func(c *faulty.Conv) bool { return !c.User }, "AUTH=", "530 5.7.0 Log in")},
		{id: "rfc4954-5-mail-auth-badx", name: "taken", fault: obey(`AUTH=a\+zz`, "AUTH=<>"), level: "note"},
		{id: "rfc4954-5-mail-auth-badx", name: "hangs up", fault: hangUp(`AUTH=a\+zz`)},
		{id: "rfc4954-3-mail-line-500", name: "512 octets", fault: answer(`^MAIL.{507}`, "500 5.5.2 Line too long")},
		{id: "rfc4954-4-pipelining-ir", name: "lost", fault: forgetful(`^AUTH`)},
		{id: "rfc4954-4-auth-not-offered", name: "as is right", right: true, fault: withoutAuth("502 5.5.1 Not here")},
		{id: "rfc4954-4-auth-not-offered", name: "begins", fault: withoutAuth("334 ")},
	})
}

func TestAuthDelivery(t *testing.T) {
	suite(t, "rfc4954/delivery.lua", []fault{
		{id: "rfc4954-7-received-esmtpa", name: "ESMTPS", fault: faulty.Fault{Delivered: func(data []byte) [][]byte {
			return [][]byte{[]byte(strings.Replace(string(data), "SMTPSA", "SMTPS", 1))}
		}}},
	})
}

// mechanisms changes what is offered behind AUTH.
func mechanisms(pattern, replacement string) faulty.Fault {
	re, auth := regexp.MustCompile(pattern), regexp.MustCompile(`(?m)^(250[- ]AUTH)( .*?)(\r?)$`)
	return say("EHLO", func(reply string) string {
		return auth.ReplaceAllStringFunc(reply, func(line string) string {
			m := auth.FindStringSubmatch(line)
			return m[1] + re.ReplaceAllString(m[2], replacement) + m[3]
		})
	})
}

// responses changes what answers challenges.
func responses(change func(line string) string) faulty.Fault {
	return faulty.Fault{Response: func(_ *faulty.Conv, line string) (string, bool) { return change(line), false }}
}

// login is a pattern of PLAIN with a password.
func login(password string) string {
	return `^` + regexp.QuoteMeta("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00user\x00"+password))) + `$`
}

// anyLogin lets in who answers a challenge with a password that is wrong, and nothing else.
func anyLogin(c *faulty.Conv, line string) (string, bool) {
	if b, err := base64.StdEncoding.DecodeString(line); err != nil || !strings.HasPrefix(string(b), "wrong-") {
		return line, false
	}
	c.Say("235 2.7.0 fine\r\n")
	return line, true
}

// unpad makes one text of two in base64.
func unpad(line string) string {
	var out []byte
	for _, part := range regexp.MustCompile(`[^=]+=*`).FindAllString(line, -1) {
		b, err := base64.StdEncoding.DecodeString(part)
		if err != nil {
			return line
		}
		out = append(out, b...)
	}
	return base64.StdEncoding.EncodeToString(out)
}

func hangUpAt(response string) func(*faulty.Conv, string) (string, bool) {
	return func(c *faulty.Conv, line string) (string, bool) {
		if line == response {
			c.Close()
		}
		return line, line == response
	}
}

func hangUpOver(length int) func(*faulty.Conv, string) (string, bool) {
	return func(c *faulty.Conv, line string) (string, bool) {
		if len(line) > length {
			c.Close()
		}
		return line, len(line) > length
	}
}

// tooLong answers responses over a length.
func tooLong(length int, replies string) faulty.Fault {
	return faulty.Fault{Response: func(c *faulty.Conv, line string) (string, bool) {
		if len(line) <= length {
			return line, false
		}
		c.Ask("*")
		c.Say(replies)
		return line, true
	}}
}

// exactly is answer with upper and lower case told apart.
func exactly(pattern, reply string) faulty.Fault {
	re := regexp.MustCompile(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			c.Say(said(reply))
			return text, true
		}
		return text, false
	}}
}

// inState says something to AUTH where a condition holds, and nothing to the answer.
func inState(holds func(*faulty.Conv) bool, reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !holds(c) || !line(`^AUTH `).MatchString(text) {
			return text, false
		}
		c.Say(said(reply))
		if strings.HasPrefix(reply, "334") {
			c.Line()
			c.Say("501 5.7.0 Cancelled\r\n")
		}
		return text, true
	}}
}

// inMail says something to MAIL with a parameter where a condition holds.
func inMail(holds func(*faulty.Conv) bool, parameter, reply string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if holds(c) && line(`^MAIL.* `+parameter).MatchString(text) {
			c.Say(said(reply))
			return text, true
		}
		return text, false
	}}
}

// oneAttempt refuses all logins after one that failed.
func oneAttempt() faulty.Fault {
	return faulty.Fault{
		Reply: func(c *faulty.Conv, verb, reply string) string {
			if verb == "AUTH" && strings.HasPrefix(reply, "535") {
				c.Notes["failed"] = "yes"
			}
			return reply
		},
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if c.Notes["failed"] == "" || !line(`^AUTH`).MatchString(text) {
				return text, false
			}
			c.Say("503 5.5.1 You had your chance\r\n")
			return text, true
		},
	}
}

// clearPlain offers PLAIN in clear, and answers it with reply if that is not "".
func clearPlain(reply string) faulty.Fault {
	return faulty.Fault{
		Reply: func(c *faulty.Conv, verb, text string) string {
			if c.Secure || verb != "EHLO" {
				return text
			}
			return strings.Replace(text, "AUTH ", "AUTH PLAIN ", 1)
		},
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if c.Secure || reply == "" || !line(`^AUTH PLAIN`).MatchString(text) {
				return text, false
			}
			c.Say(said(reply))
			return text, true
		},
	}
}

// forgetful loses what came behind a command.
func forgetful(pattern string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			c.Take(len(c.Unread()))
		}
		return text, false
	}}
}

// withoutAuth does not offer AUTH, and answers it.
func withoutAuth(reply string) faulty.Fault {
	re := regexp.MustCompile(`(?m)^(250[- ])AUTH\b.*(\r)$`)
	return faulty.Fault{
		Reply: func(_ *faulty.Conv, verb, text string) string {
			if verb == "EHLO" {
				return re.ReplaceAllString(text, "${1}X-NO-AUTH${2}")
			}
			return text
		},
		Command: answer(`^AUTH`, reply).Command,
	}
}
