package message

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxDepth  = 100     // multiparts and messages in each other
	maxParts  = 10_000  // in all
	maxFields = 100_000 // of a header
	maxParams = 1000    // of a field
)

// Message is a message, or a part of one.
type Message struct {
	Header      []HeaderField
	Type        string // of its content, in lower case: "text/plain" where nothing is said (RFC 2045 5.2)
	Params      []Param
	Disposition string // "inline", "attachment", or "" where nothing is said
	Name        string // of the file
	Raw         string // all of it
	Body        string // what follows the header, as it is
	Parts       []*Message
	Defects     []string  // what is wrong, in sentences: of the whole message with all its parts
	Envelope    *Envelope // of a message from a mailbox, where it is known

	encoding string
}

// HeaderField is a field as it was read.
type HeaderField struct {
	Name  string
	Value string // unfolded and decoded
	Raw   string // with its name and line ends
}

// Parse reads a message, however broken it is.
func Parse(b []byte) *Message { return ParseText(string(b)) }

// ParseText is Parse for text, of which the message keeps parts.
func ParseText(text string) *Message {
	p := &parser{left: 20*len(text) + 64<<20}
	switch crlfs := strings.Count(text, "\r\n"); {
	case crlfs > 0 && crlfs < strings.Count(text, "\n"):
		p.defect("", "line ends are mixed: CRLF, and LF alone")
	case crlfs < strings.Count(text, "\r"):
		p.defect("", "a CR stands alone")
	}
	if strings.IndexByte(text, 0) >= 0 {
		p.defect("", "there is a NUL")
	}
	m := p.entity(text, "", "text/plain", 0)
	p.required(m)
	m.Defects = p.defects
	return m
}

type parser struct {
	defects []string
	parts   int
	left    int // how many octets of parts in parts may yet be looked at
}

// maxDefects is how many are kept: the rest says nothing new.
const maxDefects = 200

// defect records what is wrong; where is the number of the part, as in "1.2".
func (p *parser) defect(where, text string) {
	if where != "" {
		text = "part " + where + ": " + text
	}
	if len(p.defects) < maxDefects && !slices.Contains(p.defects, text) {
		p.defects = append(p.defects, text)
	}
}

// entity reads a message or a part, which is of the type typ when it does not say.
func (p *parser) entity(text, where, typ string, depth int) *Message {
	m := &Message{Raw: text}
	m.Header, m.Body = p.header(text, where)
	m.Type = typ
	if v, ok := m.raw("Content-Type"); ok {
		p.contentType(m, v, where)
	}
	if v, ok := m.raw("Content-Disposition"); ok {
		var params []Param
		var problem string
		if m.Disposition, params, problem = parseParams(v); problem != "" {
			p.defect(where, "Content-Disposition: "+problem)
		}
		m.Name, _ = find(params, "filename")
	}
	if m.Name == "" {
		m.Name, _ = find(m.Params, "name")
	}
	m.encoding = "7bit"
	if v, ok := m.raw("Content-Transfer-Encoding"); ok {
		m.encoding, _, _ = parseParams(v)
	}
	p.content(m, where, depth)
	return m
}

