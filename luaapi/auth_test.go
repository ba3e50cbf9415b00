package luaapi

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/demo"
)

const (
	timPassword = "s3cret-of-tim"
	timNTHash   = "b2bc83f6b1db455dc38eaba26ba3f280" // MD4 of it in UTF-16
)

// errStep is what a half of the test's says of a step that is not as it has to be.
var errStep = errors.New("wrong")

// half is a server's half of a mechanism, as one function for each thing that the client sends. The last one gives no challenge.
type half []func(response []byte) (challenge []byte, err error)

// digestMD5Half lets tim in to a service (RFC 2831).
func digestMD5Half(service string) half {
	const challenge = `realm="r",nonce="n",qop="auth",algorithm=md5-sess`
	return half{
		func([]byte) ([]byte, error) { return []byte(challenge), nil },
		func(response []byte) ([]byte, error) {
			text := string(response)
			for _, part := range []string{`username="tim"`, `realm="r"`, `nonce="n"`, "nc=00000001", `digest-uri="` + service + `/127.0.0.1"`, "qop=auth"} {
				if !strings.Contains(text+",", part+",") {
					return nil, errStep
				}
			}
			if !strings.Contains(text+",", "response="+digestFor(text, "AUTHENTICATE:")+",") {
				return nil, errStep
			}
			return []byte("rspauth=" + digestFor(text, ":")), nil
		},
		func(response []byte) ([]byte, error) {
			if len(response) > 0 {
				return nil, errStep
			}
			return nil, nil
		},
	}
}

func digestFor(response, method string) string {
	sum := func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
	value := func(name string) string {
		if m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(response); m != nil {
			return m[1]
		}
		return ""
	}
	secret := md5.Sum([]byte("tim:r:" + timPassword))
	cnonce := value("cnonce")
	a1 := sum(string(secret[:]) + ":n:" + cnonce)
	return sum(a1 + ":n:00000001:" + cnonce + ":auth:" + sum(method+value("digest-uri")))
}

// ntlmHalf lets tim in by NTLM version 2 (MS-NLMP 3.3.2).
func ntlmHalf(string) half {
	challenge := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 8)...)
	challenge = binary.LittleEndian.AppendUint32(challenge, 0x00808201)
	challenge = append(append(challenge, "12345678"...), make([]byte, 8)...)
	challenge = append(challenge, "\x0a\x00\x0a\x00\x30\x00\x00\x00"+"\x02\x00\x02\x00D\x00\x00\x00\x00\x00"...)
	return half{
		func([]byte) ([]byte, error) { return []byte("NTLM supported"), nil },
		func(negotiate []byte) ([]byte, error) {
			if !bytes.HasPrefix(negotiate, []byte("NTLMSSP\x00\x01\x00\x00\x00")) {
				return nil, errStep
			}
			return challenge, nil
		},
		func(answer []byte) ([]byte, error) {
			if len(answer) < 64 || !bytes.HasPrefix(answer, []byte("NTLMSSP\x00\x03\x00\x00\x00")) {
				return nil, errStep
			}
			field := func(at int) []byte {
				n, from := int(binary.LittleEndian.Uint16(answer[at:])), int(binary.LittleEndian.Uint32(answer[at+4:]))
				return answer[min(from, len(answer)):min(from+n, len(answer))]
			}
			mac := func(key []byte, parts ...[]byte) []byte {
				h := hmac.New(md5.New, key)
				h.Write(bytes.Join(parts, nil))
				return h.Sum(nil)
			}
			hash, _ := hex.DecodeString(timNTHash)
			key := mac(hash, []byte("T\x00I\x00M\x00"))
			nt := field(20)
			if string(field(36)) != "t\x00i\x00m\x00" || len(nt) < 44 || !bytes.Equal(nt[:16], mac(key, []byte("12345678"), nt[16:])) {
				return nil, errStep
			}
			return nil, nil
		},
	}
}

// authServer is a server with the mechanisms whose server's half package sasl does not have. It looks at every step.
func authServer(t *testing.T) (port string) {
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
			go serveAuth(conn)
		}
	}()
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port
}

func serveAuth(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	ask := func(text string) (line string, ok bool) {
		fmt.Fprint(conn, text+"\r\n")
		line, err := in.ReadString('\n')
		return strings.TrimRight(line, "\r\n"), err == nil
	}
	authenticated, mail, service := false, false, "smtp"
	for line, ok := ask("220 hi"); ok; {
		words := strings.Split(line, " ")
		answer := "250 ok"
		switch verb := strings.ToUpper(words[0]); {
		case verb == "EHLO", verb == "LHLO":
			if verb == "LHLO" {
				service = "lmtp"
			}
			answer = "250-hi\r\n250 AUTH DIGEST-MD5 NTLM"
		case verb == "AUTH" && (authenticated || mail):
			answer = "503 not now"
		case verb == "AUTH":
			answer = authenticate(service, words[1:], ask)
			authenticated = strings.HasPrefix(answer, "235")
		case verb == "MAIL" || verb == "RSET":
			mail = verb == "MAIL"
		case verb == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		}
		line, ok = ask(answer)
	}
}

