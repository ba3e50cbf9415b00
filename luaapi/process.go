package luaapi

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"
)

// easyHeap is the size in bytes up to which the heap grows before garbage is collected at all: scenarios leave much behind and keep
// little, and a collector that runs whenever 4 MiB have come together takes a quarter of a run's time.
const easyHeap = 64 << 20

// SetProcessLimits sets what is process-wide, so only a program's main calls it: the highest index that a table's array is filled up to,
// without which one assignment fills memory, and when garbage is collected. What GOGC and GOMEMLIMIT say has precedence.
func SetProcessLimits() {
	lua.MaxArrayIndex = 1 << 20
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(2 * maxTogether)
	}
	(&pacer{percent: 100, easy: easyHeap}).pace(struct{}{})
}

// CollectLate lets the heap grow to four times as much, for what loads many files and ends: the parser and the compiler leave a quarter of a
// megabyte behind for each ten of them. Only a program's main calls it, where GOGC says nothing.
func CollectLate() {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	(&pacer{percent: now, easy: 4 * easyHeap}).pace(struct{}{})
}

// CollectEarly has garbage collected before the heap has grown by a third: for thousands of scenarios at once, which keep much and
// leave little behind. Only a program's main calls it, where GOGC says nothing.
func CollectEarly() { debug.SetGCPercent(30) }

// pacer says when garbage is collected, until somebody else does.
type pacer struct {
	percent int
	easy    uint64
}

// pace lets the heap grow to easy, or to twice of what is kept when that is more. It is called after every collection.
func (p *pacer) pace(struct{}) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	kept := max(sample[0].Value.Uint64(), 4<<20) // below that the runtime takes 4 MiB as kept
	next := int(max(100, (p.easy-min(kept, p.easy))*100/kept))
	if now := debug.SetGCPercent(next); now != p.percent {
		debug.SetGCPercent(now)
		return
	}
	p.percent = next
	runtime.AddCleanup(new([64]byte), p.pace, struct{}{})
}
