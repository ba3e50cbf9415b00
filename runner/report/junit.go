package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/smtpspec/smtpspec/runner/event"
)

type junit struct {
	w       io.Writer
	o       Options
	run     *Run
	text    text
	results []*Result
	seen    map[[2]string]int // class name and name: how many test cases have them
}

// JUnit writes JUnit XML in the form that Jenkins publishes as junit-10.xsd. There is a test suite for each file and target
// and a test case for each scenario. The schema knows no properties of a test case, so what else there is to say about a
// scenario (id, level, references, tags) begins its system-out. Everything is written by Close, in one write.
func JUnit(w io.Writer, o Options) event.Sink {
	return &junit{w: w, o: o, run: NewRun(o), text: text{full: o.FullTranscript}, seen: map[[2]string]int{}}
}

func (j *junit) Event(e event.Event) {
	if res := j.run.Event(e); res != nil {
		j.results = append(j.results, res)
	}
}

// Close writes the report. Scenarios that were planned and have no result are in it, for a scenario that is lost must not
// look like one that never was.
func (j *junit) Close() error {
	j.text.targets, j.text.repeats = j.run.Targets() > 1, j.run.Repeats()
	type id struct{ file, target string }
	suites := map[id]*xmlSuite{}
	doc := &xmlSuites{Name: "smtpspec"}
	for _, res := range j.inOrder() {
		k := id{res.Key.File, res.Key.Target}
		if suites[k] == nil {
			suites[k] = j.suite(res)
			doc.Suites = append(doc.Suites, suites[k])
		}
		suites[k].add(j.testcase(res), res)
	}
	doc.total(j.run)
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "\t")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encoding the JUnit report: %w", err)
	}
	b.WriteByte('\n')
	_, err := j.w.Write(b.Bytes())
	return err
}

// inOrder lists the results in the order of the plan, whatever the order in which they came: two reports of the same
// suites can be compared. What has no result has no Finish.
func (j *junit) inOrder() []*Result {
	all := append(slices.Clone(j.results), j.run.Unfinished()...)
	begun := map[event.Key]bool{}
	for _, res := range all {
		begun[res.Key] = true
	}
	index := make(map[event.Key]int, len(j.run.Plan))
	for i, p := range j.run.Plan {
		index[p.Key] = i
		if !begun[p.Key] {
			all = append(all, &Result{Attempt: &Attempt{Key: p.Key, Line: p.Line}})
		}
	}
	position := func(r *Result) int {
		if i, ok := index[r.Key]; ok {
			return i
		}
		return math.MaxInt
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return cmp.Compare(position(a), position(b)) })
	return all
}

func (j *junit) suite(res *Result) *xmlSuite {
	s := &xmlSuite{Name: event.Safe(res.Key.File), File: event.Safe(res.Key.File)}
	if j.text.targets {
		s.Name += " [" + event.Safe(res.Key.Target) + "]"
	}
	if j.run.Start == nil {
		return s
	}
	start := j.run.Start
	s.Version, s.Hostname = event.Safe(start.Tool), event.Safe(start.Host)
	s.Timestamp = timestamp(start.Time)
	p := &properties{}
	p.add("smtpspec", start.Tool)
	p.add("run", start.Run)
	p.add("seed", start.Seed)
	p.add("shard", start.Shard)
	p.add("configuration", start.Config)
	p.add("target", res.Key.Target)
	for _, target := range start.Targets {
		if target.Name == res.Key.Target {
			s.URL = event.Safe(target.URL)
			p.add("url", target.URL)
			p.facts(target.Facts)
		}
	}
	s.Properties = p
	return s
}

// timestamp is ISO 8601 without a zone, which is all that readers of the format agree on; it is UTC.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

func (j *junit) testcase(res *Result) *xmlCase {
	c := &xmlCase{Name: event.Safe(res.Key.Name), Class: j.class(res.Key)}
	if j.text.repeats {
		c.Name += fmt.Sprintf(" #%d", res.Key.Repetition)
	}
	j.unique(c)
	if res.Finish == nil {
		j.lost(c, res)
		return c
	}
	c.Time = fmt.Sprintf("%.3f", res.Finish.Seconds)
	j.verdict(c, res)
	c.Out = &xmlText{j.output(res)}
	return c
}

