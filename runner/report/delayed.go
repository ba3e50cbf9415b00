package report

import (
	"io"
	"sync"
	"time"
)

// Bounds of what waits to be written. Nobody sees the delay, and a write for each of four thousand scenarios a second is a tenth of what
// these cost.
const (
	writeDelay = 50 * time.Millisecond
	writeLimit = 256 << 10
)

// delayed writes what it is given a moment later, together with what has come meanwhile.
type delayed struct {
	w io.Writer

	mu    sync.Mutex
	buf   []byte
	timer *time.Timer // runs while something waits
	err   error       // the first; nothing is written after it, for a line after a gap would look like a whole stream
}

// Write implements io.Writer. The error may be that of an earlier write.
func (d *delayed) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buf = append(d.buf, p...)
	switch {
	case len(d.buf) >= writeLimit:
		d.write()
	case d.timer == nil:
		d.timer = time.AfterFunc(writeDelay, func() { _ = d.flush() }) // Close gives the error
	}
	return len(p), d.err
}

// flush writes what waits.
func (d *delayed) flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write()
	return d.err
}

func (d *delayed) write() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.err == nil && len(d.buf) > 0 {
		_, d.err = d.w.Write(d.buf)
	}
	d.buf = d.buf[:0]
}
