package luaapi

import (
	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/message"
	lua "github.com/yuin/gopher-lua"
)

func parseMessage(c *bind.Call) error {
	text := c.String(0)
	defer room(c.L, c.Name(), len(text))()
	return c.Push(messageObject(c.L, message.ParseText(text)))
}

// messageObject is a message, or a part of one, as scripts see it.
func messageObject(L *lua.LState, m *message.Message) lua.LValue {
	return attemptOf(L).lang.types.message.Object(m)
}

func messageList(L *lua.LState, list []*message.Message) *lua.LTable {
	t := L.CreateTable(len(list), 0)
	for _, m := range list {
		t.Append(messageObject(L, m))
	}
	return t
}

func (lang *Language) declareMessage() *bind.Class {
	field := func(name, typ, doc string, get func(L *lua.LState, m *message.Message) lua.LValue) bind.Field {
		return bind.Field{Name: name, Type: typ, Doc: doc, Get: func(c *bind.Call, self any) (lua.LValue, error) {
			return get(c.L, self.(*message.Message)), nil
		}}
	}
	people := func(name, header, doc string) bind.Field {
		return field(name, "table[]", doc, func(L *lua.LState, m *message.Message) lua.LValue { return addressList(L, m.Addresses(header)) })
	}
	return &bind.Class{
		Name: "mail.Message", Short: "message", Doc: "A message, or a part of one.",
		Text: func(self any) string { return self.(*message.Message).Raw },
		Methods: []*bind.Func{
			bind.Method("header(name: string): string", func(c *bind.Call) error {
				value, ok := c.Self.(*message.Message).Value(c.String(0))
				if !ok {
					return c.Push(lua.LNil)
				}
				return c.Push(lua.LString(value))
			}, "Gives the value of the first field of a name, unfolded and decoded, or nil."),
			bind.Method("header_values(name: string): string[]", func(c *bind.Call) error {
				return c.Push(stringList(c.L, c.Self.(*message.Message).Values(c.String(0))))
			}, "Gives the values of all fields of a name, in order."),
		},
		Fields: append([]bind.Field{
			field("headers", "table[]", "All header fields in order, each with name, value (unfolded and decoded) and raw (every byte of it).", headerList),
			field("raw", "string", "Every byte.", func(_ *lua.LState, m *message.Message) lua.LValue { return lua.LString(m.Raw) }),
			field("body", "string", "What follows the header, as it is.", func(_ *lua.LState, m *message.Message) lua.LValue { return lua.LString(m.Body) }),
			field("content", "string", "The body without its transfer encoding.", func(_ *lua.LState, m *message.Message) lua.LValue { return lua.LString(m.Content()) }),
			field("text", "string?", "The first text/plain that is no attachment, of itself or its parts: in UTF-8, with \"\\n\" for line ends, and flowed lines joined.", textField("text/plain")),
			field("html", "string?", "The same of text/html.", textField("text/html")),
			field("type", "string", "The type of the content, in lower case, as in \"text/plain\".", func(_ *lua.LState, m *message.Message) lua.LValue { return lua.LString(m.Type) }),
			field("params", "table", "The parameters of the type, by names in lower case.", func(L *lua.LState, m *message.Message) lua.LValue { return paramTable(L, m.Params) }),
			field("disposition", "string?", "\"inline\" or \"attachment\", where it says so.", func(_ *lua.LState, m *message.Message) lua.LValue { return optional(m.Disposition) }),
			field("name", "string?", "The name of the file.", func(_ *lua.LState, m *message.Message) lua.LValue { return optional(m.Name) }),
			field("parts", "mail.Message[]", "The parts of a multipart; of message/rfc822 the message in it.", func(L *lua.LState, m *message.Message) lua.LValue { return messageList(L, m.Parts) }),
			field("attachments", "mail.Message[]", "All parts that are files, however deep: those that say so or have a name, and what is neither text nor multipart.", func(L *lua.LState, m *message.Message) lua.LValue {
				return messageList(L, m.Attachments())
			}),
			field("envelope", "table?", "Of a message from a mailbox: what SMTP said of it, as far as it is known, with from (\"\" for <>, or where it is not known) and to, a list.", envelopeField),
			field("defects", "string[]", "What is wrong, in sentences. It is known of the whole message, and empty for parts.", func(L *lua.LState, m *message.Message) lua.LValue { return stringList(L, m.Defects) }),
			field("date", "number?", "The Date, in seconds since 1970; nil where it cannot be read.", dateField),
			people("from", "From", "The addresses in From, each with address and, where it has one, name."),
			people("to", "To", "Those in To."),
			people("cc", "Cc", "Those in Cc."),
			people("reply_to", "Reply-To", "Those in Reply-To."),
		}, valueField("subject", "Subject", "The Subject."), valueField("message_id", "Message-ID", "The Message-ID, with its brackets.")),
	}
}

