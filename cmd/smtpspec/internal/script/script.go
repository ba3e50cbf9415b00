// Package script writes conversations as scenario files. Who saw one happen (talk, record, import, a failure's artifacts) says it step by step; what
// differs from run to run becomes a pattern, what is secret a fact, and the rest is sent and expected again as it was.
package script

import (
	"bytes"
	"strconv"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/wire"
)

// File is a scenario file.
type File struct {
	Comment   []string // where it comes from, in its first lines
	Scenarios []Scenario
	Secrets   *wire.Secrets // nil, or what the file must not hold; passwords in the lines of an AUTH are known besides
}

// Scenario is what happened in one run of a client: on one connection, or on several.
type Scenario struct {
	Name  string
	Steps []Step
	Known string // why it is expected to fail, "" where it is not
	Skip  string // why it is not to be run, "" where it is
	Plain bool   // the whole file is this scenario: a script that is read from its first line to its last
}

// Kind says what a step is.
type Kind int

const (
	Open     Kind = iota // a connection was opened: Connect
	Line                 // the client sent a line: Data without its CRLF
	Raw                  // the client wrote Data as it is: no line, another line end, or half of one
	Message              // the client sent a message after DATA: Data before dot-stuffing, with the end of data after it
	Reply                // the server answered: Reply
	StartTLS             // the handshake after STARTTLS was accepted; the command and its reply are steps of their own
	Auth                 // the whole of an authentication: Auth. The lines of its exchange are no steps
	Wait                 // the client waited for Time before its next step
	Silence              // the server said nothing for Time
	Close                // the client closed the connection
	Closed               // the server closed the connection
	Note                 // a remark for the reader: Text
	Lost                 // what could not be carried over: Text says what; check warns of it
	StopTLS              // the client ended TLS and went on in clear
	Fail                 // the source gives up here: Text says why
	Drained              // the source requires that everything that the server said was read by now
	Require              // what was required here, and did not come: Text is the method call, "expect(250)"
)

// Step is one thing that happened. What its Kind does not name is zero.
type Step struct {
	Kind    Kind
	Conn    int // which connection of the scenario, from 1
	Data    []byte
	Text    string
	Time    time.Duration
	Connect *Connect
	Reply   *Answer
	Auth    *Authentication
}

// Connect is how a connection was opened. Host and Port are where it went; whether the scenario names them or leaves it to its
// target is the writer's matter.
type Connect struct {
	Host string
	Port int
	TLS  bool // from the first byte on
	LMTP bool
	// Patience is how long the source waits for a reply, 0 where it does not say.
	Patience time.Duration
}

// Answer is a reply of the server (RFC 5321 section 4.2).
type Answer struct {
	Code  int
	Lines []string // each without code, separator and CRLF
	Raw   []byte   // as it came, where it is no well-formed reply: then Code is 0
	// Pattern is what the source itself asked of the reply, where it asked less than the whole: "2", "25", "250", "2??", "250-PIPELINING".
	// Empty, the reply as a whole is what is known.
	Pattern string
	// Match is what the source requires of single lines, where it does not speak of replies. Code is then that of the reply that ends with them, 0
	// where none does.
	Match *Match
}

// Match is what a source requires of lines of the server.
type Match struct {
	How      How
	Patterns []string // Lua patterns, of which one is found in the line with its line end
	Codes    []string // of Whole: codes as expect takes them
	Lines    int      // of Whole: how many lines the reply has, 0 for any number
}

// How says how lines are matched.
type How int

const (
	Next      How = iota // the next line is one of Patterns
	Until                // lines are read until one is
	Unordered            // as many lines as there are Patterns, each for one of them
	Optional             // lines that are one of Patterns are taken as long as they are there, and others left
	Whole                // a whole reply of printable characters
)

// Authentication is an exchange of AUTH (RFC 4954) as a whole.
type Authentication struct {
	Mechanism string
	User      string
	Fact      string // the fact that holds the password, user.password for one
	Initial   bool   // the first response went with the command
	Reply     *Answer
}

// Unstuffed is the message of what was written after DATA: without the end of data, and without the dots that stuffing put before those that
// began a line (RFC 5321 section 4.5.2). It is false where stuffing it again would write something else.
func Unstuffed(data []byte) (message []byte, ok bool) {
	content, ok := bytes.CutSuffix(data, []byte(".\r\n"))
	if !ok || len(content) > 0 && !bytes.HasSuffix(content, []byte("\r\n")) {
		return nil, false
	}
	for line := range bytes.Lines(content) {
		if bytes.HasPrefix(line, []byte(".")) {
			if line = line[1:]; !bytes.HasPrefix(line, []byte(".")) {
				return nil, false
			}
		}
		if !bytes.HasSuffix(line, []byte("\r\n")) || bytes.IndexByte(line, '\r') != len(line)-2 {
			return nil, false // a line end of another kind
		}
		message = append(message, line...)
	}
	return message, true
}

// Written is the step of what was written at once: a line, a message where body says that it is of one, or other bytes.
func Written(conn int, data []byte, body bool) Step {
	if message, ok := Unstuffed(data); ok && body {
		return Step{Kind: Message, Conn: conn, Data: message}
	}
	if line, ok := bytes.CutSuffix(data, []byte("\r\n")); ok && !body && !bytes.ContainsAny(line, "\r\n\x00") {
		return Step{Kind: Line, Conn: conn, Data: bytes.Clone(line)}
	}
	return Step{Kind: Raw, Conn: conn, Data: bytes.Clone(data)}
}

// AnswerOf is the reply that the server's octets make, or those octets where they make none (RFC 5321 section 4.2).
func AnswerOf(raw []byte) *Answer {
	a := &Answer{}
	for line := range bytes.Lines(raw) {
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		code, err := strconv.Atoi(string(text[:min(3, len(text))]))
		ok = ok && err == nil && len(text) >= 3 && (a.Code == 0 || a.Code == code) && (len(text) == 3 || text[3] == ' ' || text[3] == '-')
		if !ok || code < 200 || code > 599 {
			return &Answer{Raw: bytes.Clone(raw)}
		}
		a.Code = code
		a.Lines = append(a.Lines, string(text[min(4, len(text)):]))
	}
	return a
}
