package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d of the text\r\n", i)
	}
	return b.String()
}

// checkBody looks for a folded body: the head, how much is left out and the hash in one record, the tail in the next.
func checkBody(t *testing.T, records []event.Wire, dir, text string) {
	t.Helper()
	i := slices.IndexFunc(records, func(r event.Wire) bool { return r.Body })
	if i < 0 || i+1 >= len(records) {
		t.Fatalf("no body in %d records", len(records))
	}
	head, tail := records[i], records[i+1]
	sum := sha256.Sum256([]byte(text))
	if string(head.Data) != text[:keepBody] || head.Omitted != int64(len(text)-2*keepBody) || head.SHA256 != hex.EncodeToString(sum[:]) || head.Dir != dir {
		t.Errorf("head: %s, %d bytes, %d omitted of %d, sum %s", head.Dir, len(head.Data), head.Omitted, len(text), head.SHA256)
	}
	if string(tail.Data) != text[len(text)-keepBody:] || tail.Omitted != 0 || tail.SHA256 != "" || !tail.Body || tail.Dir != dir {
		t.Errorf("tail: %s, %d bytes, %d omitted", tail.Dir, len(tail.Data), tail.Omitted)
	}
	for _, r := range slices.Delete(slices.Clone(records), i, i+2) {
		if r.Body {
			t.Errorf("another body of %d bytes", len(r.Data))
		}
	}
}

func TestLongBody(t *testing.T) {
	text := lines(20000) + ".\r\n"
	for _, size := range []int{len(text), 100, 4096, keepBody, maxBody, maxBody + 1, 3 * keepBody} {
		c := script(io.EOF, "220 hi\r\n354 go\r\n", "250 ok\r\n")
		next(c)
		write(t, c, "DATA\r\n")
		next(c)
		for cut := range slices.Chunk([]byte(text), size) {
			write(t, c, string(cut))
			if size > 4096 {
				c.transcript.Records() // changes nothing
			}
		}
		checkBody(t, c.transcript.Records(), event.Out, text)
		wantReply(t, next(c), "250 ok\r\n", 250, None)
		write(t, c, "QUIT\r\n")
		checkBody(t, c.transcript.Records(), event.Out, text)
	}
}

