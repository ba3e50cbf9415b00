package luaapi

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/sasl"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// authSteps are what a script sends in place of what the mechanism would: text or a function, by number.
type authSteps map[int]lua.LValue

func stepsOf(v lua.LValue) (authSteps, error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, nil
	}
	steps := authSteps{}
	var err error
	t.ForEach(func(key, value lua.LValue) {
		n, ok := key.(lua.LNumber)
		text, isText := value.(lua.LString)
		switch {
		case !ok || n < 1 || float64(n) != math.Trunc(float64(n)):
			err = fmt.Errorf("numbers to text or functions expected, as in { [2] = \"*\" }, got the key %s", bind.Describe(key))
		case !isText && value.Type() != lua.LTFunction:
			err = fmt.Errorf("step %d: text or a function expected, got %s", int(n), bind.Describe(value))
		case strings.ContainsAny(string(text), "\r\n\x00"):
			err = fmt.Errorf("step %d: a CR, LF or NUL is in the line; c:write sends bytes as they are", int(n))
		}
		steps[int(n)] = value
	})
	return steps, err
}

// code is what to expect where the script does not say: 501 after a "*" (RFC 4954 4).
func (s authSteps) code() codeSpec {
	for _, v := range s {
		if v == lua.LString("*") {
			return codes(501)
		}
	}
	return codes(235)
}

// first is the lowest number of a step, 0 where there is none.
func (s authSteps) first() (n int) {
	for i := range s {
		if n == 0 || i < n {
			n = i
		}
	}
	return n
}

// exchange is one run of a mechanism over the connection.
type exchange struct {
	k         *conn
	c         *bind.Call
	client    sasl.Client
	mechanism string
	password  string
	want      codeSpec
	steps     authSteps
	sent      int    // how many things went out, or are ready to
	altered   bool   // something else went out than the mechanism's own
	held      []byte // the initial response, when it waits for the first 334; nil when it does not
	ready     string // the line that does, when it is too long for the command
}

func (x *exchange) run(initial *bool) (*reply, error) {
	line, err := x.start(initial)
	if err != nil {
		return nil, fmt.Errorf("c:auth: %w", err)
	}
	for {
		if err := x.k.put(x.c, line+"\r\n", sendOptions{}); err != nil {
			return nil, err
		}
		r, within, err := x.k.read1(x.c, byDefault)
		if err != nil {
			return nil, err
		}
		if r.Code != 334 || r.Ended != "" || x.want.match(r.Reply) {
			return r, x.end(r, within)
		}
		var cause error
		line, cause, err = x.answer(r)
		switch {
		case err != nil:
			return nil, fmt.Errorf("c:auth: %w", err)
		case cause != nil:
			return r, x.cancel(cause, r)
		}
	}
}

// start is the AUTH command.
func (x *exchange) start(initial *bool) (string, error) {
	line := "AUTH " + x.mechanism
	ir, err := x.first(initial != nil && *initial)
	if err != nil || ir == nil {
		return line, err
	}
	if initial != nil && !*initial {
		x.held = ir
		return line, nil
	}
	text, err := x.say(ir, lua.LNil)
	with := line + " " + cmp.Or(text, "=") // RFC 4954 4: "=" is an empty one
	if initial == nil && len(with)+len("\r\n") > maxCommand {
		x.ready = text
		return line, err
	}
	return with, err
}

// first is the initial response: nil where there is none, and none has to be.
func (x *exchange) first(force bool) ([]byte, error) {
	if c, ok := x.client.(sasl.UserFirst); ok && force {
		return c.StartWithUser()
	}
	ir, err := x.client.Start()
	if err == nil && ir == nil && force {
		ir = []byte{} // the server is to refuse it with 501, says RFC 4954 4
	}
	return ir, err
}

