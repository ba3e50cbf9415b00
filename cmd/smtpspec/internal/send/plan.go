// Package send sends one message as a command line describes it: as a scenario, which it runs phase by phase and can write down.
package send

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// Plan is what is to be sent, and how. What is "" or nil is left out.
type Plan struct {
	Connect    []string // options of smtp.connect as Lua writes them: `port = 25`
	Hello      string   // the name in EHLO; "" for the target's fact
	Helo       bool     // HELO in place of EHLO (RFC 5321 4.1.1.1)
	LMTP       bool     // the greeting is LHLO, and there is a reply for each recipient (RFC 2033)
	XClient    []string // attributes as Lua writes them: `NAME = "mx.example"`
	TLS        string   // "", "starttls", "optional" or "implicit"
	Auth       *Auth
	From       string
	To         []string
	MailParams string
	RcptParams string
	PRDR       bool // a reply to the message for each recipient (draft-hall-prdr-00)
	Pipelining bool // MAIL, RCPT and DATA in one write (RFC 2920)
	Message    Message
	Stop       Stop
}

// Auth is how to authenticate. The password, or the token, is the fact of the target.
type Auth struct {
	Mechanism string // as c:auth takes it
	User      string
	Token     bool // the mechanism takes a bearer token in place of the password
	AuthzID   string
	Realm     string
	NoSecret  bool // it takes neither
}

// Message is what to send: Raw as it is, or what mail.message makes of the rest.
type Message struct {
	Raw         *Content
	From        string
	To          []string
	Subject     string
	Header      [][2]string // these win
	Text        *Content
	HTML        *Content
	Attachments []Content
}

// Content is what a file has.
type Content struct {
	Name string // the file's name in an attachment
	Path string // where a script finds it; "" where it cannot, and has to hold it
	Data []byte
}

// Stop says where to stop. The zero value goes to the end.
type Stop struct {
	After Phase
	How   How
}

// How is how to stop.
type How int

// The ways.
const (
	Quit     How = iota + 1 // QUIT after the reply
	Drop                    // close after the reply
	DropSend                // close after the command, before its reply
)

// Phase is a part of the conversation.
type Phase string

// The phases, in their order.
const (
	Connect   Phase = "connect"
	Banner    Phase = "banner"
	FirstHelo Phase = "first-helo"
	TLS       Phase = "tls"
	Helo      Phase = "helo" // the last EHLO or HELO
	XClient   Phase = "xclient"
	Auths     Phase = "auth"
	Mail      Phase = "mail"
	Rcpt      Phase = "rcpt"
	Data      Phase = "data"
	Dot       Phase = "dot"
	Bye       Phase = "quit"
)

func phases() []Phase {
	return []Phase{Connect, Banner, FirstHelo, TLS, Helo, XClient, Auths, Mail, Rcpt, Data, Dot, Bye}
}

// ParsePhase reads the name of a phase, or another name that swaks has for it, in any case.
func ParsePhase(text string) (Phase, bool) {
	name := strings.ToLower(text)
	for phase, names := range map[Phase]string{Banner: "greeting connect", FirstHelo: "first-ehlo first-lhlo", TLS: "starttls", Helo: "ehlo lhlo", Mail: "from", Rcpt: "to", Dot: "message"} {
		if slices.Contains(strings.Fields(names), name) {
			return phase, true
		}
	}
	return Phase(name), name != string(Bye) && slices.Contains(phases(), Phase(name))
}

// piece is a part of the script that is run as one.
type piece struct {
	phase Phase
	code  int // the exit code where it fails
	lua   string
}

