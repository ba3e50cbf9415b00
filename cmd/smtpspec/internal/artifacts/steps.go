package artifacts

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// pause is how long the client has to be idle for the script to wait there too.
const pause = time.Second

// told makes the steps of a conversation up to a failure, which is the last of them. It is false where the record does not tell enough: credentials
// went over the wire, or something else than a reply, a close or a silence was required.
func told(wires []*event.Wire, f *event.Failure) ([]script.Step, bool) {
	if f.Call == "" || f.Conn == 0 {
		return nil, false
	}
	t := teller{conns: map[int]*side{}, failure: f}
	for _, w := range wires {
		if w.Index > f.Wire || !t.wire(w) {
			break
		}
	}
	if t.lost || t.conns[f.Conn] == nil {
		return nil, false
	}
	for n := range t.conns {
		if n != f.Conn {
			t.flush(n)
		}
	}
	return append(t.steps, script.Step{Kind: script.Require, Conn: f.Conn, Text: f.Call}), true
}

// teller makes steps of the record of an attempt.
type teller struct {
	steps   []script.Step
	conns   map[int]*side
	failure *event.Failure
	last    time.Time // of the latest record
	lost    bool      // something cannot be told
}

// side is what is known of a connection.
type side struct {
	reply  []byte // of a reply that is not whole yet
	begun  bool   // something was said
	filler int64  // octets of a long message that were left out of the record
}

func (t *teller) add(kind script.Kind, conn int, data []byte) {
	t.steps = append(t.steps, script.Step{Kind: kind, Conn: conn, Data: data})
}

// wire takes a record; it is false when nothing after it can be told.
func (t *teller) wire(w *event.Wire) bool {
	if idle := w.Time.Sub(t.last); w.Dir == event.Out && !t.last.IsZero() && idle >= pause {
		t.steps = append(t.steps, script.Step{Kind: script.Wait, Conn: w.Conn, Time: idle.Round(100 * time.Millisecond)})
	}
	t.last = w.Time
	if w.Dir == event.Info && !t.info(w) {
		t.lost = true
		return false
	}
	s := t.conns[w.Conn]
	switch {
	case s == nil:
		t.lost = true
	case w.Dir == event.Out && bytes.Contains(w.Data, []byte(wire.Mask)):
		t.lost = true
	case w.Dir == event.Out && !s.begun && (bytes.HasPrefix(w.Data, []byte("PROXY ")) || bytes.HasPrefix(w.Data, []byte("\r\n"))):
		t.lost = true // the header of a proxy stands before TLS and belongs to the connect
	case w.Dir == event.Out:
		t.out(s, w)
	case w.Dir == event.In:
		t.in(s, w)
	}
	return !t.lost
}

// info takes a remark of the record.
func (t *teller) info(w *event.Wire) bool {
	text := string(w.Data)
	switch {
	case strings.HasPrefix(text, "connected to "):
		t.conns[w.Conn] = &side{}
		to := &script.Connect{Host: strings.TrimPrefix(text, "connected to ")}
		if host, port, err := net.SplitHostPort(to.Host); err == nil {
			to.Host = host
			to.Port, _ = strconv.Atoi(port) // it is a number, since it was connected to
		}
		t.steps = append(t.steps, script.Step{Kind: script.Open, Conn: w.Conn, Connect: to})
	case strings.HasPrefix(text, "TLS ended"):
		t.add(script.StopTLS, w.Conn, nil)
	case strings.HasPrefix(text, "TLS "):
		return t.secured(w.Conn)
	case text == "closed", text == "reset by us":
		t.flush(w.Conn)
		t.add(script.Close, w.Conn, nil)
	case strings.HasPrefix(text, "the server closed the connection"):
		if w.Index < t.failure.Wire || w.Conn != t.failure.Conn {
			t.flush(w.Conn)
			t.add(script.Closed, w.Conn, nil)
		}
	case w.Index < t.failure.Wire:
		return false
	}
	return true
}

// secured is a handshake that was done: before anything was said, the connection was in TLS from its beginning.
func (t *teller) secured(conn int) bool {
	s := t.conns[conn]
	if s == nil {
		return false
	}
	if s.begun {
		t.flush(conn)
		t.add(script.StartTLS, conn, nil)
		return true
	}
	for i := range t.steps {
		if t.steps[i].Kind == script.Open && t.steps[i].Conn == conn {
			t.steps[i].Connect.TLS = true
		}
	}
	return true
}

// out takes what was written: a line, a message, or other bytes.
func (t *teller) out(s *side, w *event.Wire) {
	s.begun = true
	data := w.Data
	if s.filler > 0 { // this is the end of a message whose middle is not in the record
		last := &t.steps[len(t.steps)-1]
		last.Data = append(append(last.Data, filler(s.filler)...), data...)
		data, s.filler = last.Data, 0
		t.steps = t.steps[:len(t.steps)-1]
	}
	s.filler = w.Omitted
	t.steps = append(t.steps, script.Written(w.Conn, data, w.Body))
}

// filler is text of so many octets in place of what the record left out.
func filler(n int64) []byte {
	line := strings.Repeat("x", 76) + "\r\n"
	return []byte(strings.Repeat(line, int(n)/len(line)+1)[:n])
}

// in takes what the server said. The reply that the failure is about is no step: it is required.
func (t *teller) in(s *side, w *event.Wire) {
	s.begun = true
	s.reply = append(s.reply, w.Data...)
	if w.Conn == t.failure.Conn && w.Index == t.failure.Wire && t.failure.Kind != "timeout" {
		return
	}
	if replyEnds(w.Data) {
		t.flush(w.Conn)
	}
}

// replyEnds tells whether a line is the last of a reply: its code is followed by something else than a hyphen.
func replyEnds(line []byte) bool {
	return !bytes.HasSuffix(line, []byte("\n")) || len(line) < 4 || line[3] != '-'
}

// flush makes a step of the reply so far.
func (t *teller) flush(conn int) {
	s := t.conns[conn]
	if s == nil || len(s.reply) == 0 {
		return
	}
	a := script.AnswerOf(s.reply)
	if a.Code > 0 {
		a.Pattern = strconv.Itoa(a.Code) // the codes led to where it failed; all else may change
	}
	s.reply = nil
	t.steps = append(t.steps, script.Step{Kind: script.Reply, Conn: conn, Reply: a})
}
