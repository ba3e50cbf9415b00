package talk

import (
	"context"
	"io"
	"sync"
)

// keys is the keyboard. It is read only while somebody waits for a line or might interrupt, so that an editor has it for itself; what is typed
// meanwhile is kept for the next line.
type keys struct {
	in io.Reader

	mu        sync.Mutex
	ready     []byte
	err       error
	done      chan struct{} // closed when the read that goes on has ended; nil when there is none
	interrupt func()        // what ctrl-C does now; nil for clearing the line
}

const ctrlC = 3

// clearLine are the keys that clear a line whatever is in it: to its end, then everything before that.
var clearLine = []byte{5, 21}

// Read implements io.Reader for the line editor.
func (k *keys) Read(p []byte) (int, error) {
	for {
		k.mu.Lock()
		if len(k.ready) > 0 {
			n := copy(p, k.ready)
			k.ready = k.ready[n:]
			k.mu.Unlock()
			return n, nil
		}
		if k.err != nil {
			k.mu.Unlock()
			return 0, k.err
		}
		done := k.start()
		k.mu.Unlock()
		<-done
	}
}

// start begins a read, unless one goes on. The lock is held.
func (k *keys) start() <-chan struct{} {
	if k.done != nil {
		return k.done
	}
	done := make(chan struct{})
	k.done = done
	go func() {
		b := make([]byte, 1024)
		n, err := k.in.Read(b)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.take(b[:n])
		k.err, k.done = err, nil
		close(done)
	}()
	return done
}

func (k *keys) take(b []byte) {
	for _, c := range b {
		switch {
		case c != ctrlC:
			k.ready = append(k.ready, c)
		case k.interrupt != nil:
			k.interrupt()
		default:
			k.ready = append(k.ready, clearLine...)
		}
	}
}

// watch gives a context that ctrl-C ends.
func (k *keys) watch(ctx context.Context) (context.Context, func()) {
	watched, cancel := context.WithCancel(ctx)
	k.mu.Lock()
	k.interrupt = cancel
	k.mu.Unlock()
	go func() {
		for watched.Err() == nil {
			k.mu.Lock()
			if k.err != nil || k.interrupt == nil {
				k.mu.Unlock()
				return
			}
			done := k.start()
			k.mu.Unlock()
			select {
			case <-done:
			case <-watched.Done():
			}
		}
	}()
	return watched, func() {
		k.mu.Lock()
		k.interrupt = nil
		k.mu.Unlock()
		cancel()
	}
}
