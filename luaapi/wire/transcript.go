package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Sizes beyond which the middle of a body is left out of the transcript: its first and last keepBody bytes stay.
const (
	maxBody  = 64 << 10
	keepBody = 32 << 10
)

// maxLines is how many lines of one read or write get a record each; a flood of short lines is kept in larger pieces.
const maxLines = 64

// sheet is how many records get their memory together. A conversation has some twenty; a connection that waits among ten thousand has few.
const sheet = 10

// manyRecords is the length of a transcript from which on what arrives in one read is one record.
const manyRecords = 10000

// Transcript keeps what went over the connections of one scenario attempt, in order: lines, runs of bytes, and remarks (event.Info). Its
// zero value is ready. It may be used from several goroutines.
//
// The records are the events that a run reports, so that nothing is copied when an attempt ends. What says which attempt they are of (Key,
// Attempt, At, Role) is left to whoever takes them. What was marked as secret when it was written is masked in Data already.
type Transcript struct {
	Secrets *Secrets // what Records and Take mask; nil for nothing
	Full    bool     // keep long bodies whole

	mu     sync.Mutex
	sheets []*[sheet]event.Wire
	length int
	open   map[int]*body // by connection
}

// body is a run of message bytes being recorded.
type body struct {
	record int // index of its record
	total  int64
	tail   []byte // what came after the head, at most 2 * keepBody of it
	sum    hash.Hash
	last   time.Time
}

// Len is the number of records so far: the index of the newest one, from 1.
func (t *Transcript) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.length
}

// at is a record, from 0.
func (t *Transcript) at(i int) *event.Wire { return &t.sheets[i/sheet][i%sheet] }

// put puts a record at the end.
func (t *Transcript) put(r event.Wire) {
	if t.length == len(t.sheets)*sheet {
		t.sheets = append(t.sheets, new([sheet]event.Wire))
	}
	t.length++
	r.Index = t.length
	*t.at(t.length - 1) = r
}

// Size is how many bytes the records hold.
func (t *Transcript) Size() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.length {
		n += len(t.at(i).Data)
	}
	return n + t.length*int(unsafe.Sizeof(event.Wire{}))
}

// add puts a record at the end and returns its index, from 1.
func (t *Transcript) add(r event.Wire) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.append(r)
}

func (t *Transcript) append(r event.Wire) int {
	if b := t.open[r.Conn]; b != nil {
		if r.Body && r.Dir == t.at(b.record).Dir {
			t.extend(b, r)
			return b.record + 1
		}
		t.finish(r.Conn, b)
	}
	t.put(r)
	if r.Body {
		t.startBody(t.length-1, r.Conn)
	}
	return t.length
}

// in records what arrived: a record for each line, the last one possibly without its end. What continues the newest
// record is put to it. The first byte has the offset from in all that came; stamps are added to those given.
func (t *Transcript) in(conn int, data []byte, at time.Time, from int64, stamps []stamp) []stamp {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.unfinished(conn); last > 0 {
		rest := firstLine(data)
		r := t.at(last - 1)
		r.Data = append(r.Data, rest...)
		r.Time = at
		data = data[len(rest):]
		from += int64(len(rest))
		stamps = append(stamps, stamp{from, at, last})
		if len(r.Data) > maxBody && !t.Full {
			t.startBody(last-1, conn)
		}
	}
	for lines := 0; len(data) > 0; lines++ {
		line := data
		if lines < maxLines && t.length < manyRecords {
			line = firstLine(data)
		}
		record := t.append(event.Wire{Time: at, Conn: conn, Dir: event.In, Data: line[:len(line):len(line)], Body: t.inBody(conn)})
		data = data[len(line):]
		from += int64(len(line))
		stamps = append(stamps, stamp{from, at, record})
	}
	return stamps
}

// unfinished is the index from 1 of the newest record when it is of this connection and is a line without its end, or
// else 0.
func (t *Transcript) unfinished(conn int) int {
	n := t.length
	if n == 0 {
		return 0
	}
	last := t.at(n - 1)
	if last.Conn != conn || last.Dir != event.In || last.Body || bytes.HasSuffix(last.Data, []byte("\n")) {
		return 0
	}
	return n
}

