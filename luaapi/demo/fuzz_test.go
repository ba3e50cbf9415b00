package demo

import (
	"bytes"
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

// scriptConn is a connection whose peer sends each of its chunks when it is read from, then closes. It keeps what is
// written to it, a piece a call.
type scriptConn struct {
	chunks  [][]byte
	written []string
}

func (c *scriptConn) Read(p []byte) (int, error) {
	if len(c.chunks) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.chunks[0])
	if c.chunks[0] = c.chunks[0][n:]; len(c.chunks[0]) == 0 {
		c.chunks = c.chunks[1:]
	}
	return n, nil
}

func (c *scriptConn) Write(p []byte) (int, error) {
	c.written = append(c.written, string(p))
	return len(p), nil
}

func (c *scriptConn) Close() error                     { return nil }
func (c *scriptConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv6loopback, Port: 25} }
func (c *scriptConn) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv6loopback, Port: 1025} }
func (c *scriptConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

// serveScript has a server of its own hold a conversation in memory.
func serveScript(svc service, chunks ...string) (*Server, *scriptConn) {
	srv := newServer(Config{Now: fixed, MaxSize: 1 << 20})
	conn := &scriptConn{}
	for _, chunk := range chunks {
		if chunk != "" {
			conn.chunks = append(conn.chunks, []byte(chunk))
		}
	}
	srv.serve(conn, svc)
	return srv, conn
}

// The replies to a group leave in one piece, except that DATA and the like never wait for what follows (RFC 2920 3.2).
func TestPipelining(t *testing.T) {
	const hello, accepted = "EHLO a.example\r\n", "250 2.1.5 Recipient accepted\r\n"
	_, conn := serveScript(serviceSMTP,
		hello,
		"RSET\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<user@demo.test>\r\nRCPT TO:<user2@demo.test>\r\nDATA\r\n",
		"x\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<us",
		"er@demo.test>\r\nBDAT 1\r\nxBDAT 1 LAST\r\nx",
		"NOOP\r\nRSET\r\nQUIT\r\n",
	)
	want := []string{
		"250 2.0.0 Forgotten\r\n250 2.1.0 Sender accepted\r\n" + accepted + accepted + "354 End the message with <CRLF>.<CRLF>\r\n",
		"250 2.0.0 Accepted as D1\r\n",
		"250 2.0.0 Forgotten\r\n250 2.1.0 Sender accepted\r\n",
		accepted + "250 2.0.0 Chunk accepted\r\n250 2.0.0 Accepted as D2\r\n",
		"250 2.0.0 Nothing done\r\n",
		"250 2.0.0 Forgotten\r\n221 2.0.0 mx.demo.test Goodbye\r\n",
	}
	got := conn.written[2:] // behind the greeting and EHLO
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("pieces:\n%q\nwant\n%q", got, want)
		}
	}
}

// A client that is not connected by IPv4 has an IPv6 literal in the trace.
func TestTraceIPv6(t *testing.T) {
	srv, _ := serveScript(serviceLMTP, "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<user@demo.test>\r\nDATA\r\n.\r\n")
	want := "from a ([IPv6:::1])\r\n\tby mx.demo.test with LMTP id D1"
	if m := srv.Messages(); len(m) != 1 || !bytes.Contains(m[0].Data, []byte(want)) {
		t.Errorf("messages: %q", m)
	}
}

// seeds are all that the clients of the conversations send.
func seeds(f *testing.F) []string {
	var all []string
	files, _ := filepath.Glob("testdata/talk/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(string(text), "\n== ") {
			all = append(all, clientSide(part))
		}
	}
	return all
}

func clientSide(part string) string {
	const transaction = "MAIL FROM:<a@example.org>\r\nRCPT TO:<user@demo.test>\r\n"
	var b strings.Builder
	for line := range strings.Lines(part) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case ">":
			b.WriteString(rest + "\r\n")
		case ">>":
			s, _ := strconv.Unquote(rest)
			b.WriteString(s)
		case "ehlo", "lhlo":
			b.WriteString(strings.ToUpper(word) + " a\r\n")
		case "data":
			b.WriteString("EHLO a\r\n" + transaction + "DATA\r\n")
		case "mail":
			b.WriteString(transaction)
		}
	}
	return b.String()
}

