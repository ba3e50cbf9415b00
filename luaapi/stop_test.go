package luaapi

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// turnOfTalk is something that a script sends, and the reply to it.
type turnOfTalk struct {
	bytes string
	reply string // "" where none is due
}

// phases are the points of a conversation at which a client may stop, each by how it gets there.
func phases() map[string][]turnOfTalk {
	then := func(before []turnOfTalk, turns ...turnOfTalk) []turnOfTalk {
		return append(before[:len(before):len(before)], turns...)
	}
	greeting := []turnOfTalk{{"", "220 hi"}}
	hello := then(greeting, turnOfTalk{"EHLO a\r\n", "250 hi"})
	mail := then(hello, turnOfTalk{"MAIL FROM:<a@b>\r\n", "250 ok"})
	rcpt := then(mail, turnOfTalk{"RCPT TO:<c@d>\r\n", "250 ok"})
	data := then(rcpt, turnOfTalk{"DATA\r\n", "354 go"})
	inside := then(data, turnOfTalk{"Subject: x\r\n", ""})
	chunk := then(rcpt, turnOfTalk{"BDAT 10\r\n12345", ""})
	return map[string][]turnOfTalk{"connect": nil, "greeting": greeting, "EHLO": hello, "STARTTLS": then(hello, turnOfTalk{"STARTTLS\r\n", "220 go"}),
		"AUTH": then(hello, turnOfTalk{"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6"}), "response": then(hello, turnOfTalk{"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6"}, turnOfTalk{"dGlt\r\n", "334 UGFzc3dvcmQ6"}),
		"MAIL": mail, "RCPT": rcpt, "DATA": data, "content": inside,
		"dot": then(inside, turnOfTalk{".\r\n", "250 taken"}), "BDAT": chunk, "LAST": then(rcpt, turnOfTalk{"BDAT 3 LAST\r\nx\r\n", "250 taken"}),
		"QUIT": then(mail, turnOfTalk{"QUIT\r\n", "221 bye"})}
}

// endings are the ways to stop: what a script does, what it sends by that, and how the server sees the connection end.
var endings = []struct{ name, lua, sends, seen string }{
	{"QUIT", `c:send("QUIT") c:expect(221) c:close()`, "QUIT\r\n", "FIN"},
	{"QUIT without waiting", `c:send("QUIT") c:close()`, "QUIT\r\n", "FIN"},
	{"close", "c:close()", "", "FIN"},
	{"half-close", `c:close_write() c:expect(421) c:expect_close() assert.equal("fin", c.closed_by)`, "", "FIN"},
	{"reset", "c:abort()", "", "RST"},
}

// A client can stop at each phase, in each way, before the reply and after it; nothing but what the script says is sent by that.
func TestStopAtAnyPhase(t *testing.T) {
	t.Parallel()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	for phase, turns := range phases() {
		for _, end := range endings {
			for _, waits := range []bool{true, false} {
				if !waits && (len(turns) == 0 || turns[len(turns)-1].reply == "") || !waits && strings.HasPrefix(end.name, "QUIT") {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/reply=%v", phase, end.name, waits), func(t *testing.T) {
					t.Parallel()
					s := &stopServer{turns: turns, waits: waits, ended: make(chan string, 1), tls: phase == "MAIL"}
					s.play(t, srv, end.lua)
					if got, want := <-s.ended, s.want(end.sends)+end.seen; got != want {
						t.Errorf("the server saw %q, not %q", got, want)
					}
				})
			}
		}
	}
}

// stopServer talks in turns, then reads on until the client goes. What it has seen comes from ended.
type stopServer struct {
	turns []turnOfTalk
	waits bool // the client waits for the last reply
	tls   bool
	ended chan string

	answers bool // a QUIT at the end
}

func (s *stopServer) want(sends string) string {
	var b strings.Builder
	for _, turn := range s.turns {
		b.WriteString(turn.bytes)
	}
	return b.String() + sends
}

func (s *stopServer) play(t *testing.T, srv *demo.Server, end string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	var script strings.Builder
	fmt.Fprintf(&script, "-- outcome: passed\n-- set: host=127.0.0.1\n-- set: port=%s\nlocal c = smtp.connect { tls = %q }\n", port, map[bool]string{true: "implicit", false: "none"}[s.tls])
	for i, turn := range s.turns {
		if turn.bytes != "" {
			fmt.Fprintf(&script, "c:write(%q)\n", turn.bytes)
		}
		if turn.reply != "" && (s.waits || i+1 < len(s.turns)) {
			fmt.Fprintf(&script, "c:expect(%s)\n", turn.reply[:3])
		}
	}
	if s.answers = strings.Contains(end, "221") && s.commands(); !s.answers {
		end = strings.Replace(end, "c:expect(221)", "", 1)
	}
	c := parseChunk(t, script.String()+end+"\nassert(true)\n")
	c.path, c.line, c.lang = "stop", 1, New()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			s.ended <- err.Error()
			return
		}
		s.serve(conn, config)
	}()
	c.run(t, srv)
}

// commands tells whether QUIT is a command here, and not content, an answer of AUTH or bytes before a handshake.
func (s *stopServer) commands() bool {
	if len(s.turns) == 0 {
		return false
	}
	last := s.turns[len(s.turns)-1]
	return strings.HasPrefix(last.reply, "2") && !strings.HasPrefix(last.bytes, "STARTTLS") && !strings.HasPrefix(last.bytes, "QUIT")
}

func (s *stopServer) serve(conn net.Conn, config *tls.Config) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if s.tls {
		conn = tls.Server(conn, config)
	}
	in := bufio.NewReader(conn)
	var seen strings.Builder
	for i, turn := range s.turns {
		bytes := make([]byte, len(turn.bytes))
		n, err := io.ReadFull(in, bytes)
		seen.Write(bytes[:n])
		if err != nil {
			s.ended <- seen.String() + err.Error()
			return
		}
		if turn.reply != "" && (s.waits || i+1 < len(s.turns)) {
			fmt.Fprint(conn, turn.reply+"\r\n")
		}
	}
	one := make([]byte, 1)
	for {
		_, err := in.Read(one)
		switch {
		case err == nil:
			if seen.WriteByte(one[0]); strings.HasSuffix(seen.String(), "QUIT\r\n") && s.answers {
				fmt.Fprint(conn, "221 bye\r\n")
			}
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprint(conn, "421 so you go\r\n")
			seen.WriteString("FIN")
		case errors.Is(err, syscall.ECONNRESET):
			seen.WriteString("RST")
		default:
			seen.WriteString(err.Error())
		}
		s.ended <- seen.String()
		return
	}
}
