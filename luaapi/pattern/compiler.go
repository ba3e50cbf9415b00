package pattern

// compiler turns a pattern into items. A pattern is a line without branches, so at each place in it it is known which captures are open.
type compiler struct {
	pat      string // without the anchor
	items    []item
	text     []byte // plain bytes not yet made an item
	level    int
	finished [maxCaptures]bool
	position [maxCaptures]bool
}

func (c *compiler) compile() {
	end, err := 0, error(nil)
	for i := 0; i < len(c.pat) && err == nil; i = end {
		end, err = c.item(i)
		if err == nil && len(c.items) > maxItems {
			err = ErrTooComplex
		}
		if err != nil {
			c.emit(item{op: opError, text: err.Error()})
		}
	}
	c.emit(item{op: opMatch})
}

// item compiles the item at i and returns the index after it.
func (c *compiler) item(i int) (int, error) {
	switch c.pat[i] {
	case '(':
		return c.open(i)
	case ')':
		return i + 1, c.close()
	case '$':
		if i+1 == len(c.pat) {
			c.emit(item{op: opEnd})
			return i + 1, nil
		}
	case '%':
		switch next := c.at(i + 1); {
		case next == 'b':
			return c.balance(i + 2)
		case next == 'f':
			return c.frontier(i + 2)
		case '0' <= next && next <= '9':
			return i + 2, c.back(int(next) - '1')
		}
	}
	return c.single(i)
}

// single compiles what matches one byte, with the sign after it.
func (c *compiler) single(i int) (int, error) {
	it, end, err := c.byteSet(i)
	if err != nil {
		return end, err
	}
	switch c.at(end) {
	case '?':
		it.op, it.once = opGreedy, true
	case '*':
		it.op = opGreedy
	case '+':
		it.op, it.min = opGreedy, 1
	case '-':
		it.op = opLazy
	default:
		if it.shape == shapeOne {
			c.text = append(c.text, it.edge)
		} else {
			c.emit(it)
		}
		return end, nil
	}
	c.emit(it)
	return end + 1, nil
}

// byteSet is the single item at i as an opSet, and the index after it.
func (c *compiler) byteSet(i int) (it item, end int, err error) {
	it, end = item{op: opSet}, i+1
	switch c.pat[i] {
	case '.':
		it.set.complement()
	case '%':
		if end == len(c.pat) {
			return it, end, errEscape
		}
		it.set = class(c.pat[end])
		end++
	case '[':
		if end, err = bracketEnd(c.pat, i); err != nil {
			return it, end, err
		}
		it.set = bracket(c.pat[i:end])
	default:
		it.set.add(c.pat[i])
	}
	switch it.set.size() {
	case 1:
		it.shape, it.edge = shapeOne, it.set.first()
	case 255:
		others := it.set
		others.complement()
		it.shape, it.edge = shapeAllBut, others.first()
	case 256:
		it.shape = shapeAny
	}
	return it, end, nil
}

func (c *compiler) open(i int) (int, error) {
	if c.level == maxCaptures {
		return i, errCaptures
	}
	it, end := item{op: opOpen, n: uint8(c.level)}, i+1
	if c.at(end) == ')' {
		it.op = opPosition
		end++
		c.position[c.level], c.finished[c.level] = true, true
	}
	c.level++
	c.emit(it)
	return end, nil
}

func (c *compiler) close() error {
	for n := c.level - 1; n >= 0; n-- {
		if !c.finished[n] {
			c.finished[n] = true
			c.emit(item{op: opClose, n: uint8(n)})
			return nil
		}
	}
	return errClose
}

func (c *compiler) back(n int) error {
	switch {
	case n < 0 || n >= c.level || !c.finished[n]:
		return errIndex
	case c.position[n]:
		c.emit(item{op: opSet}) // of no bytes: nothing equals a position
	default:
		c.emit(item{op: opBack, n: uint8(n)})
	}
	return nil
}

func (c *compiler) balance(i int) (int, error) {
	if i+2 > len(c.pat) {
		return i, errBalance
	}
	c.emit(item{op: opBalance, text: c.pat[i : i+2]})
	return i + 2, nil
}

func (c *compiler) frontier(i int) (int, error) {
	if c.at(i) != '[' {
		return i, errFrontier
	}
	end, err := bracketEnd(c.pat, i)
	if err != nil {
		return i, err
	}
	c.emit(item{op: opFrontier, set: bracket(c.pat[i:end])})
	return end, nil
}

// at is the byte at i, or the NUL that ends the pattern.
func (c *compiler) at(i int) byte {
	if i < len(c.pat) {
		return c.pat[i]
	}
	return 0
}

// emit adds it, after the text before it.
func (c *compiler) emit(it item) {
	if len(c.text) > 0 {
		text := item{op: opText, shape: shapeOne, text: string(c.text)}
		c.text = c.text[:0]
		c.items = append(c.items, text)
	}
	c.items = append(c.items, it)
}
