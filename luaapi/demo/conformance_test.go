package demo

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The files in testdata/conformance hold a conversation, or some, for each requirement of the SMTP standards that can be
// checked from outside, in the language of TestTalk. The name of a conversation is the ids of what it checks, with words
// of its own behind a colon; testdata/conformance.txt has all ids, and why some are not checked here. Each conversation
// has a server to itself, which takes 2 MiB, and every reply in it is held against RFC 5321 4.2 and RFC 2034 4.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := conformanceIDs(t)
	checked := make(map[string]bool)
	for id := range conformanceInGo() {
		checked[id] = true
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "\n== ")
		line := strings.Count(parts[0], "\n") + 1
		for _, part := range parts[1:] {
			name, rest, _ := strings.Cut(part, "\n")
			start := line
			line += strings.Count(part, "\n") + 1
			names, _, _ := strings.Cut(name, ":")
			for id := range strings.FieldsSeq(names) {
				if reason, ok := ids[id]; !ok || reason != "" {
					t.Errorf("%s:%d: %s is not an id that is to be checked", file, start, id)
				}
				checked[id] = true
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				talk(t, startServer(t, Config{MaxSize: 2 << 20, Now: fixed}), file, start, rest)
			})
		}
	}
	for id, reason := range ids {
		if reason == "" && !checked[id] {
			t.Errorf("nothing checks %s", id)
		}
	}
}

// conformanceIDs reads the list: an id a line, and behind it the reason when it is not checked.
func conformanceIDs(t *testing.T) map[string]string {
	text, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			id, reason, _ := strings.Cut(line, " ")
			ids[id] = strings.TrimSpace(reason)
		}
	}
	if len(ids) == 0 {
		t.Fatal("no ids")
	}
	return ids
}

// deed does the steps that look beyond a conversation's next line:
//
//	quiet              expects that nothing comes for a while
//	list               says EHLO, or LHLO, and holds the answer against its grammar and the registered keywords
//	has text, hasnot KEYWORD      of the last list: an extension with its parameters, or any of a keyword
//	stored "text"      expects the next message that was stored to be this, below the trace fields
//	stored nothing     expects no further one
//	report text        expects this in the report that was stored last
//	traced text        expects this in its trace fields; for text, in its recipients
//	drip "text"        sends octets in segments of their own
//	sessions N         N times connects and quits
//	other              changes to the other connection of two
//	fin rst            ends the connection: half, or as a crash does
//	shutdown           ends the server
func (c *talker) deed(word, rest string) bool {
	switch word {
	case "quiet":
		c.quiet()
	case "list":
		c.list()
	case "has":
		if !slices.Contains(c.listed, rest) {
			c.t.Errorf("%s: %q is not in %q", c.where, rest, c.listed)
		}
	case "hasnot":
		if slices.ContainsFunc(c.listed, func(l string) bool { return strings.HasPrefix(l+" ", rest+" ") }) {
			c.t.Errorf("%s: %q is in %q", c.where, rest, c.listed)
		}
	case "stored":
		c.stored(rest)
	case "traced", "for":
		c.traced(word, rest)
	case "report":
		c.report(rest)
	default:
		return c.tcp(word, rest)
	}
	return true
}

// tcp does the steps that are about connections.
func (c *talker) tcp(word, rest string) bool {
	switch word {
	case "drip":
		for _, b := range []byte(c.unquote(rest)) {
			c.send(string(b))
			time.Sleep(time.Millisecond)
		}
	case "sessions":
		n, _ := strconv.Atoi(rest)
		for range n {
			c.send("QUIT\r\n")
			c.expect("221 2.0.0 *")
			c.conn.Close()
			c.dial(c.addr)
		}
	case "other":
		c.conn, c.spare = c.spare, c.conn
		c.br, c.spareBuffer = c.spareBuffer, c.br
		if c.conn == nil {
			c.dial(c.addr)
		}
	case "fin":
		c.conn.(*net.TCPConn).CloseWrite()
	case "rst":
		c.conn.(*net.TCPConn).SetLinger(0)
		c.conn.Close()
		c.closed = true
	case "shutdown":
		go c.srv.Close()
	default:
		return false
	}
	return true
}

