package script

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// foldAuth makes one Auth step of each exchange of AUTH (RFC 4954) that stands in steps line by line, so that no credentials are left.
// Exchanges without credentials stay as they are; what cannot be told becomes a Lost step. The passwords that it sees go to secrets.
func foldAuth(steps []Step, secrets *wire.Secrets) []Step {
	f := folder{todo: steps, ledgers: map[int]*ledger{}, secrets: secrets}
	for len(f.todo) > 0 {
		s := f.todo[0]
		f.todo = f.todo[1:]
		switch {
		case f.ledger(s.Conn).content, f.ledger(s.Conn).chunk > 0: // text of a message
			f.keep(s)
		case s.Kind == Raw && startsAuth(s.Data):
			f.todo = append(split(s), f.todo...)
		case s.Kind == Line && wire.Verb(string(s.Data)) == "AUTH":
			f.exchange(s)
		default:
			f.keep(s)
		}
	}
	return f.out
}

type folder struct {
	todo, out []Step
	ledgers   map[int]*ledger // by connection
	secrets   *wire.Secrets
}

func (f *folder) ledger(n int) *ledger {
	l := f.ledgers[n]
	if l == nil {
		l = &ledger{pending: []string{greeting}}
		f.ledgers[n] = l
	}
	return l
}

// keep takes steps over as they are.
func (f *folder) keep(steps ...Step) {
	for _, s := range steps {
		f.note(&s)
		f.out = append(f.out, s)
	}
}

// note follows the conversation.
func (f *folder) note(s *Step) {
	l := f.ledger(s.Conn)
	switch s.Kind {
	case Open:
		*l = ledger{pending: []string{greeting}}
	case Line, Raw, Message:
		l.sent(s)
	case Reply:
		if s.Reply != nil {
			l.replied(s.Reply.Code)
		}
	case StartTLS:
		l.reset()
	}
}

// startsAuth tells whether bytes have a line in them that begins with AUTH.
func startsAuth(data []byte) bool {
	for line := range bytes.Lines(data) {
		if wire.Verb(string(bytes.TrimRight(line, "\r\n"))) == "AUTH" {
			return true
		}
	}
	return false
}

// split makes a line of each line that was written at once.
func split(s Step) (out []Step) {
	for line := range bytes.Lines(s.Data) {
		one := Step{Kind: Line, Conn: s.Conn, Data: bytes.TrimRight(line, "\r\n")}
		if !bytes.HasSuffix(line, []byte("\n")) {
			one = Step{Kind: Lost, Conn: s.Conn, Text: "the beginning of a line that the client did not end"}
			if !startsAuth(line) {
				one = Step{Kind: Raw, Conn: s.Conn, Data: line}
			}
		}
		out = append(out, one)
	}
	return out
}

// exchange is an AUTH command with all that belongs to it.
type exchange struct {
	command   Step
	mechanism string
	lines     []Step   // the command, its replies and the responses, in their order
	given     []string // the initial response, and the others
	initial   bool
	challenge bool // a 334 waits for its response
	final     *Answer
	maybe     *Answer // the last that may have been final
	around    []Step  // of other connections, and what is none of it
	ahead     int     // replies that are due before its own
	closed    bool
}

// exchange takes the steps of one exchange out of what is to do.
func (f *folder) exchange(command Step) {
	words := strings.Fields(string(command.Data))
	x := &exchange{command: command, lines: []Step{command}, ahead: len(f.ledger(command.Conn).pending)}
	if len(words) > 1 {
		x.mechanism = strings.ToUpper(words[1])
	}
	if len(words) > 2 {
		x.given, x.initial = []string{strings.Join(words[2:], " ")}, true
	}
	n := 0
	for n < len(f.todo) && x.final == nil && !x.closed {
		s := f.todo[n]
		n++
		switch {
		case s.Conn != command.Conn:
			x.around = append(x.around, s)
		case x.ahead > 0 && s.Kind == Reply:
			x.ahead--
			f.keep(s)
		default:
			if !x.take(s) {
				n--
				x.closed = true
			}
		}
	}
	if x.final == nil {
		x.final = x.maybe
	}
	f.todo = append(x.around, f.todo[n:]...)
	f.end(x)
}

