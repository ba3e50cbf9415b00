package importer

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

var (
	smtpscriptBlock = lazyregexp.New(`^\s*(?:test-case\b|proc\s+\S+.*\{)`)
	smtpscriptSays  = lazyregexp.New(`^\s*(?:expect\s+(?:smtp|disconnect)|writeln\s+["'])`)
)

func isSMTPScript(lines []string) bool {
	block, says := false, false
	for _, line := range lines {
		block = block || smtpscriptBlock().MatchString(line)
		says = says || smtpscriptSays().MatchString(line)
	}
	return block && says
}

// op is a statement: its words, or the statements of a block.
type op struct {
	words []string
	body  []*op
}

// smtpscript is a script while it is read: procedures and test cases.
type smtpscript struct {
	tokens []token
	procs  map[string][]*op
	d      *dialog
	budget int // steps that may still be written out: repeat and call multiply them
	depth  int
}

// maxSteps is how many steps one test case may have.
const maxSteps = 5000

func readSMTPScript(name string, lines []string) (out []script.Scenario) {
	p := &smtpscript{tokens: tokensOf(strings.Join(lines, "\n") + "\n"), procs: map[string][]*op{}}
	for n := 1; len(p.tokens) > 0; {
		switch word := p.word(); word {
		case "proc":
			p.proc()
		case "test-case":
			s := p.testCase(fmt.Sprintf("%s %d", name, n))
			out = append(out, s)
			n++
		case "\n", "":
		case "include":
			out = append(out, script.Scenario{Name: "include", Steps: []script.Step{{Kind: script.Lost, Conn: 1, Text: "include " + p.word()}}})
		}
	}
	return out
}

// word takes the next token, "" at the end.
func (p *smtpscript) word() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t.text
}

// is tells whether the next token is a word, and takes it.
func (p *smtpscript) is(word string) bool {
	if len(p.tokens) == 0 || p.tokens[0].quoted || p.tokens[0].text != word {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *smtpscript) proc() {
	name := p.word()
	for p.is("%") {
		p.word()
	}
	p.lines()
	if p.is("{") {
		p.procs[name] = p.block()
	}
}

// lines skips line ends.
func (p *smtpscript) lines() {
	for p.is("\n") {
	}
}

// block reads statements up to the bracket that closes it.
func (p *smtpscript) block() (ops []*op) {
	p.depth++
	defer func() { p.depth-- }()
	for len(p.tokens) > 0 {
		p.lines()
		if p.is("}") {
			return ops
		}
		if o := p.statement(); o != nil {
			ops = append(ops, o)
		}
	}
	return ops
}

// statement reads one statement, up to the end of its line or its block.
func (p *smtpscript) statement() *op {
	const deepest = 50
	o := &op{}
	for len(p.tokens) > 0 {
		t := p.tokens[0]
		switch {
		case !t.quoted && t.text == "{" && p.depth < deepest:
			p.word()
			o.body = p.block()
			return o
		case !t.quoted && (t.text == "\n" || t.text == "}"):
			return o
		}
		o.words = append(o.words, p.word())
		if o.words[0] == "repeat" && len(o.words) == 2 {
			p.lines()
			if p.depth >= deepest {
				return o
			}
			p.depth++
			inner := p.statement()
			p.depth--
			o.body = []*op{inner}
			return o
		}
	}
	return o
}

// testCase reads a test case and plays it.
func (p *smtpscript) testCase(name string) script.Scenario {
	s := script.Scenario{Name: name}
	connect := true
	for len(p.tokens) > 0 && !p.is("{") {
		switch word := p.word(); word {
		case "name":
			s.Name = p.word()
		case "no-autoconnect":
			connect = false
		case "expect":
			p.word()
			s.Known = "expect fail, says the script"
		case "skip":
			s.Skip = "skip, says the script"
		}
	}
	p.d, p.budget = &dialog{}, maxSteps
	if connect {
		p.d.connect(script.Connect{})
	}
	p.play(p.block(), 0)
	p.d.close()
	s.Steps = p.d.steps
	return s
}

// play writes out statements. Level is how many calls and blocks they are in.
func (p *smtpscript) play(ops []*op, level int) {
	for _, o := range ops {
		if p.budget--; p.budget == 0 {
			p.d.lost("the rest of a test case of very many steps")
		}
		if p.budget <= 0 || level > 100 {
			return
		}
		p.one(o, level)
	}
}

func (p *smtpscript) one(o *op, level int) {
	if len(o.words) == 0 {
		p.play(o.body, level+1)
		return
	}
	argument := ""
	if len(o.words) > 1 {
		argument = o.words[1]
	}
	switch o.words[0] {
	case "repeat":
		for n := number(argument); n > 0 && p.budget > 0; n-- {
			p.play(o.body, level+1)
		}
	case "random":
		if len(o.body) > 0 {
			p.d.lost("a choice by chance among several statements: the first is taken")
			p.play(o.body[:1], level+1)
		}
	case "call":
		if body, ok := p.procs[argument]; ok {
			p.play(body, level+1)
		} else {
			p.d.lost("call " + argument + ": there is no such proc")
		}
	case "noop":
	case "expect":
		p.expect(o.words[1:])
	default:
		p.act(o.words[0], argument, o.words)
	}
}

// act is a statement that does something.
func (p *smtpscript) act(verb, argument string, words []string) {
	switch verb {
	case "sleep":
		p.d.wait(duration(words[1:]))
	case "fail":
		p.d.add(script.Fail, script.Step{Text: argument})
	case "connect":
		p.d.close()
		to := script.Connect{Host: argument, Port: 25}
		if len(words) > 3 && words[2] == "port" {
			to.Port = number(words[3])
		}
		p.d.connect(to)
	case "disconnect":
		p.d.close()
	case "starttls":
		p.d.add(script.StartTLS, script.Step{})
	case "write":
		p.d.add(script.Raw, script.Step{Data: []byte(argument)})
	case "writeln":
		p.d.add(script.Line, script.Step{Data: []byte(argument)})
	default:
		p.d.lost(strings.Join(words, " "))
	}
}

// duration is a number of milliseconds, or of the unit that follows it.
func duration(words []string) time.Duration {
	if len(words) == 0 {
		return 0
	}
	digits := strings.TrimRight(words[0], "smh")
	unit := strings.TrimPrefix(words[0], digits)
	if unit == "" && len(words) > 1 {
		unit = words[1]
	}
	scale := map[string]time.Duration{"": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	return time.Duration(min(number(digits), 1<<20)) * scale
}

// expect requires a reply. Only those to HELO and of any kind may have several lines.
func (p *smtpscript) expect(words []string) {
	what := strings.Join(words, " ")
	m := &script.Match{How: script.Whole, Lines: 1}
	a := &script.Answer{Match: m}
	switch what {
	case "disconnect":
		p.d.add(script.Closed, script.Step{})
		p.d.open = false
		return
	case "smtp":
		m.Codes, m.Lines = []string{"2xx", "3xx", "4xx", "5xx"}, 0
	case "smtp helo":
		m.Codes, m.Lines = []string{"2xx", "3xx"}, 0
	case "smtp ok":
		m.Codes = []string{"2xx", "3xx"}
	case "smtp tempfail":
		m.Codes = []string{"4xx"}
	case "smtp permfail":
		m.Codes = []string{"5xx"}
	default:
		p.d.lost("expect " + what)
		return
	}
	a.Pattern = m.Codes[0][:1]
	p.d.add(script.Reply, script.Step{Reply: a})
}
