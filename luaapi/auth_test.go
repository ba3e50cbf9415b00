package luaapi

import (
	"bufio"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// digestLMTP is a server that lets tim in by DIGEST-MD5 (RFC 2831), with the password s3cret-of-tim, and tells what it was told.
func digestLMTP(t *testing.T) (port string, responses <-chan string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	out := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		in := bufio.NewScanner(conn)
		ask := func(text string) string {
			fmt.Fprint(conn, text+"\r\n")
			in.Scan()
			return in.Text()
		}
		challenge := func(text string) string { return "334 " + base64.StdEncoding.EncodeToString([]byte(text)) }
		ask("220 hi")                        // LHLO
		ask("250-hi\r\n250 AUTH DIGEST-MD5") // AUTH
		response, _ := base64.StdEncoding.DecodeString(ask(challenge(`realm="r",nonce="n",algorithm=md5-sess`)))
		out <- string(response)
		rspauth := digestFor(string(response), ":")
		if !strings.Contains(string(response), "response="+digestFor(string(response), "AUTHENTICATE:")) {
			rspauth = "no"
		}
		if empty := ask(challenge("rspauth=" + rspauth)); empty != "" {
			ask("501 not empty")
			return
		}
		ask("235 ok")
	}()
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port, out
}

func digestFor(response, method string) string {
	sum := func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
	value := func(name string) string {
		if m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(response); m != nil {
			return m[1]
		}
		return ""
	}
	secret := md5.Sum([]byte("tim:r:s3cret-of-tim"))
	cnonce := value("cnonce")
	a1 := sum(string(secret[:]) + ":n:" + cnonce)
	return sum(a1 + ":n:00000001:" + cnonce + ":auth:" + sum(method+value("digest-uri")))
}

func TestDigestMD5OverLMTP(t *testing.T) {
	t.Parallel()
	port, responses := digestLMTP(t)
	playLua(t, port, `-- outcome: passed
local c = smtp.connect { lmtp = true }
c:expect(220)
c:ehlo()
local r = c:auth { mechanism = "auto", user = "tim", password = "s3cret-of-tim" }
assert.equal(235, r.code)
assert.is_nil(c.transcript:find("s3cret", 1, true))
`)
	response := <-responses
	for _, part := range []string{`username="tim"`, `realm="r"`, `nonce="n"`, "nc=00000001", `digest-uri="lmtp/127.0.0.1"`, "qop=auth"} {
		if !strings.Contains(response, part) {
			t.Errorf("%s is not in %s", part, response)
		}
	}
}
