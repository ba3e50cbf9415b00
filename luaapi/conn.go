package luaapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// on adapts a function of a connection to what bind takes, and refuses the ones that were closed.
func on(f func(*conn, *bind.Call) error) func(*bind.Call) error {
	return func(c *bind.Call) error {
		k := c.Self.(*conn)
		if k.shut && (c.F.Name == "close" || c.F.Name == "abort") {
			return nil // as a cleanup may do
		}
		if k.shut {
			return fmt.Errorf("c:%s: the connection was closed by the script", c.F.Name)
		}
		return f(k, c)
	}
}

func (lang *Language) declareConn() *bind.Class {
	methods := []*bind.Func{
		bind.Method("send(line: string, options?: smtp.SendOptions): smtp.Conn", on((*conn).send), "Writes the line and CRLF, in one write."),
		bind.Method("write(bytes: string, options?: smtp.WriteOptions): smtp.Conn", on((*conn).write), "Writes exactly these bytes, in one write or in pieces."),
		bind.Method("expect(code: number|string|table, enhanced?: string, text?: string): smtp.Reply", on((*conn).expect), "Reads one whole reply and requires its code, its enhanced code and its text."),
		bind.Method("reply(within?: duration): smtp.Reply", on((*conn).reply), "Reads one reply and requires nothing, not even that one comes."),
		bind.Method("expect_close(within?: duration)", on((*conn).expectClose), "Requires that the peer closes, with nothing more said."),
		bind.Method("expect_silence(seconds: duration)", on((*conn).expectSilence), "Requires that the peer says nothing and keeps the connection open for so long."),
		bind.Method("read_line(within?: duration): string", on((*conn).readLine), "Reads a line and gives it with its line end."),
		bind.Method("read(n: integer, within?: duration): string", on((*conn).read), "Reads exactly n bytes and gives them."),
		bind.Method("close()", on((*conn).close), "Closes the connection; bytes that arrived and were not read are a warning that shows them."),
		bind.Method("close_write()", on((*conn).closeWrite), "Half-closes: says close_notify in TLS, then FIN. What the server still says can be read."),
		bind.Method("abort()", on((*conn).abort), "Resets the connection (RST), with no warning about bytes that were not read."),
		bind.Method("stop_tls()", on((*conn).stopTLS), "Ends TLS by close_notify and goes on in clear."),
	}
	methods = append(methods, sugar()...)
	return &bind.Class{
		Name: "smtp.Conn", Short: "c", Doc: "A connection to a server, as smtp.connect and smtp.session give it.", Methods: methods, Fields: connFields(),
		Text: func(self any) string { return "smtp.Conn " + self.(*conn).address },
	}
}

func (k *conn) self(c *bind.Call) error { return c.Push(c.L.Get(1)) }

// replyLimit is how long a reply to verb may take.
func (k *conn) replyLimit(verb string) time.Duration {
	if k.replyTimeout > 0 {
		return k.replyTimeout
	}
	return k.a.env.Limits.reply(verb)
}

// rfcLimit is RFC 5321 4.5.3.2's minimum for a client's patience.
func rfcLimit(verb string) time.Duration {
	switch verb {
	case "DATA":
		return 2 * time.Minute
	case ".":
		return 10 * time.Minute
	}
	return 5 * time.Minute
}

func (k *conn) deadline(within time.Duration) time.Time { return time.Now().Add(within) }

// byDefault is the time that a reply has where nothing else is said: 0 is "what is there now".
const byDefault time.Duration = -1

// read1 reads one reply, whatever it is. An error says that the scenario is over.
func (k *conn) read1(c *bind.Call, within time.Duration) (*reply, time.Duration, error) {
	if within < 0 {
		within = k.replyLimit(k.wire.Awaited())
	}
	k.a.meanwhile(k)
	r := k.wire.ReadReply(attemptOf(c.L).ctx, k.deadline(within))
	if r.Ended == wire.Cancelled {
		return nil, within, k.a.cancelledReading(c.L, k, r)
	}
	return k.replyOf(r), within, nil
}

// cancelledReading says, besides that the scenario's time is over, what had come of the reply.
func (a *attempt) cancelledReading(L *lua.LState, k *conn, r *wire.Reply) error {
	n := len(a.result.Failures)
	err := a.cancelledWaiting(L, k, awaited(r.Verb))
	if len(a.result.Failures) > n && len(r.Raw) > 0 {
		a.result.Failures[n].Got = visible(r.Raw)
	}
	return err
}

// cancelledWaiting says, besides that the scenario's time is over, what it was waiting for.
func (a *attempt) cancelledWaiting(L *lua.LState, k *conn, what string) error {
	n := len(a.result.Failures)
	err := a.cancelled(L)
	if len(a.result.Failures) > n {
		f := &a.result.Failures[n]
		f.Message += ": it was waiting for " + what
		f.Conn = k.wire.ID
	}
	return err
}

// awaited names what a reply is to.
func awaited(verb string) string {
	switch verb {
	case wire.Greeting:
		return "the greeting"
	case ".":
		return "the reply to the message"
	case "":
		return "a reply"
	}
	return "the reply to " + verb
}

func (k *conn) reply(c *bind.Call) error {
	r, _, err := k.read1(c, c.Duration(0, byDefault))
	if err != nil {
		return err
	}
	return c.Push(r.object())
}

