package wire

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

// ProgramNetwork is the network of a Where whose Address is a command for the shell: its standard input and output are the connection, as inetd gave
// one to a server.
const ProgramNetwork = "program"

const (
	// programGrace is how long a program may take to end once its input is closed.
	programGrace = 2 * time.Second
	// leftTime is how long what it writes to its standard error is read once it has ended: what it started may hold that open.
	leftTime = 200 * time.Millisecond
	// maxComplaints is how much of what a program writes to its standard error is kept.
	maxComplaints = 64 << 10
)

// programConn is the connection to a program, and the program.
type programConn struct {
	*net.UnixConn
	cmd        *exec.Cmd
	complaints *complaints
	ended      chan struct{} // closed when the program has ended
	closing    sync.Once
}

// await takes note of the program's end.
func (p *programConn) await() {
	err := p.cmd.Wait()
	if p.cmd.ProcessState != nil && !p.cmd.ProcessState.Success() {
		p.complaints.say(fmt.Sprintf("the program ended with %s", p.cmd.ProcessState))
	} else if err != nil && p.cmd.ProcessState == nil {
		p.complaints.say("the program could not be waited for")
	}
	close(p.ended)
}

// Close closes the program's input and output, and waits for it to end: one that does not is killed.
func (p *programConn) Close() error {
	err := p.UnixConn.Close()
	p.closing.Do(func() {
		select {
		case <-p.ended:
			return
		case <-time.After(programGrace):
		}
		p.complaints.say(fmt.Sprintf("the program had not ended %s after its input was closed, and is killed", programGrace))
		killGroup(p.cmd.Process)
		<-p.ended
	})
	return err
}

// complaints are what a program writes to its standard error, and how it ends: remarks in the transcript, each line one.
type complaints struct {
	mu   sync.Mutex
	held []string // said before there was a transcript
	part []byte   // of a line
	size int
	t    *Transcript
	id   int
}

// Write takes a piece of the standard error. It never fails: a program is not to be disturbed.
func (c *complaints) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size += len(p); c.size > maxComplaints {
		return len(p), nil
	}
	c.part = append(c.part, p...)
	for {
		line, rest, ok := bytes.Cut(c.part, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		c.add("stderr: " + string(line))
		c.part = rest
	}
}

// say adds a remark of ours after what was written so far.
func (c *complaints) say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.part) > 0 {
		c.add("stderr: " + string(c.part))
		c.part = nil
	}
	c.add(text)
}

func (c *complaints) add(text string) {
	if c.t == nil {
		c.held = append(c.held, text)
		return
	}
	c.t.add(event.Wire{Time: time.Now(), Conn: c.id, Dir: event.Info, Data: []byte(text)})
}

// attach gives the remarks their transcript.
func (c *complaints) attach(t *Transcript, id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t, c.id = t, id
	for _, text := range c.held {
		c.add(text)
	}
	c.held = nil
}
