package scenarios_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestStartTLS(t *testing.T) {
	suite(t, "rfc3207/starttls.lua", []fault{
		{id: "rfc3207-4-starttls-220", name: "no handshake", fault: faulty.Fault{Handshake: hangUpInTLS}},
		{id: "rfc3207-4-starttls-220", name: "refused", fault: answer(`^STARTTLS`, "502 5.5.1 Not implemented")},
		{id: "rfc3207-4-starttls-220", name: "never available", fault: answer(`^STARTTLS`, "454 4.7.0 TLS not available"), level: "warning"},
		{id: "rfc3207-4-starttls-220", name: "no EHLO afterwards", fault: onceSecure(answer(`^EHLO`, "503 5.5.1 Duplicate EHLO"))},
		{id: "rfc3207-4-starttls-220", name: "the certificate has expired", fault: faulty.Fault{TLS: certified(t, expired)}, right: true},
		{id: "rfc3207-4-starttls-param-501", name: "ignored", fault: obey(`^STARTTLS .*`, "STARTTLS")},
		{id: "rfc3207-4-starttls-param-501", name: "another code", fault: answer(`^STARTTLS .`, "500 5.5.1 What?"), level: "warning"},
		{id: "rfc3207-4-starttls-param-501", name: "hangs up", fault: hangUp(`^STARTTLS .`)},
		{id: "rfc3207-3-no-param-keyword", name: "one", fault: say("EHLO", func(reply string) string { return strings.Replace(reply, "STARTTLS", "STARTTLS REQUIRED", 1) })},
		{id: "rfc3207-4.2-not-in-tls", name: "offered", fault: onceSecure(lists("STARTTLS"))},
		{id: "rfc3207-4.2-second-starttls", name: "begun", fault: onceSecure(answer(`^STARTTLS`, "220 2.0.0 Go ahead"))},
		{id: "rfc3207-4.2-second-starttls", name: "hangs up", fault: onceSecure(hangUp(`^STARTTLS`))},
		{id: "rfc3207-4.2-state-reset", name: "goes on", fault: keepsMail(false)},
		{id: "rfc3207-4.2-state-reset", name: "goes on behind EHLO", fault: keepsMail(true)},
		{id: "rfc3207-4.2-state-reset", name: "STARTTLS gets another reply", fault: inTransaction(answer(`^STARTTLS`, "250 2.0.0 Not now"))},
		{id: "rfc3207-4-in-transaction", name: "goes on", fault: keepsMail(false)},
		{id: "rfc3207-4-in-transaction", name: "hangs up", fault: inTransaction(hangUp(`^STARTTLS`))},
		{id: "rfc3207-4-in-transaction", name: "refused", fault: inTransaction(answer(`^STARTTLS`, "503 5.5.1 Not now")), right: true},
		{id: "rfc3207-4.2-ehlo-forgotten", name: "known", fault: knownInTLS()},
		{id: "rfc3207-4.2-ehlo-forgotten", name: "not needed at all", fault: needless(), level: "warning"},
		{id: "rfc3207-4.2-auth-forgotten", name: "still logged in", fault: keepsLogin()},
		{id: "rfc3207-4.2-auth-forgotten", name: "AUTH is not offered again", fault: hidesAuth()},
		{id: "rfc3207-4.2-auth-forgotten", name: "AUTH is out of sequence", fault: refusesAuth()},
		{id: "rfc3207-4.2-trace-new-ehlo", name: "the first", fault: tracesFirst()},
		{id: "rfc3207-4.2-no-injection", name: "obeyed", fault: faulty.Fault{Early: obeysEarly}},
		{id: "rfc3207-4.2-no-injection", name: "answered in clear", fault: faulty.Fault{Handshake: answersEarly}},
		{id: "rfc3207-4-not-required-mx", name: "required", fault: clearOnly(`^(EHLO|NOOP|QUIT|STARTTLS)\b`, "530 5.7.0 Must issue a STARTTLS command first"), level: "warning"},
		{id: "rfc3207-4-required-530", name: "with 530", fault: clearOnly(`^(EHLO|NOOP|QUIT|STARTTLS)\b`, "530 5.7.0 Must issue a STARTTLS command first"), right: true},
		{id: "rfc3207-4-required-530", name: "another code", fault: clearOnly(`^(EHLO|NOOP|QUIT|STARTTLS)\b`, "550 5.7.0 Must issue a STARTTLS command first")},
		{id: "rfc3207-4-required-530", name: "for NOOP, too", fault: clearOnly(`^(EHLO|QUIT|STARTTLS)\b`, "530 5.7.0 Must issue a STARTTLS command first")},
		{id: "rfc3207-4-last-in-group", name: "a reply is lost", fault: losesReply()},
		{id: "rfc3207-4-last-in-group", name: "refused", fault: refusesGroup()},
		{id: "rfc3207-4-failed-handshake", name: "goes on in clear", fault: faulty.Fault{Handshake: goesOn}},
		{id: "rfc3207-4-before-ehlo", name: "hangs up", fault: atOnce(hangUp(`^STARTTLS`))},
		{id: "rfc3207-4-before-ehlo", name: "refused", fault: atOnce(answer(`^STARTTLS`, "503 5.5.1 EHLO first")), right: true},
		{id: "rfc3207-4-not-offered", name: "refused, as is right", to: "smtps", right: true},
		{id: "rfc3207-4-not-offered", name: "begun", to: "smtps", fault: answer(`^STARTTLS`, "220 2.0.0 Go ahead")},
		{id: "rfc3207-4-not-offered", name: "hangs up", fault: withoutOffer(hangUp(`^STARTTLS`))},
		{id: "rfc3207-4-not-offered", name: "begun in clear", fault: unlisted("STARTTLS")},
	})
}

