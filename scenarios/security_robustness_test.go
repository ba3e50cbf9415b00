package scenarios_test

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

// crashes ends the server at a command: no connection has an answer any more.
func crashes(pattern string) faulty.Fault {
	down := new(atomic.Bool)
	f := hangUp(pattern)
	command := f.Command
	f.Command = func(c *faulty.Conv, text string) (string, bool) {
		out, done := command(c, text)
		down.CompareAndSwap(false, done)
		return out, done
	}
	f.Connected = func(c *faulty.Conv) bool {
		if down.Load() {
			c.Close()
		}
		return down.Load()
	}
	return f
}

// crashesAt does so when a message has octets in it.
func crashesAt(octets string) faulty.Fault {
	f := crashes(`^never$`)
	down := new(atomic.Bool)
	f.Message = func(c *faulty.Conv, data []byte) []byte {
		if bytes.Contains(data, []byte(octets)) {
			down.Store(true)
			c.Close()
		}
		return data
	}
	f.Connected = func(c *faulty.Conv) bool {
		if down.Load() {
			c.Close()
		}
		return down.Load()
	}
	return f
}

// slowAt answers a command late.
func slowAt(pattern string, wait time.Duration) faulty.Fault {
	re := line(pattern)
	return faulty.Fault{Command: func(_ *faulty.Conv, text string) (string, bool) {
		if re.MatchString(text) {
			time.Sleep(wait)
		}
		return text, false
	}}
}

// cutsAt reads what comes behind so many octets of a line as the next.
func cutsAt(limit int) faulty.Fault {
	return faulty.Fault{EndOfLine: func(data []byte) (int, int, bool) {
		at := bytes.Index(data, []byte("\r\n"))
		switch {
		case at >= 0 && at <= limit:
			return at, at + 2, true
		case len(data) > limit:
			return limit, limit, true
		}
		return 0, 0, false
	}}
}

// endsLinesAt has an octet end a command, besides CRLF.
func endsLinesAt(octet byte) faulty.Fault {
	return faulty.Fault{EndOfLine: func(data []byte) (int, int, bool) {
		crlf, other := bytes.Index(data, []byte("\r\n")), bytes.IndexByte(data, octet)
		switch {
		case other >= 0 && (crlf < 0 || other < crlf):
			return other, other + 1, true
		case crlf >= 0:
			return crlf, crlf + 2, true
		}
		return 0, 0, false
	}}
}

// dataIsCommands says 354, and takes what follows for commands.
func dataIsCommands() faulty.Fault { return answer(`^DATA`, "354 go on") }

