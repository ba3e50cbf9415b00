package luaapi

import (
	"bufio"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// front takes connections, and gives for each the bytes that come before the first greeting: n of them, or up to the end of a line where n is 0.
// What follows is an SMTP session of few words, in TLS where config is there.
func front(t *testing.T, n int, config *tls.Config) (port string, heads <-chan string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	out := make(chan string, 10)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go serveFront(conn, n, config, out)
		}
	}()
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port, out
}

func serveFront(conn net.Conn, n int, config *tls.Config, heads chan<- string) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	var head []byte
	for one := make([]byte, 1); len(head) < n || n == 0 && !strings.HasSuffix(string(head), "\n"); {
		if _, err := conn.Read(one); err != nil {
			break
		}
		head = append(head, one...)
	}
	heads <- string(head)
	if config != nil {
		conn = tls.Server(conn, config)
	}
	fmt.Fprint(conn, "220 here\r\n")
	for in := bufio.NewScanner(conn); in.Scan(); {
		code := "250"
		if in.Text() == "QUIT" {
			code = "221"
		}
		fmt.Fprint(conn, code+" ok\r\n")
	}
}

// playLua runs a chunk as TestLua does, against a server on a port of this machine.
func playLua(t *testing.T, port, text string) {
	t.Helper()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	c := parseChunk(t, "-- set: host=127.0.0.1\n-- set: port="+port+"\n"+text)
	c.path, c.line, c.lang = "chunk", 1, New()
	c.run(t, srv)
}

func TestProxyHeaderComesFirst(t *testing.T) {
	t.Parallel()
	const signature = "0d0a0d0a000d0a515549540a"
	for _, tt := range []struct{ name, options, want string }{
		{"version 1", `version = 1, source = "192.0.2.1:25000", destination = "198.51.100.7:25"`,
			hex.EncodeToString([]byte("PROXY TCP4 192.0.2.1 198.51.100.7 25000 25\r\n"))},
		{"version 1, local", `version = 1, command = "local"`, hex.EncodeToString([]byte("PROXY UNKNOWN\r\n"))},
		{"version 2", `version = 2, source = "192.0.2.1:25000", destination = "198.51.100.7:25"`, signature + "2111000cc0000201c633640761a80019"},
		{"version 2, local", `version = 2, command = "local"`, signature + "20000000"},
		{"version 2, extensions by type", `version = 2, family = "unknown", tlvs = { [0xe0] = "\255", [1] = "h2" }`, signature + "21000009010002" + "6832" + "e00001ff"},
		{"version 2, checksum", `version = 2, command = "local", crc32c = true`, signature + "20000007030004" + "a9b87e8f"},
		{"bytes", `raw = "any\0thing"`, hex.EncodeToString([]byte("any\x00thing"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			port, heads := front(t, len(tt.want)/2, nil)
			playLua(t, port, "-- outcome: passed\nlocal c = smtp.connect { proxy = { "+tt.options+" } }\nc:expect(220)\nc:quit()\n")
			if got := hex.EncodeToString([]byte(<-heads)); got != tt.want {
				t.Errorf("%s, not\n%s", got, tt.want)
			}
		})
	}
}

// TestProxyHeaderOfTheConnection has what is left out be the connection's own, and TLS come behind it.
func TestProxyHeaderOfTheConnection(t *testing.T) {
	t.Parallel()
	certificate := selfSigned(t)
	port, heads := front(t, 0, &tls.Config{Certificates: []tls.Certificate{certificate}})
	playLua(t, port, `-- outcome: passed
local c = smtp.session { tls = "implicit", proxy = { version = 1 } }
assert.match("> PROXY TCP4 127.0.0.1 127.0.0.1 %d+ " .. target.port .. "\n", c.transcript)
c:quit()
`)
	var from, to int
	if _, err := fmt.Sscanf(<-heads, "PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n", &from, &to); err != nil || fmt.Sprint(to) != port || from == 0 {
		t.Errorf("from %d to %d, %v", from, to, err)
	}
}

// selfSigned is a certificate that nobody trusts, which a loopback address does not need.
func selfSigned(t *testing.T) tls.Certificate {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}
