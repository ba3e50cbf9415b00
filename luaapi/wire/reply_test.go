package wire

import (
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestReadReply(t *testing.T) {
	long := strings.Repeat("x", 600)
	for _, tt := range []struct {
		name, in  string
		code      int
		ended     Kind
		text      string
		anomalies string
	}{
		{"plain", "250 ok\r\n", 250, None, "ok", ""},
		{"no text, no space", "250\r\n", 250, None, "", "no-text"},
		{"no text, a space", "250 \r\n", 250, None, "", "no-text"},
		{"two spaces", "250  \r\n", 250, None, " ", ""},
		{"several lines", "250-a\r\n250-b\r\n250 c\r\n", 250, None, "a\nb\nc", ""},
		{"several lines, the last without text", "250-a\r\n250\r\n", 250, None, "a\n", "no-text"},
		{"no CR", "250 ok\n", 250, None, "ok", "bare-lf"},
		{"no CR in one of two", "250-a\n250 b\r\n", 250, None, "a\nb", "bare-lf"},
		{"CR twice", "250 ok\r\r\n", 250, None, "ok\r", "control"},
		{"CR inside", "250 a\rb\r\n", 250, None, "a\rb", "control"},
		{"codes that differ", "250-a\r\n550 b\r\n", 550, None, "a\nb", "code-mismatch"},
		{"four digits", "2500 ok\r\n", 250, None, "0 ok", "no-space"},
		{"a tab for the space", "250\tok\r\n", 250, None, "\tok", "no-space"},
		{"no separator", "250ok\r\n", 250, None, "ok", "no-space"},
		{"8-bit", "250 caf\xc3\xa9\r\n", 250, None, "caf\xc3\xa9", "8bit"},
		{"NUL", "250 a\x00b\r\n", 250, None, "a\x00b", "control"},
		{"DEL", "250 \x7f\r\n", 250, None, "\x7f", "control"},
		{"code too low", "199 x\r\n", 199, None, "x", "bad-code"},
		{"code too high", "600 x\r\n", 600, None, "x", "bad-code"},
		{"second digit too high", "260 x\r\n", 260, None, "x", "bad-code"},
		{"zero", "000 x\r\n", 0, None, "x", "bad-code"},
		{"a long line", "250 " + long + "\r\n", 250, None, long, "long-line"},
		{"512 bytes", "250 " + long[:506] + "\r\n", 250, None, long[:506], ""},
		{"513 bytes", "250 " + long[:507] + "\r\n", 250, None, long[:507], "long-line"},
		{"garbage", "hello\r\n", 0, Garbage, "", "bad-code"},
		{"an empty line", "\r\n", 0, Garbage, "", "bad-code"},
		{"two digits", "25 ok\r\n", 0, Garbage, "", "bad-code"},
		{"a space first", " 250 ok\r\n", 0, Garbage, "", "bad-code"},
		{"garbage in the middle", "250-a\r\nb\r\n", 0, Garbage, "a", "bad-code"},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n", 0, Garbage, "", "bad-code"},
		{"nothing", "", 0, Close, "", ""},
		{"cut after the code", "250", 0, Close, "", ""},
		{"cut before LF", "250 ok\r", 0, Close, "", ""},
		{"cut between lines", "250-a\r\n", 0, Close, "a", ""},
		{"cut in the second line", "250-a\r\n250 b", 0, Close, "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, segments := range [][]string{{tt.in}, eachByte(tt.in)} {
				r := next(script(io.EOF, segments...))
				wantReply(t, r, tt.in, tt.code, tt.ended)
				if r.Text() != tt.text {
					t.Errorf("text %q, want %q", r.Text(), tt.text)
				}
				if got := strings.Join(r.Anomalies(), " "); got != tt.anomalies {
					t.Errorf("anomalies %q, want %q", got, tt.anomalies)
				}
			}
		})
	}
}

func TestAnomaliesTogether(t *testing.T) {
	r := next(script(io.EOF, "999-\x01\x80"+strings.Repeat("x", 600)+"\n250-\r\n250x\r\n"))
	if got := r.Anomalies(); !slices.Equal(got, anomalyNames[:]) {
		t.Errorf("anomalies %q, want %q", got, anomalyNames)
	}
}

func TestReplyTooLong(t *testing.T) {
	block := "250-" + strings.Repeat("x", 1018) + "\r\n" // 1 KiB
	endless := strings.Repeat(block, 1100)
	line := strings.Repeat("x", MaxReply+5000)
	for _, tt := range []struct {
		name, in string
		tooLong  bool
		lines    int
	}{
		{"endless line", "250 " + line, true, 0},
		{"endless reply", endless, true, 1024},
		{"just short enough", strings.Repeat(block, 1023) + "250 " + strings.Repeat("x", 1018) + "\r\n", false, 1024},
		{"one byte too long", strings.Repeat(block, 1023) + "250 " + strings.Repeat("x", 1019) + "\r\n", true, 1023},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cuts := slices.Collect(slices.Chunk([]byte(tt.in), 1000))
			segments := make([]string, len(cuts))
			for i, b := range cuts {
				segments[i] = string(b)
			}
			for _, segments := range [][]string{{tt.in}, segments} {
				r := next(script(io.EOF, segments...))
				if r.TooLong != tt.tooLong || len(r.Lines) != tt.lines {
					t.Errorf("TooLong %v with %d lines, want %v with %d", r.TooLong, len(r.Lines), tt.tooLong, tt.lines)
				}
				if string(r.Raw) != tt.in[:min(len(tt.in), MaxReply)] {
					t.Errorf("raw has %d bytes", len(r.Raw))
				}
			}
		})
	}
}

