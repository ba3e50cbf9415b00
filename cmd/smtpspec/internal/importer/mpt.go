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
	mptLine     = lazyregexp.New(`^(?:C|S):`)
	mptVariable = lazyregexp.New(`\$\{[^}]*\}`)
)

func isMPT(lines []string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, "S:") {
			return true
		}
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") && !mptLine().MatchString(line) && !strings.HasPrefix(line, "SESSION:") {
			return false
		}
	}
	return false
}

// mpt is a test while it is read.
type mpt struct {
	d    *dialog
	last int // number of connections
	sub  []string
	in   bool // in a block of lines that come in any order
}

func readMPT(name string, lines []string) []script.Scenario {
	m := &mpt{d: &dialog{}}
	m.session(0)
	for _, line := range lines {
		m.line(line)
	}
	if m.in {
		m.block()
	}
	for n := range m.last {
		m.d.conn = n + 1
		m.d.open = true
		m.d.close()
	}
	return []script.Scenario{m.d.scenario(name)}
}

// session goes on with one of the connections, which are all open from the beginning.
func (m *mpt) session(n int) {
	for m.last <= n {
		m.d.conn = m.last
		m.d.connect(script.Connect{})
		m.last++
	}
	m.d.conn = n + 1
}

func (m *mpt) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case m.in && strings.HasPrefix(line, "}"):
		m.block()
	case m.in:
		m.sub = append(m.sub, strings.TrimPrefix(strings.TrimPrefix(line, "S:"), " "))
	case strings.HasPrefix(line, "C:"):
		m.client(after(line))
	case strings.HasPrefix(line, "S:"):
		m.require(script.Next, after(line))
	case line == "SUB {":
		m.in, m.sub = true, nil
	case strings.HasPrefix(line, "SESSION:"):
		if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "SESSION:"))); err == nil && n >= 0 && n < maxSessions {
			m.session(n)
		}
	case word == "WAIT":
		m.d.wait(time.Duration(number(rest)) * time.Millisecond)
	case word == "AWAIT":
		m.d.wait(5 * time.Second)
	case word == "LOG":
		_, text, _ := strings.Cut(rest, " ")
		m.d.note(text)
	case word == "REINIT", word == "TIMER", strings.HasPrefix(line, `\+`):
		m.d.lost(line)
	case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
	default:
		m.d.lost(line)
	}
}

// maxSessions is how many connections a test may have.
const maxSessions = 100

// after is what follows the mark of a line and a blank.
func after(line string) string {
	if len(line) <= 3 {
		return ""
	}
	return line[3:]
}

func (m *mpt) client(text string) {
	if v := mptVariable().FindString(text); v != "" {
		m.d.lost("the value of " + v + ", which the program that runs the test gives")
	}
	m.d.add(script.Line, script.Step{Data: []byte(text)})
}

// require requires lines that the expressions match as a whole.
func (m *mpt) require(how script.How, expressions ...string) {
	var all []string
	for _, e := range expressions {
		patterns, err := luaPatterns(e, true)
		if err != nil || how == script.Unordered && len(patterns) != 1 {
			m.d.lost(fmt.Sprintf("the regular expression %s, which is no Lua pattern: the line may be any", e))
			patterns = nil
			if how == script.Unordered {
				patterns = []string{""}
			}
		}
		all = append(all, patterns...)
	}
	m.d.require(how, all, codeIn(expressions[len(expressions)-1]))
}

func (m *mpt) block() {
	m.in = false
	if len(m.sub) > 0 {
		m.require(script.Unordered, m.sub...)
	}
}
