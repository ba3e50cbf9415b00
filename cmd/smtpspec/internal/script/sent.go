package script

import (
	"bytes"
	"fmt"
)

// maxKept is the most of one message or write that a file keeps: the rest is there in its length alone.
const maxKept = 128 << 10

// sent writes what the client sent, with the expectation of the reply to it behind it where that is what came next.
func (w *writer) sent(k *conn, s *Step) {
	if s.Kind == Line && w.starttls(k, s) {
		return
	}
	empty := len(k.ledger.pending) == 0
	call := k.name + w.sending(s)
	k.ledger.sent(s)
	if next := w.next(); next != nil && next.Kind == Reply && next.Conn == s.Conn && empty && len(k.ledger.pending) == 1 && next.Reply != nil {
		w.at++
		w.reply(k, call, next.Reply)
		return
	}
	w.line("%s", call)
}

// next is the step that follows, or nil.
func (w *writer) next() *Step {
	if w.at+1 < len(w.todo) {
		return &w.todo[w.at+1]
	}
	return nil
}

// starttls writes the command, its reply and the handshake in one, where they came together.
func (w *writer) starttls(k *conn, s *Step) bool {
	if string(s.Data) != "STARTTLS" || len(k.ledger.pending) > 0 || w.at+2 >= len(w.todo) {
		return false
	}
	reply, shake := w.todo[w.at+1], w.todo[w.at+2]
	if reply.Kind != Reply || shake.Kind != StartTLS || reply.Conn != s.Conn || shake.Conn != s.Conn || reply.Reply == nil || reply.Reply.Code != 220 {
		return false
	}
	w.at += 2
	k.ledger.reset()
	w.asks = true
	w.line("%s:starttls()", k.name)
	return true
}

// sending is the call that sends a step's data.
func (w *writer) sending(s *Step) string {
	switch s.Kind {
	case Line:
		if !bytes.ContainsAny(s.Data, "\r\n\x00") {
			return ":send(" + w.expression(s.Data, "x") + ")"
		}
		return ":write(" + w.expression(append(bytes.Clone(s.Data), "\r\n"...), "x") + ")"
	case Message:
		if bareEnd(s.Data) {
			return ":write(" + w.expression(stuffed(s.Data), filler) + ")"
		}
		text := bytes.ReplaceAll(s.Data, []byte("\r\n"), []byte("\n"))
		if len(text) > 0 && text[len(text)-1] != '\n' {
			text = append(text, '\n') // as send_data does too
		}
		if long, ok := longString(text); ok {
			return ":send_data(" + long + ")"
		}
		return ":send_data(" + w.expression(text, filler) + ")"
	}
	return ":write(" + w.expression(s.Data, "x") + ")"
}

// filler is the line that takes the place of those of a long message.
const filler = "The file keeps only the beginning of a long message: lines like this are the rest.\n"

// expression is data as a Lua expression. Of very much only the beginning is kept, and the rest replaced by as much of fill.
func (w *writer) expression(data []byte, fill string) string {
	if source := literal(data, indent); len(source) <= 2*maxKept {
		return source
	}
	head := data[:maxKept/2]
	if i := bytes.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i+1]
	}
	w.lost(fmt.Sprintf("of %d bytes that were sent here the first %d are kept", len(data), len(head)))
	return literal(head, indent) + "\n" + indent + indent + ".. (" + quote(fill) + fmt.Sprintf("):rep(%d)", (len(data)-len(head))/len(fill))
}

// bareEnd tells whether data has a CR or an LF that is no part of a CRLF.
func bareEnd(data []byte) bool {
	rest := bytes.ReplaceAll(data, []byte("\r\n"), nil)
	return bytes.ContainsAny(rest, "\r\n")
}

// stuffed is a message as it goes over the wire: a second dot before each that begins a line, and the end of data (RFC 5321 section 4.5.2).
func stuffed(data []byte) []byte {
	var out []byte
	for i, line := range bytes.Split(data, []byte("\r\n")) {
		if i > 0 {
			out = append(out, "\r\n"...)
		}
		if bytes.HasPrefix(line, []byte(".")) {
			out = append(out, '.')
		}
		out = append(out, line...)
	}
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\r\n")) {
		out = append(out, "\r\n"...)
	}
	return append(out, ".\r\n"...)
}
