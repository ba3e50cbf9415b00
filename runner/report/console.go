package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// interval is how often a terminal is drawn: more than ten times a second nobody reads.
const interval = 100 * time.Millisecond

// console writes lines that stay and, on a terminal, a region below them that is drawn again and again.
type console struct {
	w     io.Writer
	o     Options
	err   error           // of the first write that failed; nothing is written after it
	out   strings.Builder // lines that stay, not yet written
	blank bool            // the last of them was empty
	lines int             // how many there were so far

	shown string    // the region that stands on the screen
	drawn []int     // the cells that each of its lines takes
	last  time.Time // when it was drawn
}

func (c *console) println(line string) {
	if c.o.Workflow {
		line = defused(line)
	}
	c.out.WriteString(line)
	c.out.WriteByte('\n')
	c.blank = line == ""
	c.lines++
}

// defused is a line in which GitHub's runner finds no workflow command. It looks for "::" behind the spaces that a line
// begins with, and for "##[" anywhere.
func defused(line string) string {
	if text := strings.TrimLeft(line, " "); strings.HasPrefix(text, "::") {
		line = line[:len(line)-len(text)] + `\x3a` + text[1:]
	}
	return strings.ReplaceAll(line, "##[", `#\x23[`)
}

// gap makes sure of a blank line.
func (c *console) gap() {
	if !c.blank {
		c.println("")
	}
}

func (c *console) flush() {
	if c.out.Len() == 0 {
		return
	}
	if c.err == nil {
		_, c.err = io.WriteString(c.w, c.out.String())
	}
	c.out.Reset()
}

// ahead writes at once, before the lines that wait.
func (c *console) ahead(s string) {
	if c.err == nil {
		_, c.err = io.WriteString(c.w, s)
	}
}

// due reports whether enough time has passed since the last drawing.
func (c *console) due() bool { return c.o.now().Sub(c.last) >= interval }

// redraw writes the lines that wait and the region below them, in one write and over what stands there, so that nothing
// flickers. The cursor rests at the end of the region's last line. A region without lines is none.
func (c *console) redraw(region []string) {
	c.last = c.o.now()
	next := strings.Join(region, "\n")
	if c.out.Len() == 0 && next == c.shown {
		return
	}
	stay := c.out.String()
	c.out.Reset()
	c.home()
	if stay != "" && len(c.drawn) > 0 {
		c.out.WriteString("\x1b[J") // what stays may be shorter than what stood here
	}
	c.out.WriteString(stay)
	c.drawn = c.drawn[:0]
	for i, line := range region {
		if i > 0 {
			c.out.WriteByte('\n')
		}
		c.out.WriteString(line + "\x1b[K")
		c.drawn = append(c.drawn, columns(line))
	}
	if stay == "" {
		c.out.WriteString("\x1b[J")
	}
	c.shown = next
	c.flush()
}

// home goes to the region's first cell. A terminal that has become narrower since has broken its lines.
func (c *console) home() {
	if len(c.drawn) == 0 {
		return
	}
	width, _ := c.o.size()
	up := -1
	for _, n := range c.drawn {
		up += max(1, (n+width-1)/width)
	}
	c.out.WriteByte('\r')
	if up > 0 {
		fmt.Fprintf(&c.out, "\x1b[%dA", up)
	}
}
