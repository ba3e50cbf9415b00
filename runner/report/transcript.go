package report

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpspec/smtpspec/runner/event"
)

// What is kept of a long transcript: how a connection began, and what led to the failure.
const (
	foldFrom   = 12 // rows that are shown without any folding
	keepBegin  = 2
	keepBefore = 3 // before the row that the failure is about
	keepAfter  = 2
	keepLogs   = 10
	floodEnds  = 3   // first and last rows of an event that holds many lines
	keepConns  = 4   // of further connections, those that are shown by their first and last row
	bodyRows   = 4   // a body up to this is shown: it is there for what it says
	bodyBytes  = 400 // and up to this
)

// row is a line of a transcript.
type row struct {
	at   float64
	conn int    // 0: of no connection
	mark string // ">", "<", "*" or, for the script's log, "·"
	text string
	bad  bool // a failure is about it
	keep bool
	more int // stands for so many rows that are left out
}

// transcript shows what went over the wire and what the script logged, in the order of time.
func (t text) transcript(a *Attempt, faults []*event.Failure) []string {
	bad := map[int]bool{}
	conn := 0
	for _, f := range faults {
		if f.Wire > 0 {
			bad[f.Wire] = true
		}
		if conn == 0 {
			conn = f.Conn
		}
	}
	rows := t.entries(a, bad)
	times, numbers := layout(rows)
	if !t.full && !t.rows {
		rows = fold(rows, conn)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = t.row(r, times, numbers)
	}
	return out
}

// entry is a wire or a log event, to be sorted by time.
type entry struct {
	at   float64
	wire *event.Wire
	log  *event.Log
}

