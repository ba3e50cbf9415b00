package luaapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	lua "github.com/yuin/gopher-lua"
)

type queryOptions struct {
	To       *string        `lua:"to" doc:"An address that it was delivered to, as far as the mailbox tells, or else one in To, Cc or Bcc; upper or lower case." default:"any"`
	Contains *string        `lua:"contains" doc:"Text that is found in it, as it is, also in an encoded header field or text." default:"any"`
	Header   lua.LValue     `lua:"header" type:"string|table" doc:"Text that is found in a field: \"Subject: text\", or a table as in { Subject = \"text\" }, of which all are needed." default:"any"`
	Within   *time.Duration `lua:"within" doc:"How long to wait." default:"10 s; 2 s of expect_none; 0 of find"`
}

var queryTable = bind.OptionsOf[queryOptions]("mailbox.Query", "What a message has to be like. At least one of to, contains and header is needed, and one of them should have a unique text in it.")

func (r *reading) read(t *lua.LTable) error {
	var o queryOptions
	queryTable.Decode(t, &o)
	for name, text := range map[string]*string{"to": o.To, "contains": o.Contains} {
		if text != nil && *text == "" {
			return fmt.Errorf("%s: option %s: it is empty, which any message has", r.c.Name(), name)
		}
	}
	if o.To != nil {
		r.query.To = *o.To
	}
	if o.Contains != nil {
		r.query.Contains = *o.Contains
	}
	headers, err := headersOf(o.Header)
	if err != nil {
		return fmt.Errorf("%s: option header: %w", r.c.Name(), err)
	}
	r.query.Header = headers
	if len(r.query.Wants()) == 0 {
		return fmt.Errorf("%s: one of to, contains and header is needed: any message would do, also that of another scenario", r.c.Name())
	}
	if o.Within != nil {
		r.within = *o.Within
	}
	return nil
}

func headersOf(v lua.LValue) (list []mailbox.Header, err error) {
	switch v := v.(type) {
	case lua.LString:
		name, text, ok := strings.Cut(string(v), ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("%s: a name, a colon and text expected, as in \"Subject: text\"", quote(string(v)))
		}
		return []mailbox.Header{{Name: strings.TrimSpace(name), Text: strings.TrimSpace(text)}}, nil
	case *lua.LTable:
		v.ForEach(func(name, text lua.LValue) {
			if name.Type() != lua.LTString || text.Type() != lua.LTString {
				err = fmt.Errorf("a table of names and texts expected, as in { Subject = \"text\" }")
				return
			}
			list = append(list, mailbox.Header{Name: name.String(), Text: text.String()})
		})
		slices.SortFunc(list, func(x, y mailbox.Header) int { return strings.Compare(x.Name, y.Name) })
	}
	return list, err
}
