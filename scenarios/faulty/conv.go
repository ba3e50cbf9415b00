package faulty

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Conv is one conversation that is relayed. Its fields tell what the server has accepted so far.
type Conv struct {
	Service    string            // "smtp", "smtps", "submission" or "lmtp"
	Secure     bool              // in TLS
	Resumed    bool              // TLS is an earlier session's
	Hello      string            // the verb of the EHLO, HELO or LHLO that was accepted; "" before
	Mail       bool              // a transaction is open
	Recipients int               // that were accepted in it
	User       bool              // AUTH succeeded
	Commands   int               // lines so far
	Notes      map[string]string // whatever a fault wants to remember

	fault  *Fault
	config *tls.Config
	client net.Conn
	server net.Conn
	from   *bufio.Reader // the server
	in     []byte        // from the client, not used yet
	ended  bool

	transactions int // that were begun
}

func newConv(s *Server, client, server net.Conn) *Conv {
	return &Conv{Notes: map[string]string{}, fault: s.fault, config: s.tls, client: client, server: server, from: bufio.NewReader(server)}
}

// Say writes to the client as it is.
func (c *Conv) Say(text string) {
	if !c.fault.Octets {
		_, _ = io.WriteString(c.client, text)
		return
	}
	for i := range len(text) {
		_, _ = io.WriteString(c.client, text[i:i+1])
	}
}

// Close ends the conversation.
func (c *Conv) Close() {
	c.ended = true
	_ = c.client.Close()
}

