package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mailServer is a scripted server of a prepared world. The zero value of a field is what a good server does.
type mailServer struct {
	address  string // host:port to listen at
	implicit bool   // TLS from the start
	name     string // it gives itself
	greeting string // in place of "220 name ESMTP"
	hello    string // in place of name in reply to EHLO
	noTLS    bool   // STARTTLS is not offered
	cert     tls.Certificate
	max      uint16 // highest version of TLS
	min      uint16 // lowest
	clear    string // keywords in clear besides, with commas
	inTLS    string // and in TLS
	rcpt     func(to string) string
	mail     string // reply to MAIL
	ehlo     string // reply to EHLO, whole
	starttls string // reply to STARTTLS
}

// serve listens until the test ends.
func (s *mailServer) serve(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
}

func (s *mailServer) config() *tls.Config {
	low := s.min
	if low == 0 {
		low = tls.VersionTLS12
	}
	return &tls.Config{Certificates: []tls.Certificate{s.cert}, MaxVersion: s.max, MinVersion: low}
}

// talk serves one client.
func (s *mailServer) talk(c net.Conn) {
	defer func() { c.Close() }()
	inTLS := s.implicit
	if s.implicit {
		c = tls.Server(c, s.config())
	}
	if s.greeting == "close" {
		return
	}
	if s.greeting == "silence" {
		time.Sleep(20 * time.Second)
		return
	}
	greeting := s.greeting
	if greeting == "" {
		greeting = "220 " + s.name + " ESMTP"
	}
	in := bufio.NewReader(c)
	for reply := greeting; ; {
		if _, err := fmt.Fprint(c, reply+"\r\n"); err != nil || strings.HasPrefix(reply, "221") {
			return
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		reply = s.answer(strings.ToUpper(verb), arg, inTLS)
		if verb == "STARTTLS" && strings.HasPrefix(reply, "220") {
			fmt.Fprint(c, reply+"\r\n")
			c, inTLS = tls.Server(c, s.config()), true
			in = bufio.NewReader(c)
			if _, err = in.ReadString('\n'); err != nil {
				return
			}
			reply = s.answer("EHLO", "", true)
		}
	}
}

func (s *mailServer) answer(verb, arg string, inTLS bool) string {
	or := func(own, usual string) string {
		if own != "" {
			return own
		}
		return usual
	}
	switch verb {
	case "EHLO":
		return or(s.ehlo, s.keywords(inTLS))
	case "STARTTLS":
		return or(s.starttls, "220 go ahead")
	case "MAIL":
		return or(s.mail, "250 2.1.0 ok")
	case "RCPT":
		return s.recipient(strings.TrimSuffix(strings.TrimPrefix(arg, "TO:<"), ">"))
	case "RSET", "NOOP":
		return "250 2.0.0 ok"
	case "QUIT":
		return "221 2.0.0 bye"
	case "DATA", "BDAT":
		panic("probe delivers no message")
	}
	return "500 5.5.2 what"
}

func (s *mailServer) keywords(inTLS bool) string {
	words := []string{s.name, "PIPELINING", "SIZE 1000000"}
	if s.hello != "" {
		words[0] = s.hello
	}
	if !inTLS && !s.noTLS {
		words = append(words, "STARTTLS")
	}
	extra := s.clear
	if inTLS {
		extra = s.inTLS
	}
	if extra != "" {
		words = append(words, strings.Split(extra, ",")...)
	}
	return "250-" + strings.Join(words[:len(words)-1], "\r\n250-") + "\r\n250 " + words[len(words)-1]
}

// recipient takes mail for its own postmaster alone, unless the world says otherwise.
func (s *mailServer) recipient(to string) string {
	if s.rcpt != nil {
		if reply := s.rcpt(to); reply != "" {
			return reply
		}
	}
	switch strings.ToLower(to) {
	case "postmaster", "postmaster@good.test":
		return "250 2.1.5 ok"
	}
	return "554 5.7.1 relay access denied"
}

// authority signs the certificates of a world.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // of its certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the world's CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, x, x, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes a certificate for a name that is good until a time.
func (a *authority) sign(name string, until time.Time) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: until.Add(-2000 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, x, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pin is the data of a TLSA record for the key of a certificate (3 1 1).
func pin(t *testing.T, c tls.Certificate) string {
	t.Helper()
	x, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(x.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// lastPort counts the ports that freePort has tried: each is given once.
var lastPort atomic.Uint32

// freePort is one that nobody has at any of the addresses. It is below those that the kernel gives to clients and to other tests, which would take it
// before it is listened on.
func freePort(t *testing.T, hosts ...string) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(20000 + (os.Getpid()*101+int(lastPort.Add(1)))%12000)
		ok := true
		for _, h := range hosts {
			l, err := net.Listen("tcp", net.JoinHostPort(h, port))
			if ok = ok && err == nil; err == nil {
				l.Close()
			}
		}
		if ok {
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// full listens and takes nobody: its queue is full, and the kernel drops what else comes, as a firewall does.
func full(t *testing.T, host string) (port string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte(net.ParseIP(host).To4())}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port = fmt.Sprint(name.(*syscall.SockaddrInet4).Port)
	for range 8 {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), 200*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("this kernel takes connections to a listener whose queue is full")
	return ""
}

// smtpspecRun runs the program in this process.
func smtpspecRun(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := &env{
		args: append([]string{"smtpspec"}, args...), stdin: strings.NewReader(""), stdout: &out, stderr: &errs, dir: t.TempDir(),
		getenv: func(string) (string, bool) { return "", false }, now: time.Now, size: func() (int, int) { return 0, 0 },
		signals: func() (soft, hard context.Context, code func() int) { return ctx, ctx, func() int { return 130 } },
	}
	code = run(e)
	return code, out.String(), errs.String()
}
