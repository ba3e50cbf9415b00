package talk

import (
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// got takes what a read gave.
func (s *session) got(r *wire.Reply) {
	switch r.Ended {
	case wire.None:
		s.reply(r)
	case wire.Garbage:
		s.out.received(r.Raw)
		s.out.info("that is no reply: a line of one begins with three digits (RFC 5321 4.2)")
		s.journal.add(script.Step{Kind: script.Reply, Conn: s.conn.ID, Reply: &script.Answer{Raw: r.Raw}})
		if s.cfg.Screen == nil {
			s.fail(Broken, "", "the server said something that is no reply")
		}
	case wire.Timeout, wire.Cancelled:
	default:
		s.closed(r)
	}
}

// closed is the end of the connection.
func (s *session) closed(r *wire.Reply) {
	if len(r.Raw) > 0 {
		s.out.received(r.Raw)
		s.out.info("the reply was cut off")
	}
	text := "the server closed the connection"
	switch r.Ended {
	case wire.Reset:
		text = "the server reset the connection"
	case wire.TLS:
		text = "the TLS connection broke"
	case wire.Local:
		text = "the connection is closed"
	}
	kind := script.Closed
	if r.Ended == wire.Local {
		kind = script.Close
	}
	s.partial()
	s.journal.add(script.Step{Kind: kind, Conn: s.conn.ID})
	s.conn, s.content, s.login = nil, false, nil
	if s.cfg.Screen == nil {
		s.out.info("%s", text)
		return
	}
	s.out.info("%s: /reconnect connects again, /save FILE.lua keeps the session, /quit ends", text)
}

// reply takes a whole reply.
func (s *session) reply(r *wire.Reply) {
	s.out.reply(r)
	s.held = s.held && heldBack[s.conn.Awaited()]
	s.partial()
	s.journal.reply(s.conn.ID, r)
	switch {
	case r.Verb == "AUTH" && s.login != nil && r.Code == 334:
		s.login.asked = challenge(r)
	case (r.Verb == "AUTH" || r.Verb == "") && s.login != nil: // also where the server does not wait for the answer
		s.settle(r.Code)
	case r.Verb == "STARTTLS" && r.Code == 220 && s.conn.TLS == nil:
		s.handshake()
	case r.Verb == "DATA" && r.Code == 354:
		s.content, s.message = true, nil
	case r.Verb == "DATA" && s.cfg.Screen == nil:
		s.skip = &skip{}
	case r.Verb == "QUIT" && r.Code/100 == 2:
		s.over = true
		if s.cfg.Screen == nil && !s.farewell(closeTime) {
			s.out.info("the server has not closed the connection %s after its reply to QUIT", seconds(closeTime))
		}
	case r.Code == 421 && s.cfg.Screen == nil:
		s.farewell(leaveTime)
	}
}

// handshake begins TLS, after a 220 to STARTTLS.
func (s *session) handshake() {
	ctx, stop := s.in.watch(s.ctx)
	said := s.live.Do(ctx, "c:handshake()")
	stop()
	if len(said.Failures) == 0 {
		s.journal.add(script.Step{Kind: script.StartTLS, Conn: s.conn.ID})
		s.out.info("%s", tlsLine(s.conn.TLS))
		return
	}
	f := said.Failures[0]
	s.fail(Broken, f.Hint, "%s", f.Message)
	s.journal.lost(s.conn.ID, "a TLS handshake, which failed: %s", f.Message)
	s.journal.add(script.Step{Kind: script.Closed, Conn: s.conn.ID})
	s.conn = nil
}
