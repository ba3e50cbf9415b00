package luaapi

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

type expectOptions struct {
	Code     lua.LValue     `lua:"code" type:"number|string|table" doc:"A code (250), a class (\"2xx\", \"25x\"), \"close\", \"silence\", or a list of these." default:"any whole reply"`
	Weak     lua.LValue     `lua:"weak" type:"number|string|table" doc:"Codes that are accepted too, with a warning. Needs code." default:"none"`
	Enhanced string         `lua:"enhanced" doc:"Enhanced status code, where x stands for any number: \"2.1.0\", \"5.7.x\"." default:"any, or none"`
	Text     string         `lua:"text" doc:"Lua pattern that is found anywhere in the reply's text." default:"any"`
	Within   *time.Duration `lua:"within" doc:"How long the whole reply may take." default:"the connection's reply_timeout"`
}

var expectTable = bind.OptionsOf[expectOptions]("smtp.ExpectOptions", "What to require of a reply.")

// codeSpec is a set of acceptable replies.
type codeSpec []string // "250", "2xx", "25x", "close", "silence"

// threeDigits are the codes from 000 to 999 as text: each reply is compared with some.
var threeDigits = func() (all [1000]string) {
	digits := make([]byte, 0, 3*len(all))
	for n := range all {
		digits = append(digits, '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
	}
	text := string(digits) // one piece of memory for all: they are made at every start of the program
	for n := range all {
		all[n] = text[3*n : 3*n+3]
	}
	return all
}()

// codes is the set of one code.
func codes(n int) codeSpec { return threeDigits[n : n+1 : n+1] }

func parseCodes(v lua.LValue) (codeSpec, error) {
	switch v := v.(type) {
	case nil, *lua.LNilType:
		return nil, nil
	case *lua.LTable:
		var out codeSpec
		for i := 1; i <= v.Len(); i++ {
			one, err := parseCodes(v.RawGetInt(i))
			if err != nil {
				return nil, err
			}
			out = append(out, one...)
		}
		keys := 0
		v.ForEach(func(lua.LValue, lua.LValue) { keys++ })
		if len(out) == 0 || keys != v.Len() {
			return nil, fmt.Errorf("a list of codes expected, as in {550, 551, \"close\"}, or the options code, weak, enhanced, text, within")
		}
		return out, nil
	case lua.LNumber:
		if n := float64(v); n == math.Trunc(n) && n >= 100 && n <= 999 {
			return codes(int(n)), nil
		}
		return nil, fmt.Errorf("%s is no reply code: three digits make one", v.String())
	case lua.LString:
		return codeText(string(v))
	}
	return nil, fmt.Errorf("a reply code expected, got %s", bind.Describe(v))
}

func codeText(s string) (codeSpec, error) {
	if s == "close" || s == "silence" {
		return codeSpec{s}, nil
	}
	low := strings.ToLower(s)
	if len(low) == 3 && low[0] >= '1' && low[0] <= '9' && isDigitOrX(low[1]) && isDigitOrX(low[2]) && (low[1] != 'x' || low[2] == 'x') {
		if low[2] != 'x' {
			return nil, fmt.Errorf("write the code %s as a number, without quotes", s)
		}
		return codeSpec{low}, nil
	}
	return nil, fmt.Errorf("%q is no reply code: write 250, \"2xx\", \"25x\", \"close\" or \"silence\"", s)
}

func isDigitOrX(c byte) bool { return c == 'x' || c >= '0' && c <= '9' }

func (s codeSpec) String() string {
	words := make([]string, len(s))
	for i, w := range s {
		switch w {
		case "close":
			w = "a close"
		case "silence":
			w = "silence"
		}
		words[i] = w
	}
	if len(words) > 1 {
		words = append(words[:len(words)-2], words[len(words)-2]+" or "+words[len(words)-1])
	}
	return strings.Join(words, ", ")
}

// match tells whether a reply is one of the set.
func (s codeSpec) match(r *wire.Reply) bool {
	for _, w := range s {
		switch w {
		case "close":
			if r.Ended == wire.Close || r.Ended == wire.Reset {
				return len(r.Raw) == 0
			}
		case "silence":
			if r.Ended == wire.Timeout && len(r.Raw) == 0 {
				return true
			}
		default:
			if r.Ended == wire.None && masked(w, threeDigits[r.Code]) {
				return true
			}
		}
	}
	return false
}

// masked tells whether text is mask where mask has no x.
func masked(mask, text string) bool {
	if len(mask) != len(text) {
		return false
	}
	for i := range len(mask) {
		if mask[i] != 'x' && mask[i] != text[i] {
			return false
		}
	}
	return true
}

// requirement is all that one expect asks for.
type requirement struct {
	code     codeSpec
	weak     codeSpec
	enhanced string
	text     string
	within   *time.Duration
	what     string // the Lua name, in the record
	to       string // the command, where a failure has to say which of several it is
}

func (q requirement) String() string {
	s := q.code.String()
	if s == "" {
		s = "a reply"
	}
	if q.enhanced != "" {
		s += " with " + q.enhanced
	}
	if q.text != "" {
		s += " with text that matches " + quote(q.text)
	}
	if q.to != "" {
		s += " to " + q.to
	}
	if len(q.weak) > 0 {
		s += " (with a warning also " + q.weak.String() + ")"
	}
	return s
}

func (k *conn) expect(c *bind.Call) error {
	q, err := requirementOf(c)
	if err != nil {
		return fmt.Errorf("c:expect: %w", err)
	}
	q.what = "expect"
	r, err := k.await(c, q)
	if err != nil {
		return err
	}
	return c.Push(r.object())
}

func requirementOf(c *bind.Call) (q requirement, err error) {
	t := c.Table(0)
	if t == nil || !hasNames(t) {
		q.enhanced, q.text = c.String(1), c.String(2)
		if q.code, err = parseCodes(c.Value(0)); err != nil {
			return q, err
		}
		return q, checkEnhanced(q.enhanced)
	}
	if c.Has(1) || c.Has(2) {
		return q, fmt.Errorf("nothing comes after the table of requirements")
	}
	if err := expectTable.Check(t); err != nil {
		return q, err
	}
	var o expectOptions
	expectTable.Decode(t, &o)
	q.enhanced, q.text, q.within = o.Enhanced, o.Text, o.Within
	if q.code, err = parseCodes(o.Code); err != nil {
		return q, fmt.Errorf("option code: %w", err)
	}
	if q.weak, err = parseCodes(o.Weak); err != nil {
		return q, fmt.Errorf("option weak: %w", err)
	}
	if q.weak != nil && q.code == nil {
		return q, fmt.Errorf("option weak: it needs the option code, without which any reply is right")
	}
	return q, checkEnhanced(q.enhanced)
}

// hasNames tells a table of requirements, misspelt ones included, from a list of codes.
func hasNames(t *lua.LTable) bool {
	found := false
	t.ForEach(func(k, _ lua.LValue) { found = found || k.Type() == lua.LTString })
	return found
}

func checkEnhanced(s string) error {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ".")
	ok := len(parts) == 3
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		ok = ok && (p == "x" || err == nil && n >= 0 && n <= 999)
	}
	if !ok {
		return fmt.Errorf("%q is no enhanced status code: write \"2.1.0\" or \"5.7.x\"; a pattern for the text comes after it", s)
	}
	return nil
}

