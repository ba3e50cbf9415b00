package wire

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// The conversation that the benchmarks have: a whole transaction, seven round trips.
var conversation = []struct{ send, reply string }{
	{"EHLO client.example\r\n", "250-mx.test\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"},
	{"MAIL FROM:<a@example.org>\r\n", "250 2.1.0 Ok\r\n"},
	{"RCPT TO:<b@example.net>\r\n", "250 2.1.5 Ok\r\n"},
	{"DATA\r\n", "354 End data with <CR><LF>.<CR><LF>\r\n"},
	{"Subject: x\r\n\r\n" + strings.Repeat("text and more text\r\n", 20) + ".\r\n", "250 2.0.0 Ok: queued as 12345\r\n"},
	{"RSET\r\n", "250 2.0.0 Ok\r\n"},
	{"QUIT\r\n", "221 2.0.0 Bye\r\n"},
}

func benchServer(b *testing.B) string {
	l := server(b, "tcp", "127.0.0.1:0", func(nc net.Conn) {
		buf := make([]byte, 4096)
		say(nc, "220 mx.test ESMTP\r\n")
		for _, turn := range conversation {
			for got := 0; got < len(turn.send); {
				n, err := nc.Read(buf)
				if err != nil {
					return
				}
				got += n
			}
			say(nc, turn.reply)
		}
	})
	return l.Addr().String()
}

func BenchmarkConversation(b *testing.B) {
	address := benchServer(b)
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	secrets := secretsOf("hunter2hunter2")
	b.ReportAllocs()
	for b.Loop() {
		t := &Transcript{Secrets: secrets}
		c, err := Dial(ctx, Where{Network: "tcp", Address: address, ID: 1}, patient(), t)
		if err != nil {
			b.Fatal(err)
		}
		if r := c.ReadReply(ctx, patient()); r.Code != 220 {
			b.Fatal(r.Code, r.Ended)
		}
		for _, turn := range conversation {
			c.Write(ctx, []byte(turn.send), WriteOptions{Idle: time.Minute})
			if r := c.ReadReply(ctx, patient()); r.Ended != None {
				b.Fatal(r.Ended)
			}
		}
		c.Close()
		t.Records()
	}
}

func BenchmarkPlainConversation(b *testing.B) {
	address := benchServer(b)
	b.ReportAllocs()
	for b.Loop() {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		r := bufio.NewReader(nc)
		reply := func() {
			_ = nc.SetReadDeadline(patient())
			for {
				text, err := r.ReadString('\n')
				if err != nil {
					b.Fatal(err)
				}
				if text[3] != '-' {
					return
				}
			}
		}
		reply()
		for _, turn := range conversation {
			_ = nc.SetWriteDeadline(patient())
			if _, err := nc.Write([]byte(turn.send)); err != nil {
				b.Fatal(err)
			}
			reply()
		}
		nc.Close()
	}
}

// BenchmarkTurn is a command and its reply without a socket.
func BenchmarkTurn(b *testing.B) {
	s := &scripted{}
	c := newConn(&sock{Conn: s}, Where{ID: 1}, &Transcript{}, time.Now())
	reply := [][]byte{nil}
	b.ReportAllocs()
	for b.Loop() {
		c.Write(context.Background(), []byte("MAIL FROM:<a@example.org>\r\n"), WriteOptions{})
		reply[0] = []byte("250 2.1.0 Ok\r\n")
		s.segments, s.written = reply, s.written[:0]
		if r := next(c); r.Code != 250 {
			b.Fatal(r.Ended)
		}
		c.Replies, c.transcript.length = c.Replies[:0], 0
	}
}
