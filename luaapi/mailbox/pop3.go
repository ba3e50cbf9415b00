package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/message"
)

// pop3Source is a maildrop. A session sees what was there when it began, and locks out all others (RFC 1939 4), so each look is a session, as short
// as can be. Nothing is deleted.
type pop3Source struct {
	cfg   Config
	known map[string]bool // unique ids of what was read, and of what is old; nil before the first look
}

func (s *pop3Source) leave() {}

func (s *pop3Source) look(ctx context.Context) ([]found, int, error) {
	conn, err := s.cfg.connect(ctx)
	if err != nil {
		return nil, 0, err
	}
	p := &pop3{cfg: &s.cfg, conn: conn, r: bufio.NewReader(conn)}
	defer func() { p.conn.Close() }()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := p.login(ctx); err != nil {
		return nil, 0, err
	}
	list, older, err := s.read(p)
	if err == nil {
		_, err = p.ask("QUIT")
	}
	return list, older, err
}

// read gives what is new. At the first time that is what came since, from the newest back to the first that is older: a server says the time of
// none, but the topmost Received does.
func (s *pop3Source) read(p *pop3) (list []found, older int, err error) {
	text, err := p.text("UIDL")
	if err != nil {
		return nil, 0, err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
	first := s.known == nil
	known := map[string]bool{} // those that are gone are forgotten
	for i := len(lines) - 1; i >= 0; i-- {
		number, id, _ := strings.Cut(lines[i], " ")
		if _, err := strconv.Atoi(number); err != nil {
			continue
		}
		if older > 0 || s.known[id] {
			known[id] = true
			if first {
				older++
			}
			continue
		}
		if first && p.old(number, s.cfg.Since) {
			known[id] = true
			older = 1
			continue
		}
		body, err := p.message(number)
		if err != nil {
			return nil, 0, err
		}
		known[id] = true
		list = append([]found{{text: body}}, list...)
	}
	s.known = known
	return list, older, nil
}

// pop3 is a session (RFC 1939).
type pop3 struct {
	cfg  *Config
	conn net.Conn
	r    *bufio.Reader
}

func (p *pop3) login(ctx context.Context) error {
	if strings.ContainsAny(p.cfg.User+p.cfg.Password, "\r\n\x00") {
		return &Error{Text: "a login name or password has a line end in it, which POP3 cannot send"}
	}
	if _, err := p.status("connections"); err != nil {
		return err
	}
	if p.cfg.Kind == "pop3" {
		if err := p.startTLS(ctx); err != nil {
			return err
		}
	}
	if _, err := p.ask("USER " + p.cfg.User); err != nil {
		return err
	}
	fmt.Fprintf(p.conn, "PASS %s\r\n", p.cfg.Password)
	_, err := p.status("the login of " + p.cfg.User)
	return err
}

// startTLS does STLS where it is offered (RFC 2595 4).
func (p *pop3) startTLS(ctx context.Context) error {
	capabilities, err := p.text("CAPA")
	var refused *Error
	if errors.As(err, &refused) && refused.Passing {
		return err
	}
	if !strings.Contains("\r\n"+strings.ToUpper(capabilities), "\r\nSTLS\r\n") {
		return p.cfg.clear()
	}
	if _, err := p.ask("STLS"); err != nil {
		return err
	}
	if p.r.Buffered() > 0 {
		return &Error{Text: p.cfg.HostPort() + " says something between STLS and the handshake"}
	}
	conn, err := p.cfg.secure(ctx, p.conn)
	if err != nil {
		return err
	}
	p.conn, p.r = conn, bufio.NewReader(conn)
	return nil
}

// ask sends a command and gives the line that it is answered with.
func (p *pop3) ask(command string) (string, error) {
	fmt.Fprintf(p.conn, "%s\r\n", command) // what went wrong shows when the answer is read
	return p.status(command)
}

// status reads "+OK" and what follows. A server that has no time now says so in brackets (RFC 2449 8, RFC 3206).
func (p *pop3) status(what string) (string, error) {
	line, err := p.line()
	if err != nil {
		return "", err
	}
	if text, ok := strings.CutPrefix(line, "+OK"); ok {
		return text, nil
	}
	e := &Error{Text: fmt.Sprintf("%s refuses %s: %s", p.cfg.HostPort(), what, strings.TrimSpace(strings.TrimPrefix(line, "-ERR")))}
	for _, word := range []string{"[IN-USE]", "[LOGIN-DELAY]", "[SYS/TEMP]"} {
		e.Passing = e.Passing || strings.Contains(strings.ToUpper(line), word)
	}
	return "", e
}

func (p *pop3) line() (string, error) {
	line, err := p.r.ReadSlice('\n')
	if err != nil {
		return "", p.cfg.lost()
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// text gives an answer of many lines, without the dots that were added.
func (p *pop3) text(command string) (string, error) {
	if _, err := p.ask(command); err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		switch {
		case err != nil:
			return "", p.cfg.lost()
		case line == ".\r\n" || line == ".\n":
			return b.String(), nil
		}
		if b.Len() < maxMessage {
			b.WriteString(strings.TrimPrefix(line, "."))
		}
	}
}

// allLines is more than any message has.
const allLines = "1000000000"

// message reads one by TOP, since by RETR servers such as Dovecot mark it as read. A server need not have TOP.
func (p *pop3) message(number string) (string, error) {
	text, err := p.text("TOP " + number + " " + allLines)
	var refused *Error
	if errors.As(err, &refused) && !refused.Passing {
		return p.text("RETR " + number)
	}
	return text, err
}

// old tells whether a message came before a time, as its topmost Received says. One that does not say so is not old.
func (p *pop3) old(number string, since time.Time) bool {
	header, err := p.text("TOP " + number + " 0") // a server need not have it
	if err != nil {
		return false
	}
	received, _ := message.ParseText(header).Value("Received")
	date, err := message.ParseDate(strings.TrimSpace(received[strings.LastIndexByte(received, ';')+1:]))
	return err == nil && date.Before(since)
}
