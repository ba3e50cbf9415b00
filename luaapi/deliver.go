package luaapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	lua "github.com/yuin/gopher-lua"
)

type deliverOptions struct {
	From       string     `lua:"from" doc:"Sender, with or without angle brackets." default:"the fact from, or the empty sender"`
	To         lua.LValue `lua:"to" type:"string|table" doc:"Recipient, or a list of them. One with parameters of its own is a table: { \"user@example.org\", NOTIFY = \"NEVER\" }." default:"required"`
	Message    string     `lua:"message" doc:"The message: header, empty line, body. Line ends become CRLF, and dots are stuffed." default:"required"`
	Params     lua.LValue `lua:"params" type:"string|table" doc:"Parameters of MAIL: text as in \"SIZE=10 BODY=8BITMIME\", or a table as in { SIZE = 10, SMTPUTF8 = true }." default:"none"`
	RcptParams lua.LValue `lua:"rcpt_params" type:"string|table" doc:"Parameters of every RCPT, likewise; a recipient's own win." default:"none"`
	Chunking   lua.LValue `lua:"chunking" type:"boolean|integer|integer[]" doc:"Sends the message by BDAT (RFC 3030) instead of DATA: true as one chunk, a number in chunks of so many octets, a list in chunks of these sizes, and what is left in a last one." default:"false"`
	Pipelining bool       `lua:"pipelining" doc:"Sends MAIL, every RCPT, and DATA or the first chunk in one write (RFC 2920), then reads the replies." default:"false"`
	Partial    bool       `lua:"partial" doc:"Some recipients may be refused, though not all." default:"false"`
}

var deliverTable = bind.OptionsOf[deliverOptions]("smtp.DeliverOptions", "A transaction, as deliver sends it.")

// delivery is a transaction to be sent.
type delivery struct {
	mail    string
	rcpts   []string
	message string
	chunks  *chunks // nil for DATA
	partial bool
}

func (k *conn) deliver(c *bind.Call) error {
	var o deliverOptions
	deliverTable.Decode(c.Table(0), &o)
	d, err := k.delivery(c, o)
	if err != nil {
		return fmt.Errorf("c:deliver: %w", err)
	}
	send := k.inTurn
	if o.Pipelining {
		send = k.pipelined
	}
	recipients, err := send(c, d)
	if err != nil {
		return err
	}
	replies, err := k.content(c, d)
	if err != nil {
		return err
	}
	return k.pushDelivered(c, replies, recipients)
}

func (k *conn) delivery(c *bind.Call, o deliverOptions) (d *delivery, err error) {
	d = &delivery{message: o.Message, partial: o.Partial}
	if d.rcpts, err = rcptCommands(o.To, o.RcptParams); err != nil {
		return nil, err
	}
	if c.Table(0).RawGetString("message") == lua.LNil {
		return nil, fmt.Errorf("option message is missing")
	}
	if c.Table(0).RawGetString("from") == lua.LNil {
		o.From = k.a.env.Target.Text("from")
	}
	params, err := parameters(o.Params)
	if err != nil {
		return nil, fmt.Errorf("option params: %w", err)
	}
	d.mail = "MAIL FROM:" + angle(o.From) + params
	if d.chunks, err = chunksOf(o.Chunking, o.Message); err != nil {
		return nil, fmt.Errorf("option chunking: %w", err)
	}
	for _, line := range append([]string{d.mail}, d.rcpts...) {
		if strings.ContainsAny(line, "\r\n\x00") {
			return nil, fmt.Errorf("a CR, LF or NUL is in %s; c:write sends bytes as they are", quote(line))
		}
	}
	return d, nil
}

