package luaapi

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// Live is a scenario that somebody types: pieces of Lua run one after the other in one state, on one conversation, and between them the Go code around
// it speaks over the same connections. All methods are called from one goroutine.
type Live struct {
	a *attempt
}

// livePath stands where a file's name would, in the directory whose files the code may read.
const livePath = "typed.lua"

// liveConn is the connection's name in Lua.
const liveConn = "c"

// Live begins one. The files that its code may read lie below dir.
func (lang *Language) Live(env *Env, dir string) *Live {
	path := filepath.Join(dir, livePath)
	f := &File{Path: path, place: Place{RequireRoot: dir, ReadRoot: dir}, chunk: &chunk{path: path}, load: lang.NewLoader(nil)}
	a := newAttempt(f, env, f.whole())
	a.rand = rand.New(rand.NewPCG(env.Seed, seedOf(event.Key{File: livePath}, 1)))
	a.start = time.Now()
	a.phase = running
	a.L = lang.newState()
	return &Live{a}
}

// Said is what became of a piece of Lua; secrets are masked in all of it.
type Said struct {
	Values   []string        // what it gave, as Lua would write it
	Failures []event.Failure // broken expectations and errors, the first first
	Warnings []event.Failure
	Notes    []string
	Logged   []string
	Failed   bool // one of Failures is a broken expectation; otherwise they are errors
	Stopped  bool // ctx ended
}

// Do runs source, an expression or statements, until ctx ends. What it assigns to a global is there for the next piece; c is the connection.
func (l *Live) Do(ctx context.Context, source string) *Said { return l.DoWith(ctx, source) }

// DoWith is Do with arguments, which source gets as "...".
func (l *Live) DoWith(ctx context.Context, source string, args ...string) *Said {
	a := l.a
	a.result, a.ended, a.lastErr, a.rethrown, a.logged, a.dropped = Result{}, false, nil, nil, 0, 0
	a.expectations = 0
	said := &Said{}
	proto, err := l.compile(source)
	if err != nil {
		said.Failures = []event.Failure{{Kind: "lua", Message: a.secrets.Text(err.Error())}}
		return said
	}
	a.withContext(ctx, func() { said.Values = l.call(a.L.NewFunctionFromProto(proto), args) })
	return l.said(said)
}

// compile takes source for an expression, and where it is none for statements.
func (l *Live) compile(source string) (*lua.FunctionProto, error) {
	lang := l.a.lang
	path := l.a.file.Path
	c, err := lang.compile(path, []byte("return "+source))
	if err != nil {
		c, err = lang.compile(path, []byte(source))
	}
	var le *LoadError
	if errors.As(err, &le) && len(le.Problems) > 0 {
		p := le.Problems[0]
		return nil, errors.New(strings.Trim(p.Message+": "+p.Hint, ": "))
	}
	if err != nil {
		return nil, err
	}
	l.a.file.chunk = c
	return c.proto, nil
}

// call runs fn and gives what it returned.
func (l *Live) call(fn *lua.LFunction, args []string) []string {
	a := l.a
	base := a.L.GetTop()
	a.L.Push(fn)
	for _, arg := range args {
		a.L.Push(lua.LString(arg))
	}
	err := a.lang.protect(a.L, len(args), lua.MultRet, a.keepStack)
	a.levels, a.steps = a.levels[:0], a.steps[:0]
	if err != nil {
		a.record(err)
		a.L.SetTop(base)
		return nil
	}
	var values []string
	for i := base + 1; i <= a.L.GetTop(); i++ {
		values = append(values, a.secrets.Text(l.show(a.L.Get(i))))
	}
	a.L.SetTop(base)
	return values
}

