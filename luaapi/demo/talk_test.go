package demo

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The files in testdata/talk hold conversations. A line is one of:
//
//	# comment
//	== name            a conversation begins, and the greeting is read
//	on SERVICE         it is with smtps, submission or lmtp rather than smtp
//	> text             sends text and CRLF; {x*3} stands for xxx
//	>> "text"          sends the Go string, and nothing more
//	< text             expects the line; a * at the end stands for anything
//	<< "text"          expects the Go string and CRLF
//	<* text            expects lines until this one
//	ehlo lhlo mail rcpt data      do what is needed to get there
//	times N text       sends text N times at once; the next line that is expected is expected N times
//	each PREFIX REPLY  from here on a > line is a command of its own behind PREFIX, and gets REPLY
//	tls                does a handshake
//	close              expects the server to close
//
// and what deed does.
//
// A conversation that the server has not closed ends with QUIT and its close, so that a surplus reply is noticed. Every
// reply line is held against the standards by judge.
func TestTalk(t *testing.T) {
	files, err := filepath.Glob("testdata/talk/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	srv := startServer(t, Config{})
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(file), ".txt")
		line := 1
		for i, part := range strings.Split(string(text), "\n== ") {
			if i > 0 {
				name, rest, _ := strings.Cut(part, "\n")
				start := line
				t.Run(topic+"/"+name, func(t *testing.T) { talk(t, srv, file, start, rest) })
			}
			line += strings.Count(part, "\n") + 1
		}
	}
}

func startServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	srv, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// talker is one conversation of a file.
type talker struct {
	t      *testing.T
	srv    *Server
	where  string // file:line
	conn   net.Conn
	br     *bufio.Reader
	repeat int    // how often the next expected line is expected
	prefix string // of each
	want   string // of each
	closed bool

	// of deed
	addr        string
	judge       judge
	listed      []string // the lines of the last EHLO
	taken       int      // messages that were looked at
	spare       net.Conn // the other connection
	spareBuffer *bufio.Reader
}

func talk(t *testing.T, srv *Server, file string, start int, text string) {
	c := &talker{t: t, srv: srv, repeat: 1, where: file + ":" + strconv.Itoa(start)}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	addr := srv.SMTPAddr()
	if service, ok := strings.CutPrefix(lines[0], "on "); ok {
		addr = map[string]string{"smtps": srv.SMTPSAddr(), "submission": srv.SubmissionAddr(), "lmtp": srv.LMTPAddr()}[service]
		lines[0] = ""
	}
	c.dial(addr)
	defer func() { c.conn.Close() }()
	for i, line := range lines {
		c.where = file + ":" + strconv.Itoa(start+i+1)
		if line != "" && line[0] != '#' {
			c.step(line)
		}
	}
	if !c.closed {
		c.send("QUIT\r\n")
		c.expect("221 2.0.0 mx.demo.test Goodbye")
		c.expectClose()
	}
}

func (c *talker) dial(addr string) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.addr = addr
	c.use(conn)
	kind := "ESMTP"
	switch addr {
	case c.srv.SMTPSAddr():
		c.handshake()
	case c.srv.LMTPAddr():
		kind = "LMTP"
	}
	c.expect("220 mx.demo.test " + kind + " smtpspec demo server")
}

func (c *talker) use(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(30 * time.Second)) // so that a hang is a failure
	c.conn, c.br = conn, bufio.NewReader(conn)
}

func (c *talker) handshake() {
	conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		c.t.Fatalf("%s: %v", c.where, err)
	}
	c.use(conn)
}

func (c *talker) step(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case ">":
		c.command(rest)
	case ">>":
		c.raw(c.unquote(rest))
	case "<":
		for ; c.repeat > 1; c.repeat-- {
			c.expect(rest)
		}
		c.expect(rest)
	case "<<":
		c.expect(c.unquote(rest))
	case "<*":
		for !matches(c.read(), rest) {
		}
	case "times":
		n, text, _ := strings.Cut(rest, " ")
		c.repeat, _ = strconv.Atoi(n)
		c.send(strings.Repeat(text+"\r\n", c.repeat))
	case "each":
		m := regexp.MustCompile(`^(.*?) (\d{3} .*)$`).FindStringSubmatch(rest)
		c.prefix, c.want = m[1], m[2]
	case "tls":
		c.handshake()
	case "close":
		c.expectClose()
	default:
		if !c.deed(word, rest) {
			c.shortcut(word)
		}
	}
}

