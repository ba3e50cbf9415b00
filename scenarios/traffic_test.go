package scenarios_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

// traffic is what a run has a server bear.
type traffic struct {
	mu     sync.Mutex
	open   map[connection]bool
	steps  []step
	failed int // logins
}

type connection struct {
	key     event.Key
	attempt int
	conn    int
}

// step is the begin of a connection, or its end.
type step struct {
	at   time.Time
	more int
}

// Event implements event.Sink.
func (r *traffic) Event(e event.Event) {
	w, ok := e.(*event.Wire)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, text := connection{w.Key, w.Attempt, w.Conn}, string(w.Data)
	switch {
	case w.Dir == event.In && bytes.HasPrefix(w.Data, []byte("535")):
		r.failed++
	case w.Dir != event.Info:
	case strings.HasPrefix(text, "connected to"):
		r.open[c] = true
		r.steps = append(r.steps, step{w.Time, 1})
	case r.open[c] && (text == "closed" || text == "reset by us" || text == "the server closed the connection" || strings.Contains(text, "reset the connection")):
		delete(r.open, c)
		r.steps = append(r.steps, step{w.Time, -1})
	}
}

// Close implements event.Sink.
func (r *traffic) Close() error { return nil }

// most is how many connections there were, and how many at once.
func (r *traffic) most() (connections, atOnce int) {
	slices.SortStableFunc(r.steps, func(a, b step) int { return a.at.Compare(b.at) })
	now := 0
	for _, s := range r.steps {
		if now += s.more; s.more > 0 {
			connections++
		}
		atOnce = max(atOnce, now)
	}
	return connections, atOnce
}

// A run is as modest as docs/conformance.md says.
func TestTraffic(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("TestServices has a run like it")
	}
	rec := &traffic{open: map[connection]bool{}}
	trial{sink: rec, jobs: runner.DefaultJobs, paths: suites(t), selection: &runner.Selection{}}.run(t)
	connections, atOnce := rec.most()
	t.Logf("%d connections, %d at once, %d logins that failed", connections, atOnce, rec.failed)
	if connections < 500 || connections > 1200 {
		t.Errorf("%d connections, and about a thousand are written", connections)
	}
	if atOnce > 50 {
		t.Errorf("%d connections at once, more than 50", atOnce)
	}
	if rec.failed > 70 {
		t.Errorf("%d logins failed, and some sixty are written", rec.failed)
	}
	if len(rec.open) > 0 {
		t.Errorf("%d connections were never closed", len(rec.open))
	}
}