func enhancedMatch(mask, code string) bool {
	m, p := strings.Split(mask, "."), strings.Split(code, ".")
	if len(m) != len(p) {
		return false
	}
	for i := range m {
		if m[i] != "x" && m[i] != p[i] {
			return false
		}
	}
	return true
}

// require reads a reply that must have one of the codes, for sugar.
func (k *conn) require(c *bind.Call, what string, want codeSpec) (*reply, error) {
	return k.await(c, requirement{code: want, what: what})
}

// await reads a reply and judges it.
func (k *conn) await(c *bind.Call, q requirement) (*reply, error) {
	limit := byDefault
	if q.within != nil {
		limit = *q.within
	}
	r, within, err := k.read1(c, limit)
	if err != nil {
		return nil, err
	}
	return r, k.judge(c, q, r, within)
}

// judge is where the verdict on a reply is made.
func (k *conn) judge(c *bind.Call, q requirement, r *reply, within time.Duration) error {
	ok := len(q.code) == 0 && r.Ended == wire.None || q.code.match(r.Reply)
	weak := !ok && q.weak.match(r.Reply)
	if !ok && k.policy.match(r.Reply) {
		return k.a.skip("the server's policy is in the way: "+awaited(r.Verb)+" is "+strings.ReplaceAll(r.oneLine(), "\n", " / "), true)
	}
	if (ok || weak) && r.Ended == wire.None {
		good, err := k.details(c, q, r)
		if err != nil {
			return err
		}
		ok, weak = ok && good, weak && good
	}
	want, got := "", r.summary(within)
	if !ok {
		want = q.String()
	}
	k.a.expected(c.L, event.Expectation{What: q.what, OK: ok || weak, Want: want, Got: got})
	switch {
	case ok:
		return nil
	case weak:
		k.a.warn(c.L, k.unwanted(q, r, want, got, "the reply is not the one wanted, but is allowed with a warning"))
		return nil
	}
	return k.a.failed(c.L, k.unwanted(q, r, want, got, r.message(within)))
}

