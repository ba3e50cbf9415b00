package pattern

import "strings"

const (
	maxCaptures = 32           // LUA_MAXCAPTURES
	maxItems    = 1 << 14      // lstrlib.c has no such limit; plain text of any length is one item
	specials    = "^$*+?.([%-" // without one of them string.find searches for the text; ")" and "]" are not among them
)

type op uint8

const (
	opMatch    op = iota // the end of the pattern
	opText               // text
	opSet                // one byte of set
	opGreedy             // from min to max bytes of set, the most first
	opLazy               // bytes of set, the fewest first
	opOpen               // capture n begins
	opPosition           // capture n is this position
	opClose              // capture n ends
	opBack               // what capture n holds
	opBalance            // text[0] to the text[1] that balances it
	opFrontier           // between a byte outside of set and one inside
	opEnd                // the end of the subject
	opError              // the fault in text
)

// shape says how a repeated set is best looked for.
type shape uint8

const (
	shapeMixed  shape = iota
	shapeAny          // every byte
	shapeAllBut       // every byte but one: item.edge
	shapeOne          // item.edge alone
)

// item is one step of a program.
type item struct {
	op    op
	shape shape
	edge  byte
	next  byte // with hasNext, the byte that the item after a repeated one begins with
	n     uint8
	min   uint8 // opGreedy: 0, or 1 for "+"

	hasNext bool
	once    bool // opGreedy: at most one byte, "?"
	text    string
	set     set
}

// program is a compiled pattern. Matching changes nothing in it.
type program struct {
	items    []item
	lead     *item // what every match begins with, if that is known: a text, a set, a balance
	need     byte  // with hasNeed, a byte that every match contains
	captures int
	depth    int // how many choices can be open at a time
	hasNeed  bool
	anchored bool
	plain    bool // no specials: string.find takes all of the pattern as text

	unfinished bool   // a match leaves a capture so
	positions  uint32 // a bit for each position capture
}

// compile never fails: a fault becomes an item, for Lua reports it only when matching gets that far. literal takes "^" as a plain byte.
func compile(pat string, literal bool) *program {
	pat, _, _ = strings.Cut(pat, "\x00") // to lstrlib.c it is a C string
	p := &program{plain: !strings.ContainsAny(pat, specials)}
	if !literal && strings.HasPrefix(pat, "^") {
		p.anchored = true
		pat = pat[1:]
	}
	c := compiler{pat: pat}
	c.compile()
	p.items, p.captures = c.items, c.level
	for n := range c.level {
		p.unfinished = p.unfinished || !c.finished[n]
		if c.position[n] {
			p.positions |= 1 << n
		}
	}
	p.plan()
	return p
}

// plan notes what lets the search skip: how a match begins, what it contains, what follows each repeated item.
func (p *program) plan() {
	p.lead = leader(p.items)
	for i := range p.items {
		it := &p.items[i]
		switch it.op {
		case opGreedy, opLazy:
			p.depth++
			if follower := leader(p.items[i+1:]); follower != nil {
				it.next, it.hasNext = follower.start()
			}
		case opError:
			p.hasNeed = false // the fault may be reached where the byte is not
			return
		}
		if need, ok := it.start(); ok && it.consumes() {
			p.need, p.hasNeed = need, true
		}
	}
}

// leader is the item that takes the first byte of whatever the items match, or nil if it may be any of several, or none.
func leader(items []item) *item {
	for i := range items {
		switch it := &items[i]; {
		case it.consumes():
			return it
		case it.op != opOpen && it.op != opPosition && it.op != opClose:
			return nil
		}
	}
	return nil
}

// consumes tells that the item matches no empty text.
func (it *item) consumes() bool {
	return it.op == opText || it.op == opSet || it.op == opBalance || it.op == opGreedy && it.min > 0
}

// start is the byte that the text of a consuming item begins with, if it can be only one.
func (it *item) start() (byte, bool) {
	switch it.op {
	case opText, opBalance:
		return it.text[0], true
	case opSet, opGreedy:
		return it.edge, it.shape == shapeOne
	}
	return 0, false
}
