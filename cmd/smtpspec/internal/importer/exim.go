package importer

import (
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// Exim shows with -v what it sends behind "SMTP>>", or with "|" or "+" for what goes out with more behind it, and what it reads behind "SMTP<<".
// With -d the number of the process comes first, and a server shows its sessions so too.
var (
	eximSaid = lazyregexp.New(`^(.*?)SMTP(<<|>>|\|>|\+>|~>|>\||\(([A-Za-z ]+)\)(?:>>|<<)) ?(.*)$`)
	eximMore = lazyregexp.New(`^[^A-Za-z]*?\s([2-5]\d\d[- ].*)$`)
	eximTo   = lazyregexp.New(`[Cc]onnecting to (\S+) \[([^\]]+)\](?::(\d+))?`)
	eximPID  = lazyregexp.New(`^(?:\d\d:\d\d:\d\d(?:\.\d+)?\s+)?(\d{2,7})\s`)
)

func isExim(lines []string) bool {
	for _, line := range lines {
		if eximSaid().MatchString(line) {
			return true
		}
	}
	return false
}

// eximLog is a log while it is read.
type eximLog struct {
	logged
	server map[string]bool // of a process: it is the server's side
	to     script.Connect
}

func readExim(name string, lines []string) []script.Scenario {
	l := &eximLog{logged: logged{name: name, current: map[string]*dialog{}}, server: map[string]bool{}}
	for _, line := range lines {
		process := ""
		if m := eximPID().FindStringSubmatch(line); m != nil {
			process = m[1]
		}
		if m := eximSaid().FindStringSubmatch(line); m != nil {
			l.said(process, m[2], m[3], m[4])
			continue
		}
		if m := eximTo().FindStringSubmatch(line); m != nil {
			delete(l.current, process)
			l.to = script.Connect{Host: m[1], Port: number(m[3])}
			continue
		}
		if d := l.current[process]; d != nil && d.reply != nil {
			if m := eximMore().FindStringSubmatch(line); m != nil {
				d.server(m[1])
			}
		}
	}
	return l.scenarios()
}

// said takes what goes over a connection: mark is "<<", ">>" and so on, event what stands in brackets for one without text.
func (l *eximLog) said(process, mark, event, text string) {
	d := l.session(process)
	switch {
	case event == "":
	case !strings.HasPrefix(event, "close") && !strings.HasPrefix(event, "Connection closed"):
		return // half of a close: what the server still says follows
	case strings.HasSuffix(mark, "<<") && !l.server[process]:
		d.closed()
		delete(l.current, process)
		return
	default:
		d.close()
		delete(l.current, process)
		return
	}
	out := mark != "<<"
	if !d.open {
		l.server[process] = out && replyLine().MatchString(text)
		d.connect(l.to)
	}
	if l.server[process] == out {
		if d.data && d.expected == 0 {
			d.placeholder("the message: Exim does not show it")
		}
		d.server(strings.TrimRight(text, " "))
		return
	}
	l.client(d, text)
}

// client takes what the client says.
func (l *eximLog) client(d *dialog, text string) {
	switch {
	case strings.HasPrefix(text, "writing message") || strings.HasPrefix(text, "(writing message"):
		d.placeholder("the message: Exim does not show it")
	case text == "." && d.written():
	default:
		d.shaken()
		d.client(text)
		d.chunk("Exim")
	}
}
