package message

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// header reads the fields that text begins with, and gives the rest. A line that is none of a header ends it.
func (p *parser) header(text, where string) (fields []HeaderField, body string) {
	var raw []string
	at, number, begun := 0, 0, -1 // begun: where the field begins that goes on
	end := func() []HeaderField {
		if begun >= 0 {
			raw = append(raw, text[begun:at])
		}
		return p.fields(raw, where)
	}
	for line := range strings.Lines(text) {
		number++
		switch {
		case strings.TrimRight(line, "\r\n") == "":
			return end(), text[at+len(line):]
		case line[0] == ' ' || line[0] == '\t':
			if begun < 0 {
				p.defect(where, "the header begins with a folded line")
				return nil, text[at:]
			}
		case number == 1 && strings.HasPrefix(line, "From ") && where == "":
			// the line that mailboxes put before a message (RFC 4155)
		case !isField(line):
			p.defect(where, fmt.Sprintf("line %d is no header field, and there is no empty line before it: %s", number, quote(short(strings.TrimRight(line, "\r\n")))))
			return end(), text[at:]
		case len(raw) >= maxFields:
			p.defect(where, fmt.Sprintf("the header has more than %d fields: the rest is not read", maxFields))
			return end(), text[at:]
		default:
			if begun >= 0 {
				raw = append(raw, text[begun:at])
			}
			begun = at
		}
		at += len(line)
	}
	return end(), ""
}

// isField tells whether a line begins with a field's name and a colon; blanks between them were once allowed (RFC 5322 4.5).
func isField(line string) bool {
	name, _, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

func (p *parser) fields(raw []string, where string) []HeaderField {
	fields := make([]HeaderField, 0, len(raw))
	for _, r := range raw {
		name, value, _ := strings.Cut(r, ":")
		trimmed := strings.TrimRight(name, " \t")
		if trimmed != name {
			p.defect(where, "a blank stands between the field's name and its colon: "+quote(short(trimmed)))
		}
		if !utf8.ValidString(r) {
			p.defect(where, "the header field "+quote(short(trimmed))+" has octets that are no UTF-8")
		}
		if strings.HasPrefix(value, " ") || strings.HasPrefix(value, "\t") {
			value = value[1:]
		}
		for line := range strings.Lines(r) {
			if len(strings.TrimRight(line, "\r\n")) > maxLine {
				p.defect(where, fmt.Sprintf("a line of the header field %s has more than %d octets", quote(short(trimmed)), maxLine))
			}
		}
		value, problems := decodeWords(strings.Trim(unfold(value), " \t\r"))
		for _, problem := range problems {
			p.defect(where, problem)
		}
		fields = append(fields, HeaderField{Name: trimmed, Value: value, Raw: r})
	}
	return fields
}

// Values are the values of all fields of a name, in order.
func (m *Message) Values(name string) (values []string) {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Value is that of the first field of a name.
func (m *Message) Value(name string) (string, bool) {
	if values := m.Values(name); len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// raw is the value of the first field of a name as it was written.
func (m *Message) raw(name string) (string, bool) {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			_, value, _ := strings.Cut(f.Raw, ":")
			return value, true
		}
	}
	return "", false
}

// Addresses are those of all fields of a name.
func (m *Message) Addresses(name string) (list []Address) {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			_, value, _ := strings.Cut(f.Raw, ":")
			list = append(list, ParseAddresses(value)...)
		}
	}
	return list
}

// Content is the body without its transfer encoding.
func (m *Message) Content() string {
	content, _ := m.decoded()
	return content
}

func (m *Message) decoded() (content, problem string) {
	switch m.encoding {
	case SevenBit, EightBit, "binary":
		return m.Body, ""
	case Base64:
		return decodeBase64(m.Body)
	case QuotedPrintable:
		return decodeQP(m.Body)
	}
	return m.Body, "the transfer encoding " + quote(short(m.encoding)) + " is not known here: the content is the body"
}

// Text is the content of a text as UTF-8, with LF for line ends; lines that were broken for format=flowed are whole again.
func (m *Message) Text() string {
	charset, _ := find(m.Params, "charset")
	text, _ := decodeCharset(m.Content(), charset)
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if format, _ := find(m.Params, "format"); strings.EqualFold(format, "flowed") && m.Type == "text/plain" {
		delSp, _ := find(m.Params, "delsp")
		return unflow(text, strings.EqualFold(delSp, "yes"))
	}
	return text
}

// Find gives the first text of a type that is shown and not attached, m itself included; it does not look into messages that are attached.
func (m *Message) Find(typ string) *Message {
	if m.Disposition == "attachment" {
		return nil
	}
	if m.Type == typ {
		return m
	}
	if !strings.HasPrefix(m.Type, "multipart/") {
		return nil
	}
	for _, p := range m.Parts {
		if found := p.Find(typ); found != nil {
			return found
		}
	}
	return nil
}

// Attachments are the parts that are files: those that say so or have a name, and all that is neither text nor multipart.
func (m *Message) Attachments() (list []*Message) {
	if !strings.HasPrefix(m.Type, "multipart/") {
		if m.Disposition == "attachment" || m.Name != "" || !strings.HasPrefix(m.Type, "text/") {
			return []*Message{m}
		}
		return nil
	}
	for _, p := range m.Parts {
		list = append(list, p.Attachments()...)
	}
	return list
}