func (k *conn) readLine(c *bind.Call) error {
	k.a.meanwhile(k)
	b, kind := k.wire.ReadLine(attemptOf(c.L).ctx, k.deadline(c.Duration(0, k.replyLimit(""))))
	return k.raw(c, b, kind)
}

func (k *conn) read(c *bind.Call) error {
	n := c.Int(0)
	if n < 1 || n > 64<<20 {
		return fmt.Errorf("c:read: argument n: a number from 1 to %d expected, got %d", 64<<20, n)
	}
	k.a.meanwhile(k)
	b, kind := k.wire.ReadN(attemptOf(c.L).ctx, n, k.deadline(c.Duration(1, k.replyLimit(""))))
	return k.raw(c, b, kind)
}

func (k *conn) raw(c *bind.Call, b []byte, kind wire.Kind) error {
	switch kind {
	case wire.None:
		return c.Push(lua.LString(b))
	case wire.Cancelled:
		return k.a.cancelled(c.L)
	case wire.Timeout:
		if len(b) > 0 {
			b, _ = k.wire.ReadN(attemptOf(c.L).ctx, len(b), time.Time{}) // is there already; what the script gets counts as read
		}
	}
	return c.PushAll(lua.LString(b), lua.LString(kind))
}

func (k *conn) close(c *bind.Call) error {
	at, helper := k.a.position(c.L)
	k.shut = true
	k.a.close(k, raised{at: at, helper: helper}, true)
	return nil
}

func (k *conn) closeWrite(c *bind.Call) error {
	k.wire.CloseWrite(attemptOf(c.L).ctx, k.replyLimit(""))
	return nil
}

func (k *conn) abort(*bind.Call) error {
	k.shut = true
	k.wire.Abort()
	k.a.count(-1)
	return nil
}

// stopTime is how long stop_tls waits for the peer's close_notify: RFC 8446 6.1 does not ask for one, and many send none.
const stopTime = time.Second

func (k *conn) stopTLS(c *bind.Call) error {
	if k.wire.TLS == nil {
		return fmt.Errorf("c:stop_tls: the connection is not in TLS")
	}
	if k.wire.StopTLS(attemptOf(c.L).ctx, k.deadline(stopTime)) == wire.Cancelled {
		return k.a.cancelled(c.L)
	}
	return nil
}

func connFields() []bind.Field {
	field := func(name, typ, doc string, get func(k *conn, c *bind.Call) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(self.(*conn), c), nil
		}}
	}
	return []bind.Field{
		field("caps", "table", "What the latest 250 to EHLO or LHLO offered: keyword in upper case to parameter text, \"\" for none. A handshake empties it.", func(k *conn, c *bind.Call) lua.LValue {
			return capsTable(c.L, k.keywords())
		}),
		field("tls", "smtp.TLS?", "The TLS state, nil in clear.", func(k *conn, _ *bind.Call) lua.LValue {
			if k.wire.TLS == nil {
				return lua.LNil
			}
			return k.a.lang.types.tls.Object(k.wire.TLS)
		}),
		field("greeting", "smtp.Reply?", "The greeting, once it was read.", func(k *conn, _ *bind.Call) lua.LValue {
			if k.wire.Greeting == nil {
				return lua.LNil
			}
			return k.replyOf(k.wire.Greeting).object()
		}),
		field("replies", "smtp.Reply[]", "All whole replies so far, in order.", func(k *conn, c *bind.Call) lua.LValue {
			t := c.L.CreateTable(0, 0)
			for _, r := range k.wire.Replies {
				t.Append(k.replyOf(r).object())
			}
			return t
		}),
		field("unread", "string", "The bytes that arrived and were not read.", func(k *conn, _ *bind.Call) lua.LValue {
			return lua.LString(k.wire.Unread())
		}),
		field("closed_by", "string?", "How the peer ended the connection: \"fin\", \"close_notify\" or \"reset\"; nil while it is open.", func(k *conn, _ *bind.Call) lua.LValue {
			k.wire.Unread() // takes note of a close that has come meanwhile
			if how := k.wire.ClosedBy(); how != "" {
				return lua.LString(how)
			}
			return lua.LNil
		}),
		field("host", "string", "The host that was connected to; with mx, the one of its exchangers that answered.", func(k *conn, _ *bind.Call) lua.LValue {
			return lua.LString(k.host)
		}),
		field("local_address", "string", "Our address and port.", func(k *conn, _ *bind.Call) lua.LValue {
			return lua.LString(k.wire.LocalAddr())
		}),
		field("remote_address", "string", "The peer's address and port.", func(k *conn, _ *bind.Call) lua.LValue {
			return lua.LString(k.wire.RemoteAddr())
		}),
		field("transcript", "string", "What went over the connection, secrets masked.", func(k *conn, _ *bind.Call) lua.LValue {
			return lua.LString(k.transcriptText())
		}),
	}
}

func capsTable(L *lua.LState, keywords map[string]string) lua.LValue {
	t := L.CreateTable(0, len(keywords))
	for word, param := range keywords {
		t.RawSetString(word, lua.LString(param))
	}
	return t
}

func (k *conn) transcriptText() string {
	marks := map[string]string{event.Out: "> ", event.In: "< ", event.Info: "* "}
	var b strings.Builder
	for _, r := range k.a.transcript.Records() {
		if r.Conn != k.wire.ID {
			continue
		}
		for line := range strings.Lines(string(r.Data)) {
			b.WriteString(marks[r.Dir] + strings.TrimRight(line, "\r\n") + "\n")
		}
	}
	return b.String()
}
