package pattern

import (
	"context"
	"strings"
)

const (
	pollEvery = 1 << 14 // steps between two looks at the context, about 100 µs
	nearby    = 8       // open choices for which a run needs no memory of its own
)

// run is one call: a program on a subject, with what is left of the budget. Nothing of it is shared, so the callbacks of a Gsub may
// use the same Matcher.
type run struct {
	*program
	ctx     context.Context
	s       string
	fuel    int // steps until the next look at left and ctx
	left    int
	needed  int // the next place of program.need, once looked for; the subject before it has none since then
	near    [nearby]choice
	far     []choice
	open    int // choices
	capture [maxCaptures]span
}

type span struct{ start, end int }

// choice is a repeated item that can still take fewer bytes (greedy, down to low) or more (lazy). It ends at end now.
type choice struct{ pc, end, low int }

func newRun(ctx context.Context, p *program, s string, steps int) run {
	if steps <= 0 {
		steps = DefaultSteps
	}
	r := run{program: p, ctx: ctx, s: s, left: steps + stepsPerByte*len(s), needed: -1}
	if p.depth > nearby {
		r.far = make([]choice, p.depth-nearby)
	}
	return r
}

// exec matches at pos and returns where the match ends, or -1. Only the items between a choice and the end run again after it, and
// they set their captures anew: there is nothing to undo. The loop is long because it is the one that has to be fast.
func (r *run) exec(pos int) (int, error) {
	r.open = 0
	for pc := 0; ; pc++ {
		if r.fuel--; r.fuel < 0 {
			if err := r.refuel(); err != nil {
				return -1, err
			}
		}
		it := &r.items[pc]
		switch it.op {
		case opMatch:
			return pos, nil
		case opText:
			r.fuel -= len(it.text) >> runShift
			if strings.HasPrefix(r.s[pos:], it.text) {
				pos += len(it.text)
			} else {
				pos = -1
			}
		case opSet:
			if pos < len(r.s) && it.set.has(r.s[pos]) {
				pos++
			} else {
				pos = -1
			}
		case opGreedy:
			pos = r.greedy(it, pc, pos)
		case opLazy:
			pos = r.lazy(it, pc, pos)
		case opOpen:
			r.capture[it.n] = span{pos, unfinished}
		case opPosition:
			r.capture[it.n] = span{pos, pos}
		case opClose:
			r.capture[it.n].end = pos
		case opEnd:
			if pos < len(r.s) {
				pos = -1
			}
		case opError:
			return -1, Error(it.text)
		default:
			pos = r.rare(it, pos)
		}
		if pos < 0 {
			if pc, pos = r.retry(); pos < 0 {
				return -1, nil
			}
		}
	}
}

// refuel takes steps from the budget, which has also paid for what was used beyond the last ones.
func (r *run) refuel() error {
	r.left += r.fuel
	if r.left <= 0 {
		return ErrTooComplex
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.fuel = min(pollEvery, r.left)
	r.left -= r.fuel
	return nil
}

// charge pays for n bytes looked at in a row.
func (r *run) charge(n int) { r.fuel -= n >> runShift }

// rare matches the items that are seldom used.
func (r *run) rare(it *item, pos int) int {
	switch it.op {
	case opBack:
		text := r.s[r.capture[it.n].start:r.capture[it.n].end]
		r.charge(len(text))
		if strings.HasPrefix(r.s[pos:], text) {
			return pos + len(text)
		}
	case opBalance:
		return r.balance(it.text[0], it.text[1], pos)
	case opFrontier:
		var before, after byte // NUL at both ends of the subject
		if pos > 0 {
			before = r.s[pos-1]
		}
		if pos < len(r.s) {
			after = r.s[pos]
		}
		if !it.set.has(before) && it.set.has(after) {
			return pos
		}
	}
	return -1
}

func (r *run) balance(begin, end byte, pos int) int {
	if pos >= len(r.s) || r.s[pos] != begin {
		return -1
	}
	depth := 1
	for i := pos + 1; i < len(r.s); i++ {
		switch r.s[i] {
		case end: // before begin: of "%bxx" the second x ends
			if depth--; depth == 0 {
				r.charge(i - pos)
				return i + 1
			}
		case begin:
			depth++
		}
	}
	r.charge(len(r.s) - pos)
	return -1
}
