package luaapi

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/luaapi/pattern"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// cleanupTime is how long cleanup, and after_each once the scenario's time is over, may take.
const cleanupTime = 5 * time.Second

// phase is what a state is being run for.
type phase int

const (
	collecting phase = iota // the top level, to find out what the file declares
	declaring               // the top level again, to get at one scenario's function
	running                 // a scenario
)

// attempt is one run of one scenario: the host state behind its Lua state, where the verdict is kept.
type attempt struct {
	lang *Language
	file *File
	env  *Env
	decl *Declaration
	key  event.Key
	nth  int // attempt, from 1

	L          *lua.LState
	ctx        context.Context // what Go code waits with
	vm         scenarioContext // what the Lua states run under, those of coroutines too
	stopNow    context.CancelCauseFunc
	spent      string // why it was ended for its use of memory
	phase      phase
	start      time.Time
	limit      time.Duration
	transcript *wire.Transcript
	secrets    *wire.Secrets
	rand       *rand.Rand

	suite    suiteOptions
	found    []*Declaration // while collecting
	names    map[string]int // lines of the scenarios' names, while collecting
	calls    int            // of scenario, while declaring
	named    []topScenario  // all of them, when the top level runs for a template; else nil
	varies   bool           // the top level did what may come out otherwise the next time
	selected *lua.LFunction
	before   []*lua.LFunction
	after    []*lua.LFunction
	cleanups []*lua.LFunction
	steps    []string
	levels   []string // of the enclosing checks
	loaded   map[string]lua.LValue
	required []*chunk

	mu       sync.Mutex // guards conns, which an interrupt walks
	conns    []*conn
	reading  []*conn         // that something may still come from
	open     int             // connections that are open
	dropped  int             // failures, warnings and notes that there was no room for
	logged   int             // bytes of the log
	unlogged int             // lines that the log had no room for
	cleaning bool            // the scenario's own time is over
	dials    map[string]bool // addresses that a connect came about to
	boxes    []*mailbox.Box  // mailboxes that it has opened

	tlsSessions tls.ClientSessionCache

	expectations int
	room         []event.Expectation // for those to come
	result       Result
	lastErr      *raised
	rethrown     *raised             // of the error that check or assert.error let through, until it is caught again
	guards       map[*lua.LState]int // protected calls that a thread is in
	coroutines   int                 // how deep they resume each other
	within       int                 // how many Go functions are between Lua code and the Lua code that called them, in this coroutine
	patterns     pattern.Matcher
	ended        bool
}

// raised is where an error came up, kept while the stack is still there.
type raised struct {
	at     frame
	helper *frame
	steps  []string
	suite  bool // in a call of suite
}

// here is where L is now.
func (a *attempt) here(L *lua.LState) *raised {
	at, helper := a.position(L)
	r := &raised{at: at, helper: helper, steps: slices.Clone(a.steps)}
	if dbg, ok := L.GetStack(0); ok {
		fn, err := L.GetInfo("f", dbg, lua.LNil)
		suite, _ := a.lang.reg.Global("suite")
		r.suite = err == nil && fn == suite
	}
	return r
}

// leave leaves the steps and checks that were entered since there were so many.
func (a *attempt) leave(steps, levels int) {
	a.steps, a.levels = a.steps[:min(steps, len(a.steps))], a.levels[:min(levels, len(a.levels))]
}

// Result is what became of an attempt.
type Result struct {
	Failures     []event.Failure // broken expectations and errors, in order
	Warnings     []event.Failure
	Notes        []string
	Failed       bool // at least one of Failures is a broken expectation
	Errored      bool // at least one of Failures is an error of the script
	Skipped      bool
	Reason       string // of the skip
	Inconclusive bool
	Interrupted  bool // the run ended under it: no verdict
	Seconds      float64
	Events       []event.Event // wire, log and expectation events in order, secrets masked
}

// attemptOf is what every Go function finds its host by.
func attemptOf(L *lua.LState) *attempt { return L.Context().(*scenarioContext).a }

// stop is what unwinds a script after its verdict was recorded. pcall may catch it; the verdict stays.
type stop struct {
	text string
	skip bool
	lang *Language
}

func (s *stop) Error() string { return s.text }

// Raise implements bind.Raiser.
func (s *stop) Raise(*lua.LState) lua.LValue { return s.lang.types.failure.Object(s) }

// Internal implements bind.Host: a panic of ours makes the scenario an error, whatever catches it.
func (a *attempt) Internal(recovered any, stack []byte) error {
	f := event.Failure{Kind: "internal", Message: fmt.Sprintf("a fault of smtpspec itself: %v", recovered), Detail: string(stack),
		Hint: "please report it with this text"}
	return a.broken(a.L, f, true)
}

