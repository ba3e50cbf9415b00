package wire

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pieces []int
		gap    time.Duration
		want   []string
		remark string
	}{
		{[]int{1, 1, 5}, 0, []string{"N", "O", "OP\r\nN", "OOP\r\n"}, "what follows goes out in pieces: 1, 1, 5, the rest"},
		{[]int{6, 6}, time.Millisecond, []string{"NOOP\r\n", "NOOP\r\n"}, "what follows goes out in pieces: 6, 6; 1ms apart"},
		{nil, 0, []string{"NOOP\r\nNOOP\r\n"}, ""},
		{[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 0, []string{"N", "O", "O", "P", "\r", "\n", "N", "O", "O", "P", "\r", "\n"}, "what follows goes out in pieces: 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1"},
	} {
		var got []string
		done := make(chan struct{})
		c := pipe(t, func(peer net.Conn) { // where a read gets what one write wrote
			b := make([]byte, 100)
			for n := 0; n < 12; {
				k, err := peer.Read(b)
				if err != nil {
					break
				}
				n += k
				got = append(got, string(b[:k]))
			}
			close(done)
			hold(peer)
		})
		if kind := c.Write(context.Background(), []byte("NOOP\r\nNOOP\r\n"), WriteOptions{Idle: time.Minute, Pieces: tt.pieces, Gap: tt.gap}); kind != None {
			t.Fatal(kind)
		}
		<-done
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: %q", tt.pieces, got)
		}
		lines := recorded(c.transcript)
		want := []string{"connected to ", tt.remark, "NOOP\r\n", "NOOP\r\n"}
		if tt.remark == "" {
			want = slices.Delete(want, 1, 2)
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%v: %q", tt.pieces, lines)
		}
	}
}

func recorded(t *Transcript) (lines []string) {
	for _, r := range t.Records() {
		lines = append(lines, string(r.Data))
	}
	return lines
}

// A peer that speaks between two pieces is read: it may not take the next before.
func TestPiecesAreWrittenWhileThePeerSpeaks(t *testing.T) {
	t.Parallel()
	c := pipe(t, func(peer net.Conn) {
		_, _ = peer.Read(make([]byte, 1))
		say(peer, "220 hi\r\n")
		_, _ = peer.Read(make([]byte, 10))
	})
	if kind := c.Write(context.Background(), []byte("NOOP\r\n"), WriteOptions{Idle: time.Minute, Pieces: []int{1}, Gap: time.Millisecond}); kind != None {
		t.Fatal(kind)
	}
	if r := c.ReadReply(context.Background(), time.Now().Add(time.Minute)); r.Code != 220 {
		t.Errorf("%q", r.Raw)
	}
}

// What ends in a gap was not written to its end, and says so.
func TestPiecesAreCutShort(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	c := pipe(t, func(peer net.Conn) {
		_, _ = peer.Read(make([]byte, 10))
		cancel()
		hold(peer)
	})
	if kind := c.Write(ctx, []byte("NOOP\r\n"), WriteOptions{Idle: time.Minute, Pieces: []int{1}, Gap: time.Hour}); kind != Cancelled {
		t.Errorf("%q", kind)
	}
	if lines := recorded(c.transcript); !strings.HasPrefix(lines[len(lines)-1], "the last 5 bytes were not written") {
		t.Errorf("%q", lines)
	}

	c = pipe(t, func(peer net.Conn) { _, _ = peer.Read(make([]byte, 10)) })
	if kind := c.Write(context.Background(), []byte("NOOP\r\n"), WriteOptions{Idle: time.Minute, Pieces: []int{1, 1, 1}}); kind != None {
		t.Errorf("%q", kind)
	}
}

func TestManyPiecesInWords(t *testing.T) {
	t.Parallel()
	o := WriteOptions{Pieces: slices.Repeat([]int{2}, 30)}
	if got := o.piecesText(61); !strings.HasSuffix(got, "pieces: "+strings.Repeat("2, ", 20)+"10 more, the rest") {
		t.Error(got)
	}
}