// codes are those that there are here.
var codes = regexp.MustCompile(`^(220|250|221|214|235|252|334|354|421|45[24]|5[035]\d)[ -]`)

// Whatever a client sends, the conversation ends, every reply is well formed, and what is stored was accepted.
func FuzzSession(f *testing.F) {
	for i, seed := range seeds(f) {
		f.Add(uint8(i), uint16(i*37), seed)
	}
	services := []service{serviceSMTP, serviceSubmission, serviceLMTP}
	f.Fuzz(func(t *testing.T, svc uint8, cut uint16, input string) {
		at := min(int(cut), len(input))
		srv, conn := serveScript(services[int(svc)%len(services)], input[:at], input[at:])
		accepted := 0
		var j judge
		for line := range strings.Lines(strings.Join(conn.written, "")) {
			if line == "220 2.0.0 Go ahead\r\n" { // what follows is TLS
				break
			}
			if fault := j.complaint(line); fault != "" || !codes.MatchString(line) {
				t.Errorf("reply line %q: %s", line, fault)
			}
			if strings.HasPrefix(line, "250 2.0.0 Accepted") {
				accepted++
			}
		}
		stored := 0
		for _, m := range srv.Messages() {
			if !bytes.HasPrefix(m.Data, []byte("Return-Path: <"+m.From+">\r\n")) {
				t.Errorf("no trace on top of %q", m.Data)
			}
			if m.From != "" || !bytes.Contains(m.Data, []byte("multipart/report")) {
				stored++
			}
		}
		if stored > accepted {
			t.Errorf("%d messages stored, %d accepted", stored, accepted)
		}
	})
}

// Every command line gets exactly one reply, whatever is in it (RFC 5321 4.2), unless more than a reply is due to it.
func FuzzCommands(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	special := regexp.MustCompile(`(?i)^(DATA|BDAT|AUTH|STARTTLS|QUIT)[ \t]*( |$)| HTTP/`)
	f.Fuzz(func(t *testing.T, input string) {
		var commands []string
		for line := range strings.SplitSeq(input, "\r\n") {
			if !special.MatchString(line) && !strings.HasPrefix(line, "\x16") {
				commands = append(commands, line)
			}
		}
		commands = append(commands, "QUIT\r\n")
		_, conn := serveScript(serviceSMTP, strings.Join(commands, "\r\n"))
		replies := 0
		var last string
		for last = range strings.Lines(strings.Join(conn.written, "")) {
			if last[3] == ' ' {
				replies++
			}
		}
		if replies != 1+len(commands) || !strings.HasPrefix(last, "221 ") {
			t.Errorf("%d replies to %d commands, the last %q: %q", replies-1, len(commands), last, commands)
		}
	})
}

// A path that is read is within the limits, and reads the same again without its route.
func FuzzPath(f *testing.F) {
	for _, seed := range seeds(f) {
		for line := range strings.Lines(seed) {
			if _, arg, ok := strings.Cut(line, ":"); ok {
				f.Add(strings.TrimSpace(arg))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, rest, ok := parsePath(text)
		if !ok {
			return
		}
		if !strings.HasSuffix(text, rest) || len(text)-len(rest) > maxPath || len(p.domain) > maxDomain {
			t.Errorf("limits: %q is %+v and %q", text, p, rest)
		}
		if strings.Contains(p.mailbox, "\n") || strings.Contains(p.mailbox, "\r") || strings.Contains(p.mailbox, "\x00") {
			t.Errorf("%q has a control character", p.mailbox)
		}
		if again, rest, ok := parsePath("<" + p.mailbox + ">"); !ok || rest != "" || again != p {
			t.Errorf("%q is %+v, again %+v", text, p, again)
		}
		params, _ := parseParams(rest)
		for _, p := range params {
			if !isKeyword(p.keyword) || p.valued != (p.value != "") {
				t.Errorf("%q has the parameter %+v", rest, p)
			}
		}
	})
}
