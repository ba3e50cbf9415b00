package runner

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Work is what a process of an Isolation does: it reads what to do from in and writes what came of it to out, until in ends.
func Work(lang *luaapi.Language, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	s := setup{Vars: luaapi.NewVars()}
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	k := &work{cfg: s.config(lang), path: string(s.Path), out: bufio.NewWriterSize(out, 64<<10)}
	k.place = luaapi.Place{RequireRoot: string(s.RequireRoot), ReadRoot: string(s.ReadRoot)}
	defer k.cfg.memory.Watch()()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	todo := make(chan *request)
	go func() {
		defer close(todo)
		defer cancel()
		for {
			line, err := lines.ReadBytes('\n')
			req := &request{}
			if err != nil || json.Unmarshal(line, req) != nil {
				return
			}
			if req.Interrupt {
				cancel()
				continue
			}
			todo <- req
		}
	}()
	for req := range todo {
		if err := k.do(ctx, req); err != nil {
			return err
		}
	}
	return nil
}

// work is a process at work.
type work struct {
	cfg   *Config
	path  string
	place luaapi.Place
	file  *luaapi.File

	mu  sync.Mutex
	out *bufio.Writer
}

func (k *work) do(ctx context.Context, req *request) error {
	switch err := k.load(); {
	case err != nil:
		return k.say(problems(err))
	case req.Collect:
		return k.collect(ctx)
	case req.Run == nil || req.Target < 0 || req.Target >= len(k.cfg.Targets):
		return k.say(&answer{Fault: "a request for nothing"})
	}
	return k.run(ctx, req)
}

func (k *work) load() error {
	if k.file != nil {
		return nil
	}
	file, err := k.cfg.Lang.NewLoader(nil).Load(k.path, k.place)
	k.file = file
	return err
}

func problems(err error) *answer {
	var le *luaapi.LoadError
	if !errors.As(err, &le) {
		return &answer{Fault: err.Error()}
	}
	return &answer{Problems: le.Problems}
}

func (k *work) collect(ctx context.Context) error {
	a := &answer{}
	for _, t := range k.cfg.targets() {
		decls, err := k.file.Collect(ctx, k.cfg.env(t))
		if err != nil {
			return k.say(problems(err))
		}
		a.Declared = append(a.Declared, decls)
	}
	return k.say(a)
}

func (k *work) run(ctx context.Context, req *request) error {
	key, err := req.key()
	if err != nil {
		return k.say(&answer{Fault: fmt.Sprintf("a request with the key %q", req.Key)})
	}
	env := k.cfg.envs[k.cfg.Targets[req.Target]]
	req.Run.SetFile(k.file)
	stop := k.tellExtra(env)
	res := req.Run.Run(ctx, context.Background(), env, key, req.Nth)
	stop()
	return k.tell(res)
}

// extraEvery is how often the connections of a scenario are counted.
const extraEvery = 20 * time.Millisecond

// tellExtra tells how many connections the scenario has besides its first, whenever that has changed, until it is stopped.
func (k *work) tellExtra(env *luaapi.Env) (stop func()) {
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		told := int64(0)
		tick := time.NewTicker(extraEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if n := env.Extra.Load(); n != told {
				told = n
				_ = k.say(&answer{Extra: &n}) // the result comes to nothing then, too
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// tell writes the result of an attempt.
func (k *work) tell(res *luaapi.Result) error {
	finish := &event.ScenarioFinish{Time: time.Now(), Failures: res.Failures, Warnings: res.Warnings, Notes: res.Notes, Reason: res.Reason,
		Policy: res.Inconclusive, Seconds: res.Seconds}
	var line []byte
	var err error
	for _, e := range append(res.Events, finish) {
		if line, err = event.AppendJSON(line[:0], e); err != nil {
			return k.say(&answer{Fault: err.Error()})
		}
		if _, err := k.out.Write(line); err != nil {
			return err
		}
	}
	return k.say(&answer{Ended: &ended{res.Failed, res.Errored, res.Skipped, res.Interrupted}})
}

func (k *work) say(a *answer) error {
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.out.Write(append(line, '\n')); err != nil {
		return err
	}
	return k.out.Flush()
}
