package message

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Draft is what a message is built from. Its zero value is an empty message.
type Draft struct {
	From, Sender, ReplyTo, To, Cc, Bcc []Address

	Subject   *string
	Date      string // as the field has it
	MessageID string // with angle brackets
	// Headers are fields of the caller's own. They stand first, where trace fields belong (RFC 5322 3.6), and no field of the same name
	// is built. Without has names of fields that are left out.
	Headers []NameValue
	Without []string

	Text, HTML  *string // line ends become CRLF
	Charset     string  // what the texts are in; by default us-ascii or utf-8
	Encoding    string  // of the texts, "" for the best
	Flowed      bool    // text is format=flowed
	Attachments []Attachment
	UTF8        bool // header fields are UTF-8 as it is (RFC 6532)

	// Random gives what a boundary and a Message-ID are made of. It is asked only when there is need.
	Random func() (*rand.Rand, error) `json:"-"`
}

// NameValue is a header field to write.
type NameValue struct{ Name, Value string }

// Attachment is a file in a message.
type Attachment struct {
	Name        string
	Content     string
	Type        string // with parameters, if any; "" to go by the name
	Encoding    string // "" for the best
	Inline      bool   // shown in the text and not beside it
	CID         string // how the HTML text names it, without "cid:" and brackets
	Description string
}

// entity is a part that is being built.
type entity struct {
	header []string // whole fields
	body   string
	parts  []*entity
	params []Param // of a multipart's Content-Type
	typ    string
	eight  bool // has octets over 127 as they are
}

// FormatDate is a time as a header has it (RFC 5322 3.3).
func FormatDate(t time.Time) string { return t.Format("Mon, 02 Jan 2006 15:04:05 -0700") }

// Build writes the message, in lines that end in CRLF.
func Build(d *Draft) (string, error) {
	b := builder{d: d}
	root, err := b.body()
	if err != nil {
		return "", err
	}
	if err := b.finish(root); err != nil {
		return "", err
	}
	header, err := b.header()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.Grow(root.size() + 1024)
	for _, f := range header {
		out.WriteString(f)
	}
	if !b.leftOut("MIME-Version") {
		out.WriteString("MIME-Version: 1.0\r\n")
	}
	root.header = slices.DeleteFunc(root.header, func(f string) bool {
		name, _, _ := strings.Cut(f, ":")
		return b.leftOut(name)
	})
	root.write(&out)
	return out.String(), nil
}

type builder struct {
	d      *Draft
	random *rand.Rand
}

func (b *builder) rand() (*rand.Rand, error) {
	if b.random != nil {
		return b.random, nil
	}
	if b.d.Random == nil {
		return nil, errors.New("no source of random values")
	}
	r, err := b.d.Random()
	b.random = r
	return r, err
}

// leftOut tells whether a field is not built: the caller has one, or wants none.
func (b *builder) leftOut(name string) bool {
	same := func(n string) bool { return strings.EqualFold(n, name) }
	return slices.ContainsFunc(b.d.Without, same) || slices.ContainsFunc(b.d.Headers, func(f NameValue) bool { return same(f.Name) })
}