func (k *conn) unwanted(q requirement, r *reply, want, got, message string) event.Failure {
	after := r.Elapsed.Seconds()
	return event.Failure{Kind: r.kind(), Message: message, Want: want, Got: got, Conn: k.wire.ID, Wire: r.Wire,
		After: &after, Address: k.address, Detail: k.a.detail(r.Detail), Call: q.call()}
}

// details are the enhanced code and the text.
func (k *conn) details(c *bind.Call, q requirement, r *reply) (bool, error) {
	if q.enhanced != "" && !enhancedMatch(q.enhanced, r.Enhanced()) {
		return false, nil
	}
	if q.text == "" {
		return true, nil
	}
	found, err := matches(c.L, r.Text(), q.text)
	if err != nil {
		return false, fmt.Errorf("c:expect: text: %w", err)
	}
	return found, nil
}

// kind classifies a reply that is not the one wanted.
func (r *reply) kind() string {
	switch r.Ended {
	case wire.None:
		return "expectation"
	case wire.Local:
		return "lua"
	}
	return string(r.Ended)
}

// message is the first line of a failure about the reply.
func (r *reply) message(within time.Duration) string {
	what := awaited(r.Verb)
	part := ""
	if len(r.Raw) > 0 {
		part = ", in the middle of it"
	}
	switch r.Ended {
	case wire.Timeout:
		return fmt.Sprintf("%s did not come within %s", what, durationText(within)) + part
	case wire.Close:
		return fmt.Sprintf("the server closed the connection where %s was awaited%s", what, part)
	case wire.Reset:
		return fmt.Sprintf("the server reset the connection where %s was awaited%s", what, part)
	case wire.TLS:
		return fmt.Sprintf("the TLS connection broke where %s was awaited%s", what, part)
	case wire.Garbage:
		if r.TooLong {
			return fmt.Sprintf("%s is longer than %d bytes", what, wire.MaxReply)
		}
		return fmt.Sprintf("where %s was awaited came something that is no SMTP reply", what)
	}
	return what + " is not the one wanted"
}

// summary is what came, for messages.
func (r *reply) summary(within time.Duration) string {
	text := r.oneLine()
	end := ""
	switch r.Ended {
	case wire.None:
		return text
	case wire.Timeout:
		end = "nothing more within " + durationText(within)
		if text == "" {
			return "nothing within " + durationText(within)
		}
	case wire.Close:
		end = "the connection was closed"
	case wire.Reset:
		end = "the connection was reset"
	case wire.TLS:
		end = "the TLS connection broke"
	case wire.Garbage:
		return text
	default:
		end = string(r.Ended)
	}
	if text == "" {
		return end
	}
	return text + "\n" + end
}
