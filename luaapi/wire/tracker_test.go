package wire

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// talk runs a conversation through a tracker: "> " is written, exactly, "< " is the code of a reply. What it returns has a line
// for each: what is shown, the body in brackets, or the verb that the reply answers.
func talk(t *tracker, lines ...string) string {
	var out []string
	for _, l := range lines {
		if code, ok := strings.CutPrefix(l, "< "); ok {
			n := 0
			fmt.Sscan(code, &n)
			out = append(out, t.replied(n))
			continue
		}
		out = append(out, strings.Join(pieces(t, []byte(strings.TrimPrefix(l, "> "))), ""))
	}
	return strings.Join(out, "|")
}

func pieces(t *tracker, b []byte) []string {
	var out []string
	for len(b) > 0 {
		p := t.next(b)
		text := string(p.shown())
		if p.body {
			text = "[" + text + "]"
		}
		out = append(out, strings.NewReplacer("\r\n", "$", Mask, "*").Replace(text))
		b = b[len(p.data):]
	}
	return out
}

func TestTracker(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lmtp  bool
		lines []string
		want  string
	}{
		{"lockstep", false, []string{"> EHLO x\r\n", "< 250", "> mail FROM:<a>\r\n", "< 250", "> QUIT\r\n", "< 221", "< 421"},
			"EHLO x$|EHLO|mail FROM:<a>$|MAIL|QUIT$|QUIT|"},
		{"pipelined", false, []string{"> MAIL\r\nRCPT\r\nDATA\r\n", "< 250", "< 250", "< 354", "> a\r\n.\r\n", "< 250"},
			"MAIL$RCPT$DATA$|MAIL|RCPT|DATA|[a$.$]|."},
		{"PRDR", false, []string{"> MAIL FROM:<a> SIZE=1 prdr\r\n", "< 250", "> RCPT\r\nRCPT\r\nRCPT\r\nDATA\r\n", "< 250", "< 550", "< 250", "< 354", "> a\r\n.\r\nNOOP\r\n",
			"< 353", "< 250", "< 550", "< 250", "< 250"},
			"MAIL FROM:<a> SIZE=1 prdr$|MAIL|RCPT$RCPT$RCPT$DATA$|RCPT|RCPT|RCPT|DATA|[a$.$]NOOP$|.|.|.|.|NOOP"},
		{"PRDR that the server does not do", false, []string{"> MAIL FROM:<a> PRDR\r\nRCPT\r\nDATA\r\n", "< 250", "< 250", "< 354", "> a\r\n.\r\nQUIT\r\n", "< 250", "< 221"},
			"MAIL FROM:<a> PRDR$RCPT$DATA$|MAIL|RCPT|DATA|[a$.$]QUIT$|.|QUIT"},
		{"353 without PRDR", false, []string{"> MAIL FROM:<prdr>\r\nRCPT\r\nDATA\r\n", "< 250", "< 250", "< 354", "> a\r\n.\r\nQUIT\r\n", "< 353", "< 221"},
			"MAIL FROM:<prdr>$RCPT$DATA$|MAIL|RCPT|DATA|[a$.$]QUIT$|.|QUIT"},
		{"content in pieces", false, []string{"> DATA\r\n", "< 354", "> a\r", "> \n.", "> \r", "> \nQUIT\r\n", "< 250", "< 221"},
			"DATA$|DATA|[a\r]|[\n.]|[\r]|[\n]QUIT$|.|QUIT"},
		{"content of a dot alone", false, []string{"> DATA\r\n", "< 354", "> .\r\n", "< 250"}, "DATA$|DATA|[.$]|."},
		{"dots that end nothing", false, []string{"> DATA\r\n", "< 354", "> \n.\r\n\r\n.\n\r.\r\n..\r\n", "> NOOP\r\n.\r\n", "< 250"},
			"DATA$|DATA|[\n.$$.\n\r.$..$]|[NOOP$.$]|."},
		{"DATA refused, the content as commands", false, []string{"> DATA\r\n", "< 503", "> NOOP\r\n", "< 250"}, "DATA$|DATA|NOOP$|NOOP"},
		{"content ahead", false, []string{"> DATA\r\na\r\n.\r\nQUIT\r\n", "< 354", "< 250", "< 221"}, "DATA$a$.$QUIT$|DATA|.|QUIT"},
		{"content ahead in pieces", false, []string{"> DA", "> TA\r\na\r", "> \n.\r", "> \nMAIL\r\nDATA\r\nb\r\n", "> .\r\nRS", "> ET\r\n",
			"< 354", "< 250", "< 250", "< 354", "< 250", "< 250"},
			"DA|TA$a\r|\n.\r|\nMAIL$DATA$b$|.$RS|ET$|DATA|.|MAIL|DATA|.|RSET"},
		{"commands ahead", false, []string{"> DATA\r\nNOOP\r\nQU", "< 503", "> IT\r\n", "< 250", "< 221"}, "DATA$NOOP$QU|DATA|IT$|NOOP|QUIT"},
		{"a reply in the middle of the content", false, []string{"> DATA\r\n", "< 354", "> abc", "< 552", "> QUIT\r\n", "< 221"},
			"DATA$|DATA|[abc]||QUIT$|QUIT"},
		{"chunks", false, []string{"> BDAT 3\r\nabcBDAT 2 LAST\r\n\r\nQUIT\r\n", "< 250", "< 250", "< 221"},
			"BDAT 3$[abc]BDAT 2 LAST$[$]QUIT$|BDAT|.|QUIT"},
		{"chunks in pieces", false, []string{"> BDAT 5 last\r", "> \nab", "> cd", "> eRSET\r\n", "< 250", "< 250"},
			"BDAT 5 last\r|\n[ab]|[cd]|[e]RSET$|.|RSET"},
		{"no chunk", false, []string{"> BDAT\r\nBDAT x\r\nBDAT -4\r\nBDAT 0 LAST\r\nBDAT 99999999999999999999\r\nNOOP\r\n", "< 501", "< 501", "< 501", "< 250", "< 501", "< 250"},
			"BDAT$BDAT x$BDAT -4$BDAT 0 LAST$BDAT 99999999999999999999$NOOP$|BDAT|BDAT|BDAT|.|BDAT|NOOP"},
		{"a chunk refused at its command", false, []string{"> BDAT 1000\r\n", "< 503", "> QUIT\r\n", "< 221"}, "BDAT 1000$|BDAT|QUIT$|QUIT"},
		{"LMTP", true, []string{"> MAIL\r\n", "< 250", "> RCPT\r\nRCPT\r\nRCPT\r\n", "< 250", "< 550", "< 250", "> DATA\r\n", "< 354", "> .\r\nQUIT\r\n", "< 250", "< 450", "< 221"},
			"MAIL$|MAIL|RCPT$RCPT$RCPT$|RCPT|RCPT|RCPT|DATA$|DATA|[.$]QUIT$|.|.|QUIT"},
		{"LMTP, all ahead", true, []string{"> MAIL\r\nRCPT\r\nRCPT\r\nBDAT 1 LAST\r\naMAIL\r\nRCPT\r\nDATA\r\n.\r\n", "< 250", "< 250", "< 250", "< 250", "< 250", "< 250", "< 250", "< 354", "< 250"},
			"MAIL$RCPT$RCPT$BDAT 1 LAST$[a]MAIL$RCPT$DATA$.$|MAIL|RCPT|RCPT|.|.|MAIL|RCPT|DATA|."},
		{"8-bit", false, []string{"> \x80\xff\xc5\xbf \x00\r\n", "< 500", "> \xc5\xbfTARTTLS\r\n", "< 500", "> \r\n", "< 500"},
			"\x80\xff\xc5\xbf \x00$|????|\xc5\xbfTARTTLS$|??TARTTLS|$|"},
		{"a bare LF ends a command", false, []string{"> NOOP\nQUIT\n", "< 250", "< 221"}, "NOOP\nQUIT\n|NOOP|QUIT"},

		{"AUTH PLAIN", false, []string{"> AUTH PLAIN AGEAYg==\r\n", "< 235", "> NOOP\r\n", "< 250"}, "AUTH PLAIN *$|AUTH|NOOP$|NOOP"},
		{"auth with blanks", false, []string{"> \tauth \t PLAIN\tAGEAYg== x\r\n", "< 501"}, "\tauth \t PLAIN\t*$|AUTH"},
		{"AUTH LOGIN", false, []string{"> AUTH LOGIN\r\n", "< 334", "> YQ==\r\n", "< 334", "> Yg==\r\n", "< 235", "> NOOP\r\n", "< 250"},
			"AUTH LOGIN$|AUTH|*$|AUTH|*$|AUTH|NOOP$|NOOP"},
		{"given up", false, []string{"> AUTH LOGIN\r\n", "< 334", "> *\r\n", "< 501", "> NOOP\r\n", "< 250"}, "AUTH LOGIN$|AUTH|*$|AUTH|NOOP$|NOOP"},
		{"an empty answer", false, []string{"> AUTH X\r\n", "< 334", "> \r\n", "< 235", "> NOOP\r\n", "< 250"}, "AUTH X$|AUTH|$|AUTH|NOOP$|NOOP"},
		{"AUTH in pieces", false, []string{"> AU", "> TH PL", "> AIN A", "> GEA", "> Yg==", "> \r", "> \n", "< 235"}, "AU|TH PL|AIN *|||\r|\n|AUTH"},
		{"an answer in pieces", false, []string{"> AUTH X\r\n", "< 334", "> ab", "> cd\r\n", "< 235"}, "AUTH X$|AUTH|*|$|AUTH"},
		{"an answer begun before the 334", false, []string{"> AUTH X\r\nab", "< 334", "> cd\r\n", "< 235"}, "AUTH X$*|AUTH|$|AUTH"},
		{"answers ahead", false, []string{"> AUTH LOGIN\r\nYQ==\r\nYg==\r\nMAIL FROM:<a>\r\n", "< 334", "< 334", "< 235", "< 250", "> RSET\r\n", "< 250"},
			"AUTH LOGIN$*$*$MAIL FROM:<a>$|AUTH|AUTH|AUTH|MAIL|RSET$|RSET"},
		{"a command ahead of the 334", false, []string{"> AUTH LOGIN\r\nNOOP\r\n", "< 334", "< 501", "> QUIT\r\n", "< 221"},
			"AUTH LOGIN$NOOP$|AUTH|NOOP|QUIT$|QUIT"},
		{"AUTH where content may come", false, []string{"> DATA\r\nAUTH PLAIN AGEAYg==\r\n", "< 503", "< 235"}, "DATA$AUTH PLAIN *$|DATA|AUTH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			track := &tracker{lmtp: tt.lmtp}
			if got := talk(track, tt.lines...); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if len(track.pending) > 0 {
				t.Errorf("pending %q", track.pending)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	for _, tt := range []struct {
		lines string
		want  int
	}{
		{"> MAIL\r\n|< 250|> RCPT\r\n|< 250|> RCPT\r\n|< 450|> RCPT\r\n|< 251", 2},
		{"> RCPT\r\n|< 250|> RSET\r\n|< 250", 0},
		{"> RCPT\r\n|< 250|> RSET\r\n|< 500", 1},
		{"> RCPT\r\n|< 250|> MAIL\r\n|< 503", 1},
		{"> RCPT\r\n|< 250|> MAIL\r\n|< 250", 0},
		{"> RCPT\r\n|< 250|> EHLO x\r\n|< 250", 0},
		{"> RCPT\r\n|< 250|> DATA\r\n|< 354|> .\r\n|< 554", 0},
		{"> RCPT\r\n|< 250|> BDAT 1\r\na|< 250", 1},
		{"> RCPT\r\n|< 250|> DATA\r\n|< 451", 1},
	} {
		var track tracker
		talk(&track, strings.Split(tt.lines, "|")...)
		if track.rcpts != tt.want {
			t.Errorf("%q: %d accepted, want %d", tt.lines, track.rcpts, tt.want)
		}
	}
}

func TestVerb(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " ": "", "quit": "QUIT", "  Mail FROM:<a>": "MAIL", "STARTTLS\tx": "STARTTLS", "a\x00b\x7f": "A?B?",
		strings.Repeat("x", 100): strings.Repeat("X", 32),
	} {
		if got := Verb(in); got != want {
			t.Errorf("Verb(%q) = %q, want %q", in, got, want)
		}
	}
}

// The verb of what is taken for credentials is not a part of them.
func TestVerbHidesCredentials(t *testing.T) {
	c := script(io.EOF, "220 hi\r\n334 \r\n334 \r\n535 no\r\n")
	write(t, c, "AUTH LOGIN\r\nc2VjcmV0dXNlcg==\r\nc2VjcmV0d29yZA==\r\n")
	for range 4 {
		if r := next(c); r.Verb != "AUTH" && r.Verb != Greeting {
			t.Errorf("it answers %q", r.Verb)
		}
	}
}

// A line without end, written a byte at a time, costs no more than its length.
func TestEndlessCommand(t *testing.T) {
	var track tracker
	for range 1 << 18 {
		track.next([]byte("x"))
	}
	if len(track.line) != maxLine {
		t.Errorf("%d bytes of the line are kept", len(track.line))
	}
}
