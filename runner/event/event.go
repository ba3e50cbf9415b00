// Package event is the vocabulary that the runner, the language and the reports share: what happened in a run, as values.
//
// A run is a stream of events in this order:
//
//	run_start plan (scenario_start (wire | log | expectation)* scenario_finish)* run_finish
//
// Scenarios run in parallel, so the groups of different scenarios interleave: a scenario_start is handed over at once, the
// rest of an attempt together when it ends. Every report is a fold of this stream. The package imports nothing of
// smtpspec.
package event

import "time"

// Version is the version of the stream's form, in run_start's v. Readers refuse a higher one.
const Version = 1

// Event is one of *RunStart, *Plan, *ScenarioStart, *Wire, *Log, *Expectation, *ScenarioFinish and *RunFinish.
type Event interface {
	// Kind is the name in the JSON line's "event".
	Kind() string
}

// Sink takes the events of a run. The runner calls it from one goroutine at a time. Event must not keep a write error to
// itself for ever: Close returns it.
type Sink interface {
	Event(Event)
	// Close is called once, after the last event, also when the run was interrupted. It completes what the sink writes
	// and returns the first error of doing so.
	Close() error
}

// Key names a scenario of a run: shards, merges and seeds go by it.
type Key struct {
	File       string `json:"file"`
	Name       string `json:"name"`
	Target     string `json:"target"`
	Repetition int    `json:"repetition"` // from 1
}

// Outcome is what became of a scenario.
type Outcome string

// The outcomes, from the worst to the best but for Known, which is an expected Failed or Warned.
const (
	Error   Outcome = "error"   // a fault of the script or its surroundings, not of the server
	Failed  Outcome = "failed"  // an expectation was broken
	Warned  Outcome = "warned"  // broken at a level that only warns
	Skipped Outcome = "skipped" // not run, or ended by skip or inconclusive
	Known   Outcome = "known"   // failed as its known_issue says
	Passed  Outcome = "passed"
)

// Position is a place in a scenario file. Column is 0 where it is not known.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
}

// SourceLine is a line of a scenario file, shown around a failure.
type SourceLine struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// Failure is one thing that went wrong: a broken expectation, a warning, or an error of the script.
type Failure struct {
	// Kind classifies: "expectation" (a reply that is not the one wanted), "assertion" (assert.*), "fail" (fail()),
	// "timeout", "close", "reset", "refused", "unreachable", "garbage", "tls", "dns", "auth", "silence", "lua" (an error in the script),
	// "scenario-timeout", "no-expectation", "known-issue" (it passed), "unread", "warn" (warn()), "requires" (the target could not
	// be asked what it offers), "local" (this machine's fault), "memory", "process" (--isolate: its process came to an end), "interrupted",
	// "internal".
	Kind     string       `json:"kind"`
	Level    string       `json:"level,omitempty"` // the level that it counts at
	Message  string       `json:"message"`         // one line that says what is wrong
	Want     string       `json:"want,omitempty"`
	Got      string       `json:"got,omitempty"`
	Position Position     `json:"position"`
	Helper   *Position    `json:"helper,omitempty"` // where in a required file, when the call sits in one
	Steps    []string     `json:"steps,omitempty"`  // names of the enclosing step and check calls, outermost first
	Source   []SourceLine `json:"source,omitempty"` // the lines around Position
	Conn     int          `json:"conn,omitempty"`   // the connection that it is about, from 1; 0: none
	Wire     int          `json:"wire,omitempty"`   // the wire event that it is about: its Index; 0: none
	After    *float64     `json:"after,omitempty"`  // seconds from the last byte written to the reply
	Address  string       `json:"address,omitempty"`
	Detail   string       `json:"detail,omitempty"` // the cause in the system's words
	Hint     string       `json:"hint,omitempty"`   // what to do about it
	Call     string       `json:"call,omitempty"`   // where a reply, a close or a silence was required: how Lua requires it of the connection, as in "expect(250)"
}