// onceSecure has a fault in TLS alone.
func onceSecure(f faulty.Fault) faulty.Fault {
	made := faulty.Fault{}
	if f.Command != nil {
		made = when(f, func(c *faulty.Conv) bool { return c.Secure })
	}
	if f.Reply != nil {
		made.Reply = func(c *faulty.Conv, verb, reply string) string {
			if !c.Secure {
				return reply
			}
			return f.Reply(c, verb, reply)
		}
	}
	return made
}

func inTransaction(f faulty.Fault) faulty.Fault {
	return when(f, func(c *faulty.Conv) bool { return c.Mail })
}

// atOnce has a fault before EHLO.
func atOnce(f faulty.Fault) faulty.Fault {
	return when(f, func(c *faulty.Conv) bool { return c.Hello == "" && !c.Secure })
}

// withoutOffer has a fault, and does not offer STARTTLS.
func withoutOffer(f faulty.Fault) faulty.Fault {
	f.Reply = unlisted("STARTTLS").Reply
	return f
}

func hangUpInTLS(c *faulty.Conv, _ []byte) bool {
	c.Close()
	return false
}

// goesOn takes what should be a handshake for one that failed, and obeys in clear what comes next.
func goesOn(c *faulty.Conv, early []byte) bool {
	if len(early) > 0 || c.More() {
		c.Take(len(c.Unread()))
	}
	for {
		if _, ok := c.Line(); !ok {
			c.Close()
			return false
		}
		c.Say("250 2.0.0 OK\r\n")
	}
}

// keepsMail has a transaction of the clear go on in TLS, also behind EHLO.
func keepsMail(behindHello bool) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		switch verb, _, _ := strings.Cut(text, " "); {
		case verb == "MAIL" && !c.Secure:
			c.Notes["mail"] = text
		case verb == "RCPT" && c.Secure && c.Notes["mail"] != "" && (c.Hello != "") == behindHello:
			if c.Hello == "" {
				c.Ask("EHLO client.example")
			}
			c.Ask(c.Notes["mail"])
		}
		return text, false
	}}
}

// knownInTLS does not need EHLO again.
func knownInTLS() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Secure && c.Hello == "" && strings.HasPrefix(text, "MAIL") {
			c.Ask("EHLO client.example")
		}
		return text, false
	}}
}

// needless does not need EHLO at all.
func needless() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Hello == "" && strings.HasPrefix(text, "MAIL") {
			c.Ask("EHLO client.example")
		}
		return text, false
	}}
}

// authPlain is the login of the demo server's first user.
var authPlain = "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00user\x00demo-password-1"))

// remembers calls a function with the commands in TLS of who had logged in in clear.
func remembers(do func(c *faulty.Conv, text string) (string, bool)) faulty.Fault {
	return faulty.Fault{
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if !c.Secure || c.Notes["user"] == "" {
				return text, false
			}
			return do(c, text)
		},
		Reply: func(c *faulty.Conv, verb, reply string) string {
			if verb == "AUTH" && strings.HasPrefix(reply, "235") {
				c.Notes["user"] = "user"
			}
			return reply
		},
	}
}

func keepsLogin() faulty.Fault {
	return remembers(func(c *faulty.Conv, text string) (string, bool) {
		if strings.HasPrefix(text, "MAIL") && !c.User {
			c.Ask(authPlain)
		}
		return text, false
	})
}

func refusesAuth() faulty.Fault {
	return remembers(answer(`^AUTH`, "503 5.5.1 Already authenticated").Command)
}

func hidesAuth() faulty.Fault {
	f := remembers(func(_ *faulty.Conv, text string) (string, bool) { return text, false })
	remember := f.Reply
	f.Reply = func(c *faulty.Conv, verb, reply string) string {
		if c.Notes["user"] != "" {
			return strings.Replace(reply, "AUTH ", "X-AUTH ", 1)
		}
		return remember(c, verb, reply)
	}
	return f
}

// tracesFirst has the first name of EHLO in the trace.
func tracesFirst() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if strings.HasPrefix(text, "EHLO") {
			if c.Notes["hello"] == "" {
				c.Notes["hello"] = text
			}
			return c.Notes["hello"], false
		}
		return text, false
	}}
}

func obeysEarly(_ *faulty.Conv, early []byte) (handshake, obeyed []byte) {
	return nil, early
}

// answersEarly answers what stands behind STARTTLS before the handshake.
func answersEarly(c *faulty.Conv, early []byte) bool {
	if len(early) > 0 {
		c.Say("250 2.0.0 OK\r\n")
	}
	return true
}

// losesReply drops what it has not said yet when TLS begins.
func losesReply() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if text == "NOOP" && bytes.HasPrefix(c.Unread(), []byte("STARTTLS")) {
			return text, true
		}
		return text, false
	}}
}

func refusesGroup() faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if text == "NOOP" {
			c.Notes["group"] = string(c.Unread())
		} else if strings.HasPrefix(text, "STARTTLS") && c.Notes["group"] != "" {
			c.Say("503 5.5.1 Not in a group\r\n")
			return text, true
		}
		return text, false
	}}
}