func (p *parser) contentType(m *Message, value, where string) {
	typ, params, problem := parseParams(value)
	if problem != "" {
		p.defect(where, "Content-Type: "+problem)
	}
	kind, sub, ok := strings.Cut(typ, "/")
	if !ok || !isToken(kind) || !isToken(sub) {
		p.defect(where, "Content-Type is no type: "+quote(short(typ)))
		typ = "text/plain" // RFC 2045 5.2
	}
	m.Type, m.Params = typ, params
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// content reads the parts that are in a part, or looks whether its content can be decoded.
func (p *parser) content(m *Message, where string, depth int) {
	multipart := strings.HasPrefix(m.Type, "multipart/")
	composite := multipart || m.Type == "message/rfc822" || m.Type == "message/global"
	if p.left -= len(m.Body); composite && (depth >= maxDepth || p.left < 0) {
		p.defect(where, fmt.Sprintf("parts are more than %d deep in each other, or too many for their size: what is in this one is not read", maxDepth))
		return
	}
	if composite && (m.encoding == Base64 || m.encoding == QuotedPrintable) {
		p.defect(where, m.Type+" is encoded as "+m.encoding+" (RFC 2045 6.4)")
	}
	switch {
	case multipart:
		p.multipart(m, where, depth)
	case composite:
		m.Parts = []*Message{p.entity(m.Content(), under(where, 1), "text/plain", depth+1)}
	default:
		p.leaf(m, where)
	}
}

func (p *parser) leaf(m *Message, where string) {
	content, problem := m.decoded()
	if problem != "" {
		p.defect(where, problem)
	}
	if m.encoding == SevenBit && !isASCII(m.Body) {
		p.defect(where, "octets over 127 in content that is said to be 7bit")
	}
	for line := range strings.Lines(m.Body) {
		if len(strings.TrimRight(line, "\r\n")) > maxLine && m.encoding != "binary" {
			p.defect(where, fmt.Sprintf("a line has more than %d octets", maxLine))
			break
		}
	}
	if strings.HasPrefix(m.Type, "text/") {
		charset, _ := find(m.Params, "charset")
		if _, problem := decodeCharset(content, charset); problem != "" {
			p.defect(where, problem)
		}
	}
}

func under(where string, n int) string {
	if where == "" {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s.%d", where, n)
}

// multipart splits a body at its boundary (RFC 2046 5.1.1).
func (p *parser) multipart(m *Message, where string, depth int) {
	boundary, ok := find(m.Params, "boundary")
	boundary = strings.TrimRight(boundary, " ")
	if !ok || boundary == "" {
		p.defect(where, "a multipart without a boundary")
		return
	}
	typ := "text/plain"
	if m.Type == "multipart/digest" {
		typ = "message/rfc822"
	}
	bodies, closed := splitParts(m.Body, boundary)
	switch {
	case len(bodies) == 0:
		p.defect(where, "a multipart in which its boundary does not occur")
	case !closed:
		p.defect(where, "a multipart without its last boundary")
	}
	for i, body := range bodies {
		if p.parts++; p.parts > maxParts {
			p.defect("", fmt.Sprintf("more than %d parts: the rest is not read", maxParts))
			return
		}
		m.Parts = append(m.Parts, p.entity(body, under(where, i+1), typ, depth+1))
	}
}

// splitParts gives what is between the boundaries, and whether the last one came.
func splitParts(body, boundary string) (parts []string, closed bool) {
	start, at := -1, 0
	for line := range strings.Lines(body) {
		begin := at
		at += len(line)
		rest, ok := strings.CutPrefix(line, "--"+boundary)
		if !ok {
			continue
		}
		rest = strings.TrimRight(rest, " \t\r\n")
		if rest != "" && rest != "--" {
			continue
		}
		if start >= 0 {
			parts = append(parts, withoutEnd(body[start:begin]))
		}
		if start = at; rest == "--" {
			return parts, true
		}
	}
	if start >= 0 {
		parts = append(parts, body[start:])
	}
	return parts, false
}

// withoutEnd takes the last line end away: it belongs to the boundary.
func withoutEnd(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
}

// required looks for what each message has to have, once (RFC 5322 3.6).
func (p *parser) required(m *Message) {
	for _, name := range []string{"Date", "From"} {
		if _, ok := m.raw(name); !ok {
			p.defect("", "there is no "+name)
		}
	}
	for _, name := range []string{"Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject",
		"MIME-Version", "Content-Type", "Content-Transfer-Encoding"} {
		if n := len(m.Values(name)); n > 1 {
			p.defect("", fmt.Sprintf("%s is there %d times", name, n))
		}
	}
	if v, ok := m.raw("Date"); ok {
		if _, err := ParseDate(v); err != nil {
			p.defect("", "Date is no date: "+quote(short(strings.TrimSpace(v))))
		}
	}
}

// dateForms are the forms of dates that are taken, with and without the name of the day, and years and zones as they once were.
var dateForms = []string{"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04 MST", "2 Jan 06 15:04:05 -0700", "2 Jan 06 15:04:05 MST"}

// zones are those that have names (RFC 5322 4.3). Others count as UTC, as it says.
var zones = map[string]string{"EDT": "-0400", "EST": "-0500", "CDT": "-0500", "CST": "-0600", "MDT": "-0600", "MST": "-0700", "PDT": "-0700", "PST": "-0800"}

// ParseDate reads a date as headers have it (RFC 5322 3.3 and 4.3).
func ParseDate(s string) (time.Time, error) {
	p := addressParser{s: unfold(s)}
	text := strings.Join(strings.Fields(p.paramText("")), " ") // without comments
	if _, rest, ok := strings.Cut(text, ","); ok {
		text = strings.TrimSpace(rest)
	}
	if before, zone, ok := cutLast(text, " "); ok && zones[strings.ToUpper(zone)] != "" {
		text = before + " " + zones[strings.ToUpper(zone)]
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("no date: %q", short(s))
}
