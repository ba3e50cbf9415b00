package luaapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/luaapi/bind"
	"github.com/smtpspec/smtpspec/luaapi/mailbox"
	"github.com/smtpspec/smtpspec/runner/event"
)

// reading is a wait for mail under way.
type reading struct {
	a      *attempt
	c      *bind.Call
	box    *box
	query  mailbox.Query
	within time.Duration
	next   int                // number of the first message that was not compared yet
	best   *mailbox.Message   // the one that has most of what is wanted
	has    []bool             // which of it
	seen   []*mailbox.Message // the latest, for people
	count  int
}

// maxSeen is how many messages a failure names.
const maxSeen = 8

// until looks again and again until a message is found or time is up. Neither a message nor an error says that none came.
func (r *reading) until(deadline time.Time) (*mailbox.Message, error) {
	r.a.meanwhile(nil)
	for {
		left := time.Until(deadline)
		ctx, cancel := context.WithTimeout(r.a.ctx, max(left, 0)+lastLook)
		err := r.box.Look(ctx)
		cancel()
		if r.a.ctx.Err() != nil {
			return nil, r.a.cancelled(r.c.L)
		}
		var problem *mailbox.Error
		if errors.As(err, &problem) && !problem.Passing && !problem.Missing {
			return nil, err
		}
		if m := r.compare(); m != nil {
			return m, nil
		}
		if left <= 0 {
			return nil, err
		}
		select {
		case <-time.After(min(r.box.Period, left)):
		case <-r.a.ctx.Done():
			return nil, r.a.cancelled(r.c.L)
		}
	}
}

// lastLook is how long the look may take that begins when time is up.
const lastLook = 5 * time.Second

// compare holds what has come since against the query.
func (r *reading) compare() *mailbox.Message {
	list, next := r.box.From(r.next)
	r.next = next
	for _, m := range list {
		has := r.query.Match(m)
		if !slices.Contains(has, false) {
			return m
		}
		if r.count++; len(r.seen) == maxSeen {
			r.seen = r.seen[1:]
		}
		r.seen = append(r.seen, m)
		if n := trues(has); n > 0 && n >= trues(r.has) {
			r.best, r.has = m, has
		}
	}
	return nil
}

func trues(list []bool) (n int) {
	for _, b := range list {
		if b {
			n++
		}
	}
	return n
}

func waitForMail(c *bind.Call) error {
	r, err := newReading(c, 10*time.Second)
	if err != nil {
		return err
	}
	start := time.Now()
	m, err := r.until(start.Add(r.within))
	switch {
	case err != nil && !isMissing(err):
		return r.unread(err)
	case m != nil:
		r.a.expected(c.L, event.Expectation{What: "wait", OK: true, Want: r.query.String(), Got: subject(m)})
		r.a.log(c.L, "log", fmt.Sprintf("mailbox: found %s after %.1f s", subject(m), time.Since(start).Seconds()))
		return c.Push(messageObject(c.L, m.Message))
	}
	got := r.summary(err)
	r.a.expected(c.L, event.Expectation{What: "wait", Want: r.query.String(), Got: got})
	return r.a.failed(c.L, event.Failure{Kind: "expectation", Message: "no such message was delivered within " + durationText(r.within), Want: r.query.String(), Got: got})
}

func expectNoMail(c *bind.Call) error {
	r, err := newReading(c, 2*time.Second)
	if err != nil {
		return err
	}
	m, err := r.until(time.Now().Add(r.within))
	want := "no message that " + strings.Join(r.query.Wants(), " and ")
	switch {
	case err != nil:
		return r.unread(err)
	case m == nil:
		r.a.expected(c.L, event.Expectation{What: "expect_none", OK: true, Want: want, Got: "none within " + durationText(r.within)})
		return nil
	}
	r.a.expected(c.L, event.Expectation{What: "expect_none", Want: want, Got: subject(m)})
	return r.a.failed(c.L, event.Failure{Kind: "expectation", Message: "a message was delivered that must not be", Want: want, Got: subject(m)})
}

func findMail(c *bind.Call) error {
	r, err := newReading(c, 0)
	if err != nil {
		return err
	}
	m, err := r.until(time.Now().Add(r.within))
	if err != nil && !isMissing(err) {
		return r.unread(err)
	}
	found := c.L.NewTable()
	if m != nil {
		all, _ := r.box.From(0)
		for _, other := range all {
			if !slices.Contains(r.query.Match(other), false) {
				found.Append(messageObject(c.L, other.Message))
			}
		}
	}
	return c.Push(found)
}

func newReading(c *bind.Call, within time.Duration) (*reading, error) {
	a := attemptOf(c.L)
	r := &reading{a: a, c: c, box: c.Self.(*box), within: within}
	if err := a.live(c.Name()); err != nil {
		return nil, err
	}
	return r, r.read(c.Table(0))
}

// isMissing tells whether there is no mailbox yet.
func isMissing(err error) bool {
	var e *mailbox.Error
	return errors.As(err, &e) && e.Missing
}

// unread ends the scenario because the mailbox could not be read, which is no fault of what is tested.
func (r *reading) unread(err error) error {
	var e *mailbox.Error
	if !errors.As(err, &e) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	text := "it did not answer in time"
	if e != nil {
		text = e.Text
	}
	return r.a.broken(r.c.L, event.Failure{Kind: "mailbox", Message: fmt.Sprintf("%s: %s: %s", r.c.Name(), r.box.address, text)}, true)
}

// summary says what is there instead.
func (r *reading) summary(err error) string {
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%d messages since %s before the run looked first", r.count, durationText(sinceBefore))
	if r.count == 1 {
		text = strings.Replace(text, "messages", "message", 1)
	}
	if n := r.box.Older(); n > 0 {
		text += fmt.Sprintf(" (and %d older)", n)
	}
	if r.best != nil {
		var lacks []string
		for i, want := range r.query.Wants() {
			if !r.has[i] {
				lacks = append(lacks, want)
			}
		}
		text += "\nthe nearest is " + subject(r.best) + "; it does not match: " + strings.Join(lacks, ", ")
	}
	for _, m := range slices.Backward(r.seen) {
		text += "\n- " + subject(m)
	}
	if r.count > len(r.seen) {
		text += fmt.Sprintf("\n- and %d before these", r.count-len(r.seen))
	}
	return text
}

// subject names a message, for people.
func subject(m *mailbox.Message) string {
	text, given := m.Value("Subject")
	if text = quote(text); !given {
		text = "a message without a subject"
	}
	if m.Envelope != nil && len(m.Envelope.To) > 0 {
		text += " to " + strings.Join(m.Envelope.To, ", ")
	}
	return text
}
