package wire

import (
	"bytes"
	"strings"
	"time"
	"unsafe"
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

	Shown any // what users of this package have made of it, if anything

	one [1]Line // room for Lines: most replies have one
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

// scanner finds the end of a reply in what has arrived so far, looking at each byte once.
type scanner struct {
	seen    int // bytes looked at
	start   int // of the line that is not whole yet
	lines   int // whole lines of the reply
	at      int // where the reply ends
	verdict Kind
	tooLong bool
}

// scan tells whether the reply ends in what has arrived: by its last line, by a line that is none of a reply, or by being
// too long.
func (s *scanner) scan(in []byte) bool {
	limited := in[:min(len(in), MaxReply)]
	for s.seen < len(limited) {
		i := bytes.IndexByte(limited[s.seen:], '\n')
		if i < 0 {
			s.seen = len(limited)
			break
		}
		s.seen += i + 1
		s.at = s.seen
		_, more, ok := lineCode(limited[s.start:s.seen])
		if !ok {
			s.verdict = Garbage
			return true
		}
		s.lines++
		s.start = s.seen
		if !more {
			return true
		}
	}
	if len(in) > MaxReply {
		s.at, s.verdict, s.tooLong = MaxReply, Garbage, true
	}
	return s.tooLong
}

// parse makes the lines of Raw that came whole.
func (r *Reply) parse(s *scanner) {
	if s.lines == 0 {
		return
	}
	r.Lines = r.one[:0]
	if s.lines > 1 {
		r.Lines = make([]Line, 0, s.lines)
	}
	rest := unsafe.String(unsafe.SliceData(r.Raw), len(r.Raw)) // nobody changes what arrived
	for range s.lines {
		line := rest[:strings.IndexByte(rest, '\n')+1]
		rest = rest[len(line):]
		code, _, _ := lineCode(line)
		r.Lines = append(r.Lines, Line{code, lineText(line)})
	}
}

// lineCode reads the code of a line. More says that another line follows; ok is false for a line that does not begin with three
// digits.
func lineCode[T string | []byte](line T) (code int, more, ok bool) {
	if len(line) < 3 {
		return 0, false, false
	}
	for i := range 3 {
		c := line[i]
		if c < '0' || c > '9' {
			return 0, false, false
		}
		code = code*10 + int(c-'0')
	}
	return code, len(line) > 3 && line[3] == '-', true
}

// lineText is what follows the code and its separator, without the line end. Where there is no separator, nothing is left
// out.
func lineText(line string) string {
	text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")[3:]
	if text != "" && (text[0] == ' ' || text[0] == '-') {
		return text[1:]
	}
	return text
}

func trimEOL(line []byte) []byte {
	line = bytes.TrimSuffix(line, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// anomalyNames are the names of the Lua API, in the order of the anomaly constants.
var anomalyNames = [...]string{"bare-lf", "code-mismatch", "long-line", "no-space", "no-text", "control", "8bit", "bad-code"}

const (
	bareLF = iota
	codeMismatch
	longLine
	noSpace
	noText
	control
	eightBit
	badCode
)

type anomalies [len(anomalyNames)]bool

// Anomalies names what is unusual in the reply.
func (r *Reply) Anomalies() []string {
	var found anomalies
	for rest := r.Raw; len(rest) > 0; {
		line := firstLine(rest)
		rest = rest[len(line):]
		found.note(line)
	}
	for _, l := range r.Lines {
		found[codeMismatch] = found[codeMismatch] || l.Code != r.Lines[0].Code
	}
	var out []string
	for i, f := range found {
		if f {
			out = append(out, anomalyNames[i])
		}
	}
	return out
}

func (a *anomalies) note(line []byte) {
	text := trimEOL(line)
	a[longLine] = a[longLine] || len(line) > maxReplyLine
	for _, c := range text {
		a[control] = a[control] || c < ' ' && c != '\t' || c == 0x7f
		a[eightBit] = a[eightBit] || c >= 0x80
	}
	if !bytes.HasSuffix(line, []byte("\n")) {
		return // it was cut off: what is missing is no fault of its form
	}
	a[bareLF] = a[bareLF] || len(line)-len(text) == 1
	code, _, ok := lineCode(text)
	// RFC 5321 4.2: Reply-code = %x32-35 %x30-35 %x30-39.
	a[badCode] = a[badCode] || !ok || code < 200 || code > 559 || code/10%10 > 5
	if ok {
		a[noSpace] = a[noSpace] || len(text) > 3 && text[3] != ' ' && text[3] != '-'
		a[noText] = a[noText] || len(text) <= 4 && (len(text) == 3 || text[3] == ' ' || text[3] == '-')
	}
}
