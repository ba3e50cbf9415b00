package mailbox

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/message"
)

// Query says what a message must be like. What is empty is not asked for.
type Query struct {
	To       string   // an address
	Contains string   // text that is found in it
	Header   []Header // fields that it has
}

// Header is a header field that is asked for: one of the name whose value has the text in it.
type Header struct{ Name, Text string }

// Wants are the parts of the query, in words.
func (q *Query) Wants() []string {
	var wants []string
	if q.To != "" {
		wants = append(wants, "is to "+q.To)
	}
	if q.Contains != "" {
		wants = append(wants, "contains "+strconv.Quote(q.Contains))
	}
	for _, h := range q.Header {
		wants = append(wants, fmt.Sprintf("has %s with %q", h.Name, h.Text))
	}
	return wants
}

func (q *Query) String() string { return "a message that " + strings.Join(q.Wants(), " and ") }

// Match tells for each of Wants whether a message has it.
func (q *Query) Match(m *Message) []bool {
	var got []bool
	if q.To != "" {
		got = append(got, m.isTo(q.To))
	}
	if q.Contains != "" {
		got = append(got, m.contains(q.Contains))
	}
	for _, h := range q.Header {
		got = append(got, m.hasHeader(h))
	}
	return got
}

// isTo compares without regard to case, since few servers have any in local parts. A message whose recipients are all known goes to these;
// otherwise also to those that it names.
func (m *Message) isTo(address string) bool {
	address = strings.Trim(address, "<>")
	if m.Envelope != nil {
		for _, to := range m.Envelope.To {
			if strings.EqualFold(to, address) {
				return true
			}
		}
	}
	if m.exact {
		return false
	}
	for _, name := range []string{"To", "Cc", "Bcc"} {
		for _, a := range m.Addresses(name) {
			if strings.EqualFold(a.Address, address) {
				return true
			}
		}
	}
	return false
}

// contains looks into the message as it is, then into its header fields and texts without their encodings, which a server may have changed. Line
// ends are no difference.
func (m *Message) contains(text string) bool {
	text = unixLines(text)
	raw := m.Raw
	if strings.Contains(text, "\n") {
		raw = unixLines(raw)
	}
	if strings.Contains(raw, text) {
		return true
	}
	for _, f := range m.Header {
		if strings.Contains(f.Value, text) {
			return true
		}
	}
	return inTexts(m.Message, text)
}

func inTexts(m *message.Message, text string) bool {
	for _, p := range m.Parts {
		if inTexts(p, text) {
			return true
		}
	}
	return len(m.Parts) == 0 && strings.HasPrefix(m.Type, "text/") && strings.Contains(m.Text(), text)
}

func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func (m *Message) hasHeader(h Header) bool {
	for _, value := range m.Values(h.Name) {
		if strings.Contains(value, h.Text) {
			return true
		}
	}
	return false
}