// failed records a broken expectation at the level in force, and returns what ends the scenario.
func (a *attempt) failed(L *lua.LState, f event.Failure) error {
	a.expectations = max(1, a.expectations) // a warning or a note may be all that it becomes
	return a.broken(L, f, false)
}

func (a *attempt) broken(L *lua.LState, f event.Failure, isError bool) error {
	at, helper := a.position(L)
	a.place(&f, at, helper)
	a.add(f, isError)
	return &stop{text: f.Message, lang: a.lang}
}

// place puts a failure where it happened.
func (a *attempt) place(f *event.Failure, at frame, helper *frame) {
	f.Position = event.Position{File: at.file, Line: at.line}
	if helper != nil {
		f.Helper = &event.Position{File: helper.file, Line: helper.line}
	}
	f.Source = a.file.chunk.excerpt(at.line)
	if at.file != a.file.Path {
		f.Source = nil
	}
	f.Steps = slices.Clone(a.steps)
}

// add counts a failure by its level: RFC 2119's MUST fails, SHOULD warns, MAY is a remark.
func (a *attempt) add(f event.Failure, isError bool) {
	if f.Level == "" {
		f.Level = a.level()
	}
	switch {
	case isError:
		f.Level = ""
		a.result.Errored = true
		a.keep(&a.result.Failures, f)
	case f.Level == "should" || f.Level == "ops":
		a.keep(&a.result.Warnings, f)
	case f.Level == "may":
		a.note(noteText(f))
	default:
		a.result.Failed = true
		a.keep(&a.result.Failures, f)
	}
}

// maxFindings is how many failures, warnings and notes are kept of a scenario, of each; a loop can make any number. maxPassed is the same for
// the expectations that held.
const (
	maxFindings = 200
	maxFinding  = 64 << 10 // bytes of a text in one
	maxPassed   = 20000
)

func (a *attempt) keep(list *[]event.Failure, f event.Failure) {
	if len(*list) >= maxFindings {
		a.dropped++
		return
	}
	for _, text := range []*string{&f.Message, &f.Want, &f.Got, &f.Detail} {
		*text = a.short(*text, maxFinding)
	}
	*list = append(*list, f)
}

func (a *attempt) note(text string) {
	if len(a.result.Notes) >= maxFindings {
		a.dropped++
		return
	}
	a.result.Notes = append(a.result.Notes, a.short(text, maxFinding))
}

// short leaves the end out of what is longer than most bytes.
func (a *attempt) short(text string, most int) string {
	if len(text) > most {
		text = a.secrets.Text(text) // before the cut: half a password would not be known for one
	}
	if len(text) > most {
		text = fmt.Sprintf("%s… %d bytes are left out", text[:most], len(text)-most)
	}
	return text
}

func noteText(f event.Failure) string {
	text := f.Message
	if f.Want != "" {
		text += ": want " + f.Want + ", got " + f.Got
	}
	return text
}

func (a *attempt) level() string {
	if n := len(a.levels); n > 0 {
		return a.levels[n-1]
	}
	return a.decl.Level
}

// warn records a warning that stops nothing.
func (a *attempt) warn(L *lua.LState, f event.Failure) {
	at, helper := a.position(L)
	a.place(&f, at, helper)
	f.Level = "should"
	a.keep(&a.result.Warnings, f)
}

// expected records that something was required, and whether it held.
func (a *attempt) expected(L *lua.LState, e event.Expectation) {
	if a.expectations++; a.expectations > maxPassed && e.OK {
		return
	}
	at, _ := a.position(L)
	e.Time, e.Want, e.Got = time.Now(), a.short(e.Want, maxFinding), a.short(e.Got, maxFinding)
	e.Position = event.Position{File: at.file, Line: at.line}
	if len(a.room) == 0 {
		a.room = make([]event.Expectation, usualExpectations)
	}
	a.room[0] = e
	a.emit(&a.room[0])
	a.room = a.room[1:]
}

// usualExpectations is how many expectations get their memory together: those of a conversation.
const usualExpectations = 8

// Bounds of what a scenario may log: a loop that logs would fill memory, and reports, long before its time is over.
const (
	maxLogLine = 1 << 20
	maxLog     = 4 << 20
)

func (a *attempt) log(L *lua.LState, level, text string) {
	text = a.short(text, maxLogLine)
	if a.logged += len(text) + 64; a.logged > maxLog {
		if a.unlogged++; a.unlogged > 1 {
			return
		}
		text = fmt.Sprintf("more was logged, and is left out: a scenario's record holds %d bytes", maxLog)
	}
	at, _ := a.position(L)
	a.emit(&event.Log{Time: time.Now(), Level: level, Text: text, Position: event.Position{File: at.file, Line: at.line}})
}

func (a *attempt) emit(e event.Event) {
	if a.result.Events == nil {
		a.result.Events = make([]event.Event, 0, usualExpectations)
	}
	a.result.Events = append(a.result.Events, e)
}

