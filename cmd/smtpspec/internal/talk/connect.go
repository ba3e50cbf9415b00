package talk

import (
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// connect opens the connection and reads the greeting.
func (s *session) connect() bool {
	ctx, stop := s.in.watch(s.ctx)
	said := s.live.Do(ctx, "c = smtp.connect()")
	stop()
	if len(said.Failures) > 0 {
		f := said.Failures[0]
		how := Erred
		if said.Failed {
			how = Broken
		}
		if s.ctx.Err() != nil {
			s.how = Stopped
			return false
		}
		s.fail(how, f.Hint, "%s", f.Message)
		return false
	}
	s.begun = true
	s.adopt()
	s.out.info("connected to %s", s.cfg.Target.Address())
	if s.conn.TLS != nil {
		s.out.info("%s", tlsLine(s.conn.TLS))
	}
	s.await(s.live.ReplyLimit(""))
	return true
}

// adopt takes the connection that Lua has as c for the one that is spoken on.
func (s *session) adopt() {
	c := s.live.Conn()
	switch {
	case c == nil || c.Closed():
		if s.conn != nil {
			s.journal.add(script.Step{Kind: script.Close, Conn: s.conn.ID})
		}
		s.conn, s.over = nil, true
		return
	case c == s.conn || c.ClosedBy() != "" && s.journal.knows(c.ID):
		return
	}
	s.conn, s.content, s.message, s.chunk, s.half, s.login, s.held, s.over = c, false, nil, 0, false, nil, false, false
	t := s.cfg.Target
	implicit := c.TLS != nil && t.Text("tls") == "implicit"
	s.journal.add(script.Step{Kind: script.Open, Conn: c.ID,
		Connect: &script.Connect{Host: t.Host(), Port: t.Port(), TLS: implicit, LMTP: t.LMTP()}})
}

// begin does what the target's URL asks for besides the connect.
func (s *session) begin() {
	if s.cfg.Target.Text("tls") != "starttls" || s.conn == nil || s.conn.Greeting == nil || s.conn.Greeting.Code != 220 {
		return
	}
	verb, name := s.live.Name()
	for _, line := range []string{verb + " " + name, "STARTTLS", verb + " " + name} {
		if s.conn == nil || s.quit {
			return
		}
		s.say(line)
	}
}