// rcptCommands are the RCPT commands for one recipient or a list, each with the parameters of all and its own.
func rcptCommands(to, params lua.LValue) (lines []string, err error) {
	list, ok := to.(*lua.LTable)
	if !ok {
		list = &lua.LTable{Metatable: lua.LNil}
		if to != nil {
			list.Append(to)
		}
	}
	if list.Len() == 0 {
		return nil, fmt.Errorf("option to is missing: an address, or a list of them")
	}
	if hasNames(list) {
		return nil, fmt.Errorf("option to: a list of recipients expected; one with parameters is a table in it: to = { { \"user@example.org\", NOTIFY = \"NEVER\" } }")
	}
	text, err := "", error(nil)
	var common parameterWords
	if t, ok := params.(*lua.LTable); ok {
		common, err = parameterList(t)
	} else {
		text, err = parameters(params)
	}
	if err != nil {
		return nil, fmt.Errorf("option rcpt_params: %w", err)
	}
	for i := 1; i <= list.Len(); i++ {
		address, own, err := recipient(list.RawGetInt(i))
		if err != nil {
			return nil, fmt.Errorf("option to: item %d: %w", i, err)
		}
		lines = append(lines, "RCPT TO:"+angle(address)+text+common.with(own).String())
	}
	return lines, nil
}

// recipient is an item of the option to: an address, or a table of it and its parameters.
func recipient(v lua.LValue) (address string, own parameterWords, err error) {
	text, ok := v.(lua.LString)
	t, isTable := v.(*lua.LTable)
	if isTable {
		text, ok = t.RawGetInt(1).(lua.LString)
		ok = ok && t.Len() == 1
	}
	if !ok {
		return "", nil, fmt.Errorf("an address, or a table of one and its parameters expected, got %s", bind.Describe(v))
	}
	if isTable {
		own, err = parameterList(t)
		own = slices.DeleteFunc(own, func(p parameter) bool { return p.keyword == "" }) // the address
	}
	return string(text), own, err
}

// inTurn sends MAIL and each RCPT when the one before is answered, and gives the replies to RCPT.
func (k *conn) inTurn(c *bind.Call, d *delivery) (recipients []*reply, err error) {
	if _, err := k.command(c, d.mail, success); err != nil {
		return nil, err
	}
	for _, line := range d.rcpts {
		if err := k.put(c, line+"\r\n", sendOptions{}); err != nil {
			return nil, err
		}
		r, err := k.await(c, d.toRcpt(c, line))
		if err != nil {
			return nil, err
		}
		recipients = append(recipients, r)
	}
	switch {
	case acceptedOf(recipients) == 0:
		err = k.refusedAll(c, recipients, "every recipient was refused", "2xx to at least one RCPT")
	case d.chunks != nil:
		err = k.put(c, d.chunks.next(), sendOptions{})
	default:
		_, err = k.command(c, "DATA", codes(354))
	}
	return recipients, err
}

// toRcpt is what the reply to a RCPT has to be. Where there are several, a failure says whose it is.
func (d *delivery) toRcpt(c *bind.Call, line string) requirement {
	q := requirement{code: success, what: c.F.Name}
	if d.partial {
		q.code = codeSpec{"2xx", "4xx", "5xx"}
	}
	if len(d.rcpts) > 1 {
		path, _, _ := strings.Cut(line, "> ")
		q.to = strings.TrimSuffix(path, ">") + ">"
	}
	return q
}

func acceptedOf(recipients []*reply) (n int) {
	for _, r := range recipients {
		if r.Code/100 == 2 {
			n++
		}
	}
	return n
}

// answer is a reply that is yet to be judged.
type answer struct {
	reply  *reply
	within time.Duration
}

