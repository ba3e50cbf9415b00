package luaapi

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Bounds of memory, in bytes. They hold for what scripts keep, not for what the collector has yet to take: a process needs up to
// twice of it.
const (
	maxScenario  = 256 << 20 // what one scenario may keep
	maxTogether  = 384 << 20 // what all that run may keep together
	watchedFrom  = 192 << 20 // the heap below which nobody is asked
	largeText    = 4 << 20   // text is made one after the other from this size on
	watchPeriod  = 10 * time.Millisecond
	weighingRest = 250 * time.Millisecond // between two rounds while the heap does not grow
)

// Memory bounds what the scenarios of a run keep. Go tells nobody which goroutine holds how much, and the VM has no limit, so when the
// heap has grown every scenario is asked to weigh itself, before its next instruction: what keeps too much, or most when all keep
// too much together, ends as an error. The zero value is ready for use.
type Memory struct {
	round atomic.Uint32 // of weighing

	building chan struct{} // full while large text is made
	making   sync.Once     // of building
	scales   sync.Mutex    // held while something large is weighed: its like wait meanwhile, and grow no further
	mu       sync.Mutex    // guards what follows
	weights  map[*attempt]int64
	asked    uint64 // the heap when it was asked last
	at       time.Time
}

// Watch looks at the heap until stop is called.
func (m *Memory) Watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		t := time.NewTicker(watchPeriod)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				m.look(0)
			}
		}
	}()
	return func() { close(done) }
}

// look asks every scenario to weigh itself when the heap, with what is about to be added, has grown.
func (m *Memory) look(more int) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	heap := sample[0].Value.Uint64() + uint64(more)
	if heap < watchedFrom {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if heap > m.asked+m.asked/8 || heap < m.asked/2 || time.Since(m.at) > weighingRest {
		m.asked, m.at = heap, time.Now()
		m.round.Add(1)
	}
}

// weigh puts an attempt on the scales.
func (m *Memory) weigh(a *attempt) {
	weight := a.weight(&m.scales)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.weights == nil {
		m.weights = map[*attempt]int64{}
	}
	if a.spent != "" {
		return
	}
	if weight > maxScenario {
		m.end(a, fmt.Sprintf("the scenario keeps more than %d MiB of memory", maxScenario>>20))
		return
	}
	m.weights[a] = weight
	m.relieve()
}

// relieve ends the heaviest when all keep too much together, until there is some room again.
func (m *Memory) relieve() {
	total := int64(0)
	for _, w := range m.weights {
		total += w
	}
	if total <= maxTogether {
		return
	}
	heaviest := slices.SortedFunc(maps.Keys(m.weights), func(a, b *attempt) int { return cmp.Compare(m.weights[b], m.weights[a]) })
	for _, a := range heaviest {
		if total <= maxTogether*2/3 {
			return
		}
		total -= m.weights[a]
		m.end(a, fmt.Sprintf("the scenarios that run keep more than %d MiB of memory together, and this one %d MiB of it", maxTogether>>20, m.weights[a]>>20))
	}
}

func (m *Memory) end(a *attempt, why string) {
	delete(m.weights, a)
	a.spent = why
	a.stopNow(errMemory)
}

// leave forgets an attempt that has ended.
func (m *Memory) leave(a *attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.weights, a)
}

// errMemory is why a context ended that a scenario was too heavy for.
var errMemory = fmt.Errorf("out of memory")

// scenarioContext is the context of a Lua state. The VM asks for Done before every instruction, in the scenario's goroutine: that is
// where a scenario weighs itself. Nothing else may ask, so Go code waits with the attempt's ctx.
type scenarioContext struct {
	context.Context
	a     *attempt
	done  <-chan struct{}
	round uint32
}

func (c *scenarioContext) Done() <-chan struct{} {
	if m := c.a.env.Memory; m != nil && m.round.Load() != c.round {
		c.round = m.round.Load()
		m.weigh(c.a)
	}
	return c.done
}

// maxString is the length of text that one function may build.
const maxString = 64 << 20

func tooLong(what string) error {
	return fmt.Errorf("%s: the result has more than %d bytes", what, maxString)
}

// room is asked before text of n bytes is made: it raises an error when that is too long, and large text is made by one scenario at a time,
// after a look at the memory. What it returns is called when the text is there.
func room(L *lua.LState, what string, n int) (made func()) {
	if n > maxString {
		L.RaiseError("%s", tooLong(what))
	}
	a := attemptOf(L)
	m := a.env.Memory
	if m == nil || n < largeText {
		return func() {}
	}
	m.making.Do(func() { m.building = make(chan struct{}, 1) })
	select {
	case m.building <- struct{}{}:
	case <-a.ctx.Done():
		L.RaiseError("%s", a.timeoutText())
	}
	m.look(n)
	return func() { <-m.building }
}
