package runner

import (
	"errors"
	"fmt"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// retryEvery is how long --wait-for-target waits between two tries.
const retryEvery = 200 * time.Millisecond

// outage is a target that does not answer.
type outage struct {
	kind    wire.Kind
	message string
	detail  string
}

// preflight connects to every target once, so that one that is down is found before the run and said once. The connection is not
// thrown away: the first scenario that connects in the same way gets it, and the server sees none that says nothing.
func (r *run) preflight() map[*luaapi.Target]*outage {
	down := map[*luaapi.Target]*outage{}
	if r.cfg.NoPreflight {
		return down
	}
	for _, t := range r.cfg.Targets {
		if !r.needed(t) {
			continue
		}
		if o := r.reach(t); o != nil {
			down[t] = o
		}
	}
	return down
}

func (r *run) needed(t *luaapi.Target) bool {
	for _, j := range r.plan.Jobs {
		if j.Target == t && j.Decl.Unresolved == "" {
			return true
		}
	}
	return false
}

func (r *run) reach(t *luaapi.Target) *outage {
	limit := r.cfg.Limits.ConnectLimit()
	until := time.Now().Add(r.cfg.WaitForTarget)
	w := wire.Where{Network: t.Network(), Address: t.Address(), Resolver: r.cfg.DNS.Dialer()}
	for {
		spare, err := wire.DialSpare(r.soft, w, time.Now().Add(limit))
		if err == nil && r.cfg.Isolation != nil {
			spare.Close() // other processes cannot have it
			return nil
		}
		if err == nil {
			r.cfg.envs[t].Spare = spare
			return nil
		}
		if errors.Is(err, wire.ErrReset) {
			return nil // somebody is there
		}
		if r.soft.Err() != nil {
			return nil // the run ends anyway
		}
		if time.Now().After(until) {
			return r.outage(t, err, limit)
		}
		select {
		case <-time.After(retryEvery):
		case <-r.soft.Done():
			return nil
		}
	}
}

func (r *run) outage(t *luaapi.Target, err error, limit time.Duration) *outage {
	var de *wire.DialError
	if !errors.As(err, &de) {
		de = &wire.DialError{Kind: wire.Local, Detail: err}
	}
	o := &outage{kind: de.Kind, message: luaapi.DialText(de.Kind, t.Address(), limit)}
	if de.Detail != nil {
		o.detail = de.Detail.Error()
	}
	if r.cfg.WaitForTarget > 0 {
		o.message += fmt.Sprintf("; waited %s", r.cfg.WaitForTarget)
	}
	return o
}

// unreachable reports a scenario whose target does not answer.
func (r *run) unreachable(j *Job, o *outage) {
	if r.over() {
		return
	}
	r.emit(&event.ScenarioStart{Time: time.Now(), Key: j.Key, Attempt: 1, Line: j.Decl.Line, Suite: r.cfg.mask(j.Decl.Suite)})
	res := r.cfg.failure(j.Decl, event.Failure{Kind: string(o.kind), Message: o.message, Detail: o.detail, Address: j.Target.Address(),
		Hint: "--wait-for-target 30s waits for a server that is starting"})
	f := r.finishEvent(j, 1, event.Error, res)
	f.Final = true
	r.report(f, res)
}

// release closes the connections of preflight that no scenario took.
func (r *run) release() {
	for _, e := range r.cfg.envs {
		e.Spare.Close()
	}
}