func TestSecurityRobustness(t *testing.T) {
	etrn := lists("ETRN")
	etrn.Command = answer(`^ETRN`, "458 4.3.0 no").Command
	shell := lists("ETRN")
	shell.Command = answer(`^ETRN`, "451 4.3.0 SQL").Command
	suite(t, "security/robustness.lua", []fault{
		{id: "sec-cmd-nul", name: "in MAIL", fault: answer(`^MAIL.*\x00`, "250 2.1.0 fine")},
		{id: "sec-cmd-nul", name: "in a verb", fault: answer(`^NO\x00OP`, "250 2.0.0 fine")},
		{id: "sec-cmd-nul", name: "in EHLO", fault: answer(`^EHLO.*\x00`, "250 mx.demo.test"), level: "warning"},
		{id: "sec-cmd-crlf-in-arg", name: "CR", fault: endsLinesAt('\r')},
		{id: "sec-cmd-crlf-in-arg", name: "NUL", fault: endsLinesAt(0)},
		{id: "sec-cmd-crlf-in-arg", name: "LF", fault: endsLinesAt('\n'), level: "warning"},
		{id: "sec-cmd-long-line", name: "a hang", fault: answer(`^A{1000}`, "")},
		{id: "sec-cmd-long-line", name: "250", fault: answer(`^A{1000}`, "250 fine")},
		{id: "sec-cmd-long-line", name: "a crash", fault: crashes(`^A{1000}`)},
		{id: "sec-cmd-long-line-tail", name: "512", fault: cutsAt(512)},
		{id: "sec-cmd-long-line-tail", name: "4096", fault: cutsAt(4096)},
		{id: "sec-ehlo-overflow", name: "a crash", fault: crashes(`^EHLO x{1000}`)},
		{id: "sec-ehlo-overflow", name: "one process crashes", fault: hangUp(`^EHLO x{1000}`), level: "warning"},
		{id: "sec-addr-overflow", name: "a crash", fault: crashes(`^MAIL.*\({500}`)},
		{id: "sec-addr-overflow", name: "a hang", fault: answer(`^MAIL.*(@a\.example,){90}`, "")},
		{id: "sec-addr-shell", name: "sleep", fault: slowAt(`^MAIL.*;sleep 5`, 5*time.Second), waits: true},
		{id: "sec-addr-shell", name: "id", fault: answer(`^RCPT.*\$\(id\)`, "550 5.1.1 xuid=0(root)y unknown")},
		{id: "sec-addr-shell", name: "an expansion", fault: answer(`^RCPT.*primary_hostname`, "550 5.1.1 <xmx.demo.testy@demo.test> unknown")},
		{id: "sec-addr-shell", name: "a sum", fault: answer(`^RCPT.*\{\{2\*21`, "550 5.1.1 no x42y here")},
		{id: "sec-addr-sql", name: "a login", fault: answer(`^AUTH PLAIN AHgnb3In`, "235 2.7.0 fine")},
		{id: "sec-addr-sql", name: "a login that cannot be looked up", fault: answer(`^AUTH PLAIN AHgnb3In`, "454 4.3.0 lookup failed")},
		{id: "sec-addr-sql", name: "250", fault: answer(`^RCPT TO:<x'or`, "250 2.1.5 fine")},
		{id: "sec-addr-sql", name: "451", fault: answer(`^RCPT TO:<.*--`, "451 4.3.0 lookup failed")},
		{id: "sec-path-traversal", name: "a file", fault: answer(`^RCPT TO:<\.\.`, "250 2.1.5 fine")},
		{id: "sec-path-traversal", name: "a program", fault: answer(`^RCPT TO:<"\|`, "250 2.1.5 fine")},
		{id: "sec-etrn-injection", name: "458", fault: etrn, right: true},
		{id: "sec-etrn-injection", name: "451", fault: shell},
		{id: "sec-header-bomb", name: "a crash", fault: crashesAt(strings.Repeat("X-Field: value\r\n", 9000))},
		{id: "sec-received-parse", name: "a crash", fault: crashesAt("+9999")},
		{id: "sec-bdat-uaf", name: "a crash", fault: crashes(`^BDAT x`)},
		{id: "sec-bdat-dot-loop", name: "a hang", fault: say("BDAT", func(string) string { return "" })},
		{id: "sec-bdat-dot-loop", name: "empty chunks", fault: crashes(`^BDAT 0`)},
		{id: "sec-bdat-hold", name: "a crash", fault: crashes(`^BDAT 1073741824`)},
		{id: "sec-size-lie", name: "the limit is forgotten", fault: faulty.Fault{Message: func(*faulty.Conv, []byte) []byte { return []byte("Subject: x\r\n\r\n") }}},
		{id: "sec-rcpt-flood", name: "no limit", fault: answer(`^RCPT`, "550 5.1.1 nobody"), level: "note"},
		{id: "sec-rcpt-flood", name: "421", fault: countErrors(10, "421 4.7.0 bye"), right: true},
		{id: "sec-conn-flood", name: "locked out", fault: fewAtOnce(20)},
		{id: "sec-pretalk", name: "the greeting comes last", fault: talksFirst()},
		{id: "sec-pretalk", name: "one reply too many", fault: answer(`^NOOP`, "250 2.0.0 fine\r\n250 2.0.0 fine")},
		{id: "sec-unauth-pipelining", name: "the message is read as commands", fault: dataIsCommands()},
		{id: "sec-http-post", name: "obeyed", fault: answer(`^POST`, "500 what?"), level: "warning"},
		{id: "sec-http-post", name: "221", fault: lastWord(`^POST`, "221 2.7.0 bye"), right: true},
		{id: "sec-http-tls", name: "obeyed", fault: answer(`^POST`, "500 what?"), level: "warning"},
		{id: "sec-http-tls", name: "closed", fault: lastWord(`^POST`, "421 4.7.0 bye"), right: true},
		{id: "sec-cross-reflect", name: "it repeats", fault: answer(`^<script>`, "500 <script>alert(1)</script> unknown"), level: "note"},
		{id: "sec-ssh-tls-on-25", name: "a crash", fault: crashes(`^SSH-`)},
		{id: "sec-ssh-tls-on-25", name: "250", fault: answer(`^\x16`, "250 fine")},
		{id: "sec-proto-pollution", name: "obeyed", fault: answer(`^(constructor|__proto__)`, "250 fine")},
		{id: "sec-proto-pollution", name: "a crash", fault: hangUp(`^toString`), level: "warning"},
		{id: "sec-xexec-verbs", name: "DEBUG", fault: answer(`^DEBUG`, "200 debug set")},
		{id: "sec-xexec-verbs", name: "VERB", fault: answer(`^VERB`, "250 verbose"), level: "note"},
		{id: "sec-survives-all", name: "a crash", fault: crashes(`^BDAT -1`)},
		{id: "sec-survives-all", name: "no more messages", fault: noMessagesAfter(`^AUTH \x00`)},
	})
}

// fewAtOnce answers some connections, and lets the others wait.
func fewAtOnce(most int32) faulty.Fault {
	open := new(atomic.Int32)
	return faulty.Fault{
		Connected: func(c *faulty.Conv) bool {
			if open.Add(1) <= most {
				return false
			}
			for c.More() {
				continue
			}
			return true
		},
		Lost: func(*faulty.Conv, string, []byte) { open.Add(-1) },
	}
}

// talksFirst answers what was said before the greeting, and greets then.
func talksFirst() faulty.Fault {
	return faulty.Fault{Connected: func(c *faulty.Conv) bool {
		time.Sleep(50 * time.Millisecond)
		c.Say("250 mx.demo.test\r\n")
		return false
	}}
}

// noMessagesAfter refuses messages in all connections, once a command has come in one.
func noMessagesAfter(pattern string) faulty.Fault {
	re, sick := line(pattern), new(atomic.Bool)
	return faulty.Fault{Command: func(c *faulty.Conv, text string) (string, bool) {
		switch {
		case re.MatchString(text):
			sick.Store(true)
		case sick.Load() && text == "DATA":
			c.Say("554 5.3.0 out of order\r\n")
			return text, true
		}
		return text, false
	}}
}
