package luaapi

import (
	"fmt"
	"sort"
	"strings"
	"unsafe"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
)

var success = codeSpec{"2xx"}

// sugar is what a scenario needs but is not about: each sends, requires success and gives the reply.
func sugar() []*bind.Func {
	return []*bind.Func{
		bind.Method("ehlo(name?: string): table", on((*conn).ehlo), "Sends EHLO (LHLO over LMTP), requires 250 and gives the keywords of the reply."),
		bind.Method("helo(name?: string): smtp.Reply", on((*conn).helo), "Sends HELO and requires 250."),
		bind.Method("supports(keyword: string, parameter?: string): boolean", on((*conn).supports), "Tells whether the latest EHLO offered a keyword, with a parameter."),
		bind.Method("starttls(options?: smtp.TLSOptions): any", on((*conn).starttls), "Sends STARTTLS, requires 220, and does the TLS handshake. EHLO is yours to repeat."),
		bind.Method("handshake(options?: smtp.TLSOptions): any", on((*conn).handshakeOnly), "Does the TLS handshake alone: after a STARTTLS of your own, or on a port that begins with TLS."),
		bind.Method("auth(mechanism: string|smtp.AuthOptions, user?: string, password?: string): smtp.Reply", on((*conn).auth), "Authenticates; \"auto\" takes the strongest mechanism that is offered."),
		bind.Method("mail(from: string, params?: string|table): smtp.Reply", on((*conn).mail), "Sends MAIL FROM with the address in angle brackets, and requires 2xx."),
		bind.Method("rcpt(to: string, params?: string|table): smtp.Reply", on((*conn).rcpt), "Sends RCPT TO with the address in angle brackets, and requires 2xx."),
		bind.Method("data(content: string): smtp.Reply", on((*conn).data), "Sends DATA, requires 354, sends the message as send_data does, and requires 2xx."),
		bind.Method("send_data(content: string): smtp.Conn", on((*conn).sendData), "Writes a message and the end of data, as after a 354: line ends become CRLF, and dots are stuffed. It reads nothing."),
		bind.Method("bdat(bytes: string, last?: boolean): smtp.Reply", on((*conn).bdat), "Sends BDAT with its octets in one write, and requires 2xx."),
		bind.Method("rset(): smtp.Reply", on(simple("RSET", success)), "Sends RSET, and requires 2xx."),
		bind.Method("noop(): smtp.Reply", on(simple("NOOP", success)), "Sends NOOP, and requires 2xx."),
		bind.Method("xclient(attributes: table): smtp.Reply", on((*conn).xclient), "Sends XCLIENT, and requires 220: the server greets again, as the one that it is told to see."),
		bind.Method("xforward(attributes: table): smtp.Reply", on((*conn).xforward), "Sends XFORWARD, and requires 250."),
		bind.Method("vrfy(what: string): smtp.Reply", on((*conn).vrfy), "Sends VRFY, and requires a whole reply, whatever it says."),
		bind.Method("quit(): smtp.Reply", on(simple("QUIT", codes(221))), "Sends QUIT, and requires 221."),
		bind.Method("pipeline(lines: string[]): smtp.Reply[]", on((*conn).pipeline), "Writes all lines at once, then reads one whole reply for each, whatever it says."),
		bind.Method("deliver(options: smtp.DeliverOptions): smtp.Reply", on((*conn).deliver), "Sends a whole transaction: MAIL, RCPT for each recipient, and the message; requires 2xx each time, and 354."),
	}
}

// command sends a line and requires a reply.
func (k *conn) command(c *bind.Call, line string, want codeSpec) (*reply, error) {
	if strings.ContainsAny(line, "\r\n\x00") {
		return nil, fmt.Errorf("c:%s: a CR, LF or NUL is in %s; c:write sends bytes as they are", c.F.Name, quote(line))
	}
	if err := k.put(c, line+"\r\n", sendOptions{}); err != nil {
		return nil, err
	}
	return k.require(c, c.F.Name, want)
}

func (k *conn) pushCommand(c *bind.Call, line string, want codeSpec) error {
	r, err := k.command(c, line, want)
	if err != nil {
		return err
	}
	return c.Push(r.object())
}

func simple(line string, want codeSpec) func(*conn, *bind.Call) error {
	return func(k *conn, c *bind.Call) error { return k.pushCommand(c, line, want) }
}

func (k *conn) ehlo(c *bind.Call) error {
	name := c.String(0)
	if !c.Has(0) {
		name = k.name()
	}
	if _, err := k.command(c, helloVerb(k.lmtp)+" "+name, codes(250)); err != nil {
		return err
	}
	return c.Push(capsTable(c.L, k.keywords()))
}

func (k *conn) helo(c *bind.Call) error {
	name := c.String(0)
	if !c.Has(0) {
		name = k.name()
	}
	return k.pushCommand(c, "HELO "+name, codes(250))
}

func (k *conn) supports(c *bind.Call) error {
	return c.Push(lua.LBool(offers(k.keywords(), c.String(0), c.String(1))))
}

