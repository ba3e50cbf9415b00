package luaapi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/message"
	lua "github.com/yuin/gopher-lua"
)

type messageOptions struct {
	From        lua.LValue `lua:"from" type:"string|table" doc:"Who writes: \"Name <a@example.org>\", { name = \"Name\", address = \"a@example.org\" }, or a list of either. No part of an address is ever encoded." default:"none"`
	Sender      lua.LValue `lua:"sender" type:"string|table" doc:"Who sends it for them." default:"none"`
	ReplyTo     lua.LValue `lua:"reply_to" type:"string|table" doc:"Who gets the answers." default:"none"`
	To          lua.LValue `lua:"to" type:"string|table" doc:"Whom it is to." default:"none"`
	Cc          lua.LValue `lua:"cc" type:"string|table" doc:"Whom it is to besides." default:"none"`
	Bcc         lua.LValue `lua:"bcc" type:"string|table" doc:"Writes a field Bcc, which mail on its way does not have. Those who get it are named by RCPT." default:"none"`
	Subject     *string    `lua:"subject" doc:"The subject, in UTF-8." default:"none"`
	Date        lua.LValue `lua:"date" type:"string|number" doc:"Seconds since 1970, or the text of the field." default:"now"`
	MessageID   string     `lua:"message_id" doc:"The Message-ID, with its angle brackets." default:"a random one, in the domain of from"`
	Headers     lua.LValue `lua:"headers" type:"table" doc:"Further header fields: a list of { name, value }, whose order is kept, or a table of names. They stand first, win over the fields that are built, and false in place of a value leaves a field out." default:"none"`
	Text        *string    `lua:"text" doc:"The text. Line ends become CRLF." default:"an empty one, where there is nothing else"`
	HTML        *string    `lua:"html" doc:"The same as HTML; with text too it is an alternative." default:"none"`
	Charset     string     `lua:"charset" doc:"What charset to call the texts." default:"\"us-ascii\" or \"utf-8\""`
	Encoding    string     `lua:"encoding" doc:"Transfer encoding of the texts: \"7bit\", \"8bit\", \"quoted-printable\" or \"base64\", whether or not it fits." default:"\"7bit\" where that will do, else the shorter of \"quoted-printable\" and \"base64\""`
	Flowed      bool       `lua:"flowed" doc:"Writes text as format=flowed (RFC 3676), whose long lines can be joined again." default:"false"`
	Attachments lua.LValue `lua:"attachments" type:"mail.AttachmentOptions[]" doc:"Files." default:"none"`
	SMTPUTF8    bool       `lua:"smtputf8" doc:"Writes header fields in UTF-8 as it is (RFC 6532), addresses included: for servers that have SMTPUTF8." default:"false"`
}

type attachmentOptions struct {
	Name        string `lua:"name" doc:"File name, in UTF-8." default:"none"`
	Content     string `lua:"content" doc:"The bytes, which stay as they are." default:"none"`
	Type        string `lua:"type" doc:"Its type, as in \"image/png\"." default:"by the ending of the name, else \"application/octet-stream\""`
	Encoding    string `lua:"encoding" doc:"Transfer encoding, as of texts." default:"\"7bit\" or \"8bit\" for messages, \"7bit\" for texts where that will do, else \"base64\""`
	Inline      bool   `lua:"inline" doc:"Shown within the text and not beside it." default:"false, but true with cid"`
	CID         string `lua:"cid" doc:"Name that the HTML has for it, as in <img src=\"cid:logo@example.org\">." default:"none"`
	Description string `lua:"description" doc:"What it is, for readers." default:"none"`
}

var (
	messageTable    = bind.OptionsOf[messageOptions]("mail.MessageOptions", "A message to build.")
	attachmentTable = bind.OptionsOf[attachmentOptions]("mail.AttachmentOptions", "A file in a message.")
)

