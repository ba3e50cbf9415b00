package scenarios_test

import (
	"bytes"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestDelivery(t *testing.T) {
	twice := func(data []byte) [][]byte { return [][]byte{data, append([]byte("X"), data...)} }
	suite(t, "rfc5321/delivery.lua", []fault{
		{id: "rfc5321-2.4-localpart-case-preserved", name: "in lower case", fault: rewrites(`Return-Path: <MixedCase`, "Return-Path: <mixedcase")},
		{id: "rfc5321-C-srcroute-not-used", name: "sent to the first host", fault: faulty.Fault{Delivered: nothing}, waits: true},
		{id: "rfc5321-4.1.1.3-srcroute-not-in-reverse", name: "it does", fault: rewrites(`Return-Path: <`, "Return-Path: <@hop1.example.org:")},
		{id: "rfc5321-4.5.2-dot-unstuff", name: "kept", fault: edits(`\r\n\.`, "\r\n..")},
		{id: "rfc5321-4.5.2-dot-unstuff", name: "all are taken off", fault: edits(`\r\n\.+`, "\r\n")},
		{id: "rfc5321-4.5.2-dot-unstuff", name: "those of a line of two are kept", fault: edits(`\r\n\.\.\r`, "\r\n...\r")},
		{id: "rfc5321-4.5.2-dot-unstuff-single", name: "kept", fault: edits(`\r\n\.([^.\r])`, "\r\n..$1")},
		{id: "rfc5321-4.5.2-dot-unstuff-single", name: "the line is lost", fault: edits(`\r\n\.[^.\r]*`, "")},
		{id: "rfc5321-4.5.2-stuffed-segmented", name: "kept at 4096", fault: dotsKeptAt(4096)},
		{id: "rfc5321-4.5.2-stuffed-segmented", name: "kept at 511", fault: dotsKeptAt(511)},
		{id: "rfc5321-4.5.2-stuffed-segmented", name: "kept at the end of a segment", fault: dotsKeptAfter("\r\n.")},
		{id: "rfc5321-4.5.2-stuffed-segmented", name: "kept at the beginning of a segment", fault: dotsKeptAfter("x\r\n")},
		{id: "rfc5321-4.5.2-stuffed-segmented", name: "kept behind a segment that ends in CR", fault: dotsKeptAfter("x\r")},
		{id: "rfc5321-2.3.8-barelf-data", name: "the rest of the line is lost", fault: edits(`([^\r])\n[^\r]*`, "$1")},
		{id: "rfc5321-2.3.8-barelf-data", name: "a space", fault: edits(`([^\r])\n`, "$1 "), level: "note"},
		{id: "rfc5321-2.3.8-barecr-data", name: "the rest of the line is lost", fault: edits(`\r[^\n][^\r]*`, "")},
		{id: "rfc5321-2.3.8-barecr-data", name: "a line end", fault: edits(`\r([^\n])`, "\r\n$1"), level: "note"},
		{id: "rfc5321-4.5.2-nul-data", name: "the rest of the line is lost", fault: edits(`\x00[^\r]*`, "")},
		{id: "rfc5321-4.5.2-nul-data", name: "the rest of the message is lost", fault: edits(`(?s)\x00.*`, "\r\n")},
		{id: "rfc5321-4.5.2-nul-data", name: "removed", fault: edits(`\x00`, ""), right: true},
		{id: "rfc5321-4.5.2-ctl-data", name: "removed", fault: edits(`[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]`, "")},
		{id: "rfc5321-4.5.2-ctl-data", name: "tabs are spaces", fault: edits(`\t`, "        ")},
		{id: "rfc5321-4.5.2-ctl-data", name: "refused", fault: refusesMessage(`\x01`, "554 5.6.0 control characters"), level: "warning"},
		{id: "rfc5321-4.5.2-trailing-ws-data", name: "taken off", fault: edits(`[ \t]+\r\n`, "\r\n")},
		{id: "rfc5321-4.5.2-trailing-ws-data", name: "empty lines are", fault: edits(`(\r\n){3,}`, "\r\n\r\n")},
		{id: "rfc5321-4.1.1.4-no-extra-crlf", name: "behind the text", fault: edits(`\z`, "\r\n")},
		{id: "rfc5321-4.1.1.4-no-extra-crlf", name: "before the text", fault: edits(`\r\n\r\n`, "\r\n\r\n\r\n")},
		{id: "rfc5321-4.1.1.4-no-extra-crlf", name: "a footer", fault: edits(`\z`, "Checked.\r\n"), level: "warning"},
		{id: "rfc5321-4.2.5-4yz-not-delivered", name: "delivered", fault: refusesIf(func(text string) bool { return len(text) > 5000 }, "554 5.6.0 too long")},
		{id: "rfc5321-4.1.1.10-abort-mid-data", name: "delivered", fault: faulty.Fault{Lost: deliversLost("")}},
		{id: "rfc5321-4.1.1.10-abort-after-dot-prefix", name: "delivered", fault: faulty.Fault{Lost: deliversLost("\r\n.")}},
		{id: "rfc5321-4.1.1.10-abort-after-dot-prefix", name: "with CR, too", fault: faulty.Fault{Lost: deliversLost("\r\n.\r")}},
		{id: "rfc5321-4.1.1.10-abort-after-dot-prefix", name: "accepted", fault: endsAt("\r\n.")},
		{id: "rfc5321-4.1.1.10-completed-kept", name: "lost", fault: faulty.Fault{Delivered: nothing}, waits: true},
		{id: "rfc5321-4.1.1.10-completed-kept", name: "delivered again", fault: faulty.Fault{Delivered: twice}},
		{id: "rfc5321-4.1.1.10-quit-aborts", name: "an empty message is delivered", fault: faulty.Fault{Command: quitDelivers}},
	})
}

// edits changes messages before the server sees them, dots still stuffed.
func edits(pattern, replacement string) faulty.Fault {
	re := regexp.MustCompile(pattern)
	return faulty.Fault{Message: func(_ *faulty.Conv, data []byte) []byte { return re.ReplaceAll(data, []byte(replacement)) }}
}

// dotsKeptAt does not take off the dot of a line that begins at an offset.
func dotsKeptAt(offset int) faulty.Fault {
	return faulty.Fault{Message: func(_ *faulty.Conv, data []byte) []byte {
		if len(data) > offset && bytes.HasPrefix(data[offset-2:], []byte("\r\n.")) {
			return bytes.Join([][]byte{data[:offset], data[offset:]}, []byte("."))
		}
		return data
	}}
}

// dotsKeptAfter does not take off dots when a segment has ended so.
func dotsKeptAfter(end string) faulty.Fault {
	var seen atomic.Bool
	return faulty.Fault{
		EndOfData: func(data []byte) (int, int, bool) {
			if bytes.HasSuffix(data, []byte(end)) {
				seen.Store(true)
			}
			return faulty.EndOfData(data)
		},
		Message: func(_ *faulty.Conv, data []byte) []byte {
			if seen.Load() {
				return bytes.ReplaceAll(data, []byte("\r\n."), []byte("\r\n.."))
			}
			return data
		},
	}
}

// deliversLost delivers what has come of a message when the client is gone, if it ends so.
func deliversLost(end string) func(*faulty.Conv, string, []byte) {
	return func(c *faulty.Conv, where string, data []byte) {
		if where == "data" && bytes.HasSuffix(data, []byte(end)) {
			c.Ask(string(bytes.TrimSuffix(data, []byte(end))) + "\r\n.")
		}
	}
}

// quitDelivers ends a transaction with an empty message before QUIT.
func quitDelivers(c *faulty.Conv, text string) (string, bool) {
	if text == "QUIT" && c.Recipients > 0 {
		c.Ask("DATA")
		c.Ask(".")
	}
	return text, false
}