// show writes a value to be read: a certificate and the state of TLS with all that is known of them, other objects in their own words.
func (l *Live) show(v lua.LValue) string {
	switch u := objectOf(v).(type) {
	case nil, *reply:
		return show(v)
	case *wire.TLSState:
		return show(l.fields(v, l.a.lang.types.tls))
	case *x509.Certificate:
		return show(l.fields(v, l.a.lang.types.certificate))
	case *conn:
		return "connection to " + u.address
	}
	return textOf(described(l.a.L, v))
}

// objectOf is the Go value behind an object, or nil.
func objectOf(v lua.LValue) any {
	if ud, ok := v.(*lua.LUserData); ok {
		return ud.Value
	}
	return nil
}

// fields are an object's as a table; a list of certificates in it is one of tables.
func (l *Live) fields(v lua.LValue, class *bind.Class) *lua.LTable {
	L := l.a.L
	out := L.CreateTable(0, len(class.Fields))
	for _, f := range class.Fields {
		field := L.GetField(v, f.Name)
		if list, ok := field.(*lua.LTable); ok {
			for i := 1; i <= list.Len(); i++ {
				if x := list.RawGetInt(i); objectOf(x) != nil {
					list.RawSetInt(i, l.fields(x, l.a.lang.types.certificate))
				}
			}
		}
		out.RawSetString(f.Name, field)
	}
	return out
}

func (l *Live) said(s *Said) *Said {
	a := l.a
	a.maskResult()
	r := &a.result
	s.Failures, s.Warnings, s.Notes = r.Failures, r.Warnings, r.Notes
	for i := range s.Failures {
		if rest, ok := strings.CutPrefix(s.Failures[i].Message, a.file.Path+":"); ok { // a directory with a blank in its name
			_, s.Failures[i].Message, _ = strings.Cut(rest, ": ")
		}
	}
	s.Failed, s.Stopped = r.Failed, r.Interrupted
	for _, e := range r.Events {
		if e, ok := e.(*event.Log); ok && e.Level == "log" {
			s.Logged = append(s.Logged, a.secrets.Text(e.Text))
		}
	}
	a.result = Result{}
	return s
}

// Conn is the connection that Lua has as c, or nil.
func (l *Live) Conn() *wire.Conn {
	ud, ok := l.a.L.G.Global.RawGetString(liveConn).(*lua.LUserData)
	if !ok {
		return nil
	}
	k, ok := ud.Value.(*conn)
	if !ok {
		return nil
	}
	return k.wire
}

// Interrupt ends what Conn is waiting for, once its context is over. It may be called from another goroutine.
func (l *Live) Interrupt() { l.a.interrupt() }

// ReplyLimit is how long the reply to verb may take.
func (l *Live) ReplyLimit(verb string) time.Duration { return l.a.env.Limits.reply(verb) }

// Name is what to say in EHLO, and its verb.
func (l *Live) Name() (verb, name string) {
	t := l.a.env.Target
	verb, name = helloVerb(t.LMTP()), t.Text("ehlo")
	if c := l.Conn(); c != nil && name == "" {
		name = (&conn{a: l.a, wire: c}).name()
	}
	return verb, cmp.Or(name, "localhost")
}

// Keywords are what the latest EHLO offered: keyword in upper case to parameters.
func (l *Live) Keywords() map[string]string {
	if c := l.Conn(); c != nil && c.Hello != nil {
		return keywordsOf(c.Hello)
	}
	return nil
}

// Secrets are what no output may show; what is typed may add to them.
func (l *Live) Secrets() *wire.Secrets { return l.a.secrets }

// Transcript has what went over all connections.
func (l *Live) Transcript() *wire.Transcript { return l.a.transcript }

// Close closes every connection.
func (l *Live) Close() {
	for _, k := range l.a.conns {
		k.wire.Close()
	}
	l.a.leaveMailboxes()
	l.a.L.Close()
}

// Stuffed makes a message what goes over the wire after a 354 (RFC 5321 4.5.2): CRLF line ends, a second dot before each leading one, and
// the lone dot.
func Stuffed(message string) string { return stuff(message) }