// pipelined writes all at once that inTurn sends (RFC 2920 3.1). It reads the replies before it judges any, for a DATA that was taken
// with no recipient has to be ended.
func (k *conn) pipelined(c *bind.Call, d *delivery) (recipients []*reply, err error) {
	lines := append([]string{d.mail}, d.rcpts...)
	wants := []requirement{{code: success, what: c.F.Name}}
	for _, line := range d.rcpts {
		wants = append(wants, d.toRcpt(c, line))
	}
	chunk := ""
	if d.chunks == nil {
		lines, wants = append(lines, "DATA"), append(wants, requirement{code: codes(354), what: c.F.Name})
	} else {
		chunk = d.chunks.next()
	}
	if err := k.put(c, strings.Join(lines, "\r\n")+"\r\n"+chunk, sendOptions{}); err != nil {
		return nil, err
	}
	answers, err := k.answers(c, len(lines))
	if err != nil {
		return nil, err
	}
	for _, a := range answers[1:min(len(answers), 1+len(d.rcpts))] {
		recipients = append(recipients, a.reply)
	}
	if last := answers[len(answers)-1].reply; acceptedOf(recipients) == 0 && len(answers) == len(lines) && d.chunks == nil && last.Code == 354 {
		return nil, k.dataForNobody(c, recipients)
	}
	if err = k.judgeAll(c, answers, wants, recipients); err != nil {
		k.drain(c)
	}
	return recipients, err
}

// judgeAll judges the replies to MAIL, RCPT and maybe DATA in their order.
func (k *conn) judgeAll(c *bind.Call, answers []answer, wants []requirement, recipients []*reply) error {
	for i, a := range answers {
		if i > len(recipients) && acceptedOf(recipients) == 0 {
			break // DATA is refused for that reason
		}
		if err := k.judge(c, wants[i], a.reply, a.within); err != nil {
			return err
		}
	}
	if acceptedOf(recipients) == 0 {
		return k.refusedAll(c, recipients, "every recipient was refused", "2xx to at least one RCPT")
	}
	return nil
}

// answers reads n replies, or as many as come before one that is none.
func (k *conn) answers(c *bind.Call, n int) (list []answer, err error) {
	for range n {
		r, within, err := k.read1(c, byDefault)
		if err != nil {
			return nil, err
		}
		if list = append(list, answer{r, within}); r.Ended != wire.None {
			break
		}
	}
	return list, nil
}

// drain reads the replies that are still due after a failure, so that the record has them.
func (k *conn) drain(c *bind.Call) {
	for k.wire.Outstanding() > 0 {
		if r, _, err := k.read1(c, drainTime); err != nil || r.Ended != wire.None {
			return
		}
	}
}

const drainTime = time.Second

// dataForNobody ends a message that nobody gets: what else is there to send after a 354 (RFC 2920 3.1)?
func (k *conn) dataForNobody(c *bind.Call, recipients []*reply) error {
	if err := k.put(c, ".\r\n", sendOptions{}); err != nil {
		return err
	}
	r, within, err := k.read1(c, byDefault)
	if err != nil {
		return err
	}
	return k.refusedAll(c, recipients, "every recipient was refused, and DATA was accepted: a lone dot ended it", "2xx to at least one RCPT", "to the lone dot: "+r.summary(within))
}

// content sends the message after DATA and its 354, or what is left of it after the first chunk, and reads the replies.
func (k *conn) content(c *bind.Call, d *delivery) ([]*reply, error) {
	n := k.wire.Accepted()
	if d.chunks == nil {
		if err := k.put(c, stuff(d.message), sendOptions{}); err != nil {
			return nil, err
		}
		return k.finals(c, n, d.partial)
	}
	for !d.chunks.done {
		if _, err := k.require(c, c.F.Name, success); err != nil {
			return nil, err
		}
		if err := k.put(c, d.chunks.next(), sendOptions{}); err != nil {
			return nil, err
		}
	}
	return k.finals(c, n, d.partial)
}

func (k *conn) pushDelivered(c *bind.Call, replies, recipients []*reply) error {
	if !k.lmtp {
		replies[0].recipients = recipients
		return c.Push(replies[0].object())
	}
	list := replyList(c.L, replies)
	list.RawSetString("recipients", replyList(c.L, recipients))
	return c.Push(list)
}
