package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Style is how a report is written for people.
type Style struct {
	Color bool
	Width int // of the screen; 0 where it is not known
}

// usualWidth is that of a report that goes to no screen.
const usualWidth = 110

// indent is where the text of a finding begins.
const indent = "          "

var colors = map[Status]string{OK: "\x1b[32m", Warning: "\x1b[33m", Problem: "\x1b[31m"}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Text writes the report for people: by question, and by host where there are several.
func (r *Report) Text(w io.Writer, s Style) error {
	if s.Width <= 0 {
		s.Width = usualWidth
	}
	s.Width = max(s.Width, 60)
	p := &page{style: s, several: len(r.Hosts) > 1}
	p.paragraph("", r.Said)
	for _, q := range r.questions() {
		p.question(q, slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Question != q }))
	}
	p.line("")
	p.line(r.counts(s))
	_, err := io.WriteString(w, p.text.String())
	return err
}

// counts is the last line.
func (r *Report) counts(s Style) string {
	parts := []string{
		s.paint(Problem, plural(r.Problems, "problem"), r.Problems > 0), s.paint(Warning, plural(r.Warnings, "warning"), r.Warnings > 0),
		fmt.Sprintf("%d ok", r.OK),
	}
	text := strings.Join(parts, ", ") + fmt.Sprintf("  in %.1fs", r.Seconds)
	if r.Interrupted {
		text += "; interrupted, so some questions are open"
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (s Style) paint(status Status, text string, really bool) string {
	if !s.Color || !really {
		return text
	}
	return colors[status] + text + "\x1b[0m"
}

func (s Style) bold(text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// page is a report being written.
type page struct {
	style   Style
	several bool // hosts
	text    strings.Builder
}

func (p *page) line(text string) { p.text.WriteString(strings.TrimRight(text, " ") + "\n") }

func (p *page) question(q string, findings []Finding) {
	p.line("")
	p.line(p.style.bold(event.Safe(q)))
	about := ""
	for len(findings) > 0 {
		f := findings[0]
		if p.several && f.About != about {
			about = f.About
			p.line("  " + event.Safe(about))
		}
		offers := findings[:0:0]
		for len(findings) > 0 && findings[0].Keyword != "" && findings[0].About == f.About {
			offers, findings = append(offers, findings[0]), findings[1:]
		}
		if len(offers) > 0 {
			p.offers(offers)
			continue
		}
		p.finding(f)
		findings = findings[1:]
	}
}

func (p *page) finding(f Finding) {
	p.paragraph("  "+p.style.paint(f.Status, fmt.Sprintf("%-8s", f.Status), true), f.Text)
	if f.Status == OK {
		return
	}
	rest := f.Todo
	if rest != "" {
		rest = "To do: " + rest
	}
	if f.Reference != "" {
		rest = strings.TrimSpace(rest + " [" + f.Reference + "]")
	}
	if rest != "" {
		p.paragraph("  "+strings.Repeat(" ", 8), rest)
	}
}

// offers writes a table of keywords: what a server offers at several ports, before and after STARTTLS, is said once.
func (p *page) offers(list []Finding) {
	var order, places []string
	where := map[string][]string{}
	meanings := map[string]string{}
	wide := 0
	for _, f := range list {
		word := strings.TrimSpace(f.Keyword + " " + f.parameter)
		if where[word] == nil {
			order = append(order, word)
		}
		if !slices.Contains(places, f.where) {
			places = append(places, f.where)
		}
		where[word] = append(where[word], f.where)
		meanings[word] = f.Meaning
		wide = max(wide, utf8.RuneCountInString(word))
	}
	wide = min(wide, 20)
	p.finding(Finding{Status: OK, Text: "offered at " + strings.Join(places, "; ") + ":"})
	for _, word := range order {
		text := fmt.Sprintf("%-*s", wide, word)
		if m := meanings[word]; m != "" {
			text += "  " + m
		}
		if len(where[word]) < len(places) {
			text += "  (only " + strings.Join(where[word], "; ") + ")"
		}
		p.paragraph("  "+strings.Repeat(" ", 8), text)
	}
}

// paragraph writes text after a label, in lines that fit. What a server said may hold anything: it is made visible.
func (p *page) paragraph(label, text string) {
	room, pad := p.style.Width-len(indent), indent
	if label == "" {
		room, pad = p.style.Width, ""
	}
	for i, line := range fold(event.Safe(text), room) {
		switch {
		case i > 0:
			p.line(pad + line)
		case label == "":
			p.line(line)
		default:
			p.line(label + line)
		}
	}
}

// fold breaks text at blanks into lines of at most so many characters; a word that is longer stays whole.
func fold(text string, width int) (lines []string) {
	for text != "" {
		if utf8.RuneCountInString(text) <= width {
			return append(lines, text)
		}
		runes := []rune(text)
		cut := strings.LastIndexByte(string(runes[:width+1]), ' ')
		if cut <= 0 {
			if cut = strings.IndexByte(text, ' '); cut <= 0 {
				return append(lines, text)
			}
		}
		lines, text = append(lines, text[:cut]), strings.TrimLeft(text[cut:], " ")
	}
	return lines
}
