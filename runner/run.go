package runner

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Defaults of a run.
const (
	DefaultJobs           = 16
	DefaultMaxConnections = 50

	Crowd = 500 // jobs above which each takes as little memory as it can
)

// Config is what a run is told. The zero value of a field is its default.
type Config struct {
	Lang    *luaapi.Language
	Targets []*luaapi.Target // none: for plans that are not run
	Vars    *luaapi.Facts
	Limits  luaapi.Limits
	Secrets *wire.Secrets
	Allow   []string
	// AllowExec lets scripts start programs, which may do what the user may.
	AllowExec bool
	AllowRead []string          // directories in which they may read mailboxes besides the target's
	DNS       *resolve.Resolver // nil: the system's
	Known     []luaapi.Known    // deviations that are expected

	Jobs           int
	MaxConnections int // for each target
	Retries        int
	Repeat         int
	Seed           uint64
	FailFast       bool
	MaxFailures    int // 0: no limit
	Policy         Policy
	WaitForTarget  time.Duration
	NoPreflight    bool // a target that does not answer is the scenarios' business
	FullTranscript bool
	Isolation      *Isolation // nil: everything in this process

	RunID      string
	Tool       string // version of smtpspec
	ConfigPath string
	Host       string // the name of this machine
	Rerun      Rerun
	Sink       event.Sink
	// Hard ends everything at once, cleanup included; Run's own context ends what runs in good order. nil: never.
	Hard context.Context
	// Signal gives the exit code of the signal that ended Run's context; nil is ExitInterrupted.
	Signal func() int

	counter atomic.Uint64
	memory  luaapi.Memory
	envs    map[*luaapi.Target]*luaapi.Env
}

// Summary is what came of a run.
type Summary struct {
	Counts      event.Counts
	ExitCode    int
	Reason      string      // of the exit code, when the counts do not tell
	Failed      []event.Key // failed and erred scenarios
	Ran         []event.Key // all that got a verdict
	Interrupted bool

	internal bool       // a fault of ours came up
	stopped  string     // why nothing more was started, "" when everything was
	signal   func() int // exit code of an interrupt
}

// targets are the targets to plan for: one that is not there when none is given.
func (cfg *Config) targets() []*luaapi.Target {
	if len(cfg.Targets) == 0 {
		return []*luaapi.Target{nil}
	}
	return cfg.Targets
}

// env is what the scenarios of one target share.
func (cfg *Config) env(t *luaapi.Target) *luaapi.Env {
	if e := cfg.envs[t]; e != nil {
		return e
	}
	target := t
	if target == nil {
		target = luaapi.NoTarget()
	}
	vars := cfg.Vars
	if vars == nil {
		vars = luaapi.NewVars()
	}
	return &luaapi.Env{Target: target, Vars: vars, Limits: cfg.Limits, Secrets: cfg.Secrets, Allow: cfg.Allow, AllowExec: cfg.AllowExec, AllowRead: cfg.AllowRead, DNS: cfg.DNS, Run: cfg.RunID,
		Counter: &cfg.counter, Seed: cfg.Seed, FullTranscript: cfg.FullTranscript, Keywords: &luaapi.Keywords{}, Memory: &cfg.memory,
		Crowded: cfg.jobs() > Crowd}
}

func (cfg *Config) mask(s string) string { return cfg.Secrets.Text(s) }

// run is a run under way.
type run struct {
	greetings sync.Map // what servers said first, by *luaapi.Target
	cfg       *Config
	plan      *Plan
	hard      context.Context
	soft      context.Context // ends what runs in good order
	start     time.Time

	mu      sync.Mutex // guards what follows, and serialises the sink
	summary Summary
	retry   []*pending
}

// Run runs the plan and hands every event to the sink, which it closes neither. When ctx ends, what runs is ended,
// what does not run yet is left out, and the summary says so.
func Run(ctx context.Context, cfg *Config, plan *Plan) *Summary {
	r := &run{cfg: cfg, plan: plan, start: time.Now(), hard: cfg.Hard}
	if r.hard == nil {
		r.hard = context.Background()
	}
	r.summary.signal = func() int { return ExitInterrupted }
	if cfg.Signal != nil {
		r.summary.signal = cfg.Signal
	}
	cfg.envs = map[*luaapi.Target]*luaapi.Env{}
	for _, t := range cfg.Targets {
		cfg.envs[t] = cfg.env(t)
	}
	r.soft = ctx
	r.emit(r.startEvent())
	planned := plan.event()
	planned.Time = time.Now()
	r.emit(planned)
	defer cfg.memory.Watch()()
	down := r.preflight()
	defer r.release()
	r.all(down)
	r.summary.Interrupted = ctx.Err() != nil
	r.finish()
	return &r.summary
}

func (r *run) emit(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg.Sink.Event(e)
}

func (r *run) startEvent() *event.RunStart {
	cfg := r.cfg
	e := &event.RunStart{Time: r.start, V: event.Version, Run: cfg.RunID, Tool: cfg.Tool, Seed: SeedText(cfg.Seed), PlanDigest: r.plan.Digest,
		Config: cfg.ConfigPath, Host: cfg.Host, Jobs: cfg.jobs(), FailOn: cfg.Policy.failOn()}
	for _, t := range cfg.Targets {
		facts := t.Public()
		for name, v := range facts {
			if text, ok := v.(string); ok {
				facts[name] = cfg.mask(text)
			}
		}
		e.Targets = append(e.Targets, event.Target{Name: cfg.mask(targetName(t)), URL: cfg.mask(t.URL), Demo: t.Demo, Facts: facts})
	}
	return e
}

func (cfg *Config) jobs() int {
	if cfg.Jobs > 0 {
		return cfg.Jobs
	}
	return DefaultJobs
}

func (r *run) finish() {
	s := &r.summary
	s.Counts.NotRun = len(r.plan.Jobs) - s.Counts.Total
	s.ExitCode, s.Reason = r.cfg.Policy.exitCode(s)
	r.emit(&event.RunFinish{Time: time.Now(), Counts: s.Counts, ExitCode: s.ExitCode, Seconds: time.Since(r.start).Seconds(),
		Interrupted: s.Interrupted, Reason: s.Reason})
}
