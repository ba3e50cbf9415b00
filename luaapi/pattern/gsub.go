package pattern

import (
	"context"
	"math"
	"strconv"
	"strings"
)

// All is the Max of a Sub that replaces every match.
const All = math.MaxInt

// Sub is what Gsub works on.
type Sub struct {
	Subject, Pattern string

	Max   int // replace no more matches than this: none if it is 0 or less, as in Lua
	Limit int // the size that the result may reach, in bytes; 0 means any
}

// Gsub is string.gsub with a function or a table: replace is called for each match and returns the text to put in its place, or false to
// leave it as it is. Where replace asks the match for no capture, an unfinished one is no error. It returns the result and how many
// matches there were; an error of replace ends it.
func (m *Matcher) Gsub(ctx context.Context, sub Sub, replace func(Match) (string, bool, error)) (string, int, error) {
	r := newRun(ctx, m.program(sub.Pattern), sub.Subject, m.Steps)
	return r.gsub(sub, func(out *result, at span) error {
		text, ok, err := replace(r.match(at))
		if err != nil {
			return err
		}
		if !ok {
			text = sub.Subject[at.start:at.end]
		}
		return out.add(text)
	})
}

// GsubText is string.gsub with a string, in which "%1" to "%9" are captures, "%0" is the whole match, and "%" before anything else stands
// for that.
func (m *Matcher) GsubText(ctx context.Context, sub Sub, text string) (string, int, error) {
	r := newRun(ctx, m.program(sub.Pattern), sub.Subject, m.Steps)
	if strings.IndexByte(text, '%') < 0 {
		return r.gsub(sub, func(out *result, _ span) error { return out.add(text) })
	}
	captures := make([]Capture, r.captures)
	return r.gsub(sub, func(out *result, at span) error {
		found := Match{Start: at.start, End: at.end, Captures: captures}
		r.fill(captures)
		r.charge(len(text)) // a long one that expands to nothing meets no limit
		return out.expand(text, sub.Subject, found)
	})
}

// gsub copies the subject with what add writes for each match.
func (r *run) gsub(sub Sub, add func(*result, span) error) (string, int, error) {
	s, out := sub.Subject, result{limit: sub.Limit}
	if out.limit <= 0 {
		out.limit = math.MaxInt
	}
	copied, next, n := 0, 0, 0
	for n < sub.Max {
		at, ok, err := r.search(next)
		if err != nil {
			return "", n, err
		}
		if !ok {
			break
		}
		if n++; n == 1 {
			out.Grow(min(len(s), out.limit))
		}
		if err := out.add(s[copied:at.start]); err != nil {
			return "", n, err
		}
		if err := add(&out, at); err != nil {
			return "", n, err
		}
		copied, next = at.end, at.end
		if at.end == at.start {
			next++ // beyond the subject it ends the search
		}
		if r.anchored {
			break
		}
	}
	if n == 0 && len(s) <= out.limit {
		return s, 0, nil
	}
	if err := out.add(s[copied:]); err != nil {
		return "", n, err
	}
	return out.String(), n, nil
}

// result is a text that does not outgrow its limit.
type result struct {
	strings.Builder
	limit int
}

func (b *result) add(text string) error {
	if len(text) > b.limit-b.Len() {
		return ErrTooLarge
	}
	b.WriteString(text)
	return nil
}

// expand adds text with its "%1".
func (b *result) expand(text, subject string, m Match) error {
	for {
		plain, rest, ok := strings.Cut(text, "%")
		if err := b.add(plain); err != nil || !ok {
			return err
		}
		if rest == "" {
			return b.add("\x00") // Lua copies the NUL that ends the string
		}
		value := rest[:1]
		if '0' <= value[0] && value[0] <= '9' {
			var err error
			if value, err = m.reference(subject, int(value[0])-'1'); err != nil {
				return err
			}
		}
		if err := b.add(value); err != nil {
			return err
		}
		text = rest[1:]
	}
}

// reference is what "%1" (n is 0) stands for, or "%0" (n is -1).
func (m Match) reference(subject string, n int) (string, error) {
	if n < 0 {
		return subject[m.Start:m.End], nil
	}
	c, err := m.Capture(n)
	if err != nil {
		return "", err
	}
	if c.Position {
		return strconv.Itoa(c.Start + 1), nil
	}
	return c.Text(subject), nil
}
