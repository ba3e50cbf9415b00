package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/smtpspec/smtpspec/luaapi/demo"
)

// journal is what went over connections.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// certificates are a server's for loopback, and what a client trusts.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	server, ca, err := demo.ServerTLS("mail.test", "127.0.0.1", "")
	if err != nil {
		t.Fatal(err)
	}
	server.NextProtos = nil
	client = &tls.Config{ServerName: "127.0.0.1", RootCAs: x509.NewCertPool()}
	client.RootCAs.AppendCertsFromPEM([]byte(ca))
	return server, client
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func openService(t *testing.T, kind, user string, ln net.Listener, cfg *tls.Config) *local {
	host, port, _ := net.SplitHostPort(ln.Addr().String())
	folder := ""
	if strings.HasPrefix(kind, "imap") {
		folder = "INBOX"
	}
	b := Open(Config{Address: Address{Kind: kind, Host: host, Port: port, User: user, Folder: folder}, Password: "sesame", TLS: cfg,
		Since: time.Now().Add(-time.Minute), Dial: (&net.Dialer{}).DialContext})
	b.Join()
	t.Cleanup(b.Leave)
	return &local{t: t, box: b}
}

// imapServer serves the mailbox of a user "user".
func imapServer(t *testing.T, ln net.Listener, startTLS *tls.Config, j *journal) *imapmemserver.User {
	t.Helper()
	user := imapmemserver.NewUser("user", "sesame")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		InsecureAuth: true, TLSConfig: startTLS, DebugWriter: j, Logger: log.New(io.Discard, "", 0),
	})
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	return user
}

func appendMail(t *testing.T, user *imapmemserver.User, body string, age time.Duration) {
	t.Helper()
	text := "Subject: x\r\n\r\n" + body + "\r\n"
	_, err := user.Append("INBOX", struct {
		io.Reader
		size
	}{strings.NewReader(text), size(len(text))}, &imap.AppendOptions{Time: time.Now().Add(-age)})
	if err != nil {
		t.Error(err)
	}
}

type size int64

func (s size) Size() int64 { return int64(s) }

func TestIMAP(t *testing.T) {
	server, client := certificates(t)
	for _, kind := range []string{"imap", "imap with STARTTLS", "imaps"} {
		t.Run(kind, func(t *testing.T) {
			ln, j := listen(t), &journal{}
			var startTLS *tls.Config
			served := ln
			switch kind {
			case "imaps":
				served = tls.NewListener(ln, server)
			case "imap with STARTTLS":
				startTLS = server
			}
			user := imapServer(t, served, startTLS, j)
			appendMail(t, user, "ancient", 90*24*time.Hour)
			appendMail(t, user, "old", time.Hour)
			appendMail(t, user, "fresh", time.Second)
			l := openService(t, strings.Fields(kind)[0], "user", ln, client)
			l.want("fresh")
			if n := l.box.Older(); n != 2 {
				t.Errorf("%d older, want 2", n)
			}
			l.want("")
			go appendMail(t, user, "live", time.Hour)
			l.want("live")
			l.box.Leave() // the next look connects again, and reads nothing twice
			appendMail(t, user, "again", 0)
			l.box.Join()
			l.want("again")
			l.want("")
			said := strings.ToUpper(j.String())
			onlyLooks(t, said)
			if kind != "imap" && kind != "imaps" && !strings.Contains(said, "STARTTLS") {
				t.Error("no STARTTLS")
			}
		})
	}
}

// imapCommand is all that may be said to an IMAP server.
var imapCommand = regexp.MustCompile(`^T\d+ (OK .*|NO .*|CAPABILITY|STARTTLS|LOGIN .*|EXAMINE INBOX|NOOP|LOGOUT|UID SEARCH .*|UID FETCH [\d:,*]+ \(UID (INTERNALDATE|BODY\.PEEK\[\])\))$`)

func onlyLooks(t *testing.T, said string) {
	t.Helper()
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "T") && !imapCommand.MatchString(line) {
			t.Errorf("it says %s", line)
		}
	}
	if n := strings.Count(said, " EXAMINE INBOX"); n != 2 {
		t.Errorf("%d times EXAMINE, want 2", n)
	}
}

// What goes wrong is said in our words, and the password in none.
func TestServiceProblems(t *testing.T) {
	server, client := certificates(t)
	ln := listen(t)
	imapServer(t, ln, nil, &journal{})
	secure := listen(t)
	imapServer(t, tls.NewListener(secure, server), nil, &journal{})
	gone := listen(t)
	gone.Close()
	dumb := listen(t)
	go func() {
		for {
			c, err := dumb.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { dumb.Close() })
	for _, c := range []struct {
		kind, user, want string
		ln               net.Listener
		cfg              *tls.Config
		passing          bool
	}{
		{"imap", "nobody", "refuses the login of nobody: ", ln, client, false},
		{"imaps", "user", "the certificate of 127.0.0.1:", secure, &tls.Config{ServerName: "other.test", RootCAs: client.RootCAs}, false},
		{"imaps", "user", "the TLS handshake with 127.0.0.1:", ln, client, false},
		{"imap", "user", "refused the connection: nothing listens there", gone, client, false},
		{"pop3", "user", "refused the connection: nothing listens there", gone, client, false},
		{"imap", "user", "was lost", dumb, client, true},
		{"pop3", "user", "was lost", dumb, client, true},
		{"pop3", "a\r\nDELE 1", "has a line end in it", dumb, client, false},
	} {
		l := openService(t, c.kind, c.user, c.ln, c.cfg)
		err := l.box.Look(context.Background())
		e, ok := err.(*Error)
		if !ok || !strings.Contains(e.Text, c.want) || e.Passing != c.passing || strings.Contains(e.Text, "sesame") {
			t.Errorf("%s: %v (passing %t), want %s", c.kind, err, ok && e.Passing, c.want)
		}
	}
	// No password goes in clear to another machine.
	for _, host := range []string{"192.0.2.1", "mail.example"} {
		if err := (&Config{Address: Address{Kind: "imap", Host: host, Port: "143"}}).clear(); err == nil || !strings.Contains(err.Error(), "offers no TLS") {
			t.Errorf("%s: %v", host, err)
		}
	}
	// A server that says nothing is waited for no longer than the context.
	mute := listen(t)
	defer mute.Close()
	for _, kind := range []string{"imap", "pop3", "imaps"} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		if err := openService(t, kind, "user", mute, client).box.Look(ctx); err != context.DeadlineExceeded {
			t.Errorf("%s: %v, want that time is up", kind, err)
		}
		cancel()
	}
}