// class is the file as a dotted name, because readers make a tree of packages and classes of it. The target is its root,
// where there are several.
func (j *junit) class(k event.Key) string {
	name := strings.TrimLeft(strings.TrimSuffix(event.Safe(k.File), ".lua"), "./")
	name = strings.NewReplacer(".", "_", "/", ".", `\`, ".").Replace(name)
	if j.text.targets {
		name = strings.ReplaceAll(event.Safe(k.Target), ".", "_") + "." + name
	}
	return name
}

// unique numbers what would have the same name once it is made safe: readers drop all but one of these.
func (j *junit) unique(c *xmlCase) {
	id := [2]string{c.Class, c.Name}
	if j.seen[id]++; j.seen[id] > 1 {
		c.Name += fmt.Sprintf(" (%d)", j.seen[id])
		j.unique(c)
	}
}

// lost is a test case without a result: an error where it had begun or nobody knows, skipped where the run says that it
// ended before.
func (j *junit) lost(c *xmlCase, res *Result) {
	switch {
	case res.Number > 0:
		c.Error = &xmlFault{Type: "interrupted", Message: "the run ended before this scenario did"}
	case j.run.Finish == nil:
		c.Error = &xmlFault{Type: "incomplete", Message: "not run, or its result is lost: the run did not come to its end"}
	default:
		reason := "the run ended before"
		if j.run.Finish.Reason != "" {
			reason = event.Safe(j.run.Finish.Reason)
		}
		c.Skipped = &xmlFault{Type: "not run", Message: "not run: " + reason}
	}
	c.again(j.text, res.Earlier)
}

func (j *junit) verdict(c *xmlCase, res *Result) {
	f := res.Finish
	switch f.Outcome {
	case event.Failed:
		c.Failure = j.fault(res)
	case event.Warned:
		if j.o.Strict {
			c.Failure = j.fault(res)
		}
	case event.Error:
		c.Error = j.fault(res)
	case event.Known:
		c.Skipped = &xmlFault{Type: "known issue", Message: "known issue: " + event.Safe(f.KnownIssue), Text: j.text.page(res)}
	case event.Skipped:
		kind := "skipped"
		if f.Policy {
			kind = "inconclusive"
		}
		c.Skipped = &xmlFault{Type: kind, Message: event.Safe(f.Reason)}
	}
	if f.Outcome == event.Passed {
		c.flaky(j.text, res.Earlier)
	} else {
		c.again(j.text, res.Earlier)
	}
}

func (j *junit) fault(res *Result) *xmlFault {
	kind, message := kindAndMessage(faultsOf(res.Attempt))
	return &xmlFault{Type: kind, Message: message, Text: j.text.page(res)}
}

func kindAndMessage(faults []*event.Failure) (kind, message string) {
	if len(faults) == 0 {
		return "failure", "no failure was recorded"
	}
	kind, message = firstOf(event.Safe(faults[0].Kind), "failure"), inShort(faults[0])
	if more := len(faults) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return kind, message
}

// page is a block as text of an element.
func (t text) page(res *Result) string { return "\n" + strings.Join(t.block(res), "\n") + "\n" }

// output begins with what the schema has no place for. The transcript of what did not pass is whole.
func (j *junit) output(res *Result) string {
	f := res.Finish
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + event.Safe(value) + "\n")
		}
	}
	line("at", place(f.File, f.Line))
	line("suite", f.Suite)
	line("id", f.ID)
	line("level", f.Level)
	line("refs", strings.Join(f.Refs, ", "))
	line("tags", strings.Join(f.Tags, ", "))
	line("target", joinSome(" ", f.Target, f.Address))
	line("rerun", f.Rerun)
	for _, n := range f.Notes {
		line("note", n)
	}
	if f.Outcome == event.Warned && !j.o.Strict {
		b.WriteString(j.text.page(res)) // there is no element for it
		return b.String()
	}
	whole := j.text
	whole.rows = true
	if rows := whole.transcript(res.Attempt, faultsOf(res.Attempt)); len(rows) > 0 {
		b.WriteString("\n" + strings.Join(rows, "\n") + "\n")
	}
	return b.String()
}
