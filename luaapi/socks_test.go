package luaapi

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// socksServer is a SOCKS5 proxy (RFC 1928) that asks for a login where user is set, and gives the reply to every CONNECT; with reply 0 it
// connects to the port that is asked for, on this machine. It tells the hosts that it was asked for.
type socksServer struct {
	user, password string
	reply          byte
	hosts          chan string
}

func (s *socksServer) start(t *testing.T) (address string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	s.hosts = make(chan string, 10)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return ln.Addr().String()
}

func (s *socksServer) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	take := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(conn, b)
		return b
	}
	methods := take(int(take(2)[1]))
	if s.user == "" {
		_, _ = conn.Write([]byte{5, 0})
	} else if len(methods) < 2 {
		_, _ = conn.Write([]byte{5, 0xff})
		return
	} else {
		_, _ = conn.Write([]byte{5, 2})
		user := string(take(int(take(2)[1])))
		if password := string(take(int(take(1)[0]))); user != s.user || password != s.password {
			_, _ = conn.Write([]byte{1, 1})
			return
		}
		_, _ = conn.Write([]byte{1, 0})
	}
	host := ""
	switch take(4)[3] {
	case 1:
		host = net.IP(take(4)).String()
	case 3:
		host = string(take(int(take(1)[0])))
	case 4:
		host = net.IP(take(16)).String()
	}
	port := take(2)
	s.hosts <- host
	if s.reply != 0 {
		_, _ = conn.Write([]byte{5, s.reply, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	out, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port[0])<<8|int(port[1]))))
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	defer out.Close()
	_, _ = conn.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 25})
	go func() { _, _ = io.Copy(out, conn) }()
	_, _ = io.Copy(conn, out)
}

func TestSocks(t *testing.T) {
	t.Parallel()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	port := srv.Facts()["port"]
	s := &socksServer{user: "me", password: "pass word"}
	address := s.start(t)
	playLua(t, port, fmt.Sprintf(`-- outcome: passed
-- set: host=localhost
local c = smtp.session { tls = "starttls", auth = true, source = "127.0.0.1:0", socks = "socks5://me:pass%%20word@%s" }
assert.equal("%s", c.remote_address)
assert.match("^%%* connected to localhost:%s through the SOCKS proxy %s\n", c.transcript)
c:quit()
c:expect_close()
`, address, address, port, address))
	if host := <-s.hosts; host != "localhost" {
		t.Errorf("the proxy was asked for %s", host)
	}
}

func TestSocksRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, login, script string
		server              socksServer
		why, text           string
	}{
		{name: "refused by the destination", why: "refused",
			text: `^refused\n127.0.0.1:1 refused the connection: nothing listens there, or a firewall rejects; the SOCKS proxy PROXY says so\n`},
		{name: "unreachable", server: socksServer{reply: 4}, why: "unreachable", text: `^unreachable\n127.0.0.1:1 is unreachable from here; the SOCKS proxy PROXY says so\n`},
		{name: "too far", server: socksServer{reply: 6}, why: "unreachable", text: `^unreachable\n127.0.0.1:1 is unreachable from here; the SOCKS proxy PROXY says so\n`},
		{name: "not allowed", server: socksServer{reply: 2}, why: "proxy", text: `^refused\nno way to 127.0.0.1:1: the SOCKS proxy PROXY is not allowed to connect there\n`},
		{name: "failed", server: socksServer{reply: 1}, why: "proxy", text: `the SOCKS proxy PROXY failed, it does not say at what\n`},
		{name: "no such address", server: socksServer{reply: 8}, why: "proxy", text: `the SOCKS proxy PROXY does not take such an address\n`},
		{name: "an unknown reply", server: socksServer{reply: 99}, why: "proxy", text: `the SOCKS proxy PROXY broke off\n`},
		{name: "no login", server: socksServer{user: "a", password: "b"}, why: "proxy", text: `the SOCKS proxy PROXY wants another login than it was offered\n`},
		{name: "a wrong login", login: "a:wrong-secret@", server: socksServer{user: "a", password: "b"}, why: "proxy", text: `the SOCKS proxy PROXY refused the user name and password\n`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := tt.server.start(t)
			want := strings.ReplaceAll(tt.text, "PROXY", address)
			playLua(t, "1", fmt.Sprintf("-- outcome: error\nsmtp.connect { socks = \"socks5://%s%s\" } -- want: \"%s\"\n", tt.login, address, want))
			playLua(t, "1", fmt.Sprintf("-- outcome: passed\nlocal c, why = smtp.connect { socks = \"socks5h://%s%s/\", optional = true }\nassert.is_nil(c)\nassert.equal(%q, why)\n", tt.login, address, tt.why))
		})
	}
}

// TestConnectWaits has a server come up after the first try. It is on a UNIX socket, for nobody else can take its place.
func TestConnectWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	up := make(chan net.Listener)
	go func() {
		defer close(up)
		time.Sleep(250 * time.Millisecond)
		ln, err := net.Listen("unix", path)
		if err != nil {
			return
		}
		if conn, err := ln.Accept(); err == nil {
			fmt.Fprint(conn, "220 up\r\n")
			conn.Close()
		}
		up <- ln
	}()
	playLua(t, "1", fmt.Sprintf("-- outcome: passed\n-- allow: %s\nlocal c = smtp.connect { unix = %q, wait = \"20s\" }\nc:expect(220)\nassert.is_nil(c.transcript:find(\"unreachable\"))\n", path, path))
	if ln := <-up; ln != nil {
		ln.Close()
	}
}