func (c *talker) command(text string) {
	if c.want != "" {
		c.each(expand(text))
		return
	}
	c.send(expand(text) + "\r\n")
}

func (c *talker) raw(text string) {
	if c.want != "" {
		c.each(text)
		return
	}
	c.send(text)
}

func (c *talker) each(text string) {
	if c.prefix == "DATA" {
		c.shortcut("data")
		c.send(text + "\r\n.\r\n")
		c.expect(c.want)
		return
	}
	c.send(c.prefix + text + "\r\n")
	c.expect(c.want)
	if strings.HasPrefix(c.prefix, "MAIL") {
		c.send("RSET\r\n")
		c.expect("250 2.0.0 Forgotten")
	}
}

func (c *talker) shortcut(word string) {
	switch word {
	case "ehlo", "lhlo":
		c.send(strings.ToUpper(word) + " client.example\r\n")
		for !strings.HasPrefix(c.read(), "250 ") {
		}
	case "mail":
		c.send("MAIL FROM:<sender@example.org>\r\n")
		c.expect("250 2.1.0 Sender accepted")
	case "rcpt":
		c.send("RCPT TO:<user@demo.test>\r\n")
		c.expect("250 2.1.5 Recipient accepted")
	case "data":
		c.shortcut("ehlo")
		c.shortcut("mail")
		c.shortcut("rcpt")
		c.send("DATA\r\n")
		c.expect("354 End the message with <CRLF>.<CRLF>")
	default:
		c.t.Fatalf("%s: unknown step %q", c.where, word)
	}
}

func (c *talker) unquote(text string) string {
	s, err := strconv.Unquote(text)
	if err != nil {
		c.t.Fatalf("%s: %v", c.where, err)
	}
	return expand(s)
}

var repetition = regexp.MustCompile(`\{([^{}]*)\*(\d+)\}`)

func expand(text string) string {
	for repetition.MatchString(text) {
		text = repetition.ReplaceAllStringFunc(text, func(s string) string {
			m := repetition.FindStringSubmatch(s)
			n, _ := strconv.Atoi(m[2])
			return strings.Repeat(m[1], n)
		})
	}
	return text
}

func (c *talker) send(text string) { io.WriteString(c.conn, text) } // a server that is gone shows when reading

func (c *talker) read() string {
	c.t.Helper()
	line, err := c.br.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%s: got %q, %v", c.where, line, err)
	}
	if fault := c.judge.complaint(line); fault != "" {
		c.t.Errorf("%s: %s: %q", c.where, fault, line)
	}
	return line
}

func (c *talker) expect(want string) {
	c.t.Helper()
	if got := c.read(); !matches(got, want) {
		c.t.Fatalf("%s:\nwant %q\ngot  %q", c.where, want, got)
	}
}

func matches(got, want string) bool {
	if start, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(got, start) && strings.HasSuffix(got, "\r\n")
	}
	return got == want+"\r\n"
}

// expectClose lets a TLS alert pass, which is how a failed handshake ends.
func (c *talker) expectClose() {
	const alert = 0x15
	c.closed = true
	rest, err := io.ReadAll(c.br)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		c.t.Fatalf("%s: the server does not close", c.where)
	}
	if len(rest) > 0 && rest[0] != alert {
		c.t.Fatalf("%s: %q before the close", c.where, rest)
	}
}

// client is a terse client for tests in Go.
type client struct {
	*talker
}

func newClient(t *testing.T, srv *Server, addr string) client {
	c := client{&talker{t: t, srv: srv, repeat: 1, where: "client"}}
	c.dial(addr)
	t.Cleanup(func() { c.conn.Close() })
	return c
}

// do runs steps as they stand in a file.
func (c client) do(format string, args ...any) {
	c.t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(fmt.Sprintf(format, args...)), "\n") {
		c.where = line
		c.step(strings.TrimSpace(line))
	}
}