func (lang *Language) mailModule() *bind.Module {
	t := &lang.types
	return &bind.Module{
		Name: "mail",
		Doc:  "Messages: built, made up, read, signed and verified.",
		Funcs: append([]*bind.Func{
			bind.Fn("message(options: mail.MessageOptions): string", buildMessage, "Builds a message (RFC 5322, MIME), in lines that end in CRLF."),
			bind.Fn("parse(text: string): mail.Message", parseMessage, "Reads a message, however broken it is."),
			bind.Fn("generate(options: mail.GenerateOptions): string", generateMessage, "Makes up a message of exactly so many octets."),
			bind.Fn("authentication_results(text: string): mail.AuthenticationResults[]", authenticationResults, "Reads what servers said of a message: all fields Authentication-Results of it, or the value of one (RFC 8601)."),
		}, dkimFunctions()...),
		Classes: []*bind.Class{t.message, t.signature, t.authResults, t.authResult},
		Options: []*bind.Options{messageTable, attachmentTable, generateTable, signTable, verifyTable},
	}
}

// mailRandom is the scenario's source of random values, for a function of mail; asking makes the top level of a file one that varies.
func (a *attempt) mailRandom(c *bind.Call, why string) (*rand.Rand, error) {
	if err := a.live(c.Name() + ", " + why + ","); err != nil {
		return nil, err
	}
	return a.random(), nil
}

func buildMessage(c *bind.Call) error {
	a := attemptOf(c.L)
	var o messageOptions
	messageTable.Decode(c.Table(0), &o)
	d := &message.Draft{Subject: o.Subject, MessageID: o.MessageID, Text: o.Text, HTML: o.HTML, Charset: o.Charset, Encoding: o.Encoding,
		Flowed: o.Flowed, UTF8: o.SMTPUTF8}
	var source error // of random values: an error of its own kind
	d.Random = func() (r *rand.Rand, err error) {
		r, source = a.mailRandom(c, "with a random Message-ID or boundary")
		return r, source
	}
	if err := o.fill(a, d); err != nil {
		return fmt.Errorf("%s: %w", c.Name(), err)
	}
	defer room(c.L, c.Name(), messageRoom(d))()
	text, err := message.Build(d)
	switch {
	case source != nil:
		return source
	case err != nil:
		return fmt.Errorf("%s: %w", c.Name(), err)
	}
	return c.Push(lua.LString(text))
}

// messageRoom is more than what a message can be long.
func messageRoom(d *message.Draft) int {
	n := 0
	for _, s := range []*string{d.Text, d.HTML} {
		if s != nil {
			n += len(*s)
		}
	}
	for _, f := range d.Attachments {
		n += len(f.Content)
	}
	return n + n/2
}

// fill takes what the options say in more than one way.
func (o *messageOptions) fill(a *attempt, d *message.Draft) (err error) {
	for _, list := range []struct {
		option string
		value  lua.LValue
		to     *[]message.Address
	}{{"from", o.From, &d.From}, {"sender", o.Sender, &d.Sender}, {"reply_to", o.ReplyTo, &d.ReplyTo}, {"to", o.To, &d.To}, {"cc", o.Cc, &d.Cc}, {"bcc", o.Bcc, &d.Bcc}} {
		if *list.to, err = addresses(list.value); err != nil {
			return fmt.Errorf("option %s: %w", list.option, err)
		}
	}
	if d.Date, err = a.dateText(o.Date); err != nil {
		return err
	}
	if d.Headers, d.Without, err = headerOption(o.Headers); err != nil {
		return fmt.Errorf("option headers: %w", err)
	}
	if err := checkEncoding(o.Encoding); err != nil {
		return err
	}
	files, _ := o.Attachments.(*lua.LTable)
	for i := 1; files != nil && i <= files.Len(); i++ {
		var f attachmentOptions
		t, _ := files.RawGetInt(i).(*lua.LTable)
		attachmentTable.Decode(t, &f)
		if err := checkEncoding(f.Encoding); err != nil {
			return fmt.Errorf("attachment %d: %w", i, err)
		}
		d.Attachments = append(d.Attachments, message.Attachment(f))
	}
	return nil
}

func checkEncoding(encoding string) error {
	if encoding == "" {
		return nil
	}
	return oneOf("option encoding", encoding, message.SevenBit, message.EightBit, message.QuotedPrintable, message.Base64)
}

// dateText is what a field Date says of a number, a text, or nothing, which is now.
func (a *attempt) dateText(v lua.LValue) (string, error) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), nil
	case lua.LNumber:
		if n := float64(v); n >= 0 && n <= maxSeconds {
			return message.FormatDate(time.Unix(int64(n), 0).UTC()), nil
		}
		return "", fmt.Errorf("option date: a number of seconds since 1970 expected, up to the year 9999, got %v", float64(v))
	}
	a.varies = true
	return message.FormatDate(time.Now()), nil
}