func TestPipelinedReplies(t *testing.T) {
	replies := []string{"220 hi\r\n", "250-a\r\n250 b\r\n", "354 go\n", "550\r\n"}
	all := strings.Join(replies, "")
	for cut := range all {
		c := script(io.EOF, all[:cut], all[cut:])
		for _, want := range replies {
			if r := next(c); string(r.Raw) != want || r.Ended != None {
				t.Fatalf("cut at %d: %q %s, want %q", cut, r.Raw, r.Ended, want)
			}
		}
		wantReply(t, next(c), "", 0, Close)
		if len(c.Replies) != len(replies) || c.Greeting != c.Replies[0] {
			t.Errorf("%d replies, greeting %v", len(c.Replies), c.Greeting)
		}
	}
}

func TestGarbageTakesOneLine(t *testing.T) {
	c := script(io.EOF, "what?\r\n250 ok\r\n")
	wantReply(t, next(c), "what?\r\n", 0, Garbage)
	wantReply(t, next(c), "250 ok\r\n", 250, None)
}

func TestReplyBeforeReset(t *testing.T) {
	c := script(syscall.ECONNRESET, "250 ok\r\n55")
	wantReply(t, next(c), "250 ok\r\n", 250, None)
	wantReply(t, next(c), "55", 0, Reset)
	wantReply(t, next(c), "", 0, Reset)
	if c.ClosedBy() != "reset" {
		t.Errorf("closed by %q", c.ClosedBy())
	}
}

// A peer that is not there any more did not close in good order.
func TestLostPeer(t *testing.T) {
	for _, err := range []error{syscall.ETIMEDOUT, syscall.EHOSTUNREACH, io.ErrClosedPipe} {
		c := script(err, "250 ok\r\n")
		wantReply(t, next(c), "250 ok\r\n", 250, None)
		wantReply(t, next(c), "", 0, Reset)
	}
}

func TestEnhanced(t *testing.T) {
	for _, tt := range []struct{ verb, in, want string }{
		{"MAIL", "250 2.1.0 ok\r\n", "2.1.0"},
		{"MAIL", "250 2.1.0\r\n", "2.1.0"},
		{"MAIL", "550-5.7.123 a\r\n550 5.7.1 b\r\n", "5.7.123"},
		{"MAIL", "550-a\r\n550 5.7.1 b\r\n", ""},
		{"MAIL", "250 2.1.0\tok\r\n", ""},
		{"MAIL", "250 2.1.0ok\r\n", ""},
		{"MAIL", "250 2.1\r\n", ""},
		{"MAIL", "250 2.1.0.0 ok\r\n", ""},
		{"MAIL", "250 2.1.1000 ok\r\n", ""},
		{"MAIL", "250 2..0 ok\r\n", ""},
		{"MAIL", "250 3.1.0 ok\r\n", ""},
		{"MAIL", "250 x.1.0 ok\r\n", ""},
		{"MAIL", "250\r\n", ""},
		{"DATA", "354 2.0.0 go\r\n", ""},
		{"EHLO", "250 2.0.0 host\r\n", ""},
		{"LHLO", "250 2.0.0 host\r\n", ""},
		{"HELO", "250 2.0.0 host\r\n", ""},
		{"", "421 4.3.2 bye\r\n", "4.3.2"},
	} {
		c := script(io.EOF, tt.in)
		c.track.reset()
		if tt.verb != "" {
			c.track.push(tt.verb)
		}
		if r := next(c); r.Enhanced() != tt.want {
			t.Errorf("%s %q: enhanced %q, want %q", tt.verb, tt.in, r.Enhanced(), tt.want)
		}
	}
	if r := next(script(io.EOF, "220 2.0.0 hi\r\n")); r.Enhanced() != "" {
		t.Errorf("a greeting's enhanced code is %q", r.Enhanced())
	}
}

func TestReadLineAndReadN(t *testing.T) {
	ctx := t.Context()
	c := script(io.EOF, "a", "b\r", "\nsecond\nrest")
	if b, kind := c.ReadLine(ctx, patient()); string(b) != "ab\r\n" || kind != None {
		t.Errorf("line %q %s", b, kind)
	}
	if b, kind := c.ReadN(ctx, 3, patient()); string(b) != "sec" || kind != None {
		t.Errorf("bytes %q %s", b, kind)
	}
	if b, kind := c.ReadLine(ctx, patient()); string(b) != "ond\n" || kind != None {
		t.Errorf("line %q %s", b, kind)
	}
	if b, kind := c.ReadN(ctx, 5, patient()); string(b) != "rest" || kind != Close {
		t.Errorf("bytes %q %s", b, kind)
	}
	c = script(io.EOF, strings.Repeat("x", MaxReply+3))
	if b, kind := c.ReadLine(ctx, patient()); len(b) != MaxReply || kind != Garbage {
		t.Errorf("a line of %d bytes %s", len(b), kind)
	}
	if b, kind := c.ReadLine(ctx, patient()); string(b) != "xxx" || kind != Close {
		t.Errorf("line %q %s", b, kind)
	}
}