// inBody tells whether what arrives continues a line that was already too long to keep.
func (t *Transcript) inBody(conn int) bool {
	b := t.open[conn]
	return b != nil && t.at(b.record).Dir == event.In && !bytes.HasSuffix(b.tail, []byte("\n"))
}

func firstLine(data []byte) []byte {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return data[:i+1]
	}
	return data
}

// startBody makes a record the beginning of a body.
func (t *Transcript) startBody(record, conn int) {
	if t.open == nil {
		t.open = map[int]*body{}
	}
	rec := t.at(record)
	rec.Body = true
	b := &body{record: record, total: int64(len(rec.Data)), last: rec.Time}
	t.open[conn] = b
	t.shorten(b)
}

// extend puts more to a body.
func (t *Transcript) extend(b *body, r event.Wire) {
	b.last = r.Time
	b.total += int64(len(r.Data))
	if b.sum == nil {
		// What a record's data is a slice of was cut to its length, or made here: appending never writes over anything.
		rec := t.at(b.record)
		rec.Data = append(rec.Data, r.Data...)
		t.shorten(b)
		return
	}
	b.sum.Write(r.Data)
	b.tail = append(b.tail, r.Data[max(0, len(r.Data)-keepBody):]...)
	if len(b.tail) > 2*keepBody {
		b.tail = append(b.tail[:0], b.tail[len(b.tail)-keepBody:]...)
	}
}

// shorten leaves the middle out once the body is over maxBody.
func (t *Transcript) shorten(b *body) {
	rec := t.at(b.record)
	if len(rec.Data) <= maxBody || t.Full {
		return
	}
	b.sum = sha256.New()
	b.sum.Write(rec.Data)
	b.tail = bytes.Clone(rec.Data[len(rec.Data)-keepBody:])
	rec.Data = bytes.Clone(rec.Data[:keepBody])
}

// finish completes a body: its end becomes a record.
func (t *Transcript) finish(conn int, b *body) {
	delete(t.open, conn)
	if b.sum != nil {
		t.put(b.complete(t.at(b.record)))
	}
}

// complete says in the first record of a long body what is left out, and returns the record of its end.
func (b *body) complete(first *event.Wire) event.Wire {
	tail := b.tail[max(0, len(b.tail)-keepBody):]
	first.Omitted = b.total - int64(len(first.Data)+len(tail))
	first.SHA256 = hex.EncodeToString(b.sum.Sum(nil))
	return event.Wire{Time: b.last, Conn: first.Conn, Dir: first.Dir, Data: bytes.Clone(tail), Body: true}
}

// Records returns what was recorded so far, secrets masked, also those that the peer sent back and those that were written in
// pieces.
func (t *Transcript) Records() []event.Wire {
	t.mu.Lock()
	out := make([]event.Wire, t.length, t.length+len(t.open))
	all := make([]*event.Wire, 0, cap(out))
	for i := range out {
		out[i] = *t.at(i)
	}
	for _, b := range t.bodies() { // they are completed as they are now, and may go on
		if b.sum != nil {
			out = append(out, b.complete(&out[b.record]))
			out[len(out)-1].Index = len(out)
		}
	}
	t.mu.Unlock()
	for i := range out {
		all = append(all, &out[i])
	}
	t.mask(all)
	return out
}

// Take hands over the records themselves, masked like those of Records. Nothing is recorded after it.
func (t *Transcript) Take() []*event.Wire {
	t.mu.Lock()
	for _, b := range t.bodies() {
		t.finish(t.at(b.record).Conn, b)
	}
	all := make([]*event.Wire, t.length)
	for i := range all {
		all[i] = t.at(i)
	}
	t.mu.Unlock()
	t.mask(all)
	return all
}

// bodies are those that may go on, in the order in which they began.
func (t *Transcript) bodies() []*body {
	if len(t.open) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Values(t.open), func(a, b *body) int { return a.record - b.record })
}