// Exit codes, which are swaks' where it has one.
const (
	ExitUsage     = 1
	ExitConnect   = 2
	ExitClosed    = 6
	ExitBanner    = 21
	ExitHelo      = 22
	ExitMail      = 23
	ExitRcpt      = 24
	ExitData      = 25
	ExitDot       = 26
	ExitQuit      = 27
	ExitAuth      = 28
	ExitTLS       = 29
	ExitPRDR      = 30 // it is not offered
	ExitHeloTLS   = 32
	ExitXClient   = 33
	ExitHeloAfter = 34 // EHLO after XCLIENT
	ExitPartial   = 37 // some recipients were refused: not swaks'
)

// planner makes the pieces of a plan.
type planner struct {
	*Plan
	running bool // the contents of files come as arguments of the script, in place of standing in it
	pieces  []piece
	args    []string
}

// script makes the pieces, with the arguments that they take: the same for all.
func (p *Plan) script(running bool) ([]piece, []string) {
	w := &planner{Plan: p, running: running}
	w.opening()
	w.transaction()
	w.stop()
	return w.pieces, w.args
}

func (w *planner) add(phase Phase, code int, format string, args ...any) {
	w.pieces = append(w.pieces, piece{phase, code, fmt.Sprintf(format, args...)})
}

// opening is all before MAIL.
func (w *planner) opening() {
	w.add(Connect, ExitConnect, "local c = smtp.connect%s", w.options())
	handshake := func() { w.add(TLS, ExitTLS, "c:handshake()") }
	if w.TLS == "implicit" {
		handshake()
	}
	w.add(Banner, ExitBanner, "c:expect(220)")
	w.hello(FirstHelo, ExitHelo)
	switch w.TLS {
	case "starttls":
		w.add(TLS, ExitTLS, "c:starttls()")
		w.hello(Helo, ExitHeloTLS)
	case "optional":
		w.add(TLS, ExitTLS, `if c:supports("STARTTLS") then c:starttls() end`)
		w.add(Helo, ExitHeloTLS, "if c.tls then %s end", w.helloCall())
	}
	if len(w.XClient) > 0 {
		w.add(XClient, ExitXClient, "c:xclient { %s }", strings.Join(w.XClient, ", "))
		w.hello(Helo, ExitHeloAfter)
	}
	if w.Auth != nil {
		w.add(Auths, ExitAuth, "c:auth%s", w.authArguments())
	}
}

// options are the argument of smtp.connect.
func (w *planner) options() string {
	if len(w.Connect) == 0 {
		return "()"
	}
	return " { " + strings.Join(w.Connect, ", ") + " }"
}

func (w *planner) hello(phase Phase, code int) { w.add(phase, code, "%s", w.helloCall()) }

func (w *planner) helloCall() string {
	call := "c:ehlo("
	if w.Helo {
		call = "c:helo("
	}
	if w.Hello != "" {
		call += script.Quote(w.Hello)
	}
	return call + ")"
}

func (w *planner) authArguments() string {
	a := w.Auth
	if a.NoSecret {
		user := ""
		if a.User != "" {
			user = ", " + script.Quote(a.User)
		}
		return "(" + script.Quote(a.Mechanism) + user + ")"
	}
	name, fact := "password", "target.password"
	if a.Token {
		name, fact = "token", "target.token"
	}
	if a.AuthzID == "" && a.Realm == "" {
		return fmt.Sprintf("(%s, %s, %s)", script.Quote(a.Mechanism), script.Quote(a.User), fact)
	}
	fields := []string{"mechanism = " + script.Quote(a.Mechanism), "user = " + script.Quote(a.User), name + " = " + fact}
	if a.AuthzID != "" {
		fields = append(fields, "authzid = "+script.Quote(a.AuthzID))
	}
	if a.Realm != "" {
		fields = append(fields, "realm = "+script.Quote(a.Realm))
	}
	return " { " + strings.Join(fields, ", ") + " }"
}

// params are a further argument, where there are any.
func params(text string) string {
	if text == "" {
		return ""
	}
	return ", " + script.Quote(text)
}

