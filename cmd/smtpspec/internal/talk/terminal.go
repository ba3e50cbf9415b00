package talk

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"golang.org/x/term"
)

// terminal reads lines with editing, and lets what is printed meanwhile appear above the line that is being typed. The terminal is in raw mode all the
// while: what is typed ahead is never echoed by the system, and may be a password.
type terminal struct {
	*term.Terminal
	keys   *keys
	screen *Screen
	state  *term.State
	hidden []rune // of the line being typed: what the bullets in it stand for
	how    ask
}

// bullet is what is shown of each character of credentials behind AUTH.
const bullet = '•'

func openTerminal(s *session) (*terminal, error) {
	cfg := s.cfg
	state, err := term.MakeRaw(cfg.Screen.FD)
	if err != nil {
		return nil, err
	}
	t := &terminal{keys: &keys{in: cfg.In}, screen: cfg.Screen, state: state}
	t.Terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t.keys, cfg.Out}, "")
	t.AutoCompleteCallback = t.key
	s.past = openHistory(cfg.History)
	t.History = s.past
	return t, nil
}

func (t *terminal) close() { _ = term.Restore(t.screen.FD, t.state) }

// line implements source.
func (t *terminal) line(how ask) (string, error) {
	if columns, rows := t.screen.Size(); columns > 0 {
		_ = t.SetSize(columns, rows) // fails only where the terminal is gone
	}
	t.hidden, t.how = nil, how
	if how.hidden {
		return t.ReadPassword(how.prompt)
	}
	t.SetPrompt(how.prompt)
	text, err := t.ReadLine()
	if err != nil {
		t.SetPrompt("") // what is still printed takes the place of the last one
	}
	return t.reveal(text), err
}

func (t *terminal) watch(ctx context.Context) (context.Context, func()) { return t.keys.watch(ctx) }

// cooked gives the terminal back while f runs.
func (t *terminal) cooked(f func() error) error {
	_ = term.Restore(t.screen.FD, t.state)
	err := f()
	if state, rerr := term.MakeRaw(t.screen.FD); rerr == nil {
		t.state = state
	}
	return err
}

// authHead is a line up to where its credentials begin.
var authHead = lazyregexp.New(`(?i)^\s*AUTH\s+\S+\s+`)

// key is asked about every key that makes text, and about tab.
func (t *terminal) key(line string, pos int, key rune) (string, int, bool) {
	if t.how.words == nil {
		return line[:pos] + "\t" + line[pos:], pos + 1, key == '\t' // a message may have some
	}
	head := authHead().FindString(line)
	switch {
	case key == '\t' && head == "":
		return t.complete(line, pos)
	case head == "" || pos < len(head) || key < ' ' || key >= 0xd800 && key <= 0xdfff:
		return "", 0, false
	case pos != len(line):
		return line, pos, true // within bullets nobody sees what is changed
	}
	t.match(line[len(head):])
	t.hidden = append(t.hidden, key)
	line += string(bullet)
	return line, len(line), true
}

// match forgets what was deleted of the bullets.
func (t *terminal) match(rest string) {
	n := strings.Count(rest, string(bullet))
	t.hidden = t.hidden[:min(len(t.hidden), n)]
}

// reveal puts what was typed in place of the bullets.
func (t *terminal) reveal(line string) string {
	head := authHead().FindString(line)
	if head == "" || len(t.hidden) == 0 {
		return line
	}
	t.match(line[len(head):])
	var b strings.Builder
	at := 0
	for _, r := range line[len(head):] {
		if r == bullet && at < len(t.hidden) {
			r = t.hidden[at]
			at++
		}
		b.WriteRune(r)
	}
	return head + b.String()
}

// complete finishes the word before the cursor as far as that is certain, and shows what there is to choose from where it is not.
func (t *terminal) complete(line string, pos int) (string, int, bool) {
	from, words := t.how.words.complete(line[:pos])
	if len(words) == 0 {
		return line, pos, true
	}
	typed := line[from:pos]
	common := words[0]
	for _, w := range words[1:] {
		common = commonStart(common, w)
	}
	if len(words) > 1 && len(common) <= len(typed) {
		_, _ = t.Write([]byte("  " + strings.Join(words, "  ") + "\n"))
		return line, pos, true
	}
	done := line[:from] + common
	return done + line[pos:], len(done), true
}

// commonStart is what two words begin with alike, letters in any case.
func commonStart(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && strings.EqualFold(a[n:n+1], b[n:n+1]) {
		n++
	}
	for n > 0 && !utf8.RuneStart(a[min(n, len(a)-1)]) {
		n--
	}
	return a[:n]
}