// quiet waits for what must not come. A server that would say it late goes unnoticed here, but its reply is one too many
// later on.
func (c *talker) quiet() {
	c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if b, err := c.br.Peek(1); err == nil {
		line, _ := c.br.ReadString('\n')
		c.t.Fatalf("%s: %q comes, from %q on", c.where, line, b)
	}
	c.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
}

// registered are the EHLO keywords of IANA's Mail Parameters registry, 2026.
var registered = strings.Fields(`SEND SOML SAML VRFY EXPN HELP TURN 8BITMIME SIZE VERB ONEX CHUNKING BINARYMIME CHECKPOINT
	DELIVERBY PIPELINING DSN ETRN ENHANCEDSTATUSCODES STARTTLS NO-SOLICITING MTRK SUBMITTER ATRN AUTH FUTURERELEASE
	CONPERM CONNEG SMTPUTF8 MT-PRIORITY RRVS REQUIRETLS LIMITS BURL UTF8SMTP`)

var (
	helloLine   = regexp.MustCompile(`^250[- ]mx\.demo\.test\r\n$`)                         // Domain
	keywordLine = regexp.MustCompile(`^250[- ](([A-Za-z0-9][A-Za-z0-9-]*)( [!-~]+)*)\r\n$`) // ehlo-line
)

func (c *talker) list() {
	verb := "EHLO"
	if c.addr == c.srv.LMTPAddr() {
		verb = "LHLO"
	}
	c.send(verb + " client.example\r\n")
	c.listed = nil
	line := c.read()
	if !helloLine.MatchString(line) {
		c.t.Fatalf("%s: the answer to %s begins with %q", c.where, verb, line)
	}
	for line[3] == '-' {
		line = c.read()
		m := keywordLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			c.t.Fatalf("%s: %q is no ehlo-line", c.where, line)
		case !slices.Contains(registered, m[2]):
			c.t.Errorf("%s: %s is not registered", c.where, m[2])
		case slices.ContainsFunc(c.listed, func(l string) bool { return strings.HasPrefix(l+" ", m[2]+" ") }):
			c.t.Errorf("%s: %s is listed twice", c.where, m[2])
		}
		c.listed = append(c.listed, m[1])
	}
}

var trace = regexp.MustCompile(`^Return-Path: .*\r\nReceived: .*\r\n(\t.*\r\n)*`)

// stored takes the next message.
func (c *talker) stored(want string) {
	if c.closed { // the server may not have noticed yet
		c.srv.Close()
	}
	messages := c.srv.Messages()
	if want == "nothing" {
		if len(messages) > c.taken {
			c.t.Errorf("%s: stored: %q", c.where, messages[c.taken].Data)
		}
		return
	}
	if len(messages) <= c.taken {
		c.t.Fatalf("%s: nothing more is stored", c.where)
	}
	got := string(messages[c.taken].Data)
	c.taken++
	if got = got[len(trace.FindString(got)):]; got != c.unquote(want) {
		c.t.Errorf("%s: stored:\n%q\nwant\n%q", c.where, got, c.unquote(want))
	}
}

// traced looks at the message that was taken last.
func (c *talker) traced(word, want string) {
	if c.taken == 0 {
		c.t.Fatalf("%s: no message was looked at", c.where)
	}
	m := c.srv.Messages()[c.taken-1]
	if word == "for" {
		if got := strings.Join(m.To, " "); got != expand(want) {
			c.t.Errorf("%s: it is for %q", c.where, got)
		}
		return
	}
	if got := trace.FindString(string(m.Data)); !strings.Contains(got, want) {
		c.t.Errorf("%s: its trace is %q", c.where, got)
	}
}

// report looks at the last message, which is a delivery report.
func (c *talker) report(want string) {
	messages := c.srv.Messages()
	c.taken = len(messages)
	if c.taken == 0 || !strings.Contains(string(messages[c.taken-1].Data), "\r\n"+want+"\r\n") {
		c.t.Errorf("%s: %q is not in the last of %d messages", c.where, want, c.taken)
	}
}

