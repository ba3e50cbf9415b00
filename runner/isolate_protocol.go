package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/resolve"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// What Isolation and its processes say to each other: JSON objects, one a line. A process is told a setup first and requests then, one after
// the other. It answers with the events of the attempt, as a jsonl report has them, and an answer last. Both ends are of the same program, so
// there are no versions.

// setup is what a process has to know of the run. Text is bytes, since JSON would change what is no UTF-8.
type setup struct {
	Path, RequireRoot, ReadRoot []byte
	Targets                     []*luaapi.Target
	Vars                        *luaapi.Facts
	Limits                      luaapi.Limits
	Secrets, Allow, AllowRead   [][]byte
	DNS                         string // host:port; "" for the system's
	Run                         string
	Seed                        uint64
	FullTranscript              bool
}

func newSetup(cfg *Config, path string, place luaapi.Place, nth int) *setup {
	s := &setup{Path: []byte(path), RequireRoot: []byte(place.RequireRoot), ReadRoot: []byte(place.ReadRoot), Targets: cfg.targets(), Vars: cfg.Vars,
		Limits: cfg.Limits, DNS: cfg.DNS.Named(), Run: fmt.Sprintf("%s-%d", cfg.RunID, nth), Seed: cfg.Seed, FullTranscript: cfg.FullTranscript}
	if cfg.Secrets != nil {
		for _, v := range cfg.Secrets.Values() {
			s.Secrets = append(s.Secrets, []byte(v))
		}
	}
	for _, a := range cfg.Allow {
		s.Allow = append(s.Allow, []byte(a))
	}
	for _, dir := range cfg.AllowRead {
		s.AllowRead = append(s.AllowRead, []byte(dir))
	}
	return s
}

// config is what the process makes of it.
func (s *setup) config(lang *luaapi.Language) *Config {
	cfg := &Config{Lang: lang, Targets: s.Targets, Vars: s.Vars, Limits: s.Limits, Secrets: &wire.Secrets{}, RunID: s.Run, Seed: s.Seed,
		FullTranscript: s.FullTranscript, envs: map[*luaapi.Target]*luaapi.Env{}}
	for _, v := range s.Secrets {
		cfg.Secrets.Add(string(v))
	}
	cfg.DNS, _ = resolve.New(s.DNS) // it was one before
	for _, a := range s.Allow {
		cfg.Allow = append(cfg.Allow, string(a))
	}
	for _, dir := range s.AllowRead {
		cfg.AllowRead = append(cfg.AllowRead, string(dir))
	}
	for _, t := range s.Targets {
		if t != nil {
			t.ResolveBy(cfg.DNS)
		}
		cfg.envs[t] = cfg.env(t)
	}
	return cfg
}

// request is one of three things to do.
type request struct {
	Collect   bool                `json:",omitempty"`
	Interrupt bool                `json:",omitempty"` // for what is being done, and all that follows
	Run       *luaapi.Declaration `json:",omitempty"`
	Target    int                 // which of the setup's
	Key       [4][]byte
	Nth       int
}

// keyBytes is a key as a request has it.
func keyBytes(k event.Key) [4][]byte {
	return [4][]byte{[]byte(k.File), []byte(k.Name), []byte(k.Target), fmt.Append(nil, k.Repetition)}
}

func (r *request) key() (event.Key, error) {
	k := event.Key{File: string(r.Key[0]), Name: string(r.Key[1]), Target: string(r.Key[2])}
	_, err := fmt.Sscan(string(r.Key[3]), &k.Repetition)
	return k, err
}

// answer is what a process says: connections while a scenario runs, and one of the others at its end.
type answer struct {
	Extra    *int64                  `json:",omitempty"`
	Fault    string                  `json:",omitempty"`
	Declared [][]*luaapi.Declaration `json:",omitempty"` // by target
	Problems []luaapi.Problem        `json:",omitempty"`
	Ended    *ended                  `json:",omitempty"`

	events []event.Event
	finish *event.ScenarioFinish // has what a result has besides
}

// ended are the members of a result that a scenario_finish has not.
type ended struct{ Failed, Errored, Skipped, Interrupted bool }

// take takes the next line, and tells whether it was the last.
func (a *answer) take(line []byte, extra func(int64)) (done bool, err error) {
	if bytes.HasPrefix(line, []byte(`{"event":`)) {
		e, err := event.Decode(line)
		if f, ok := e.(*event.ScenarioFinish); ok {
			a.finish = f
			return false, err
		}
		a.events = append(a.events, e)
		return false, err
	}
	a.Extra = nil
	if err := json.Unmarshal(line, a); err != nil {
		return false, errors.New("a line that is no answer")
	}
	switch {
	case a.Fault != "":
		return false, errors.New(a.Fault)
	case a.Extra != nil && extra != nil:
		extra(*a.Extra)
		return false, nil
	case a.Ended != nil && (a.finish == nil || extra == nil):
		return false, errors.New("an end of what was not run")
	case a.Ended == nil && extra != nil && len(a.Problems) == 0:
		return false, errors.New("no end of what was run")
	}
	return true, nil
}

// result is what became of an attempt. Whose its events are is known here, and not taken from the process.
func (a *answer) result(key event.Key, nth int) *luaapi.Result {
	f := a.finish
	r := &luaapi.Result{Notes: f.Notes, Failed: a.Ended.Failed, Errored: a.Ended.Errored, Skipped: a.Ended.Skipped, Interrupted: a.Ended.Interrupted,
		Reason: f.Reason, Inconclusive: f.Policy, Seconds: f.Seconds}
	if len(f.Failures) > 0 {
		r.Failures = f.Failures
	}
	if len(f.Warnings) > 0 {
		r.Warnings = f.Warnings
	}
	for _, e := range a.events {
		switch e := e.(type) {
		case *event.Wire:
			e.Key, e.Attempt = key, nth
		case *event.Log:
			e.Key, e.Attempt = key, nth
		case *event.Expectation:
			e.Key, e.Attempt = key, nth
		default:
			continue
		}
		r.Events = append(r.Events, e)
	}
	return r
}
