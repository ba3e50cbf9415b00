package talk

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// command is what a line that begins with "/" calls.
type command struct {
	name, args string
	text       string // what it does, for /help
	offline    bool   // it needs no connection
	run        func(s *session, arg string)
}

// commands are all of them, as /help lists them.
func commands() []command {
	return []command{
		{"help", "[WORD]", "lists these commands, or explains an EHLO keyword, a code (550, 5.1.1), or a command", true, (*session).help},
		{"starttls", "", "sends STARTTLS and does the TLS handshake; EHLO is yours to repeat", false, func(s *session, _ string) { s.say("STARTTLS") }},
		{"auth", "MECHANISM [USER]", "logs in; the password is the target's, or is asked for and not shown", false, (*session).authenticate},
		{"data", "[FILE]", "sends a message from a file, or from your editor, after asking", false, (*session).data},
		{"raw", "TEXT", `sends bytes as they are: \r \n \t \0 \\ and \xNN are escapes, and no CRLF is added`, false, (*session).raw},
		{"hex", "BYTES", "sends bytes that are written in hex, as in 4e 4f 4f 50 0d 0a", false, (*session).hex},
		{"wait", "[TIME]", "listens until something comes, as in /wait 5s", false, (*session).wait},
		{"tls", "", "tells about the TLS connection and the server's certificate", false, (*session).tls},
		{"lua", "EXPRESSION", "runs Lua with the connection c, target and the whole language, and shows what it gives", true, (*session).lua},
		{"save", "[--force] FILE.lua", "writes the session so far as a scenario that can be run again", true, (*session).saveTo},
		{"record", "status", "tells what is recorded, and where it goes", true, (*session).record},
		{"transcript", "[FILE]", "shows the session with its times, or writes it to a file", true, (*session).transcript},
		{"reconnect", "", "opens the connection again, and closes the one that there is", true, (*session).reconnect},
		{"quit", "", "ends talk; QUIT is yours to send before", true, func(s *session, _ string) { s.quit = true }},
	}
}

// command runs a line that begins with "/".
func (s *session) command(line string) {
	name, arg, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	var names []string
	for _, c := range commands() {
		names = append(names, "/"+c.name)
		if c.name != name {
			continue
		}
		if s.conn == nil && !c.offline {
			s.fail(Broken, "/reconnect connects again", "the connection is closed: /%s needs one", name)
			return
		}
		c.run(s, strings.TrimSpace(arg))
		return
	}
	s.fail(Misused, "/help lists the commands; /raw sends a line that begins with /", "there is no /%s%s", name, spell.Hint("/"+name, names))
}

// misused says how a command is called.
func (s *session) misused(usage, format string, args ...any) {
	s.fail(Misused, "as in "+usage, format, args...)
}

func (s *session) raw(arg string) {
	b, err := unescape(arg)
	if err != nil || len(b) == 0 {
		s.misused(`/raw NOOP\r\n`, "%s", orText(err, "there is nothing to send"))
		return
	}
	s.bytes(b)
}

func (s *session) hex(arg string) {
	b, err := unhex(arg)
	if err != nil || len(b) == 0 {
		s.misused("/hex 4e4f4f50 0d0a", "%s", orText(err, "there is nothing to send"))
		return
	}
	s.bytes(b)
}

func orText(err error, text string) string {
	if err != nil {
		return err.Error()
	}
	return text
}

// bytes sends bytes as they are. What the transcript has of them is shown: credentials are masked in it.
func (s *session) bytes(b []byte) {
	from := s.live.Transcript().Len()
	ok := s.write(string(b))
	var sent []event.Wire
	for _, r := range s.records(from) {
		if r.Dir != event.In {
			sent = append(sent, r)
		}
	}
	s.out.records(sent)
	if ok {
		s.journal.add(script.Step{Kind: script.Raw, Conn: s.conn.ID, Data: b})
		s.chunk = max(0, s.chunk-int64(len(b)))
		s.half = b[len(b)-1] != '\n'
		s.after("")
	}
}

// waitTime is how long /wait listens on a pipe when nothing is said.
const waitTime = 10 * time.Second

