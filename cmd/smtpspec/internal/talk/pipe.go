package talk

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ask is how a line is asked for.
type ask struct {
	prompt string
	hidden bool        // it is a secret, and is not shown
	words  *vocabulary // nil for none
}

// source is where lines come from.
type source interface {
	// line gives the next one without its line end; the error is io.EOF at the end.
	line(how ask) (string, error)
	// watch gives a context that an interrupt of whoever types ends, until stop is called.
	watch(ctx context.Context) (watched context.Context, stop func())
}

// pipe gives the lines of a file or a program, or those of a terminal where the dialogue goes elsewhere.
type pipe struct {
	r        *bufio.Reader
	terminal int // its descriptor, or -1
}

func newPipe(r io.Reader) *pipe {
	p := &pipe{bufio.NewReader(r), -1}
	if f, ok := r.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = int(f.Fd())
	}
	return p
}

func (p *pipe) line(how ask) (string, error) {
	if how.hidden && p.terminal >= 0 && p.r.Buffered() == 0 {
		b, err := term.ReadPassword(p.terminal)
		return string(b), err
	}
	text, err := p.r.ReadString('\n')
	if err != nil && text == "" {
		return "", io.EOF // whatever it was, nothing more comes
	}
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), nil
}

func (*pipe) watch(ctx context.Context) (context.Context, func()) { return ctx, func() {} }
