package pattern

import (
	"context"
	"strings"
)

const (
	// DefaultSteps is the budget of a call whose Matcher names none: about half a second.
	DefaultSteps = 50_000_000

	stepsPerByte = 8 // added to the budget for each byte of the subject, so that no linear work is ever too complex
	runShift     = 3 // a row of bytes looked at costs a step for each 8
)

const (
	cachedPatterns = 64  // then the cache starts anew
	cachedLength   = 256 // longer patterns are compiled each time
)

// Matcher matches for one Lua state and remembers the patterns it compiled. The zero Matcher is ready. It serves one goroutine at a
// time, but may be used inside the callbacks of its own Gsub.
type Matcher struct {
	Steps int // what one call may take, in single items tried; 0 means DefaultSteps

	cache map[string]*program
}

// Find is Matcher.Find for a pattern that is used once.
func Find(ctx context.Context, s, pat string, init int) (Match, bool, error) {
	return find(ctx, compile(pat, false), s, pat, init, 0)
}

// Find is string.find: the first match of pat in s at the offset init, counted from 0, or later; see Offset. A pattern without special
// characters is searched for as plain text.
func (m *Matcher) Find(ctx context.Context, s, pat string, init int) (Match, bool, error) {
	return find(ctx, m.program(pat), s, pat, init, m.Steps)
}

// Match is string.match. It differs from Find where pat has a NUL, or a ")" and nothing special.
func (m *Matcher) Match(ctx context.Context, s, pat string, init int) (Match, bool, error) {
	return match(ctx, m.program(pat), s, init, m.Steps)
}

// Plain is string.find with plain set: pat as it stands.
func Plain(s, pat string, init int) (Match, bool) {
	init = within(s, init)
	i := strings.Index(s[init:], pat)
	if i < 0 {
		return Match{}, false
	}
	return Match{Start: init + i, End: init + i + len(pat)}, true
}

// Offset is the offset that a script's init argument means in a subject of size bytes: 1 and 0 are its begin, -1 its last byte. What lies
// outside is the nearer end.
func Offset(init, size int) int {
	if init < 0 {
		init += size + 1
	}
	return min(max(init-1, 0), size)
}

func find(ctx context.Context, p *program, s, pat string, init, steps int) (Match, bool, error) {
	if p.plain {
		found, ok := Plain(s, pat, init)
		return found, ok, nil
	}
	return match(ctx, p, s, init, steps)
}

func match(ctx context.Context, p *program, s string, init, steps int) (Match, bool, error) {
	r := newRun(ctx, p, s, steps)
	at, ok, err := r.search(within(s, init))
	if !ok || err != nil {
		return Match{}, false, err
	}
	if p.unfinished {
		return Match{}, false, errUnfinished
	}
	return r.match(at), true, nil
}

func within(s string, init int) int { return min(max(init, 0), len(s)) }

func (m *Matcher) program(pat string) *program {
	if p, ok := m.cache[pat]; ok {
		return p
	}
	if len(pat) > cachedLength {
		return compile(pat, false)
	}
	pat = strings.Clone(pat) // it may be a part of something large
	p := compile(pat, false)
	if m.cache == nil || len(m.cache) >= cachedPatterns {
		m.cache = make(map[string]*program)
	}
	m.cache[pat] = p
	return p
}
