package importer

import (
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
)

// swaks writes what it sends behind " ->", or " ~>" in TLS, what it reads behind "<-" or "<~", with stars where it expected something else, and
// what it does behind "===" or "***".
var (
	swaksSent = lazyregexp.New(`^(?: ->| ~>|\*~>|\*\*>)(?: (.*))?$`)
	swaksRead = lazyregexp.New(`^(?:<-|<~|<\*\*|<~\*) ?(?: (.*))?$`)
	swaksInfo = lazyregexp.New(`^(?:===|\*\*\*) (.*)$`)
	swaksOpen = lazyregexp.New(`^Trying (.+):(\d+)\.\.\.`)
)

func isSwaks(lines []string) bool {
	sent, read, info := 0, 0, 0
	for _, line := range lines {
		switch {
		case swaksSent().MatchString(line):
			sent++
		case strings.HasPrefix(line, "<-  ") || strings.HasPrefix(line, "<~  ") || strings.HasPrefix(line, "<**") || strings.HasPrefix(line, "<~*"):
			read++
		case strings.HasPrefix(line, "=== Trying ") || strings.HasPrefix(line, "=== Connected to "):
			info++
		}
	}
	return info > 0 || read > 0 && sent > 0
}

func readSwaks(name string, lines []string) (out []script.Scenario) {
	d := &dialog{}
	end := func() {
		if d.steps != nil {
			out = append(out, d.scenario(name))
		}
		d = &dialog{}
	}
	for _, line := range lines {
		if m := swaksInfo().FindStringSubmatch(line); m != nil {
			if strings.HasPrefix(m[1], "Trying ") {
				end()
			}
			swaksEvent(d, m[1])
			continue
		}
		if m := swaksSent().FindStringSubmatch(line); m != nil {
			d.client(m[1])
		} else if m := swaksRead().FindStringSubmatch(line); m != nil && m[1] != "" {
			d.server(strings.TrimRight(m[1], " "))
		}
	}
	end()
	return out
}

// swaksEvent takes a line that tells what swaks does.
func swaksEvent(d *dialog, text string) {
	switch {
	case swaksOpen().MatchString(text):
		m := swaksOpen().FindStringSubmatch(text)
		d.connect(script.Connect{Host: m[1], Port: number(m[2])})
	case strings.HasPrefix(text, "Connected to "):
		d.need()
	case strings.HasPrefix(text, "TLS started with"):
		d.need()
		d.handshake()
	case strings.HasPrefix(text, "Connection closed with remote host"):
		d.close()
	case strings.HasPrefix(text, "Remote host closed connection"):
		d.closed()
	case strings.HasPrefix(text, "Error connecting"), strings.HasPrefix(text, "TLS startup failed"), strings.HasPrefix(text, "Host did not advertise"):
		d.lost("swaks said: " + text)
	}
}
