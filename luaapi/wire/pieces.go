package wire

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// putPieces writes what is recorded piece by piece, each of which is a TCP segment where the peer takes it at once, and in TLS a record.
// The connection is read meanwhile.
func (c *Conn) putPieces(ctx context.Context, b []byte, o WriteOptions) Kind {
	sizes := o.sizes(len(b))
	for i, size := range sizes {
		n, kind := c.put(ctx, b[:size], o.Idle)
		if kind != None || n < size || i == len(sizes)-1 {
			return kind
		}
		b = b[size:]
		if o.Gap > 0 && !c.waitGap(ctx, o.Gap) {
			c.note("the last %d bytes were not written: the time was over", len(b))
			return Cancelled
		}
	}
	return None
}

// sizes are those of all pieces of n bytes.
func (o *WriteOptions) sizes(n int) []int {
	sizes := o.Pieces[:len(o.Pieces):len(o.Pieces)]
	for _, size := range sizes {
		n -= size
	}
	if n > 0 {
		sizes = append(sizes, n)
	}
	return sizes
}

// waitGap tells whether ctx lasted for so long.
func (c *Conn) waitGap(ctx context.Context, gap time.Duration) bool {
	c.StartBackground()
	timer := time.NewTimer(gap)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// maxPiecesShown is how many sizes the transcript tells.
const maxPiecesShown = 20

// piecesText says how n bytes go out, less how long the rest is: it may be a password.
func (o *WriteOptions) piecesText(n int) string {
	var words []string
	for i, size := range o.Pieces {
		n -= size
		if i < maxPiecesShown {
			words = append(words, strconv.Itoa(size))
		}
	}
	if more := len(o.Pieces) - maxPiecesShown; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	if n > 0 {
		words = append(words, "the rest")
	}
	text := "what follows goes out in pieces: " + strings.Join(words, ", ")
	if o.Gap > 0 {
		text += fmt.Sprintf("; %s apart", o.Gap)
	}
	return text
}
