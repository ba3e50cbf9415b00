package pattern

import "strings"

// greedy takes all it can at pos, as far as the next item can begin there, and leaves the rest as a choice.
func (r *run) greedy(it *item, pc, pos int) int {
	high := it.extent(r.s, pos)
	r.charge(high - pos)
	low := pos + int(it.min)
	end := r.less(it, low, high)
	if end > low {
		r.push(choice{pc, end, low})
	}
	return end
}

// lazy takes as little as the next item lets it.
func (r *run) lazy(it *item, pc, pos int) int {
	end := r.more(it, pos)
	if end >= 0 {
		r.push(choice{pc: pc, end: end})
	}
	return end
}

// retry changes the latest choice that can be changed, drops those after it, and returns its item and where that now ends, or -1.
func (r *run) retry() (pc, pos int) {
	for r.open > 0 {
		c := r.last()
		it, end := &r.items[c.pc], -1
		if it.op == opGreedy {
			end = r.less(it, c.low, c.end-1)
		} else if c.end < len(r.s) && it.set.has(r.s[c.end]) {
			end = r.more(it, c.end+1)
		}
		if c.end = end; end <= c.low { // nothing less to try, or, -1, nothing at all; a lazy one's low is 0 and its end beyond
			r.open--
		}
		if end >= 0 {
			return c.pc, end
		}
	}
	return 0, -1
}

// less is the last place from high down to low where the next item can begin, or -1.
func (r *run) less(it *item, low, high int) int {
	if high < low {
		return -1
	}
	if !it.hasNext || high < len(r.s) && r.s[high] == it.next {
		return high
	}
	i := strings.LastIndexByte(r.s[low:high], it.next)
	if i < 0 {
		r.charge(high - low)
		return -1
	}
	r.charge(high - low - i)
	return low + i
}

// more is the first place from pos on where the next item can begin, with only bytes of the set before it, or -1.
func (r *run) more(it *item, pos int) int {
	if !it.hasNext {
		return pos
	}
	if it.shape == shapeAny {
		i := strings.IndexByte(r.s[pos:], it.next)
		if i < 0 {
			r.charge(len(r.s) - pos)
			return -1
		}
		r.charge(i)
		return pos + i
	}
	for i := pos; i < len(r.s); i++ {
		c := r.s[i]
		if c == it.next {
			r.charge(i - pos)
			return i
		}
		if !it.set.has(c) {
			r.charge(i - pos)
			return -1
		}
	}
	r.charge(len(r.s) - pos)
	return -1
}

// extent is the end of the longest row of it at pos.
func (it *item) extent(s string, pos int) int {
	if it.once {
		if pos < len(s) && it.set.has(s[pos]) {
			pos++
		}
		return pos
	}
	switch it.shape {
	case shapeAny:
		return len(s)
	case shapeAllBut:
		if i := strings.IndexByte(s[pos:], it.edge); i >= 0 {
			return pos + i
		}
		return len(s)
	}
	for pos < len(s) && it.set.has(s[pos]) {
		pos++
	}
	return pos
}

func (r *run) push(c choice) {
	r.open++
	*r.last() = c
}

func (r *run) last() *choice {
	if r.open <= nearby {
		return &r.near[r.open-1]
	}
	return &r.far[r.open-1-nearby]
}
