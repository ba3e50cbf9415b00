package talk

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/meaning"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// verbs are the commands of SMTP and LMTP, with what they do.
var verbs = map[string]string{
	"EHLO":     "EHLO NAME: says who we are, and asks what the server offers (RFC 5321 4.1.1.1)",
	"HELO":     "HELO NAME: says who we are, without extensions (RFC 5321 4.1.1.1)",
	"LHLO":     "LHLO NAME: EHLO of LMTP (RFC 2033)",
	"MAIL":     "MAIL FROM:<ADDRESS> [PARAMETERS]: begins a transaction with its sender; <> is none (RFC 5321 4.1.1.2)",
	"RCPT":     "RCPT TO:<ADDRESS> [PARAMETERS]: adds a recipient (RFC 5321 4.1.1.3)",
	"DATA":     "DATA: begins the message, which a dot on a line of its own ends (RFC 5321 4.1.1.4)",
	"BDAT":     "BDAT OCTETS [LAST]: the octets that follow are a chunk of the message (RFC 3030)",
	"RSET":     "RSET: gives the transaction up (RFC 5321 4.1.1.5)",
	"VRFY":     "VRFY ADDRESS: asks whether a mailbox exists (RFC 5321 4.1.1.6)",
	"EXPN":     "EXPN LIST: asks who is on a mailing list (RFC 5321 4.1.1.7)",
	"HELP":     "HELP [COMMAND]: asks the server for help (RFC 5321 4.1.1.8)",
	"NOOP":     "NOOP: does nothing (RFC 5321 4.1.1.9)",
	"QUIT":     "QUIT: ends the conversation; the server replies and closes (RFC 5321 4.1.1.10)",
	"STARTTLS": "STARTTLS: begins TLS; the handshake follows the 220 (RFC 3207)",
	"AUTH":     "AUTH MECHANISM [INITIAL RESPONSE]: logs in; 334 asks for a response in base64 (RFC 4954)",
	"ETRN":     "ETRN DOMAIN: asks the server to send the mail that waits for a domain (RFC 1985)",
}

// help is /help.
func (s *session) help(word string) {
	if word == "" {
		for _, c := range commands() {
			s.out.result(fmt.Sprintf("%-26s%s", strings.TrimSpace("/"+c.name+" "+c.args), c.text))
		}
		s.out.result("Anything else is sent as it is, with CRLF. Tab completes; the arrows bring back what was typed before.")
		return
	}
	text := explained(word)
	if text == "" {
		s.fail(Misused, "/help explains EHLO keywords, reply codes, enhanced codes and commands", "nothing is known here of %q%s", word, spell.Hint(strings.ToUpper(word), meaning.Keywords()))
		return
	}
	s.out.result(text)
}

// explained is what is known of a word, or "".
func explained(word string) string {
	if name, ok := strings.CutPrefix(word, "/"); ok {
		for _, c := range commands() {
			if c.name == name {
				return strings.TrimSpace("/"+c.name+" "+c.args) + ": " + c.text
			}
		}
		return ""
	}
	var texts []string
	upper := strings.ToUpper(word)
	for _, text := range []string{verbs[upper], meaning.Keyword(word)} {
		if text != "" && strings.HasPrefix(text, upper) {
			texts = append(texts, text)
		} else if text != "" {
			texts = append(texts, upper+" in the reply to EHLO: "+text)
		}
	}
	if code, err := strconv.Atoi(word); err == nil && len(word) == 3 && meaning.Code(code) != "" {
		texts = append(texts, word+": "+meaning.Code(code))
	}
	if strings.Count(word, ".") == 2 && meaning.Enhanced(word) != "" {
		texts = append(texts, word+": "+meaning.Enhanced(word))
	}
	if len(texts) == 0 {
		for _, c := range commands() {
			if c.name == strings.ToLower(word) {
				return explained("/" + c.name)
			}
		}
	}
	return strings.Join(texts, "\n")
}

// explain says what a reply means that was shown as bytes.
func (s *session) explain(r *wire.Reply) {
	if s.out.explain {
		if text := meaningOf(r); text != "" {
			s.out.line(s.out.paint(dim, "  = "+text))
		}
	}
}
