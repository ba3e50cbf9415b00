package report

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"

	"github.com/smtpspec/smtpspec/runner/event"
)

// These are the elements and attributes of junit-10.xsd that smtpspec writes. All text in them has passed Safe or Visible,
// which leave nothing that XML 1.0 forbids; encoding/xml would replace that by U+FFFD, and nobody could tell what was there.

type xmlSuites struct {
	XMLName  xml.Name    `xml:"testsuites"`
	Name     string      `xml:"name,attr"`
	Time     string      `xml:"time,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Suites   []*xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Timestamp  string      `xml:"timestamp,attr,omitempty"`
	Hostname   string      `xml:"hostname,attr,omitempty"`
	File       string      `xml:"file,attr"`
	URL        string      `xml:"url,attr,omitempty"`
	Version    string      `xml:"version,attr,omitempty"`
	Properties *properties `xml:"properties"`
	Cases      []*xmlCase  `xml:"testcase"`

	seconds float64
}

type properties struct {
	Property []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlCase struct {
	Name          string     `xml:"name,attr"`
	Class         string     `xml:"classname,attr"`
	Time          string     `xml:"time,attr,omitempty"`
	Skipped       *xmlFault  `xml:"skipped"`
	Error         *xmlFault  `xml:"error"`
	Failure       *xmlFault  `xml:"failure"`
	RerunFailures []xmlRerun `xml:"rerunFailure"`
	RerunErrors   []xmlRerun `xml:"rerunError"`
	FlakyFailures []xmlRerun `xml:"flakyFailure"`
	FlakyErrors   []xmlRerun `xml:"flakyError"`
	Out           *xmlText   `xml:"system-out"`
}

type xmlFault struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// xmlText is text of several lines: as CDATA it can be read in the file, too.
type xmlText struct {
	Text string `xml:",cdata"`
}

// xmlRerun is an attempt that does not count.
type xmlRerun struct {
	Type    string   `xml:"type,attr"`
	Message string   `xml:"message,attr"`
	Stack   *xmlText `xml:"stackTrace"`
}

// again adds the attempts before one that did not pass either, flaky those before one that did.
func (c *xmlCase) again(t text, earlier []*Attempt) {
	c.RerunFailures, c.RerunErrors = reruns(t, earlier)
}

func (c *xmlCase) flaky(t text, earlier []*Attempt) {
	c.FlakyFailures, c.FlakyErrors = reruns(t, earlier)
}

func reruns(t text, attempts []*Attempt) (failures, errors []xmlRerun) {
	for _, a := range attempts {
		kind, message := kindAndMessage(faultsOf(a))
		r := xmlRerun{Type: kind, Message: message, Stack: &xmlText{t.page(&Result{Attempt: a})}}
		if a.Finish.Outcome == event.Error {
			errors = append(errors, r)
		} else {
			failures = append(failures, r)
		}
	}
	return failures, errors
}

func (s *xmlSuite) add(c *xmlCase, res *Result) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	if res.Finish != nil {
		s.seconds += res.Finish.Seconds
	}
	s.Time = fmt.Sprintf("%.3f", s.seconds)
	if at := timestamp(res.Started); at != "" && (s.Timestamp == "" || len(s.Cases) == 1 || at < s.Timestamp) {
		s.Timestamp = at
	}
}

func (d *xmlSuites) total(r *Run) {
	sum := 0.0
	for _, s := range d.Suites {
		d.Tests += s.Tests
		d.Failures += s.Failures
		d.Errors += s.Errors
		sum += s.seconds
	}
	if r.Finish != nil {
		sum = r.Finish.Seconds // what passed on the clock: scenarios run side by side
	}
	d.Time = fmt.Sprintf("%.3f", sum)
}

func (p *properties) add(name, value string) {
	if value != "" {
		p.Property = append(p.Property, property{event.Safe(name), event.Safe(value)})
	}
}

func (p *properties) facts(facts map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		p.add("fact."+name, fmt.Sprint(facts[name]))
	}
}
