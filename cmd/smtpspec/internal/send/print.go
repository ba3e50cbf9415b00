package send

import (
	"io"
	"strings"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// printer shows a transcript in swaks' marks: " -> " before what we said, "<-  " before what the server said, with a tilde in TLS and asterisks where it is a
// refusal, "=== " before what happened besides and "*** " before what went wrong.
type printer struct {
	mu     sync.Mutex
	w      io.Writer
	shown  int // records
	secure bool
}

// follow shows the records that are new. The newest may be a line that goes on, which is shown when all is.
func (p *printer) follow(t *wire.Transcript, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Len() == p.shown {
		return
	}
	records := t.Records()
	for _, r := range records[p.shown:] {
		if !all && r.Index == len(records) && r.Dir == event.In && !strings.HasSuffix(string(r.Data), "\n") {
			return
		}
		p.record(&r)
		p.shown = r.Index
	}
}

// inTLS says that what follows is encrypted, or no longer.
func (p *printer) inTLS(secure bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secure = secure
}

func (p *printer) record(r *event.Wire) {
	if r.Dir != event.In && r.Dir != event.Out {
		p.line("=== ", string(r.Data))
		return
	}
	for line := range strings.Lines(string(r.Data)) {
		mark := " -> "
		if r.Dir == event.In {
			mark = "<-  "
			if line[0] == '4' || line[0] == '5' {
				mark = "<** "
			}
		}
		if p.secure {
			mark = strings.Replace(strings.Replace(mark, "-", "~", 1), "**", "~*", 1)
		}
		p.line(mark, event.Visible(strings.TrimRight(line, "\r\n")))
	}
	if r.Omitted > 0 {
		p.line("=== ", "the middle of it is left out here")
	}
}

// problem says what went wrong.
func (p *printer) problem(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.SplitSeq(text, "\n") {
		p.line("*** ", event.Safe(line))
	}
}

func (p *printer) line(mark, text string) { io.WriteString(p.w, mark+text+"\n") }
