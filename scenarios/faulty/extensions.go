package faulty

import (
	"slices"
	"strings"
)

// The extensions that the demo server lacks, done here as a careful server does: offered, their parameters checked, and taken out of what the demo server
// is given.

// extended adds to a reply what is offered besides.
func (c *Conv) extended(verb, reply string) string {
	if (verb != "EHLO" && verb != "LHLO") || !strings.HasPrefix(reply, "250-") {
		return reply
	}
	lines := c.keywords()
	if c.Secure { // RFC 8689 2
		lines = append(lines, "REQUIRETLS")
	}
	return strings.Replace(reply, "\r\n", "\r\n250-"+strings.Join(lines, "\r\n250-")+"\r\n", 1)
}

// extend gives the line that goes to the demo server, or what is wrong with a parameter.
func (c *Conv) extend(line string) (rest, refusal string) {
	switch verbOf(line) {
	case "MAIL":
		if line, refusal = c.requireTLS(line); refusal == "" {
			refusal = c.limited()
		}
	case "ETRN":
		refusal = c.turn(line)
	}
	if refusal != "" {
		return "", refusal
	}
	return c.takeParameters(line)
}

// requireTLS checks MAIL's parameter REQUIRETLS, which has no value, and is for TLS alone (RFC 8689 2).
func (c *Conv) requireTLS(line string) (rest, refusal string) {
	words := strings.Split(line, " ")
	at := slices.IndexFunc(words, func(word string) bool {
		name, _, _ := strings.Cut(word, "=")
		return strings.EqualFold(name, "REQUIRETLS")
	})
	switch {
	case at < 0:
		return line, ""
	case !c.Secure:
		return "", "555 5.5.4 REQUIRETLS is for TLS\r\n"
	case strings.Contains(words[at], "="):
		return "", "501 5.5.4 REQUIRETLS has no value\r\n"
	}
	return strings.Join(slices.Delete(words, at, at+1), " "), ""
}