func valueField(name, header, doc string) bind.Field {
	return bind.Field{Name: name, Type: "string?", Doc: doc, Get: func(_ *bind.Call, self any) (lua.LValue, error) {
		if value, ok := self.(*message.Message).Value(header); ok {
			return lua.LString(value), nil
		}
		return lua.LNil, nil
	}}
}

func textField(typ string) func(*lua.LState, *message.Message) lua.LValue {
	return func(_ *lua.LState, m *message.Message) lua.LValue {
		if found := m.Find(typ); found != nil {
			return lua.LString(found.Text())
		}
		return lua.LNil
	}
}

func envelopeField(L *lua.LState, m *message.Message) lua.LValue {
	if m.Envelope == nil {
		return lua.LNil
	}
	t := L.CreateTable(0, 2)
	t.RawSetString("from", lua.LString(m.Envelope.From))
	t.RawSetString("to", stringList(L, m.Envelope.To))
	return t
}

func dateField(_ *lua.LState, m *message.Message) lua.LValue {
	value, _ := m.Value("Date")
	t, err := message.ParseDate(value)
	if err != nil {
		return lua.LNil
	}
	return lua.LNumber(t.Unix())
}

func headerList(L *lua.LState, m *message.Message) lua.LValue {
	list := L.CreateTable(len(m.Header), 0)
	for _, f := range m.Header {
		t := L.CreateTable(0, 3)
		t.RawSetString("name", lua.LString(f.Name))
		t.RawSetString("value", lua.LString(f.Value))
		t.RawSetString("raw", lua.LString(f.Raw))
		list.Append(t)
	}
	return list
}

func addressList(L *lua.LState, addresses []message.Address) *lua.LTable {
	list := L.CreateTable(len(addresses), 0)
	for _, a := range addresses {
		t := L.CreateTable(0, 2)
		t.RawSetString("address", lua.LString(a.Address))
		if a.Name != "" {
			t.RawSetString("name", lua.LString(a.Name))
		}
		list.Append(t)
	}
	return list
}

// paramTable has the first value of each name.
func paramTable(L *lua.LState, params []message.Param) *lua.LTable {
	t := L.CreateTable(0, len(params))
	for _, p := range params {
		if t.RawGetString(p.Name) == lua.LNil {
			t.RawSetString(p.Name, lua.LString(p.Value))
		}
	}
	return t
}

func authenticationResults(c *bind.Call) error {
	text := c.String(0)
	m := message.ParseText(text)
	values := m.Values("Authentication-Results")
	if len(m.Header) == 0 { // not a message: the value of such a field
		values = []string{text}
	}
	lang := attemptOf(c.L).lang
	list := c.L.CreateTable(len(values), 0)
	for _, v := range values {
		a := message.ParseAuthenticationResults(v)
		list.Append(lang.types.authResults.Object(&a))
	}
	return c.Push(list)
}

func (lang *Language) declareAuthResults() {
	lang.types.authResult = &bind.Class{
		Name: "mail.AuthenticationResult", Short: "result", Doc: "What became of one way to authenticate a message.",
		Text: func(self any) string {
			r := self.(*message.AuthenticationResult)
			return r.Method + "=" + r.Result
		},
		Fields: []bind.Field{
			fieldOf("method", "string", "What was tried, in lower case: \"spf\", \"dkim\", \"dmarc\", …", func(r *message.AuthenticationResult) any { return r.Method }),
			fieldOf("result", "string", "What came of it, in lower case: \"pass\", \"fail\", \"softfail\", \"none\", …", func(r *message.AuthenticationResult) any { return r.Result }),
			fieldOf("reason", "string?", "Why, in the server's words.", func(r *message.AuthenticationResult) any { return r.Reason }),
			fieldOf("comment", "string?", "What it says in round brackets.", func(r *message.AuthenticationResult) any { return r.Comment }),
			{Name: "properties", Type: "table", Doc: "What it was about, as in properties[\"smtp.mailfrom\"], by names in lower case.", Get: func(c *bind.Call, self any) (lua.LValue, error) {
				return paramTable(c.L, self.(*message.AuthenticationResult).Properties), nil
			}},
		},
	}
	lang.types.authResults = &bind.Class{
		Name: "mail.AuthenticationResults", Short: "results", Doc: "What one server says of a message (RFC 8601).",
		Fields: []bind.Field{
			fieldOf("server", "string", "The name of the server: its authserv-id.", func(a *message.AuthenticationResults) any { return a.Server }),
			{Name: "results", Type: "mail.AuthenticationResult[]", Doc: "Its results, in order; of \"none\" there are none.", Get: func(c *bind.Call, self any) (lua.LValue, error) {
				a := self.(*message.AuthenticationResults)
				list := c.L.CreateTable(len(a.Results), 0)
				for i := range a.Results {
					list.Append(lang.types.authResult.Object(&a.Results[i]))
				}
				return list, nil
			}},
			fieldOf("problem", "string?", "What of it could not be read.", func(a *message.AuthenticationResults) any { return a.Problem }),
		},
	}
}
