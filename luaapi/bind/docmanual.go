package bind

import (
	"fmt"
	"strings"
)

// manual is what the reference says of an entry beyond its line in the table: a text of sections, each of which begins with the
// names that it is about.
//
//	# smtp.connect
//	param options: what to connect to
//	returns string?: why not, with the option optional
//	also connect(address: string): smtp.Conn
//	fails: where the connect does not come about
//	refs: RFC 5321 3.1
//	A paragraph of text.
//	example with c = smtp.session():
//	    c:noop()
//
// A line that begins with two spaces goes on with the one before; four spaces begin a line of an example.
type manual struct {
	params  map[string]*string
	returns []Item
	also    []string
	fails   string
	refs    string
	text    []string
	example Example
}

// Item is a thing with a type and a meaning: a parameter, or a result.
type Item struct {
	Name, Type, Default, Doc string
	Optional                 bool
}

// Example is a script. With is what comes before its first line, or how its run ends, as the tests of the pages have it.
type Example struct{ With, Text string }

// parseManual reads a manual: the sections by the names of their entries.
func parseManual(text string) (map[string]*manual, error) {
	all := map[string]*manual{}
	var m *manual
	var goesOn *string // where a continued line belongs
	for i, line := range strings.Split(text, "\n") {
		names, heading := strings.CutPrefix(line, "# ")
		switch {
		case heading:
			m, goesOn = &manual{params: map[string]*string{}}, nil
			for _, name := range strings.Fields(names) {
				if all[name] != nil {
					return nil, fmt.Errorf("line %d: %s has a section already", i+1, name)
				}
				all[name] = m
			}
		case m == nil && line == "":
		case m == nil:
			return nil, fmt.Errorf("line %d: a section begins with # and the names that it is about", i+1)
		case m.exampleLine(line):
		case strings.HasPrefix(line, "  ") && goesOn != nil:
			*goesOn += " " + strings.TrimSpace(line)
		case line == "":
			goesOn = nil
		default:
			goesOn = m.item(line)
		}
	}
	for _, m := range all {
		m.example.Text = strings.Trim(m.example.Text, "\n")
	}
	return all, nil
}

// exampleLine takes a line of an example, or the line that begins one. Empty lines are part of it.
func (m *manual) exampleLine(line string) bool {
	if code, ok := strings.CutPrefix(line, "    "); ok {
		m.example.Text += code + "\n"
		return true
	}
	with, ok := strings.CutPrefix(line, "example")
	if ok && strings.HasSuffix(with, ":") {
		m.example.With = strings.TrimSpace(strings.TrimSuffix(with, ":"))
		return true
	}
	if line == "" && m.example.Text != "" {
		m.example.Text += "\n"
	}
	return false
}

// item takes a line that begins something. It gives where more of it belongs.
func (m *manual) item(line string) *string {
	word, rest, _ := strings.Cut(line, " ")
	before, doc, colon := strings.Cut(rest, ": ")
	switch {
	case word == "param" && colon:
		m.params[before] = &doc
		return &doc
	case word == "returns" && colon:
		m.returns = append(m.returns, Item{Type: before, Doc: doc})
		return &m.returns[len(m.returns)-1].Doc
	case word == "also":
		m.also = append(m.also, rest)
		return nil
	case word == "fails:":
		m.fails = rest
		return &m.fails
	case word == "refs:":
		m.refs = rest
		return nil
	}
	m.text = append(m.text, line)
	return &m.text[len(m.text)-1]
}
