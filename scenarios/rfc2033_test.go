package scenarios_test

import (
	"strings"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestLMTP(t *testing.T) {
	full := map[string]string{"full_rcpt": "full@demo.test"}
	faults := []fault{
		{id: "rfc2033-4.1-lhlo", name: "unknown", fault: answer(`^LHLO`, "500 5.5.1 unknown")},
		{id: "rfc2033-4.1-lhlo", name: "in upper case alone", fault: answer(`^(?-i:lhlo)`, "500 5.5.1 unknown")},
		{id: "rfc2033-4.1-no-helo-ehlo", name: "EHLO", fault: obey(`^EHLO`, "LHLO")},
		{id: "rfc2033-4.1-no-helo-ehlo", name: "HELO", fault: answer(`^HELO`, "250 mx.demo.test")},
		{id: "rfc2033-4.2-data-no-rcpt-503", name: "354", fault: answer(`^DATA`, "354 go on")},
		{id: "rfc2033-4.2-data-no-rcpt-503", name: "554", fault: replaced("DATA", "503", "554"), level: "warning"},
		{id: "rfc2033-4.2-data-no-rcpt-503", name: "354 after a refused RCPT", fault: faulty.Fault{Command: dataAfterRefusal}},
		{id: "rfc2033-4.2-reply-per-rcpt", name: "one for all", fault: faulty.Fault{Reply: oneReply}},
		{id: "rfc2033-4.2-reply-per-rcpt", name: "one more", fault: faulty.Fault{Reply: oneReplyMore}},
		{id: "rfc2033-4.2-reply-per-rcpt", name: "in another order", fault: faulty.Fault{Reply: backwards}},
		{id: "rfc2033-4.2-reply-dup-rcpt", name: "one", fault: faulty.Fault{Reply: oneReply}},
		{id: "rfc2033-4.2-mixed-result", name: "250 for all", fault: replaced(".", "552 5.2.2", "250 2.0.0"), facts: full},
		{id: "rfc2033-4.2-mixed-result", name: "552 from there on", fault: faulty.Fault{Reply: failsOnwards}, facts: full},
		{id: "rfc2033-4.3-bdat-last-replies", name: "one for all", fault: faulty.Fault{Reply: oneReply}},
		{id: "rfc2033-4.3-bdat-last-replies", name: "one for each to every chunk", fault: faulty.Fault{Reply: oneReplyMore}},
		{id: "rfc2033-4.3-bdat-last-replies", name: "250 for nobody", fault: faulty.Fault{Command: chunkForNobody}},
		{id: "rfc2033-5-pipelining", name: "no PIPELINING", fault: unlistedLMTP("PIPELINING")},
		{id: "rfc2033-5-pipelining", name: "no ENHANCEDSTATUSCODES", fault: unlistedLMTP("ENHANCEDSTATUSCODES")},
		{id: "rfc2033-5-8bitmime", name: "none", fault: unlistedLMTP("8BITMIME")},
		{id: "rfc2033-5-not-port-25", name: "it is", facts: map[string]string{"port": "25"}},
		{id: "rfc2033-lmtp-mail-before-lhlo", name: "250", fault: answer(`^MAIL`, "250 2.1.0 fine"), level: "warning"},
		{id: "rfc2033-lmtp-mail-before-lhlo", name: "a message is asked for", fault: answer(`^MAIL`, "354 go on")},
		{id: "rfc3848-lmtp-with", name: "ESMTP", fault: rewrites(`with LMTP`, "with ESMTP")},
		{id: "rfc3848-lmtp-with", name: "SMTP", fault: rewrites(`with LMTP`, "with SMTP")},
	}
	right := map[string]bool{}
	for i := range faults {
		faults[i].to = "lmtp"
		if id := faults[i].id; !right[id] {
			right[id] = true
			faults = append(faults, fault{id: id, name: "right", to: "lmtp", facts: full, right: true})
		}
	}
	suite(t, "rfc2033/lmtp.lua", faults)
}

// unlistedLMTP has a keyword left out of the reply to LHLO.
func unlistedLMTP(keyword string) faulty.Fault {
	return say("LHLO", func(reply string) string { return strings.ReplaceAll(reply, "250-"+keyword+"\r\n", "") })
}

func dataAfterRefusal(c *faulty.Conv, text string) (string, bool) {
	if strings.HasPrefix(text, "RCPT") {
		c.Notes["named"] = text
	}
	if text != "DATA" || c.Notes["named"] == "" {
		return text, false
	}
	c.Say("354 go on\r\n")
	return text, true
}

// lastOf counts the replies to a message, and tells whether one is the last of them.
func lastOf(c *faulty.Conv) bool {
	c.Notes["replies"] += "."
	return len(c.Notes["replies"]) == c.Recipients
}

func isMessage(verb string) bool { return verb == "." || verb == "BDAT" }

// oneReply says only the last of the replies to a message.
func oneReply(c *faulty.Conv, verb, reply string) string {
	if isMessage(verb) && !lastOf(c) {
		return ""
	}
	return reply
}

// oneReplyMore says each reply to a message twice.
func oneReplyMore(_ *faulty.Conv, verb, reply string) string {
	if isMessage(verb) {
		return reply + reply
	}
	return reply
}

// backwards names the recipients in the replies to a message, the second first.
func backwards(c *faulty.Conv, verb, reply string) string {
	switch {
	case verb != ".":
		return reply
	case lastOf(c):
		return "250 2.0.0 <user@demo.test> delivered\r\n"
	}
	return "250 2.0.0 <user2@demo.test> delivered\r\n"
}

// failsOnwards says of all recipients behind one that has failed that they have.
func failsOnwards(c *faulty.Conv, verb, reply string) string {
	if verb != "." {
		return reply
	}
	if strings.HasPrefix(reply, "552") {
		c.Notes["failed"] = reply
	}
	if c.Notes["failed"] != "" {
		return c.Notes["failed"]
	}
	return reply
}

// chunkForNobody accepts the last chunk of a message that has no recipients.
func chunkForNobody(c *faulty.Conv, text string) (string, bool) {
	if !strings.HasPrefix(text, "BDAT") || c.Recipients > 0 {
		return text, false
	}
	c.Take(len("QUIT\r\n"))
	c.Say("250 2.0.0 fine\r\n")
	return text, true
}