// header is the message's own fields, each with its line end.
func (b *builder) header() (fields []string, err error) {
	d := b.d
	for _, f := range d.Headers {
		field, err := Field(f.Name, f.Value, d.UTF8)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	if d.Date != "" && !b.leftOut("Date") {
		field, err := Field("Date", d.Date, d.UTF8)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	for _, a := range []struct {
		name string
		list []Address
	}{{"From", d.From}, {"Sender", d.Sender}, {"Reply-To", d.ReplyTo}, {"To", d.To}, {"Cc", d.Cc}, {"Bcc", d.Bcc}} {
		if len(a.list) == 0 || b.leftOut(a.name) {
			continue
		}
		field, err := addressField(a.name, a.list, d.UTF8)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	if !b.leftOut("Message-ID") {
		id, err := b.messageID()
		if err != nil {
			return nil, err
		}
		field, err := Field("Message-ID", id, d.UTF8)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	if d.Subject != nil && !b.leftOut("Subject") {
		field, err := Field("Subject", *d.Subject, d.UTF8)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// messageID is the draft's, or a new one below the domain of who writes.
func (b *builder) messageID() (string, error) {
	if b.d.MessageID != "" {
		return b.d.MessageID, nil
	}
	r, err := b.rand()
	if err != nil {
		return "", err
	}
	domain := "localhost.invalid"
	if len(b.d.From) > 0 {
		if _, after, ok := cutLast(b.d.From[0].Address, "@"); ok && after != "" && (b.d.UTF8 || isASCII(after)) {
			domain = after
		}
	}
	return "<" + randomText(r, 20) + "@" + domain + ">", nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// body makes the tree of parts: text and its alternative, what belongs to that, and what is attached.
func (b *builder) body() (*entity, error) {
	var inline, attached []*entity
	for i, a := range b.d.Attachments {
		e, err := b.attachment(a)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", i+1, err)
		}
		if (a.Inline || a.CID != "") && b.d.HTML != nil {
			inline = append(inline, e)
		} else {
			attached = append(attached, e)
		}
	}
	var main *entity
	if b.d.HTML != nil {
		html, err := b.text("text/html", *b.d.HTML)
		if err != nil {
			return nil, err
		}
		main = html
		if len(inline) > 0 {
			main = &entity{typ: "multipart/related", parts: append([]*entity{html}, inline...), params: []Param{{"type", "text/html"}}}
		}
	}
	if b.d.Text != nil || main == nil && len(attached) == 0 {
		text, err := b.text("text/plain", deref(b.d.Text))
		if err != nil {
			return nil, err
		}
		if main == nil {
			main = text
		} else {
			main = &entity{typ: "multipart/alternative", parts: []*entity{text, main}}
		}
	}
	if len(attached) == 0 {
		return main, nil
	}
	if main != nil {
		attached = append([]*entity{main}, attached...)
	}
	return &entity{typ: "multipart/mixed", parts: attached}, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (b *builder) text(typ, s string) (*entity, error) {
	s = crlfLines(s)
	var params []Param
	charset := b.d.Charset
	switch {
	case charset != "":
	case isASCII(s):
		charset = "us-ascii"
	default:
		charset = charsetOf(s)
	}
	params = append(params, Param{"charset", charset})
	if b.d.Flowed && typ == "text/plain" {
		s = flow(s)
		params = append(params, Param{"format", "flowed"})
	}
	e := &entity{typ: typ, params: params}
	return e, e.fill(s, b.d.Encoding, true)
}

// fill sets the header of a part that has content, and the content.
func (e *entity) fill(content, encoding string, isText bool) error {
	if encoding == "" {
		encoding = Base64
		if isText {
			encoding = textEncoding(content)
		}
	}
	field, err := paramField("Content-Type", e.typ, e.params)
	if err != nil {
		return err
	}
	e.header = append(e.header, field, "Content-Transfer-Encoding: "+encoding+crlf)
	e.body = encode(content, encoding, isText)
	e.eight = !isASCII(e.body)
	return nil
}

// finish gives each multipart its boundary, from the innermost out.
func (b *builder) finish(e *entity) error {
	if e.parts == nil {
		return nil
	}
	for _, p := range e.parts {
		if err := b.finish(p); err != nil {
			return err
		}
		e.eight = e.eight || p.eight
	}
	r, err := b.rand()
	if err != nil {
		return err
	}
	boundary := "=_" + randomText(r, 24)
	for e.has("--" + boundary) {
		boundary = "=_" + randomText(r, 24)
	}
	field, err := paramField("Content-Type", e.typ, append(e.params, Param{"boundary", boundary}))
	if err != nil {
		return err
	}
	e.header = append(e.header, field)
	if e.eight {
		e.header = append(e.header, "Content-Transfer-Encoding: 8bit\r\n")
	}
	var out strings.Builder
	for _, p := range e.parts {
		out.WriteString("--" + boundary + crlf)
		p.write(&out)
		out.WriteString(crlf)
	}
	out.WriteString("--" + boundary + "--\r\n")
	e.body = out.String()
	return nil
}

// has tells whether text is in the content of the parts.
func (e *entity) has(s string) bool {
	return slices.ContainsFunc(e.parts, func(p *entity) bool { return strings.Contains(p.body, s) })
}

func (e *entity) size() int { return len(e.body) + 256*len(e.header) }

func (e *entity) write(out *strings.Builder) {
	for _, f := range e.header {
		out.WriteString(f)
	}
	out.WriteString(crlf)
	out.WriteString(e.body)
}