// addresses reads text, a table with address and name, or a list of either.
func addresses(v lua.LValue) ([]message.Address, error) {
	switch v := v.(type) {
	case lua.LString:
		return textAddresses(string(v))
	case *lua.LTable:
		if v.RawGetString("address") != lua.LNil || v.RawGetString("name") != lua.LNil {
			one, err := tableAddress(v)
			return []message.Address{one}, err
		}
		var list []message.Address
		n := 0
		v.ForEach(func(lua.LValue, lua.LValue) { n++ })
		if n != v.Len() {
			return nil, fmt.Errorf("an address, or a list of them expected: text, or a table with name and address")
		}
		for i := 1; i <= n; i++ {
			if t, ok := v.RawGetInt(i).(*lua.LTable); ok && t.Len() > 0 {
				return nil, fmt.Errorf("item %d: a list in a list", i)
			}
			some, err := addresses(v.RawGetInt(i))
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i, err)
			}
			list = append(list, some...)
		}
		return list, nil
	case nil, *lua.LNilType:
		return nil, nil
	}
	return nil, fmt.Errorf("text or a table with name and address expected, got %s", bind.Describe(v))
}

func tableAddress(t *lua.LTable) (a message.Address, err error) {
	t.ForEach(func(k, v lua.LValue) {
		text, ok := v.(lua.LString)
		switch {
		case !ok:
			err = fmt.Errorf("%s: text expected, got %s", k.String(), bind.Describe(v))
		case k == lua.LString("name"):
			a.Name = string(text)
		case k == lua.LString("address"):
			a.Address = string(text)
		default:
			err = fmt.Errorf("an address has name and address, and no %s", bind.Describe(k))
		}
	})
	if err == nil && t.RawGetString("address") == lua.LNil {
		err = fmt.Errorf("an address is missing for the name %s", shown(a.Name))
	}
	return a, err
}

func textAddresses(s string) ([]message.Address, error) {
	if message.IsGroup(s) {
		return []message.Address{{Address: s}}, nil
	}
	list := message.ParseAddresses(s)
	for _, a := range list {
		if len(list) > 1 && a.Address != "" && !message.HasDomain(a.Address) { // half of a name, most likely
			return nil, fmt.Errorf("%s has no @: a name with a comma is quoted, and { address = %s } takes anything", shown(a.Address), quote(a.Address))
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no address in %s", shown(s))
	}
	return list, nil
}

// headerOption reads a list of { name, value }, or a table of names to values or lists of them.
func headerOption(v lua.LValue) (fields []message.NameValue, without []string, err error) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, nil, nil
	}
	add := func(name string, v lua.LValue) error {
		switch v := v.(type) {
		case lua.LString:
			fields = append(fields, message.NameValue{Name: name, Value: string(v)})
		case lua.LBool:
			if v {
				return fmt.Errorf("%s: text expected, or false to leave the field out", name)
			}
			without = append(without, name)
		default:
			return fmt.Errorf("%s: text expected, got %s", name, bind.Describe(v))
		}
		return nil
	}
	for i := 1; i <= t.Len(); i++ {
		pair, _ := t.RawGetInt(i).(*lua.LTable)
		if pair == nil || pair.Len() != 2 || pair.RawGetInt(1).Type() != lua.LTString {
			return nil, nil, fmt.Errorf("item %d: { name, value } expected", i)
		}
		if err := add(pair.RawGetInt(1).String(), pair.RawGetInt(2)); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range sortedNames(t) {
		v := t.RawGetString(name)
		list, ok := v.(*lua.LTable)
		if !ok {
			err = add(name, v)
		}
		for i := 1; ok && err == nil && i <= list.Len(); i++ {
			err = add(name, list.RawGetInt(i))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return fields, without, nil
}

// sortedNames are the keys of a table that are text.
func sortedNames(t *lua.LTable) (names []string) {
	t.ForEach(func(k, _ lua.LValue) {
		if s, ok := k.(lua.LString); ok {
			names = append(names, string(s))
		}
	})
	slices.Sort(names)
	return names
}
