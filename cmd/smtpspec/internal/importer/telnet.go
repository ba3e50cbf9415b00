package importer

import (
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

var (
	// telnetCommand is the command that begins a session, behind a prompt or not.
	telnetCommand = lazyregexp.New(`^(?:[^<>]*[$#%>]\s*)?(telnet|nc|ncat|netcat|openssl s_client)\s+(.*)$`)
	telnetOpened  = lazyregexp.New(`^(?:Connected to (\S+?)\.?|Escape character is .*|CONNECTED\(\d+\)|Trying (\S+?)(?:\.\.\.)?)$`)
	telnetClosed  = lazyregexp.New(`^(?:Connection closed( by foreign host)?|Connection to host lost|closed|read:errno=\d+)\.?$`)
	telnetQuit    = lazyregexp.New(`^(?:\^\]|telnet> .*)$`)
	// speaker are the marks by which some guides tell who speaks.
	speaker = lazyregexp.New(`^(?:([Ss]|Server|SERVER)|([Cc]|Client|CLIENT)): ?(.*)$`)
)

func isTelnet(lines []string) bool {
	opened, replies := false, 0
	for _, line := range lines {
		if m := speaker().FindStringSubmatch(line); m != nil {
			line = m[3]
		}
		opened = opened || telnetCommand().MatchString(line) || telnetOpened().MatchString(line)
		if replyLine().MatchString(line) {
			replies++
		}
	}
	return replies > 0 && (opened || replies > 1)
}

// telnet is a session while it is read.
type telnet struct {
	name string
	d    *dialog
	out  []script.Scenario
	over bool // the session ended: what follows is no part of it
}

func readTelnet(name string, lines []string) []script.Scenario {
	t := &telnet{name: name, d: &dialog{}}
	for _, line := range lines {
		t.line(strings.TrimRight(line, " \t"), line)
	}
	t.end()
	return t.out
}

func (t *telnet) end() {
	if t.d.steps != nil {
		t.out = append(t.out, t.d.scenario(t.name))
	}
	t.d, t.over = &dialog{}, false
}

// line takes a line, and the same with the blanks at its end.
func (t *telnet) line(line, whole string) {
	who := ""
	if m := speaker().FindStringSubmatch(whole); m != nil && !t.d.data {
		who, whole = m[1]+m[2], m[3]
		line = strings.TrimRight(whole, " \t")
	} else if m != nil && m[2] != "" {
		whole = m[3]
	}
	switch {
	case t.d.data:
		t.d.client(whole)
	case replyLine().MatchString(line) && (who == "" || strings.EqualFold(who[:1], "s")):
		if t.over {
			t.end()
		}
		t.d.server(line)
	case telnetCommand().MatchString(line):
		t.begin(telnetCommand().FindStringSubmatch(line))
	case telnetOpened().MatchString(line):
		t.opened(telnetOpened().FindStringSubmatch(line))
	case t.over || !t.d.open:
	case telnetClosed().MatchString(line):
		t.d.closed()
		t.over = true
	case telnetQuit().MatchString(line):
		t.d.close()
		t.over = true
	case line != "":
		t.d.client(line)
	}
}

// begin starts a session by the command that opens it.
func (t *telnet) begin(m []string) {
	t.end()
	to := script.Connect{TLS: strings.HasPrefix(m[1], "openssl") && !strings.Contains(m[2], "-starttls")}
	words := strings.Fields(m[2])
	for i, w := range words {
		host, port, ok := strings.Cut(w, ":")
		switch {
		case strings.HasPrefix(w, "-") || i > 0 && words[i-1] == "-starttls":
		case ok && number(port) > 0:
			to.Host, to.Port = host, number(port)
		case number(w) > 0 && to.Host != "":
			to.Port = number(w)
		case to.Host == "":
			to.Host = w
		}
	}
	t.d.connect(to)
}

// opened takes what telnet says of the connection.
func (t *telnet) opened(m []string) {
	if t.over {
		t.end()
	}
	t.d.need()
	for i := range t.d.steps {
		if c := t.d.steps[i].Connect; c != nil && c.Host == "" {
			c.Host = m[1] + m[2]
		}
	}
}

// number is a decimal number, 0 for anything else.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
