package script

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// MaxSource is the most bytes that a scenario file may have.
const MaxSource = 1 << 20

// TooLongError says that conversations do not fit into a scenario file.
type TooLongError struct{ Bytes int }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("the scenario file would have %d bytes, and may have %d: save fewer or shorter conversations in one", e.Bytes, MaxSource)
}

// Write writes the file as Lua. Of two runs of the program that saw the same, both write the same. The error is a *TooLongError,
// or w's.
func (f *File) Write(w io.Writer) error {
	var b bytes.Buffer
	secrets := &wire.Secrets{}
	if f.Secrets != nil {
		secrets = f.Secrets.Clone()
	}
	todo := make([][]Step, len(f.Scenarios))
	for i, s := range f.Scenarios {
		todo[i] = foldAuth(s.Steps, secrets)
	}
	for _, line := range f.Comment {
		comment(&b, "", secrets.Text(line))
	}
	var scenarios bytes.Buffer
	names, used := map[string]bool{}, map[string]bool{}
	for i, s := range f.Scenarios {
		if i > 0 {
			scenarios.WriteByte('\n')
		}
		sw := writer{scenario: s, todo: masked(todo[i], secrets), conns: map[int]*conn{}, helpers: used}
		sw.steps()
		sw.finish(&scenarios, uniqueName(secrets.Text(s.Name), names))
	}
	for _, h := range helpers {
		if used[h.name] {
			b.WriteString(strings.TrimSuffix("\n", "\n"[min(1, b.Len()):]) + h.source)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.Write(scenarios.Bytes())
	if b.Len() > MaxSource {
		return &TooLongError{b.Len()}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// longestName is how many characters of a name there is room for.
const longestName = 60

// uniqueName is a name that no other scenario of the file has.
func uniqueName(name string, taken map[string]bool) string {
	name = strings.Join(strings.Fields(plain(name)), " ")
	if name == "" {
		name = "conversation"
	}
	if head, rest := breakLine(name, longestName); rest != "" {
		name = head + " …"
	}
	for n := 2; taken[name]; n++ {
		cut := strings.TrimSuffix(name, fmt.Sprintf(" (%d)", n-1))
		name = fmt.Sprintf("%s (%d)", cut, n)
	}
	taken[name] = true
	return name
}

// writer writes one scenario.
type writer struct {
	scenario Scenario
	helpers  map[string]bool // functions of the file's own that are called
	todo     []Step
	at       int // the step that is being written
	b        bytes.Buffer
	conns    map[int]*conn
	first    *Connect // the scenario's first: its host and port are the target's
	logins   []string // user names, in the order in which they came: each has facts of its own
	requires []string
	asks     bool          // something was required
	waits    time.Duration // in all
}

// conn is what is known of a connection while its steps are written.
type conn struct {
	name    string // the Lua variable
	ledger  ledger
	own     map[string]bool // the server's names for itself: another server has others
	closed  bool
	lastOne int // index of its last step
}

func (w *writer) steps() {
	if w.scenario.Skip != "" {
		w.asks = true
		w.line("skip(%s)", quote(w.scenario.Skip))
	}
	for w.at = 0; w.at < len(w.todo); w.at++ {
		w.step(&w.todo[w.at])
	}
	if !w.asks {
		w.line(`skip("nothing is known of what the server answers")`)
	}
}

// finish puts the function around the steps.
func (w *writer) finish(b *bytes.Buffer, name string) {
	var options []string
	if len(w.requires) > 0 {
		words := make([]string, len(w.requires))
		for i, r := range w.requires {
			words[i] = quote(r)
		}
		options = append(options, "requires = { "+strings.Join(words, ", ")+" }")
	}
	if w.waits >= 30*time.Second {
		options = append(options, fmt.Sprintf("timeout = %d", int((w.waits+time.Minute).Seconds())))
	}
	if w.scenario.Known != "" {
		options = append(options, "known_issue = "+quote(w.scenario.Known))
	}
	if w.scenario.Plain {
		fmt.Fprintf(b, "suite { %s }\n\n", strings.Join(append([]string{"name = " + quote(name)}, options...), ", "))
		b.Write(w.b.Bytes())
		return
	}
	head := "scenario(" + quote(name)
	if len(options) > 0 {
		head += ", { " + strings.Join(options, ", ") + " }"
	}
	b.WriteString(head + ", function()\n")
	b.Write(w.b.Bytes())
	b.WriteString("end)\n")
}

// indent is where the statements of a scenario begin.
const indent = "  "

// margin is what a statement stands behind.
func (w *writer) margin() string {
	if w.scenario.Plain {
		return ""
	}
	return indent
}

func (w *writer) line(format string, args ...any) {
	w.b.WriteString(w.margin())
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	w.b.WriteString(format + "\n")
}

// need adds facts to what the scenario requires.
func (w *writer) need(facts ...string) {
	for _, f := range facts {
		if !contains(w.requires, f) {
			w.requires = append(w.requires, f)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// conn is the connection of a step, which is opened here if no step did.
func (w *writer) conn(n int) *conn {
	k := w.conns[n]
	if k == nil {
		k = w.open(n, nil)
	}
	return k
}

func (w *writer) step(s *Step) {
	switch s.Kind {
	case Note:
		comment(&w.b, w.margin(), s.Text)
		return
	case Lost:
		w.lost(s.Text)
		return
	case Wait:
		w.waits += s.Time
		w.line("sleep(%s)", duration(s.Time))
		return
	case Open:
		w.open(s.Conn, s.Connect)
		return
	}
	k := w.conn(s.Conn)
	switch s.Kind {
	case Line, Raw, Message:
		w.sent(k, s)
	case Reply:
		w.reply(k, "", s.Reply)
	case StartTLS:
		k.ledger.reset()
		w.asks = true
		w.line("%s:handshake()", k.name)
	case Auth:
		w.auth(k, s.Auth)
	case Silence:
		w.waits += s.Time
		w.asks = true
		w.line("%s:expect_silence(%s)", k.name, duration(s.Time))
	case Close:
		w.close(k)
	case Closed:
		w.peerClosed(k)
	case StopTLS:
		w.line("%s:stop_tls()", k.name)
	case Drained:
		w.drained(k, s)
	case Require:
		w.asks = true
		w.line("%s:%s", k.name, s.Text)
	case Fail:
		w.asks = true
		w.line("fail(%s)", quote(s.Text))
	}
}

// open writes how a connection comes about. Where it goes is the target's matter, unless the scenario goes to several places.
func (w *writer) open(n int, to *Connect) *conn {
	k := &conn{name: "c", own: map[string]bool{}}
	if len(w.conns) > 0 {
		k.name = fmt.Sprintf("c%d", len(w.conns)+1)
	}
	if old := w.conns[n]; old != nil {
		k.name = fmt.Sprintf("c%d", len(w.conns)+n+1) // the number was used before: producers give each connection its own
	}
	w.conns[n] = k
	k.ledger.reset()
	k.ledger.pending = []string{greeting}
	for i, s := range w.todo {
		if s.Conn == n {
			k.lastOne = i
		}
	}
	if to == nil {
		to = &Connect{}
	}
	k.ledger.lmtp = to.LMTP
	if to.Host != "" {
		k.own[strings.ToLower(to.Host)] = true
	}
	w.line("local %s = smtp.connect%s", k.name, w.where(to))
	return k
}

// where are the options of connect.
func (w *writer) where(to *Connect) string {
	if w.first == nil {
		w.first = to
	}
	var options []string
	if to.Host != w.first.Host && to.Host != "" {
		options = append(options, "host = "+quote(to.Host))
	}
	if to.Port != w.first.Port && to.Port != 0 {
		options = append(options, fmt.Sprintf("port = %d", to.Port))
	}
	switch {
	case to.TLS:
		options = append(options, `tls = "implicit"`)
	case w.first.TLS:
		options = append(options, `tls = "none"`)
	}
	if to.LMTP {
		options = append(options, "lmtp = true")
	}
	if to.Patience > 0 {
		options = append(options, "reply_timeout = "+duration(to.Patience))
	}
	if options == nil {
		return "()"
	}
	return " { " + strings.Join(options, ", ") + " }"
}

// close ends the client's side. What the server says after that is still read.
func (w *writer) close(k *conn) {
	if k.closed {
		return
	}
	for _, s := range w.todo[w.at+1 : k.lastOne+1] {
		if w.conns[s.Conn] == k && s.Kind == Reply {
			w.line("%s:close_write()", k.name)
			return
		}
	}
	k.closed = true
	w.line("%s:close()", k.name)
}

func (w *writer) peerClosed(k *conn) {
	if k.closed {
		return
	}
	k.closed = true
	w.asks = true
	w.line("%s:expect_close()", k.name)
}

// lost writes what luaapi's linter knows by its first word.
func (w *writer) lost(text string) {
	comment(&w.b, w.margin(), "lost: "+strings.Join(strings.Fields(plain(text)), " "))
}

// duration is a time as the language takes it: seconds, or milliseconds as text.
func duration(d time.Duration) string {
	ms := max(1, d.Round(time.Millisecond).Milliseconds())
	if ms < 1000 {
		return fmt.Sprintf(`"%dms"`, ms)
	}
	return fmt.Sprintf("%g", float64(ms)/1000)
}
