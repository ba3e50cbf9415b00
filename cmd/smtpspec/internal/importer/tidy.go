package importer

import (
	"bytes"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
)

// tidy makes messages of the lines that were sent as such, and says on opening which connections speak LMTP.
func tidy(steps []script.Step) []script.Step {
	lmtp := map[int]bool{}
	for _, s := range steps {
		if s.Kind == script.Line && strings.HasPrefix(strings.ToUpper(string(s.Data)), "LHLO ") {
			lmtp[s.Conn] = true
		}
	}
	var out []script.Step
	for i := 0; i < len(steps); i++ {
		s := steps[i]
		if s.Kind == script.Open && lmtp[s.Conn] {
			s.Connect.LMTP = true
		}
		out = append(out, s)
		if !invites(s) || !afterDATA(out) {
			continue
		}
		if message, n := messageOf(steps[i+1:]); n > 0 {
			out = append(out, message)
			i += n
		}
	}
	return farewells(out)
}

// farewells adds the reply to a QUIT that a source leaves out at its end: what a server says and nobody reads is a warning.
func farewells(steps []script.Step) []script.Step {
	last := map[int]int{} // of each connection, the step that says something
	for i, s := range steps {
		switch s.Kind {
		case script.Line, script.Raw, script.Message, script.Reply, script.Closed, script.Auth, script.StartTLS:
			last[s.Conn] = i
		}
	}
	var out []script.Step
	for i, s := range steps {
		out = append(out, s)
		if last[s.Conn] == i && s.Kind == script.Line && strings.EqualFold(string(s.Data), "QUIT") {
			out = append(out, script.Step{Kind: script.Reply, Conn: s.Conn, Reply: &script.Answer{Pattern: "221"}})
		}
	}
	return out
}

// invites tells whether a step is a 354.
func invites(s script.Step) bool {
	return s.Kind == script.Reply && s.Reply != nil && s.Reply.Code == 354
}

// afterDATA tells whether the last line that the client of the last step sent is DATA.
func afterDATA(steps []script.Step) bool {
	conn := steps[len(steps)-1].Conn
	for i := len(steps) - 2; i >= 0; i-- {
		s := steps[i]
		if s.Conn != conn {
			continue
		}
		switch s.Kind {
		case script.Line:
			return strings.EqualFold(strings.TrimSpace(string(s.Data)), "DATA")
		case script.Raw:
			return bytes.HasSuffix(bytes.ToUpper(s.Data), []byte("DATA\r\n"))
		case script.Message, script.Open:
			return false
		}
	}
	return false
}

// messageOf makes one message of the lines that steps begin with, up to the lone dot, and tells how many steps those are: 0 where they are
// no message that send_data would send the same way.
func messageOf(steps []script.Step) (script.Step, int) {
	var text, raw []byte
	same := true
	for i, s := range steps {
		if s.Kind == script.Drained {
			continue
		}
		if s.Kind != script.Line || s.Conn != steps[0].Conn || bytes.ContainsAny(s.Data, "\r\n") {
			return script.Step{}, 0
		}
		raw = append(append(raw, s.Data...), "\r\n"...)
		if string(s.Data) == "." {
			if !same {
				return script.Step{Kind: script.Raw, Conn: s.Conn, Data: raw}, i + 1
			}
			return script.Step{Kind: script.Message, Conn: s.Conn, Data: text}, i + 1
		}
		line := s.Data
		if bytes.HasPrefix(line, []byte(".")) {
			line = line[1:]
			same = same && bytes.HasPrefix(line, []byte("."))
		}
		text = append(append(text, line...), "\r\n"...)
	}
	return script.Step{}, 0
}