// Target describes a server under test in run_start, without its secrets.
type Target struct {
	Name  string         `json:"name"`
	URL   string         `json:"url"`
	Demo  bool           `json:"demo,omitempty"` // the server built into the program
	Facts map[string]any `json:"facts"`
}

// RunStart is the first event.
type RunStart struct {
	Time       time.Time `json:"time"`
	V          int       `json:"v"`
	Run        string    `json:"run"`  // identifies the run
	Tool       string    `json:"tool"` // version of smtpspec
	Seed       string    `json:"seed"`
	Shard      string    `json:"shard,omitempty"` // "i/n"
	PlanDigest string    `json:"plan_digest"`     // SHA-256 over the keys of the whole plan, before sharding
	Config     string    `json:"config,omitempty"`
	Host       string    `json:"host,omitempty"` // the machine that runs the scenarios
	Jobs       int       `json:"jobs"`
	FailOn     []string  `json:"fail_on,omitempty"` // what fails the run besides failures: "warned", "skipped", "flaky"
	Targets    []Target  `json:"targets"`
}

// Planned is a scenario that the run means to execute.
type Planned struct {
	Key  Key    `json:"key"`
	Line int    `json:"line"`
	ID   string `json:"id,omitempty"`
}

// Plan lists what was selected, in the order of the plan.
type Plan struct {
	Time       time.Time `json:"time"`
	Scenarios  []Planned `json:"scenarios"`
	Deselected int       `json:"deselected"` // scenarios that the selection left out
}

// ScenarioStart opens an attempt.
type ScenarioStart struct {
	Time    time.Time `json:"time"`
	Key     Key       `json:"key"`
	Attempt int       `json:"attempt"` // from 1
	Line    int       `json:"line"`
	Suite   string    `json:"suite,omitempty"`
}

// Directions of a Wire event.
const (
	Out  = "out"  // written to the peer
	In   = "in"   // came from the peer
	Info = "info" // happened to the connection: connected, handshake done, closed
)

// Wire is a line, or a run of bytes without one, on a connection.
type Wire struct {
	Time    time.Time `json:"time"`
	Key     Key       `json:"key"`
	Attempt int       `json:"attempt"`
	Index   int       `json:"index"` // counts the wire events of an attempt, from 1
	At      float64   `json:"at"`    // seconds since the attempt began; for In, when the last byte arrived
	Conn    int       `json:"conn"`  // counts the connections of an attempt, from 1
	Role    string    `json:"role"`  // "client": the end that smtpspec plays
	Dir     string    `json:"dir"`
	Data    []byte    `json:"-"`                 // exact bytes, secrets masked; text or base64 in JSON
	Body    bool      `json:"body,omitempty"`    // part of a message, folded in reports
	Omitted int64     `json:"omitted,omitempty"` // bytes left out of the middle of a long body, after this event's data
	SHA256  string    `json:"sha256,omitempty"`  // of the whole body that was shortened
}

// Log is a line that the script recorded.
type Log struct {
	Time     time.Time `json:"time"`
	Key      Key       `json:"key"`
	Attempt  int       `json:"attempt"`
	At       float64   `json:"at"`
	Level    string    `json:"level"` // "log", "note", "warning", "step"
	Text     string    `json:"text"`
	Position Position  `json:"position"`
}

// Expectation is one thing that was required, and whether it held.
type Expectation struct {
	Time     time.Time `json:"time"`
	Key      Key       `json:"key"`
	Attempt  int       `json:"attempt"`
	At       float64   `json:"at"`
	What     string    `json:"what"` // the Lua name: "expect", "assert.equal", …
	OK       bool      `json:"ok"`
	Want     string    `json:"want,omitempty"`
	Got      string    `json:"got,omitempty"`
	Position Position  `json:"position"`
}

