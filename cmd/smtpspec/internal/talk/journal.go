package talk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
)

// journal keeps what happened, for the scenario.
type journal struct {
	steps []script.Step
	last  time.Time // of the latest step
}

func (j *journal) add(s script.Step) {
	j.steps = append(j.steps, s)
	j.last = time.Now()
}

func (j *journal) empty() bool { return len(j.steps) == 0 }

// knows tells whether a connection is in the journal.
func (j *journal) knows(conn int) bool {
	for _, s := range j.steps {
		if s.Conn == conn {
			return true
		}
	}
	return false
}

// spoken tells whether anything was sent on a connection.
func (j *journal) spoken(conn int) bool {
	for _, s := range j.steps {
		if s.Conn == conn && (s.Kind == script.Line || s.Kind == script.Raw) {
			return true
		}
	}
	return false
}

func (j *journal) lost(conn int, format string, args ...any) {
	j.add(script.Step{Kind: script.Lost, Conn: conn, Text: fmt.Sprintf(format, args...)})
}

// replyStep is the step of a reply.
func (j *journal) replyStep(conn int, r *wire.Reply) script.Step {
	a := &script.Answer{Code: r.Code}
	for _, l := range r.Lines {
		a.Lines = append(a.Lines, l.Text)
	}
	return script.Step{Kind: script.Reply, Conn: conn, Reply: a}
}

// patience is how long a server may be silent before it says something that nobody asked for, and still say it at once when the scenario is run.
const patience = 5 * time.Second

// reply adds a reply. One that nobody asked for comes when the server's time is over.
func (j *journal) reply(conn int, r *wire.Reply) {
	if idle := r.Arrived.Sub(j.last); r.Verb == "" && idle > patience && !j.last.IsZero() {
		j.add(script.Step{Kind: script.Wait, Conn: conn, Time: idle.Round(time.Second)})
	}
	j.add(j.replyStep(conn, r))
}

// partial adds a message that was not ended.
func (s *session) partial() {
	if rest := s.unfinished(); len(rest) > 0 && s.conn != nil {
		s.journal.add(script.Step{Kind: script.Raw, Conn: s.conn.ID, Data: rest})
	}
	s.message = nil
}

// records are those since an index, secrets masked.
func (s *session) records(from int) []event.Wire {
	all := s.live.Transcript().Records()
	return all[min(from, len(all)):]
}

// replay adds what a piece of Lua did on a connection, as far as a line-by-line record tells it.
func (j *journal) replay(c *wire.Conn, records []event.Wire, from int) {
	replies := c.Replies
	said := j.spoken(c.ID)
	for len(replies) > 0 && replies[0].Wire <= from {
		replies = replies[1:]
	}
	for i, r := range records {
		if r.Conn != c.ID {
			continue
		}
		switch {
		case r.Dir == event.Out:
			j.add(script.Written(c.ID, r.Data, r.Body))
			said = true
		case r.Dir == event.Info && said && strings.HasPrefix(string(r.Data), "TLS "): // else TLS from the start
			j.add(script.Step{Kind: script.StartTLS, Conn: c.ID})
		}
		for len(replies) > 0 && replies[0].Wire <= from+i+1 {
			j.add(j.replyStep(c.ID, replies[0]))
			replies = replies[1:]
		}
	}
}

// scenario is the file of everything so far.
func (s *session) scenario() ([]byte, error) {
	steps := s.journal.steps
	if s.conn != nil && !s.ended {
		steps = append(steps[:len(steps):len(steps)], script.Step{Kind: script.Close, Conn: s.conn.ID})
	}
	f := script.File{
		Comment:   []string{"A conversation with " + s.cfg.Label + ", typed into smtpspec talk."},
		Scenarios: []script.Scenario{{Name: "conversation with " + s.cfg.Label}},
		Secrets:   s.live.Secrets(),
	}
	return fitting(&f, steps)
}

// fitting writes a scenario of as many steps, from the first on, as a file has room for. One with its end missing is more than none.
func fitting(f *script.File, steps []script.Step) ([]byte, error) {
	for n := len(steps); ; n = n * 7 / 8 {
		kept := steps[:n:n]
		if n < len(steps) {
			kept = append(kept, script.Step{Kind: script.Lost, Conn: 1, Text: fmt.Sprintf("the last %d of %d steps: a scenario file has %d bytes at most",
				len(steps)-n, len(steps), script.MaxSource)})
		}
		f.Scenarios[0].Steps = kept
		var b bytes.Buffer
		var tooLong *script.TooLongError
		err := f.Write(&b)
		if err == nil || !errors.As(err, &tooLong) || n == 0 {
			return b.Bytes(), err
		}
	}
}

// save writes the scenario into a file, which may be there already with force alone.
func (s *session) save(name string, force bool) error {
	b, err := s.scenario()
	if err != nil {
		return err
	}
	if err := WriteNew(name, b, force); err != nil {
		return err
	}
	s.out.info("%s has the session: smtpspec run %s --target %s", name, name, s.cfg.Label)
	return nil
}

// rescue keeps the scenario where it can be kept, and tells where.
func (s *session) rescue() (string, error) {
	b, err := s.scenario()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "smtpspec-talk-*.lua")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	return f.Name(), errors.Join(err, f.Close())
}

// ErrExists is what WriteNew gives for a file that is there.
var ErrExists = errors.New("the file is there already")

// WriteNew writes a file whole. It replaces one that is there with force alone.
func WriteNew(name string, b []byte, force bool) error {
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, mode, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s: %w", name, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %s", name, luaapi.FileProblem(err))
	}
	_, err = f.Write(b)
	if errors.Join(err, f.Close()) != nil {
		return fmt.Errorf("%s cannot be written whole", name)
	}
	return nil
}