func TestBodySizes(t *testing.T) {
	for _, size := range []int{1, maxBody - 1, maxBody, maxBody + 1} {
		c := script(io.EOF)
		c.track.reset()
		write(t, c, fmt.Sprintf("BDAT %d LAST\r\n%sQUIT\r\n", size, strings.Repeat("x", size)))
		whole := size <= maxBody
		records := c.transcript.Records()
		if body := records[2]; !body.Body || (len(body.Data) == size) != whole || (body.SHA256 == "") != whole || body.Omitted != int64(max(0, size-2*keepBody))*boolInt(!whole) {
			t.Errorf("%d bytes: record of %d, %d omitted, sum %q", size, len(body.Data), body.Omitted, body.SHA256)
		}
		if last := records[len(records)-1]; string(last.Data) != "QUIT\r\n" || last.Body {
			t.Errorf("%d bytes: the last record is %.20q", size, last.Data)
		}
	}
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func TestFullTranscript(t *testing.T) {
	text := lines(20000)
	c := script(io.EOF, eachByte("220 "+text[:1000])...)
	c.transcript.Full = true
	c.track.reset()
	write(t, c, fmt.Sprintf("BDAT %d LAST\r\n", len(text)))
	for cut := range slices.Chunk([]byte(text), 100) {
		write(t, c, string(cut))
	}
	records := c.transcript.Records()
	if r := records[len(records)-1]; string(r.Data) != text || r.Omitted != 0 || r.SHA256 != "" {
		t.Errorf("the body has %d bytes, %d omitted", len(r.Data), r.Omitted)
	}
}

// A line without end is folded like a body, and the record of its reply is the one where it begins.
func TestLongLineIn(t *testing.T) {
	text := "250 " + strings.Repeat("x", 200000) + "\r\n"
	c := script(io.EOF, text[:1], text[1:100], text[100:70000], text[70000:], "251 more\r\n")
	r := next(c)
	wantReply(t, r, text, 250, None)
	more := next(c)
	records := c.transcript.Records()
	checkBody(t, records, event.In, text)
	if string(records[r.Wire-1].Data) != text[:keepBody] || string(records[more.Wire-1].Data) != "251 more\r\n" {
		t.Errorf("the replies are in the records %d and %d", r.Wire, more.Wire)
	}
}

// A secret that lies across the place where the middle is left out does not show in part.
func TestSecretAtTheCut(t *testing.T) {
	const secret = "0123456789abcdef"
	total := 3 * keepBody
	for shift := range len(secret) + 1 {
		text := bytes.Repeat([]byte("-"), total)
		copy(text[keepBody-shift:], secret)
		copy(text[total-keepBody-shift:], secret)
		c := script(io.EOF)
		c.transcript.Secrets.Add(secret)
		c.track.reset()
		write(t, c, fmt.Sprintf("BDAT %d LAST\r\n%s", total, text))
		for _, r := range c.transcript.Records() {
			for n := minTorn; n <= len(secret); n++ {
				if bytes.Contains(r.Data, []byte(secret[:n])) || bytes.Contains(r.Data, []byte(secret[len(secret)-n:])) {
					t.Fatalf("cut at %d: %d bytes of the secret show", shift, n)
				}
			}
		}
	}
}

func TestFloods(t *testing.T) {
	flood := strings.Repeat("\n", 1<<20)
	c := script(io.EOF, flood)
	for {
		if _, kind := c.ReadN(t.Context(), maxAhead, time.Time{}); kind != None {
			break
		}
	}
	write(t, c, flood)
	records := c.transcript.Records()
	if len(records) > 2*manyRecords {
		t.Errorf("%d records", len(records))
	}
	in, out := 0, 0
	for _, r := range records {
		switch r.Dir {
		case event.In:
			in += len(r.Data)
		case event.Out:
			out += len(r.Data) + int(r.Omitted)
		}
	}
	if in != len(flood) || out != len(flood) {
		t.Errorf("%d bytes in, %d out, want %d", in, out, len(flood))
	}
}

// Connections of one attempt share a transcript, and may speak at the same time.
func TestTwoConnections(t *testing.T) {
	transcript := &Transcript{}
	a := script(io.EOF, "220 a", "b\r\n")
	b := script(io.EOF, "220 c", "d\r\n")
	a.transcript, b.transcript = transcript, transcript
	b.ID = 2
	for _, c := range []*Conn{a, b, a, b} {
		c.more(t.Context(), patient())
	}
	ra, rb := next(a), next(b)
	wantReply(t, ra, "220 ab\r\n", 220, None)
	wantReply(t, rb, "220 cd\r\n", 220, None)
	records := transcript.Records()
	for i, want := range []string{"220 a", "220 c", "b\r\n", "d\r\n"} {
		if string(records[i].Data) != want || records[i].Conn != i%2+1 {
			t.Errorf("record %d is %q of %d", i, records[i].Data, records[i].Conn)
		}
	}
	if ra.Wire != 3 || rb.Wire != 4 {
		t.Errorf("the replies are in the records %d and %d", ra.Wire, rb.Wire)
	}
}

// A secret that the two ends of a line share is masked where it begins, and a record's bytes stay as they were.
func TestRecordsAreCopies(t *testing.T) {
	c := script(io.EOF, "220 secret", "word\r\n")
	c.transcript.Secrets.Add("secretword")
	c.more(t.Context(), patient())
	before := c.transcript.Records()
	c.more(t.Context(), patient())
	after := c.transcript.Records()
	if string(before[1].Data) != "220 secret" || string(after[1].Data) != "220 "+Mask+"\r\n" {
		t.Errorf("%q, then %q", before[1].Data, after[1].Data)
	}
	wantReply(t, next(c), "220 secretword\r\n", 220, None)
}

func TestStampsOfManyLines(t *testing.T) {
	text := strings.Repeat("250 ok\r\n", 300)
	c := script(io.EOF, text)
	for i := range 300 {
		r := next(c)
		wantReply(t, r, "250 ok\r\n", 250, None)
		if rec := c.transcript.Records()[r.Wire-1]; r.Arrived.IsZero() || rec.Dir != event.In || !bytes.HasSuffix(rec.Data, []byte("250 ok\r\n")) {
			t.Fatalf("reply %d is in the record %d, %.20q", i, r.Wire, rec.Data)
		}
	}
	if len(c.stamps) > 0 || len(c.arrived()) > 0 {
		t.Errorf("%d stamps are left", len(c.stamps))
	}
}
