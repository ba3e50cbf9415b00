package importer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

var (
	cmyOpen = lazyregexp.New(`^\s*\S+\s+(?:tcp_connect|tls_connect|tcp_listen|unix_listen|\|?=)(?:\s|$)`)
	cmySays = lazyregexp.New(`^\s*\S+\s+(?:->|\.>|~>|<-|<~|<\.\.\.)(?:\s|$)`)
)

func isChamuyero(lines []string) bool {
	opened := false
	for _, line := range lines {
		if opened = opened || cmyOpen().MatchString(line); opened && cmySays().MatchString(line) {
			return true
		}
	}
	return false
}

// chamuyero is a dialog while it is read. A process of it that is no client of a server cannot be carried over.
type chamuyero struct {
	d       *dialog
	conns   map[string]int  // the open connection of a process
	foreign map[string]bool // processes that are no clients
	number  int             // of connections so far
}

func readChamuyero(name string, lines []string) []script.Scenario {
	c := &chamuyero{d: &dialog{}, conns: map[string]int{}, foreign: map[string]bool{}}
	for _, line := range joined(lines) {
		fields := cut3(line)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		c.op(fields[0], fields[1], fields[2])
	}
	if c.number == 0 {
		return nil // nothing in it is a client's
	}
	return []script.Scenario{c.d.scenario(name)}
}

// joined are lines with those that end with a backslash continued by the next.
func joined(lines []string) (out []string) {
	held := ""
	for _, line := range lines {
		if held != "" {
			line = held + " " + strings.TrimLeft(line, " \t")
		}
		if held = ""; strings.HasSuffix(line, `\`) {
			held = strings.TrimSuffix(line, `\`)
			continue
		}
		out = append(out, line)
	}
	return out
}

// cut3 parts a line at its first two blanks, as Python's split(None, 2) does.
func cut3(line string) []string {
	line = strings.TrimLeft(line, " \t")
	first, rest, ok := cutBlank(line)
	if !ok && first == "" {
		return nil
	}
	op, params, _ := cutBlank(rest)
	if op == "" {
		return []string{first}
	}
	return []string{first, op, params}
}

func cutBlank(line string) (head, rest string, ok bool) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, "", false
	}
	return line[:i], strings.TrimLeft(line[i:], " \t"), true
}

func (c *chamuyero) op(process, op, params string) {
	switch op {
	case "tcp_connect", "tls_connect":
		c.connect(process, params, op == "tls_connect")
		return
	case "tcp_listen", "unix_listen", "=", "|=":
		c.foreign[process] = true
		delete(c.conns, process)
		c.d.lost(fmt.Sprintf("%s %s %s", process, op, params))
		return
	case "sleep":
		if seconds, err := strconv.ParseFloat(params, 64); err == nil {
			c.d.wait(time.Duration(seconds * float64(time.Second)))
		}
		return
	}
	conn, ok := c.conns[process]
	if !ok {
		c.d.lost(strings.TrimSpace(fmt.Sprintf("%s %s %s", process, op, params)))
		return
	}
	c.d.conn = conn
	c.dialog(process, op, params)
}

func (c *chamuyero) connect(process, address string, tls bool) {
	if conn, ok := c.conns[process]; ok {
		c.d.conn = conn
		c.d.close()
	}
	host, port, _ := strings.Cut(address, ":")
	c.d.conn = c.number
	c.d.connect(script.Connect{Host: host, Port: number(port), TLS: tls})
	c.number = c.d.conn
	c.conns[process] = c.number
}

// dialog is what a client of a server says and requires.
func (c *chamuyero) dialog(process, op, params string) {
	switch op {
	case "->":
		c.d.add(script.Line, script.Step{Data: []byte(params)})
	case ".>":
		c.d.add(script.Raw, script.Step{Data: []byte(params)})
	case "~>":
		data, err := pythonText(params)
		if err != nil {
			c.d.lost("what this Python gives was sent: " + params)
			return
		}
		c.d.add(script.Raw, script.Step{Data: data})
	case "<-":
		c.d.require(script.Next, []string{"^" + escaped(params) + lineEnd}, codeIn(params))
	case "<~", "<...":
		c.regexp(op, params)
	case "close":
		c.d.open = true
		c.d.close()
		delete(c.conns, process)
	default:
		c.d.lost(strings.TrimSpace(fmt.Sprintf("%s %s %s", process, op, params)))
	}
}

// regexp requires what Python's re.match does: the expression fits the beginning of the line.
func (c *chamuyero) regexp(op, expression string) {
	how := script.Next
	if op == "<..." {
		how = script.Until
	}
	patterns, err := luaPatterns(expression, false)
	if err != nil {
		c.d.lost("the regular expression " + expression + ", which is no Lua pattern: the line may be any")
	}
	c.d.require(how, patterns, codeIn(expression))
}

// lineEnd is the pattern of a line's end: an LF, commonly with a CR before it.
const lineEnd = "\r?\n$"

// require adds what is required of lines.
func (d *dialog) require(how script.How, patterns []string, code string) {
	a := &script.Answer{Match: &script.Match{How: how, Patterns: patterns}}
	if a.Pattern = code; len(code) == 3 {
		a.Code = number(code)
	}
	d.add(script.Reply, script.Step{Reply: a})
}

// codeIn is the code of the reply that a line of a source ends, "" for none: "250" of "250 Ok", nothing of "250-PIPELINING".
func codeIn(text string) string {
	m := codeBegins().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

var codeBegins = lazyregexp.New(`^\^?([2-5](?:[0-9][0-9]?)?)(?:[^0-9-]|$)`)

// escaped is text as a Lua pattern.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		appendByte(&b, c)
	}
	return b.String()
}

// appendByte adds a pattern of one byte.
func appendByte(b *strings.Builder, c byte) {
	switch {
	case c == 0:
		b.WriteString("%z")
		return
	case strings.IndexByte("^$()%.[]*+-?", c) >= 0:
		b.WriteByte('%')
	}
	b.WriteByte(c)
}
