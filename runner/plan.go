package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"sort"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Job is a scenario to run: a declaration against a target, once.
type Job struct {
	Key    event.Key
	Decl   *luaapi.Declaration
	Target *luaapi.Target
	Shared bool // its line declares other scenarios too

	// Withheld says why it is skipped though it is selected: what may harm has to be asked for. "" says that it is not.
	Withheld string
}

// Plan is all scenarios of the files that were asked for, in order.
type Plan struct {
	Jobs       []*Job
	Deselected int
	Digest     string // SHA-256 over the keys of all jobs, before any selection
}

// Load compiles the files and runs their top level for each target, to learn what they declare. All load errors come
// back together, as a *luaapi.LoadError.
func Load(ctx context.Context, cfg *Config, files []*Found) (*Plan, error) {
	defer cfg.memory.Watch()()
	loader := cfg.Lang.NewLoader(nil)
	cfg.Isolation.know(files)
	decls := make([][][]*luaapi.Declaration, len(files)) // by file and target
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for i := range next {
				decls[i], errs[i] = loadFile(ctx, cfg, loader, files[i])
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := joinLoadErrors(errs, cfg.Secrets); err != nil {
		return nil, err
	}
	plan, err := cfg.plan(files, decls)
	if err != nil {
		return nil, err
	}
	plan.Digest = digest(plan.Jobs)
	return plan, nil
}

func loadFile(ctx context.Context, cfg *Config, loader *luaapi.Loader, found *Found) ([][]*luaapi.Declaration, error) {
	if cfg.Isolation != nil {
		return cfg.Isolation.load(ctx, cfg, found.Path)
	}
	file, err := loader.Load(found.Path, found.Place)
	if err != nil {
		return nil, err
	}
	var byTarget [][]*luaapi.Declaration
	for _, t := range cfg.targets() {
		decls, err := file.Collect(ctx, cfg.env(t))
		if err != nil {
			return nil, err
		}
		byTarget = append(byTarget, decls)
	}
	return byTarget, nil
}

func joinLoadErrors(errs []error, secrets *wire.Secrets) error {
	all := &luaapi.LoadError{}
	for _, err := range errs {
		var le *luaapi.LoadError
		switch {
		case err == nil:
		case errors.As(err, &le):
			for _, p := range le.Problems {
				if !slices.Contains(all.Problems, p) {
					all.Problems = append(all.Problems, p)
				}
			}
		default:
			return err
		}
	}
	if len(all.Problems) > 0 {
		all.Mask(secrets)
		return all
	}
	return nil
}

// plan puts the declarations in order, once for each target and repetition. An id that two scenarios share is a load error.
func (cfg *Config) plan(files []*Found, decls [][][]*luaapi.Declaration) (*Plan, error) {
	p := &Plan{}
	ids := map[string]*luaapi.Declaration{}
	for rep := range max(1, cfg.Repeat) {
		for i := range files {
			for ti, target := range cfg.targets() {
				lines := map[int]int{}
				for _, d := range decls[i][ti] {
					lines[d.Line]++
				}
				for _, d := range decls[i][ti] {
					if !files[i].wants(d.Tags) {
						continue
					}
					if err := unique(ids, d); err != nil {
						return nil, err
					}
					key := event.Key{File: d.File().Path, Name: cfg.mask(d.Name), Target: targetName(target), Repetition: rep + 1}
					p.Jobs = append(p.Jobs, &Job{Key: key, Decl: d, Target: target, Shared: lines[d.Line] > 1})
				}
			}
		}
	}
	return p, nil
}

func unique(ids map[string]*luaapi.Declaration, d *luaapi.Declaration) error {
	if d.ID == "" {
		return nil
	}
	old := ids[d.ID]
	if old == nil {
		ids[d.ID] = d
		return nil
	}
	if old.File().Path == d.File().Path && old.Name == d.Name {
		return nil
	}
	at := d.Position()
	return &luaapi.LoadError{Problems: []luaapi.Problem{{Position: at,
		Message: fmt.Sprintf("the id %q is taken by %s:%d %q", d.ID, old.File().Path, old.Line, old.Name)}}}
}

func targetName(t *luaapi.Target) string {
	if t == nil {
		return ""
	}
	if t.Name != "" {
		return t.Name
	}
	return t.URL
}

func digest(jobs []*Job) string {
	h := sha256.New()
	for _, j := range jobs {
		fmt.Fprintf(h, "%q %q %q %d\n", j.Key.File, j.Key.Name, j.Key.Target, j.Key.Repetition)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Selection says which scenarios of a plan run. The zero value selects all.
type Selection struct {
	Grep       *regexp.Regexp // on "suite name"
	GrepInvert *regexp.Regexp
	Tags       *TagExpr
	IDs        []string
	LastFailed []event.Key // file and name count
	Last       bool        // LastFailed is in force
	Intrusive  bool        // what may harm may be run against any target
}

// SelectError is a selection that names what does not exist. It is a usage error.
type SelectError struct{ Text string }

func (e *SelectError) Error() string { return e.Text }

// Select keeps the jobs that the selection and the lines of files ask for. The error is a *SelectError.
func (p *Plan) Select(s Selection, files []*Found) error {
	if err := p.known(s); err != nil {
		return err
	}
	lines, err := p.lines(files)
	if err != nil {
		return err
	}
	last := map[[2]string]bool{}
	for _, k := range s.LastFailed {
		last[[2]string{k.File, k.Name}] = true
	}
	all := len(p.Jobs)
	p.Jobs = slices.DeleteFunc(p.Jobs, func(j *Job) bool {
		if at := lines[j.Key.File]; at != nil && !at[j.Decl.Line] {
			return true
		}
		if s.Last && !last[[2]string{j.Key.File, j.Key.Name}] {
			return true
		}
		return !s.takes(j)
	})
	for _, j := range p.Jobs {
		j.Withheld = s.withheld(j, lines[j.Key.File] != nil)
	}
	p.Deselected += all - len(p.Jobs)
	return nil
}

func (s *Selection) takes(j *Job) bool {
	name := j.Decl.Suite + " " + j.Decl.Name
	switch {
	case s.Grep != nil && !s.Grep.MatchString(name) && !s.Grep.MatchString(j.Decl.Name):
		return false
	case s.GrepInvert != nil && (s.GrepInvert.MatchString(name) || s.GrepInvert.MatchString(j.Decl.Name)):
		return false
	case s.Tags != nil && !s.Tags.match(j.Decl.Tags):
		return false
	case len(s.IDs) > 0 && !slices.Contains(s.IDs, j.Decl.ID):
		return false
	}
	return true
}

// known refuses tags and ids that no scenario has.
func (p *Plan) known(s Selection) error {
	tags, ids := map[string]bool{}, map[string]bool{}
	for _, j := range p.Jobs {
		for _, t := range j.Decl.Tags {
			tags[t] = true
		}
		if j.Decl.ID != "" {
			ids[j.Decl.ID] = true
		}
	}
	if s.Tags != nil {
		if err := s.Tags.Unknown(sorted(tags)); err != nil {
			return &SelectError{"--tag: " + err.Error()}
		}
	}
	for _, id := range s.IDs {
		if !ids[id] {
			return &SelectError{fmt.Sprintf("--id: no scenario has the id %q%s", id, spell.Hint(id, sorted(ids)))}
		}
	}
	return nil
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}

// lines turns file.lua:LINE into the lines of declarations: the last one at or above LINE.
func (p *Plan) lines(files []*Found) (map[string]map[int]bool, error) {
	declared := map[string][]int{}
	for _, j := range p.Jobs {
		declared[j.Key.File] = append(declared[j.Key.File], j.Decl.Line)
	}
	out := map[string]map[int]bool{}
	for _, f := range files {
		for _, line := range f.Lines {
			best := 0
			for _, d := range declared[f.Path] {
				if d <= line && d > best {
					best = d
				}
			}
			if best == 0 {
				return nil, &SelectError{fmt.Sprintf("%s:%d: no scenario is declared at or above that line%s", f.Path, line, declaredAt(declared[f.Path]))}
			}
			if out[f.Path] == nil {
				out[f.Path] = map[int]bool{}
			}
			out[f.Path][best] = true
		}
	}
	return out, nil
}

func declaredAt(lines []int) string {
	if len(lines) == 0 {
		return ""
	}
	return fmt.Sprintf("; the first is at line %d", slices.Min(lines))
}

// Shuffle puts the jobs in an order that the seed decides.
func (p *Plan) Shuffle(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x736d7470))
	r.Shuffle(len(p.Jobs), func(i, j int) { p.Jobs[i], p.Jobs[j] = p.Jobs[j], p.Jobs[i] })
}

// event is the plan as an event.
func (p *Plan) event() *event.Plan {
	e := &event.Plan{Scenarios: make([]event.Planned, len(p.Jobs)), Deselected: p.Deselected}
	for i, j := range p.Jobs {
		e.Scenarios[i] = event.Planned{Key: j.Key, Line: j.Decl.Line, ID: j.Decl.ID}
	}
	return e
}
