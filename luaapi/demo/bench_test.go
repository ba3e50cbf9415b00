package demo

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// A conversation of seven round trips with a message of 1 KiB.
func BenchmarkConversation(b *testing.B) {
	srv := startServer(b, Config{})
	benchmarkConversation(b, srv.SMTPAddr())
}

func benchmarkConversation(b *testing.B, addr string) {
	b.ReportAllocs()
	steps := []string{
		"", "EHLO client.example\r\n", "MAIL FROM:<sender@example.org>\r\n", "RCPT TO:<user@demo.test>\r\n", "DATA\r\n",
		"Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", 16) + ".\r\n", "QUIT\r\n",
	}
	br := bufio.NewReader(nil)
	for b.Loop() {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		br.Reset(conn)
		for _, step := range steps {
			if step != "" {
				io.WriteString(conn, step)
			}
			for {
				line, err := br.ReadSlice('\n')
				if err != nil {
					b.Fatal(err)
				}
				if line[3] == ' ' {
					break
				}
			}
		}
		conn.Close()
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		srv, err := Start(Config{})
		if err != nil {
			b.Fatal(err)
		}
		srv.Facts()
		srv.Close()
	}
}
