package importer

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

var (
	eximExpects = lazyregexp.New(`^\?\?\?[ *?]`)
	// eximRuns is how a test runs its client: with an address, a port, and options.
	eximRuns = lazyregexp.New(`^(?:\d+\s*\n?\s*)?(?:sudo )?client(?:-ssl|-gnutls|-anytls)?\s+(.*)$`)
	// exitCode is what a test says before a command that does not succeed.
	exitCode = lazyregexp.New(`^\s*[1-9]\d*\s*$`)
	// eximServes are the commands that prepare a server, or wait for one.
	eximServes = lazyregexp.New(`^(?:exim\b.*\s-bd\b|exim\b.*\s-bd$|killdaemon|need_|munge |gnutls|no_|sleep |millisleep|server |write |cat |dump |catwrite|sortlog|background|perl|dig|set |port |exim_id_update)`)
)

func isEximClient(lines []string) bool {
	for _, line := range lines {
		if eximExpects().MatchString(line) {
			return true
		}
	}
	return false
}

// eximPatience is how long the client waits unless told otherwise.
const eximPatience = 5 * time.Second

// eximClient is a script while it is read. One file of the suite has several, among other commands; a script by itself has no command at all.
type eximClient struct {
	name    string
	d       *dialog
	out     []script.Scenario
	title   string   // the last comment, as far as it is not over
	over    bool     // it is: another one begins anew
	exit    string   // what the test says that its next command ends with, "" for success
	before  []string // what the test did besides, since the last client
	shaking bool     // a STARTTLS was sent
}

func readEximClient(name string, lines []string) []script.Scenario {
	c := &eximClient{name: name}
	suite := false
	for _, line := range lines {
		suite = suite || eximRuns().MatchString(line)
	}
	if !suite {
		c.begin("")
	}
	skip := false // the input of another command
	for _, line := range lines {
		switch {
		case suite && line == "****":
			c.end()
			skip = false
		case c.d != nil:
			c.line(line)
		case skip:
		default:
			skip = c.command(line)
		}
	}
	c.end()
	return c.out
}

// command takes a line outside of a client's script. It tells whether the lines up to the next stars belong to it.
func (c *eximClient) command(line string) (input bool) {
	m := eximRuns().FindStringSubmatch(line)
	switch {
	case strings.HasPrefix(line, "#"):
		if c.over {
			c.title, c.over = "", false
		}
		c.title = strings.TrimSpace(c.title + " " + strings.Trim(line, "# "))
		return false
	case exitCode().MatchString(line):
		c.exit = strings.TrimSpace(line)
		return false
	case m != nil:
		c.begin(m[1])
		return false
	case strings.TrimSpace(line) == "":
		return false
	}
	c.before = append(c.before, strings.TrimSpace(line))
	c.over, c.exit = true, ""
	return strings.HasPrefix(line, "exim") || strings.HasPrefix(line, "sudo exim") || strings.HasPrefix(line, "server") || strings.HasPrefix(line, "perl") ||
		strings.HasPrefix(line, "write ") || strings.HasPrefix(line, "catwrite")
}

// begin starts a client with the arguments that it is called with.
func (c *eximClient) begin(arguments string) {
	to := script.Connect{Patience: eximPatience}
	for _, word := range strings.Fields(arguments) {
		switch {
		case word == "-tls-on-connect":
			to.TLS = true
		case strings.HasPrefix(word, "-t") && number(word[2:]) > 0:
			to.Patience = time.Duration(number(word[2:])) * time.Second
		}
	}
	c.d = &dialog{}
	c.d.connect(to)
	for _, text := range c.before {
		if eximServes().MatchString(text) {
			c.d.note("The test ran: " + text)
		} else {
			c.d.lost("what the test did before: " + text)
		}
	}
	c.before = nil
}

func (c *eximClient) end() {
	if c.d == nil {
		return
	}
	c.d.close()
	name := c.name
	if c.title != "" {
		name += ": " + c.title
	}
	s := c.d.scenario(name)
	if c.exit != "" {
		s.Known = "the test wants this client to fail, with exit code " + c.exit
	}
	c.out = append(c.out, s)
	c.d, c.shaking, c.over, c.exit = nil, false, true, ""
}

// line takes a line of the client's script.
func (c *eximClient) line(line string) {
	switch {
	case strings.HasPrefix(line, "???*"):
		c.d.add(script.Closed, script.Step{})
	case strings.HasPrefix(line, "????"):
		c.d.require(script.Optional, []string{"^" + escaped(string(eximText(line[4:])))}, "")
	case strings.HasPrefix(line, "??? "):
		c.expect(string(eximText(line[4:])))
	case strings.HasPrefix(line, "+++ "):
		c.d.wait(time.Duration(number(strings.TrimSpace(line[4:]))) * time.Second)
	case strings.HasPrefix(line, "<<< "):
		c.d.lost("the lines of another file: " + line[4:])
	case strings.HasPrefix(line, ">>> "):
		c.drained()
		c.d.add(script.Raw, script.Step{Data: eximText(line[4:])})
	case strings.EqualFold(line, "stoptls"):
		c.drained()
		c.d.add(script.StopTLS, script.Step{})
	default:
		c.send(line)
	}
}

func (c *eximClient) drained() { c.d.add(script.Drained, script.Step{}) }

func (c *eximClient) send(line string) {
	c.drained()
	c.shaking = line == "starttls" || line == "STARTTLS"
	if line == "starttls_wait" {
		line = "starttls"
	}
	data := eximText(line)
	kind := script.Line
	if strings.ContainsAny(string(data), "\r\n\x00") {
		kind, data = script.Raw, append(data, "\r\n"...)
	}
	c.d.add(kind, script.Step{Data: data})
}

// expect requires that a line begins with text. After STARTTLS the handshake follows where the reply is a good one.
func (c *eximClient) expect(text string) {
	c.d.require(script.Next, []string{"^" + escaped(text)}, codeIn(text))
	if c.shaking && strings.HasPrefix(text, "2") {
		c.d.add(script.StartTLS, script.Step{})
	} else if c.shaking && text == "" {
		c.d.lost(fmt.Sprintf("a handshake if the server agrees to %s", "STARTTLS"))
	}
	c.shaking = false
}

// eximText resolves the escapes of a script: \r, \n, \x with two digits, and any other character by itself.
func eximText(text string) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		i++
		switch c := text[i]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 'x':
			if i+2 < len(text) {
				if b, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
					out = append(out, b...)
					i += 2
					continue
				}
			}
			out = append(out, c)
		default:
			out = append(out, c)
		}
	}
	return out
}
