package runner

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Isolation loads and runs scenario files in processes of their own, each of which knows one file and runs one scenario at a time. What
// a script does to its process ends that one, and nothing else.
type Isolation struct {
	command func() *exec.Cmd

	mu      sync.Mutex
	changed *sync.Cond
	live    int            // processes that there are
	idle    []*worker      // the one that has been idle for longest first
	busy    map[string]int // by file
	started int
	places  map[string]luaapi.Place
}

// NewIsolation makes an Isolation whose processes are those of command, which call Work with their standard input and output.
func NewIsolation(command func() *exec.Cmd) *Isolation {
	i := &Isolation{command: command, places: map[string]luaapi.Place{}, busy: map[string]int{}}
	i.changed = sync.NewCond(&i.mu)
	return i
}

// know notes where the files may look for others, before any is loaded.
func (i *Isolation) know(files []*Found) {
	if i == nil {
		return
	}
	for _, f := range files {
		i.places[f.Path] = f.Place
	}
}

// Close ends the processes. None may be at work.
func (i *Isolation) Close() {
	i.mu.Lock()
	idle := i.idle
	i.idle = nil
	i.mu.Unlock()
	for _, w := range idle {
		i.drop(w)
	}
}

// patience is how long a busy worker of the same file is waited for: about what it takes to start one, so that waiting in vain at
// most doubles that.
const patience = 20 * time.Millisecond

// take gives a worker for a file: one of its own that is idle, or soon will be, or a new one, for which another file's has to make room
// when there are as many as may be.
func (i *Isolation) take(cfg *Config, path string) (*worker, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	until := time.Now().Add(patience)
	defer time.AfterFunc(patience, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.changed.Broadcast()
	}).Stop()
	for {
		if w := i.idleOf(path); w != nil {
			i.busy[path]++
			return w, nil
		}
		switch {
		case i.busy[path] > 0 && time.Now().Before(until):
			i.changed.Wait()
		case i.live < cfg.jobs():
			return i.add(cfg, path)
		case len(i.idle) > 0:
			i.makeRoom()
		default:
			i.changed.Wait()
		}
	}
}

func (i *Isolation) idleOf(path string) *worker {
	for n, w := range slices.Backward(i.idle) {
		if w.path == path {
			i.idle = slices.Delete(i.idle, n, n+1)
			return w
		}
	}
	return nil
}

// add starts a worker, which is busy from the first.
func (i *Isolation) add(cfg *Config, path string) (*worker, error) {
	i.live++
	i.started++
	w, err := i.start(cfg, path, i.started)
	if err != nil {
		i.live--
		i.changed.Broadcast()
		return nil, err
	}
	i.busy[path]++
	return w, nil
}

// makeRoom ends the worker that has been idle for longest. The lock is given up meanwhile.
func (i *Isolation) makeRoom() {
	w := i.idle[0]
	i.idle = i.idle[1:]
	i.mu.Unlock()
	i.drop(w)
	i.mu.Lock()
}

// give takes a worker back.
func (i *Isolation) give(w *worker) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.idle = append(i.idle, w)
	i.busy[w.path]--
	i.changed.Broadcast()
}

// drop ends an idle worker.
func (i *Isolation) drop(w *worker) {
	_ = w.end() // it was killed: that is how it ended
	i.mu.Lock()
	defer i.mu.Unlock()
	i.live--
	i.changed.Broadcast()
}

// lose counts a busy worker that has ended.
func (i *Isolation) lose(w *worker) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.live--
	i.busy[w.path]--
	i.changed.Broadcast()
}

// grace is what a process gets beyond the time that its own limits leave it, before it is killed.
const grace = 5 * time.Second