// live refuses what a script may do only inside a scenario.
func (a *attempt) live(what string) error {
	switch a.phase {
	case running:
		return nil
	case declaring:
		return fmt.Errorf("%s at the top level of a file that declares scenarios: move it into one, or into before_each", what)
	}
	if len(a.found) > 0 || a.file.chunk.declares {
		return fmt.Errorf("%s at the top level of a file that declares scenarios: move it into one, or into before_each", what)
	}
	return errPlain
}

// errPlain ends collecting: a file that does something at the top level and declares nothing is one scenario.
var errPlain = fmt.Errorf("a plain script")

// interrupt ends every wait of the attempt.
func (a *attempt) interrupt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.conns {
		c.wire.Interrupt()
	}
}

// meanwhile lets the other connections be read while the scenario waits for something else.
func (a *attempt) meanwhile(except *conn) {
	a.reading = slices.DeleteFunc(a.reading, func(c *conn) bool { return c != except && !c.wire.StartBackground() })
}

// withContext runs f under ctx: its end interrupts every wait.
func (a *attempt) withContext(ctx context.Context, f func()) {
	a.ctx, a.stopNow = context.WithCancelCause(ctx)
	a.spent = ""
	a.vm.Context, a.vm.done, a.vm.a = a.ctx, a.ctx.Done(), a
	a.L.SetContext(&a.vm)
	stopWatch := context.AfterFunc(a.ctx, a.interrupt)
	f()
	stopWatch()
	if a.env.Memory != nil {
		a.env.Memory.leave(a)
	}
}

// call runs a Lua function and records what it raises. It returns whether the scenario may go on.
func (a *attempt) call(fn *lua.LFunction) bool {
	a.L.Push(fn)
	err := a.lang.protect(a.L, 0, 0, a.keepStack)
	a.levels = a.levels[:0]
	if err == nil {
		a.steps = a.steps[:0]
		return true
	}
	a.record(err)
	a.steps = a.steps[:0]
	return false
}

// keepStack is called when an error comes up, before the stack unwinds.
func (a *attempt) keepStack(L *lua.LState, value lua.LValue) lua.LValue {
	if a.lastErr = a.rethrown; a.lastErr == nil {
		a.lastErr = a.here(L)
	}
	a.rethrown = nil
	return value
}

// record turns what a script raised into a verdict, unless the verdict is there already.
func (a *attempt) record(err error) {
	r := a.lastErr
	a.lastErr = nil
	if r == nil {
		r = &raised{at: frame{a.file.Path, a.decl.Line}}
	}
	if a.over(r) {
		return
	}
	value := errorValue(err)
	if ud, ok := value.(*lua.LUserData); ok {
		if _, ok := ud.Value.(*stop); ok {
			return
		}
	}
	f := event.Failure{Kind: "lua", Message: a.errorText(value, r)}
	a.place(&f, r.at, r.helper)
	f.Steps = r.steps
	a.add(f, true)
}

// over records that time ran out, or that the run ended under the scenario.
func (a *attempt) over(r *raised) bool {
	cause := context.Cause(a.ctx)
	if cause == nil {
		return false
	}
	f := event.Failure{Kind: "scenario-timeout", Message: a.timeoutText()}
	if !a.cleaning {
		f.Hint = "a longer time is given by the option timeout of scenario, or --timeout"
	}
	switch {
	case cause == errMemory:
		f = event.Failure{Kind: "memory", Message: a.spent}
	case a.ctx.Err() == context.Canceled:
		a.result.Interrupted = true
		f = event.Failure{Kind: "interrupted", Message: "the run was ended while the scenario ran"}
	}
	if a.ended {
		return true
	}
	a.ended = true
	a.place(&f, r.at, r.helper)
	f.Steps = r.steps
	a.add(f, true)
	return true
}

func (a *attempt) timeoutText() string {
	if a.cleaning {
		return fmt.Sprintf("cleanup did not end within its %s", durationText(a.limit))
	}
	return fmt.Sprintf("the scenario did not end within its %s", durationText(a.limit))
}

func durationText(d time.Duration) string {
	if d >= time.Second && d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return d.String()
}

// errorText is what a script raised, as text, with what can be said about it by looking at the line.
func (a *attempt) errorText(v lua.LValue, r *raised) string {
	switch v := v.(type) {
	case lua.LString:
		msg := stripPosition(string(v))
		if hint := a.file.hintAt(r.at.line, msg); hint != "" {
			msg += ": " + hint
		}
		return msg
	case *lua.LNilType:
		return "error(nil) was called"
	case *lua.LTable:
		return "an error value was raised: " + show(v)
	}
	return v.String()
}

// assigns tells whether the script gives a global of that name a value somewhere.
func (a *attempt) assigns(name string) bool {
	if a.file.chunk.globals[name] {
		return true
	}
	for _, c := range a.required {
		if c.globals[name] {
			return true
		}
	}
	return false
}