// judge holds reply lines against the standards, one after the other.
type judge struct {
	line   int    // of the reply
	code   string // of the reply
	status string // of the reply
	hello  bool   // the reply is one that has no enhanced status code
}

var (
	replyGrammar = regexp.MustCompile(`^([2-5][0-5][0-9])([ -])([\t -~]*)\r\n$`) // RFC 5321 4.2
	statusCode   = regexp.MustCompile(`^([245])\.\d{1,3}\.\d{1,3} `)             // RFC 2034 4
	// helloTexts are those that may come without a status code: greeting, and what HELO, EHLO and LHLO are answered.
	helloTexts = []string{"mx.demo.test", "mx.demo.test ESMTP smtpspec demo server", "mx.demo.test LMTP smtpspec demo server",
		"A domain or an address literal is needed", "Character not allowed in the argument",
		"Command not recognized", "Command line too long",
		"Bare CR or LF in the command line"}
)

// complaint says what is wrong with a line, or nothing.
func (j *judge) complaint(raw string) string {
	m := replyGrammar.FindStringSubmatch(raw)
	if m == nil || len(raw) > 512 { // RFC 5321 4.5.3.1.5
		return "not a reply line"
	}
	code, last, text := m[1], m[2] == " ", m[3]
	status := statusCode.FindString(text)
	if j.line++; j.line == 1 {
		j.code, j.status = code, status
		j.hello = slices.Contains(helloTexts, text)
	}
	fault := ""
	switch {
	case code != j.code:
		fault = "another code than in the first line"
	case status != j.status:
		fault = "another status code than in the first line"
	case status != "" && (code[0] == '3' || j.hello || status[0] != code[0]):
		fault = "a status code that must not be there"
	case status == "" && code[0] != '3' && !j.hello:
		fault = "no status code"
	}
	if last {
		*j = judge{}
	}
	return fault
}

// Replies that break the rules are noticed.
func TestJudge(t *testing.T) {
	for _, bad := range []string{"250 2.0.0 x\n", "260 2.0.0 x\r\n", "150 x\r\n", "250 2.0.0 \xe9\r\n", "250_2.0.0 x\r\n", "250 x\r\n",
		"250 5.0.0 x\r\n", "354 2.0.0 x\r\n", "25 x\r\n", "250 2.0.0 " + strings.Repeat("x", 501) + "\r\n", "250 2.0 x\r\n"} {
		if (&judge{}).complaint(bad) == "" {
			t.Errorf("%q is let pass", bad)
		}
	}
	for _, second := range []string{"251 2.0.0 x\r\n", "250 2.1.0 x\r\n", "250 x\r\n"} {
		j := &judge{}
		if c := j.complaint("250-2.0.0 x\r\n"); c != "" {
			t.Fatal(c)
		}
		if j.complaint(second) == "" {
			t.Errorf("%q is let pass behind another", second)
		}
	}
}

// The end of data is seen, and dots are unstuffed, wherever a line falls in the buffers.
func TestStuffedAtEdges(t *testing.T) {
	srv := startServer(t, Config{})
	for _, edge := range []int{512, 1024, 2048, 4096, 8192, 16384, 65536} {
		for at := edge - 3; at <= edge+3; at++ {
			c := newClient(t, srv, srv.SMTPAddr())
			c.do("data")
			filler := strings.Repeat(strings.Repeat("x", 62)+"\r\n", at/64-1) + strings.Repeat("y", at%64+62) + "\r\n"
			c.send(filler + "..z\r\n.\r\n")
			c.do("< 250 2.0.0 Accepted as *")
			messages := srv.Messages()
			if got := string(messages[len(messages)-1].Data); len(filler) != at || !strings.HasSuffix(got, filler+".z\r\n") {
				t.Errorf("at %d the message ends with %q", at, got[len(got)-80:])
			}
		}
	}
}
