package talk

import (
	"context"
	"fmt"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// listen shows what comes until ctx ends.
func (s *session) listen(ctx context.Context) {
	for s.conn != nil && ctx.Err() == nil {
		s.got(s.read(ctx, time.Time{}))
	}
	<-ctx.Done()
}

func (s *session) read(ctx context.Context, deadline time.Time) *wire.Reply {
	defer context.AfterFunc(ctx, s.live.Interrupt)()
	return s.conn.ReadReply(ctx, deadline)
}

// heldBack are the commands whose replies a server may hold back (RFC 2920 3.2).
var heldBack = map[string]bool{"MAIL": true, "RCPT": true, "RSET": true}

// promptAfter is how long a reply is waited for on a terminal before the next line can be typed.
const promptAfter = time.Second

// after waits for the reply to verb. What comes next depends on it after DATA, AUTH and STARTTLS; on a terminal everything else may come later.
func (s *session) after(verb string) {
	switch {
	case s.chunk > 0:
	case s.login != nil || verb == "DATA" || verb == "STARTTLS":
		s.await(s.live.ReplyLimit(verb))
	case s.cfg.Screen != nil:
		s.await(promptAfter)
	case heldBack[verb] && s.held:
		s.drain()
	case heldBack[verb]:
		s.await(s.cfg.Hold)
	default:
		s.await(s.live.ReplyLimit(verb))
		s.drain()
	}
}

// await reads until no reply is outstanding, each within a time.
func (s *session) await(within time.Duration) {
	ctx, stop := s.in.watch(s.ctx)
	defer stop()
	for s.conn != nil && s.conn.Outstanding() > 0 && !s.quit {
		verb := s.conn.Awaited()
		r := s.read(ctx, time.Now().Add(within))
		switch r.Ended {
		case wire.Timeout:
			s.late(verb, r, within)
			return
		case wire.Cancelled:
			if s.ctx.Err() == nil {
				s.out.info("not waited for: what comes is shown when it comes")
			}
			return
		}
		s.got(r)
	}
}

// late is a reply that did not come in time.
func (s *session) late(verb string, r *wire.Reply, within time.Duration) {
	what := "the reply to " + verb
	switch {
	case verb == "":
		what = "the reply to an empty line"
	case verb == wire.Greeting:
		what = "the greeting"
	case verb == ".":
		what = "the reply to the message"
	}
	if len(r.Raw) > 0 {
		what = "the rest of " + what
	}
	switch {
	case s.cfg.Screen != nil && within <= promptAfter:
		return // it is shown when it comes
	case s.cfg.Screen == nil && heldBack[verb] && within == s.cfg.Hold:
		s.held = true
		s.out.info("%s did not come within %s: going on, for a server may hold it back until DATA", what, seconds(within))
		return
	}
	s.fail(Broken, "", "%s did not come within %s", what, seconds(within))
}

// maxDrained is how many replies that nobody asked for are taken between two lines of a pipe: there are servers that never stop.
const maxDrained = 1000

// drain shows what is there already.
func (s *session) drain() {
	for n := 0; n < maxDrained && s.conn != nil && len(s.conn.Unread()) > 0; n++ {
		r := s.read(s.ctx, time.Now())
		if r.Ended == wire.Timeout || r.Ended == wire.Cancelled {
			return // the rest of it is on its way
		}
		s.got(r)
	}
}

// closeTime is how long a server may take to close after QUIT (RFC 5321 4.1.1.10 has it close at once), and leaveTime how long after a 421, which
// some servers say and stay.
const (
	closeTime = 5 * time.Second
	leaveTime = time.Second
)

// farewell waits for the close that follows a last reply, and tells whether anything came.
func (s *session) farewell(within time.Duration) bool {
	r := s.read(s.ctx, time.Now().Add(within))
	s.got(r)
	return r.Ended != wire.Timeout
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return d.String()
	}
	return fmt.Sprintf("%g s", d.Seconds())
}
