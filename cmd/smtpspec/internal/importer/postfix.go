package importer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// Postfix with -v logs what a client said behind "<" and what smtpd answered behind ">"; its own client, smtp or lmtp, the other way round.
var (
	postfixLine = lazyregexp.New(`\b(?:postfix|postscreen)[^\s\[]*?(smtpd|postscreen|smtp|lmtp|smtps|submissions?)\[(\d+)\]: (.*)$`)
	postfixSaid = lazyregexp.New(`^([<>]) (\S+?\[[^\]]*\](?::\d+)?): ?(.*)$`)
	postfixEnds = lazyregexp.New(`^(?:disconnect|lost connection after \S+|timeout after \S+) from `)
	postfixTLS  = lazyregexp.New(`TLS connection established (?:from|to) `)
)

func isPostfix(lines []string) bool {
	for _, line := range lines {
		if m := postfixLine().FindStringSubmatch(line); m != nil && postfixSaid().MatchString(m[3]) {
			return true
		}
	}
	return false
}

// logged are the sessions of a log, in the order in which they began.
type logged struct {
	name     string
	sessions []*dialog
	current  map[string]*dialog // by process
}

// session is the one that a process has.
func (l *logged) session(process string) *dialog {
	d := l.current[process]
	if d == nil {
		d = &dialog{}
		l.current[process] = d
		l.sessions = append(l.sessions, d)
	}
	return d
}

func (l *logged) scenarios() (out []script.Scenario) {
	for i, d := range l.sessions {
		name := l.name
		if len(l.sessions) > 1 {
			name = fmt.Sprintf("%s, session %d", l.name, i+1)
		}
		if d.conn > 0 {
			out = append(out, d.scenario(name))
		}
	}
	return out
}

func readPostfix(name string, lines []string) []script.Scenario {
	l := &logged{name: name, current: map[string]*dialog{}}
	for _, line := range lines {
		m := postfixLine().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		daemon, process, text := m[1], m[1]+m[2], m[3]
		said := postfixSaid().FindStringSubmatch(text)
		switch {
		case said != nil:
			client := said[1] == "<"
			if daemon == "smtp" || daemon == "lmtp" {
				client = !client
			}
			l.postfix(process, client, said[3])
		case postfixTLS().MatchString(text) && l.session(process).sent == "":
			l.session(process).need()
			l.session(process).handshake() // from the first byte on
		case postfixEnds().MatchString(text) && l.current[process] != nil:
			l.current[process].close()
			delete(l.current, process)
		}
	}
	return l.scenarios()
}

// postfix takes a line of a session. The log has no messages.
func (l *logged) postfix(process string, client bool, text string) {
	d := l.session(process)
	if !client && strings.HasPrefix(text, "220") && d.open && d.expected == 0 && d.sent != "STARTTLS" {
		d.close()
		delete(l.current, process)
		d = l.session(process)
	}
	switch {
	case client && d.data && text == ".":
		d.placeholder("the message: a log of Postfix does not hold it")
	case client:
		d.shaken()
		d.client(text)
		d.chunk("a log of Postfix")
	default:
		if d.data && d.reply == nil && d.expected == 0 {
			d.placeholder("the message: a log of Postfix does not hold it")
		}
		d.server(text)
	}
}

// chunk adds as many octets as the BDAT that was sent last announces.
func (d *dialog) chunk(source string) {
	words := strings.Fields(d.sent)
	if len(words) < 2 || words[0] != "BDAT" {
		return
	}
	n, err := strconv.Atoi(words[1])
	if err != nil || n <= 0 || n > maxChunk {
		return
	}
	last := &d.steps[len(d.steps)-1]
	d.steps = append(d.steps, *last)
	*last = script.Step{Kind: script.Lost, Conn: last.Conn, Text: "the octets of the chunk: " + source + " does not hold them"}
	text := []byte("Subject: a message\r\n\r\n")
	for len(text) < n {
		text = append(text, "The place of the message that was sent is taken by this text.\r\n"...)
	}
	chunk := &d.steps[len(d.steps)-1]
	chunk.Kind = script.Raw
	chunk.Data = append(append(chunk.Data, "\r\n"...), text[:n]...)
}

// maxChunk is the longest chunk that is written out.
const maxChunk = 1 << 20
