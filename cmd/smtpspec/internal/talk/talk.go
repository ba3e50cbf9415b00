// Package talk is a conversation with a mail server that somebody types: the telnet session, with line editing, replies explained, and a scenario of it
// all at the end.
package talk

import (
	"context"
	"io"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
)

// Config is what a session needs.
type Config struct {
	Live    *luaapi.Live
	Target  *luaapi.Target
	Label   string // what to call the target in a command line
	In      io.Reader
	Out     io.Writer
	Screen  *Screen // In and Out are a terminal; nil where lines come from a pipe
	Color   bool
	Record  string        // file to write the scenario to at the end; "" for none
	Force   bool          // Record may be there already
	History string        // file of the lines typed before; "" for none
	Editor  []string      // the command that edits a message, without the file
	Hold    time.Duration // how long a reply to MAIL, RCPT or RSET is waited for before the next line of a pipe is sent
}

// Screen is what is known of a terminal.
type Screen struct {
	FD   int // of its input
	Size func() (columns, rows int)
}

// End is how a session ended.
type End int

// The ends.
const (
	Done    End = iota
	Erred       // no connection came about, or a piece of Lua had an error
	Broken      // the server closed, said no reply in time, or said something that is none, before the conversation was over
	Misused     // a command of a pipe is wrong, or the scenario could not be written
	Stopped     // the context ended
)

// Problem is why a session did not end well, in a line, and what to do about it.
type Problem struct{ Text, Hint string }

// Run holds a session until its lines end, ctx ends, or a pipe's conversation is broken.
func Run(ctx context.Context, cfg Config) (End, *Problem) {
	s := &session{cfg: cfg, live: cfg.Live, ctx: ctx}
	if cfg.Screen != nil {
		t, err := openTerminal(s)
		if err != nil {
			return Misused, &Problem{"the terminal cannot be used for editing lines", "from a pipe, as in smtpspec talk < FILE, it takes the same lines"}
		}
		s.in, s.out = t, &printer{w: t, color: cfg.Color, explain: true, secrets: cfg.Live.Secrets()}
		defer t.close()
	} else {
		s.in, s.out = newPipe(cfg.In), &printer{w: cfg.Out, color: cfg.Color, secrets: cfg.Live.Secrets()}
	}
	defer s.end() // whatever happens, what was recorded is written
	s.run()
	s.end()
	if s.how == Stopped && cfg.Screen != nil {
		_, _ = io.WriteString(cfg.Out, "\r\n") // behind the prompt; the terminal may be gone
	}
	return s.how, s.problem
}
