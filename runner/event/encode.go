package event

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// The events of a scenario are written by hand: there are dozens of them in each, and encoding/json made writing them the
// dearest part of a run with a jsonl report. The bytes are those that encoding/json writes when it does not escape HTML,
// but for text that is no UTF-8. The plan has the same keys, so it is written in the same way.

// object is a JSON object that is being written. An object of an object is written into the same bytes.
type object struct {
	b    []byte
	err  error    // the first
	keys *Encoder // which remembers the last key; nil for none
}

// Encoder writes events as AppendJSON does. The events of a scenario come together and all have its key: it is written once and copied.
type Encoder struct {
	key    Key
	text   []byte
	second clock
}

// Append appends an event as one line.
func (en *Encoder) Append(b []byte, e Event) ([]byte, error) { return appendJSON(b, e, en) }

// name begins a member.
func (o *object) name(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

func (o *object) open()  { o.b = append(o.b, '{') }
func (o *object) close() { o.b = append(o.b, '}') }

func (o *object) text(name, s string) {
	o.name(name)
	o.b = appendText(o.b, s)
}

// someText leaves an empty text out, as omitempty does; so do the others of this kind.
func (o *object) someText(name, s string) {
	if s != "" {
		o.text(name, s)
	}
}

func (o *object) number(name string, n int) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, int64(n), 10)
}

func (o *object) someNumber(name string, n int) {
	if n != 0 {
		o.number(name, n)
	}
}

func (o *object) flag(name string, is bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, is)
}

func (o *object) someFlag(name string, is bool) {
	if is {
		o.flag(name, is)
	}
}

// float takes exponents where encoding/json does, which is where ECMAScript does.
func (o *object) float(name string, f float64) {
	o.name(name)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		o.fail(fmt.Errorf("%s is %v, which JSON cannot say", name, f))
		return
	}
	if b, ok := appendNanoseconds(o.b, f); ok {
		o.b = b
		return
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	o.b = strconv.AppendFloat(o.b, f, form, -1, 64)
	if n := len(o.b); form == 'e' && o.b[n-4] == 'e' && o.b[n-3] == '-' && o.b[n-2] == '0' {
		o.b[n-2] = o.b[n-1] // e-09 is e-9
		o.b = o.b[:n-1]
	}
}

func (o *object) time(t time.Time) {
	o.name("time")
	c := &clock{}
	if o.keys != nil {
		c = &o.keys.second
	}
	b, err := c.append(append(o.b, '"'), t)
	if err != nil {
		o.fail(fmt.Errorf("the time %v has no RFC 3339 form", t))
		return
	}
	o.b = append(b, '"')
}

func (o *object) texts(name string, list []string) {
	o.name(name)
	o.list(len(list), list == nil, func(i int) { o.b = appendText(o.b, list[i]) })
}

// list writes n elements. A list that is nil is null, as encoding/json has it.
func (o *object) list(n int, isNil bool, element func(i int)) {
	if isNil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		element(i)
	}
	o.b = append(o.b, ']')
}

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

func (o *object) key(k *Key) {
	o.name("key")
	en := o.keys
	if en != nil && len(en.text) > 0 && en.key == *k {
		o.b = append(o.b, en.text...)
		return
	}
	from := len(o.b)
	o.open()
	o.text("file", k.File)
	o.text("name", k.Name)
	o.text("target", k.Target)
	o.number("repetition", k.Repetition)
	o.close()
	if en != nil {
		en.key, en.text = *k, append(en.text[:0], o.b[from:]...)
	}
}

func (o *object) position(name string, p *Position) {
	o.name(name)
	o.open()
	o.text("file", p.File)
	o.number("line", p.Line)
	o.someNumber("column", p.Column)
	o.close()
}

func (e *Plan) encode(o *object) {
	o.time(e.Time)
	o.name("scenarios")
	o.list(len(e.Scenarios), e.Scenarios == nil, func(i int) {
		p := &e.Scenarios[i]
		o.open()
		o.key(&p.Key)
		o.number("line", p.Line)
		o.someText("id", p.ID)
		o.close()
	})
	o.number("deselected", e.Deselected)
}

func (e *ScenarioStart) encode(o *object) {
	o.time(e.Time)
	o.key(&e.Key)
	o.number("attempt", e.Attempt)
	o.number("line", e.Line)
	o.someText("suite", e.Suite)
}

func (e *Wire) encode(o *object) {
	o.time(e.Time)
	o.key(&e.Key)
	o.number("attempt", e.Attempt)
	o.number("index", e.Index)
	o.float("at", e.At)
	o.number("conn", e.Conn)
	o.text("role", e.Role)
	o.text("dir", e.Dir)
	o.someFlag("body", e.Body)
	if e.Omitted != 0 {
		o.name("omitted")
		o.b = strconv.AppendInt(o.b, e.Omitted, 10)
	}
	o.someText("sha256", e.SHA256)
	if utf8.Valid(e.Data) {
		o.name("text")
		o.b = appendText(o.b, e.Data)
		return
	}
	o.name("base64")
	o.b = base64.StdEncoding.AppendEncode(append(o.b, '"'), e.Data)
	o.b = append(o.b, '"')
}

