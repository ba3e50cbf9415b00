package luaapi

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Env is what the scenarios of a run share for one target.
type Env struct {
	Target         *Target
	Vars           *Facts
	Limits         Limits
	Secrets        *wire.Secrets
	Allow          []string          // host or host:port that scripts may connect to besides the target
	AllowExec      bool              // scripts may start programs
	AllowRead      []string          // directories in which scripts may read mailboxes besides the target's
	DNS            *resolve.Resolver // whom dns asks; nil: the system's
	Run            string            // identifies the run: unique texts hold it
	Counter        *atomic.Uint64    // of unique texts, one for the whole run
	Seed           uint64
	FullTranscript bool
	Keywords       *Keywords    // what the target offers, for requires
	Spare          *wire.Spare  // a connection to the target that is open already, for the first who wants one
	Extra          atomic.Int64 // connections that running scenarios have besides their first
	Memory         *Memory      // bounds what they keep; nil for no bound
	Crowded        bool         // so many scenarios run at once that the size of a stack matters

	templates templates
	mailboxes mailboxes
}

// Limits are the time limits that the command line and the configuration set; zero is the default.
type Limits struct {
	Scenario, Reply, Connect time.Duration
	RFC                      bool // a reply's limit is RFC 5321 4.5.3.2's
}

// Default time limits.
const (
	DefaultScenarioTimeout = 60 * time.Second
	DefaultReplyTimeout    = 30 * time.Second
	DefaultConnectTimeout  = 10 * time.Second
	rfcScenarioTimeout     = time.Hour // room for RFC 5321 4.5.3.2's minutes
)

// reply is the limit of a reply to verb.
func (l Limits) reply(verb string) time.Duration {
	switch {
	case l.Reply > 0:
		return l.Reply
	case l.RFC:
		return rfcLimit(verb)
	}
	return DefaultReplyTimeout
}

// ConnectLimit is how long a connect may take.
func (l Limits) ConnectLimit() time.Duration {
	if l.Connect > 0 {
		return l.Connect
	}
	return DefaultConnectTimeout
}

func (l Limits) scenario(own time.Duration) time.Duration {
	switch {
	case own > 0:
		return own
	case l.Scenario > 0:
		return l.Scenario
	case l.RFC:
		return rfcScenarioTimeout
	}
	return DefaultScenarioTimeout
}

// Run runs one attempt of the scenario. It returns when the scenario has ended, whatever it does, at the latest a cleanup time
// after its own limit or ctx; hard ends it at once, without cleanup.
func (d *Declaration) Run(ctx, hard context.Context, env *Env, key event.Key, nth int) *Result {
	a := newAttempt(d.file, env, d)
	a.key, a.nth = key, nth
	a.rand = rand.New(rand.NewPCG(env.Seed, seedOf(key, nth)))
	a.start = time.Now()
	a.limit = env.Limits.scenario(d.Timeout)
	tctx, cancel := context.WithTimeout(ctx, a.limit)
	a.L = a.lang.newState()
	a.withContext(tctx, a.main)
	a.finish(hard, tctx.Err() != nil && a.phase == running)
	cancel()
	a.lang.endState(a.L)
	if r := d.file.chunk.fails; r != nil {
		if text := r.compare(&a.result); text != "" {
			a.note(text)
		}
	}
	a.result.Seconds = time.Since(a.start).Seconds()
	a.assemble()
	return &a.result
}

// newAttempt is the host state of one run of d, with secrets and a transcript of its own.
func newAttempt(f *File, env *Env, d *Declaration) *attempt {
	secrets := &wire.Secrets{}
	if env.Secrets != nil {
		secrets = env.Secrets.Clone()
	}
	return &attempt{lang: f.load.lang, file: f, env: env, decl: d, secrets: secrets,
		transcript: &wire.Transcript{Secrets: secrets, Full: env.FullTranscript}, dials: map[string]bool{}}
}

// seedOf makes a scenario's randomness depend on what it is, not on when it ran.
func seedOf(key event.Key, nth int) uint64 {
	b := make([]byte, 0, 128)
	b = append(append(b, key.File...), 0)
	b = append(append(b, key.Name...), 0)
	b = append(append(b, key.Target...), 0)
	b = append(strconv.AppendInt(b, int64(key.Repetition), 10), 0)
	b = strconv.AppendInt(b, int64(nth), 10)
	h := fnv.New64a()
	_, _ = h.Write(b) // it never fails
	return h.Sum64()
}

// main runs the file's top level, before_each, the scenario and after_each.
func (a *attempt) main() {
	top := a.L.NewFunctionFromProto(a.file.chunk.proto)
	if a.decl.Plain {
		a.phase = running
		a.call(top)
		return
	}
	a.phase = declaring
	if t := a.template(); t != nil {
		t.a.copier(a).scenario(a.decl.index)
	} else if !a.call(top) {
		return
	}
	if a.selected == nil {
		a.script(fmt.Sprintf("the scenario %q was not declared when the file ran again: its declarations depend on something that changes", a.decl.Name))
		return
	}
	if a.calls != a.decl.of {
		a.script(fmt.Sprintf("the file declared %d scenarios when it ran again, and %d before: its declarations depend on something that changes", a.calls, a.decl.of))
		return
	}
	a.phase = running
	ok := true
	for _, fn := range a.before {
		ok = ok && a.call(fn)
	}
	if ok {
		a.call(a.selected)
	}
	a.afterEach()
}

// afterEach runs what after_each registered, each once, as long as there is time.
func (a *attempt) afterEach() {
	for len(a.after) > 0 && a.ctx.Err() == nil {
		fn := a.after[0]
		a.after = a.after[1:]
		a.call(fn)
	}
}