func (s *session) wait(arg string) {
	within := time.Duration(0)
	if arg != "" {
		d, err := luaapi.ParseSeconds(arg)
		if err != nil || d <= 0 {
			s.misused("/wait 5s", "%q is no time", arg)
			return
		}
		within = d
	} else if s.cfg.Screen == nil {
		within = waitTime
	}
	deadline := time.Time{}
	if within > 0 {
		deadline = time.Now().Add(within)
	}
	ctx, stop := s.in.watch(s.ctx)
	defer stop()
	start := time.Now()
	r := s.read(ctx, deadline)
	switch r.Ended {
	case wire.Timeout:
		s.out.info("nothing came within %s", seconds(within))
		s.journal.add(script.Step{Kind: script.Silence, Conn: s.conn.ID, Time: within})
	case wire.Cancelled:
		s.out.info("nothing came within %s", seconds(time.Since(start).Round(100*time.Millisecond)))
	default:
		s.got(r)
		s.drain()
	}
}

func (s *session) saveTo(arg string) {
	name, force := strings.CutPrefix(arg, "--force ")
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		s.misused("/save session.lua", "the name of a file is missing")
		return
	case !strings.HasSuffix(name, ".lua"):
		s.misused("/save "+name+".lua", "%s: the name of a scenario file ends with .lua", name)
		return
	}
	if err := s.save(name, force); err != nil {
		s.fail(Misused, "/save --force "+name+" overwrites what is there", "%s", err)
	}
}

func (s *session) record(arg string) {
	if arg != "" && arg != "status" {
		s.misused("/record status", "%q is not known here; --record FILE.lua of the command line, and /save, write the session", arg)
		return
	}
	where := "/save FILE.lua writes them as a scenario"
	if s.cfg.Record != "" {
		where = "at the end they go to " + s.cfg.Record
	}
	s.out.info("%s of the conversation are kept: %s", counted(len(s.journal.steps), "step"), where)
}

func (s *session) transcript(arg string) {
	var b strings.Builder
	marks := map[string]string{event.Out: ">", event.In: "<"}
	records := s.records(0)
	for _, r := range records {
		mark := marks[r.Dir]
		if mark == "" {
			mark = "*"
		}
		for line := range strings.Lines(string(r.Data)) {
			fmt.Fprintf(&b, "%8.3f %s %s\n", r.Time.Sub(records[0].Time).Seconds(), mark, visibleLine(line))
		}
		if r.Omitted > 0 {
			fmt.Fprintf(&b, "         … %d bytes\n", r.Omitted)
		}
	}
	if arg == "" {
		s.out.result(b.String())
		return
	}
	if err := WriteNew(arg, []byte(s.live.Secrets().Text(b.String())), false); err != nil {
		s.fail(Misused, "/transcript takes the name of a file that is not there yet", "%s", err)
		return
	}
	s.out.info("%s has the transcript", arg)
}

func (s *session) reconnect(string) {
	if s.conn != nil {
		s.partial()
		s.journal.add(script.Step{Kind: script.Close, Conn: s.conn.ID})
		s.conn.Close()
		s.conn = nil
	}
	if s.connect() {
		s.begin()
	}
}

func (s *session) lua(arg string) {
	if arg == "" {
		s.misused("/lua c.caps", "there is nothing to run")
		return
	}
	from := s.live.Transcript().Len()
	ctx, stop := s.in.watch(s.ctx)
	said := s.live.Do(ctx, arg)
	stop()
	records := s.records(from)
	s.out.records(records)
	for _, line := range said.Logged {
		s.out.result(line)
	}
	for _, v := range said.Values {
		s.out.result(v)
	}
	old := s.conn
	if old != nil {
		s.journal.replay(old, records, from)
	}
	if s.adopt(); s.conn != nil && s.conn != old {
		s.journal.replay(s.conn, records, from)
	}
	s.failures(said)
	s.follow()
}

// follow takes up what a piece of Lua has left: a message to be typed, or the end.
func (s *session) follow() {
	if s.conn == nil || len(s.conn.Replies) == 0 {
		return
	}
	last := s.conn.Replies[len(s.conn.Replies)-1]
	s.content = last.Verb == "DATA" && last.Code == 354 && last.Wire == s.live.Transcript().Len()
	s.over = s.over || last.Verb == "QUIT" && last.Code/100 == 2
}

// failures shows what went wrong in a piece of Lua. From a pipe that ends the session: a broken expectation, or an error of the script.
func (s *session) failures(said *luaapi.Said) {
	for _, w := range said.Warnings {
		s.out.info("warning: %s %s", w.Message, w.Got)
	}
	for _, n := range said.Notes {
		s.out.info("note: %s", n)
	}
	if said.Stopped {
		s.out.info("interrupted")
		return
	}
	for _, f := range said.Failures {
		text := f.Message
		if f.Want != "" {
			text += ": want " + f.Want + ", got " + f.Got
		}
		how := Erred
		if said.Failed {
			how = Broken
		}
		s.fail(how, f.Hint, "%s", text)
	}
}
