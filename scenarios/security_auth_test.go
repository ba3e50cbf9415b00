package scenarios_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestSecurityAuth(t *testing.T) {
	suite(t, "security/auth.lua", []fault{
		{id: "sec-auth-plaintext-offered", name: "PLAIN", fault: clearPlain("")},
		{id: "sec-auth-plaintext-accepted", name: "PLAIN", fault: clearPlain("334 ")},
		{id: "sec-auth-bruteforce", name: "no limit", fault: answer(`^AUTH PLAIN .`, "535 5.7.8 Authentication credentials invalid"), level: "warning"},
		{id: "sec-auth-bruteforce", name: "let in", fault: answer(`^AUTH PLAIN .`, "235 2.7.0 Authentication successful")},
		{id: "sec-auth-fail-delay", name: "as is right", right: true, fault: slowAuth(false)},
		{id: "sec-auth-fail-delay", name: "all wait", fault: slowAuth(true)},
		{id: "sec-auth-multiline-confusion", name: "lost after a cancel", fault: faulty.Fault{Response: loseNext}},
		{id: "sec-auth-multiline-confusion", name: "another response", fault: secondResponse()},
		{id: "sec-auth-cmd-in-exchange", name: "obeyed", fault: faulty.Fault{Response: obeyQuit}},
		{id: "sec-auth-b64-overflow", name: "dies", fault: faulty.Fault{Response: overflow}},
		{id: "sec-auth-mech-switch", name: "dies", fault: noSwitch()},
		{id: "sec-auth-external-oob", name: "as is right", right: true, fault: mechanisms(`$`, " EXTERNAL")},
		{id: "sec-auth-external-oob", name: "dies", fault: faulty.Fault{Reply: mechanisms(`$`, " EXTERNAL").Reply, Command: hangUp(`^AUTH EXTERNAL .{200}`).Command}},
		{id: "sec-auth-nul-truncation", name: "the password", fault: plainParts(func(parts []string) []string { return parts[:min(3, len(parts))] })},
		{id: "sec-auth-nul-truncation", name: "the name", fault: plainParts(func(parts []string) []string {
			if len(parts) == 4 && parts[2] == "junk" {
				return []string{"", parts[1], parts[3]}
			}
			return parts
		})},
		{id: "sec-spoof-auth", name: "anybody", fault: obey(`<user2@demo.test>`, "<sender@example.org>"), level: "warning"},
		{id: "sec-spoof-auth", name: "in the header", level: "note"},
		{id: "sec-spoof-auth", name: "upper case", fault: another(`<USER2@DEMO.TEST>`)},
		{id: "sec-spoof-auth", name: "quotes", fault: another(`<"\\?.*"@demo.test>`)},
		{id: "sec-auth-state-after-rset", name: "RSET forgets half", fault: forgets(`^RSET`)},
		{id: "sec-auth-state-after-rset", name: "EHLO forgets half", fault: forgets(`^EHLO`)},
		{id: "sec-auth-state-after-rset", name: "a second login", fault: inState(func(c *faulty.Conv) bool { return c.User }, "334 ")},
	})
}

// slowAuth answers PLAIN's responses late; while it does so, it answers nobody else if all wait.
func slowAuth(all bool) faulty.Fault {
	var busy sync.Mutex
	return faulty.Fault{
		Response: func(_ *faulty.Conv, line string) (string, bool) {
			busy.Lock()
			defer busy.Unlock()
			time.Sleep(1200 * time.Millisecond)
			return line, false
		},
		Command: func(_ *faulty.Conv, text string) (string, bool) {
			if all && line(`^NOOP`).MatchString(text) {
				time.Sleep(10 * time.Millisecond) // the response is there first
				busy.Lock()
				defer busy.Unlock()
			}
			return text, false
		},
	}
}

// loseNext takes what follows a cancel for the answer to it.
func loseNext(c *faulty.Conv, response string) (string, bool) {
	if response == "*" {
		c.Line()
	}
	return response, false
}

// secondResponse takes a response when there is no exchange any more.
func secondResponse() faulty.Fault {
	return faulty.Fault{
		Response: func(c *faulty.Conv, line string) (string, bool) {
			c.Notes["began"] = "yes"
			return line, false
		},
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if c.Notes["began"] == "" || !regexp.MustCompile(`^[\w+/]{9,}=*$`).MatchString(text) {
				return text, false
			}
			c.Say("235 2.7.0 Authentication successful\r\n")
			return text, true
		},
	}
}

func obeyQuit(c *faulty.Conv, response string) (string, bool) {
	if response != "QUIT" {
		return response, false
	}
	c.Say("221 2.0.0 Goodbye\r\n")
	c.Close()
	return response, true
}

func overflow(c *faulty.Conv, response string) (string, bool) {
	if len(response) > 4000 && len(response)%4 == 3 {
		c.Close()
		return response, true
	}
	return response, false
}

// noSwitch dies when another mechanism follows one that was cancelled.
func noSwitch() faulty.Fault {
	return faulty.Fault{
		Response: func(c *faulty.Conv, line string) (string, bool) {
			if c.Notes["next"] == "yes" {
				c.Close()
				return line, true
			}
			return line, false
		},
		Command: func(c *faulty.Conv, text string) (string, bool) {
			if mechanism, ok := strings.CutPrefix(text, "AUTH "); ok {
				if c.Notes["first"] != "" && c.Notes["first"] != mechanism {
					c.Notes["next"] = "yes"
				}
				c.Notes["first"] = mechanism
			}
			return text, false
		},
	}
}

// another takes a sender, for anybody's, that is written as the pattern has it.
func another(pattern string) faulty.Fault {
	re := regexp.MustCompile(`^MAIL FROM:` + pattern)
	return faulty.Fault{Command: func(_ *faulty.Conv, text string) (string, bool) {
		return re.ReplaceAllString(text, "MAIL FROM:<sender@example.org>"), false
	}}
}

// forgets does not relay any more, for a user, after a command.
func forgets(pattern string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) && c.User {
			c.Notes["forgotten"] = "yes"
		}
		if c.Notes["forgotten"] == "" || !line(`^RCPT.*@example.net`).MatchString(text) {
			return text, false
		}
		c.Say("550 5.7.1 Relaying denied\r\n")
		return text, true
	}}
}