func (e *Log) encode(o *object) {
	o.time(e.Time)
	o.key(&e.Key)
	o.number("attempt", e.Attempt)
	o.float("at", e.At)
	o.text("level", e.Level)
	o.text("text", e.Text)
	o.position("position", &e.Position)
}

func (e *Expectation) encode(o *object) {
	o.time(e.Time)
	o.key(&e.Key)
	o.number("attempt", e.Attempt)
	o.float("at", e.At)
	o.text("what", e.What)
	o.flag("ok", e.OK)
	o.someText("want", e.Want)
	o.someText("got", e.Got)
	o.position("position", &e.Position)
}

func (e *ScenarioFinish) encode(o *object) {
	o.time(e.Time)
	o.key(&e.Key)
	o.number("attempt", e.Attempt)
	o.flag("final", e.Final)
	o.text("file", e.File)
	o.number("line", e.Line)
	o.text("suite", e.Suite)
	o.text("name", e.Name)
	o.someText("id", e.ID)
	o.text("level", e.Level)
	o.texts("tags", e.Tags)
	o.texts("refs", e.Refs)
	o.text("target", e.Target)
	o.someText("address", e.Address)
	o.text("outcome", string(e.Outcome))
	o.flag("flaky", e.Flaky)
	o.float("seconds", e.Seconds)
	o.someText("reason", e.Reason)
	o.someFlag("inconclusive", e.Policy)
	o.someText("known_issue", e.KnownIssue)
	if len(e.Notes) > 0 {
		o.texts("notes", e.Notes)
	}
	o.failures("warnings", e.Warnings)
	o.failures("failures", e.Failures)
	if e.Failure != nil {
		o.name("failure")
		o.failure(e.Failure)
	}
	o.someText("rerun", e.Rerun)
}

func (o *object) failures(name string, list []Failure) {
	o.name(name)
	o.list(len(list), list == nil, func(i int) { o.failure(&list[i]) })
}

func (o *object) failure(f *Failure) {
	o.open()
	o.text("kind", f.Kind)
	o.someText("level", f.Level)
	o.text("message", f.Message)
	o.someText("want", f.Want)
	o.someText("got", f.Got)
	o.position("position", &f.Position)
	if f.Helper != nil {
		o.position("helper", f.Helper)
	}
	if len(f.Steps) > 0 {
		o.texts("steps", f.Steps)
	}
	if len(f.Source) > 0 {
		o.name("source")
		o.list(len(f.Source), false, func(i int) {
			o.open()
			o.number("line", f.Source[i].Line)
			o.text("text", f.Source[i].Text)
			o.close()
		})
	}
	o.someNumber("conn", f.Conn)
	o.someNumber("wire", f.Wire)
	if f.After != nil {
		o.float("after", *f.After)
	}
	o.someText("address", f.Address)
	o.someText("detail", f.Detail)
	o.someText("hint", f.Hint)
	o.someText("call", f.Call)
	o.close()
}

// appendText writes a JSON string (RFC 8259 7). U+2028 and U+2029 are escaped because JavaScript once took them for line
// ends, as in encoding/json. Bytes that are no UTF-8 become what Safe shows of them, "\xff", where encoding/json has U+FFFD
// for each: names that differ in them stay different, and reports of the stream are those of the run.
func appendText[T string | []byte](b []byte, s T) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		for len(s)-i >= 8 && plainText(s, i) {
			i += 8
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		n := 1
		escape := ""
		if c < utf8.RuneSelf {
			escape = escapes[c]
		} else {
			escape, n = escapeRune(s[i:min(i+utf8.UTFMax, len(s))])
		}
		if escape != "" {
			b = append(append(b, s[from:i]...), escape...)
			from = i + n
		}
		i += n
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// plainText tells whether none of the eight bytes from i on is escaped or begins a longer character.
func plainText[T string | []byte](s T, i int) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
	quote, backslash := w^('"'*ones), w^('\\'*ones)
	// The high bit of a byte of x-n is set, among others, where the byte is less than n: "among others" is for the slower way to find out.
	return (w|(w-' '*ones)|(quote-ones)|(backslash-ones))&high == 0
}

// escapeRune is what takes the place of the first n bytes, or "" where they stay.
func escapeRune[T string | []byte](s T) (escape string, n int) {
	r, n := utf8.DecodeRuneInString(string(s))
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Sprintf(`\\x%02x`, s[0]), n
	case r == '\u2028':
		return `\u2028`, n
	case r == '\u2029':
		return `\u2029`, n
	}
	return "", n
}

// escapes are those of ASCII; the control characters that have no letter of their own are written by number.
var escapes = func() (table [utf8.RuneSelf]string) {
	for c := range ' ' {
		table[c] = fmt.Sprintf(`\u%04x`, c)
	}
	for c, letter := range map[byte]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`} {
		table[c] = letter
	}
	return table
}()
