package scenarios_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestDisclosure(t *testing.T) {
	suite(t, "security/disclosure.lua", []fault{
		{id: "sec-enum-vrfy", name: "it tells", fault: answer(`^VRFY user@`, "250 2.1.5 User <user@demo.test>"), level: "note"},
		{id: "sec-enum-expn", name: "it tells", fault: answer(`^EXPN`, "250-2.1.5 One <one@demo.test>\r\n250 2.1.5 Two <two@demo.test>"), level: "warning"},
		{id: "sec-enum-rcpt", name: "it tells", fault: both(answer(`^MAIL`, "250 2.1.0 fine"), answer(`^RCPT TO:<nosuch@`, "550 5.1.1 nobody")), to: "submission", facts: map[string]string{"submission": "yes"}},
		{id: "sec-enum-rcpt", name: "nothing without AUTH", to: "submission", facts: map[string]string{"submission": "yes"}, right: true},
		{id: "sec-enum-auth-msg", name: "the text tells", fault: knownUser("535 5.7.8 No such user", 0)},
		{id: "sec-enum-auth-msg", name: "the code tells", fault: knownUser("534 5.7.8 Authentication credentials invalid", 0)},
		{id: "sec-enum-auth-timing", name: "the time tells", fault: knownUser("", 20*time.Millisecond), level: "warning"},
		{id: "sec-enum-rcpt-timing", name: "the time tells", fault: slowFor("user@"), level: "warning"},
		{id: "sec-enum-rcpt-timing", name: "all are taken", fault: answer(`^RCPT`, "250 2.1.5 fine"), right: true},
		{id: "sec-enum-login-prompt", name: "nobody is not asked", fault: notAsked()},
		{id: "sec-info-paths", name: "a path", fault: answer(`^VRFY`, "550 5.1.1 open /var/mail/user: no such file")},
		{id: "sec-info-paths", name: "a stack", fault: answer(`^FROB`, "500 Traceback (most recent call last)")},
		{id: "sec-info-internal-received", name: "the password", fault: tracesPassword()},
	})
}

// decoded is what an AUTH PLAIN line says.
func decoded(text string) string {
	_, word, _ := strings.Cut(text, "AUTH PLAIN ")
	b, _ := base64.StdEncoding.DecodeString(word)
	return string(b)
}

// knownUser says something else, or later, of a user that is there; "" leaves the reply.
func knownUser(other string, wait time.Duration) faulty.Fault {
	return faulty.Fault{
		Command: func(c *faulty.Conv, text string) (string, bool) {
			c.Notes["user"] = decoded(text)
			return text, false
		},
		Reply: func(c *faulty.Conv, verb, reply string) string {
			if verb != "AUTH" || !strings.HasPrefix(c.Notes["user"], "\x00user") {
				return reply
			}
			time.Sleep(wait)
			if other != "" {
				return other + "\r\n"
			}
			return reply
		},
	}
}

// slowFor takes all recipients, one of them late.
func slowFor(address string) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !strings.HasPrefix(text, "RCPT") {
			return text, false
		}
		if strings.Contains(text, address) {
			time.Sleep(40 * time.Millisecond)
		}
		c.Say("250 2.1.5 fine\r\n")
		return text, true
	}}
}

// notAsked refuses a user that is not there before it asks for the password.
func notAsked() faulty.Fault {
	return faulty.Fault{Reply: func(_ *faulty.Conv, _, reply string) string {
		if strings.HasPrefix(reply, "334 UGFzc3dvcmQ6") {
			return "535 5.7.8 No such user\r\n"
		}
		return reply
	}}
}

// tracesPassword writes the password into messages.
func tracesPassword() faulty.Fault {
	return faulty.Fault{Message: func(_ *faulty.Conv, data []byte) []byte {
		return append([]byte("X-Auth: "+base64.StdEncoding.EncodeToString([]byte("demo-password-1"))+"\r\n"), data...)
	}}
}
