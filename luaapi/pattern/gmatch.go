package pattern

import (
	"context"
	"strings"
)

// Iterator is what string.gmatch returns: each Next is the next match. All of them share the budget of one call.
type Iterator struct {
	run  run
	next int
}

// Gmatch is string.gmatch. It has no anchors: a "^" that pat begins with is a plain byte.
func (m *Matcher) Gmatch(s, pat string) *Iterator {
	var p *program
	if strings.HasPrefix(pat, "^") {
		p = compile(pat, true)
	} else {
		p = m.program(pat)
	}
	return &Iterator{run: newRun(context.Background(), p, s, m.Steps)}
}

// Next is the next match; ok is false after the last one.
func (it *Iterator) Next(ctx context.Context) (m Match, ok bool, err error) {
	it.run.ctx = ctx
	at, ok, err := it.run.search(it.next)
	if !ok || err != nil {
		return Match{}, false, err
	}
	it.next = at.end
	if at.end == at.start {
		it.next++
	}
	if it.run.unfinished {
		return Match{}, false, errUnfinished
	}
	return it.run.match(at), true, nil
}
