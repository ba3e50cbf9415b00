package wire

import (
	"bytes"
	"strings"
	"time"
)

// MaxReply is the size in bytes beyond which a reply is given up as Garbage.
const MaxReply = 1 << 20

// maxReplyLine is RFC 5321 4.5.3.1.5's limit of a reply line, CRLF included.
const maxReplyLine = 512

// Reply is one whole SMTP reply (RFC 5321 4.2), or what there was of one. Every byte is in Raw; the rest is a view.
type Reply struct {
	Raw     []byte
	Code    int    // of the last line; 0 when the reply did not come whole
	Ended   Kind   // None, or why there is no whole reply: Close, Reset, Timeout, Garbage, TLS, Cancelled
	Lines   []Line // the lines that came whole
	Verb    string // the command that it answers, in upper case; Greeting for the first; "" when nothing was outstanding
	Arrived time.Time
	Elapsed time.Duration // from the last byte written (greeting: the connect) to the arrival of the last byte
	Detail  error         // the cause behind Ended, in the system's words
	TooLong bool          // given up at MaxReply
	Wire    int           // index of the transcript record with the last line
}

// Line is one line of a reply. Text is what follows the code and its separator, without the line end.
type Line struct {
	Code int
	Text string
}

// Greeting is the Verb of a connection's first reply.
const Greeting = "greeting"

// Text is the text of all lines, joined by LF.
func (r *Reply) Text() string {
	if len(r.Lines) == 1 {
		return r.Lines[0].Text
	}
	texts := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		texts[i] = l.Text
	}
	return strings.Join(texts, "\n")
}

// Enhanced is the enhanced status code (RFC 3463) at the start of the first line, or "". Greetings, replies to EHLO and
// 3xx have none (RFC 2034 4).
func (r *Reply) Enhanced() string {
	if len(r.Lines) == 0 || r.Code/100 == 3 || r.Verb == Greeting || isHello(r.Verb) {
		return ""
	}
	word, _, _ := strings.Cut(r.Lines[0].Text, " ")
	if !isEnhanced(word) {
		return ""
	}
	return word
}

func isHello(verb string) bool { return verb == "EHLO" || verb == "LHLO" || verb == "HELO" }

// isEnhanced is RFC 3463 2's status-code: class "." subject "." detail, the latter of one to three digits.
func isEnhanced(word string) bool {
	class, rest, ok := strings.Cut(word, ".")
	if !ok || class != "2" && class != "4" && class != "5" {
		return false
	}
	subject, detail, ok := strings.Cut(rest, ".")
	return ok && isShortNumber(subject) && isShortNumber(detail)
}

func isShortNumber(s string) bool {
	if len(s) < 1 || len(s) > 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// parseLine reads one line of a reply, with its line end. More says that another line follows; ok is false for a line
// that does not begin with three digits.
func parseLine(line []byte) (l Line, more, ok bool) {
	line = trimEOL(line)
	if len(line) < 3 {
		return l, false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return l, false, false
		}
		l.Code = l.Code*10 + int(c-'0')
	}
	if len(line) == 3 {
		return l, false, true
	}
	more = line[3] == '-'
	if more || line[3] == ' ' {
		l.Text = string(line[4:])
	} else {
		l.Text = string(line[3:])
	}
	return l, more, true
}

func trimEOL(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// Anomalies names what is unusual in the reply; the names are those of the Lua API.
func (r *Reply) Anomalies() []string {
	var found [8]bool
	names := [8]string{"bare-lf", "code-mismatch", "long-line", "no-space", "no-text", "control", "8bit", "bad-code"}
	for rest := r.Raw; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		rest = rest[len(line):]
		lineAnomalies(line, &found)
	}
	for _, l := range r.Lines {
		found[1] = found[1] || l.Code != r.Lines[len(r.Lines)-1].Code
	}
	var out []string
	for i, f := range found {
		if f {
			out = append(out, names[i])
		}
	}
	return out
}

func lineAnomalies(line []byte, found *[8]bool) {
	text := trimEOL(line)
	found[0] = found[0] || bytes.HasSuffix(line, []byte("\n")) && !bytes.HasSuffix(line, []byte("\r\n"))
	found[2] = found[2] || len(line) > maxReplyLine
	l, _, ok := parseLine(line)
	if ok {
		found[3] = found[3] || len(text) > 3 && text[3] != ' ' && text[3] != '-'
		found[4] = found[4] || l.Text == ""
	}
	// RFC 5321 4.2: Reply-code = %x32-35 %x30-35 %x30-39.
	found[7] = found[7] || !ok || l.Code < 200 || l.Code > 559 || l.Code/10%10 > 5
	for _, c := range text {
		found[5] = found[5] || c < ' ' && c != '\t' || c == 0x7f
		found[6] = found[6] || c >= 0x80
	}
}