// script records an error that belongs to no line but the scenario's own.
func (a *attempt) script(message string) {
	f := event.Failure{Kind: "lua", Message: message}
	a.place(&f, frame{a.file.Path, a.decl.Line}, nil)
	a.add(f, true)
}

// finish cleans up: what the script registered, then its connections. The scenario's own time is over, so that has its own; late
// says that it ran out, and after_each did not have its turn.
func (a *attempt) finish(hard context.Context, late bool) {
	if len(a.cleanups) > 0 || late && len(a.after) > 0 {
		ctx, cancel := context.WithTimeout(hard, cleanupTime)
		a.limit, a.cleaning = cleanupTime, true
		a.ended = false
		a.withContext(ctx, func() {
			if late {
				a.afterEach()
			}
			for n := len(a.cleanups); n > 0; n = len(a.cleanups) {
				fn := a.cleanups[n-1]
				a.cleanups = a.cleanups[:n-1] // it may register more
				a.call(fn)
			}
		})
		cancel()
	}
	for _, c := range a.conns {
		a.hangUp(c)
	}
	a.leaveMailboxes()
	if r := &a.result; a.expectations == 0 && !r.Failed && !r.Errored && !r.Skipped {
		f := event.Failure{Kind: "no-expectation", Message: "the scenario required nothing: it has no expectation that was evaluated",
			Hint: "expect a reply, or use assert"}
		a.place(&f, frame{a.file.Path, a.decl.Line}, nil)
		a.add(f, true)
	}
}

// hangUp closes a connection that the script left open. Bytes that nobody read are a warning: the server said something
// more. A script that was ended early had no chance to read them.
func (a *attempt) hangUp(c *conn) {
	if c.shut {
		return
	}
	r := &a.result
	a.close(c, c.opened, !r.Failed && !r.Errored && !r.Skipped)
}

// count keeps the number of open connections, of which the run is told those besides the first.
func (a *attempt) count(change int) {
	before := max(1, a.open)
	a.open += change
	a.env.Extra.Add(int64(max(1, a.open) - before))
}

// close closes a connection, and warns of bytes that nobody read.
func (a *attempt) close(c *conn, at raised, warn bool) {
	unread := c.wire.Unread()
	last := a.transcript.Len()
	c.wire.Close()
	a.count(-1)
	if len(unread) > 0 && warn {
		a.unread(c, unread, at, last)
	}
}

func (a *attempt) unread(c *conn, unread []byte, at raised, record int) {
	f := event.Failure{Kind: "unread", Level: "should", Conn: c.wire.ID, Wire: record,
		Message: "the server said more than the scenario read", Got: visible(unread)}
	a.place(&f, at.at, at.helper)
	a.keep(&a.result.Warnings, f)
}

// assemble puts the events of the attempt in order, with their times and their key, and masks the secrets in everything.
func (a *attempt) assemble() {
	records, logged := a.transcript.Take(), a.result.Events
	events := make([]event.Event, 0, len(records)+len(logged))
	for _, w := range records {
		for len(logged) > 0 && timeOf(logged[0]).Before(w.Time) {
			events, logged = append(events, logged[0]), logged[1:]
		}
		w.Role = "client"
		events = append(events, w)
	}
	a.result.Events = append(events, logged...)
	for _, e := range a.result.Events {
		a.stamp(e)
	}
	if a.dropped > 0 {
		a.result.Notes = append(a.result.Notes, fmt.Sprintf("%d more failures, warnings and notes are left out", a.dropped))
	}
	if a.expectations > maxPassed {
		a.result.Notes = append(a.result.Notes, fmt.Sprintf("%d expectations were evaluated; the record holds those of the first %d and every one that was broken",
			a.expectations, maxPassed))
	}
	a.maskResult()
}

func timeOf(e event.Event) time.Time {
	switch e := e.(type) {
	case *event.Log:
		return e.Time
	case *event.Expectation:
		return e.Time
	}
	return time.Time{}
}

func (a *attempt) stamp(e event.Event) {
	switch e := e.(type) {
	case *event.Wire:
		e.Key, e.Attempt, e.At = a.key, a.nth, e.Time.Sub(a.start).Seconds()
	case *event.Log:
		e.Key, e.Attempt, e.At = a.key, a.nth, e.Time.Sub(a.start).Seconds()
		e.Text = a.secrets.Text(e.Text)
	case *event.Expectation:
		e.Key, e.Attempt, e.At = a.key, a.nth, e.Time.Sub(a.start).Seconds()
		e.Want, e.Got = a.secrets.Text(e.Want), a.secrets.Text(e.Got)
	}
}

func (a *attempt) maskResult() {
	r := &a.result
	if a.secrets.Empty() {
		return
	}
	r.Reason = a.secrets.Text(r.Reason)
	for i, n := range r.Notes {
		r.Notes[i] = a.secrets.Text(n)
	}
	for _, list := range [][]event.Failure{r.Failures, r.Warnings} {
		for i := range list {
			MaskFailure(a.secrets, &list[i])
		}
	}
}

// MaskFailure masks the secrets in every text of a failure.
func MaskFailure(s *wire.Secrets, f *event.Failure) {
	for _, text := range []*string{&f.Message, &f.Want, &f.Got, &f.Detail, &f.Hint, &f.Call} {
		*text = s.Text(*text)
	}
	for i := range f.Source {
		f.Source[i].Text = s.Text(f.Source[i].Text)
	}
	for i := range f.Steps {
		f.Steps[i] = s.Text(f.Steps[i])
	}
}