// load has a file loaded, and gives what it declares by target. The error is a *luaapi.LoadError.
func (i *Isolation) load(ctx context.Context, cfg *Config, path string) ([][]*luaapi.Declaration, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	w, err := i.take(cfg, path)
	if err != nil {
		return nil, notLoaded(path, &gone{how: notStarted, detail: err.Error()})
	}
	defer context.AfterFunc(ctx, w.interrupt)()
	limit := time.Duration(len(cfg.targets()))*luaapi.LongestCollect + grace
	a, err := w.ask(&request{Collect: true}, asking{limit: limit, most: maxDeclared})
	if err != nil {
		i.lose(w)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, notLoaded(path, err)
	}
	i.give(w)
	if len(a.Problems) > 0 {
		return nil, &luaapi.LoadError{Problems: a.Problems}
	}
	if len(a.Declared) != len(cfg.targets()) {
		return nil, notLoaded(path, &gone{how: nonsense, detail: "declarations for another number of targets"})
	}
	file := luaapi.ForeignFile(path)
	for _, decls := range a.Declared {
		for _, d := range decls {
			d.SetFile(file)
		}
	}
	return a.Declared, nil
}

// notLoaded is a load error of a file whose process did not tell what it declares.
func notLoaded(path string, err error) error {
	p := luaapi.Problem{Position: event.Position{File: path}}
	var g *gone
	if !errors.As(err, &g) {
		g = &gone{how: nonsense, detail: err.Error()}
	}
	switch g.how {
	case tooLate:
		p.Message = "its process did not tell what it declares in time, and was killed"
	case tooMuch:
		p.Message = fmt.Sprintf("what it declares takes more than %d MiB", maxDeclared>>20)
	case outOfMemory:
		p.Message = "loading it takes more memory than its process may have"
	case notStarted:
		p.Message = "no process could be started for it"
	case nonsense:
		p.Message = "its process did not answer as it should have: a fault of smtpspec itself"
	default:
		p.Message = "its process crashed while it was loaded"
	}
	p.Hint = firstLine(g.detail)
	return &luaapi.LoadError{Problems: []luaapi.Problem{p}}
}

// isolated runs an attempt in a process of its file.
func (r *run) isolated(j *Job, nth int) *luaapi.Result {
	i := r.cfg.Isolation
	start := time.Now()
	w, err := i.take(r.cfg, j.Key.File)
	if err != nil {
		return r.lost(j, start, &gone{how: notStarted, detail: err.Error()})
	}
	env := r.cfg.envs[j.Target]
	extra := int64(0)
	defer func() { env.Extra.Add(-extra) }()
	ask := asking{limit: j.Decl.Longest(r.cfg.Limits) + grace, most: maxResult, extra: func(n int64) {
		env.Extra.Add(n - extra)
		extra = n
	}}
	defer context.AfterFunc(r.hard, func() { w.kill(tooLate) })()
	defer context.AfterFunc(r.soft, w.interrupt)()
	a, err := w.ask(&request{Run: j.Decl, Target: slices.Index(r.cfg.targets(), j.Target), Key: keyBytes(j.Key), Nth: nth}, ask)
	if err != nil {
		i.lose(w)
		return r.lost(j, start, err)
	}
	i.give(w)
	if len(a.Problems) > 0 {
		return r.cfg.failure(j.Decl, event.Failure{Kind: "lua", Message: "the file does not load any more: it was changed while the run went on",
			Detail: a.Problems[0].String()})
	}
	return a.result(j.Key, nth)
}

// lost is the result of an attempt whose process is gone.
func (r *run) lost(j *Job, start time.Time, err error) *luaapi.Result {
	var res *luaapi.Result
	switch g, ok := errors.AsType[*gone](err); {
	case r.soft.Err() != nil:
		res = &luaapi.Result{Interrupted: true}
	case ok:
		res = r.cfg.failure(j.Decl, g.failure())
	default:
		res = r.cfg.failure(j.Decl, (&gone{how: nonsense, detail: err.Error()}).failure())
	}
	res.Seconds = time.Since(start).Seconds()
	return res
}