func authenticate(service string, words []string, ask func(string) (string, bool)) string {
	makers := map[string]func(service string) half{"DIGEST-MD5": digestMD5Half, "NTLM": ntlmHalf}
	if makers[words[0]] == nil {
		return "504 not offered"
	}
	steps := makers[words[0]](service)
	initial := len(words) > 1
	if initial && words[0] == "DIGEST-MD5" {
		if len(words[1]) > 12288 {
			return "500 too long"
		}
		return "501 the server speaks first"
	}
	var response []byte
	var line string
	if initial {
		line, steps = words[1], steps[1:]
	}
	for i, step := range steps {
		if i > 0 || initial {
			switch decoded, err := base64.StdEncoding.DecodeString(line); {
			case line == "*":
				return "501 cancelled"
			case len(line) > 12288:
				return "500 too long"
			case err != nil:
				return "501 no base64"
			default:
				response = decoded
			}
		}
		challenge, err := step(response)
		switch {
		case err != nil:
			return "535 " + err.Error()
		case challenge == nil:
			return "235 welcome"
		}
		text := base64.StdEncoding.EncodeToString(challenge)
		if string(challenge) == "NTLM supported" {
			text = string(challenge)
		}
		line, _ = ask("334 " + text)
	}
	return "500 the test is wrong"
}

// playAuth plays testdata/auth.lua, with directives before it and files beside it. The last scenario of each mechanism is to fail.
func playAuth(t *testing.T, srv *demo.Server, head, files string) {
	t.Helper()
	text, err := os.ReadFile("testdata/auth.lua")
	if err != nil {
		t.Fatal(err)
	}
	source := string(text)
	mechanisms := strings.Fields(regexp.MustCompile(`-- var: mechanisms=(.*)`).FindStringSubmatch(head)[1])
	outcomes := strings.Repeat("passed passed passed passed passed failed ", len(mechanisms)) + "passed"
	wanted := `steps = { [n + 1] = "*" }, code = 235 }`
	source = strings.Replace(source, wanted, wanted+` -- want: "^auth\nthe exchange ended before step [2-4], in whose place something else was to go out\n235\n235 "`, 1)
	c := parseChunk(t, "-- outcome: "+outcomes+"\n"+source+files)
	for line := range strings.Lines(head) {
		m := directive.FindStringSubmatch(strings.TrimRight(line, "\n"))
		c.directive(t, c.files[0], m[1], m[2])
	}
	for range mechanisms[1:] {
		for n, wants := range c.files[0].wants {
			c.files[0].wants[n] = append(wants, wants[0])
		}
	}
	c.path, c.line, c.lang = "testdata/auth.lua", 0, New()
	c.run(t, srv)
}

// Every mechanism of a server that package sasl has no half for.
func TestAuthAtEveryStep(t *testing.T) {
	t.Parallel()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	playAuth(t, srv, "-- set: host=127.0.0.1\n-- set: port="+authServer(t)+"\n-- set: user=tim\n-- set: password="+timPassword+
		"\n-- var: tls=\n-- var: missing=PLAIN\n-- var: mechanisms=DIGEST-MD5/2 NTLM/2\n", "")
}

func TestDigestMD5OverLMTP(t *testing.T) {
	t.Parallel()
	playLua(t, authServer(t), `-- outcome: passed
local c = smtp.connect { lmtp = true }
c:expect(220)
c:ehlo()
local r = c:auth { mechanism = "auto", user = "tim", password = "s3cret-of-tim" }
assert.equal(235, r.code)
assert.is_nil(c.transcript:find("s3cret", 1, true))
`)
}

// And every other one of the demo server.
func TestAuthAtEveryStepOfTheDemoServer(t *testing.T) {
	t.Parallel()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	for version, mechanisms := range map[string]string{
		"1.3": "PLAIN/1 LOGIN/2 CRAM-MD5/1 SCRAM-SHA-1/3 SCRAM-SHA-256/3 SCRAM-SHA-1-PLUS/3 SCRAM-SHA-256-PLUS/3 ANONYMOUS/1",
		"1.2": "PLAIN/1 SCRAM-SHA-256-PLUS/3",
	} {
		playAuth(t, srv, "-- var: tls="+version+"\n-- var: missing=NTLM\n-- var: mechanisms="+mechanisms+"\n", "")
	}
	password := srv.Facts()["password"]
	playAuth(t, srv, "-- var: tls=1.3\n-- var: missing=EXTERNAL\n-- set: token="+password+"\n-- var: token=yes\n-- var: mechanisms=XOAUTH2/1 OAUTHBEARER/1\n", "")
}

// EXTERNAL takes whom the client's certificate names.
func TestAuthExternal(t *testing.T) {
	t.Parallel()
	srv, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	other, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	var files strings.Builder
	for name, from := range map[string]*demo.Server{"good": srv, "bad": other} {
		cert, key, err := from.ClientCertificate(srv.Facts()["user"])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&files, "-- file: %s.pem\n%s-- file: %s.key\n%s", name, cert, name, key)
	}
	for _, version := range []string{"1.2", "1.3"} {
		playAuth(t, srv, "-- var: tls="+version+"\n-- var: cert=good.pem\n-- var: key=good.key\n-- var: missing=NTLM\n-- var: mechanisms=EXTERNAL/1\n", files.String())
	}
	c := parseChunk(t, `-- outcome: passed
local function session(name)
  return smtp.session { tls = "starttls", tls_options = name and { cert = name .. ".pem", key = name .. ".key" } or nil }
end
scenario("whom the certificate names", function()
  for _, authzid in ipairs { "", target.user } do
    local c = session("good")
    assert.is_true(c:supports("AUTH", "EXTERNAL"))
    c:auth { mechanism = "EXTERNAL", authzid = authzid }
  end
  session("good"):auth { mechanism = "EXTERNAL", authzid = "somebody-else", code = 535 }
end)
for what, name in pairs { ["a certificate that another CA has signed"] = "bad", ["no certificate"] = false } do
  scenario(what, function()
    local c = session(name)
    assert.is_true(c.tls.client_certificate_requested)
    assert.is_false(c:supports("AUTH", "EXTERNAL"))
    c:auth { mechanism = "EXTERNAL", code = 504 }
  end)
end
`+files.String())
	c.path, c.line, c.lang = "external", 1, New()
	c.run(t, srv)
}
