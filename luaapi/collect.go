package luaapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// collectTime is how long the top level of a file may run.
const collectTime = 5 * time.Second

// Declaration is a scenario of a file, with the suite's options in it.
type Declaration struct {
	Name       string
	Suite      string
	ID         string
	Line       int
	Level      string
	Tags       []string
	Refs       []string
	Requires   []string
	Timeout    time.Duration // 0: what the run says
	Retries    int           // -1: what the run says
	Serial     bool
	Lock       string
	KnownIssue string
	Plain      bool   // the whole file is the scenario
	Unresolved string // a fact or variable that the file needs to declare its scenarios, and that is not set; it cannot be run

	UnresolvedText string // how to set it

	file   *File
	index  int                // which call of scenario it is
	of     int                // how many there are
	suite  bool               // of a plain script: suite was called before anything else
	source []event.SourceLine // its excerpt, where another process has the file
}

// File is the file that declares it.
func (d *Declaration) File() *File { return d.file }

// Collect runs the top level of the file and returns what it declares. A file that declares nothing is one scenario. The
// error is a *LoadError.
func (f *File) Collect(ctx context.Context, env *Env) ([]*Declaration, error) {
	whole := f.whole()
	if f.chunk.plain && !f.chunk.suite {
		return []*Declaration{whole}, nil // there is nothing to find out
	}
	a := newAttempt(f, env, whole)
	a.limit = collectTime
	a.phase = collecting
	a.names = map[string]int{}
	ctx, cancel := context.WithTimeout(ctx, collectTime)
	defer cancel()
	a.L = f.load.lang.newState()
	defer a.lang.endState(a.L)
	var err error
	a.withContext(ctx, func() {
		a.L.Push(a.L.NewFunctionFromProto(f.chunk.proto))
		err = a.lang.protect(a.L, 0, 0, a.keepStack)
	})
	return a.collected(err)
}

// whole is the file as one scenario.
func (f *File) whole() *Declaration {
	return &Declaration{Name: baseName(f.Path), Suite: baseName(f.Path), Line: 1, Level: "must", Retries: -1, Plain: true, file: f}
}

// collected makes declarations of how the top level ended.
func (a *attempt) collected(err error) ([]*Declaration, error) {
	f := a.file
	var missing *missingFact
	value := raisedValue(err)
	switch {
	case err == nil && len(a.found) > 0:
		for _, d := range a.found {
			d.of = len(a.found)
		}
		return a.found, nil
	case a.ctx.Err() != nil && (len(a.found) > 0 || f.chunk.declares):
		text := fmt.Sprintf("the top level did not end within %s: it only declares scenarios, it does not run them", durationText(collectTime))
		if a.spent != "" {
			text = "the top level: " + a.spent
		}
		return nil, loadError(f.Path, a.lastLine(), "%s", text)
	case value != nil && errors.As(value, &missing) && (len(a.found) > 0 || f.chunk.declares):
		d := a.plain()
		d.Plain = false
		d.Unresolved, d.UnresolvedText, d.Line = missing.name, missing.text, a.lastLine()
		return []*Declaration{d}, nil
	case f.chunk.plain && a.suite.Level != "": // suite was all that there was to find out
	case err != nil && (len(a.found) > 0 || f.chunk.declares || a.lastErr != nil && a.lastErr.suite):
		return nil, loadError(f.Path, a.lastLine(), "%s", a.collectText(err))
	}
	// Nothing was declared: a plain script. What it raised so far, it will raise again when it is run.
	return []*Declaration{a.plain()}, nil
}

func (a *attempt) plain() *Declaration {
	d := a.suite.declare(a.file.whole())
	if a.suite.Name != "" {
		d.Name, d.Suite, d.suite = a.suite.Name, a.suite.Name, true
	}
	return d
}

func (a *attempt) lastLine() int {
	if a.lastErr == nil {
		return 1
	}
	return a.lastErr.at.line
}

func (a *attempt) collectText(err error) string {
	if s, ok := raisedValue(err).(*stop); ok {
		return s.text
	}
	value := errorValue(err)
	r := a.lastErr
	if r == nil {
		r = &raised{at: frame{a.file.Path, 1}}
	}
	text := a.errorText(value, r)
	if r.helper != nil {
		text += fmt.Sprintf(" (at %s:%d)", r.helper.file, r.helper.line)
	}
	return text
}

// raisedValue is the Go error that a host function raised as a value, or nil.
func raisedValue(err error) error {
	api, ok := err.(*lua.ApiError)
	if !ok {
		return nil
	}
	ud, ok := api.Object.(*lua.LUserData)
	if !ok {
		return nil
	}
	e, _ := ud.Value.(error)
	return e
}

// missingFact is raised for a fact that is not set. It reads like any other error; while collecting it makes the file an
// unresolved entry.
type missingFact struct {
	name string
	text string
	lang *Language
}

func (m *missingFact) Error() string { return m.text }

// Raise implements bind.Raiser.
func (m *missingFact) Raise(L *lua.LState) lua.LValue {
	if attemptOf(L).phase == collecting {
		return m.lang.types.failure.Object(m)
	}
	return lua.LString(L.Where(1) + " " + m.text)
}

// Excerpt is the source around the declaration.
func (d *Declaration) Excerpt() []event.SourceLine {
	if d.file.chunk == nil {
		return d.source
	}
	return d.file.chunk.excerpt(d.Line)
}

// Position is where the scenario is declared.
func (d *Declaration) Position() event.Position {
	return event.Position{File: d.file.Path, Line: d.Line}
}
