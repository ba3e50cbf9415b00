package luaapi

import (
	"fmt"
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
		bind.Method("data(content: string, options?: smtp.DataOptions): smtp.Reply", on((*conn).data), "Sends DATA, requires 354, sends the message as send_data does, and requires 2xx."),
		bind.Method("send_data(content: string, options?: smtp.DataOptions): smtp.Conn", on((*conn).sendData), "Writes a message and the end of data, as after a 354: line ends become CRLF, and dots are stuffed. It reads nothing."),
		bind.Method("bdat(bytes: string, last?: boolean): smtp.Reply", on((*conn).bdat), "Sends BDAT with its octets in one write, and requires 2xx."),
		bind.Method("rset(): smtp.Reply", on(simple("RSET", success)), "Sends RSET, and requires 2xx."),
		bind.Method("noop(): smtp.Reply", on(simple("NOOP", success)), "Sends NOOP, and requires 2xx."),
		bind.Method("xclient(attributes: table): smtp.Reply", on((*conn).xclient), "Sends XCLIENT, and requires 220: the server greets again, as the one that it is told to see."),
		bind.Method("xforward(attributes: table): smtp.Reply", on((*conn).xforward), "Sends XFORWARD, and requires 250."),
		bind.Method("vrfy(what: string): smtp.Reply", on((*conn).vrfy), "Sends VRFY, and requires a whole reply, whatever it says."),
		bind.Method("expn(list: string): smtp.Reply", on((*conn).expn), "Sends EXPN, and requires a whole reply, whatever it says."),
		bind.Method("help(topic?: string): smtp.Reply", on((*conn).help), "Sends HELP, and requires a whole reply, whatever it says."),
		bind.Method("etrn(domain: string): smtp.Reply", on((*conn).etrn), "Sends ETRN, and requires 2xx: the server begins to send what it holds for a domain."),
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

func (k *conn) vrfy(c *bind.Call) error {
	return k.pushCommand(c, "VRFY "+c.String(0), nil)
}

func (k *conn) expn(c *bind.Call) error {
	return k.pushCommand(c, "EXPN "+c.String(0), nil)
}

func (k *conn) help(c *bind.Call) error {
	return k.pushCommand(c, strings.TrimRight("HELP "+c.String(0), " "), nil)
}

func (k *conn) etrn(c *bind.Call) error {
	return k.pushCommand(c, "ETRN "+c.String(0), success)
}

func (k *conn) data(c *bind.Call) error {
	if _, err := k.command(c, "DATA", codes(354)); err != nil {
		return err
	}
	return k.message(c, dataContent(c.String(0), c.Table(1)))
}

// message sends content, which is ready to go out, and pushes the reply, or over LMTP the list of replies.
func (k *conn) message(c *bind.Call, content string) error {
	n := k.wire.Accepted()
	if err := k.put(c, content, sendOptions{}); err != nil {
		return err
	}
	replies, err := k.finals(c, n, false)
	if err != nil {
		return err
	}
	return k.pushFinals(c, replies)
}

// finals reads the replies to a whole message: one, over LMTP one for each of n recipients (RFC 2033 4.2), or those of PRDR. With partial
// only one of them has to be a success.
func (k *conn) finals(c *bind.Call, n int, partial bool) ([]*reply, error) {
	if k.lmtp && n > 0 {
		replies, err := k.each(c, n, partial)
		if err == nil && acceptedOf(replies) == 0 {
			err = k.refusedAll(c, replies, "the message was refused for every recipient", "2xx for at least one recipient")
		}
		return replies, err
	}
	want := success // a server that took no recipient has one reply to give too, and it is to be read
	if k.wire.PRDR() {
		want = codeSpec{"2xx", prdrBegins}
	}
	r, err := k.require(c, c.F.Name, want)
	if err != nil || threeDigits[r.Code] != prdrBegins {
		return []*reply{r}, err
	}
	each, err := k.each(c, n, partial)
	if err != nil {
		return nil, err
	}
	if r, err = k.require(c, c.F.Name, success); err != nil {
		return nil, err
	}
	r.prdr = each
	return []*reply{r}, nil
}

// prdrBegins is the code before the replies for each recipient (draft-hall-prdr-00).
const prdrBegins = "353"

// each reads the replies for n recipients.
func (k *conn) each(c *bind.Call, n int, partial bool) (replies []*reply, err error) {
	want := success
	if partial {
		want = codeSpec{"2xx", "4xx", "5xx"}
	}
	for range n {
		r, err := k.require(c, c.F.Name, want)
		if err != nil {
			return nil, err
		}
		replies = append(replies, r)
	}
	return replies, nil
}

// refusedAll is the failure of a transaction that nothing is left of. A last part may be added to the replies.
func (k *conn) refusedAll(c *bind.Call, replies []*reply, message, want string, more ...string) error {
	var got []string
	for _, r := range replies[:min(len(replies), maxRefusals)] {
		got = append(got, r.oneLine())
	}
	if left := len(replies) - maxRefusals; left > 0 {
		got = append(got, fmt.Sprintf("… %d more", left))
	}
	last := replies[len(replies)-1]
	return k.a.failed(c.L, event.Failure{Kind: "expectation", Message: message, Want: want, Got: strings.Join(append(got, more...), "\n"), Conn: k.wire.ID, Wire: last.Wire, Address: k.address})
}

// maxRefusals is how many replies a failure shows.
const maxRefusals = 10

func (k *conn) pushFinals(c *bind.Call, replies []*reply) error {
	if k.lmtp {
		return c.Push(replyList(c.L, replies))
	}
	return c.Push(replies[0].object())
}

func (k *conn) sendData(c *bind.Call) error {
	if err := k.put(c, dataContent(c.String(0), c.Table(1)), sendOptions{}); err != nil {
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
	if err := k.put(c, chunkText(c.String(0), last), sendOptions{}); err != nil {
		return err
	}
	if !last {
		r, err := k.require(c, c.F.Name, success)
		if err != nil {
			return err
		}
		return c.Push(r.object())
	}
	replies, err := k.finals(c, n, false)
	if err != nil {
		return err
	}
	return k.pushFinals(c, replies)
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