func (t text) entries(a *Attempt, bad map[int]bool) []row {
	entries := make([]entry, 0, len(a.Wires)+len(a.Logs))
	for _, w := range a.Wires {
		entries = append(entries, entry{at: w.At, wire: w})
	}
	for _, l := range a.Logs {
		entries = append(entries, entry{at: l.At, log: l})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	var out []row
	for len(entries) > 0 {
		n := 1
		if e := entries[0]; e.log != nil {
			out = append(out, t.logRows(e.log)...)
		} else if n = bodyLength(entries, bad); n > 0 && !t.full && isLong(entries[:n]) {
			out = append(out, bodyRow(entries[:n]))
		} else {
			n = 1
			out = append(out, t.wireRows(e.wire, bad[e.wire.Index])...)
		}
		entries = entries[n:]
	}
	return out
}

func (t text) logRows(l *event.Log) []row {
	var out []row
	for i, line := range splitLines(l.Text) {
		r := row{at: l.At, mark: "·", text: safeLine(line, t.full)}
		if l.Level != "log" {
			r.text = event.Safe(l.Level) + ": " + r.text
			r.keep = l.Level != "step" && i == 0
		}
		out = append(out, r)
	}
	return out
}

func markOf(dir string) string {
	switch dir {
	case event.Out:
		return ">"
	case event.In:
		return "<"
	}
	return "*"
}

// wireRows gives the rows of a wire event, usually one. Its last bytes say whether the line was whole.
func (t text) wireRows(w *event.Wire, bad bool) []row {
	var out []row
	add := func(text string) {
		out = append(out, row{at: w.At, conn: w.Conn, mark: markOf(w.Dir), text: text, bad: bad})
	}
	if w.Dir == event.Info {
		add(safeLine(string(w.Data), t.full))
		return out
	}
	lines := slices.Collect(bytes.Lines(w.Data))
	for i, line := range lines {
		if left := len(lines) - 2*floodEnds; left > 1 && !t.full && i >= floodEnds && i < floodEnds+left {
			if i == floodEnds {
				add("… " + count(int64(left), "line"))
			}
			continue
		}
		add(t.wireLine(string(line), w.Omitted > 0))
	}
	if w.Omitted > 0 {
		add("… " + count(w.Omitted, "byte") + " not kept" + prefixed(", SHA-256 of all ", event.Safe(w.SHA256)))
	}
	return out
}

// wireLine shows a line without its CRLF. A line that ends otherwise says so.
func (t text) wireLine(line string, cut bool) string {
	whole, found := strings.CutSuffix(line, "\r\n")
	switch {
	case found && whole == "":
		return t.dim("(empty line)")
	case found, strings.HasSuffix(line, "\n"), cut:
		return visibleLine(whole, t.full)
	}
	return visibleLine(whole, t.full) + t.dim(" (no line end)")
}

// bodyLength is the number of entries at the front that are one message body, of which no failure is about a part.
func bodyLength(entries []entry, bad map[int]bool) int {
	first := entries[0].wire
	for i, e := range entries {
		w := e.wire
		if w == nil || !w.Body || w.Conn != first.Conn || w.Dir != first.Dir || bad[w.Index] {
			return i
		}
	}
	return len(entries)
}

func isLong(body []entry) bool {
	rows, n := 0, int64(0)
	for _, e := range body {
		rows += max(1, bytes.Count(e.wire.Data, []byte("\n")))
		n += int64(len(e.wire.Data)) + e.wire.Omitted
	}
	return rows > bodyRows || n > bodyBytes
}

// bodyRow stands for a message, and names the bytes in it that servers stumble over.
func bodyRow(body []entry) row {
	w := body[0].wire
	var n int64
	var data []byte
	for _, e := range body {
		n += int64(len(e.wire.Data)) + e.wire.Omitted
		data = append(data, e.wire.Data...)
	}
	s := "… body, " + count(n, "byte")
	if odd := oddities(data); len(odd) > 0 {
		s += " with " + strings.Join(odd, ", ")
	}
	return row{at: w.At, conn: w.Conn, mark: markOf(w.Dir), text: s}
}

func oddities(b []byte) []string {
	var out []string
	crlf := bytes.Count(b, []byte("\r\n"))
	if bytes.Count(b, []byte("\n")) > crlf {
		out = append(out, `bare \n`)
	}
	if bytes.Count(b, []byte("\r")) > crlf {
		out = append(out, `bare \r`)
	}
	if bytes.IndexByte(b, 0) >= 0 {
		out = append(out, `\x00`)
	}
	if bytes.ContainsFunc(b, func(r rune) bool { return r > 0x7f }) {
		out = append(out, "8-bit")
	}
	return out
}

// fold leaves out what does not tell about the failure. Marked rows, notes and warnings stay.
func fold(rows []row, conn int) []row {
	if len(rows) <= foldFrom {
		return rows
	}
	if conn == 0 || !slices.ContainsFunc(rows, func(r row) bool { return r.conn == conn }) {
		conn = lastConn(rows)
	}
	byConn := map[int][]int{}
	for i, r := range rows {
		byConn[r.conn] = append(byConn[r.conn], i)
	}
	for c, indexes := range byConn {
		switch {
		case c == 0:
			keepRows(rows, indexes[max(0, len(indexes)-keepLogs):])
		case c == conn || hasBad(rows, indexes):
			keepAround(rows, indexes)
		case len(byConn) <= keepConns+2:
			keepRows(rows, []int{indexes[0], indexes[len(indexes)-1]})
		}
	}
	return collapse(rows)
}

func lastConn(rows []row) int {
	for _, r := range slices.Backward(rows) {
		if r.conn != 0 {
			return r.conn
		}
	}
	return 0
}

func hasBad(rows []row, indexes []int) bool {
	return slices.ContainsFunc(indexes, func(i int) bool { return rows[i].bad })
}

// keepAround keeps the beginning and the end of a connection and what stands around its marked rows.
func keepAround(rows []row, indexes []int) {
	last := len(indexes) - 1
	around := func(at int) {
		keepRows(rows, indexes[max(0, at-keepBefore):min(len(indexes), at+keepAfter+1)])
	}
	keepRows(rows, indexes[:min(len(indexes), keepBegin)])
	keepRows(rows, indexes[last:])
	marked := false
	for at, i := range indexes {
		if rows[i].bad {
			marked = true
			around(at)
		}
	}
	if !marked {
		around(last)
	}
}

func keepRows(rows []row, indexes []int) {
	for _, i := range indexes {
		rows[i].keep = true
	}
}

// collapse replaces runs of rows that are not kept. A run of one or two takes no more room than the words about it.
func collapse(rows []row) []row {
	var out []row
	for i := 0; i < len(rows); {
		n := 0
		for i+n < len(rows) && !rows[i+n].keep && !rows[i+n].bad {
			n++
		}
		if n < 3 {
			n = max(n, 1)
			out = append(out, rows[i:i+n]...)
		} else {
			out = append(out, row{more: n})
		}
		i += n
	}
	return out
}

// layout gives the widths of the times and of the connections' numbers, which there are where there are several.
func layout(rows []row) (times, numbers int) {
	times = len(stamp(0))
	conns := map[int]bool{}
	for _, r := range rows {
		times = max(times, len(stamp(r.at)))
		if r.conn != 0 {
			conns[r.conn] = true
			numbers = max(numbers, len(strconv.Itoa(r.conn))+2)
		}
	}
	if len(conns) < 2 {
		numbers = 0
	}
	return times, numbers
}

func (t text) row(r row, times, numbers int) string {
	if r.more > 0 {
		return strings.Repeat(" ", len(indent)+times+numbers+3) + t.dim("… "+count(int64(r.more), "line"))
	}
	number := ""
	if r.conn != 0 && numbers > 0 {
		number = "#" + strconv.Itoa(r.conn)
	}
	lead := fmt.Sprintf("%*s %-*s", times, stamp(r.at), numbers, number)
	begin := indent + t.dim(lead)
	if r.bad {
		begin = "   " + t.red("!") + " " + lead
	}
	return strings.TrimRight(begin+r.mark+" "+r.text, " ")
}

func stamp(at float64) string { return strconv.FormatFloat(at, 'f', 3, 64) }
