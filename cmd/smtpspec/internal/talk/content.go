package talk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// content takes a line of a message that is typed after DATA. Dots are stuffed (RFC 5321 4.5.2), so that a line goes out as it was meant.
func (s *session) contentLine(line string) {
	if s.cfg.Screen == nil {
		s.out.sent(line)
	}
	if line == "." {
		s.content = false
		message := s.message
		s.message = nil
		if s.write(".\r\n") {
			s.journal.add(script.Step{Kind: script.Message, Conn: s.conn.ID, Data: message})
			s.after(".")
		}
		return
	}
	s.message = append(s.message, line+"\r\n"...)
	if strings.HasPrefix(line, ".") {
		line = "." + line
	}
	s.write(line + "\r\n")
}

// unfinished is what was sent of a message whose end was not, as it went over the wire.
func (s *session) unfinished() []byte {
	if len(s.message) == 0 {
		return nil
	}
	return []byte(strings.TrimSuffix(luaapi.Stuffed(string(s.message)), ".\r\n"))
}

// skip is a run of lines that are not sent, since what they belong to was refused. On a terminal these are credentials alone.
type skip struct {
	credentials bool // otherwise a message
	lines       int
}

// skips tells whether a line is one of them.
func (s *session) skips(line string) bool {
	k := s.skip
	if k == nil {
		return false
	}
	if verbs[wire.Verb(line)] != "" || strings.HasPrefix(line, "/") || s.cfg.Screen != nil && !credentials().MatchString(line) {
		s.skip = nil
		s.skipped(k)
		return false
	}
	k.lines++
	switch {
	case k.credentials:
		(&login{mechanism: "LOGIN", asked: "Password"}).note(s.live.Secrets(), line)
		if s.cfg.Screen != nil {
			s.out.info("not sent, since AUTH was refused; /raw sends anything")
		}
	case line == ".":
		s.skip = nil
		s.skipped(k)
	}
	return true
}

// credentials are text that may be an answer to a 334.
var credentials = lazyregexp.New(`^\s*[A-Za-z0-9+/]{4,}={0,2}\s*$`)

func (s *session) skipped(k *skip) {
	what := "a message, since DATA"
	if k.credentials {
		what = "an exchange, since AUTH"
	}
	if k.lines > 0 && s.cfg.Screen == nil {
		s.out.info("%s not sent, as part of %s was refused", counted(k.lines, "line"), what)
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// data is /data: a message from a file, or from an editor.
func (s *session) data(arg string) {
	message, ok := s.messageOf(arg)
	if !ok {
		return
	}
	s.say("DATA")
	if !s.content {
		return // the reply says why
	}
	s.content = false
	stuffed := luaapi.Stuffed(message)
	s.out.info("sending %s and the dot", counted(len(stuffed)-3, "byte"))
	if !s.write(stuffed) {
		return
	}
	lines := strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(message)
	if lines != "" && !strings.HasSuffix(lines, "\r\n") {
		lines += "\r\n"
	}
	s.journal.add(script.Step{Kind: script.Message, Conn: s.conn.ID, Data: []byte(lines)})
	s.after(".")
}

// messageOf reads the file, or lets the user write the message.
func (s *session) messageOf(name string) (string, bool) {
	if name == "" {
		return s.edited()
	}
	b, err := os.ReadFile(name)
	if err != nil {
		s.fail(Misused, "", "%s: %s", name, luaapi.FileProblem(err))
		return "", false
	}
	return string(b), true
}

func (s *session) edited() (string, bool) {
	t, ok := s.in.(*terminal)
	switch {
	case !ok:
		s.misused("/data FILE", "there is no terminal for an editor")
		return "", false
	case len(s.cfg.Editor) == 0:
		s.misused("/data FILE", "there is no editor: VISUAL or EDITOR names one")
		return "", false
	}
	text, err := s.edit(t)
	if err != nil {
		s.fail(Misused, "VISUAL or EDITOR names another one, /data FILE takes a file", "%s", err)
		return "", false
	}
	s.out.info("%s, %s", counted(strings.Count(text, "\n"), "line"), counted(len(text), "byte"))
	answer, err := s.in.line(ask{prompt: "send it? [y/N] "})
	if err != nil || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y") {
		s.out.info("not sent")
		return "", false
	}
	return text, true
}

// edit opens the editor with the beginning of a message for the transaction.
func (s *session) edit(t *terminal) (string, error) {
	f, err := os.CreateTemp("", "smtpspec-*.eml") // 0600
	if err != nil {
		return "", errors.New("no temporary file can be made for the editor")
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(s.draft())
	if errors.Join(err, f.Close()) != nil {
		return "", errors.New("the temporary file for the editor cannot be written")
	}
	args := append(s.cfg.Editor[1:len(s.cfg.Editor):len(s.cfg.Editor)], f.Name())
	err = t.cooked(func() error {
		cmd := exec.Command(s.cfg.Editor[0], args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = s.cfg.In, s.cfg.Out, s.cfg.Out
		return cmd.Run()
	})
	if err != nil {
		return "", fmt.Errorf("the editor %s did not end well", s.cfg.Editor[0])
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return "", errors.New("what the editor wrote cannot be read")
	}
	return string(b), nil
}

// draft is the header that the envelope suggests.
func (s *session) draft() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\nTo: %s\nSubject: \n\n", s.from, strings.Join(s.to, ", "))
	return b.String()
}
