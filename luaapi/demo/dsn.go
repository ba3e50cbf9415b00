package demo

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// notify stores the report that NOTIFY=SUCCESS asked for (RFC 3461 5.2.3, 6.3): when the sender's mailbox is here, for
// this server sends nothing out, and never to the null sender (RFC 3461 5.2).
func (s *session) notify(e *envelope, c *content) {
	sender, _, ok := parsePath("<" + e.from + ">")
	if !ok || e.from == "" || !isMailbox(sender) || isFull(sender) {
		return
	}
	var groups strings.Builder
	ascii := sender.ascii
	for _, to := range e.recipients {
		if to.onSuccess && !to.full {
			groups.WriteString("\r\n" + to.report())
			ascii = ascii && textOnly(to.address+to.original, false)
		}
	}
	if groups.Len() > 0 {
		now := s.srv.cfg.Now()
		data := s.report(e, c, groups.String(), ascii)
		s.srv.store.add(Message{To: []string{e.from}, Data: data, Received: now})
	}
}

// report is the multipart/report (RFC 6522) around the groups of fields of the recipients, with the header of the
// message at its end.
func (s *session) report(e *envelope, c *content, groups string, ascii bool) []byte {
	host, now := s.srv.cfg.Hostname, s.srv.cfg.Now().Format(dateFormat)
	status, original := "message/delivery-status", "text/rfc822-headers"
	if !ascii { // RFC 6533 3
		status, original = "message/global-delivery-status", "message/global-headers"
	}
	end := bytes.Index(c.data, []byte("\r\n\r\n"))
	if end < 0 {
		end = c.trace - len("\r\n")
	}
	envelopeID := ""
	if e.id != "" { // RFC 3464 2.2.1
		envelopeID = "Original-Envelope-Id: " + decodeXtext(e.id) + "\r\n"
	}
	const text = "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@%[1]s>\r\nTo: <%[2]s>\r\n" +
		"Subject: Delivery report\r\nDate: %[3]s\r\nMessage-ID: <%[4]s.report@%[1]s>\r\nAuto-Submitted: auto-replied\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"=_%[4]s\"\r\n\r\n" +
		"--=_%[4]s\r\n\r\nYour message has been delivered.\r\n\r\n" +
		"--=_%[4]s\r\nContent-Type: %[5]s\r\n\r\nReporting-MTA: dns; %[1]s\r\n%[6]s%[7]s\r\n" +
		"--=_%[4]s\r\nContent-Type: %[8]s\r\n\r\n%[9]s\r\n\r\n--=_%[4]s--\r\n"
	return fmt.Appendf(nil, text, host, e.from, now, c.id, status, envelopeID, groups, original, c.data[:end])
}

// report is the group of fields of one recipient (RFC 3464 2.3).
func (r *recipient) report() string {
	typ, action := "rfc822", "delivered"
	if !textOnly(r.address, false) {
		typ = "utf-8"
	}
	if p, _, _ := parsePath("<" + r.address + ">"); !isMailbox(p) {
		action = "relayed"
	}
	original := ""
	if r.original != "" { // RFC 3464 2.3.1
		original = "Original-Recipient: " + decodeXtext(r.original) + "\r\n"
	}
	return original + "Final-Recipient: " + typ + ";" + r.address + "\r\nAction: " + action + "\r\nStatus: 2.0.0\r\n"
}

// decodeXtext undoes xtext (RFC 3461 4).
func decodeXtext(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c = byte(v)
				i += 2
			}
		}
		b = append(b, c)
	}
	return string(b)
}