// drop is a scripted POP3 server of one maildrop.
type drop struct {
	mu       sync.Mutex
	messages []string // the number of the first is 1; "" for one that was deleted
	busy     bool
	server   *tls.Config
	journal  journal
	noTop    bool
}

func (d *drop) add(body string, age time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.messages = append(d.messages, "Received: from a by b;\r\n\t"+time.Now().Add(-age).Format(time.RFC1123Z)+"\r\nSubject: x\r\n\r\n"+body+"\r\n")
}

func (d *drop) serve(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go d.session(c)
	}
}

func (d *drop) session(c net.Conn) {
	defer func() { c.Close() }()
	r := bufio.NewReader(c)
	say := func(text string) { io.WriteString(c, text+"\r\n") }
	say("+OK hello")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		d.journal.Write([]byte(line))
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		d.mu.Lock()
		reply := d.reply(verb, rest)
		d.mu.Unlock()
		say(reply)
		switch verb {
		case "STLS":
			c = tls.Server(c, d.server)
			r = bufio.NewReader(c)
		case "QUIT":
			return
		}
	}
}

func (d *drop) reply(verb, rest string) string {
	var n int
	fmt.Sscan(rest, &n)
	switch {
	case verb == "CAPA" && d.server != nil:
		return "+OK\r\nTOP\r\nSTLS\r\nUIDL\r\n."
	case verb == "CAPA":
		return "-ERR what?"
	case verb == "PASS" && d.busy:
		d.busy = false
		return "-ERR [IN-USE] somebody else looks"
	case verb == "UIDL":
		var b strings.Builder
		for i, m := range d.messages {
			fmt.Fprintf(&b, "%d id-%d\r\n", i+1, len(m)*1000+i)
		}
		return "+OK\r\n" + b.String() + "."
	case verb == "TOP" && d.noTop:
		return "-ERR what?"
	case verb == "TOP" && strings.HasSuffix(rest, " 1000000000"):
		return d.reply("RETR", rest)
	case verb == "TOP":
		head, _, _ := strings.Cut(d.messages[n-1], "\r\n\r\n")
		return "+OK\r\n" + head + "\r\n\r\n."
	case verb == "RETR":
		return "+OK\r\n" + strings.ReplaceAll("\r\n"+d.messages[n-1], "\r\n.", "\r\n..")[2:] + "."
	case verb == "STLS", verb == "USER", verb == "PASS", verb == "QUIT":
		return "+OK"
	}
	return "-ERR what?"
}

func TestPOP3(t *testing.T) {
	server, client := certificates(t)
	for _, kind := range []string{"pop3", "pop3 with STLS", "pop3s"} {
		t.Run(kind, func(t *testing.T) {
			d, ln := &drop{}, listen(t)
			served := ln
			switch kind {
			case "pop3s":
				served = tls.NewListener(ln, server)
			case "pop3 with STLS":
				d.server = server
			}
			go d.serve(served)
			defer ln.Close()
			d.add("ancient", 24*time.Hour)
			d.add("old", time.Hour)
			d.add(".fresh", time.Second)
			l := openService(t, strings.Fields(kind)[0], "user", ln, client)
			l.want(".fresh")
			if n := l.box.Older(); n != 2 {
				t.Errorf("%d older, want 2", n)
			}
			l.want("")
			go d.add("live", time.Hour)
			l.want("live")
			d.mu.Lock()
			d.busy = true
			d.mu.Unlock()
			err := l.box.Look(context.Background())
			if e, ok := err.(*Error); !ok || !e.Passing || !strings.Contains(e.Text, "[IN-USE]") || strings.Contains(e.Text, "sesame") {
				t.Errorf("a drop in use: %v", err)
			}
			l.want("")
			said := d.journal.String()
			if strings.Contains(said, "DELE") || strings.Contains(said, "RETR") || strings.Count(said, " 1000000000") != 2 {
				t.Errorf("DELE, RETR, or not two messages:\n%s", said)
			}
		})
	}
}

// Without TOP, everything is read.
func TestPOP3WithoutTOP(t *testing.T) {
	d, ln := &drop{noTop: true}, listen(t)
	go d.serve(ln)
	defer ln.Close()
	d.add("old", time.Hour)
	d.add("fresh", 0)
	openService(t, "pop3", "user", ln, nil).want("fresh old")
}
