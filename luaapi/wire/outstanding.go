package wire

// Outstanding is the number of replies that are due: to the commands that were written, and the greeting. Of a message over LMTP or
// with PRDR it counts one.
func (c *Conn) Outstanding() int { return len(c.track.pending) + c.track.unnamed }
