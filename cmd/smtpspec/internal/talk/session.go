package talk

import (
	"context"
	"fmt"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// session is the conversation. One goroutine does everything in it; another one waits for the next line.
type session struct {
	cfg     Config
	live    *luaapi.Live
	ctx     context.Context
	in      source
	out     *printer
	past    *history
	journal journal

	conn    *wire.Conn // nil when there is none, or it is at its end
	content bool       // a message is being typed
	message []byte     // its lines so far
	chunk   int64      // octets of a BDAT that are still to be sent
	half    bool       // what was sent last has no line end
	login   *login     // an AUTH that is going on
	skip    *skip      // lines of a pipe that are not sent
	begun   bool       // there was a connection
	held    bool       // the server holds replies back
	over    bool       // QUIT was accepted
	used    []string   // addresses, for completion
	from    string     // of the current transaction, for the editor
	to      []string
	quit    bool

	how     End
	problem *Problem
	ended   bool
}

// fail ends a pipe's session, or says on a terminal what is wrong.
func (s *session) fail(how End, hint, format string, args ...any) {
	text := s.live.Secrets().Text(fmt.Sprintf(format, args...))
	if s.cfg.Screen != nil && s.begun {
		s.out.problem("%s", text)
		if hint != "" {
			s.out.info("%s", hint)
		}
		return
	}
	if s.problem == nil {
		s.how, s.problem = how, &Problem{Text: text, Hint: s.live.Secrets().Text(hint)}
	}
	s.quit = true
}

func (s *session) run() {
	if !s.connect() {
		return
	}
	if s.cfg.Screen != nil {
		s.out.info("/help lists the commands; what does not begin with / is sent as it is")
	}
	s.begin()
	for !s.quit {
		how := s.asking()
		line, err := s.next(how)
		switch {
		case s.ctx.Err() != nil:
			s.how = Stopped
			return
		case err != nil:
			s.last()
			return
		case how.hidden && !s.hides(): // it was over while the answer was typed, which is no command
			(&login{}).note(s.live.Secrets(), line)
			s.out.info("not sent, since the exchange is over")
			continue
		}
		s.do(line)
	}
}

// last is the end of the lines.
func (s *session) last() {
	if s.cfg.Screen == nil && !s.content && s.chunk == 0 {
		s.await(s.live.ReplyLimit(""))
	}
	switch {
	case s.cfg.Screen != nil:
	case s.content:
		s.fail(Misused, "a dot on a line of its own ends a message", "the lines end in the middle of a message")
	case s.gone() && !s.over:
		s.fail(Broken, "", "the server closed the connection before the conversation was over")
	}
}

// gone tells whether there was a connection and is none any more.
func (s *session) gone() bool { return s.conn == nil }

// next is the next line. Meanwhile what the server says is shown.
func (s *session) next(how ask) (string, error) {
	type typed struct {
		line string
		err  error
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	got := make(chan typed, 1)
	go func() {
		line, err := s.in.line(how)
		got <- typed{line, err}
		cancel()
	}()
	s.listen(ctx)
	select {
	case t := <-got:
		return t.line, t.err
	case <-s.ctx.Done():
		return "", s.ctx.Err()
	}
}

// asking is how the next line is asked for.
func (s *session) asking() ask {
	switch {
	case s.hides():
		return ask{prompt: "answer in base64, not shown: ", hidden: true}
	case s.content:
		return ask{prompt: "| "}
	case s.cfg.Screen == nil:
		return ask{}
	}
	return ask{prompt: "> ", words: s.vocabulary()}
}

// hides tells whether the next line is a secret: the answer to a 334, or one that was typed before it came.
func (s *session) hides() bool {
	return s.conn != nil && (s.login != nil || s.conn.Awaited() == "AUTH")
}

// do takes a line.
func (s *session) do(line string) {
	answer := s.hides()
	switch {
	case s.content:
		s.contentLine(line)
		return
	case s.skips(line):
		return
	case !answer && strings.HasPrefix(line, "/"):
		s.command(line)
	case !answer && strings.TrimSpace(line) == "":
		return // a key pressed by accident; /raw sends an empty line
	default:
		s.send(line)
	}
	if !answer {
		s.remember(line)
	}
}

// remember keeps a line in the history, less what is secret in it.
func (s *session) remember(line string) {
	if head := authHead().FindString(line); head != "" {
		line = strings.TrimSpace(head)
	}
	if s.live.Secrets().Text(line) == line {
		s.past.keep(line)
	}
}

// say sends a line that nobody typed.
func (s *session) say(line string) {
	if s.cfg.Screen != nil {
		s.out.sent(line)
	}
	s.send(line)
}

// send sends a line and waits for the reply as far as that makes sense.
func (s *session) send(line string) {
	if s.conn == nil {
		what := "the line" // and not its first word, which may be a secret
		if verb := wire.Verb(line); verbs[verb] != "" {
			what = verb
		}
		s.fail(Broken, "/reconnect connects again", "the connection is closed: %s was not sent", what)
		return
	}
	if strings.ContainsRune(line, 0) {
		s.fail(Misused, `/raw sends any bytes, as in /raw NOOP\0\r\n`, "a line cannot hold a NUL")
		return
	}
	verb := wire.Verb(line)
	shown := s.secretive(line)
	switch {
	case s.login != nil:
		verb = "AUTH"
	case s.half:
		verb = "" // it ends a line that /raw began
	}
	s.half = false
	if s.cfg.Screen == nil {
		s.out.sent(shown)
	}
	if !s.write(line + "\r\n") {
		return
	}
	s.journal.add(script.Step{Kind: script.Line, Conn: s.conn.ID, Data: []byte(line)})
	s.note(verb, line)
	s.after(verb)
}

// write hands bytes to the connection.
func (s *session) write(data string) bool {
	ctx, stop := s.in.watch(s.ctx)
	defer stop()
	defer context.AfterFunc(ctx, s.live.Interrupt)()
	idle := s.live.ReplyLimit("")
	switch s.conn.Write(ctx, []byte(data), wire.WriteOptions{Idle: idle}) {
	case wire.None:
		return true
	case wire.Timeout:
		s.fail(Broken, "", "the server stopped reading: it took nothing of what was sent for %s", seconds(idle))
	case wire.Local:
		s.fail(Broken, "/reconnect connects again", "the connection was closed for writing on this side")
	}
	return false
}

// note learns from a line that was sent.
func (s *session) note(verb, line string) {
	if s.chunk > 0 {
		s.chunk -= int64(len(line)) + 2
		return
	}
	switch verb {
	case "MAIL":
		s.from, s.to = addressIn(line), nil
		s.use(s.from)
	case "RCPT":
		s.to = append(s.to, addressIn(line))
		s.use(addressIn(line))
	case "BDAT":
		_, _ = fmt.Sscan(strings.TrimSpace(line)[4:], &s.chunk) // no number is no chunk
	}
}

// end writes what is to be written, once.
func (s *session) end() {
	if s.ended {
		return
	}
	s.ended = true
	if s.conn != nil {
		s.partial()
		s.journal.add(script.Step{Kind: script.Close, Conn: s.conn.ID})
	}
	s.live.Close()
	if s.cfg.Record == "" || s.journal.empty() {
		return
	}
	if err := s.save(s.cfg.Record, s.cfg.Force); err != nil {
		kept, kerr := s.rescue()
		hint := "it is in " + kept
		if kerr != nil {
			hint = ""
		}
		s.problem = &Problem{Text: err.Error(), Hint: hint}
		if s.how == Done {
			s.how = Misused
		}
	}
}
