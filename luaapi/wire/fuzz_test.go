package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
)

// cutUp cuts data at distances that cuts give.
func cutUp(data, cuts []byte) []string {
	var out []string
	for len(data) > 0 {
		n := len(data)
		if len(cuts) > 0 {
			n, cuts = min(n, int(cuts[0]%16)+1), cuts[1:]
		}
		out = append(out, string(data[:n]))
		data = data[n:]
	}
	return out
}

// describe reads all replies of a connection.
func describe(c *Conn) (text string, raw []byte) {
	var b strings.Builder
	for range 10000 {
		r := next(c)
		raw = append(raw, r.Raw...)
		fmt.Fprintf(&b, "%q %d %s %v %s %q %q\n", r.Raw, r.Code, r.Ended, r.Lines, r.Verb, r.Enhanced(), r.Anomalies())
		if r.Ended != None && r.Ended != Garbage {
			return b.String(), raw
		}
	}
	return "it never ends", raw
}

// However a stream is cut into segments, the replies are the same, and no byte of it is lost.
func FuzzReply(f *testing.F) {
	for _, s := range []string{"220 hi\r\n", "250-a\r\n250 b\r\n", "250\r\n", "250 \n", "2500 x\r\n", "250-a\r\n550 b\r\n250 c\r\n", "garbage\r\n250 ok\r\n",
		"250-\r\n250-\x00\x80\r\n", "\r\n\r\n", "25", "250 2.1.0 ok\r\n", "999-x\n999 y\n"} {
		f.Add([]byte(s), []byte{0, 1, 2, 3})
		f.Add([]byte(s), []byte{})
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte) {
		want, raw := describe(script(io.EOF, string(data)))
		if !bytes.Equal(raw, data) {
			t.Errorf("%q was read as %q", data, raw)
		}
		c := script(io.EOF, cutUp(data, cuts)...)
		if got, _ := describe(c); got != want {
			t.Errorf("in one segment:\n%sin %q:\n%s", want, cutUp(data, cuts), got)
		}
		var recorded []byte
		for _, r := range c.transcript.Records() {
			if r.Dir == "in" {
				recorded = append(recorded, r.Data...)
			}
		}
		if !bytes.Equal(recorded, data) {
			t.Errorf("%q was recorded as %q", data, recorded)
		}
	})
}

// view is what a tracker makes of each byte that is written, and the state that it ends in.
type view struct {
	data, body, hidden []byte
	state              string
}

func (v *view) write(t *tracker, text string) {
	for b := []byte(text); len(b) > 0; {
		p := t.next(b)
		v.data = append(v.data, p.data...)
		from := len(p.data) - len(p.hidden()) - (len(p.data) - len(trimEOL(p.data)))
		for i := range p.data {
			hidden := i >= from && i < from+len(p.hidden())
			v.body = append(v.body, map[bool]byte{false: '.', true: 'b'}[p.body])
			v.hidden = append(v.hidden, map[bool]byte{false: '.', true: 'h'}[hidden])
		}
		b = b[len(p.data):]
	}
}

func (v *view) end(t *tracker) {
	v.state = fmt.Sprintf("%q %d %q %d %q %d %q %d %d", t.pending, t.state, t.line, t.length, bytes.Join(t.held, nil), t.bdat, t.tail, t.left, t.rcpts)
}

// codes are the replies that the fuzzer chooses from.
var codes = [...]int{220, 250, 334, 354, 235, 450, 550}