// Reset ends it by RST.
func (c *Conv) Reset() {
	if t, ok := c.client.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// Cut ends it without TLS's close_notify.
func (c *Conv) Cut() {
	if t, ok := c.client.(*tls.Conn); ok {
		c.client = t.NetConn()
	}
	c.Close()
}

// Ask says something to the server that the client does not hear of, and gives the reply.
func (c *Conv) Ask(line string) string {
	_, _ = io.WriteString(c.server, line+"\r\n")
	reply, _ := c.reply()
	c.learn(verbOf(line), reply)
	return reply
}

// More waits for more of the client, and tells whether it came.
func (c *Conv) More() bool {
	buf := make([]byte, 64<<10)
	n, err := c.client.Read(buf)
	c.in = append(c.in, buf[:n]...)
	if t, ok := c.client.(*tls.Conn); ok && c.fault.Plain && errors.Is(err, io.EOF) {
		c.client, c.Secure = t.NetConn(), false
		return true
	}
	return n > 0 || err == nil
}

// Unread is what the client has sent and nobody has used; Take uses n octets of it.
func (c *Conv) Unread() []byte { return c.in }

// Take uses n octets of what is unread.
func (c *Conv) Take(n int) []byte {
	taken := bytes.Clone(c.in[:n])
	c.in = c.in[n:]
	return taken
}

// run relays until one of both ends is gone.
func (c *Conv) run() {
	defer c.leave()
	if c.Service == "smtps" && !c.startTLS() {
		return
	}
	if c.fault.Connected != nil && c.fault.Connected(c) {
		return
	}
	greeting, ok := c.reply()
	if c.fault.Greeting != nil {
		greeting = c.fault.Greeting(c, greeting)
	}
	c.Say(greeting)
	for ok && !c.ended {
		line, more := c.Line()
		if !more {
			c.lost("command", nil)
			return
		}
		c.Commands++
		ok = c.command(line)
	}
}

// leave closes the client's side so that it gets all that was said: a close with something unread would be a reset.
func (c *Conv) leave() {
	if c.ended {
		return
	}
	if w, ok := c.client.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	_ = c.client.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	_, _ = io.Copy(io.Discard, c.client)
	_ = c.client.Close()
}

func (c *Conv) lost(where string, data []byte) {
	if c.fault.Lost != nil {
		c.fault.Lost(c, where, data)
	}
}

// Line is the next line of the client, without its line end. Only CRLF ends one, unless the fault has it otherwise.
func (c *Conv) Line() (string, bool) {
	end := c.fault.EndOfLine
	if end == nil {
		end = func(data []byte) (int, int, bool) {
			i := bytes.Index(data, []byte("\r\n"))
			return i, i + 2, i >= 0
		}
	}
	for {
		if n, whole, ok := end(c.in); ok {
			return string(c.Take(whole)[:n]), true
		}
		if !c.More() {
			return "", false
		}
	}
}

func verbOf(line string) string {
	verb, _, _ := strings.Cut(line, " ")
	return strings.ToUpper(verb)
}

// command relays a command and what belongs to it. It is false at the end of the conversation.
func (c *Conv) command(line string) bool {
	if c.fault.Command != nil {
		var done bool
		if line, done = c.fault.Command(c, line); done {
			return !c.ended
		}
	}
	verb := verbOf(line)
	line, refusal := c.extend(line)
	if refusal != "" {
		c.Say(c.answered(verb, refusal))
		return !c.ended
	}
	_, _ = io.WriteString(c.server, line+"\r\n")
	if size, ok := chunkSize(line); ok && !c.chunk(size) {
		return false
	}
	last := verb == "BDAT" && strings.HasSuffix(strings.ToUpper(line), " LAST")
	if last && c.Service == "lmtp" && c.Mail && c.Recipients == 0 { // a reply for each recipient (RFC 2033 4.3)
		c.Mail = false
		return true
	}
	for {
		reply, ok := c.reply()
		c.learn(verb, reply)
		shown := c.changed(verb, reply)
		c.Say(shown)
		switch {
		case !ok || c.ended || verb == "QUIT" && strings.HasPrefix(reply, "221") || strings.HasPrefix(reply, "421"):
			return false
		case verb == "DATA" && strings.HasPrefix(shown, "354"):
			return c.message(strings.HasPrefix(reply, "354"))
		case last && !strings.HasPrefix(reply, "503"):
			n := 0
			if c.Service == "lmtp" {
				n = c.Recipients - 1
			}
			return c.replies(verb, n)
		case verb == "STARTTLS" && strings.HasPrefix(reply, "220"):
			return c.startTLS()
		case !strings.HasPrefix(reply, "334"):
			return true
		}
		response, more := c.Line()
		if !more {
			return false
		}
		if c.fault.Response != nil {
			var done bool
			if response, done = c.fault.Response(c, response); done {
				return !c.ended
			}
		}
		_, _ = io.WriteString(c.server, response+"\r\n")
	}
}

func chunkSize(line string) (int, bool) {
	words := strings.Fields(line)
	if len(words) < 2 || len(words) > 3 || !strings.EqualFold(words[0], "BDAT") || len(words) == 3 && !strings.EqualFold(words[2], "LAST") {
		return 0, false
	}
	n, err := strconv.Atoi(words[1])
	return n, err == nil && n >= 0
}

// chunk relays the octets of a BDAT.
func (c *Conv) chunk(size int) bool {
	for len(c.in) < size {
		if !c.More() {
			c.lost("bdat", c.in)
			return false
		}
	}
	data := c.Take(size)
	if c.fault.Message != nil {
		if changed := c.fault.Message(c, data); len(changed) == len(data) {
			data = changed
		}
	}
	_, _ = c.server.Write(data)
	return true
}

// message relays a message after a 354: to the server, unless that has not asked for it.
func (c *Conv) message(wanted bool) bool {
	end := c.fault.EndOfData
	if end == nil {
		end = endOfData()
	}
	for {
		at, next, ok := end(c.in)
		if !ok {
			if !c.More() {
				c.lost("data", c.in)
				return false
			}
			continue
		}
		data := c.Take(next)[:at]
		if !wanted {
			c.Say("250 2.0.0 Accepted\r\n")
			return true
		}
		if c.fault.Message != nil {
			data = c.fault.Message(c, data)
		}
		_, _ = c.server.Write(append(data, ".\r\n"...))
		n := 1
		if c.Service == "lmtp" {
			n = c.Recipients
		}
		return c.replies(".", n)
	}
}

// EndOfData finds CRLF "." CRLF, or "." CRLF at the very beginning (RFC 5321 4.1.1.4).
func EndOfData(data []byte) (at, next int, ok bool) {
	if bytes.HasPrefix(data, []byte(".\r\n")) {
		return 0, 3, true
	}
	i := bytes.Index(data, []byte("\r\n.\r\n"))
	return i + 2, i + 5, i >= 0
}

// endOfData is EndOfData for data that grows: it looks at nothing twice.
func endOfData() func(data []byte) (at, next int, ok bool) {
	seen := 0
	return func(data []byte) (at, next int, ok bool) {
		from := max(0, seen-len("\r\n.\r"))
		seen = len(data)
		if from == 0 {
			return EndOfData(data)
		}
		i := bytes.Index(data[from:], []byte("\r\n.\r\n")) + from
		return i + 2, i + 5, i >= from
	}
}

// replies relays n more replies.
func (c *Conv) replies(verb string, n int) bool {
	for range n {
		reply, ok := c.reply()
		c.learn(verb, reply)
		c.Say(c.changed(verb, reply))
		if !ok || c.ended {
			return false
		}
	}
	c.Mail, c.Recipients = false, 0
	return true
}

func (c *Conv) changed(verb, reply string) string {
	return c.answered(verb, c.extended(verb, reply))
}

func (c *Conv) answered(verb, reply string) string {
	if c.fault.Reply != nil {
		return c.fault.Reply(c, verb, reply)
	}
	return reply
}

// reply reads a whole one of the server. It is false when that has gone.
func (c *Conv) reply() (string, bool) {
	var b strings.Builder
	for {
		line, err := c.from.ReadString('\n')
		b.WriteString(line)
		if err != nil {
			return b.String(), false
		}
		if len(line) < 4 || line[3] != '-' {
			return b.String(), true
		}
	}
}

// learn keeps the state.
func (c *Conv) learn(verb, reply string) {
	if !strings.HasPrefix(reply, "2") {
		return
	}
	switch verb {
	case "EHLO", "HELO", "LHLO":
		c.Hello, c.Mail, c.Recipients = verb, false, 0
	case "MAIL":
		c.Mail = true
		c.transactions++
	case "RCPT":
		c.Recipients++
	case "RSET":
		c.Mail, c.Recipients = false, 0
	case "AUTH":
		c.User = true
	}
}

// startTLS does both handshakes.
func (c *Conv) startTLS() bool {
	c.Hello, c.Mail, c.Recipients, c.User = "", false, 0, false
	early := c.in
	c.in = nil
	if c.fault.Handshake != nil && !c.fault.Handshake(c, early) {
		return !c.ended
	}
	var kept []byte
	if c.fault.Early != nil {
		early, kept = c.fault.Early(c, early)
	}
	if !c.secureServer() || !c.secure(early) {
		return false
	}
	c.in = kept
	return true
}

// secure does the client's handshake, which begins with what came early.
func (c *Conv) secure(early []byte) bool {
	conn := tls.Server(&ahead{Conn: c.client, data: early}, c.config)
	if err := conn.Handshake(); err != nil {
		return false
	}
	c.client, c.Secure, c.Resumed = conn, true, conn.ConnectionState().DidResume
	return true
}

// secureServer does the server's.
func (c *Conv) secureServer() bool {
	conn := tls.Client(c.server, &tls.Config{InsecureSkipVerify: true}) // it is the demo server beside us
	if err := conn.Handshake(); err != nil {
		return false
	}
	c.server, c.from = conn, bufio.NewReader(conn)
	return true
}

// ahead is a connection some of which was read already.
type ahead struct {
	net.Conn
	data []byte
}

func (a *ahead) Read(p []byte) (int, error) {
	if len(a.data) == 0 {
		return a.Conn.Read(p)
	}
	n := copy(p, a.data)
	a.data = a.data[n:]
	return n, nil
}