// answer is the line that answers a 334. A cause says why the mechanism has none; err is a fault of the script's.
func (x *exchange) answer(r *reply) (line string, cause, err error) {
	if x.ready != "" {
		line, x.ready = x.ready, ""
		return line, nil, nil
	}
	challenge, cause := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
	var given lua.LValue = lua.LString(challenge)
	if cause != nil {
		given, cause = lua.LNil, errors.New("the challenge is no base64")
	}
	response := x.held
	switch {
	case x.held != nil: // what the server says before it, such as "NTLM supported", does not matter
		x.held, cause = nil, nil
	case cause == nil:
		response, cause = x.client.Next(challenge)
	}
	if cause != nil {
		if x.steps[x.sent+1] == nil {
			return "", cause, nil
		}
		response = nil // the script has an answer where the mechanism has none
	}
	line, err = x.say(response, given)
	return line, nil, err
}

// say is the line for what the mechanism says, or for what the script says in its place.
func (x *exchange) say(response []byte, challenge lua.LValue) (string, error) {
	x.sent++
	own := base64.StdEncoding.EncodeToString(response)
	line := own
	switch step := x.steps[x.sent].(type) {
	case lua.LString:
		line = string(step)
	case *lua.LFunction:
		var given lua.LValue = lua.LNil
		if response != nil {
			given = lua.LString(response)
		}
		text, ok := x.call(step, given, challenge).(lua.LString)
		if !ok {
			return "", fmt.Errorf("option steps: step %d: the function is to return text", x.sent)
		}
		line = base64.StdEncoding.EncodeToString([]byte(text))
	}
	if line == own {
		return line, nil
	}
	x.altered = true
	if secret, err := base64.StdEncoding.DecodeString(line); err == nil && x.password != "" && string(response) == x.password {
		x.k.a.secrets.Add(string(secret)) // another password in its place
	}
	return line, nil
}

func (x *exchange) call(fn *lua.LFunction, response, challenge lua.LValue) lua.LValue {
	L := x.c.L
	L.Push(fn)
	L.Push(response)
	L.Push(challenge)
	x.k.a.within++
	L.Call(2, 1)
	x.k.a.within--
	result := L.Get(-1)
	L.Pop(1)
	return result
}

// cancel ends an exchange that the server made impossible (RFC 4954 4: a line with a single "*"). It is a failure whatever the server says to
// that, for the 334 was not the end that is wanted.
func (x *exchange) cancel(cause error, r *reply) error {
	k := x.k
	if err := k.put(x.c, "*\r\n", sendOptions{}); err != nil {
		return err
	}
	if _, _, err := k.read1(x.c, byDefault); err != nil {
		return err
	}
	got := cause.Error()
	if x.altered {
		got = r.oneLine() + "\n" + got
	}
	return x.broken(r, "authentication by "+x.mechanism+" cannot go on", got)
}

func (x *exchange) broken(r *reply, message, got string) error {
	f := event.Failure{Kind: "auth", Message: message, Want: x.want.String(), Got: got, Conn: x.k.wire.ID, Wire: r.Wire, Address: x.k.address}
	x.k.a.expected(x.c.L, event.Expectation{What: "auth", Want: f.Want, Got: f.Got})
	return x.k.a.failed(x.c.L, f)
}

// end judges the final reply. A server that says yes without having proved itself fails too, unless the script took the mechanism's part: then
// the reply alone counts.
func (x *exchange) end(r *reply, within time.Duration) error {
	if r.Code/100 == 2 && x.want.match(r.Reply) && !x.altered {
		if err := x.client.Finish(); err != nil {
			return x.broken(r, "the server accepted, but authentication by "+x.mechanism+" is not complete", err.Error())
		}
	}
	err := x.k.judge(x.c, requirement{code: x.want, what: "auth"}, r, within)
	if x.ready != "" {
		x.sent--
	}
	if n := x.steps.first(); err == nil && x.sent < n {
		return x.broken(r, fmt.Sprintf("the exchange ended before step %d, in whose place something else was to go out", n), r.summary(within))
	}
	return err
}
