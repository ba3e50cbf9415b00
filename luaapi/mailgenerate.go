package luaapi

import (
	"fmt"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/message"
	lua "github.com/yuin/gopher-lua"
)

type generateOptions struct {
	Size        int        `lua:"size" doc:"How many octets it has in all: each line end counts as two, and dots are not stuffed yet." default:"required"`
	LineLength  *int       `lua:"line_length" doc:"Length of the text's lines, without their ends. More than 998 is more than SMTP allows (RFC 5321 4.5.3.1.6)." default:"72"`
	EightBit    bool       `lua:"eight_bit" doc:"Puts characters over 127, in UTF-8, into the text." default:"false"`
	Attachments int        `lua:"attachments" doc:"How many files it has, of random bytes in base64." default:"0"`
	From        lua.LValue `lua:"from" type:"string|table" doc:"Who writes, as of mail.message." default:"the fact from, or sender@example.org"`
	To          lua.LValue `lua:"to" type:"string|table" doc:"Whom it is to." default:"the fact valid_rcpt, or recipient@example.org"`
	Subject     *string    `lua:"subject" doc:"The subject." default:"what was asked for"`
	Date        lua.LValue `lua:"date" type:"string|number" doc:"Seconds since 1970, or the text of the field." default:"now"`
}

var generateTable = bind.OptionsOf[generateOptions]("mail.GenerateOptions", "A message to make up.")

// maxAttachments are enough for any test; each has a header of its own.
const maxAttachments = 10_000

func generateMessage(c *bind.Call) error {
	a := attemptOf(c.L)
	var o generateOptions
	generateTable.Decode(c.Table(0), &o)
	if err := a.live(c.Name()); err != nil {
		return err
	}
	g, err := o.generation(a)
	if err == nil {
		defer room(c.L, c.Name(), g.Size)()
		var text string
		if text, err = message.Generate(g); err == nil {
			return c.Push(lua.LString(text))
		}
	}
	return fmt.Errorf("%s: %w", c.Name(), err)
}

func (o *generateOptions) generation(a *attempt) (g message.Generation, err error) {
	g = message.Generation{Size: o.Size, LineLength: 72, EightBit: o.EightBit, Attachments: o.Attachments, Random: a.random()}
	if o.LineLength != nil {
		g.LineLength = *o.LineLength
	}
	switch {
	case o.Size <= 0:
		return g, fmt.Errorf("option size: a number of octets expected")
	case g.LineLength < 1:
		return g, fmt.Errorf("option line_length: at least 1 expected, got %d", g.LineLength)
	case o.Attachments < 0 || o.Attachments > maxAttachments:
		return g, fmt.Errorf("option attachments: a number from 0 to %d expected, got %d", maxAttachments, o.Attachments)
	}
	if g.From, err = a.someone(o.From, "from", "sender@example.org"); err != nil {
		return g, fmt.Errorf("option from: %w", err)
	}
	if g.To, err = a.someone(o.To, "valid_rcpt", "recipient@example.org"); err != nil {
		return g, fmt.Errorf("option to: %w", err)
	}
	g.Subject = fmt.Sprintf("%d octets", o.Size)
	if o.Subject != nil {
		g.Subject = *o.Subject
	}
	g.Date, err = a.dateText(o.Date)
	return g, err
}

// someone is who the option says, or the fact, or nobody in particular.
func (a *attempt) someone(v lua.LValue, fact, nobody string) ([]message.Address, error) {
	if v != nil && v != lua.LNil {
		return addresses(v)
	}
	if text := a.env.Target.Text(fact); text != "" {
		return []message.Address{{Address: text}}, nil
	}
	return []message.Address{{Address: nobody}}, nil
}
