package demo

import (
	"bytes"
	"crypto/tls"
	"net"
	"strings"
)

// appendTrace appends the fields that go on top of a message: Return-Path, for delivery is final here, and Received
// (RFC 5321 4.4). Every part of them has been through a parser that lets no control character in.
func (s *session) appendTrace(b []byte, id string) []byte {
	e := &s.envelope
	b = append(append(append(b, "Return-Path: <"...), e.from...), ">\r\nReceived: from "...)
	b = append(append(b, s.hello...), " ("...)
	b = append(append(b, s.clientLiteral()...), ")\r\n\tby "...)
	b = append(append(b, s.srv.cfg.Hostname...), " with "...)
	b = append(append(b, s.protocol()...), " id "...)
	b = append(b, id...)
	if len(e.recipients) == 1 { // of several, none must learn of another (RFC 5321 7.2)
		b = append(append(append(b, "\r\n\tfor <"...), e.recipients[0].address...), '>')
	}
	if s.tls != nil { // RFC 8314 4.3
		b = append(append(b, "\r\n\ttls "...), tls.CipherSuiteName(s.tls.CipherSuite)...)
	}
	b = append(b, ";\r\n\t"...)
	b = s.srv.cfg.Now().AppendFormat(b, dateFormat)
	return append(b, "\r\n"...)
}

// clientLiteral is the client's address as an address literal.
func (s *session) clientLiteral() string {
	host, _, err := net.SplitHostPort(s.raw.RemoteAddr().String())
	switch {
	case err != nil:
		return localLiteral
	case strings.Contains(host, ":"):
		return "[IPv6:" + host + "]"
	}
	return "[" + host + "]"
}

// protocol is the WITH clause: SMTP without extensions, otherwise a name made of what is in use (RFC 3848, RFC 6531 4.3).
func (s *session) protocol() string {
	if !s.extended {
		return "SMTP"
	}
	name := "ESMTP"
	switch {
	case s.svc == serviceLMTP && s.envelope.utf8:
		name = "UTF8LMTP"
	case s.svc == serviceLMTP:
		name = "LMTP"
	case s.envelope.utf8:
		name = "UTF8SMTP"
	}
	if s.tls != nil {
		name += "S"
	}
	if s.user != "" {
		name += "A"
	}
	return name
}

// header is what the server wants to know of a message's header section.
type header struct {
	received        int
	date, messageID bool
	returnPaths     [][2]int // where they begin and end
}

// scanHeader reads fields until an empty line, or a line that is no field.
func scanHeader(data []byte) header {
	var h header
	for i := 0; i < len(data); {
		end := fieldEnd(data, i)
		name, _, ok := bytes.Cut(data[i:end], []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\r\n") {
			break
		}
		switch {
		case bytes.EqualFold(name, []byte("Received")):
			h.received++
		case bytes.EqualFold(name, []byte("Return-Path")):
			h.returnPaths = append(h.returnPaths, [2]int{i, end})
		case bytes.EqualFold(name, []byte("Date")):
			h.date = true
		case bytes.EqualFold(name, []byte("Message-ID")):
			h.messageID = true
		}
		i = end
	}
	return h
}

// fieldEnd gives the index behind the field at i, with the lines that continue it.
func fieldEnd(data []byte, i int) int {
	for {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return len(data)
		}
		i += n + 1
		if i >= len(data) || data[i] != ' ' && data[i] != '\t' {
			return i
		}
	}
}