// However what is written is cut, the tracker makes the same of it. Only more may be hidden, where what is not whole yet
// cannot be told from credentials.
func FuzzTracker(f *testing.F) {
	for _, s := range []string{"EHLO x\r\n|1AUTH PLAIN AGEAYg==\r\n|4QUIT\r\n", "AUTH LOGIN\r\n|2YQ==\r\n|2Yg==\r\n|4", "AUTH LOGIN\r\nYQ==\r\nHELPxyz=\r\nNOOP\r\n|2|2|4|1",
		"DATA\r\n|3a\r\n.\r\nQUIT\r\n|1", "DATA\r\na\r\n.\r\nQUIT\r\n|3|1|1", "MAIL\r\nRCPT\r\nBDAT 3 LAST\r\nabc|1|1|1", "DATA\r\nAUTH PLAIN abc|6\r\n",
		"AUTH X\r\n|2*\r\n|6", "DATA\r\n|3.\r\n|1", "\x80\xff\r\n|5\n\n"} {
		f.Add([]byte(s), []byte{0, 1, 2, 3}, true)
		f.Add([]byte(s), []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false)
	}
	f.Fuzz(func(t *testing.T, data, cuts []byte, lmtp bool) {
		whole, cut := &tracker{lmtp: lmtp}, &tracker{lmtp: lmtp}
		var a, b view
		for i, text := range strings.Split(string(data), "|") {
			if i > 0 && text != "" { // a reply comes in between
				code := codes[int(text[0])%len(codes)]
				text = text[1:]
				if va, vb := whole.replied(code), cut.replied(code); va != vb {
					t.Fatalf("the reply is to %q in one, to %q in pieces", va, vb)
				}
			}
			a.write(whole, text)
			for _, s := range cutUp([]byte(text), cuts) {
				b.write(cut, s)
			}
		}
		a.end(whole)
		b.end(cut)
		if !bytes.Equal(a.data, b.data) || !bytes.Equal(a.body, b.body) || a.state != b.state {
			t.Errorf("in one:    %q\n%s\n%s\nin pieces: %q\n%s\n%s", a.data, a.body, a.state, b.data, b.body, b.state)
		}
		for i, h := range a.hidden {
			if h == 'h' && b.hidden[i] != 'h' && a.data[i] != '\r' {
				t.Errorf("%q\n%s in one\n%s in pieces", a.data, a.hidden, b.hidden)
				break
			}
		}
	})
}

// No form of a secret is in what is masked, and a text without any is left as it is.
func FuzzSecrets(f *testing.F) {
	f.Add("hunter2hunter2", "535 no ", " said", byte(1))
	f.Add("s3cret/p+ss?w=rd", "?", "", byte(2))
	f.Add("aaaaaaaa", "aaaaa", "aaaa", byte(0))
	f.Add("abcabc", "abc", "abc", byte(0))
	f.Add("\x00\x01\x02\xff\xfe\xfd", "=", "=", byte(2))
	f.Add("a\"b\\c\n%41=+", "\\", "\"", byte(1))
	f.Fuzz(func(t *testing.T, secret, before, after string, shift byte) {
		if len(secret) < shortSecret || strings.Contains(Mask, secret) {
			return
		}
		for i := range len(secret) {
			if strings.IndexByte("‹›", secret[i]) >= 0 {
				return // a mask may complete such a secret
			}
		}
		s := secretsOf(secret)
		b64 := base64.StdEncoding.EncodeToString([]byte(before[:min(len(before), int(shift%3))] + secret + after))
		text := before + secret + after + " " + b64 + " " + secret
		out := s.Text(text)
		var bad []string
		for _, form := range s.forms {
			if strings.Contains(out, form.text) && !strings.Contains(Mask, form.text) {
				bad = append(bad, form.text)
			}
		}
		if bad != nil {
			t.Errorf("secret %q in %q: %q shows %q", secret, text, out, bad)
		}
		clean := true
		for _, form := range s.forms {
			clean = clean && !strings.Contains(before+after, form.text)
		}
		if clean && s.Text(before+after) != before+after {
			t.Errorf("secret %q: %q became %q", secret, before+after, s.Text(before+after))
		}
		if again := s.Text(out); again != out {
			t.Errorf("secret %q: %q masked again is %q", secret, out, again)
		}
	})
}
