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

// usualRecords is how many records a scenario has that is not remarkable.
const usualRecords = 32

// manyRecords is the length of a transcript from which on what arrives in one read is one record.
const manyRecords = 10000

// Record is an entry of a transcript: a line, a run of bytes, or (Dir event.Info) a remark.
type Record struct {
	At      time.Time
	Conn    int
	Dir     string // event.Out, event.In or event.Info
	Data    []byte // what was marked as secret when it was written is already masked
	Body    bool
	Omitted int64
	SHA256  string
}

// Transcript keeps what went over the connections of one scenario attempt, in order. Its zero value is ready. It may be
// used from several goroutines.
type Transcript struct {
	Secrets *Secrets // what Records masks; nil for nothing
	Full    bool     // keep long bodies whole

	mu      sync.Mutex
	records []Record
	open    map[int]*body // by connection
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
	return len(t.records)
}

// Size is how many bytes the records hold.
func (t *Transcript) Size() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.records {
		n += len(t.records[i].Data)
	}
	return n + len(t.records)*int(unsafe.Sizeof(Record{}))
}

// add puts a record at the end and returns its index, from 1.
func (t *Transcript) add(r Record) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.append(r)
}

func (t *Transcript) append(r Record) int {
	if b := t.open[r.Conn]; b != nil {
		if r.Body && r.Dir == t.records[b.record].Dir {
			t.extend(b, r)
			return b.record + 1
		}
		t.finish(r.Conn, b)
	}
	if t.records == nil {
		t.records = make([]Record, 0, usualRecords)
	}
	t.records = append(t.records, r)
	if r.Body {
		t.startBody(len(t.records)-1, r.Conn)
	}
	return len(t.records)
}

// in records what arrived: a record for each line, the last one possibly without its end. What continues the newest
// record is put to it. The first byte has the offset from in all that came; stamps are added to those given.
func (t *Transcript) in(conn int, data []byte, at time.Time, from int64, stamps []stamp) []stamp {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.unfinished(conn); last > 0 {
		rest := firstLine(data)
		r := &t.records[last-1]
		r.Data = append(r.Data, rest...)
		r.At = at
		data = data[len(rest):]
		from += int64(len(rest))
		stamps = append(stamps, stamp{from, at, last})
		if len(r.Data) > maxBody && !t.Full {
			t.startBody(last-1, conn)
		}
	}
	for lines := 0; len(data) > 0; lines++ {
		line := data
		if lines < maxLines && len(t.records) < manyRecords {
			line = firstLine(data)
		}
		record := t.append(Record{At: at, Conn: conn, Dir: event.In, Data: line[:len(line):len(line)], Body: t.inBody(conn)})
		data = data[len(line):]
		from += int64(len(line))
		stamps = append(stamps, stamp{from, at, record})
	}
	return stamps
}

// unfinished is the index from 1 of the newest record when it is of this connection and is a line without its end, or
// else 0.
func (t *Transcript) unfinished(conn int) int {
	n := len(t.records)
	if n == 0 {
		return 0
	}
	last := &t.records[n-1]
	if last.Conn != conn || last.Dir != event.In || last.Body || bytes.HasSuffix(last.Data, []byte("\n")) {
		return 0
	}
	return n
}

// inBody tells whether what arrives continues a line that was already too long to keep.
func (t *Transcript) inBody(conn int) bool {
	b := t.open[conn]
	return b != nil && t.records[b.record].Dir == event.In && !bytes.HasSuffix(b.tail, []byte("\n"))
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
	rec := &t.records[record]
	rec.Body = true
	b := &body{record: record, total: int64(len(rec.Data)), last: rec.At}
	t.open[conn] = b
	t.shorten(b)
}

// extend puts more to a body.
func (t *Transcript) extend(b *body, r Record) {
	b.last = r.At
	b.total += int64(len(r.Data))
	if b.sum == nil {
		// What a record's data is a slice of was cut to its length, or made here: appending never writes over anything.
		rec := &t.records[b.record]
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
	rec := &t.records[b.record]
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
		t.records = append(t.records, b.complete(&t.records[b.record]))
	}
}

// complete says in the first record of a long body what is left out, and returns the record of its end.
func (b *body) complete(first *Record) Record {
	tail := b.tail[max(0, len(b.tail)-keepBody):]
	first.Omitted = b.total - int64(len(first.Data)+len(tail))
	first.SHA256 = hex.EncodeToString(b.sum.Sum(nil))
	return Record{At: b.last, Conn: first.Conn, Dir: first.Dir, Data: bytes.Clone(tail), Body: true}
}

// Records returns what was recorded, secrets masked, also those that the peer sent back and those that were written in
// pieces.
func (t *Transcript) Records() []Record {
	t.mu.Lock()
	out := slices.Clone(t.records)
	if len(t.open) > 0 { // they are completed as they are now, and may go on
		for _, b := range slices.SortedFunc(maps.Values(t.open), func(a, b *body) int { return a.record - b.record }) {
			if b.sum != nil {
				out = append(out, b.complete(&out[b.record]))
			}
		}
	}
	t.mu.Unlock()
	if !t.Secrets.Empty() {
		t.mask(out)
	}
	return out
}
