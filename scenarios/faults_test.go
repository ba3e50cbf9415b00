package scenarios_test

import (
	"regexp"
	"strings"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// The faults that are most often wanted. Patterns are regular expressions, in any case, for command lines without their CRLF.

func line(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) }

// said is a reply with the line end that it lacks.
func said(reply string) string {
	if reply == "" || strings.HasSuffix(reply, "\n") {
		return reply
	}
	return reply + "\r\n"
}

// answer says something to commands that match, which go no further; "" leaves them without a reply.
func answer(pattern, reply string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if !re.MatchString(text) {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// answerIn is answer within a transaction that has a recipient.
func answerIn(pattern, reply string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if c.Recipients == 0 || !re.MatchString(text) {
			return text, false
		}
		c.Say(said(reply))
		return text, true
	}}
}

// obey gives the server another command in place of one that matches: what is wrong is taken for right, or the other way round.
func obey(pattern, replacement string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(_ *faulty.Conv, text string) (string, bool) { return re.ReplaceAllString(text, replacement), false }}
}

// first has the server obey another command before one that matches, whose reply nobody sees.
func first(pattern, command string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			c.Ask(command)
		}
		return text, false
	}}
}

// hangUp closes the connection without a word.
func hangUp(pattern string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			c.Close()
			return text, true
		}
		return text, false
	}}
}

// say changes the replies to a verb by a function, or to all with "".
func say(verb string, change func(reply string) string) faulty.Fault {
	return faulty.Fault{Reply: func(_ *faulty.Conv, v, reply string) string {
		if v == verb || verb == "" {
			return change(reply)
		}
		return reply
	}}
}

// lists has a line more in the reply to EHLO, before the last.
func lists(text string) faulty.Fault {
	return say("EHLO", func(reply string) string {
		if !strings.HasPrefix(reply, "250") {
			return reply
		}
		at := strings.LastIndex(strings.TrimSuffix(reply, "\r\n"), "\r\n") + 2
		return reply[:at] + "250-" + text + "\r\n" + reply[at:]
	})
}

// unlisted has keywords left out of the reply to EHLO.
func unlisted(keywords string) faulty.Fault {
	re := regexp.MustCompile(`(?m)^250-(` + keywords + `)\b.*\r\n`)
	return say("EHLO", func(reply string) string { return re.ReplaceAllString(reply, "") })
}

// lastWord says something to commands that match, and closes the connection.
func lastWord(pattern, reply string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			c.Say(said(reply))
			c.Close()
			return text, true
		}
		return text, false
	}}
}

// replaced says another code than the server to a verb.
func replaced(verb, code, other string) faulty.Fault {
	return say(verb, func(reply string) string {
		if after, ok := strings.CutPrefix(reply, code); ok {
			return other + after
		}
		return reply
	})
}

// keepsRecipients has a recipient from before a command that matches be one of the next transaction.
func keepsRecipients(pattern string) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		switch {
		case c.Recipients > 0 && re.MatchString(text):
			c.Notes["kept"] = "yes"
		case c.Notes["kept"] != "" && c.Mail && strings.HasPrefix(text, "DATA"):
			c.Ask("RCPT TO:<user@demo.test>")
		}
		return text, false
	}}
}

// both does what two faults do to commands, the second with what the first makes of them.
func both(a, b faulty.Fault) faulty.Fault {
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		text, done := a.Command(c, text)
		if done {
			return text, true
		}
		return b.Command(c, text)
	}}
}
