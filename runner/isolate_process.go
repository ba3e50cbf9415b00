package runner

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Bounds of what a process may answer, in bytes.
const (
	maxDeclared = 64 << 20
	maxResult   = 256 << 20
	maxStderr   = 4 << 10 // what is kept of it: a crash is told first, and then come stacks
)

// worker is a process that runs the scenarios of one file.
type worker struct {
	path string
	cmd  *exec.Cmd
	in   io.WriteCloser
	left *io.LimitedReader // what may be answered yet
	out  *bufio.Reader
	said *head // its stderr

	sending sync.Mutex // guards first; held while the process has yet to read, so that kill must not need it
	first   []byte     // the line that it has to be told first

	mu  sync.Mutex
	why cause // it was killed for
}

// cause is how a process was lost.
type cause int

const (
	crashed cause = iota
	tooLate
	tooMuch
	outOfMemory
	notStarted
	nonsense
)

// gone is why a process did not answer.
type gone struct {
	how    cause
	detail string // in the system's words
}

func (g *gone) Error() string { return g.failure().Message }

// failure says what became of the scenario.
func (g *gone) failure() event.Failure {
	switch g.how {
	case tooLate:
		return event.Failure{Kind: "scenario-timeout", Detail: g.detail,
			Message: "the scenario did not end when its time was over: its process was killed, and its transcript is lost"}
	case tooMuch:
		return event.Failure{Kind: "memory", Detail: g.detail, Message: fmt.Sprintf("the scenario's record has more than %d MiB, and is lost", maxResult>>20)}
	case outOfMemory:
		return event.Failure{Kind: "memory", Detail: g.detail,
			Message: "the scenario used up the memory that its process may have: the process crashed, and the transcript is lost"}
	case notStarted:
		return event.Failure{Kind: "process", Detail: g.detail, Message: "no process could be started for the scenario"}
	case nonsense:
		return event.Failure{Kind: "internal", Detail: g.detail, Hint: "please report it with this text",
			Message: "a fault of smtpspec itself: the scenario's process did not answer as it should have"}
	}
	return event.Failure{Kind: "process", Detail: g.detail, Hint: "the script made it crash, or the system or somebody killed it",
		Message: "the scenario's process came to an end before the scenario did, and its transcript is lost"}
}

// start starts a process for a file, the nth of the run.
func (i *Isolation) start(cfg *Config, path string, nth int) (*worker, error) {
	setup, err := json.Marshal(newSetup(cfg, path, i.places[path], nth))
	if err != nil {
		return nil, err
	}
	w := &worker{path: path, cmd: i.command(), said: &head{}, first: append(setup, '\n')}
	w.cmd.Stderr = w.said
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.left = &io.LimitedReader{R: out}
	w.out = bufio.NewReaderSize(w.left, 64<<10)
	w.cmd.WaitDelay = grace // somebody else may hold its stderr
	return w, w.cmd.Start()
}

// asking is how a question is asked.
type asking struct {
	limit time.Duration
	most  int64         // bytes of the answer
	extra func(n int64) // told how many connections the scenario has besides its first
}

// ask sends a request and reads until the answer. The error is a *gone, and then the process is of no more use.
func (w *worker) ask(req *request, how asking) (*answer, error) {
	line, err := json.Marshal(req)
	if err != nil {
		return nil, &gone{how: nonsense, detail: err.Error()}
	}
	timer := time.AfterFunc(how.limit, func() { w.kill(tooLate) })
	defer timer.Stop()
	w.left.N = how.most
	if err := w.send(append(line, '\n')); err != nil {
		return nil, w.lost(nil)
	}
	a := &answer{}
	for {
		line, err := w.out.ReadBytes('\n')
		if err != nil {
			return nil, w.lost(nil)
		}
		done, err := a.take(line, how.extra)
		if err != nil {
			return nil, w.lost(err)
		}
		if done {
			return a, nil
		}
	}
}

func (w *worker) send(line []byte) error {
	w.sending.Lock()
	defer w.sending.Unlock()
	_, err := w.in.Write(append(w.first, line...))
	w.first = nil
	return err
}

// interrupt has what runs ended in good order, and kills the process when that does not come about.
func (w *worker) interrupt() {
	time.AfterFunc(luaapi.LongestEnd+grace, func() { w.kill(tooLate) })
	_ = w.send([]byte(`{"Interrupt":true}` + "\n")) // a process that is gone needs no more telling
}

// kill ends the process at once.
func (w *worker) kill(why cause) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why == crashed {
		w.why = why
	}
	_ = w.cmd.Process.Kill() // it may have ended by itself
}

// end ends the process, and returns when it has ended, with how it did.
func (w *worker) end() error {
	_ = w.in.Close() // either of these does
	_ = w.cmd.Process.Kill()
	return w.cmd.Wait()
}

// lost ends a process that did not answer, or said what makes no sense, and finds out why.
func (w *worker) lost(bad error) *gone {
	cut := w.left.N <= 0
	if bad != nil || cut {
		w.kill(nonsense)
	}
	err := w.end()
	w.mu.Lock()
	why := w.why
	w.mu.Unlock()
	said := strings.TrimSpace(w.said.String())
	switch {
	case cut:
		return &gone{how: tooMuch}
	case bad != nil:
		return &gone{how: nonsense, detail: strings.TrimSpace(bad.Error() + "\n" + said)}
	case why != crashed:
		return &gone{how: why}
	case strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory"):
		return &gone{how: outOfMemory, detail: said}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		said = strings.TrimSpace(exit.String() + "\n" + said)
	}
	return &gone{how: crashed, detail: said}
}

// head keeps the beginning of what is written.
type head struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b.Write(p[:min(len(p), maxStderr-h.b.Len())])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