// message makes it, before DATA: it is part of that phase, as nothing of it goes out before.
func (w *planner) message() {
	m := &w.Message
	if m.Raw != nil {
		w.add(Data, ExitUsage, "local message = %s", w.content(m.Raw))
		return
	}
	to := make([]string, len(m.To))
	for i, a := range m.To {
		to[i] = script.Quote(a)
	}
	fields := []string{"from = " + script.Quote(m.From), "to = { " + strings.Join(to, ", ") + " }", "subject = " + script.Quote(m.Subject)}
	headers := []string{}
	for _, h := range m.Header {
		headers = append(headers, fmt.Sprintf("    { %s, %s },\n", script.Quote(h[0]), script.Quote(h[1])))
	}
	if len(headers) > 0 {
		fields = append(fields, "headers = {\n"+strings.Join(headers, "")+"  }")
	}
	for _, part := range []struct {
		name string
		c    *Content
	}{{"text", m.Text}, {"html", m.HTML}} {
		if part.c != nil {
			fields = append(fields, part.name+" = "+w.content(part.c))
		}
	}
	attachments := []string{}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		attachments = append(attachments, fmt.Sprintf("    { name = %s, content = %s },\n", script.Quote(a.Name), w.content(a)))
	}
	if len(attachments) > 0 {
		fields = append(fields, "attachments = {\n"+strings.Join(attachments, "")+"  }")
	}
	w.add(Data, ExitUsage, "local message = mail.message {\n  %s,\n}", strings.Join(fields, ",\n  "))
}

// content is a file's as an expression.
func (w *planner) content(c *Content) string {
	switch {
	case w.running:
		w.args = append(w.args, string(c.Data))
		return fmt.Sprintf("(select(%d, ...))", len(w.args))
	case c.Path != "":
		return "read_file(" + script.Quote(c.Path) + ")"
	}
	return script.Literal(c.Data, "  ")
}

// stop cuts the conversation where it is to stop: after the last piece of the phase, or of those before where it has none.
func (w *planner) stop() {
	if w.Stop.How == 0 {
		return
	}
	last, found, after := 0, false, slices.Index(phases(), w.Stop.After)
	for i, p := range w.pieces {
		switch {
		case p.phase == w.Stop.After:
			last, found = i, true
		case !found && slices.Index(phases(), p.phase) < after:
			last = i
		}
	}
	w.pieces = w.pieces[:last+1]
	switch w.Stop.How {
	case Quit:
		w.add(Bye, ExitQuit, "c:quit()")
	case DropSend:
		w.pieces[last].lua = w.sendOnly(w.pieces[last].phase)
		fallthrough
	case Drop:
		w.add(Bye, ExitQuit, "c:close()")
	}
}

// Pipelined tells whether the phase has a command that goes out with others where commands are pipelined.
func (p Phase) Pipelined() bool { return slices.Contains([]Phase{Mail, Rcpt, Data}, p) }

// MaySend tells whether the phase has a command that can be sent without a look at what it is answered.
func (p Phase) MaySend() bool {
	return slices.Contains([]Phase{FirstHelo, TLS, Helo, Mail, Rcpt, Data, Dot}, p)
}

// sendOnly is a phase's command without its reply.
func (w *planner) sendOnly(phase Phase) string {
	name := "target.ehlo"
	if w.Hello != "" {
		name = script.Quote(w.Hello)
	}
	verb := "EHLO "
	switch {
	case w.Helo:
		verb = "HELO "
	case w.LMTP:
		verb = "LHLO "
	}
	line := ""
	switch phase {
	case FirstHelo, Helo:
		return fmt.Sprintf("c:send(%s .. %s)", script.Quote(verb), name)
	case Dot:
		return "c:send_data(message)"
	case TLS:
		line = "STARTTLS"
	case Mail:
		line = w.mailLine()
	case Rcpt:
		line = w.rcptLine(w.To[0])
	case Data:
		line = "DATA"
	}
	return fmt.Sprintf("c:send(%s)", script.Quote(line))
}