// take tells whether a step may belong to the exchange.
func (x *exchange) take(s Step) bool {
	switch s.Kind {
	case Reply:
		if s.Reply == nil {
			s.Reply = &Answer{Pattern: "?"}
		}
		x.lines = append(x.lines, s)
		switch m := s.Reply.Match; {
		case m != nil && m.How == Whole: // whether it is a challenge is known by what follows
			x.maybe, x.challenge = s.Reply, true
			return true
		case m != nil && s.Reply.Code == 0 && s.Reply.Pattern == "":
			return true // a line of a longer reply
		}
		if x.challenge = s.Reply.Code == 334; !x.challenge {
			x.final = s.Reply
		}
	case Line, Raw:
		text := strings.TrimRight(string(s.Data), "\r\n")
		if x.maybe != nil && isCommand(text) {
			return false
		}
		if !x.challenge && isCommand(text) {
			x.around = append(x.around, s) // written ahead
			return true
		}
		x.given = append(x.given, text)
		x.lines = append(x.lines, s)
		x.challenge = false
	case Drained:
	case Wait, Silence, Note:
		x.around = append(x.around, s)
	default:
		return false
	}
	return true
}

// isCommand tells a command from credentials.
func isCommand(text string) bool {
	switch wire.Verb(text) {
	case "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP", "STARTTLS", "AUTH":
		return true
	}
	return false
}

// end writes down what became of an exchange.
func (f *folder) end(x *exchange) {
	conn := x.command.Conn
	known, supported := mechanisms[x.mechanism]
	accepted := x.final != nil && (x.final.Code/100 == 2 || strings.HasPrefix(x.final.Pattern, "2"))
	switch {
	case len(x.given) == 0, len(x.given) == 1 && (x.given[0] == "*" || x.given[0] == "=") && x.final != nil:
		f.keep(x.lines...)
	case x.given[len(x.given)-1] == "*":
		f.lose(conn, "an exchange of AUTH "+x.mechanism+" that the client gave up")
	case x.final != nil && x.final.Code == 501 && !x.decodes():
		f.keep(x.broken()...)
	case supported:
		a := &Authentication{Mechanism: x.mechanism, Initial: x.initial, Reply: x.final}
		if known.user {
			a.User = f.identify(x)
		}
		f.out = append(f.out, Step{Kind: Auth, Conn: conn, Auth: a})
	case !accepted && x.final != nil && len(x.lines) == 2:
		command := Step{Kind: Line, Conn: conn, Data: []byte("AUTH " + x.mechanism + " =")}
		f.keep(command, x.lines[1])
	default:
		f.lose(conn, "an exchange of AUTH "+x.mechanism+", with credentials that no file may hold")
	}
}

func (f *folder) lose(conn int, text string) {
	f.out = append(f.out, Step{Kind: Lost, Conn: conn, Text: text})
}

// decodes tells whether all credentials are base64.
func (x *exchange) decodes() bool {
	for _, g := range x.given {
		if !decodes(g) {
			return false
		}
	}
	return true
}

func decodes(credentials string) bool {
	_, err := base64.StdEncoding.DecodeString(credentials)
	return err == nil || credentials == "="
}

// broken is the exchange with other credentials where they are no base64. What comes before these, a user's name for one, is needed for the server to ask on.
func (x *exchange) broken() []Step {
	lines := append([]Step(nil), x.lines...)
	for i, s := range lines {
		switch {
		case s.Kind == Reply:
		case i == 0 && x.initial && !decodes(x.given[0]):
			lines[i].Data = []byte("AUTH " + x.mechanism + " !")
		case i > 0 && !decodes(strings.TrimRight(string(s.Data), "\r\n")):
			lines[i] = Step{Kind: Line, Conn: s.Conn, Data: []byte("!")}
		}
	}
	return lines
}

// identify is the user name that the credentials have, "" where they do not tell. Passwords are noted on the way.
func (f *folder) identify(x *exchange) string {
	texts := make([]string, len(x.given))
	for i, g := range x.given {
		b, err := base64.StdEncoding.DecodeString(g)
		if err != nil {
			return ""
		}
		texts[i] = string(b)
	}
	first := texts[0]
	switch x.mechanism {
	case "PLAIN":
		if parts := strings.Split(first, "\x00"); len(parts) == 3 {
			f.secrets.Add(parts[2])
			return parts[1]
		}
	case "LOGIN":
		if len(texts) > 1 {
			f.secrets.Add(texts[1])
		}
		return first
	case "CRAM-MD5":
		user, _, _ := strings.Cut(first, " ")
		return user
	case "XOAUTH2":
		user, rest, _ := strings.Cut(strings.TrimPrefix(first, "user="), "\x01")
		_, token, _ := strings.Cut(rest, "Bearer ")
		f.secrets.Add(strings.TrimRight(token, "\x01"))
		return user
	}
	if _, rest, ok := strings.Cut(first, "n="); ok { // SCRAM (RFC 5802 section 5.1)
		user, _, _ := strings.Cut(rest, ",")
		return user
	}
	return ""
}
