package importer

import (
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// dialog collects the steps of one scenario, line by line.
type dialog struct {
	steps    []script.Step
	conn     int // the number of the connection that is open, or was last
	open     bool
	reply    []string // the lines of a reply that is not whole yet
	expected int      // commands without a reply, the greeting included
	data     bool     // the server waits for a message
	sent     string   // the last command, in upper case
}

func (d *dialog) add(kind script.Kind, s script.Step) {
	s.Kind, s.Conn = kind, max(1, d.conn)
	d.steps = append(d.steps, s)
}

// connect opens a connection, and closes the one before.
func (d *dialog) connect(to script.Connect) {
	d.conn++
	d.open, d.data, d.reply, d.sent, d.expected = true, false, nil, "", 1
	d.add(script.Open, script.Step{Connect: &to})
}

func (d *dialog) need() {
	if !d.open {
		d.connect(script.Connect{})
	}
}

func (d *dialog) close() {
	if d.open {
		d.flush()
		d.add(script.Close, script.Step{})
	}
	d.open = false
}

func (d *dialog) closed() {
	if d.open {
		d.flush()
		d.add(script.Closed, script.Step{})
	}
	d.open = false
}

func (d *dialog) lost(text string) { d.add(script.Lost, script.Step{Text: text}) }
func (d *dialog) note(text string) { d.add(script.Note, script.Step{Text: text}) }

func (d *dialog) wait(t time.Duration) {
	if t > 0 {
		d.add(script.Wait, script.Step{Time: t})
	}
}

// client takes a line that the client sent.
func (d *dialog) client(line string) {
	d.need()
	d.flush()
	d.add(script.Line, script.Step{Data: []byte(line)})
	switch {
	case d.data && line == ".":
		d.data = false
		d.expected++
	case !d.data:
		d.expected++
		d.sent = strings.ToUpper(strings.TrimSpace(line))
	}
}

// replyLine is a line of a well-formed reply.
var replyLine = lazyregexp.New(`^([2-5][0-9][0-9])(?:([ -])(.*))?$`)

// server takes a line that the server sent.
func (d *dialog) server(line string) {
	d.need()
	m := replyLine().FindStringSubmatch(line)
	if m == nil {
		d.flush()
		d.add(script.Reply, script.Step{Reply: &script.Answer{Raw: []byte(line + "\r\n")}})
		return
	}
	d.reply = append(d.reply, line)
	if m[2] == "-" {
		return
	}
	a := &script.Answer{Code: code(line)}
	for _, l := range d.reply {
		a.Lines = append(a.Lines, strings.TrimPrefix(strings.TrimPrefix(l[3:], "-"), " "))
		if code(l) != a.Code {
			a.Raw = append([]byte(strings.Join(d.reply, "\r\n")), "\r\n"...)
		}
	}
	if a.Raw != nil {
		a.Code, a.Lines = 0, nil
	}
	d.reply = nil
	d.data = d.sent == "DATA" && code(line) == 354
	d.expected--
	d.add(script.Reply, script.Step{Reply: a})
}

// flush gives up on a reply whose last line did not come.
func (d *dialog) flush() {
	if d.reply != nil {
		d.add(script.Reply, script.Step{Reply: &script.Answer{Raw: append([]byte(strings.Join(d.reply, "\r\n")), "\r\n"...)}})
		d.reply = nil
	}
}

// code is the number that a reply line begins with.
func code(line string) int { return int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0') }

// handshake notes that TLS began: after a STARTTLS, or before anything was said.
func (d *dialog) handshake() {
	if d.sent == "" && d.expected == 1 {
		for i := len(d.steps) - 1; i >= 0; i-- {
			if d.steps[i].Kind == script.Open {
				d.steps[i].Connect.TLS = true
				return
			}
		}
	}
	d.sent = ""
	d.add(script.StartTLS, script.Step{})
}

// shaken notes the handshake of a STARTTLS that was accepted, in a source that does not tell of it: the client went on.
func (d *dialog) shaken() {
	if d.sent == "STARTTLS" && d.expected == 0 && len(d.steps) > 0 {
		if last := d.steps[len(d.steps)-1]; last.Kind == script.Reply && last.Reply.Code == 220 {
			d.handshake()
		}
	}
}

// written tells whether the last thing that the client sent was a message.
func (d *dialog) written() bool {
	return len(d.steps) > 0 && d.steps[len(d.steps)-1].Kind == script.Message
}

// placeholder stands for a message that the source does not hold.
func (d *dialog) placeholder(why string) {
	d.lost(why)
	d.data = false
	d.expected++
	d.add(script.Message, script.Step{Data: []byte("Subject: a message\r\n\r\nThis text takes the place of the message that was sent.\r\n")})
}

// scenario is what was collected.
func (d *dialog) scenario(name string) script.Scenario {
	d.flush()
	return script.Scenario{Name: name, Steps: d.steps}
}
