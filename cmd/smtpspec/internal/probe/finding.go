package probe

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/meaning"
	"github.com/smtpspec/smtpspec/luaapi/lazyregexp"
	"github.com/smtpspec/smtpspec/runner"
	"github.com/smtpspec/smtpspec/runner/event"
)

// Status says how bad a finding is.
type Status string

// The statuses, from the best to the worst.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Problem Status = "problem"
)

// Finding is one thing that was found out.
type Finding struct {
	Question  string `json:"question"`
	About     string `json:"about"` // the host, or the domain
	Status    Status `json:"status"`
	Text      string `json:"text"`
	Reference string `json:"reference,omitempty"` // as in "RFC 5321 4.2"
	Todo      string `json:"todo,omitempty"`
	Keyword   string `json:"keyword,omitempty"` // of EHLO, where the finding is one that is offered
	Meaning   string `json:"meaning,omitempty"` // of it

	parameter, where string // of the keyword: what comes after it, and the port and state that it is offered in
	erred            bool   // the scenario did not come to its end
}

// Report is what a probe found out.
type Report struct {
	Where       string    `json:"where"`
	Said        string    `json:"said"` // what Where turned out to be
	Domain      string    `json:"domain,omitempty"`
	Hosts       []string  `json:"hosts"`
	Time        time.Time `json:"time"`
	Seconds     float64   `json:"seconds"`
	OK          int       `json:"ok"`
	Warnings    int       `json:"warnings"`
	Problems    int       `json:"problems"`
	Findings    []Finding `json:"findings"`
	Interrupted bool      `json:"interrupted,omitempty"`
	ExitCode    int       `json:"exit_code"`
}

// collector takes the findings out of a run's events, in the order of the plan.
type collector struct {
	mu     sync.Mutex
	report *Report
	order  map[event.Key]int
	byJob  map[int][]Finding
}

// Event implements event.Sink.
func (c *collector) Event(e event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := e.(type) {
	case *event.Plan:
		c.order, c.byJob = map[event.Key]int{}, map[int][]Finding{}
		for i, s := range e.Scenarios {
			c.order[s.Key] = i
		}
	case *event.ScenarioFinish:
		if e.Final && e.Outcome != event.Skipped || e.Policy {
			c.byJob[c.order[e.Key]] = c.findings(e)
		}
	case *event.RunFinish:
		c.report.Seconds = e.Seconds
		for i := range len(c.order) {
			c.report.Findings = append(c.report.Findings, c.byJob[i]...)
		}
	}
}

// Close implements event.Sink.
func (c *collector) Close() error { return nil }

// findings are those of one scenario, the worst first.
func (c *collector) findings(e *event.ScenarioFinish) (out []Finding) {
	add := func(status Status, text, reference, todo string) {
		f := Finding{Question: e.Suite, About: e.Target, Status: status, Text: text, Reference: reference, Todo: todo}
		if f.Reference == "" && status != OK {
			f.Reference = strings.Join(e.Refs, ", ")
		}
		f.offer()
		out = append(out, f)
	}
	for _, f := range e.Failures {
		text, reference, todo := parse(f.Message)
		if f.Kind != "fail" {
			text, todo = e.Name+": "+unexpected(f), f.Hint
		}
		add(Problem, text, reference, todo)
		out[len(out)-1].erred = f.Level == "" // as errors have none
	}
	for _, f := range e.Warnings {
		text, reference, todo := parse(f.Message)
		if f.Kind == "unread" {
			text += ": " + f.Got
		}
		add(Warning, text, reference, todo)
	}
	if e.Policy {
		add(Warning, e.Reason, "", "")
	}
	for _, n := range e.Notes {
		text, reference, _ := parse(n)
		add(OK, text, reference, "")
	}
	return out
}

// unexpected says what came in a scenario's way that it has no words for.
func unexpected(f event.Failure) string {
	if f.Want != "" {
		return "want " + f.Want + ", got " + f.Got
	}
	return f.Message
}

var (
	form  = lazyregexp.New(`(?s)^(.*?)(?: \[([^][]+)\])?(?: To do: (.*))?$`)
	offer = lazyregexp.New(`^offers (\S+)(.*) \((port \d+, in (?:clear|TLS))\)$`)
)

// parse takes apart what lib/finding.lua put together.
func parse(text string) (what, reference, todo string) {
	m := form().FindStringSubmatch(text)
	return m[1], m[2], m[3]
}

// offer finds out whether the finding is a keyword that the server offers.
func (f *Finding) offer() {
	m := offer().FindStringSubmatch(f.Text)
	if m == nil || f.Status != OK {
		return
	}
	f.Keyword, f.parameter, f.where = m[1], strings.TrimSpace(m[2]), m[3]
	f.Meaning = meaning.Keyword(f.Keyword)
	if word, _, dialect := strings.Cut(f.Keyword, "="); dialect && f.Meaning == "" {
		f.Meaning = meaning.Keyword(word) // AUTH=LOGIN, as old servers write it
	}
}

// finish counts, and decides on the exit code.
func (r *Report) finish(sum *runner.Summary) {
	erred := 0
	for _, f := range r.Findings {
		switch f.Status {
		case Problem:
			r.Problems++
			if f.erred {
				erred++
			}
		case Warning:
			r.Warnings++
		default:
			r.OK++
		}
	}
	r.Interrupted = sum.Interrupted
	switch {
	case sum.Interrupted || sum.ExitCode == runner.ExitInternal:
		r.ExitCode = sum.ExitCode
	case r.Problems > 0 && r.Problems == erred:
		r.ExitCode = runner.ExitErrors
	case r.Problems > 0:
		r.ExitCode = runner.ExitFailed
	case len(r.Findings) == 0:
		r.ExitCode = runner.ExitNothing
	}
}

// questions are those that were asked, in their order.
func (r *Report) questions() (out []string) {
	for _, f := range r.Findings {
		if !slices.Contains(out, f.Question) {
			out = append(out, f.Question)
		}
	}
	return out
}