func (k *conn) mail(c *bind.Call) error { return k.path(c, "MAIL FROM:") }
func (k *conn) rcpt(c *bind.Call) error { return k.path(c, "RCPT TO:") }

func (k *conn) path(c *bind.Call, verb string) error {
	params, err := parameters(c.Value(1))
	if err != nil {
		return fmt.Errorf("c:%s: argument params: %w", c.F.Name, err)
	}
	return k.pushCommand(c, verb+angle(c.String(0))+params, success)
}

// angle puts a path in angle brackets, unless it has them.
func angle(path string) string {
	if strings.HasPrefix(path, "<") && strings.HasSuffix(path, ">") {
		return path
	}
	return "<" + path + ">"
}

// parameters writes MAIL and RCPT parameters: text as it is, a table as KEYWORD=value, or KEYWORD alone for true.
func parameters(v lua.LValue) (string, error) {
	switch v := v.(type) {
	case lua.LString:
		if v == "" {
			return "", nil
		}
		return " " + strings.TrimLeft(string(v), " "), nil
	case *lua.LTable:
		var words []string
		var err error
		for i := 1; i <= v.Len(); i++ {
			words = append(words, textOf(v.RawGetInt(i)))
		}
		v.ForEach(func(key, value lua.LValue) {
			name, ok := key.(lua.LString)
			switch value := value.(type) {
			case lua.LString, lua.LNumber:
				if ok {
					words = append(words, string(name)+"="+value.String())
				}
			case lua.LBool:
				if value {
					words = append(words, string(name))
				}
			default:
				err = fmt.Errorf("%s: text, a number or true expected, got %s", key.String(), bind.Describe(value))
			}
		})
		sort.Strings(words)
		if len(words) == 0 {
			return "", err
		}
		return " " + strings.Join(words, " "), err
	}
	return "", nil
}

func (k *conn) vrfy(c *bind.Call) error {
	return k.pushCommand(c, "VRFY "+c.String(0), nil)
}

func (k *conn) data(c *bind.Call) error {
	if _, err := k.command(c, "DATA", codes(354)); err != nil {
		return err
	}
	return k.message(c, c.String(0))
}

// message sends content and pushes the reply, or over LMTP the list of replies.
func (k *conn) message(c *bind.Call, content string) error {
	n := k.wire.Accepted()
	if err := k.put(c, stuff(content), sendOptions{}); err != nil {
		return err
	}
	replies, err := k.finals(c, n, false)
	if err != nil {
		return err
	}
	return k.pushFinals(c, replies)
}

// finals reads the replies to a whole message: one, or over LMTP one for each of n recipients (RFC 2033 4.2). With partial only one of
// them has to be a success.
func (k *conn) finals(c *bind.Call, n int, partial bool) ([]*reply, error) {
	if !k.lmtp || n == 0 {
		n = 1 // a server that took no recipient has one reply to give, and it is to be read
	}
	var replies []*reply
	delivered := false
	for range n {
		want := success
		if partial {
			want = codeSpec{"2xx", "4xx", "5xx"}
		}
		r, err := k.require(c, c.F.Name, want)
		if err != nil {
			return nil, err
		}
		replies = append(replies, r)
		delivered = delivered || r.Code/100 == 2
	}
	if partial && !delivered {
		return nil, k.refusedAll(c, replies, "the message was refused for every recipient", "2xx for at least one recipient")
	}
	return replies, nil
}

// refusedAll is the failure of a transaction that nothing is left of.
func (k *conn) refusedAll(c *bind.Call, replies []*reply, message, want string) error {
	last := replies[len(replies)-1]
	return k.a.failed(c.L, event.Failure{Kind: "expectation", Message: message, Want: want, Got: last.oneLine(), Conn: k.wire.ID, Wire: last.Wire, Address: k.address})
}

func (k *conn) pushFinals(c *bind.Call, replies []*reply) error {
	if k.lmtp {
		return c.Push(replyList(c.L, replies))
	}
	return c.Push(replies[0].object())
}

func (k *conn) sendData(c *bind.Call) error {
	if err := k.put(c, stuff(c.String(0)), sendOptions{}); err != nil {
		return err
	}
	return k.self(c)
}

// stuff makes content what goes over the wire after 354: CRLF line ends, a second dot before each leading one, and the lone
// dot (RFC 5321 4.5.2).
func stuff(content string) string {
	out := make([]byte, 0, len(content)+len(content)/16+8)
	for content != "" {
		line, rest := content, ""
		if i := strings.IndexAny(content, "\r\n"); i >= 0 {
			line, rest = content[:i], content[i+endLength(content[i:]):]
		}
		content = rest
		if strings.HasPrefix(line, ".") {
			out = append(out, '.')
		}
		out = append(append(out, line...), "\r\n"...)
	}
	out = append(out, ".\r\n"...)
	return unsafe.String(unsafe.SliceData(out), len(out)) // nobody else has it
}

// endLength is how long the line end is that s begins with: CRLF, or one of the two alone.
func endLength(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	return 1
}

