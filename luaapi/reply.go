package luaapi

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

// reply is a reply as scripts see it.
type reply struct {
	*wire.Reply
	k          *conn
	recipients []*reply      // of deliver
	prdr       []*reply      // of a message with PRDR
	value      lua.LUserData // as scripts have it: the same reply is the same value wherever they got it
}

func (r *reply) object() lua.LValue {
	if r.value.Value == nil {
		r.k.a.lang.types.reply.Wrap(&r.value, r)
	}
	return &r.value
}

// replyOf is the reply that scripts have for one of the connection's.
func (k *conn) replyOf(w *wire.Reply) *reply {
	if r, ok := w.Shown.(*reply); ok {
		return r
	}
	r := &reply{Reply: w, k: k}
	w.Shown = r
	return r
}

// oneLine shows the reply in a message: every line as it came, without line ends.
func (r *reply) oneLine() string {
	raw := r.Raw
	if r.k != nil {
		raw = r.k.a.secrets.Bytes(raw) // before lines are cut: half a password would not be known for one
	}
	text := strings.TrimSuffix(strings.TrimSuffix(unsafe.String(unsafe.SliceData(raw), len(raw)), "\n"), "\r") // nobody changes it
	if !strings.ContainsAny(text, "\r\n") && len(text) <= 1000 {
		return event.Visible(text)
	}
	text = strings.TrimRight(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
	lines := strings.Split(text, "\n")
	const most = 12
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], fmt.Sprintf("… %d more lines", len(lines)-most+1))
	}
	for i := range lines {
		if len(lines[i]) > 1000 {
			lines[i] = lines[i][:500] + fmt.Sprintf(" … %d bytes … ", len(lines[i])-1000) + lines[i][len(lines[i])-500:]
		}
		lines[i] = event.Visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

func (lang *Language) declareReply() *bind.Class {
	field := func(name, typ, doc string, get func(r *reply, c *bind.Call) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(self.(*reply), c), nil
		}}
	}
	return &bind.Class{
		Name: "smtp.Reply", Short: "reply", Doc: "A reply, or what there was of one. Reading is liberal, and every byte is kept: an anomaly alone changes no verdict.",
		Text: func(self any) string { return self.(*reply).oneLine() },
		Fields: []bind.Field{
			field("code", "integer", "The code of its last line; 0 when there was no whole reply.", func(r *reply, _ *bind.Call) lua.LValue { return lua.LNumber(r.Code) }),
			field("ended", "string?", "Why there is no whole reply: \"close\", \"reset\", \"timeout\" or \"garbage\"; nil when there is one.", func(r *reply, _ *bind.Call) lua.LValue {
				switch r.Ended {
				case wire.None:
					return lua.LNil
				case wire.TLS:
					if r.k.wire.Alert() == "" {
						return lua.LString(wire.Garbage)
					}
					return lua.LString(wire.Close) // an alert ends the connection
				}
				return lua.LString(r.Ended)
			}),
			field("enhanced", "string?", "The enhanced status code that its first line begins with, as in \"2.1.0\" (RFC 2034 4); never of a greeting, of a reply to EHLO or of a 3xx.", func(r *reply, _ *bind.Call) lua.LValue {
				if e := r.Enhanced(); e != "" {
					return lua.LString(e)
				}
				return lua.LNil
			}),
			field("text", "string", "What follows the code of each line, joined by LF; the enhanced code is part of it.", func(r *reply, _ *bind.Call) lua.LValue { return lua.LString(r.Text()) }),
			field("lines", "string[]", "The same as a list, one item a line.", func(r *reply, c *bind.Call) lua.LValue {
				t := c.L.CreateTable(len(r.Lines), 0)
				for _, l := range r.Lines {
					t.Append(lua.LString(l.Text))
				}
				return t
			}),
			field("raw", "string", "Every byte, line ends included.", func(r *reply, _ *bind.Call) lua.LValue { return lua.LString(r.Raw) }),
			field("elapsed", "number", "Seconds from the last byte written (for a greeting, from the connect) to the arrival of its last byte.", func(r *reply, _ *bind.Call) lua.LValue {
				return lua.LNumber(r.Elapsed.Seconds())
			}),
			field("anomalies", "string[]", "What is unusual in it: \"bare-lf\", \"code-mismatch\" (lines with different codes), \"long-line\" (over 512 bytes), \"no-space\", \"no-text\", \"control\", \"8bit\", \"bad-code\".", func(r *reply, c *bind.Call) lua.LValue {
				return stringList(c.L, r.Anomalies())
			}),
			field("recipients", "smtp.Reply[]?", "Of deliver: the replies to RCPT, in the order of the recipients; else nil.", func(r *reply, c *bind.Call) lua.LValue {
				if r.recipients == nil {
					return lua.LNil
				}
				return replyList(c.L, r.recipients)
			}),
			field("prdr", "smtp.Reply[]?", "Of a message that was sent with PRDR, where the server did it: its reply for each recipient; else nil.", func(r *reply, c *bind.Call) lua.LValue {
				if r.prdr == nil {
					return lua.LNil
				}
				return replyList(c.L, r.prdr)
			}),
		},
	}
}

func stringList(L *lua.LState, items []string) *lua.LTable {
	t := L.CreateTable(len(items), 0)
	for _, s := range items {
		t.Append(lua.LString(s))
	}
	return t
}

func replyList(L *lua.LState, items []*reply) *lua.LTable {
	t := L.CreateTable(len(items), 0)
	for _, r := range items {
		t.Append(r.object())
	}
	return t
}
