// Package script writes conversations as scenario files. Who saw one happen (talk, record, import, a failure's artifacts) says it step by step; what
// differs from run to run becomes a pattern, what is secret a fact, and the rest is sent and expected again as it was.
package script

import "time"

// File is a scenario file.
type File struct {
	Comment   []string // where it comes from, in its first lines
	Scenarios []Scenario
}

// Scenario is what happened in one run of a client: on one connection, or on several.
type Scenario struct {
	Name  string
	Steps []Step
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
}

// Answer is a reply of the server (RFC 5321 section 4.2).
type Answer struct {
	Code  int
	Lines []string // each without code, separator and CRLF
	Raw   []byte   // as it came, where it is no well-formed reply: then Code is 0
	// Pattern is what the source itself asked of the reply, where it asked less than the whole: "2", "25", "250", "2??", "250-PIPELINING".
	// Empty, the reply as a whole is what is known.
	Pattern string
}

// Authentication is an exchange of AUTH (RFC 4954) as a whole.
type Authentication struct {
	Mechanism string
	User      string
	Fact      string // the fact that holds the password, user.password for one
	Initial   bool   // the first response went with the command
	Reply     *Answer
}
