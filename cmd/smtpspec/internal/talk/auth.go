package talk

import (
	"encoding/base64"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// login is an AUTH that is typed by hand (RFC 4954). What is known of it is for finding the password, which nothing may show.
type login struct {
	mechanism string
	initial   bool   // the first response went with the command
	answers   int    // responses so far
	asked     string // what the latest 334 asks for
}

// secretive is a line as it may be shown. Where it has credentials, the secret ones among them are noted before anything is written.
func (s *session) secretive(line string) string {
	if s.login != nil {
		if strings.TrimSpace(line) == "*" {
			return line // gives the exchange up
		}
		s.login.note(s.live.Secrets(), line)
		return wire.Mask
	}
	if wire.Verb(line) != "AUTH" {
		return line
	}
	words := strings.Fields(line)
	l := &login{}
	if len(words) > 1 {
		l.mechanism = strings.ToUpper(words[1])
	}
	if s.chunk <= 0 && !s.half { // otherwise it is no command, and a secret all the same
		s.login = l
	}
	head := authHead().FindString(line)
	if head == "" || head == line {
		return line
	}
	l.initial = true
	l.note(s.live.Secrets(), line[len(head):])
	return head + wire.Mask
}

// note makes the password or the token in a response a secret.
func (l *login) note(secrets *wire.Secrets, response string) {
	l.answers++
	response = strings.TrimSpace(response)
	b, err := base64.StdEncoding.DecodeString(response)
	text := string(b)
	switch {
	case response == "=":
	case err != nil:
		secrets.Add(response) // a password that is typed as it is, for one
	case l.mechanism == "":
		secrets.Add(text)
	case l.mechanism == "LOGIN":
		if l.isPassword() {
			secrets.Add(text)
		}
	case strings.Contains(text, "Bearer "):
		_, token, _ := strings.Cut(text, "Bearer ")
		token, _, _ = strings.Cut(token, "\x01")
		secrets.Add(token)
	case strings.Count(text, "\x00") == 2:
		secrets.Add(text[strings.LastIndexByte(text, 0)+1:])
	case strings.Count(text, "\x00") > 0: // a PLAIN that is malformed: anything in it may be the password
		for part := range strings.SplitSeq(text, "\x00") {
			secrets.Add(part)
		}
	}
}

// isPassword tells whether the response to a 334 of LOGIN is the password: as the server asks, or else the second.
func (l *login) isPassword() bool {
	asked := strings.ToLower(l.asked)
	switch {
	case strings.Contains(asked, "pass"):
		return true
	case strings.Contains(asked, "user"):
		return false
	}
	return l.answers > 1
}

// settle ends an AUTH whose last reply came. The lines that would have answered a 334 are still to come when it was refused, from a pipe or what
// was pasted: they are credentials, and no commands.
func (s *session) settle(code int) {
	l := s.login
	s.login = nil
	wanted := 1
	if l.mechanism == "LOGIN" {
		wanted = 2
	}
	if code/100 != 2 && l.answers < wanted && !(l.initial && l.mechanism != "LOGIN") {
		s.skip = &skip{credentials: true}
	}
}

// plainly are the mechanisms that show a password to who listens.
var plainly = map[string]bool{"PLAIN": true, "LOGIN": true, "XOAUTH2": true, "OAUTHBEARER": true}

// authenticate is /auth: a whole exchange, by any mechanism of the language.
func (s *session) authenticate(arg string) {
	words := strings.Fields(arg)
	if len(words) == 0 || len(words) > 2 {
		s.misused("/auth MECHANISM [USER]", "the mechanism is missing, or there is too much behind the user; the password is asked for")
		return
	}
	t := s.cfg.Target
	mechanism, user := strings.ToUpper(words[0]), t.Text("user")
	if len(words) == 2 {
		user = words[1]
	}
	if s.await(s.live.ReplyLimit("")); s.conn == nil || s.conn.Outstanding() > 0 {
		s.fail(Broken, "/wait listens for them", "replies to what was sent before are still to come")
		return
	}
	secret, ok := s.password(mechanism, user)
	if !ok {
		return
	}
	if s.conn.TLS == nil && plainly[mechanism] && !t.Loopback() {
		s.out.info("the connection is in clear: who listens reads the password")
	}
	s.live.Secrets().Add(secret)
	from := s.live.Transcript().Len()
	ctx, stop := s.in.watch(s.ctx)
	said := s.live.DoWith(ctx, authSource, mechanism, user, secret)
	stop()
	s.out.records(s.records(from))
	s.failures(said)
	if s.conn == nil || len(s.conn.Replies) == 0 {
		return
	}
	r := s.conn.Replies[len(s.conn.Replies)-1]
	if r.Verb != "AUTH" || r.Wire <= from {
		return
	}
	s.explain(r)
	step := s.journal.replyStep(s.conn.ID, r)
	s.journal.add(script.Step{Kind: script.Auth, Conn: s.conn.ID, Auth: &script.Authentication{
		Mechanism: mechanism, User: user, Initial: s.initial(from), Reply: step.Reply}})
}

// authSource authenticates and requires nothing of the end but a whole reply.
const authSource = `
local mechanism, user, secret = ...
local o = { mechanism = mechanism, code = { "2xx", "4xx", "5xx" } }
if mechanism == "EXTERNAL" then o.authzid = user
elseif mechanism == "XOAUTH2" or mechanism == "OAUTHBEARER" then o.user, o.token = user, secret
elseif mechanism == "ANONYMOUS" then o.token = user
else o.user, o.password = user, secret end
c:auth(o)`

// initial tells whether the first response of the AUTH since a record went with the command.
func (s *session) initial(from int) bool {
	for _, r := range s.records(from) {
		if words := strings.Fields(string(r.Data)); len(words) > 0 && strings.EqualFold(words[0], "AUTH") {
			return len(words) > 2
		}
	}
	return false
}

// password is the target's, or what is typed without being shown.
func (s *session) password(mechanism, user string) (string, bool) {
	fact := "password"
	switch mechanism {
	case "EXTERNAL", "ANONYMOUS":
		return "", true
	case "XOAUTH2", "OAUTHBEARER":
		fact = "token"
	}
	t := s.cfg.Target
	if v := t.Text(fact); v != "" && user == t.Text("user") {
		return v, true
	}
	if s.cfg.Screen == nil {
		s.fail(Misused, "--set "+fact+"=… gives it, or "+fact+" of the target in smtpspec.lua", "there is no %s for %q", fact, user)
		return "", false
	}
	text, err := s.in.line(ask{prompt: fact + " of " + user + ": ", hidden: true})
	if err != nil {
		return "", false
	}
	return text, true
}
