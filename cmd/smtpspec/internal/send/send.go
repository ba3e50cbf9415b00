package send

import (
	"context"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// refreshEvery is how often the screen gets what came while a piece waits.
const refreshEvery = 100 * time.Millisecond

// Run sends the message and shows the conversation on screen. It ends early with ctx.
func Run(ctx context.Context, p *Plan, live *luaapi.Live, screen io.Writer) *Outcome {
	r := &runner{plan: p, live: live, screen: &printer{w: screen}, out: &Outcome{began: time.Now(), From: p.From}}
	pieces, args := p.script(true)
	for _, piece := range pieces {
		if !r.piece(ctx, piece, args) {
			break
		}
	}
	r.leave(ctx)
	live.Close()
	r.screen.follow(live.Transcript(), true)
	failed := r.out.Error != ""
	r.out.finish(live)
	if r.out.Error != "" && !failed {
		r.screen.problem(r.out.Error)
	}
	return r.out
}

// runner is a plan under way.
type runner struct {
	plan   *Plan
	live   *luaapi.Live
	screen *printer
	out    *Outcome
	sent   bool // QUIT was said, or the connection closed on purpose
}

// local is a declaration that the pieces after it use: in pieces that are run one by one it is a global.
var local = regexp.MustCompile(`(?m)^local `)

// piece runs one, and tells whether the conversation goes on.
func (r *runner) piece(ctx context.Context, p piece, args []string) bool {
	r.out.before(r.live)
	said := r.do(ctx, local.ReplaceAllString(p.lua, ""), args)
	r.out.after(p, r.live, r.plan)
	for _, w := range said.Warnings {
		if w.Kind != "unread" || r.plan.Stop.How != DropSend { // what is not waited for may come all the same
			r.screen.problem(w.Message)
		}
	}
	r.sent = r.sent || p.phase == Bye
	switch {
	case said.Stopped:
		r.out.Interrupted = true
		return false
	case len(said.Failures) > 0:
		r.out.fail(p, said.Failures[0], r.live)
		r.screen.problem(r.out.Error)
		return false
	}
	return true
}

// do runs source and shows meanwhile what goes over the connection.
func (r *runner) do(ctx context.Context, source string, args []string) *luaapi.Said {
	defer context.AfterFunc(ctx, r.live.Interrupt)()
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(refreshEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.screen.follow(r.live.Transcript(), false)
			case <-done:
				return
			}
		}
	}()
	said := r.live.DoWith(ctx, source, args...)
	close(done)
	<-ended
	r.screen.follow(r.live.Transcript(), true)
	c := r.live.Conn()
	r.screen.inTLS(c != nil && c.TLS != nil)
	return said
}

// leave says QUIT after a failure, as a polite client does, if the server still listens.
func (r *runner) leave(ctx context.Context) {
	c := r.live.Conn()
	if r.sent || r.out.Interrupted || c == nil || c.ClosedBy() != "" || c.Closed() || r.out.hanging {
		return
	}
	r.do(ctx, `c:send("QUIT"):reply()`, nil)
}

// say is a failure in a line or two.
func say(f event.Failure) string {
	text := f.Message
	if f.Want != "" {
		text += "\nwant " + f.Want + "\ngot  " + f.Got
	}
	if f.Hint != "" {
		text += "\n" + f.Hint
	}
	return strings.Trim(text, "\n")
}

// replyOf is a reply for the outcome.
func replyOf(r *wire.Reply, secrets *wire.Secrets) *Reply {
	lines := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = secrets.Text(l.Text)
	}
	return &Reply{Code: r.Code, Enhanced: r.Enhanced(), Lines: lines, Anomalies: r.Anomalies(), Ended: string(r.Ended), Elapsed: r.Elapsed.Seconds()}
}
