package pattern

import "strings"

// search is the first match that begins at from or later; ok is false without one.
func (r *run) search(from int) (at span, ok bool, err error) {
	for i := from; i <= len(r.s); i++ {
		if !r.anchored {
			if i = r.candidate(i); i < 0 {
				break
			}
		}
		end, err := r.exec(i)
		if err != nil || end >= 0 {
			return span{i, end}, err == nil, err
		}
		if r.anchored {
			break
		}
	}
	return span{}, false, nil
}

// candidate is the first place from i on where a match can begin, or -1.
func (r *run) candidate(i int) int {
	if r.hasNeed && i > r.needed {
		skip := strings.IndexByte(r.s[i:], r.need)
		if skip < 0 {
			r.charge(len(r.s) - i)
			return -1
		}
		r.charge(skip)
		r.needed = i + skip
	}
	if r.lead == nil {
		return i
	}
	skip := r.lead.index(r.s[i:])
	if skip < 0 {
		r.charge(len(r.s) - i)
		return -1
	}
	r.charge(skip)
	return i + skip
}

// index is where in s the text of a consuming item can begin, or -1.
func (it *item) index(s string) int {
	if it.op == opText {
		return strings.Index(s, it.text)
	}
	if c, ok := it.start(); ok {
		return strings.IndexByte(s, c)
	}
	for i := range len(s) {
		if it.set.has(s[i]) {
			return i
		}
	}
	return -1
}

// match is the result of a search that ended well.
func (r *run) match(at span) Match {
	m := Match{Start: at.start, End: at.end}
	if r.captures > 0 {
		m.Captures = make([]Capture, r.captures)
		r.fill(m.Captures)
	}
	return m
}

// fill sets captures, one for each of the program, from the match just found.
func (r *run) fill(captures []Capture) {
	for i := range captures {
		c := r.capture[i]
		captures[i] = Capture{Start: c.start, End: c.end, Position: r.positions&(1<<i) != 0}
	}
}
