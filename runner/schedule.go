package runner

import (
	"sync"

	"github.com/smtpspec/smtpspec/luaapi"
)

// all runs every job: those that may run beside others first, then the serial ones, then the retries, one at a time.
func (r *run) all(down map[*luaapi.Target]*outage) {
	var parallel, serial []*Job
	for _, j := range r.plan.Jobs {
		switch {
		case down[j.Target] != nil:
			r.unreachable(j, down[j.Target])
		case j.Decl.Serial:
			serial = append(serial, j)
		default:
			parallel = append(parallel, j)
		}
	}
	r.parallel(parallel)
	for _, j := range serial {
		if r.over() {
			break
		}
		r.first(j)
	}
	r.retries()
}

func (r *run) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.summary.stopped != "" || r.soft.Err() != nil
}

// lanes hands jobs to workers: in order, but past those whose lock is held or whose target has as many connections as it may.
type lanes struct {
	mu      sync.Mutex
	changed *sync.Cond
	queue   []*Job
	locks   map[string]bool
	inUse   map[*luaapi.Target]int // scenarios that run, each with a connection granted
	extra   func(*luaapi.Target) int
	most    int
}

func (r *run) parallel(jobs []*Job) {
	most := r.cfg.MaxConnections
	if most <= 0 {
		most = DefaultMaxConnections
	}
	l := &lanes{queue: jobs, locks: map[string]bool{}, inUse: map[*luaapi.Target]int{}, extra: r.extra, most: most}
	l.changed = sync.NewCond(&l.mu)
	var wg sync.WaitGroup
	for range min(r.cfg.jobs(), len(jobs)) {
		wg.Go(func() {
			for {
				j := l.next(r.over)
				if j == nil {
					return
				}
				r.first(j)
				l.done(j)
			}
		})
	}
	wg.Wait()
}

// extra is how many connections the running scenarios have beyond the one that each was granted.
func (r *run) extra(t *luaapi.Target) int {
	if e := r.cfg.envs[t]; e != nil {
		return int(e.Extra.Load())
	}
	return 0
}

// next waits for a job that may run now; nil says that there is none left, or that the run is over.
func (l *lanes) next(over func() bool) *Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if len(l.queue) == 0 || over() {
			return nil
		}
		for i, j := range l.queue {
			if l.locks[j.Decl.Lock] && j.Decl.Lock != "" || l.inUse[j.Target]+l.extra(j.Target) >= l.most {
				continue
			}
			if i == 0 {
				l.queue = l.queue[1:]
			} else {
				l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			}
			if j.Decl.Lock != "" {
				l.locks[j.Decl.Lock] = true
			}
			l.inUse[j.Target]++
			return j
		}
		l.changed.Wait() // what runs holds what the rest needs, and will be done
	}
}

func (l *lanes) done(j *Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.Decl.Lock != "" {
		delete(l.locks, j.Decl.Lock)
	}
	l.inUse[j.Target]--
	l.changed.Broadcast()
}
