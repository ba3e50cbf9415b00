package talk

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/meaning"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// printer writes the dialogue: "> " before what we said, "< " before what the server said, "* " before what happened besides. Secrets are masked in
// all of it.
type printer struct {
	w       io.Writer
	color   bool
	explain bool // say what codes mean
	secrets *wire.Secrets
}

// Colours, as the reports have them.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p *printer) paint(code, text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p *printer) line(text string) { io.WriteString(p.w, text+"\n") }

// info says what happened besides the dialogue.
func (p *printer) info(format string, args ...any) { p.marked("* ", dim, fmt.Sprintf(format, args...)) }

// problem says what went wrong.
func (p *printer) problem(format string, args ...any) {
	p.marked("! ", red, fmt.Sprintf(format, args...))
}

func (p *printer) marked(mark, color, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(p.secrets.Text(text), "\n"), "\n") {
		p.line(p.paint(color, mark+event.Safe(line)))
	}
}

// result shows a value of Lua's, or a text that was asked for.
func (p *printer) result(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(p.secrets.Text(text), "\n"), "\n") {
		p.line("  " + event.Safe(line))
	}
}

// sent shows a line that was sent and that nobody sees on the screen yet.
func (p *printer) sent(line string) {
	p.line(p.paint(bold, "> "+event.Visible(p.secrets.Text(line))))
}

// received shows bytes from the server, a line each.
func (p *printer) received(raw []byte) {
	for line := range strings.Lines(string(p.secrets.Bytes(raw))) {
		text := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		code := ""
		if len(text) >= 3 && strings.Trim(text[:3], "0123456789") == "" {
			code, text = text[:3], text[3:]
		}
		p.line("< " + p.paint(colorOf(code), code) + event.Visible(text))
	}
}

func colorOf(code string) string {
	if code == "" {
		return red
	}
	switch code[0] {
	case '2':
		return green
	case '3':
		return cyan
	case '4':
		return yellow
	}
	return red
}

// reply shows a whole reply, and what it means.
func (p *printer) reply(r *wire.Reply) {
	p.received(r.Raw)
	if odd := r.Anomalies(); len(odd) > 0 {
		p.info("unusual in this reply: %s", strings.Join(odd, ", "))
	}
	if !p.explain {
		return
	}
	if text := meaningOf(r); text != "" {
		p.line(p.paint(dim, "  = "+event.Safe(p.secrets.Text(text))))
	}
}

// meaningOf says a reply in words. A list of what EHLO offers has none.
func meaningOf(r *wire.Reply) string {
	if r.Code == 250 && (r.Verb == "EHLO" || r.Verb == "LHLO" || r.Verb == "HELO") {
		return ""
	}
	text := meaning.Code(r.Code)
	if e := r.Enhanced(); e != "" {
		if more := meaning.Enhanced(e); more != "" {
			text += "; " + e + ": " + more
		}
	}
	if r.Code == 334 {
		if asked := challenge(r); asked != "" {
			text += `: "` + asked + `"`
		}
	}
	return text
}

// challenge is what a 334 asks for, where that can be read.
func challenge(r *wire.Reply) string {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Text()))
	if err != nil || strings.ContainsFunc(string(b), func(c rune) bool { return c < ' ' || c > '~' }) {
		return ""
	}
	return string(b)
}

// records shows what a piece of Lua did.
func (p *printer) records(records []event.Wire) {
	for _, r := range records {
		switch r.Dir {
		case event.Out:
			for line := range strings.Lines(string(r.Data)) {
				p.line(p.paint(bold, "> "+event.Visible(strings.TrimRight(line, "\r\n"))))
			}
		case event.In:
			p.received(r.Data)
		default:
			p.info("%s", r.Data)
		}
	}
}
