package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// Sizes beyond which the middle of a body is left out of the transcript: its first and last keepBody bytes stay.
const (
	maxBody  = 64 << 10
	keepBody = 32 << 10
)

// maxLines is how many lines of one read get a record each; a flood of short lines is kept in larger pieces.
const maxLines = 64

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

func (t *Transcript) add(r Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.append(r)
}

func (t *Transcript) append(r Record) {
	if b := t.open[r.Conn]; b != nil && (!r.Body || r.Dir != t.records[b.record].Dir) {
		t.finish(r.Conn, b)
	}
	if r.Body {
		t.appendBody(r)
		return
	}
	t.records = append(t.records, r)
}

// in records what arrived: a record for each line, the last one possibly without its end. What continues the newest
// record is put to it. Each call of placed tells that the bytes before an offset in data are in a record, by its index from 1.
func (t *Transcript) in(conn int, data []byte, at time.Time, placed func(end, record int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := 0
	if n := len(t.records); n > 0 {
		last := &t.records[n-1]
		if last.Conn == conn && last.Dir == event.In && !last.Body && !bytes.HasSuffix(last.Data, []byte("\n")) {
			rest := firstLine(data)
			last.Data = append(bytes.Clone(last.Data), rest...)
			last.At = at
			from = len(rest)
			placed(from, n)
			if len(last.Data) > maxBody && !t.Full {
				t.startBody(n-1, conn)
			}
		}
	}
	for lines := 0; from < len(data); lines++ {
		line := data[from:]
		if lines < maxLines {
			line = firstLine(line)
		}
		t.append(Record{At: at, Conn: conn, Dir: event.In, Data: line[:len(line):len(line)], Body: t.inBody(conn)})
		from += len(line)
		placed(from, len(t.records))
	}
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

func (t *Transcript) appendBody(r Record) {
	b := t.open[r.Conn]
	if b == nil {
		t.records = append(t.records, r)
		b = t.startBody(len(t.records)-1, r.Conn)
		return
	}
	b.last = r.At
	b.total += int64(len(r.Data))
	rec := &t.records[b.record]
	if b.sum == nil {
		rec.Data = append(bytes.Clone(rec.Data), r.Data...)
		t.shorten(b)
		return
	}
	b.sum.Write(r.Data)
	b.tail = append(b.tail, r.Data...)
	if len(b.tail) > 2*keepBody {
		b.tail = append([]byte(nil), b.tail[len(b.tail)-keepBody:]...)
	}
}

func (t *Transcript) startBody(record, conn int) *body {
	if t.open == nil {
		t.open = map[int]*body{}
	}
	rec := &t.records[record]
	rec.Body = true
	b := &body{record: record, total: int64(len(rec.Data)), last: rec.At}
	t.open[conn] = b
	t.shorten(b)
	return b
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

func (t *Transcript) finish(conn int, b *body) {
	delete(t.open, conn)
	if b.sum == nil {
		return
	}
	rec := &t.records[b.record]
	tail := b.tail[max(0, len(b.tail)-keepBody):]
	rec.Omitted = b.total - int64(len(rec.Data)+len(tail))
	rec.SHA256 = hex.EncodeToString(b.sum.Sum(nil))
	t.records = append(t.records, Record{At: b.last, Conn: conn, Dir: rec.Dir, Data: tail, Body: true})
}

// Records returns what was recorded, secrets masked, also those that the peer sent back and those that were written in
// pieces.
func (t *Transcript) Records() []Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	for conn, b := range t.open {
		t.finish(conn, b)
	}
	out := append([]Record(nil), t.records...)
	if !t.Secrets.Empty() {
		t.mask(out)
	}
	return out
}

type lane struct {
	conn int
	dir  string
}

// mask looks for secrets in each direction of each connection as a whole, since one may be spread over several records.
func (t *Transcript) mask(records []Record) {
	lanes := map[lane][]int{}
	for i, r := range records {
		k := lane{r.Conn, r.Dir}
		lanes[k] = append(lanes[k], i)
	}
	for _, indexes := range lanes {
		var all []byte
		for _, i := range indexes {
			all = append(all, records[i].Data...)
		}
		found := t.Secrets.find(all)
		if len(found) == 0 {
			continue
		}
		from := 0
		for _, i := range indexes {
			to := from + len(records[i].Data)
			records[i].Data = maskPart(all[from:to], from, found)
			from = to
		}
	}
}

// maskPart masks the part of a stream that begins at offset from. A secret that goes over the end of a part is shown as
// one mask, in the part where it begins.
func maskPart(part []byte, from int, found []span) []byte {
	var out []byte
	at := 0
	for _, sp := range found {
		start, end := sp.start-from, sp.end-from
		if end <= 0 || start >= len(part) {
			continue
		}
		out = append(out, part[at:max(start, at)]...)
		if start >= 0 {
			out = append(out, Mask...)
		}
		at = min(end, len(part))
	}
	if at == 0 && out == nil {
		return part
	}
	return append(out, part[at:]...)
}