// ScenarioFinish closes an attempt. Final tells the attempt whose outcome counts from one that is tried again. When an interrupt keeps it
// from being tried again, the finish of the attempt is repeated, with Final.
type ScenarioFinish struct {
	Time       time.Time `json:"time"`
	Key        Key       `json:"key"`
	Attempt    int       `json:"attempt"`
	Final      bool      `json:"final"`
	File       string    `json:"file"`
	Line       int       `json:"line"`
	Suite      string    `json:"suite"`
	Name       string    `json:"name"`
	ID         string    `json:"id,omitempty"`
	Level      string    `json:"level"`
	Tags       []string  `json:"tags"`
	Refs       []string  `json:"refs"`
	Target     string    `json:"target"`
	Address    string    `json:"address,omitempty"` // host:port of the target
	Outcome    Outcome   `json:"outcome"`
	Flaky      bool      `json:"flaky"`
	Seconds    float64   `json:"seconds"`
	Reason     string    `json:"reason,omitempty"`       // of a skip
	Policy     bool      `json:"inconclusive,omitempty"` // the skip was the server's policy in the way
	KnownIssue string    `json:"known_issue,omitempty"`
	Notes      []string  `json:"notes,omitempty"`
	Warnings   []Failure `json:"warnings"`
	Failures   []Failure `json:"failures"`
	Failure    *Failure  `json:"failure,omitempty"` // the first of Failures
	Rerun      string    `json:"rerun,omitempty"`   // a command line that runs this scenario alone
}

// Counts are numbers of scenarios by outcome. Flaky ones are among the passed, inconclusive ones among the skipped.
type Counts struct {
	Total        int `json:"total"`
	Passed       int `json:"passed"`
	Failed       int `json:"failed"`
	Warned       int `json:"warned"`
	Skipped      int `json:"skipped"`
	Known        int `json:"known"`
	Error        int `json:"error"`
	Flaky        int `json:"flaky"`
	Inconclusive int `json:"inconclusive"`
	NotRun       int `json:"not_run"` // planned, but the run ended before
}

// RunFinish is the last event. A stream without it is incomplete.
type RunFinish struct {
	Time        time.Time `json:"time"`
	Counts      Counts    `json:"counts"`
	ExitCode    int       `json:"exit_code"`
	Seconds     float64   `json:"seconds"`
	Interrupted bool      `json:"interrupted,omitempty"`
	Reason      string    `json:"reason,omitempty"` // why the exit code is what it is, when the counts do not tell
}

// Kind implements Event.
func (*RunStart) Kind() string { return "run_start" }

// Kind implements Event.
func (*Plan) Kind() string { return "plan" }

// Kind implements Event.
func (*ScenarioStart) Kind() string { return "scenario_start" }

// Kind implements Event.
func (*Wire) Kind() string { return "wire" }

// Kind implements Event.
func (*Log) Kind() string { return "log" }

// Kind implements Event.
func (*Expectation) Kind() string { return "expectation" }

// Kind implements Event.
func (*ScenarioFinish) Kind() string { return "scenario_finish" }

// Kind implements Event.
func (*RunFinish) Kind() string { return "run_finish" }

// Count adds one scenario to the counts.
func (c *Counts) Count(f *ScenarioFinish) {
	c.Total++
	switch f.Outcome {
	case Passed:
		c.Passed++
	case Failed:
		c.Failed++
	case Warned:
		c.Warned++
	case Skipped:
		c.Skipped++
	case Known:
		c.Known++
	case Error:
		c.Error++
	}
	if f.Flaky {
		c.Flaky++
	}
	if f.Outcome == Skipped && f.Policy {
		c.Inconclusive++
	}
}

type tee []Sink

// Tee hands every event to each of the sinks, in their order.
func Tee(sinks ...Sink) Sink { return tee(sinks) }

func (t tee) Event(e Event) {
	for _, s := range t {
		s.Event(e)
	}
}

// Close closes every sink, and returns the first error.
func (t tee) Close() error {
	var first error
	for _, s := range t {
		if err := s.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
