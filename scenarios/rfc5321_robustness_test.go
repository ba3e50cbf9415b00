package scenarios_test

import (
	"sync/atomic"
	"testing"

	"github.com/smtpspec/smtpspec/scenarios/faulty"
)

func TestRobustness(t *testing.T) {
	suite(t, "rfc5321/robustness.lua", []fault{
		{id: "rfc5321-4.5.3.2-drip", name: "no patience for commands", fault: inPieces(3, "NOOP")},
		{id: "rfc5321-4.5.3.2-drip", name: "no patience for messages", fault: dataInPieces(100)},
		{id: "rfc5321-4.1.1.5-tcp-close-is-quit", name: "each takes a place", fault: places(15)},
		{id: "rfc5321-3.8-halfclose", name: "silence", fault: closesAfter("NOOP", ""), level: "note"},
		{id: "rfc5321-3.8-halfclose", name: "354", fault: answer(`^NOOP`, "354 go on")},
		{id: "rfc5321-4.5.4.2-accept-rate", name: "ten are enough", fault: onlySome(10, "421 4.7.0 mx.demo.test too many"), level: "note"},
		{id: "rfc5321-4.5.4.2-accept-rate", name: "no greeting", fault: onlySome(10, "250 hello")},
	})
}

// inPieces closes the connection when a line that begins with a word comes in more pieces than so many.
func inPieces(limit int, word string) faulty.Fault {
	looks := map[string]bool{}
	return lineEnd(func(data []byte) (int, int, bool) {
		if n, whole, ok := crlf(data); ok {
			clear(looks)
			return n, whole, ok
		}
		if len(data) > 0 && data[0] == word[0] {
			looks[string(data)] = true
		}
		return 0, len(data), len(looks) > limit // an empty line, whose reply is an error
	})
}

func crlf(data []byte) (int, int, bool) {
	for i := 1; i < len(data); i++ {
		if data[i-1] == '\r' && data[i] == '\n' {
			return i - 1, i + 1, true
		}
	}
	return 0, 0, false
}

// dataInPieces refuses messages that come in more pieces than so many.
func dataInPieces(limit int) faulty.Fault {
	pieces := 0
	f := refusesIf(func(string) bool { bad := pieces > limit; pieces = 0; return bad }, "554 5.4.2 too slow")
	f.EndOfData = func(data []byte) (int, int, bool) {
		pieces++
		return faulty.EndOfData(data)
	}
	return f
}

// places has so many places for clients, and those who go without QUIT keep theirs.
func places(n int64) faulty.Fault {
	var taken atomic.Int64
	return faulty.Fault{
		Connected: func(c *faulty.Conv) bool {
			if taken.Load() < n {
				return false
			}
			c.Close()
			return true
		},
		Lost: func(*faulty.Conv, string, []byte) { taken.Add(1) },
	}
}

// onlySome greets so many clients, and all others with something else.
func onlySome(n int64, greeting string) faulty.Fault {
	var seen atomic.Int64
	return faulty.Fault{Greeting: func(c *faulty.Conv, text string) string {
		if seen.Add(1) <= n {
			return text
		}
		return said(greeting)
	}}
}
