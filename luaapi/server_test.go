package luaapi

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scriptedServer plays the same lines to every connection: "S text" says text and CRLF, "SB text" says text alone (Go escapes in it
// count), "C" reads a line, "C n" n lines, "wait 50ms" waits, "close" and "reset" end it, "closing" stops listening as well. After the last line it waits for the client to
// close.
func scriptedServer(t *testing.T, script []string) (host, port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go playServer(ln, conn, script)
		}
	}()
	host, port, _ = net.SplitHostPort(ln.Addr().String())
	return host, port
}

func playServer(ln net.Listener, conn net.Conn, script []string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for _, line := range script {
		verb, arg, _ := strings.Cut(line, " ")
		switch verb {
		case "S":
			_, _ = conn.Write([]byte(unescape(arg) + "\r\n"))
		case "SB":
			_, _ = conn.Write([]byte(unescape(arg)))
		case "C":
			n, _ := strconv.Atoi(arg)
			for range max(1, n) {
				if _, err := in.ReadString('\n'); err != nil {
					return
				}
			}
		case "wait":
			d, _ := time.ParseDuration(arg)
			time.Sleep(d)
		case "reset":
			_ = conn.(*net.TCPConn).SetLinger(0)
			return
		case "close":
			return
		case "closing":
			ln.Close()
			return
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = in.WriteTo(discard{})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func unescape(s string) string {
	if out, err := strconv.Unquote(`"` + s + `"`); err == nil {
		return out
	}
	return s
}