// lineEnds turns every LF, CR and CRLF into CRLF.
func lineEnds(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.ReplaceAll(s, "\n", "\r\n")
}

func (k *conn) bdat(c *bind.Call) error {
	last := c.Bool(1)
	n := k.wire.Accepted()
	if err := k.chunk(c, c.String(0), last); err != nil {
		return err
	}
	if !last {
		n = 1
	}
	replies, err := k.finals(c, n, false)
	if err != nil {
		return err
	}
	if !last {
		return c.Push(replies[0].object())
	}
	return k.pushFinals(c, replies)
}

// chunk sends BDAT and its octets in one write (RFC 3030 2).
func (k *conn) chunk(c *bind.Call, bytes string, last bool) error {
	line := fmt.Sprintf("BDAT %d", len(bytes))
	if last {
		line += " LAST"
	}
	return k.put(c, line+"\r\n"+bytes, sendOptions{})
}

func (k *conn) pipeline(c *bind.Call) error {
	lines := bind.Strings(c.Value(0))
	var b strings.Builder
	for i, l := range lines {
		if strings.ContainsAny(l, "\r\n\x00") {
			return fmt.Errorf("c:pipeline: item %d: a CR, LF or NUL is in it; c:write sends bytes as they are", i+1)
		}
		b.WriteString(l + "\r\n")
	}
	if err := k.put(c, b.String(), sendOptions{}); err != nil {
		return err
	}
	var replies []*reply
	for range lines {
		r, err := k.require(c, c.F.Name, nil)
		if err != nil {
			return err
		}
		replies = append(replies, r)
	}
	return c.Push(replyList(c.L, replies))
}

type deliverOptions struct {
	From     string     `lua:"from" doc:"Sender, with or without angle brackets." default:"the fact from, or the empty sender"`
	To       lua.LValue `lua:"to" type:"string|string[]" doc:"Recipient, or a list of them." default:"required"`
	Message  string     `lua:"message" doc:"The message: header, empty line, body. Line ends become CRLF, and dots are stuffed." default:"required"`
	Params   lua.LValue `lua:"params" type:"string|table" doc:"Parameters of MAIL: text as in \"SIZE=10 BODY=8BITMIME\", or a table as in { SIZE = 10, SMTPUTF8 = true }." default:"none"`
	Chunking bool       `lua:"chunking" doc:"Sends the message as one chunk by BDAT (RFC 3030) instead of DATA." default:"false"`
	Partial  bool       `lua:"partial" doc:"Some recipients may be refused, though not all." default:"false"`
}

var deliverTable = bind.OptionsOf[deliverOptions]("smtp.DeliverOptions", "A transaction, as deliver sends it.")

func (k *conn) deliver(c *bind.Call) error {
	t := c.Table(0)
	var o deliverOptions
	deliverTable.Decode(t, &o)
	to := bind.Strings(o.To)
	if s, ok := o.To.(lua.LString); ok {
		to = []string{string(s)}
	}
	if len(to) == 0 {
		return fmt.Errorf("c:deliver: option to is missing: an address, or a list of them")
	}
	if t.RawGetString("message") == lua.LNil {
		return fmt.Errorf("c:deliver: option message is missing")
	}
	if t.RawGetString("from") == lua.LNil {
		o.From = k.a.env.Target.Text("from")
	}
	params, err := parameters(o.Params)
	if err != nil {
		return fmt.Errorf("c:deliver: option params: %w", err)
	}
	if _, err := k.command(c, "MAIL FROM:"+angle(o.From)+params, success); err != nil {
		return err
	}
	recipients, err := k.recipients(c, to, o.Partial)
	if err != nil {
		return err
	}
	replies, err := k.content(c, o)
	if err != nil {
		return err
	}
	return k.pushDelivered(c, replies, recipients)
}

// recipients sends a RCPT for each address.
func (k *conn) recipients(c *bind.Call, to []string, partial bool) ([]*reply, error) {
	want := success
	if partial {
		want = codeSpec{"2xx", "4xx", "5xx"}
	}
	var replies []*reply
	accepted := 0
	for _, address := range to {
		r, err := k.command(c, "RCPT TO:"+angle(address), want)
		if err != nil {
			return nil, err
		}
		if r.Code/100 == 2 {
			accepted++
		}
		replies = append(replies, r)
	}
	if accepted > 0 {
		return replies, nil
	}
	return nil, k.refusedAll(c, replies, "every recipient was refused", "2xx to at least one RCPT")
}

func (k *conn) content(c *bind.Call, o deliverOptions) ([]*reply, error) {
	n := k.wire.Accepted()
	if o.Chunking {
		if err := k.chunk(c, lineEnds(o.Message), true); err != nil {
			return nil, err
		}
		return k.finals(c, n, o.Partial && k.lmtp)
	}
	if _, err := k.command(c, "DATA", codes(354)); err != nil {
		return nil, err
	}
	if err := k.put(c, stuff(o.Message), sendOptions{}); err != nil {
		return nil, err
	}
	return k.finals(c, n, o.Partial && k.lmtp)
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
