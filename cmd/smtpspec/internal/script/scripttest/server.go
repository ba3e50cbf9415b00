package scripttest

import (
	"bufio"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Server plays the same lines to every connection and returns its address: "S text" says text and CRLF, "SB text" says text alone (Go's
// escapes count in both), "C" reads a line, "C n" n lines, "C text" reads a line that must be text, "M" reads a message up to its lone
// dot, "wait 50ms" waits, "tls" does a handshake, "close" closes. What comes after "next" is for the next connection. After the last line it waits for the client to close.
func Server(t testing.TB, script ...string) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go play(conn, part(script, n))
		}
	}()
	return ln.Addr().String()
}

// part is what is for the connection after n others: the last part, when there are more.
func part(script []string, n int) []string {
	for ; n > 0; n-- {
		i := slices.Index(script, "next")
		if i < 0 {
			break
		}
		script = script[i+1:]
	}
	if i := slices.Index(script, "next"); i >= 0 {
		script = script[:i]
	}
	return script
}

func play(conn net.Conn, script []string) {
	defer func() { conn.Close() }()
	in := bufio.NewReader(conn)
	for _, line := range script {
		verb, arg, _ := strings.Cut(line, " ")
		ok := true
		switch verb {
		case "S":
			_, _ = conn.Write([]byte(unescape(arg) + "\r\n"))
		case "SB":
			_, _ = conn.Write([]byte(unescape(arg)))
		case "C":
			ok = listen(in, arg)
		case "M":
			ok = message(in)
		case "wait":
			d, _ := time.ParseDuration(arg)
			time.Sleep(d)
		case "tls":
			shaken := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate()}})
			conn, in = shaken, bufio.NewReader(shaken)
		case "close":
			return
		}
		if !ok {
			return
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = in.WriteTo(discard{})
}

// listen reads what a line of the script says. False ends the conversation, which the scenario sees as a close.
func listen(in *bufio.Reader, arg string) bool {
	n, err := strconv.Atoi(arg)
	if err != nil {
		n = 1
	}
	for range n {
		line, readErr := in.ReadString('\n')
		if readErr != nil || err != nil && arg != "" && line != unescape(arg)+"\r\n" {
			return false
		}
	}
	return true
}

func message(in *bufio.Reader) bool {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			return true
		}
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func unescape(s string) string {
	if out, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		return out
	}
	return s
}
